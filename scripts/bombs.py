#!/usr/bin/env python3
"""Archives that unpack to much more than they have, each kind in each other kind, read by the program: what
each costs.

    bombs.py PROGRAM

Makes a log of 2 GiB of zeros, packed by zip, gz, xz, bz2, zst, 7z and tar (in gz), and each of them packed
again by each of them. Each must end with exit code 1 or 3 and say that it was refused, within 5 s of processor time and
256 MiB. Needs zstd; works below TMPDIR. The archives that one program makes of zeros of another are a few KB.
"""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

SIZE = 2 << 30
PIECE = bytes(1 << 20)
MOST_SECONDS, MOST_KIB = 5, 256 << 10


def pieces():
    """The log: its signature, and zeros."""
    yield b"ElfFile\0" + PIECE[8:]
    for _ in range(SIZE // len(PIECE) - 1):
        yield PIECE


def number(value):
    return b"\xff" + value.to_bytes(8, "little")


def seven_zip(name, stream, size, dictionary):
    """A 7z archive with one file, packed by LZMA2; `dictionary` is its byte of properties."""
    name = (name + "\0").encode("utf-16-le")
    header = b"".join([
        b"\x01\x04\x06\0\x01\x09", number(len(stream)), b"\0\x07\x0b\x01\0\x01\x21\x21\x01",
        bytes([dictionary]), b"\x0c", number(size), b"\0\x08\0\0\x05\x01\x11",
        bytes([len(name) + 1]), b"\0", name, b"\0\0",
    ])
    start = len(stream).to_bytes(8, "little") + len(header).to_bytes(8, "little")
    start += zlib.crc32(header).to_bytes(4, "little")
    return b"7z\xbc\xaf\x27\x1c\0\x04" + zlib.crc32(start).to_bytes(4, "little") + start + stream + header


def streamed(compressor, data):
    return b"".join([compressor.compress(piece) for piece in data] + [compressor.flush()])


def raw_lzma2():
    return lzma.LZMACompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 256 << 20}])


def zstd(data):
    process = subprocess.Popen(["zstd", "-q", "-19", "--long=27", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process.stdin as stdin:
        for piece in data:
            stdin.write(piece)
    return process.stdout.read()


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as file:
        for piece in data:
            file.write(piece)
    return out.getvalue()


def tarred(name, data, size):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        entry = tarfile.TarInfo(name)
        entry.size = size
        packed.write(entry.tobuf())
        for piece in data:
            packed.write(piece)
        packed.write(bytes(-size % 512 + 1024))
    return out.getvalue()


# Each packs a file of this name and size, which comes piece by piece, and gives the name of the archive.
PACKERS = {
    "zip": lambda name, data, size: (name + ".zip", zipped(name, data)),
    "gz": lambda name, data, size: (name + ".gz", streamed(zlib.compressobj(9, wbits=31), data)),
    "xz": lambda name, data, size: (name + ".xz", streamed(lzma.LZMACompressor(preset=9), data)),
    "bz2": lambda name, data, size: (name + ".bz2", streamed(bz2.BZ2Compressor(9), data)),
    "zst": lambda name, data, size: (name + ".zst", zstd(data)),
    "7z": lambda name, data, size: (name + ".7z", seven_zip(name, streamed(raw_lzma2(), data), size, 32)),
    "tgz": lambda name, data, size: (name + ".tar.gz", tarred(name, data, size)),
}


# What a process took of memory counts the one that started it, which must be small.
MEASURE = """import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stderr=subprocess.STDOUT)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print()
print(code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)"""


def run(program, path):
    """The exit code, what it says, and what it takes: seconds of processor time and KiB."""
    arguments = [program, path, "--threads", "2", "--print", "findings"]
    output = subprocess.run([sys.executable, "-c", MEASURE, *arguments], stdout=subprocess.PIPE).stdout
    said, _, taken = output.decode(errors="replace").rstrip().rpartition("\n")
    code, seconds, kib = taken.split()
    return int(code), said, float(seconds), int(kib)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wrong, costs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for inner, pack in PACKERS.items():
            name, bomb = pack("Security.evtx", pieces(), SIZE)
            bombs = [(inner, name, bomb)]
            bombs += [(f"{inner} in {outer}", *again(name, [bomb], len(bomb))) for outer, again in PACKERS.items()]
            for kind, name, packed in bombs:
                path = os.path.join(folder, name)
                with open(path, "wb") as file:
                    file.write(packed)
                code, said, seconds, kib = run(sys.argv[1], path)
                os.remove(path)
                costs.append((seconds, kib))
                print(f"{kind}: {len(packed)} bytes, {seconds:.1f} s, {kib >> 10} MiB, exit code {code}", flush=True)
                is_refused = any(word in said for word in ("refused after unpacking", "MiB of memory"))
                if code not in (1, 3) or not is_refused or seconds > MOST_SECONDS or kib > MOST_KIB:
                    wrong.append(kind)
                    print(f"WRONG: {said[:400]}")
    print(f"{len(costs)} archives, {len(wrong)} wrong, at most {max(costs)[0]:.1f} s and {max(kib for _, kib in costs) >> 10} MiB")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
