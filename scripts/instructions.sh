#!/usr/bin/env bash
# Holds the instructions of a whole run against those that scripts/instructions.txt says: a slow machine, or a busy one,
# does not matter. Two small logs are made by the writer of the tests; each is read by one thread under valgrind, and
# a whole case is written. A run with more than 3 % above its figure fails. Without valgrind, and on other systems
# than Linux on x86-64, the check is skipped, and says so.
#
# instructions.sh          compares
# instructions.sh --write  writes the figures anew
#
# Without SHA-256: valgrind has no instructions for it, and counts what takes its place, which is half of a run.
set -euo pipefail
cd "$(dirname "$0")/.."
figures=${FIGURES:-scripts/instructions.txt}
room=103
write=no
[ "${1:-}" = --write ] && write=yes

if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "skipped: the figures are of Linux on x86-64"
    exit 0
fi
if ! command -v valgrind >/dev/null || ! command -v callgrind_annotate >/dev/null; then
    echo "skipped: valgrind is not installed"
    exit 0
fi

# Optimised as a release, without what takes time to build: the code of other crates is not compiled into ours, and
# SQLite is left out.
cargo build --quiet --locked --profile measured --no-default-features --features cli
# As the tests are built: nothing is compiled anew for it.
cargo build --quiet --locked --workspace --all-features --example make-large
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$target/debug/examples/make-large" "$work/dense.evtx" 2000 network
"$target/debug/examples/make-large" "$work/few.evtx" 3 198

# The instructions of one run in thousands.
measure() {
    valgrind --quiet --tool=callgrind --callgrind-out-file="$work/$1.out" \
        "$target/measured/winlast" -q --threads 1 -o "$work/$1" "$work/$1.evtx" 2>"$work/$1.why" ||
        { cat "$work/$1.why" >&2; exit 2; }
    callgrind_annotate --threshold=100 --auto=no "$work/$1.out" |
        awk '/^ *[0-9,]+ \(.*%\)/ && !/PROGRAM TOTALS/ { own = $1; gsub(",", "", own); if (/sha2/) sha += own; sum += own }
             END { if (sha == 0 || sum < 10 * 1000000) {
                   print "no figure: the program has no names of functions, or hardly ran" > "/dev/stderr"; exit 1 }
                   printf "%.0f\n", (sum - sha) / 1000 }'
}

if [ "$write" = yes ]; then
    {
        echo "# Thousands of instructions of a run on each log of scripts/instructions.sh, which writes this file."
        echo "# $(rustc --version)"
    } >"$work/figures"
fi
status=0
for log in dense few; do
    now=$(measure "$log")
    if [ "$write" = yes ]; then
        echo "$log $now" >>"$work/figures"
        continue
    fi
    figure=$(awk -v log_name="$log" '$1 == log_name { print $2 }' "$figures")
    [ -n "$figure" ] || { echo "$figures has no figure of $log" >&2; exit 2; }
    echo "$log: $now thousand instructions, $((100 * now / figure)) % of $figure"
    if [ $((100 * now)) -gt $((room * figure)) ]; then
        echo "$log: MORE than 3 % above the figure. If the change is worth it, or the compiler is another one" \
            "($(rustc --version); the figures: $(sed -n 's/^# rustc //p' "$figures")): instructions.sh --write" >&2
        status=1
    elif [ $((100 * now)) -lt $(((200 - room) * figure)) ]; then
        echo "$log: more than 3 % below the figure: instructions.sh --write holds what was won"
    fi
done
[ "$write" = no ] || mv "$work/figures" "$figures"
exit $status
