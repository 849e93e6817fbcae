#!/usr/bin/env bash
# Builds the program for another system with Debian's packages: build-for.sh windows|static|aarch64 FOLDER [test]
#
#     windows   winlast.exe for 64-bit Windows
#     static    one file for any 64-bit Linux
#     aarch64   Linux on 64-bit ARM, with glibc
#
# A release, or with `test` a program that is not optimised: larger and slower, and only what has changed is built anew.
# Packages that are not here are installed; where they cannot be, the script names them and ends with 77. Debian has
# no Rust library for these systems: it is built from its source. Where rustup is at hand it is simpler:
# `rustup target add TARGET` and `cargo build --release --features parquet --locked --target TARGET`.
set -euo pipefail
[ $# = 2 ] || [ "${3:-}" = test ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$2"
folder=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
packages=(rustc-web cargo-web rust-web-src gcc libc6-dev)
unwinder=/usr/lib/llvm-14/lib/libunwind.a
flags=
case $1 in
    windows)
        target=x86_64-pc-windows-gnu linker=/usr/bin/x86_64-w64-mingw32-gcc program=winlast.exe
        packages+=(gcc-mingw-w64-x86-64)
        ;;
    static)
        target=x86_64-unknown-linux-musl linker=/usr/bin/musl-gcc program=winlast
        packages+=(musl-tools libunwind-14-dev)
        ;;
    aarch64)
        target=aarch64-unknown-linux-gnu linker=/usr/bin/aarch64-linux-gnu-gcc program=winlast
        packages+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
        ;;
    *)
        echo "build-for.sh: not known: $1" >&2
        exit 2
        ;;
esac
bash scripts/packages.sh "${packages[@]}" || { echo "SKIPPED: the program for $1 (packages are missing)"; exit 77; }

# One folder for all of them: what runs on this machine, as the macros do, is compiled once.
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")/debian
export CARGO_TARGET_DIR

# Debian's unwinder was compiled for glibc, which has one function that musl does not have; mimalloc needs libgcc, for
# which Rust does not ask. Rust asks for `libunwind.a`, and gets all three.
add_unwinder() { # FOLDER
    mkdir -p "$1"
    cat >"$1/fprintf.c" <<'C'
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
    $linker -O2 -c -o "$1/fprintf.o" "$1/fprintf.c"
    echo "INPUT($unwinder $1/fprintf.o -lgcc)" >"$1/libunwind.a"
}
if [ "$1" = static ]; then
    add_unwinder "$CARGO_TARGET_DIR/unwind"
    flags="-Clink-self-contained=no -Crelocation-model=static -Lnative=$CARGO_TARGET_DIR/unwind"
fi

profile=release
settings=()
if [ "${3:-}" = test ]; then
    profile=dev
    # Nobody looks at debug lines here, and the checks read small logs.
    for setting in debug=false opt-level=0 'package."*".opt-level=0'; do
        settings+=(--config "profile.dev.$setting")
    done
fi
variable=$(tr 'a-z-' 'A-Z_' <<<"$target")
export "CARGO_TARGET_${variable}_LINKER=$linker" "CC_${target//-/_}=$linker" "CARGO_TARGET_${variable}_RUSTFLAGS=$flags"
PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo build --profile $profile "${settings[@]}" \
    --features parquet --locked -Zbuild-std=std,panic_abort --target $target
cp "$CARGO_TARGET_DIR/$target/${profile/dev/debug}/$program" "$folder/$program"
