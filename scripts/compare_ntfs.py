#!/usr/bin/env python3
"""Compares our reading of NTFS volumes and shadow copies with that of other readers.

    cargo build --release --example volume
    compare_ntfs.py target/release/examples/volume [ROUNDS]

The volumes are those of make_ntfs.py, with three sizes of clusters, and ROUNDS (200) small ones with
shadow copies of random content: block descriptors of every kind, bitmaps, previous bitmaps.
Needs ntfs-3g (Debian) and, from PyPI, pytsk3 (The Sleuth Kit) and libvshadow-python. Ends with 1
where they differ.
"""

import hashlib
import os
import random
import struct
import subprocess
import sys
import tempfile

import pytsk3
import pyvshadow

import shadow_copies
from shadow_copies import BLOCK

HERE = os.path.dirname(os.path.abspath(__file__))
LOGS = "/Windows/System32/winevt/Logs"
LOG_FOLDERS = [LOGS, "/Windows.old" + LOGS]
FORWARDER, OVERLAY, NOT_USED = 1, 2, 4


class Bytes(pytsk3.Img_Info):
    """A snapshot as an image of The Sleuth Kit."""

    def __init__(self, data):
        self.data = data
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def read(self, offset, size):
        return self.data[offset : offset + size]

    def get_size(self):
        return len(self.data)

    def close(self):
        pass


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def ours(program, image, *mode):
    output = subprocess.run([program, image, *mode], stdout=subprocess.PIPE, text=True, check=True)
    return [line.split("\t") for line in output.stdout.splitlines()]


def states(image):
    """The volume and its snapshots as the other readers see them."""
    with open(image, "rb") as file:
        found = [file.read()]
    volume = pyvshadow.volume()
    try:
        volume.open(image)
    except OSError:
        return found  # no shadow copies
    for store in volume.stores:
        found.append(store.read_buffer_at_offset(store.volume_size, 0))
    volume.close()
    return found


def content(file):
    size = file.info.meta.size
    return file.read_random(0, size) if size else b""


def names(folder, want=lambda name: True):
    for entry in folder:
        name = entry.info.name.name.decode("utf-8", "replace")
        if name not in (".", "..") and entry.info.meta and want(name):
            yield name, entry


def compare_files(program, image):
    """Every log in the folders of logs, by name; and everything that a scan finds, by record."""
    systems = [pytsk3.FS_Info(Bytes(state)) for state in states(image)]
    mine, theirs = set(), set()
    for snapshot, _flag, _record, digest, path in ours(program, image):
        mine.add((int(snapshot), path, digest))
    for at, system in enumerate(systems):
        for path in LOG_FOLDERS:
            try:
                folder = system.open_dir(path)
            except OSError:
                continue
            for name, entry in names(folder, lambda name: name.lower().endswith(".evtx")):
                if entry.info.name.flags & pytsk3.TSK_FS_NAME_FLAG_ALLOC:
                    theirs.add((at, f"{path[1:]}/{name}", sha256(content(entry))))
    scanned = ours(program, image, "--scan")
    agreed = 0
    for snapshot, _flag, record, digest, path in scanned:
        file = systems[int(snapshot)].open_meta(int(record))
        if sha256(content(file)) == digest:
            agreed += 1
        else:
            print(f"differs: {image} {snapshot} {path}")
    for row in sorted(mine ^ theirs):
        print(f"only {'ours' if row in mine else 'theirs'}: {image} {row}")
    deleted = sum(1 for row in scanned if row[1] == "deleted")
    print(
        f"{os.path.basename(image)}: {len(systems)} states, {len(mine & theirs)} of "
        f"{len(mine | theirs)} logs in place agree; {agreed} of {len(scanned)} found by the scan "
        f"agree, {deleted} of them deleted"
    )
    return mine == theirs and agreed == len(scanned)


def compare_snapshots(program, image):
    """Snapshots as a whole; returns how many, and how many differ."""
    theirs = [sha256(state) for state in states(image)[1:]]
    mine = [row[3] for row in ours(program, image, "--snapshots")]
    differ = sum(a != b for a, b in zip(mine, theirs)) + abs(len(mine) - len(theirs))
    return max(len(mine), len(theirs)), differ


def random_descriptors(source):
    for at in range(source.randrange(20)):
        original, relative = source.randrange(1, 14) * BLOCK, at * BLOCK
        place, flags, sectors = source.randrange(60, 90) * BLOCK, 0, 0
        flags = source.choice([0, 0, FORWARDER, OVERLAY, NOT_USED])
        if flags == FORWARDER:
            # To itself would say nothing; the other reader then shows the boot sector.
            others = [block for block in range(1, 14) if block * BLOCK != original]
            relative, place = source.choice(others) * BLOCK, 0
        elif flags == OVERLAY:
            relative, sectors = 1, source.getrandbits(32)
        yield struct.pack("<QQQII", original, relative, place, flags, sectors)


def random_volume(seed):
    """Blocks that hold their own number, and one to four snapshots of random descriptors."""
    source, count = random.Random(seed), 96
    now = b"".join(struct.pack("<II", seed, block) * (BLOCK // 8) for block in range(count))
    maker = shadow_copies.Maker([now])
    volume = maker.volume
    volume.free = (block * BLOCK for block in range(count - 2, count // 2, -1))
    # The other reader wants a boot sector, and its copy at the end.
    boot = bytearray(512)
    boot[3:11], boot[11:14], boot[510:] = b"NTFS    ", b"\0\2\x08", b"\x55\xaa"
    boot[40:48] = struct.pack("<Q", count * BLOCK // 512 - 1)
    boot[64:69] = b"\xf6\0\0\0\xf4"
    volume.out[:512], volume.out[-512:] = boot, boot
    bits = lambda: source.randbytes(count // 8)
    entries = []
    for at in range(source.randrange(1, 5)):
        descriptors = volume.chain(shadow_copies.DESCRIPTORS, [b"".join(random_descriptors(source))])
        bitmap = volume.chain(shadow_copies.BITMAP, [bits()])
        before = volume.chain(shadow_copies.BITMAP, [bits()]) if source.random() < 0.5 else 0
        entries.append(maker.entries(at, descriptors, bitmap, before, []))
    source.shuffle(entries)
    return maker.finish(entries)


def main():
    program = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for cluster in ["512", "1024", "4096"]:
            out = os.path.join(folder, cluster)
            script = os.path.join(HERE, "make_ntfs.py")
            subprocess.run([sys.executable, script, out, cluster], check=True)
            for name in ["volume.raw", "shadow.raw"]:
                print(f"clusters of {cluster}: ", end="")
                good &= compare_files(program, os.path.join(out, name))
            count, differ = compare_snapshots(program, os.path.join(out, "shadow.raw"))
            print(f"clusters of {cluster}: {count} snapshots as a whole, {differ} differ")
            good &= differ == 0
        counts = [0, 0]
        for seed in range(rounds):
            image = os.path.join(folder, "random.raw")
            with open(image, "wb") as file:
                file.write(random_volume(seed))
            count, differ = compare_snapshots(program, image)
            counts = [counts[0] + count, counts[1] + differ]
            if differ:
                print(f"random volume {seed}: {differ} snapshots differ")
        print(f"{rounds} random volumes: {counts[0]} snapshots, {counts[1]} differ")
        good &= counts[1] == 0
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
