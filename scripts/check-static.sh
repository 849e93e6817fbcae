#!/usr/bin/env bash
# Runs the static program where nothing else is, and compares it with the program of this machine:
# check-static.sh [STATIC [WINLAST]]
#
# Without STATIC it is built (build-for.sh), without WINLAST too. An empty root folder needs root; without root
# that part is skipped aloud.
set -euo pipefail
static=${1:+$(realpath "$1")}
native=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
fail() { printf 'check-static.sh: %s\n' "$*" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-static.XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ -z "$static" ]; then
    bash scripts/build-for.sh static "$work/built"
    static=$work/built/winlast
fi
if [ -z "$native" ]; then
    cargo build --release --features parquet --locked
    native=$(realpath "${CARGO_TARGET_DIR:-target}/release/winlast")
fi
! readelf -l "$static" | grep -q INTERP || fail "$static needs a loader of the system"

mkdir "$work/root"
cp "$static" "$work/root/winlast"
cp -r sample-evtx sample-evtx-damaged sample-evtx-guessed "$work/root/"
options=(-q --force --threads 2 --hash --hops --rows all -f "csv,jsonl,html,sqlite,parquet,xlsx,timesketch,bodyfile,events")
compare() { # EVIDENCE, and the command of the static program
    local evidence=$1 codes=()
    shift
    codes+=("$(cd "$work/root" && "$native" "${options[@]}" -o "$work/expected" "$evidence" 2>"$work/errors" >&2; echo $?)")
    codes+=("$("$@" "${options[@]}" -o case "$evidence" 2>"$work/errors" >&2; echo $?)")
    [ "${codes[0]}" = "${codes[1]}" ] || { cat "$work/errors" >&2; fail "$evidence: exit code ${codes[1]} in the place of ${codes[0]}"; }
    diff -rq -x run.json "$work/expected" "$work/root/case" || fail "$evidence: other bytes than the ordinary program"
    rm -r "$work/expected" "$work/root/case"
}
if [ "$(id -u)" -eq 0 ]; then
    alone() { chroot "$work/root" /winlast "$@"; }
    for evidence in sample-evtx sample-evtx-damaged sample-evtx-guessed; do
        compare $evidence alone
    done
    alone -q sample-evtx/ws01 --tz Europe/Berlin >"$work/berlin"
    (cd "$work/root" && "$native" -q sample-evtx/ws01 --tz Europe/Berlin) >"$work/berlin-expected"
    cmp "$work/berlin" "$work/berlin-expected"
    # 19:27:12 in UTC.
    grep -q '20:27:12' "$work/berlin" || fail "--tz Europe/Berlin does not show winter time"
    echo "an empty root folder: all files of three samples and --tz Europe/Berlin as by the ordinary program"
else
    echo "SKIPPED: an empty root folder (not root)"
fi
if [ -d ../shared/evtx ]; then
    ln -s "$(realpath ../shared/evtx)" "$work/root/evtx"
    from_folder() { (cd "$work/root" && ./winlast "$@"); }
    compare evtx from_folder
    echo "../shared/evtx: every file but run.json as by the ordinary program"
else
    echo "SKIPPED: real logs (../shared/evtx is not there)"
fi
