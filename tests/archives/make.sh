#!/bin/sh
# Writes the archives of this folder anew, with tools that are not ours: 7-Zip, Info-ZIP, GNU tar, gzip,
# bzip2, xz, zstd. Every archive holds logs of ../../sample-evtx; the password is "infected".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/in/Logs"
cp "$here/../../sample-evtx/dc01/Security.evtx" "$work/in/Logs/Security.evtx"
cp "$here/../../sample-evtx/cleared/Security.evtx" "$work/in/Logs/Cleared.evtx"
echo "notes of the collector" > "$work/in/Logs/notes.txt"
mkdir "$work/in/empty"
cd "$work/in"
seven() { name=$1; shift; rm -f "$here/$name"; 7z a -bd -bso0 -mtm- "$@" "$here/$name" .; }
seven lzma2.7z -m0=LZMA2
seven lzma.7z -m0=LZMA
seven ppmd.7z -m0=PPMd
seven bzip2.7z -m0=BZip2
seven deflate.7z -m0=Deflate
seven deflate64.7z -m0=Deflate64
seven copy-delta.7z -m0=Delta:4 -m1=LZMA2
seven bcj.7z -m0=BCJ -m1=LZMA2
seven bcj2.7z -m0=BCJ2 -m1=LZMA2 -m2=LZMA -m3=LZMA -mb0:1 -mb0s1:2 -mb0s2:3
seven not-solid.7z -ms=off
seven encrypted.7z -pinfected
seven encrypted-names.7z -pinfected -mhe=on
rm -f "$here"/split.7z.*
7z a -bd -bso0 -mtm- -v2k "$here/split.7z" .
for method in BZip2 LZMA PPMd xz Deflate64; do
    rm -f "$here/$method.zip"
    7z a -bd -bso0 -tzip -mm=$method "$here/$method.zip" .
done
rm -f "$here/encrypted.zip" "$here/split.zip" "$here"/split.z0?
7z a -bd -bso0 -tzip -mem=AES256 -pinfected "$here/encrypted.zip" .
for kind in BZip2:AES256 LZMA:AES192 PPMd:AES128 xz:AES256 BZip2:ZipCrypto LZMA:ZipCrypto; do
    name=$here/encrypted-${kind%:*}-${kind#*:}.zip
    rm -f "$name"
    7z a -bd -bso0 -tzip -mm=${kind%:*} -mem=${kind#*:} -pinfected "$name" .
done
cp "$here/BZip2.zip" "$here/a zip of another name.bin"
(cd Logs && zip -q -X -0 -s 64k "$here/split.zip" Security.evtx)
rm -f "$here/zip64.zip" "$here"/zip64.z0?
(cd Logs && zip -q -X -0 -fz -s 64k "$here/zip64.zip" Security.evtx)
long=$(printf 'a%.0s' $(seq 90))/$(printf 'b%.0s' $(seq 90))
mkdir -p "$work/long/$long"
cp Logs/Security.evtx "$work/long/$long"
tar="tar --owner=0 --group=0 --mtime=2026-01-01"
$tar --format=gnu -C "$work/long" -czf "$here/gnu.tar.gz" .
$tar --format=pax -C "$work/long" -cjf "$here/pax.tar.bz2" .
$tar --format=ustar -cJf "$here/ustar.tar.xz" .
$tar --format=v7 -cf - . | zstd -q -19 -f -o "$here/v7.tar.zst" -
# Unpacks to 40 MiB of zeros behind the signature of a log.
mkdir "$work/zeros"
(printf 'ElfFile\0'; head -c 41943040 /dev/zero) > "$work/zeros/zeros.evtx"
(cd "$work/zeros" && rm -f "$here/zeros.7z" && 7z a -bd -bso0 -mtm- "$here/zeros.7z" .)
# Larger ones, which are tested in each other alone.
mkdir -p "$here/bombs"
(printf 'ElfFile\0'; head -c 50331648 /dev/zero) > "$work/zeros/large"
xz -9 -c "$work/zeros/large" > "$here/bombs/zeros.xz"
bzip2 -9 -c "$work/zeros/large" > "$here/bombs/zeros.bz2"
zstd -q -19 -f -o "$here/bombs/zeros.zst" "$work/zeros/large"
gzip -9 -n -c Logs/Security.evtx > "$here/Security.evtx.gz"
bzip2 -c Logs/Security.evtx > "$here/Security.evtx.bz2"
xz -c Logs/Security.evtx > "$here/Security.evtx.xz"
zstd -q -19 -f -o "$here/Security.evtx.zst" Logs/Security.evtx
