#!/usr/bin/env bash
# The whole way of a fleet on one machine, from zips to answers: fleet-demo.sh FOLDER [COUNT]
#
# COUNT hosts (500 unless given) are simulated and zipped, as a collector would. Each becomes a case, the cases become one
# fleet, and the fleet is asked: who was on at a moment, what an account did, and its trail. Times and sizes are printed.
#
# Where redis-server is there, and a Python with the packages of integrations/openrelik (target/integrations, as the checks
# make it, or PYTHON), the cases and the fleet are made by two OpenRelik workers, over a Redis on loopback that ends with
# the script. Else winlast makes them by itself, and that is said.
#
# FOLDER must not be there yet, and stays. WINLAST_PROGRAM is the program, a release build of it unless given, and
# MAKE_HOSTS the example make-hosts of tests/evtx-synth, if it is already built. The script needs zip and python3.
set -euo pipefail
[ $# = 1 ] || [ $# = 2 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
[ ! -e "$1" ] || { echo "fleet-demo.sh: $1 is already there" >&2; exit 2; }
count=${2:-500}
mkdir -p "$1"
work=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
winlast=${WINLAST_PROGRAM:-}
if [ -z "$winlast" ]; then
    cargo build --release --quiet
    winlast=$target/release/winlast
fi
winlast=$(realpath -e -- "$winlast")
python=${PYTHON:-$target/integrations/bin/python}

begin() { started=$(date +%s%N); }
# What was done, in how many seconds, and how large the result is.
end() {
    local seconds
    seconds=$(awk -v from="$started" -v to="$(date +%s%N)" 'BEGIN { printf "%.1f", (to - from) / 1e9 }')
    printf '%-34s %8s s  %8s\n' "$1" "$seconds" "${2:+$(du -sh --apparent-size "$2" | cut -f1)}"
}
# An answer, of which the first lines are shown; what winlast says besides, and its exit code 3, are in the files.
ask() {
    printf '\n$ winlast FLEET %s\n' "$*"
    begin
    "$winlast" "$work/fleet" "$@" >"$work/answer" 2>"$work/said" || [ $? = 3 ] || { cat "$work/said" >&2; exit 1; }
    # Of most computers, no log covers the moment: their histories are years apart.
    grep -v ': its logs hold ' "$work/answer" | head -n 8 || true
    printf '(%s lines, ' "$(wc -l <"$work/answer")"
    end "" | awk '{ printf "%s s)\n", $1 }'
}

make_hosts=${MAKE_HOSTS:-}
if [ -z "$make_hosts" ]; then
    cargo build --quiet -p evtx-synth --example make-hosts
    make_hosts=$target/debug/examples/make-hosts
fi

begin
"$make_hosts" "$work/logs" 1 "$count"
mkdir "$work/zips"
for host in "$work"/logs/*; do
    (cd "$host" && zip -q -r -X "$work/zips/host-$(basename "$host").zip" .)
done
rm -r "$work/logs"
end "$count hosts simulated and zipped" "$work/zips"

if command -v redis-server >/dev/null && "$python" -c 'import celery, openrelik_worker_common' 2>/dev/null; then
    echo "by two OpenRelik workers ($python):"
    WINLAST_PROGRAM=$winlast "$python" integrations/openrelik/demo.py "$work"
else
    echo "by winlast itself (no redis-server, or no Python with the packages of integrations/openrelik):"
    begin
    # Exit code 3: some of what the simulated hosts hold cannot be read or verified.
    "$winlast" "$work"/zips/*.zip -o "$work/cases" --per-source --hops -q || [ $? = 3 ]
    end "cases" "$work/cases"
    begin
    "$winlast" "$work/cases" -o "$work/fleet" --hops -q || [ $? = 3 ]
    end "fleet" "$work/fleet"
fi

# An account of many computers, and a moment at which one of its sessions was there.
read -r account moment < <(python3 - "$work/fleet/sessions.csv" <<'PYTHON'
import csv, sys
from collections import defaultdict

computers, starts = defaultdict(set), {}
for row in csv.DictReader(open(sys.argv[1], newline="")):
    if row["session_class"] in ("desktop", "remote-desktop") and row["start"] and " " not in row["user_name"]:
        computers[row["user_name"]].add(row["computer"])
        starts[row["user_name"]] = row["start"]
account = max(computers, key=lambda name: (len(computers[name]), name))
print(account, starts[account])
PYTHON
)
ask --at "$moment"
ask --user "$account" --flat
if "$winlast" --help | grep -q -- --trail; then
    ask --trail "$account"
else
    echo "SKIPPED: --trail (this winlast does not know it)"
fi
