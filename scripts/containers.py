#!/usr/bin/env python3
"""Gives winlast one file of every container and file system, by name and lying in a folder.

    containers.py PROGRAM [IMAGES]

Each must be read or named, never passed over in silence. The files are sound where a tool at hand makes
them (python3, 7z, qemu-img, mkfs.ext4, IMAGES of make-images.sh) or tests/archives has them; of the others there is what the
format begins or ends with, by its description, in a file of 2 MiB. Prints one line for each, and ends with
1 when one is passed over."""

import bz2, gzip, lzma, os, pathlib, shutil, subprocess, sys, tarfile, tempfile, zipfile

program = os.path.abspath(sys.argv[1])
images = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
here = pathlib.Path(__file__).resolve().parent.parent
log = (here / "sample-evtx/ws01/Security.evtx").read_bytes()
work = pathlib.Path(tempfile.mkdtemp())
os.chdir(work)
SIZE = 2 << 20
made = {}


def magic(name, *places):
    data = bytearray(SIZE)
    for at, text in places:
        at = at if at >= 0 else SIZE + at
        data[at:at + len(text)] = text
    made[name] = bytes(data)


def tool(name, *command):
    """A file that a program makes of `disk.raw` or `a.evtx`."""
    path = work / "tools" / name
    try:
        subprocess.run([part.replace("OUT", str(path)) for part in command], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
        made[name] = path.read_bytes()
    except (OSError, subprocess.CalledProcessError):
        print(f"  {name}: no tool makes it here")


os.mkdir("tools")
pathlib.Path("a.evtx").write_bytes(log)
# Sound ones.
made["log.evtx"] = log
made["log.bin"] = log
made["log.gz"] = gzip.compress(log)
made["log.bz2"] = bz2.compress(log)
made["log.xz"] = lzma.compress(log)
for name, mode in (("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tar.bz2", "w:bz2"), ("a.tar.xz", "w:xz"), ("a.ova", "w")):
    with tarfile.open("x", mode) as archive:
        archive.add("a.evtx")
    made[name] = pathlib.Path("x").read_bytes()
for name, method in (("stored.zip", 0), ("deflated.zip", 8), ("bzip2.zip", 12), ("lzma.zip", 14)):
    with zipfile.ZipFile("x", "w", method) as archive:
        archive.write("a.evtx")
    made[name] = pathlib.Path("x").read_bytes()
for name in ("lzma2.7z", "ppmd.7z", "encrypted.7z", "encrypted-names.7z", "encrypted.zip", "Deflate64.zip", "PPMd.zip",
             "xz.zip", "Security.evtx.zst", "v7.tar.zst"):
    made[name] = (here / "tests/archives" / name).read_bytes()
tool("a.wim", "7z", "a", "-twim", "OUT", "a.evtx")
tool("volume.ext4", "mkfs.ext4", "-q", "-F", "OUT", "2M")
with open("disk.raw", "wb") as disk:
    disk.write((lambda packed: gzip.decompress(packed))((here / "tests/torture/seeds/volume.raw.gz").read_bytes()))
made["ntfs.raw"] = pathlib.Path("disk.raw").read_bytes()
for name, kind in (("a.qcow2", "qcow2"), ("a.vmdk", "vmdk"), ("a.vdi", "vdi"), ("a.vhd", "vpc"), ("a.vhdx", "vhdx"),
                   ("a.qed", "qed"), ("a.hdd", "parallels")):
    tool(name, "qemu-img", "convert", "-O", kind, "disk.raw", "OUT")
for name in ("best.E01", "stream.vmdk", "gpt.raw", "mbr.raw"):
    if images and (images / "small" / name).is_file():
        made["small-" + name] = (images / "small" / name).read_bytes()
# Beginnings and ends, by the descriptions of the formats.
magic("a.rar", (0, b"Rar!\x1a\x07\x01\0"))
magic("old.rar", (0, b"Rar!\x1a\x07\0"))
magic("a.z01", (0, b"PK\x07\x08PK\x03\x04"))
magic("a.cab", (0, b"MSCF\0\0\0\0"))
magic("a.lz4", (0, b"\x04\x22\x4d\x18"))
magic("a.lz", (0, b"LZIP\x01"))
magic("a.Z", (0, b"\x1f\x9d\x90"))
magic("a.cpio", (0, b"070701"))
magic("a.iso", (32769, b"CD001"))
magic("udf.iso", (32769, b"BEA01"))
magic("a.Ex01", (0, b"EVF2\r\n\x81\0"))
magic("a.Lx01", (0, b"LEF2\r\n\x81\0"))
magic("a.L01", (0, b"LVF\x09\x0d\x0a\xff\0"))
magic("a.aff", (0, b"AFF10\r\n\0"))
magic("a.ad1", (0, b"ADSEGMENTEDFILE\0"))
magic("encrypted.ad1", (0, b"ADCRYPT\0"))
magic("a.dmg", (-512, b"koly\0\0\0\4"))
magic("a.vma", (0, b"VMA\0"))
magic("a.vbk", (8, b"\x03\0\0\0md5"))
magic("a.tib", (0, b"\xce\x24\xb9\xa2"))
magic("a.bkf", (0, b"TAPE\0\0"))
magic("a.mrimg", (-12, b"MACRIUM_FILE"))
magic("a.evt", (0, b"\x30\0\0\0LfLe"))
with zipfile.ZipFile("x", "w") as archive:
    archive.writestr("information.turtle", "")
made["a.aff4"] = pathlib.Path("x").read_bytes()
end = (510, b"\x55\xaa")
magic("bitlocker.raw", (0, b"\xeb\x58\x90-FVE-FS-"), end)
magic("refs.raw", (3, b"ReFS\0\0\0\0"), end)
magic("exfat.raw", (0, b"\xeb\x76\x90EXFAT   "), end)
magic("fat16.raw", (0, b"\xeb\x3c\x90MSDOS5.0"), (54, b"FAT16   "), end)
magic("fat32.raw", (0, b"\xeb\x58\x90MSDOS5.0"), (82, b"FAT32   "), end)
magic("xfs.raw", (0, b"XFSB"))
magic("btrfs.raw", (0x10040, b"_BHRfS_M"))
magic("lvm.raw", (512, b"LABELONE"))
magic("md.raw", (4096, b"\xfc\x4e\x2b\xa9"))
magic("luks.raw", (0, b"LUKS\xba\xbe\0\2"))
magic("apfs.raw", (32, b"NXSB"))
magic("hfs.raw", (1024, b"H+\0\x04"))
magic("swap.raw", (4086, b"SWAPSPACE2"))
magic("spaces.raw", (0, b"SPACEDB "))
magic("ldm.raw", (0, b"PRIVHEAD"))
magic("wiped.raw")
magic("random.raw", (0, bytes(range(256)) * 4096))


def run(path):
    result = subprocess.run([program, str(path), "--print", "findings"], capture_output=True, text=True)
    rows = result.stdout.count("\n") - 1
    return result.returncode, rows, result.stderr


silent = 0
counts = {"read": 0, "named": 0}
for name, data in made.items():
    shutil.rmtree("folder", ignore_errors=True)
    os.mkdir("folder")
    path = pathlib.Path("folder") / name
    path.write_bytes(data)
    code, rows, said = run(path)
    by_name = "read" if code == 0 else "named" if code in (1, 3) and name in said + str(rows) or code == 3 else "SILENT"
    # Beside a sound log, so that there is something to report.
    shutil.copy(here / "sample-evtx/dc01/Security.evtx", "folder/sound.evtx")
    result = subprocess.run([program, "folder", "--print", "findings"], capture_output=True, text=True)
    logs = subprocess.run([program, "folder", "--print", "logs"], capture_output=True, text=True)
    in_folder = "named" if name in result.stdout else "read" if name in logs.stdout else "SILENT"
    if by_name == "read" and in_folder == "SILENT":
        in_folder = "SILENT"
    counts["read" if by_name == "read" else "named"] += 1
    is_silent = "SILENT" in (by_name, in_folder)
    silent += is_silent
    print(f"{name}: by name {by_name} (exit {code}), in a folder {in_folder} (exit {result.returncode})"
          + ("  <-- passed over" if is_silent else ""))
print(f"{len(made)} kinds: {counts['read']} read, {counts['named']} named, {silent} passed over in silence")
os.chdir("/")
shutil.rmtree(work)
sys.exit(silent > 0)
