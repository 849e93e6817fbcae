#!/usr/bin/env bash
# Builds the release twice, in two folders, from sources alone and without a network, and compares the bytes:
# check-reproducible.sh [test]
#
# With `test`, nothing is optimised, to save time.
# The crates come from `cargo vendor`, which needs the network once; the builds run with --offline. The commit must
# have all changes: what is built is HEAD.
set -euo pipefail
settings=()
if [ "${1:-}" = test ]; then
    for setting in opt-level=0 package.winlast.opt-level=0 'lto="off"' codegen-units=16; do
        settings+=(--config "profile.release.$setting")
    done
fi
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-reproducible.XXXXXX")
trap 'rm -rf "$work"' EXIT
commit=$(git rev-parse --short=12 HEAD)
cargo vendor --locked --quiet --versioned-dirs "$work/crates" >/dev/null

build() { # FOLDER: with its own copy of the sources and of the crates
    mkdir -p "$1"
    git archive HEAD | tar -x -C "$1"
    cp -r "$work/crates" "$1/crates"
    (
        cd "$1"
        map=$(printf -- '--remap-path-prefix=%s=/winlast' "$1")
        RUSTFLAGS="$map" CFLAGS="-ffile-prefix-map=$1=/winlast" CARGO_TARGET_DIR=$1/target WINLAST_COMMIT=$commit \
            cargo build --release --features parquet --frozen --quiet "${settings[@]}" \
            --config 'source.crates-io.replace-with="crates"' --config "source.crates.directory=\"$1/crates\""
    )
    sha256sum <"$1/target/release/winlast"
}
one=$(build "$work/one")
two=$(build "$work/another/folder-two")
echo "commit $commit: $one and $two"
[ "$one" = "$two" ] || { echo "check-reproducible.sh: two builds differ" >&2; exit 1; }
! grep -aqF "$work" "$work/one/target/release/winlast" || { echo "check-reproducible.sh: the program names the folder" >&2; exit 1; }
