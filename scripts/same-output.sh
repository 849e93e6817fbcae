#!/usr/bin/env bash
# Proves that two winlast binaries write the same output.
#
#     same-output.sh OLD_BINARY NEW_BINARY
#
# Both binaries read the same evidence with the same options. Each file that they write must be the
# same byte for byte, and so must what they print, what they say on stderr, and the exit code. Only
# run.json may differ, because it holds the times of the run; what else differs in it is mentioned.
#
# The evidence:
#
#     sample-evtx   the folder, each of its folders, and all of them with --per-source
#     evtx          the folder ../shared/evtx, each host below hosts/, and each other log alone
#     evtx-more     each log of ../shared/evtx-more
#     simulated     the simulated hosts, each alone, and all of them together
#     damaged       every fifth simulated host and each small disk image again, with damage
#     images        what make-images.sh makes, where its tools are installed
#     commands      help, and command lines that are wrong
#
# Intended changes of words stand in same-output.words next to this script (it need not exist). A
# line is OLD TEXT, a tab, NEW TEXT; lines that begin with # are comments. The old output is changed
# line by line of that file, in order, as literal text, and must then be equal to the new output. A
# pattern and a tab before the line limit it to the files of that name: findings.*, report.html,
# stdout, stderr. A text with quotes is escaped differently in CSV, JSON and HTML: it needs a line
# for each of them.
#
# Exits with 0 if everything is the same, with 1 if something differs, with 2 if nothing could be
# compared. Environment variables:
#
#     HOSTS=300     how many simulated hosts; FIRST=0 is the seed of the first one
#     IMAGES=yes    no: without disk images; a path: the folder that keeps them for the next call
#     ONLY=PATTERN  only cases with such a name: ONLY='simulated/17', ONLY='evtx/*'
#     KEEP=FOLDER   the two outputs of each run that differs are kept there
#     WORDS=FILE    another file of intended changes
#     SHARED=FOLDER holds evtx and evtx-more, instead of ../shared
#     JOBS=N        how many runs at a time; one per core unless given
#     MAKE_HOSTS=FILE   the example make-hosts of tests/evtx-synth, if it is already built
set -euo pipefail
[ $# = 2 ] || { echo "usage: same-output.sh OLD_BINARY NEW_BINARY" >&2; exit 2; }
old=$(realpath -e -- "$1") || exit 2
new=$(realpath -e -- "$2") || exit 2
for binary in "$old" "$new"; do
    [ -x "$binary" ] || { echo "same-output.sh: $binary is no program" >&2; exit 2; }
done
keep=${KEEP:+$(realpath -m -- "$KEEP")}
images=${IMAGES:-yes}
[ "$images" = yes ] || [ "$images" = no ] || images=$(realpath -m -- "$images")
words=${WORDS:+$(realpath -e -- "$WORDS")} || exit 2
shared=${SHARED:+$(realpath -e -- "$SHARED")} || exit 2
make_hosts=${MAKE_HOSTS:+$(realpath -e -- "$MAKE_HOSTS")} || exit 2
cd "$(dirname "$0")/.."

# Memory-backed storage, where there is enough of it for everything.
memory_mib=$(df --output=avail -B1M /dev/shm 2>/dev/null | tail -n 1 || echo 0)
if [ -z "${TMPDIR:-}" ] && [ "$memory_mib" -ge 4096 ]; then
    TMPDIR=/dev/shm
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-same.XXXXXX")
comparison=
# shellcheck disable=SC2317 # The trap calls it.
clean_up() {
    if [ -n "$comparison" ]; then
        kill "$comparison" 2>/dev/null || true
        wait "$comparison" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -z "$make_hosts" ]; then
    cargo build --quiet -p evtx-synth --example make-hosts
    make_hosts=${CARGO_TARGET_DIR:-target}/debug/examples/make-hosts
fi
"$make_hosts" "$work/simulated" "${FIRST:-0}" "${HOSTS:-300}"

if [ "$images" = no ]; then
    echo "skipped: images (IMAGES=no)"
else
    [ "$images" != yes ] || images=$work/images
    if [ ! -d "$images" ]; then
        status=0
        bash scripts/make-images.sh "$images.new" sample-evtx >/dev/null 2>"$work/why" || status=$?
        case $status in
            0) mv "$images.new" "$images" ;;
            77) echo "skipped: images ($(cat "$work/why"))" ;;
            *) cat "$work/why" >&2; exit 2 ;;
        esac
    fi
    [ -d "$images" ] || images=no
fi

# In the background: a signal is then answered at once, and not only after the comparison.
python3 - "$old" "$new" "$work" "${shared:-../shared}" "${words:-scripts/same-output.words}" \
    "$images" "$keep" <<'PYTHON' &
import collections, concurrent.futures, difflib, fnmatch, os, random, re, shutil
import subprocess, sys, threading, time
from pathlib import Path

OLD, NEW = sys.argv[1:3]
WORK, SHARED, WORDS_FILE, IMAGES = (Path(argument).absolute() for argument in sys.argv[3:7])
KEEP = Path(sys.argv[7]) if sys.argv[7] else None
SAMPLES = Path("sample-evtx").absolute()
ONLY = os.environ.get("ONLY", "*")
JOBS = int(os.environ.get("JOBS") or os.cpu_count())
# A run that takes longer than this is ended, and counts as different.
SECONDS = 600
# Differences that are shown with their lines.
SHOWN = 10

# The whole case folder, and the whole table with all findings on stderr: on all evidence.
FULL_CASE = "-q --force --threads 2 -f csv,jsonl,html --rows all -o case"
FULL_TABLE = "-v --threads 2 --all"
# What reads or writes in another way: all of them on real logs, one of them on a simulated host.
OTHERS = [
    "-q --force --threads 1 --recover --hash --rows all -f csv -o case",
    "-q --force --threads 2 -f csv -o case",
    "--threads 2 --tz Europe/Berlin",
    "--threads 2 --print timeline",
    "--threads 2 --print sessions -f jsonl --user *a* --class desktop,remote-desktop,network",
    "-q --force --threads 2 --excel-safe --logon-type 2,10,11 --computer *1* -o case",
]
# With one thread, the bytes read from an image, which -v shows, are the same each time.
ON_IMAGES = [
    FULL_CASE + " --zip-password secret",
    "-v --threads 1 --all",
    "-q --force --threads 2 --scan-mft --recover --hash -o case",
    "-q --force --threads 2 --no-vss -o case",
]
COMMANDS = [
    "--help",
    "-h",
    "--version",
    "",
    "missing.evtx",
    "-q missing.evtx -o case",
    "logs --threads 0",
    "logs --since yesterday",
    "logs --class nobody",
    "logs --logon-type none",
    "logs --tz Nowhere/Town",
    "logs --print users",
    "logs --print timeline -o case",
    "logs --print timeline -f html",
    "logs --per-source",
    "logs -q -v",
]

Case = collections.namedtuple("Case", "name evidence runs")


def damage(source, folder, seed):
    """Copies a file into a folder, with changed bytes, a sector of zeros, and now and then cut."""
    chance = random.Random(f"{seed} {source.name}")
    data = bytearray(source.read_bytes())
    for _ in range(chance.randint(1, 8)):
        # Half of the changes hit the headers at the beginning of the file.
        end = chance.choice([min(4096, len(data)), len(data)])
        data[chance.randrange(end)] ^= 1 << chance.randrange(8)
    if chance.random() < 0.5:
        sector = 512 * chance.randrange(len(data) // 512)
        data[sector : sector + 512] = bytes(512)
    if chance.random() < 0.3:
        del data[chance.randrange(len(data)) :]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / source.name).write_bytes(data)


def folders(folder):
    return sorted(path for path in folder.iterdir() if path.is_dir())


def sample_cases():
    runs = [FULL_CASE, FULL_TABLE, *OTHERS]
    yield Case("sample-evtx", [SAMPLES], runs)
    for folder in folders(SAMPLES):
        yield Case(f"sample-evtx/{folder.name}", [folder], runs)
    per_source = ["-q --force --threads 2 -f csv,jsonl,html --per-source -o case"]
    yield Case("sample-evtx/per-source", folders(SAMPLES), per_source)


def real_cases():
    runs = [FULL_CASE, FULL_TABLE, *OTHERS]
    evtx = SHARED / "evtx"
    if evtx.is_dir():
        yield Case("evtx", [evtx], runs)
        hosts = evtx / "hosts"
        for path in sorted([*folders(hosts), *evtx.rglob("*.evtx")]):
            if path.is_dir() or hosts not in path.parents:
                yield Case(str(path.relative_to(SHARED)), [path], runs)
    else:
        print(f"skipped: evtx ({evtx} is not there)")
    more = SHARED / "evtx-more"
    if more.is_dir():
        for path in sorted(more.rglob("*.evtx")):
            yield Case(str(path.relative_to(SHARED)), [path], runs)
    else:
        print(f"skipped: evtx-more ({more} is not there)")


def simulated_cases():
    simulated = WORK / "simulated"
    if not simulated.is_dir():
        print("skipped: simulated, damaged (HOSTS=0)")
        return
    yield Case("simulated", [simulated], [FULL_CASE, FULL_TABLE])
    for folder in sorted(folders(simulated), key=lambda folder: int(folder.name)):
        seed = int(folder.name)
        other = OTHERS[seed % len(OTHERS)]
        yield Case(f"simulated/{seed}", [folder], [FULL_CASE, FULL_TABLE, other])
        if seed % 5 == 0:
            copy = WORK / "damaged" / str(seed)
            for log in sorted(folder.rglob("*.evtx")):
                damage(log, copy / log.parent.relative_to(folder), seed)
            yield Case(f"damaged/{seed}", [copy], [FULL_CASE, FULL_TABLE, OTHERS[0]])


def image_cases():
    if not IMAGES.is_dir():
        return
    for path in sorted([*IMAGES.iterdir(), *(IMAGES / "small").iterdir()]):
        # Of an image in several files, the first one is named.
        if path.stem != "many" or path.name == "many.E01":
            yield Case(f"images/{path.relative_to(IMAGES)}", [path], ON_IMAGES)
    for path in sorted((IMAGES / "small").iterdir()):
        damage(path, WORK / "damaged" / "images", 0)
        yield Case(f"damaged/images/{path.name}", [WORK / "damaged/images" / path.name], ON_IMAGES)


def all_cases():
    for cases in (sample_cases(), real_cases(), simulated_cases(), image_cases()):
        yield from cases
    yield Case("commands", [], COMMANDS)


def give_up(why):
    print(f"same-output.sh: {why}", file=sys.stderr)
    sys.exit(2)


def read_words(path):
    """The intended changes: pattern of file names, old text, new text."""
    words = []
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        fields = ["*", *line.split("\t")][-3:] if line.count("\t") in (1, 2) else ["", "", ""]
        if not fields[1]:
            give_up(f"{path}:{number}: this is not OLD TEXT, a tab, NEW TEXT")
        words.append((fields[0], fields[1].encode(), fields[2].encode()))
    return words


WORDS = read_words(WORDS_FILE)
words_found = set()


def change_words(name, data):
    for number, (pattern, before, after) in enumerate(WORDS):
        if fnmatch.fnmatchcase(os.path.basename(name), pattern) and before in data:
            words_found.add(number)
            data = data.replace(before, after)
    return data


def without_times(data):
    """run.json without what differs between two runs of the same binary."""
    # With several threads, the bytes read from an image depend on which one fills a cache first.
    return re.sub(rb'(?m)^ +"(started|seconds|bytes_read)": .*$', b"", data)


def output(binary, case, run):
    """What one run prints and writes, by name. Both binaries work in a folder of the same path."""
    folder = WORK / "runs" / threading.current_thread().name
    folder.mkdir(parents=True)
    # Evidence is named by an absolute path in one run and by a relative one in another.
    absolute = "-o case" in run
    evidence = [path if absolute else os.path.relpath(path, folder) for path in case.evidence]
    try:
        ended = subprocess.run(
            ["winlast", *run.split(), *evidence],
            executable=binary, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=SECONDS,
        )
        files = {"stdout": ended.stdout, "stderr": ended.stderr}
        files["exit code"] = str(ended.returncode).encode()
    except subprocess.TimeoutExpired:
        files = {"exit code": f"none after {SECONDS} s".encode()}
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            name = str(path.relative_to(folder))
            files[name] = without_times(data) if path.name == "run.json" else data
    shutil.rmtree(folder)
    return files


def compare(work):
    """The number of files of one run of one case, both outputs, and the names of what differs."""
    case, run = work
    before = output(OLD, case, run)
    after = output(NEW, case, run)
    before = {name: change_words(name, data) for name, data in before.items()}
    names = sorted(before.keys() | after.keys())
    names = [name for name in names if before.get(name) != after.get(name)]
    # What is the same is not held until its turn comes.
    return len(before), before if names else {}, after if names else {}, names


def excerpt(line, other):
    """The part of a long line around the first byte that differs from the other line."""
    at = len(os.path.commonprefix([line, other]))
    start = max(0, at - 60)
    text = line[start : at + 100]
    return ("… " if start else "") + text + (" …" if at + 100 < len(line) else "")


def show_lines(before, after):
    """The first lines that differ."""
    if before is None or after is None:
        print(f"    only {'NEW' if before is None else 'OLD'} has this file")
        return
    old, new = ([*data.decode(errors="replace").split("\n")] for data in (before, after))
    same = next((at for at, pair in enumerate(zip(old, new)) if pair[0] != pair[1]),
                min(len(old), len(new)))
    print(f"    from line {same + 1} on; OLD has {len(old)} lines, NEW has {len(new)}")
    # Enough to see whether lines were changed, added or taken away.
    old, new = old[same : same + 100], new[same : same + 100]
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            for sign, lines, others in (("-", old[a:b], new[c:d]), ("+", new[c:d], old[a:b])):
                for at, line in enumerate(lines[:3]):
                    print(f"    {sign} {excerpt(line, others[at] if at < len(others) else '')}")
            return


def show(case, run, before, after, names):
    print(f"DIFFERENT {case.name}: {', '.join(names)}")
    print(f"  winlast {run} {' '.join(map(str, case.evidence))}")
    for name in names[:4]:
        print(f"  {name}")
        show_lines(before.get(name), after.get(name))


def keep(case, run, before, after):
    name = run.strip("-").replace(" ", "_").replace("/", "_") or "no-arguments"
    for binary, files in (("old", before), ("new", after)):
        for file, data in files.items():
            path = KEEP / case.name / name / binary / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def check_old_binary():
    """Two binaries that write nothing would be the same."""
    written = output(OLD, Case("check", [SAMPLES / "ws01"], []), FULL_CASE)
    for name in ("timeline", "sessions", "boots", "logs", "findings"):
        for ending in ("csv", "jsonl"):
            if not written.get(f"case/{name}.{ending}"):
                give_up(f"{OLD} writes no {name}.{ending}: {written['stderr'].decode()}")


def main():
    began = time.monotonic()
    check_old_binary()
    if Path(OLD).read_bytes() == Path(NEW).read_bytes():
        print("note: both binaries are the same file, or copies of it")
    cases = [case for case in all_cases() if fnmatch.fnmatchcase(case.name, ONLY)]
    work = [(case, run) for case in cases for run in case.runs]
    files, different, by_file, run_json = 0, {}, collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(JOBS, "run") as pool:
        for (case, run), (count, before, after, names) in zip(work, pool.map(compare, work)):
            files += count
            own = [name for name in names if os.path.basename(name) != "run.json"]
            if names and not own:
                run_json.append((case, run, before, after, names))
            if own:
                different.setdefault(case.name, []).append(run)
                by_file.update(os.path.basename(name) for name in own)
                if sum(map(len, different.values())) <= SHOWN:
                    show(case, run, before, after, own)
                if KEEP:
                    keep(case, run, before, after)
    if not work:
        give_up(f"no case is named {ONLY}")
    report(cases, different, by_file, run_json)
    print(f"{len(work)} runs of each binary, {files} files, {time.monotonic() - began:.0f} s")
    sys.exit(1 if different else 0)


def report(cases, different, by_file, run_json):
    if run_json:
        print(f"note: run.json alone differs in {len(run_json)} runs, not by its times; the first:")
        show(*run_json[0])
    for number, (pattern, before, _) in enumerate(WORDS):
        if number not in words_found and ONLY == "*":
            print(f"note: never found in the old output: {before.decode()} ({pattern})")
    groups = collections.defaultdict(list)
    for case in cases:
        groups[case.name.split("/")[0]].append(case.name not in different)
    for group, same in groups.items():
        print(f"{group:12} {sum(same):4} of {len(same):4} cases are the same")
    if different:
        print(f"DIFFERENT: {len(different)} of {len(cases)} cases")
        print("  by file: " + ", ".join(f"{name} {count}" for name, count in by_file.most_common()))
        for case in [case for case in cases if case.name in different][:50]:
            print(f"  {case.name}: {len(different[case.name])} of {len(case.runs)} runs")
    else:
        print(f"the same: all {len(cases)} cases")


main()
PYTHON
comparison=$!
status=0
wait "$comparison" || status=$?
comparison=
exit "$status"
