#!/usr/bin/env bash
# Ends runs at random moments and takes resources away from them: nothing half-written may look whole, and
# what is lost must be said.
#
#     torture.sh PROGRAM LOGS [KILLS]
#
# PROGRAM is winlast, LOGS a folder with sound logs, KILLS how many runs are killed (200). Works in a new
# folder below TMPDIR and prints one line for each kind of trial; ends with 1 when something was wrong.
# A limit that the system does not know is said and left out.
set -uo pipefail
[ $# -ge 2 ] || { sed -n '5p' "$0" >&2; exit 2; }
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
logs=$(cd "$2" && pwd)
kills=${3:-200}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
wrong=0

bad() {
    echo "WRONG: $*"
    wrong=$((wrong + 1))
}

# A case folder without run.json, which is written last, is not whole and must not look so.
same() {
    (cd "$1" && find . -type f ! -name run.json -exec cksum {} + | sort -k3) >"$1.sums"
    cmp -s "$1.sums" whole.sums
}

"$program" "$logs" -o whole -q
expected=$?
[ -f whole/run.json ] || { echo "the program writes no case of $logs" >&2; exit 1; }
(cd whole && find . -type f ! -name run.json -exec cksum {} + | sort -k3) >whole.sums
start=$(date +%s%N)
"$program" "$logs" -o timed -q
took=$((($(date +%s%N) - start) / 1000))
rm -rf timed

# Kills at moments that are spread over a whole run and a little more.
early=0 finished=0
for ((n = 0; n < kills; n++)); do
    rm -rf killed
    "$program" "$logs" -o killed -q 2>/dev/null &
    pid=$!
    sleep "$(printf '0.%06d' $((took * (n * 7919 % 1100) / 1000 % 1000000)))"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    if [ -f killed/run.json ]; then
        finished=$((finished + 1))
        same killed || bad "kill $n: a case with run.json differs from the whole"
    else
        early=$((early + 1))
    fi
    "$program" "$logs" -o killed -q --force
    code=$?
    [ "$code" = "$expected" ] || bad "kill $n: the next run ends with $code"
    same killed || bad "kill $n: the next run writes something else"
    left=$(find killed -name '*.tmp*' -o -name '.*' -type f | head -1)
    [ -z "$left" ] || bad "kill $n: $left is left"
done
echo "kills: $kills, $early before the case was whole, $finished after"

# limit NAME VALUE CODES ARGUMENTS...: under `ulimit -NAME VALUE` the exit code is one of CODES.
limit() {
    local name=$1 value=$2 codes=$3
    shift 3
    rm -rf limited
    (ulimit "-$name" "$value" 2>/dev/null || exit 99
        exec "$program" "$logs" -q "$@" >printed 2>said)
    local code=$?
    if [ "$code" = 99 ]; then
        echo "ulimit -$name $value: not known here"
        return
    fi
    case " $codes " in
    *" $code "*) echo "ulimit -$name $value: exit code $code" ;;
    *) bad "ulimit -$name $value: exit code $code, $(head -c 200 said)" ;;
    esac
    if grep -q panicked said; then bad "ulimit -$name $value: it panics"; fi
    if [ "$code" != "$expected" ] && [ ! -s said ] && [ "$code" != 3 ]; then
        bad "ulimit -$name $value: nothing is said"
    fi
    if [ -f limited/run.json ] && [ "$code" = "$expected" ] && ! same limited; then
        bad "ulimit -$name $value: the case differs"
    fi
    if [ "$code" = 1 ] && [ -f limited/run.json ]; then
        bad "ulimit -$name $value: a failed run leaves a case"
    fi
}

for files in 6 8 12 16 32 64 256; do limit n "$files" "$expected 1 3" -o limited; done
for blocks in 1 4 64 4096; do limit f "$blocks" "$expected 1" -o limited; done
# A program that the system gives no memory for is not begun (127), or is ended by itself (134); a limit that
# it knows is a finding.
for kib in 15000 30000 60000 100000 200000 400000 1000000; do limit v "$kib" "$expected 1 3 101 127 134" -o limited; done

if [ -w /dev/full ]; then
    "$program" "$logs" --print timeline >/dev/full 2>said
    code=$?
    [ "$code" = 1 ] && [ -s said ] || bad "a full standard output: exit code $code"
    echo "full standard output: exit code $code"
fi
mkdir small
if mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
    "$program" "$logs" -o small/case -q 2>said
    code=$?
    [ "$code" = 1 ] && [ -s said ] || bad "a full disk: exit code $code"
    [ ! -f small/case/run.json ] || bad "a full disk: a case that looks whole"
    echo "full disk: exit code $code, $(find small -type f | wc -l) files left"
    umount small
else
    echo "full disk: no small disk can be mounted here"
fi
[ "$wrong" = 0 ] || { echo "$wrong trials are wrong"; exit 1; }
