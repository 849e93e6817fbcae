#!/usr/bin/env python3
"""Makes NTFS volumes with logs that are hard to read, and the files they must read as.

    make_ntfs.py OUT [CLUSTER_BYTES]

Needs mkntfs and libntfs-3g (Debian: ntfs-3g); ends with 77 if they are missing. OUT must not exist:
    volume.raw       a volume of 64 MiB
    shadow.raw       the same with three shadow copies, its logs changed between them
    originals/       the bytes of its files
    expected.tsv     image, snapshot (0: the volume, 1: the oldest), flags, path, file in originals

The files only look like logs: a header, chunks with their magic, and bytes that compress a little.
"""

import ctypes.util
import os
import random
import shutil
import subprocess
import sys

import ntfs_put

HERE = os.path.dirname(os.path.abspath(__file__))
LOGS = "Windows/System32/winevt/Logs"
OLD_LOGS = "Windows.old/Windows/System32/winevt/Logs"
SIZE = 64 << 20
MISSING = 77


def log(seed, chunks):
    """Something of the shape of a log with so many chunks, compressible to about a half."""
    source = random.Random(seed)
    words = [source.randbytes(source.randrange(3, 40)) for _ in range(400)]
    out = bytearray(b"ElfFile\0".ljust(4096, b"\0"))
    for _ in range(chunks):
        chunk = bytearray(b"ElfChnk\0")
        while len(chunk) < 50000:
            chunk += source.choice(words)
        # Some that cannot be compressed, and zeros behind.
        chunk += source.randbytes(8000)
        out += chunk[:65536].ljust(65536, b"\0")
    return bytes(out)


def tool(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        sys.exit(f"{command[0]}: {result.stdout}")


class Maker:
    def __init__(self, out, cluster):
        self.out, self.cluster = out, cluster
        self.expected = []
        os.makedirs(os.path.join(out, "originals"))

    def path(self, *parts):
        return os.path.join(self.out, *parts)

    def original(self, name, data):
        path = self.path("originals", name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def expect(self, image, snapshot, flags, path, original):
        name = os.path.basename(original)
        self.expected.append(f"{image}\t{snapshot}\t{flags}\t{path}\t{name}")

    def put(self, image, *specs):
        run(sys.executable, os.path.join(HERE, "ntfs_put.py"), self.path(image), *specs)

    def volume(self):
        image = self.path("volume.raw")
        with open(image, "wb") as file:
            file.truncate(SIZE)
        run(
            tool("mkntfs"), "-F", "-q", "-Q", "-s", "512", "-c", str(self.cluster),
            "-p", "2048", "-H", "255", "-S", "63", image,
        )
        # A valid length that ends inside a cluster.
        small, large = log(1, 3), log(2, 40)[:-1000]
        originals = {
            "Security.evtx": small,
            "System.evtx": log(3, 9),
            "Large.evtx": large,
            "Tiny.evtx": b"ElfFile\0".ljust(400, b"."),
            "Valid.evtx": small + bytes(300000),
            "Old.evtx": log(4, 2),
            "Deleted.evtx": log(5, 4),
        }
        files = {name: self.original(name, data) for name, data in originals.items()}

        def spec(kind, path, name, flags="-", count=None, shown=None):
            self.expect("volume", 0, flags, path, files[shown or name])
            return f"{kind}:/{path}={files[name]}" + (f":{count}" if count else "")

        specs = [
            spec("f", f"{LOGS}/Security.evtx", "Security.evtx"),
            spec("f", f"{LOGS}/System.evtx", "System.evtx"),
            spec("x", f"{LOGS}/Archive-Security-2024-01-02.evtx", "Large.evtx"),
            spec("c", f"{LOGS}/Compressed.EVTX", "System.evtx", "compressed"),
            spec("c", f"{LOGS}/CompressedLarge.evtx", "Large.evtx", "compressed"),
            spec("v", f"{LOGS}/Valid.evtx", "Security.evtx", "-", 300000, "Valid.evtx"),
            spec("f", f"{OLD_LOGS}/Security.evtx", "Old.evtx"),
            spec("f", "C/Windows/System32/winevt/Logs/Kape.evtx", "Old.evtx", "elsewhere"),
            spec("f", f"Users/Jörg/Desktop/{'x' * 200} 日本.evtx", "Tiny.evtx", "elsewhere"),
            spec("f", "Temp/Deleted.evtx", "Deleted.evtx", "deleted"),
            spec("f", "Temp/renamed.bin", "Deleted.evtx", "deleted"),
        ]
        for at in range(1, 401):
            name = f"Microsoft-Windows-Filler-{at}%4Operational.evtx"
            specs.append(spec("f", f"{LOGS}/{name}", "Tiny.evtx"))
        tiny = files["Tiny.evtx"]
        specs.append(f"t:/Filler/name of a file that makes its record large enough={tiny}:1200")
        # A record behind the pieces of $MFT.
        specs.append(spec("f", f"{LOGS}/Last.evtx", "Old.evtx"))
        self.put("volume.raw", *specs, "r:/Temp/Deleted.evtx", "r:/Temp/renamed.bin")

    def shadow(self):
        """Four states; the last has Security.evtx cleared and System.evtx gone."""
        states = ["volume.raw", "second.raw", "third.raw", "now.raw"]
        logs = {f"{LOGS}/Security.evtx": "Security.evtx", f"{LOGS}/System.evtx": "System.evtx"}
        changes = [
            {f"{LOGS}/Security.evtx": self.original("Security2.evtx", log(12, 5))},
            {
                f"{LOGS}/Security.evtx": self.original("Security3.evtx", log(13, 1)),
                f"{LOGS}/Extra.evtx": self.original("Extra.evtx", log(14, 2)),
            },
            {
                f"{LOGS}/Security.evtx": self.original("Security4.evtx", log(15, 1)),
                f"{LOGS}/System.evtx": None,
            },
        ]
        for at, (before, after) in enumerate(zip(states, states[1:])):
            shutil.copyfile(self.path(before), self.path(after))
            specs = []
            for path, original in changes[at].items():
                specs += [f"r:/{path}"] if path in logs else []
                specs += [f"f:/{path}={original}"] if original else []
            self.put(after, *specs)
            for path, original in sorted(logs.items()):
                self.expect("shadow", at + 1, "-", path, original)
            logs.update(changes[at])
            logs = {path: original for path, original in logs.items() if original}
        for path, original in sorted(logs.items()):
            self.expect("shadow", 0, "-", path, original)
        run(
            sys.executable, os.path.join(HERE, "shadow_copies.py"),
            self.path("shadow.raw"), *map(self.path, states),
        )
        for state in states[1:]:
            os.rename(self.path(state), self.path(f"state-{state}"))


def main():
    out = sys.argv[1]
    cluster = int(sys.argv[2]) if len(sys.argv) > 2 else 1024
    try:
        ctypes.CDLL(ntfs_put.LIBRARY)
    except OSError:
        print("libntfs-3g is missing", file=sys.stderr)
        sys.exit(MISSING)
    if not tool("mkntfs"):
        print("mkntfs is missing", file=sys.stderr)
        sys.exit(MISSING)
    maker = Maker(out, cluster)
    maker.volume()
    maker.shadow()
    with open(maker.path("expected.tsv"), "w") as file:
        file.write("\n".join(maker.expected) + "\n")


if __name__ == "__main__":
    main()
