#!/bin/sh
# Makes the case of one host, and can be run again at any time: one-host.sh EVIDENCE CASES [OPTION...]
#
# The case is CASES/NAME, after the name of EVIDENCE. One that is complete is left as it is. What a killed run left is
# removed by winlast. The exit code is 0 for a complete case, also where winlast ended with 3 (some evidence could not be
# read or verified; the case's run.json and findings.csv say so), else that of winlast. OPTIONs go to winlast.
set -u
[ $# -ge 2 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
evidence=$1
name=$(basename -- "$evidence")
case=$2/${name%.zip}
shift 2
if [ -e "$case/run.json" ]; then
    echo "$case: already complete"
    exit 0
fi
"${WINLAST_PROGRAM:-winlast}" --name="$name" --output="$case" --quiet "$@" -- "$evidence"
code=$?
[ "$code" != 3 ] || code=0
exit "$code"
