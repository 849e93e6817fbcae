#!/usr/bin/env bash
# Runs programs for several systems on the same evidence, compares what they write, and prints the table of
# docs/release.md: compare-programs.sh FOLDER EVIDENCE [RUNS]
#
# FOLDER holds what is to be compared, each where build-for.sh was told to put it: linux/winlast, with which the others
# are compared, and static/winlast, aarch64/winlast and windows/winlast.exe. Those for ARM and Windows run under qemu-user and
# Wine, which take time of their own. Time and memory are the best of RUNS runs (7), with SHA-256 and without a message.
set -euo pipefail
[ $# = 2 ] || [ $# = 3 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
programs=$(realpath "$1")
evidence=$(realpath "$2")
runs=${3:-7}
cd "$(dirname "$0")/.."
bash scripts/packages.sh time qemu-user libc6-arm64-cross
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-programs.XXXXXX")
. scripts/wine.sh
stop() { stop_wine; rm -rf "$work"; }
trap stop EXIT
export TZ=UTC
[ ! -e "$programs/windows/winlast.exe" ] || start_wine "$work/wine"
cd "$work"
ln -s "$evidence" evidence

# The words of the command that runs the program for a system, in `command`.
command_for() { # SYSTEM
    command=("$programs/$1/winlast")
    case $1 in
        aarch64) command=(qemu-aarch64 -L /usr/aarch64-linux-gnu "${command[@]}") ;;
        windows)
            cp "$programs/windows/winlast.exe" "$work/wine/programs/"
            command=("$wine" "$work/wine/programs/winlast.exe")
            ;;
    esac
}
best() { sort -n "$1" | head -n 1; }
echo "| Program | Bytes | Time | Processor time | Memory | Files that are the same |"
echo "|---|---|---|---|---|---|"
status=0
for system in linux static aarch64 windows; do
    program=$programs/$system/winlast
    [ $system != windows ] || program=$program.exe
    [ -e "$program" ] || { echo "SKIPPED: $system (no $program)" >&2; continue; }
    command_for $system
    code=0
    "${command[@]}" -q --force --threads 2 --hash --hops --rows all -f "csv,jsonl,html,sqlite,parquet,xlsx,timesketch,bodyfile,events" \
        -o $system evidence </dev/null >/dev/null 2>&1 || code=$?
    "${command[@]}" --all evidence </dev/null >$system/table 2>$system/said || true
    echo $code >$system/exit-code
    # A run is named by its run.json.
    if same=$(diff -rq -x run.json linux $system); then
        same="$(($(find $system -type f | wc -l) - 1)) of $(($(find linux -type f | wc -l) - 1))"
    else
        echo "$same" >&2
        same="NO" status=1
    fi
    for _ in $(seq "$runs"); do
        /usr/bin/time -o figures -f '%e %U %S %M' "${command[@]}" -q --threads 2 --hash -o timed --force evidence </dev/null >/dev/null 2>&1 || true
        tail -n 1 figures | awk '{ print $1 >> "elapsed"; print $2 + $3 >> "processor"; print $4 >> "memory" }'
        rm -rf timed
    done
    echo "| $system | $(stat -c %s "$program") | $(best elapsed) s | $(best processor) s | $(($(best memory) / 1024)) MiB | $same |"
    rm elapsed processor memory
done
exit $status
