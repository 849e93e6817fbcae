#!/bin/sh
# Measures the whole job on large logs: bench.sh [SESSIONS] [LOG...]
#
# Without LOGs, two are made with the writer of the tests: one dense with network sessions, so many as SESSIONS says
# (100000), and one of 100 MB in which one record in a hundred matters. Each run writes a whole case folder, which is
# new, to memory-backed storage. Next to it stands the floor of that work: the yardstick (tests/evtx-synth), which
# reads the log and decodes its values and does nothing else, and writing the bytes of the case once more. Runs are
# made in pairs, one of winlast and one of the other in turn, and the median of the ratios counts: it says more than
# seconds do. Other programs that read logs (evtx_dump, hayabusa, chainsaw, evtxanalyze of dfir-toolkit) are timed once on
# the same log where they are at hand.
#
# BASE=OTHER_WINLAST bench.sh ... also pairs each run with one of another build.
set -eu
cd "$(dirname "$0")/.."
sessions=${1:-100000}
[ $# -gt 0 ] && shift
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-bench.XXXXXX")
cases=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo "$work")/winlast-case.XXXXXX")
trap 'rm -rf "$work" "$cases"' EXIT

cargo build --release --quiet
cargo build --release --quiet -p evtx-synth --example make-large --example yardstick
target=${CARGO_TARGET_DIR:-target}/release
if [ $# -eq 0 ]; then
    "$target/examples/make-large" "$work/dense.evtx" "$sessions" network
    "$target/examples/make-large" "$work/few.evtx" 100 198
    set -- "$work/dense.evtx" "$work/few.evtx"
fi

python3 - "$target/winlast" "$target/examples/yardstick" "$cases" "$@" <<'PYTHON'
import os, shutil, statistics, subprocess, sys, time

winlast, yardstick, cases, *logs = sys.argv[1:]
base = os.environ.get("BASE")
PAIRS = 7
# A program that takes longer is ended.
SECONDS = 600


def once(command):
    """Seconds and peak memory in MiB of one run."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed: {' '.join(command)}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def case_of(program, log, threads):
    """Seconds and MiB of a whole job, and how many bytes its files have."""
    folder = os.path.join(cases, "case")
    shutil.rmtree(folder, ignore_errors=True)
    taken = once([program, "-q", "--threads", threads, "-o", folder, log])
    return *taken, sum(entry.stat().st_size for entry in os.scandir(folder))


def floor_of(log, threads, size):
    """Seconds of the yardstick, and of writing as many bytes as the case has once more."""
    seconds, _ = once([yardstick, log, threads])
    block = bytes(range(256)) * 4096
    start = time.monotonic()
    with open(os.path.join(cases, "again"), "wb", buffering=0) as out:
        for at in range(0, size, len(block)):
            out.write(block[: size - at])
    return seconds + time.monotonic() - start


def others(log):
    """Commands of other programs."""
    dump = ["evtx_dump", "-o", "jsonl", "-t", "2", log]
    summary = ["hayabusa", "logon-summary", "-q", "-f", log]
    search = ["chainsaw", "search", "-t", "Event.System.EventID: =4624", log]
    sessions = ["evtxanalyze", "sessions", log]
    return [command for command in (dump, summary, search, sessions) if shutil.which(command[0])]


print(f"{'log':20} {'MB':>5} {'threads':>7} {'seconds':>8} {'MiB':>5} {'floor':>7} {'ratio':>6}")
for log in logs:
    for threads in ("1", "2"):
        ours, floors, ratios, peak, against = [], [], [], 0, []
        for turn in range(PAIRS + 1):
            taken, memory, size = case_of(winlast, log, threads)
            least = floor_of(log, threads, size)
            other = case_of(base, log, threads)[:2] if base else None
            # The first pair fills the caches.
            if turn:
                ours.append(taken)
                floors.append(least)
                ratios.append(taken / least)
                peak = max(peak, memory)
                if other:
                    against.append((taken / other[0], memory / other[1]))
        middle = statistics.median
        name = f"{os.path.basename(log):20} {os.path.getsize(log) / 1e6:5.0f} {threads:>7}"
        print(f"{name} {middle(ours):8.3f} {peak:5.0f} {middle(floors):7.3f} {middle(ratios):6.1f}")
        if against:
            time_ratio, memory_ratio = (middle(column) for column in zip(*against))
            print(f"{'  new / BASE':20} {time_ratio:.3f} in time, {memory_ratio:.3f} in peak memory")
    for command in others(log):
        start = time.monotonic()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            subprocess.run(command, timeout=SECONDS, **quiet)
            print(f"  {' '.join(command[:2]):30} {time.monotonic() - start:.3f} s")
        except subprocess.TimeoutExpired:
            print(f"  {' '.join(command[:2]):30} more than {SECONDS} s")
PYTHON
