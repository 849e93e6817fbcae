#!/bin/sh
# Measures the whole job on large logs: bench.sh [MEGABYTES] [LOG...]
#
# Without LOGs, two are made with the writer of the tests: one full of logons, and one in which one
# record in a hundred matters. Every run writes a whole case folder to memory-backed storage. If
# ../shared/bench/yardstick is there, it is built and run on the same files: what it takes is what
# reading and decoding cost at least, and the ratio to it says more than seconds do. Where evtx_dump
# (cargo install evtx) is at hand, its dump to JSON lines is timed too.
#
# BASE=OTHER_WINLAST bench.sh ... also pairs each run with one of another build, in turn, and prints
# the median of the ratios new/base in time and in peak memory.
set -eu
cd "$(dirname "$0")/.."
megabytes=${1:-300}
[ $# -gt 0 ] && shift
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-bench.XXXXXX")
case_folder=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo "$work")/winlast-case.XXXXXX")
trap 'rm -rf "$work" "$case_folder"' EXIT

cargo build --release --quiet
target=${CARGO_TARGET_DIR:-target}
if [ $# -eq 0 ]; then
    make_large() { cargo run --release --quiet -p evtx-synth --example make-large -- "$@"; }
    make_large "$work/logons.evtx" "$megabytes" 0
    make_large "$work/few.evtx" "$megabytes" 198
    set -- "$work/logons.evtx" "$work/few.evtx"
fi
yardstick=
if [ -d ../shared/bench/yardstick ]; then
    cp -r ../shared/bench/yardstick "$work/yardstick"
    (cd "$work/yardstick" && CARGO_TARGET_DIR="$work/target" cargo build --release --quiet)
    yardstick=$work/target/release/yardstick
fi

python3 - "$target/release/winlast" "$yardstick" "$case_folder" "$@" <<'PYTHON'
import os, shutil, statistics, subprocess, sys, time

winlast, yardstick, case, *logs = sys.argv[1:]


def run(command):
    """Seconds of the best of five runs, and the peak memory in MiB of any."""
    best, peak = float("inf"), 0
    for _ in range(5):
        start = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(child.pid, 0)
        best = min(best, time.monotonic() - start)
        peak = max(peak, usage.ru_maxrss / 1024)
    return best, peak


def paired(new, base):
    """Medians of the ratios new/base of seven pairs of runs: seconds, and peak memory."""

    def once(command):
        start = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(child.pid, 0)
        return time.monotonic() - start, usage.ru_maxrss

    pairs = [(once(new), once(base)) for _ in range(8)][1:]
    ratios = [[a[at] / b[at] for a, b in pairs] for at in (0, 1)]
    return [statistics.median(each) for each in ratios]


base = os.environ.get("BASE")
dump = shutil.which("evtx_dump")
print(
    f"{'log':24} {'MB':>6} {'threads':>7} {'seconds':>8} {'MiB':>6} {'yardstick':>9} {'ratio':>6}"
    f" {'evtx_dump':>9} {'ratio':>6}"
)
for log in logs:
    for threads in ("1", "2"):
        taken, peak = run([winlast, "-q", "--force", "--threads", threads, "-o", case, log])
        limit, ratio, dumped, dump_ratio = "", "", "", ""
        if yardstick:
            least, _ = run([yardstick, "rawdecode", "--threads", threads, "--crc", log])
            limit, ratio = f"{least:.3f}", f"{taken / least:.1f}"
        if dump:
            other, _ = run([dump, "-o", "jsonl", "-t", threads, log])
            dumped, dump_ratio = f"{other:.3f}", f"{taken / other:.2f}"
        size = os.path.getsize(log) / 1e6
        name = os.path.basename(log)
        print(
            f"{name:24} {size:6.0f} {threads:>7} {taken:8.3f} {peak:6.0f} {limit:>9} {ratio:>6}"
            f" {dumped:>9} {dump_ratio:>6}"
        )
        if base:
            command = ["-q", "--force", "--threads", threads, "-o", case, log]
            seconds, memory = paired([winlast, *command], [base, *command])
            print(f"{'  new / BASE':24} {seconds:.3f} in time, {memory:.3f} in peak memory")
PYTHON
