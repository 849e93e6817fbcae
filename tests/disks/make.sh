#!/bin/sh
# Writes the disks of this folder anew, with tools that are not ours: mkntfs, libntfs-3g, qemu-img, xz,
# ewfacquire, 7-Zip, Info-ZIP, GNU tar, split. The logs are those of ../../sample-evtx.
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
samples=$here/../../sample-evtx
archives=$here/../archives
rm -f "$here"/*.xz "$here"/*.gz "$here"/*.zip "$here"/*.ova
security=$samples/dc01/Security.evtx
cleared=$samples/cleared/Security.evtx
system=$samples/ws01/System.evtx
# A disk of $2 MiB with one NTFS volume at sector 64 that holds the files that are given.
disk() {
    name=$1 sectors=$(($2 * 2048 - 64)); shift 2
    truncate -s $((sectors * 512)) volume
    mkntfs -F -q -Q -s 512 -c 4096 -p 64 -H 255 -S 63 volume >/dev/null 2>&1
    for file; do set -- "$@" "f:$file"; shift; done
    python3 "$here/../../scripts/ntfs_put.py" volume "$@"
    truncate -s $(((sectors + 64) * 512)) "$name"
    dd if=volume of="$name" bs=512 seek=64 conv=notrunc,sparse status=none
    python3 - "$name" "$sectors" <<'END'
import struct, sys
with open(sys.argv[1], "r+b") as disk:
    disk.seek(446)
    disk.write(struct.pack("<B3sB3sII", 0, bytes(3), 7, bytes(3), 64, int(sys.argv[2])))
    disk.seek(510)
    disk.write(b"\x55\xaa")
END
    rm volume
}
vmdk() { qemu-img convert -q -f raw -O vmdk -o subformat=streamOptimized "$1" "$2"; }

# Windows whose Security log was moved, in the appliance that hypervisors export.
logs=/Windows/System32/winevt/Logs
disk moved.raw 6 "$logs/System.evtx=$system" "/EventLogs/Security.evtx=$security"
vmdk moved.raw host-disk1.vmdk
printf '<Envelope/>' > host.ovf
tar --owner=0 --group=0 --mtime=2026-01-01 --format=ustar -cf "$here/host.ova" host.ovf host-disk1.vmdk
# Windows without a Security log; a log under other names, one of them below a system folder.
disk without.raw 6 "$logs/System.evtx=$system" "/found.000/FILE0000.CHK=$cleared" \
    "/Users/alice/Security.bak=$security"
xz -9 -c without.raw > "$here/without.raw.xz"
# Windows with both logs, one of which the tests encrypt.
disk both.raw 3 "$logs/System.evtx=$system" "$logs/Security.evtx=$security"
gzip -9 -n -c both.raw > "$here/both.raw.gz"
# A drive with the collections of several hosts: archives and images, some in several files.
# Windows with what two upgrades left, and a folder that only looks so.
disk small.raw 3 "$logs/Security.evtx=$security" "/Windows.old$logs/Security.evtx=$cleared" \
    "/Windows.old.000$logs/Security.evtx=$cleared" "/Windows.old.0$logs/Security.evtx=$cleared"
ewfacquire -q -u -t segments -f encase6 -c none -S 1MiB -C 1 -D d -e e -E 1 -N n -m fixed -M physical \
    -b 64 -l /dev/null small.raw >/dev/null 2>&1
split -b 1M small.raw image.dd.
split -b 1M -d -a 3 --numeric-suffixes=1 small.raw raw.
printf 'Rar!\032\007\001\000' > a.rar
printf 'no archive' > torn.zip
disk drive.raw 24 "/HOST1/lzma2.7z=$archives/lzma2.7z" "/HOST2/logs.zip=$archives/BZip2.zip" \
    "/HOST2/logs.tar.gz=$archives/gnu.tar.gz" "/HOST3/split.zip=$archives/split.zip" \
    "/HOST3/split.z01=$archives/split.z01" "/HOST3/a.7z.001=$archives/split.7z.001" \
    "/HOST3/a.7z.002=$archives/split.7z.002" "/HOST4/image.dd.aa=image.dd.aa" \
    "/HOST4/image.dd.ab=image.dd.ab" "/HOST4/image.dd.ac=image.dd.ac" \
    "/HOST5/segments.E01=segments.E01" "/HOST5/segments.E02=segments.E02" \
    "/HOST5/segments.E03=segments.E03" "/HOST5/segments.E04=segments.E04" "/HOST6/a.rar=a.rar" \
    "/HOST6/torn.zip=torn.zip" "/HOST6/Security=$cleared"
vmdk drive.raw drive.vmdk
xz -9 -c drive.vmdk > "$here/drive.vmdk.xz"
# Images in several files, and an archive in two, inside of archives.
mkdir in
cp segments.E0? raw.0?? "$archives"/split.7z.00? in
zip -q -X -r "$here/parts.zip" in
