#!/usr/bin/env python3
"""Compares what libvhdi reads of the differencing VHDX that make-images.sh makes with the disk.

    compare_vhdx.py IMAGES

IMAGES is the folder made by make-images.sh. The child is the one image there that is not written by a
tool of others alone, so another reader has to say that it is one. Needs libvhdi-python from PyPI. Ends
with 1 where they differ.
"""

import hashlib
import os
import sys

import pyvhdi

STEP = 1 << 20


def opened(path):
    image = pyvhdi.file()
    image.open(path)
    return image


def main():
    made, = sys.argv[1:]
    child = opened(os.path.join(made, "parents/child.vhdx"))
    child.set_parent(opened(os.path.join(made, "parents/base.vhdx")))
    read, wanted = hashlib.sha256(), hashlib.sha256()
    size = child.get_media_size()
    with open(os.path.join(made, "disk.raw"), "rb") as disk:
        for at in range(0, size, STEP):
            read.update(child.read_buffer_at_offset(min(STEP, size - at), at))
            wanted.update(disk.read(STEP))
    same = read.digest() == wanted.digest()
    print(f"child.vhdx, {size} bytes: {'the same' if same else 'DIFFERENT'}")
    sys.exit(not same)


main()
