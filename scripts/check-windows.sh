#!/usr/bin/env bash
# Builds winlast for Windows on Debian, and compares it under Wine with the program for this machine:
# check-windows.sh [WINLAST.EXE [WINLAST]]
#
# It needs Debian's packages gcc-mingw-w64-x86-64, wine64 and python3; what is not here is said and ends the script with
# 77. Without WINLAST.EXE it is built (build-for.sh); without WINLAST, the release of
# this machine. Wine is not Windows: what it cannot show is named at the end.
set -euo pipefail
exe=${1:+$(realpath "$1")}
native=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
project=$PWD
fail() { printf 'check-windows.sh: %s\n' "$*" >&2; exit 1; }
ok() { printf 'ok  %s\n' "$*"; }

wine=$(command -v wine64 || ls /usr/lib/wine/wine64 2>/dev/null || true)
for tool in "$wine" x86_64-w64-mingw32-gcc python3; do
    [ -n "$tool" ] && command -v "$tool" >/dev/null || { echo "SKIPPED: Windows (no ${tool:-wine64} here)"; exit 77; }
done
if [ -z "$native" ]; then
    cargo build --release --features parquet --locked
    native=$(realpath "${CARGO_TARGET_DIR:-target}/release/winlast")
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-windows.XXXXXX")
export WINEPREFIX=$work/prefix WINEDEBUG=-all TZ=Europe/Berlin
stop() { "${wine%wine64}wineserver64" -k 2>/dev/null || wineserver -k 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT
mkdir "$work/bin" "$work/run"
if [ -n "$exe" ]; then
    cp "$exe" "$work/bin/winlast.exe"
else
    bash scripts/build-for.sh windows "$work/bin"
fi

# For tests only: Wine 8 lacks this library, from which Rust takes random numbers.
cat >"$work/random.c" <<'C'
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return RtlGenRandom(data, size); }
C
x86_64-w64-mingw32-gcc -shared -o "$work/bin/bcryptprimitives.dll" "$work/random.c" -ladvapi32
# hold SHARE FILE: keeps a file open for writing until it is ended; 0: for itself, 3: others may read and write.
# copy FILE: copies it to a name with an unpaired surrogate. run PROGRAM: runs it with such a name as its argument.
cat >"$work/helper.c" <<'C'
#include <windows.h>
#include <stdio.h>
#include <wchar.h>
int wmain(int count, wchar_t **words) {
    static wchar_t name[] = L"lone-\xD800.evtx";
    if (!wcscmp(words[1], L"hold")) {
        HANDLE file = CreateFileW(words[3], GENERIC_READ | GENERIC_WRITE, _wtoi(words[2]), 0, OPEN_EXISTING, 0, 0);
        if (file == INVALID_HANDLE_VALUE) return 1;
        puts("held"); fflush(stdout); Sleep(60000);
        return 0;
    }
    if (!wcscmp(words[1], L"copy")) return !CopyFileW(words[2], name, FALSE);
    wchar_t line[4096];
    STARTUPINFOW start = { sizeof start };
    PROCESS_INFORMATION child;
    DWORD code = 99;
    swprintf(line, 4096, L"\"%ls\" -q \"%ls\"", words[2], name);
    if (!CreateProcessW(words[2], line, 0, 0, TRUE, 0, 0, 0, &start, &child)) return 98;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return code;
}
C
x86_64-w64-mingw32-gcc -municode -o "$work/bin/helper.exe" "$work/helper.c"

windows() { "$wine" "$work/bin/winlast.exe" "$@"; }
# winlast.exe, with what it writes in out and err, and its exit code in code.
run() { code=0; windows "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?; }
expect() { # NUMBER TEXT WHAT
    [ "$code" = "$1" ] || { cat "$work/err" >&2; fail "$3: exit code $code in the place of $1"; }
    [ -z "$2" ] || grep -qF -- "$2" "$work/out" "$work/err" || { cat "$work/err" >&2; fail "$3: \"$2\" is not said"; }
    ok "$3"
}
# The first start makes the prefix.
windows --version >/dev/null 2>&1 || true
run --version
expect 0 "winlast " "it starts: $(tr -d '\r' <"$work/out")"

cd "$work/run"
ln -s "$project"/sample-evtx* .
shared=$project/../shared/evtx
[ -d "$shared" ] && ln -s "$shared" evtx || echo "SKIPPED: real logs (../shared/evtx is not there)"

files=0
compare() { # EVIDENCE
    local evidence=$1 codes=() name
    local options=(-q --force --threads 2 --hash --rows all -f "csv,jsonl,html,sqlite,parquet,xlsx,timesketch,bodyfile")
    for name in linux windows; do
        local winlast=("$native")
        [ $name = linux ] || winlast=(windows)
        codes+=("$("${winlast[@]}" "${options[@]}" -o "../$name" "$evidence" </dev/null 2>"../$name.err" >&2; echo $?)")
        "${winlast[@]}" --all "$evidence" </dev/null >"../$name/table" 2>"../$name/said" || true
        "${winlast[@]}" --tz local -q "$evidence" </dev/null >"../$name/table-local" 2>/dev/null || true
    done
    [ "${codes[0]}" = "${codes[1]}" ] || fail "$evidence: exit code ${codes[1]} in the place of ${codes[0]}"
    diff -rq -x run.json ../linux ../windows || fail "$evidence: other bytes than on this machine"
    [ -s ../windows/report.html ] || [ "${codes[0]}" = 1 ] || fail "$evidence: no page"
    files=$((files + $(find ../windows -type f | wc -l)))
    rm -r ../linux ../windows
}
count=0
for evidence in sample-evtx/*/ sample-evtx sample-evtx-damaged sample-evtx-guessed evtx/*/ evtx/hosts/*/ evtx; do
    [ -d "$evidence" ] || continue
    compare "${evidence%/}"
    count=$((count + 1))
done
ok "$count folders of logs: $files files, each the same as on this machine, all but run.json; exit codes too"

run sample-evtx/nothing-here
expect 1 "cannot read" "what is not there is said"
run
expect 2 "Usage" "a wrong command line"
run -q sample-evtx-damaged
expect 3 "" "damaged evidence"

# Paths.
long=$(printf 'long-%.0s' {1..40})
mkdir -p "$long/$long"
cp -r sample-evtx/ws01/. "$long/$long/"
run -q "$long/$long" -o "$long/$long-case/$long"
expect 0 "" "paths of more than 260 characters, read and written"
[ -s "$long/$long-case/$long/run.json" ] || fail "nothing was written at a long path"
mkdir -p "$WINEPREFIX/dosdevices/unc/server"
ln -s "$work/run/sample-evtx" "$WINEPREFIX/dosdevices/unc/server/share"
run -q '\\server\share\ws01' --print logs
expect 0 "//server/share/ws01/Security.evtx" "a share: \\\\server\\share"
run -q "\\\\?\\Z:${PWD//\//\\}\\sample-evtx\\ws01" --print logs
expect 0 "/sample-evtx/ws01/Security.evtx" "a path that begins with \\\\?\\"
for device in CON nul Aux.txt com1 'sub\lpt1'; do
    run -q sample-evtx/ws01 -o "$device"
    expect 1 "keeps this name for a device" "the folder $device is refused"
done
mkdir con.d nul
cp sample-evtx/ws01/*.evtx nul/
run '\\.\PhysicalDrive0'
expect 1 "give an image of the disk" "a disk itself is no image"
"$wine" "$work/bin/helper.exe" copy sample-evtx/ws01/Security.evtx 2>/dev/null && copied=yes || copied=no
code=0
"$wine" "$work/bin/helper.exe" run "$(printf '%s' "Z:$work/bin/winlast.exe" | tr / '\\')" >"$work/out" 2>"$work/err" </dev/null || code=$?
if [ $copied = yes ] && [ $code = 0 ]; then
    expect 0 "WS01" "a file name with an unpaired surrogate is read"
else
    expect 1 'lone-' "a file name with an unpaired surrogate, which Wine cannot make, is said"
fi

# Logs that others hold.
held() { # SHARE FILE
    "$wine" "$work/bin/helper.exe" hold "$1" "$2" >"$work/held" 2>/dev/null </dev/null &
    holder=$!
    for _ in $(seq 100); do grep -q held "$work/held" && return; sleep 0.1; done
    fail "the helper does not hold $2"
}
mkdir locked
cp sample-evtx/ws01/*.evtx locked/
held 0 locked/Security.evtx
run locked
expect 3 "another program keeps it for itself" "a locked log is said"
kill $holder
logs="$WINEPREFIX/drive_c/windows/system32/winevt/Logs"
mkdir -p "$logs"
cp sample-evtx/ws01/*.evtx "$logs/"
before=$(ls -lR --time-style=full-iso "$logs")
held 3 'C:\windows\system32\winevt\Logs\Security.evtx'
run --live
cp "$work/out" "$work/live"
expect 0 "Windows goes on writing these logs" "--live reads logs that Windows goes on writing"
kill $holder
"$native" -q sample-evtx/ws01 >"$work/expected" && cmp "$work/live" "$work/expected"
run --live -o 'C:\windows\system32\winevt\Logs\case'
expect 1 "lies inside it" "--live writes nothing into the folder of the logs"
[ "$(ls -lR --time-style=full-iso "$logs")" = "$before" ] || fail "something changed in the folder of the live logs"

# A console, and Ctrl-C in it.
cat >"$work/console.py" <<'PYTHON'
"""console.py SECONDS COMMAND...: runs it on a terminal of its own; after SECONDS, if not 0, types Ctrl-C."""
import os, pty, select, sys, time

seconds, command = float(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
start, typed = time.monotonic(), seconds == 0
while time.monotonic() - start < 120:
    if not typed and time.monotonic() - start > seconds:
        os.write(terminal, b"\x03")
        typed = True
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        sys.stdout.buffer.write(data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
PYTHON
code=0
COLUMNS=120 python3 "$work/console.py" 0 "$wine" "$work/bin/winlast.exe" -q sample-evtx/ws01 >"$work/out" 2>"$work/err" || code=$?
expect 0 "→" "wide characters in a console"
many=evtx
[ -d evtx ] || many=sample-evtx
mkdir many
for number in $(seq 60); do cp -rL $many "many/$number"; done
code=0
python3 "$work/console.py" 4 "$wine" "$work/bin/winlast.exe" many -o interrupted >"$work/out" 2>"$work/err" || code=$?
expect 130 "interrupted" "Ctrl-C ends a run"
[ ! -e interrupted ] || fail "an interrupted run leaves files: $(ls interrupted)"

echo "all that Wine can show is so; not shown: consoles of Windows itself, its own locks, real devices, file names with unpaired surrogates"
