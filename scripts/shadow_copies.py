#!/usr/bin/env python3
"""Makes one volume with shadow copies out of several states of it.

    shadow_copies.py OUT OLDEST [OLDER...] NOW

All states are images of one volume, of one size. OUT shows NOW, and its shadow copies show the
others, oldest first. What they need is put into blocks that are zero in every state.

After libyal's "Volume Shadow Snapshot (VSS) format".
"""

import struct
import sys
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


class Maker:
    def __init__(self, states):
        self.states, self.count = states, len(states[-1]) // BLOCK
        self.out = bytearray(states[-1])
        zero = bytes(BLOCK)
        self.free = (
            block * BLOCK
            # From the end: what is zero in the middle may be a part of a file.
            for block in range(self.count - 2, self.count // 2, -1)
            if all(self.block(state, block) == zero for state in states)
        )

    @staticmethod
    def block(state, number):
        return state[number * BLOCK : (number + 1) * BLOCK]

    def put(self, at, data):
        self.out[at : at + BLOCK] = data.ljust(BLOCK, b"\0")

    def chain(self, kind, contents):
        """Blocks that name each other; returns where the first is."""
        places = [next(self.free) for _ in contents]
        for at, (place, content) in enumerate(zip(places, contents)):
            following = places[at + 1] if at + 1 < len(places) else 0
            self.put(place, header(kind, at * BLOCK, place, following) + content)
        return places[0]

    def store(self, at, before, after):
        """Saves what `after` overwrote of `before`; returns the catalog's entries of it."""
        changed = [
            block for block in range(self.count) if self.block(before, block) != self.block(after, block)
        ]
        saved = [next(self.free) for _ in changed]
        for block, place in zip(changed, saved):
            self.put(place, self.block(before, block))
        descriptors = [
            struct.pack("<QQQII", block * BLOCK, index * BLOCK, place, 0, 0)
            for index, (block, place) in enumerate(zip(changed, saved))
        ]
        in_block = (BLOCK - HEADER_LENGTH) // DESCRIPTOR_LENGTH
        lists = [b"".join(descriptors[i : i + in_block]) for i in range(0, len(descriptors), in_block)]
        first = self.chain(DESCRIPTORS, lists or [b""])
        bits = -(-self.count // 8)
        bitmap = self.chain(BITMAP, [b""] * -(-bits // (BLOCK - HEADER_LENGTH)))
        return self.entries(at, first, bitmap, 0, saved)

    def entries(self, at, first, bitmap, bitmap_before, saved):
        """Writes the header of a store; returns the catalog's entries of it."""
        size = BLOCK * len(saved)
        ranges = self.chain(RANGES, [struct.pack("<QQQ", saved[0] if saved else 0, 0, size)])
        machine = "HOST".encode("utf-16-le")
        name = struct.pack("<H", len(machine)) + machine
        information = guid(1) + guid(0x2000 + at) + guid(0x3000 + at)
        information += struct.pack("<IIII", 0x1D, 1, 0x00420009, 0) + name + name
        head = next(self.free)
        self.put(head, header(HEADER, 0, head, 0, len(information)) + information)
        identifier, time = guid(0x1000 + at), FIRST_TIME + at * HOUR
        snapshot = struct.pack("<QQ16sQQQ", 2, len(self.out), identifier, at + 1, 0x40, time)
        places = (first, identifier, head, ranges, bitmap, 0, size, bitmap_before)
        place = struct.pack("<QQ16sQQQQQQ", 3, *places)
        return snapshot.ljust(128, b"\0") + place.ljust(128, b"\0")

    def make(self):
        return self.finish(
            self.store(at, before, after)
            for at, (before, after) in enumerate(zip(self.states, self.states[1:]))
        )

    def finish(self, entries):
        # The newest first: a catalog is in no order.
        catalog = self.chain(CATALOG, [b"".join(reversed(list(entries)))])
        start = header(1, 0x1E00, 0, 0)[:48] + struct.pack("<QQ", catalog, 0) + guid(0x4000) * 2
        self.out[0x1E00:0x2000] = start.ljust(512, b"\0")
        return self.out


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    target, states = sys.argv[1], [read(path) for path in sys.argv[2:]]
    with open(target, "wb") as file:
        file.write(Maker(states).make())


if __name__ == "__main__":
    main()
