#!/usr/bin/env bash
# Makes one disk with event logs in every container that winlast reads.
#
#     make-images.sh OUT LOGS
#
# OUT must not exist; every .evtx file below the folder LOGS goes onto the disk. Ends with 77 when
# a tool is missing. Neither root nor mounts are needed:
#     apt-get install --no-install-recommends ewf-tools fdisk gdisk ntfs-3g python3 qemu-utils zip
#
#     disk.raw         the disk: GPT, one NTFS volume with Windows/System32/winevt/Logs
#     volume.raw       the volume alone
#     mbr.raw gpt4k.raw backup.raw   the volume in other partition tables
#     same/            the disk in every container
#     dirty.vhdx       changes only in its log; dirty.raw is what it must read as
#     small/           a disk of 10 MiB with one log in every kind of container, to be damaged
#     shadow.raw       a volume with a log in its shadow copy that is deleted by now, and another deleted log
#     apart.raw        the same with the shadow copy on another volume; apart/ has each volume alone
#     zips/            the logs as collectors pack them, and with every method of packing
#     logs/            the logs, by their names on the disk
set -euo pipefail
[ $# = 2 ] || { sed -n '4p' "$0" >&2; exit 2; }
PATH=$PATH:/usr/sbin:/sbin
export TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
logs=$(cd "$2" && pwd)
for tool in ewfacquire mkntfs python3 qemu-img qemu-io sfdisk sgdisk zip; do
    command -v "$tool" >/dev/null || { echo "missing: $tool" >&2; exit 77; }
done
mkdir "$1"
cd "$1"
mkdir logs same zips

# The logs, with the folder of each in its name, and the volume that holds them.
find "$logs" -name '*.evtx' | sort | while read -r log; do
    cp "$log" "logs/$(basename "$(dirname "$log")")-$(basename "$log")"
done
sectors=$((60 * 2048))
truncate -s $((sectors * 512)) volume.raw
mkntfs -F -q -Q -s 512 -c 4096 -p 2048 -H 255 -S 63 -L Windows volume.raw >mkntfs.txt 2>&1
# Bytes that can be compressed more, less and not at all, over a part of the volume.
python3 - >filler <<'PYTHON'
import random, sys
source = random.Random(1)
for n in range(240):
    block = source.randbytes(65536) if n % 3 == 0 else source.randbytes(1024) * 64
    sys.stdout.buffer.write(block if n % 7 else bytes(65536))
PYTHON
specs=(f:/filler=filler)
for log in logs/*; do specs+=("f:/Windows/System32/winevt/Logs/$(basename "$log")=$log"); done
python3 "$here/ntfs_put.py" volume.raw "${specs[@]}"

# Partition tables.
truncate -s 64M disk.raw backup.raw
sgdisk -n 1:2048:+$((sectors - 1)) -t 1:0700 disk.raw >/dev/null
cp --sparse=always disk.raw backup.raw
dd if=volume.raw of=disk.raw bs=1M seek=1 conv=notrunc,sparse status=none
dd if=volume.raw of=backup.raw bs=1M seek=1 conv=notrunc,sparse status=none
dd if=/dev/zero of=backup.raw bs=512 seek=1 count=1 conv=notrunc status=none
truncate -s 70M mbr.raw
printf 'label: dos\nunit: sectors\nstart=2048,size=2048,type=6\nstart=4096,type=5\nstart=8192,size=%d,type=7\n' \
    $sectors | sfdisk -q mbr.raw
dd if=volume.raw of=mbr.raw bs=1M seek=4 conv=notrunc,sparse status=none
# No tool makes a GPT of 4096-byte sectors in a file: the header and its table, by hand.
truncate -s 70M gpt4k.raw
dd if=volume.raw of=gpt4k.raw bs=1M seek=4 conv=notrunc,sparse status=none
python3 - $sectors <<'PYTHON'
import struct, sys, zlib
first, count = 1024, int(sys.argv[1]) // 8
with open("gpt4k.raw", "r+b") as disk:
    last = (70 << 20) // 4096 - 1
    table = bytes([7]) * 32 + struct.pack("<QQQ", first, first + count - 1, 0) + bytes(72)
    table = table.ljust(128 * 128, b"\0")
    for own, other, at in ((1, last, 2), (last, 1, last - 4)):
        def header(crc):
            return struct.pack("<8sIIIIQQQQ16sQIIII", b"EFI PART", 0x10000, 92, crc, 0, own, other,
                               6, last - 5, bytes(16), at, 128, 128, zlib.crc32(table), 0)[:92]
        disk.seek(at * 4096)
        disk.write(table)
        disk.seek(own * 4096)
        disk.write(header(zlib.crc32(header(0))))
    disk.seek(446)
    disk.write(struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, last))
    disk.seek(510)
    disk.write(b"\x55\xaa")
PYTHON

# Containers.
split -b 13M -d -a 3 --numeric-suffixes=1 disk.raw same/raw.
to() { qemu-img convert -q -f raw "$@"; }
for kind in monolithicSparse streamOptimized twoGbMaxExtentSparse monolithicFlat twoGbMaxExtentFlat; do
    to -O vmdk -o subformat=$kind disk.raw same/$kind.vmdk
done
to -O vpc -o subformat=fixed,force_size=on disk.raw same/fixed.vhd
to -O vpc -o subformat=dynamic,force_size=on disk.raw same/dynamic.vhd
to -O vhdx -o subformat=fixed disk.raw same/fixed.vhdx
to -O vhdx -o subformat=dynamic,block_size=1M disk.raw same/dynamic.vhdx
to -O vdi disk.raw same/dynamic.vdi
to -O vdi -o static=on disk.raw same/fixed.vdi
to -O qcow2 disk.raw same/plain.qcow2
to -O qcow2 -o compat=0.10 disk.raw same/version2.qcow2
to -O qcow2 -c disk.raw same/zlib.qcow2
to -O qcow2 -c -o compression_type=zstd disk.raw same/zstd.qcow2
to -O qcow2 -c -o cluster_size=4k disk.raw same/small-clusters.qcow2
to -O qcow2 -o extended_l2=on,cluster_size=128k disk.raw same/extended.qcow2
to -O qcow2 -o data_file=same/data-file.img disk.raw same/data-file.qcow2
to -O qcow2 -o data_file=same/raw-data-file.img,data_file_raw=on disk.raw same/raw-data-file.qcow2

# Children: the parent lacks a part of the volume.
cp --sparse=always disk.raw before.raw
dd if=/dev/zero of=before.raw bs=1M seek=8 count=24 conv=notrunc status=none
mkdir parents
to -O qcow2 before.raw parents/base.qcow2
to -O vmdk before.raw parents/base.vmdk
cp --sparse=always before.raw parents/base.img
cd parents
to -O qcow2 -B base.qcow2 -F qcow2 ../disk.raw child.qcow2
to -O qcow2 -o extended_l2=on -B base.img -F raw ../disk.raw raw-child.qcow2
to -O vmdk -B base.vmdk -F vmdk ../disk.raw child.vmdk
# No tool at hand makes a differencing VHDX: a dynamic one, made into a child. Blocks that its parent
# has are left to it; of every second other block, only the sectors that differ are its own.
to -O vhdx -o subformat=dynamic,block_size=1M ../before.raw base.vhdx
to -O vhdx -o subformat=dynamic,block_size=1M ../disk.raw child.vhdx
python3 - <<'PYTHON'
import struct, uuid

MIB = 1 << 20
disk, before = (open(name, "rb").read() for name in ("../disk.raw", "../before.raw"))
parent = open("base.vhdx", "rb").read()
headers = [parent[at:at + 4096] for at in (0x10000, 0x20000)]
header = max(headers, key=lambda header: struct.unpack_from("<Q", header, 8))
linkage = "{%s}" % uuid.UUID(bytes_le=header[32:48])

data = bytearray(open("child.vhdx", "rb").read())
regions = {}
for at in range(0x30010, 0x30010 + 32 * struct.unpack_from("<I", data, 0x30008)[0], 32):
    regions[str(uuid.UUID(bytes_le=bytes(data[at:at + 16])))] = struct.unpack_from("<Q", data, at + 16)[0]
table, metadata = (regions[guid] for guid in
                   ("2dc27766-f623-4200-9d64-115e9bfd4a08", "8b7ca206-4790-4b9a-b8fe-575f050f886e"))

# Metadata: the flag of a child, and where its parent is.
count = struct.unpack_from("<H", data, metadata + 10)[0]
for at in range(metadata + 32, metadata + 32 + 32 * count, 32):
    if uuid.UUID(bytes_le=bytes(data[at:at + 16])) == uuid.UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b"):
        flags = metadata + struct.unpack_from("<I", data, at + 16)[0] + 4
        struct.pack_into("<I", data, flags, struct.unpack_from("<I", data, flags)[0] | 2)
pairs = [(key.encode("utf-16-le"), value.encode("utf-16-le")) for key, value in (
    ("parent_linkage", linkage), ("relative_path", ".\\base.vhdx"),
    ("absolute_win32_path", "D:\\elsewhere\\base.vhdx"))]
at, entries, texts = 20 + 12 * len(pairs), b"", b""
for key, value in pairs:
    entries += struct.pack("<IIHH", at, at + len(key), len(key), len(value))
    texts += key + value
    at += len(key) + len(value)
locator = uuid.UUID("b04aefb7-d19e-4a81-b789-25b8e9445913").bytes_le + \
    struct.pack("<HH", 0, len(pairs)) + entries + texts
data[metadata + 0x40000:metadata + 0x40000 + len(locator)] = locator
struct.pack_into("<16sIIII", data, metadata + 32 + 32 * count,
                 uuid.UUID("a8d35f2d-b30b-454d-abf7-d3d84834ab0c").bytes_le, 0x40000, len(locator), 4, 0)
struct.pack_into("<H", data, metadata + 10, count + 1)

# Blocks, and the bits of their sectors, lowest first.
ratio = (1 << 23) * 512 // MIB
bitmap = bytearray(MIB)
left = mixed = 0
for block in range(len(disk) // MIB):
    span = slice(block * MIB, (block + 1) * MIB)
    state, = struct.unpack_from("<Q", data, table + 8 * block)
    if disk[span] == before[span]:
        state, left = 0, left + 1
    elif block % 2 == 0:
        assert state & 7 == 6
        mixed += 1
        place = state & ~(MIB - 1)
        for sector in range(2048):
            own = slice(span.start + 512 * sector, span.start + 512 * sector + 512)
            if disk[own] == before[own]:
                data[place + 512 * sector:place + 512 * sector + 512] = b"not mine" * 64
            else:
                bit = block * 2048 + sector
                bitmap[bit // 8] |= 1 << bit % 8
        state = place | 7
    struct.pack_into("<Q", data, table + 8 * block, state)
assert left and mixed
data.extend(bytes(-len(data) % MIB))
struct.pack_into("<Q", data, table + 8 * ratio, len(data) | 6)
open("child.vhdx", "wb").write(data + bitmap)
PYTHON
cd ..
rm before.raw

# E01: name, format, compression, size of segments, sectors per chunk.
acquire() {
    ewfacquire -q -u -t "same/$1" -f "$2" -c "$3" -S "$4" -b "$5" -C 1 -D d -e e -E 1 -N n -m fixed \
        -M physical -l /dev/null disk.raw >ewfacquire.txt 2>&1
}
acquire best encase6 best 2MiB 64
acquire none encase6 none 1.4GiB 64
acquire empty encase5 empty-block 8MiB 64
acquire tables encase5 fast 1.4GiB 16
acquire smart smart best 2MiB 64
acquire ftk ftk fast 1.4GiB 64
acquire linen linen7 fast 1.4GiB 64
# Above 99 segments: .E99 is followed by .EAA.
head -c 61440 /dev/urandom >noise
for _ in $(seq 2048); do cat noise; done | head -c 120M >noise.raw
ewfacquire -q -u -t many -f encase6 -c none -S 1MiB -C 1 -D d -e e -E 1 -N n -m fixed -M physical \
    -l /dev/null noise.raw >ewfacquire.txt 2>&1
rm noise

# A VHDX whose table of blocks says in its log alone that there is more: what a machine that lost
# power leaves behind.
qemu-img create -q -f vhdx -o block_size=1M before.vhdx 64M
qemu-io -f vhdx -c 'write -q -P 0x11 0 1M' before.vhdx >/dev/null
cp before.vhdx dirty.vhdx
(ulimit -c 0; qemu-io -f vhdx -c "write -q -P 0x22 40M 1M" -c abort dirty.vhdx >/dev/null 2>&1 || true) 2>/dev/null
qemu-img convert -f vhdx -O raw dirty.vhdx dirty.raw
python3 - <<'PYTHON'
import struct

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF

before = open("before.vhdx", "rb").read()
with open("dirty.vhdx", "r+b") as file:
    data = file.read()
    # The table of blocks as it was before.
    for at in range(0x30010, 0x30010 + 32 * struct.unpack_from("<I", data, 0x30008)[0], 32):
        if data[at:at + 4] == b"\x66\x77\xc2\x2d":
            table = struct.unpack_from("<Q", data, at + 16)[0]
    file.seek(table)
    file.write(before[table:table + 4096])
    # The log as one that is in use: both headers name it again.
    log = struct.unpack_from("<Q", data, 0x10048)[0]
    assert data[log:log + 4] == b"loge"
    for at in (0x10000, 0x20000):
        header = bytearray(data[at:at + 4096])
        header[48:64] = data[log + 32:log + 48]
        header[4:8] = bytes(4)
        header[4:8] = struct.pack("<I", crc32c(header))
        file.seek(at)
        file.write(header)
PYTHON
rm before.vhdx

# A volume and what it was before: the log of one computer, then that of another in its place, and
# a third one made and deleted.
truncate -s 32M before.raw
mkntfs -F -q -Q -s 512 -c 4096 -p 0 -H 255 -S 63 before.raw >mkntfs.txt 2>&1
inside=Windows/System32/winevt/Logs
python3 "$here/ntfs_put.py" before.raw "f:/$inside/Security.evtx=logs/ws01-Security.evtx"
cp --sparse=always before.raw now.raw
python3 "$here/ntfs_put.py" now.raw "f:/Temp/Deleted.evtx=logs/rdp01-Security.evtx" \
    "f:/$inside/System.evtx=logs/dc01-Security.evtx"
python3 "$here/ntfs_put.py" now.raw "r:/$inside/Security.evtx" r:/Temp/Deleted.evtx
python3 "$here/shadow_copies.py" shadow.raw before.raw now.raw

# The same with the shadow copy on another volume: on one disk, and each volume a disk of its own.
mkdir apart
truncate -s 32M apart/storage.raw
mkntfs -F -q -Q -s 512 -c 4096 -p 0 -H 255 -S 63 apart/storage.raw >mkntfs.txt 2>&1
python3 "$here/shadow_copies.py" --keep-on apart/storage.raw apart/system.raw before.raw now.raw
truncate -s 67M apart.raw
sgdisk -n 1:2048:+65535 -n 2:67584:+65535 -t 1:0700 -t 2:0700 apart.raw >/dev/null
dd if=apart/system.raw of=apart.raw bs=1M seek=1 conv=notrunc,sparse status=none
dd if=apart/storage.raw of=apart.raw bs=1M seek=33 conv=notrunc,sparse status=none
qemu-img convert -O vmdk apart/storage.raw apart/storage.vmdk
rm before.raw now.raw

# Archives, as KAPE and the offline collector of Velociraptor lay them out.
for folder in 'kape/C/Windows/System32/winevt/logs' \
    'velociraptor/uploads/auto/C%3A/Windows/System32/winevt/Logs' \
    'shadow/uploads/ntfs_vss/%5C%5C.%5CHarddiskVolumeShadowCopy1/Windows/System32/winevt/Logs'; do
    mkdir -p "packing/$folder"
    cp logs/* "packing/$folder"
done
cp -r packing/shadow/uploads packing/velociraptor
(cd packing/kape && zip -qr ../../zips/kape.zip C)
(cd packing/velociraptor && zip -qr ../../zips/velociraptor.zip uploads)
(cd logs && zip -q -0 ../zips/stored.zip ./* && zip -q -P secret ../zips/zipcrypto.zip ./*)
(cd zips && zip -q ../nested.zip stored.zip && zip -q ../zips/nested.zip ../nested.zip)
rm -r packing nested.zip

# Collections that name their host; the last one wrongly.
collection() {
    mkdir -p "packing/$2"
    cp "logs/$3" "packing/$2/Security.evtx"
    (cd packing && zip -qr "../zips/$1.zip" .)
    rm -r packing
}
collection Collection-ws01-2026-03-05T08_00_00Z \
    'uploads/auto/C%3A/Windows/System32/winevt/Logs' ws01-Security.evtx
collection 2026-03-05T080000_DC01 C/Windows/System32/winevt/logs dc01-Security.evtx
collection 2026-03-05T080000_DC01 VSS1/Windows/System32/winevt/logs dc01-Security.evtx
collection 2026-03-05T080000_DC02 C/Windows/System32/winevt/logs rdp01-Security.evtx

# The small disk.
mkdir small
truncate -s 9M small-volume.raw
mkntfs -F -q -Q -s 512 -c 4096 -p 2048 -H 255 -S 63 small-volume.raw >mkntfs.txt 2>&1
log=$(find logs -name 'ws01-Security.evtx')
python3 "$here/ntfs_put.py" small-volume.raw "f:/Windows/System32/winevt/Logs/Security.evtx=$log"
truncate -s 10515456 small/gpt.raw small/mbr.raw
sgdisk -n 1:2048:+18431 -t 1:0700 small/gpt.raw >/dev/null
printf 'label: dos\nunit: sectors\n1 : start=1024,size=19500,type=5\n5 : start=2048,size=18432,type=7\n' |
    sfdisk -q small/mbr.raw
for disk in gpt mbr; do
    dd if=small-volume.raw of=small/$disk.raw bs=1M seek=1 conv=notrunc,sparse status=none
done
disk=small/gpt.raw
to -O vmdk $disk small/sparse.vmdk
to -O vmdk -o subformat=streamOptimized $disk small/stream.vmdk
to -O vpc -o force_size=on $disk small/dynamic.vhd
to -O vhdx -o block_size=1M $disk small/dynamic.vhdx
to -O vdi $disk small/dynamic.vdi
to -O qcow2 -c $disk small/zlib.qcow2
to -O qcow2 -c -o compression_type=zstd $disk small/zstd.qcow2
to -O qcow2 -o extended_l2=on $disk small/extended.qcow2
for compression in best none; do
    ewfacquire -q -u -t small/$compression -f encase6 -c $compression -S 1.4GiB -C 1 -D d -e e \
        -E 1 -N n -m fixed -M physical -l /dev/null $disk >ewfacquire.txt 2>&1
done
cp dirty.vhdx small/dirty.vhdx
(cd small && zip -q deflated.zip gpt.raw && zip -q -0 stored.zip stream.vmdk zlib.qcow2 &&
    zip -q -P secret locked.zip "../$log" && zip -q nested.zip deflated.zip stored.zip)
rm -f ewfacquire.txt mkntfs.txt filler small-volume.raw
