#!/usr/bin/env python3
"""Makes one volume with shadow copies out of several states of it.

    shadow_copies.py [--keep-on VOLUME] OUT OLDEST [OLDER...] NOW

All states are images of one volume, of one size. OUT shows NOW, and its shadow copies show the
others, oldest first. What they need is put into blocks that are zero in every state. With --keep-on
it is put into the image of another volume, as `vssadmin add shadowstorage /on=` has it: only the
entries of the snapshots stay on the volume itself.

After libyal's "Volume Shadow Snapshot (VSS) format".
"""

import argparse
import struct
import uuid

BLOCK = 0x4000
SIGNATURE = uuid.UUID("3808876b-c176-4e48-b7ae-04046e6cc752").bytes_le
CATALOG, DESCRIPTORS, HEADER, RANGES, BITMAP = 2, 3, 4, 5, 6
HEADER_LENGTH, DESCRIPTOR_LENGTH = 128, 32
FIRST_TIME, HOUR = 133500000000000000, 36000000000


def guid(value):
    return uuid.UUID(int=value).bytes_le


def header(kind, relative, current, following, information=0):
    fields = struct.pack("<IIQQQQ", 1, kind, relative, current, following, information)
    return (SIGNATURE + fields).ljust(HEADER_LENGTH, b"\0")


def block(state, number):
    return state[number * BLOCK : (number + 1) * BLOCK]


class Volume:
    """What is written to a volume, into blocks that are zero in all of its states."""

    def __init__(self, states):
        self.out, count, zero = bytearray(states[-1]), len(states[-1]) // BLOCK, bytes(BLOCK)
        self.free = (
            number * BLOCK
            # From the end: what is zero in the middle may be a part of a file.
            for number in range(count - 2, count // 2, -1)
            if all(block(state, number) == zero for state in states)
        )

    def put(self, at, data):
        self.out[at : at + BLOCK] = data.ljust(BLOCK, b"\0")

    def chain(self, kind, contents):
        """Blocks that name each other; returns where the first is."""
        places = [next(self.free) for _ in contents]
        for at, (place, content) in enumerate(zip(places, contents)):
            following = places[at + 1] if at + 1 < len(places) else 0
            self.put(place, header(kind, at * BLOCK, place, following) + content)
        return places[0]

    def finish(self, entries, identifier, kept_on):
        # The newest first: a catalog is in no order.
        catalog = self.chain(CATALOG, [b"".join(reversed(entries))])
        start = header(1, 0x1E00, 0, 0)[:48] + struct.pack("<QQ", catalog, 0) + identifier + kept_on
        self.out[0x1E00:0x2000] = start.ljust(512, b"\0")


class Maker:
    """`storage`: an image of the volume that holds the stores, if it is another one."""

    def __init__(self, states, storage=None):
        self.states, self.count = states, len(states[-1]) // BLOCK
        self.volume = Volume(states)
        self.storage = Volume([storage]) if storage else self.volume

    def store(self, at, before, after):
        """Saves what `after` overwrote of `before`; returns the entries of the snapshot and of its store."""
        storage = self.storage
        changed = [number for number in range(self.count) if block(before, number) != block(after, number)]
        saved = [next(storage.free) for _ in changed]
        for number, place in zip(changed, saved):
            storage.put(place, block(before, number))
        descriptors = [
            struct.pack("<QQQII", number * BLOCK, index * BLOCK, place, 0, 0)
            for index, (number, place) in enumerate(zip(changed, saved))
        ]
        in_block = (BLOCK - HEADER_LENGTH) // DESCRIPTOR_LENGTH
        lists = [b"".join(descriptors[i : i + in_block]) for i in range(0, len(descriptors), in_block)]
        first = storage.chain(DESCRIPTORS, lists or [b""])
        bits = -(-self.count // 8)
        bitmap = storage.chain(BITMAP, [b""] * -(-bits // (BLOCK - HEADER_LENGTH)))
        return self.entries(at, first, bitmap, 0, saved)

    def entries(self, at, first, bitmap, bitmap_before, saved):
        """Writes the header of a store; returns the entries of the snapshot and of the store."""
        size = BLOCK * len(saved)
        ranges = self.storage.chain(RANGES, [struct.pack("<QQQ", saved[0] if saved else 0, 0, size)])
        machine = "HOST".encode("utf-16-le")
        name = struct.pack("<H", len(machine)) + machine
        information = guid(1) + guid(0x2000 + at) + guid(0x3000 + at)
        information += struct.pack("<IIII", 0x1D, 1, 0x00420009, 0) + name + name
        head = next(self.storage.free)
        self.storage.put(head, header(HEADER, 0, head, 0, len(information)) + information)
        identifier, time = guid(0x1000 + at), FIRST_TIME + at * HOUR
        snapshot = struct.pack("<QQ16sQQQ", 2, len(self.volume.out), identifier, at + 1, 0x40, time)
        places = (first, identifier, head, ranges, bitmap, 0, size, bitmap_before)
        place = struct.pack("<QQ16sQQQQQQ", 3, *places)
        return snapshot.ljust(128, b"\0"), place.ljust(128, b"\0")

    def make(self):
        return self.finish(
            self.store(at, before, after)
            for at, (before, after) in enumerate(zip(self.states, self.states[1:]))
        )

    def finish(self, entries):
        """Writes the catalogs; returns the volume. Of the other volume there is `storage.out`."""
        own, entries = guid(0x4000), list(entries)
        if self.storage is self.volume:
            self.volume.finish([snapshot + store for snapshot, store in entries], own, own)
        else:
            other = guid(0x5000)
            self.volume.finish([snapshot for snapshot, _ in entries], own, other)
            self.storage.finish([store for _, store in entries], other, other)
        return self.volume.out


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep-on")
    parser.add_argument("out")
    parser.add_argument("states", nargs="+")
    given = parser.parse_args()
    maker = Maker([read(path) for path in given.states], given.keep_on and read(given.keep_on))
    with open(given.out, "wb") as file:
        file.write(maker.make())
    if given.keep_on:
        with open(given.keep_on, "wb") as file:
            file.write(maker.storage.out)


if __name__ == "__main__":
    main()
