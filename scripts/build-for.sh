#!/usr/bin/env bash
# Builds the release for another system with Debian's packages: build-for.sh windows|static|aarch64 FOLDER
#
#     windows   winlast.exe for 64-bit Windows     gcc-mingw-w64-x86-64
#     static    one file for any 64-bit Linux      musl-tools libunwind-14-dev
#     aarch64   Linux on 64-bit ARM, with glibc    gcc-aarch64-linux-gnu libc6-dev-arm64-cross
#
# Each needs rustc-web, cargo-web and rust-web-src besides: Debian has no Rust library for these systems, so that it is
# built from its source. What is not here is said and ends the script with 77. Where rustup is at hand it is simpler:
# `rustup target add TARGET` and `cargo build --release --features parquet --locked --target TARGET`.
set -euo pipefail
[ $# = 2 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$2"
folder=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/$1
unwinder=/usr/lib/llvm-14/lib/libunwind.a
needed=(/usr/bin/cargo /usr/bin/rustc /usr/lib/rustlib/src/rust/library)
flags=
case $1 in
    windows)
        target=x86_64-pc-windows-gnu linker=/usr/bin/x86_64-w64-mingw32-gcc program=winlast.exe
        ;;
    static)
        target=x86_64-unknown-linux-musl linker=/usr/bin/musl-gcc program=winlast
        needed+=($unwinder)
        flags="-Clink-self-contained=no -Crelocation-model=static -Lnative=$CARGO_TARGET_DIR/unwind"
        ;;
    aarch64)
        target=aarch64-unknown-linux-gnu linker=/usr/bin/aarch64-linux-gnu-gcc program=winlast
        ;;
    *)
        echo "build-for.sh: not known: $1" >&2
        exit 2
        ;;
esac
for path in "${needed[@]}" $linker; do
    [ -e "$path" ] || { echo "SKIPPED: the program for $1 (no $path here)"; exit 77; }
done

# Debian's unwinder was compiled for glibc, which has one function that musl does not have; mimalloc needs libgcc, for
# which Rust does not ask. Rust asks for `libunwind.a`, and gets all three.
add_unwinder() {
    mkdir -p "$CARGO_TARGET_DIR/unwind"
    cat >"$CARGO_TARGET_DIR/unwind/fprintf.c" <<'C'
#include <stdarg.h>
#include <stdio.h>
int __fprintf_chk(FILE *out, int flag, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int written = vfprintf(out, format, values);
    va_end(values);
    return written;
}
C
    $linker -O2 -c -o "$CARGO_TARGET_DIR/unwind/fprintf.o" "$CARGO_TARGET_DIR/unwind/fprintf.c"
    echo "INPUT($unwinder $CARGO_TARGET_DIR/unwind/fprintf.o -lgcc)" >"$CARGO_TARGET_DIR/unwind/libunwind.a"
}
[ "$1" != static ] || add_unwinder

variable=$(tr 'a-z-' 'A-Z_' <<<"$target")
export "CARGO_TARGET_${variable}_LINKER=$linker" "CC_${target//-/_}=$linker" "CARGO_TARGET_${variable}_RUSTFLAGS=$flags"
PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo build --release --features parquet \
    --locked -Zbuild-std=std,panic_abort --target $target
cp "$CARGO_TARGET_DIR/$target/release/$program" "$folder/$program"
