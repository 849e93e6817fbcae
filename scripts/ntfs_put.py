#!/usr/bin/env python3
"""Writes files into the image of an NTFS volume, without mounting it.

    ntfs_put.py IMAGE SPEC...

Each SPEC is a letter, a colon, and a path inside the volume:
    f:PATH=FILE      a plain file with the bytes of FILE; folders are made as needed
    c:PATH=FILE      the same, compressed (LZNT1)
    v:PATH=FILE:N    the same and N bytes of 0xEE behind; its valid data length then leaves them out,
                     so that a reader must give zeros for them
    x:PATH=FILE      the same in pieces of four clusters: all other free clusters are marked as used
                     while it is written
    t:PATH=FILE:N    N files PATH1, PATH2, ... made while free space is in pieces of a cluster or two,
                     so that $MFT grows in pieces too
    r:PATH           removes a file; its clusters keep their bytes

Uses libntfs-3g (Debian: libntfs-3g89, which comes with ntfs-3g) through ctypes.
"""

import ctypes
import os
import sys

LIBRARY = "libntfs-3g.so.89"
DATA, FILE, FOLDER, COMPRESSED = 0x80, 0o100000, 0o040000, 0x800
NV_COMPRESSION = 1 << 6
POINTER, INT, LONG, TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_char_p


class Library:
    """The functions that are used, by their names without ntfs_."""

    SIGNATURES = {
        "set_locale": (INT, []),
        "mount": (POINTER, [TEXT, ctypes.c_ulong]),
        "umount": (INT, [POINTER, INT]),
        "pathname_to_inode": (POINTER, [POINTER, POINTER, TEXT]),
        "inode_close": (INT, [POINTER]),
        "create": (POINTER, [POINTER, ctypes.c_uint32, POINTER, ctypes.c_uint8, ctypes.c_uint32]),
        "delete": (INT, [POINTER, TEXT, POINTER, POINTER, POINTER, ctypes.c_uint8]),
        "mbstoucs": (INT, [TEXT, ctypes.POINTER(POINTER)]),
        "attr_open": (POINTER, [POINTER, ctypes.c_uint32, POINTER, ctypes.c_uint32]),
        "attr_close": (None, [POINTER]),
        "attr_pclose": (INT, [POINTER]),
        "attr_pwrite": (LONG, [POINTER, LONG, LONG, TEXT]),
        "set_ntfs_attrib": (INT, [POINTER, TEXT, ctypes.c_size_t, INT]),
    }

    def __init__(self):
        library = ctypes.CDLL(LIBRARY, use_errno=True)
        for name, (result, arguments) in self.SIGNATURES.items():
            function = getattr(library, "ntfs_" + name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        self.set_locale()


def fail(what):
    sys.exit(f"ntfs_put: {what}: {os.strerror(ctypes.get_errno())}")


def number(data, at, size, signed=False):
    return int.from_bytes(data[at : at + size], "little", signed=signed)


class Volume:
    """The mounted image."""

    def __init__(self, library, image):
        self.library, self.image = library, image
        self.open()

    def open(self):
        self.handle = self.library.mount(self.image.encode(), 0)
        if not self.handle:
            fail(f"open {self.image}")

    def close(self):
        if self.library.umount(self.handle, 0):
            fail("close")

    def again(self):
        """Forgets what the library believes of free space."""
        self.close()
        self.open()

    def inode(self, path):
        return self.library.pathname_to_inode(self.handle, None, path.encode() or b"/")

    def name(self, text):
        pointer = POINTER()
        length = self.library.mbstoucs(text.encode(), ctypes.byref(pointer))
        if length < 0:
            fail(text)
        return pointer, length

    def make(self, path, kind):
        folder, _, name = path.rpartition("/")
        parent = self.inode(folder)
        if not parent:
            fail(f"no folder {folder}")
        inode = self.library.create(parent, 0, *self.name(name), kind)
        if not inode:
            fail(f"create {path}")
        self.library.inode_close(parent)
        return inode

    def make_folders(self, path):
        made = ""
        for part in path.strip("/").split("/")[:-1]:
            made += "/" + part
            self.library.inode_close(self.inode(made) or self.make(made, FOLDER))

    def set_compressed(self, folder, flag):
        """A new file inherits the flag of its folder."""
        # ntfs_volume.state, the third field: without this bit the library compresses nothing.
        state = ctypes.cast(self.handle + 16, ctypes.POINTER(ctypes.c_ulong))
        state[0] |= NV_COMPRESSION
        inode = self.inode(folder)
        if self.library.set_ntfs_attrib(inode, flag.to_bytes(4, "little"), 4, 0):
            fail(f"flags of {folder}")
        self.library.inode_close(inode)

    def write(self, inode, data, at=0, compressed=False):
        attribute = self.library.attr_open(inode, DATA, (ctypes.c_uint16 * 1)(0), 0)
        if not attribute:
            fail("open data")
        for start in range(0, len(data), 65536):
            part = data[start : start + 65536]
            while part:
                written = self.library.attr_pwrite(attribute, at, len(part), part)
                if written <= 0:
                    fail("write")
                at, part = at + written, part[written:]
        if compressed:
            self.library.attr_pclose(attribute)
        self.library.attr_close(attribute)
        self.library.inode_close(inode)

    def remove(self, path):
        folder, _, name = path.rpartition("/")
        inode, parent = self.inode(path), self.inode(folder)
        # It closes both.
        if self.library.delete(self.handle, path.encode(), inode, parent, *self.name(name)):
            fail(f"remove {path}")


class Raw:
    """The image as bytes, for what the library does not do."""

    def __init__(self, image):
        self.file = open(image, "r+b")
        boot = self.read(0, 512)
        self.cluster = boot[13] * number(boot, 11, 2)
        self.mft = number(boot, 48, 8) * self.cluster

    def read(self, at, count):
        self.file.seek(at)
        return self.file.read(count)

    def write(self, at, data):
        self.file.seek(at)
        self.file.write(data)

    def attribute(self, record, kind):
        at = number(record, 20, 2)
        while number(record, at, 4) != kind:
            at += number(record, at + 4, 4)
        return at

    def bitmap(self):
        """Place and length of $Bitmap; on a new volume it is one run."""
        record = self.read(self.mft + 6 * 1024, 1024)
        at = self.attribute(record, DATA)
        runs = at + number(record, at + 32, 2)
        lengths, places = record[runs] & 15, record[runs] >> 4
        first = number(record, runs + 1 + lengths, places, signed=True)
        return first * self.cluster, number(record, at + 48, 8)

    def mark(self, pattern):
        """Marks free clusters of the pattern as used; returns how it was."""
        at, length = self.bitmap()
        before = self.read(at, length)
        self.write(at, bytes(byte | pattern for byte in before))
        self.file.flush()
        return at, before, pattern

    def unmark(self, marked):
        at, before, pattern = marked
        now = self.read(at, len(before))
        self.write(at, bytes(n & ~(pattern & ~b) for n, b in zip(now, before)))
        self.file.flush()

    def set_valid(self, name, valid):
        """Sets the valid data length of the file of this name."""
        wanted, record_number = name.encode("utf-16-le"), 16
        while True:
            at = self.mft + record_number * 1024
            record = self.read(at, 1024)
            if len(record) < 1024:
                sys.exit(f"ntfs_put: no record of {name}")
            if record[:4] == b"FILE" and wanted in record and not record[22] & 2:
                break
            record_number += 1
        data = self.attribute(record, DATA)
        assert record[data + 8] == 1 and data + 64 < 510, "not in clusters, or in a fixed-up place"
        self.write(at + data + 56, valid.to_bytes(8, "little"))
        self.file.flush()


def main():
    image, specs = sys.argv[1], sys.argv[2:]
    volume, raw = Volume(Library(), image), Raw(image)
    short = []
    for spec in specs:
        kind, _, rest = spec.partition(":")
        if kind == "r":
            volume.remove(rest)
            continue
        path, _, source = rest.partition("=")
        count = 0
        if kind in "vt":
            source, _, count = source.rpartition(":")
            count = int(count)
        with open(source, "rb") as file:
            data = file.read()
        volume.make_folders(path)
        if kind == "f":
            volume.write(volume.make(path, FILE), data)
        elif kind == "c":
            folder = path.rpartition("/")[0]
            volume.set_compressed(folder, COMPRESSED)
            inode = volume.make(path, FILE)
            volume.set_compressed(folder, 0)
            volume.write(inode, data, compressed=True)
        elif kind == "v":
            volume.write(volume.make(path, FILE), data + b"\xee" * count)
            short.append((path.rpartition("/")[2], len(data)))
        elif kind == "x":
            volume.write(volume.make(path, FILE), b"")
            volume.close()
            marked = raw.mark(0x0F)
            step = 4 * raw.cluster
            volume.open()
            for start in range(0, len(data), step):
                volume.write(volume.inode(path), data[start : start + step], start)
                volume.again()
            volume.close()
            raw.unmark(marked)
            volume.open()
        elif kind == "t":
            volume.close()
            # A file record must fit into a piece.
            marked = raw.mark(0x55 if raw.cluster >= 2048 else 0x33)
            volume.open()
            for at in range(1, count + 1):
                volume.write(volume.make(f"{path}{at}", FILE), data)
                if at % 4 == 0:
                    volume.again()
            volume.close()
            raw.unmark(marked)
            volume.open()
        else:
            sys.exit(f"ntfs_put: {spec}?")
    volume.close()
    for name, valid in short:
        raw.set_valid(name, valid)


if __name__ == "__main__":
    main()
