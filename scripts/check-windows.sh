#!/usr/bin/env bash
# Compares winlast for Windows, under Wine on Debian, with the program for this machine:
# check-windows.sh [WINLAST.EXE [WINLAST]]
#
# Without WINLAST.EXE it is built (build-for.sh); without WINLAST, the release of this machine. Packages that are not here
# are installed; where they cannot be, the script names them and ends with 77. All that differs is said before it fails.
# Wine is not Windows: what it cannot show is named at the end.
set -euo pipefail
exe=${1:+$(realpath "$1")}
native=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
project=$PWD
failed=0
bad() { printf 'FAILED  %s\n' "$*"; failed=$((failed + 1)); }
ok() { printf 'ok  %s\n' "$*"; }

bash scripts/packages.sh python3 || { echo "SKIPPED: Windows (python3 is missing)"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-windows.XXXXXX")
. scripts/wine.sh
holder=
stop() { [ -z "$holder" ] || kill "$holder" 2>/dev/null || true; stop_wine; rm -rf "$work"; }
trap stop EXIT
export TZ=Europe/Berlin
start_wine "$work"
if [ -n "$exe" ]; then
    cp "$exe" "$work/programs/winlast.exe"
else
    bash scripts/build-for.sh windows "$work/programs"
fi
if [ -z "$native" ]; then
    cargo build --release --features parquet --locked
    native=$(realpath "${CARGO_TARGET_DIR:-target}/release/winlast")
fi

# hold SHARE FILE: keeps a file open for writing until it is ended; 0: for itself, 3: others may read and write.
# copy FILE: copies it to a name with an unpaired surrogate. run PROGRAM TABLE PATH: lets it print the table of a file
# with such a name and of PATH.
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
    swprintf(line, 4096, L"\"%ls\" -q --print %ls \"%ls\" \"%ls\"", words[2], words[3], name, words[4]);
    if (!CreateProcessW(words[2], line, 0, 0, TRUE, 0, 0, 0, &start, &child)) return 98;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return code;
}
C
x86_64-w64-mingw32-gcc -municode -o "$work/programs/helper.exe" "$work/helper.c"

# On a busy machine Wine now and then ends a program by SIGKILL (137) while it exits by itself: then it runs once more.
windows() {
    local ended try
    for try in 1 2 3; do
        ended=0
        "$wine" "$work/programs/winlast.exe" "$@" >"$work/said.out" 2>"$work/said.err" || ended=$?
        [ $ended = 137 ] || break
    done
    cat "$work/said.out"
    cat "$work/said.err" >&2
    return $ended
}
helper() { "$wine" "$work/programs/helper.exe" "$@"; }
# A path of this machine as a program for Windows has it.
as_windows() { printf 'Z:%s' "$1" | tr / '\\'; }
# winlast.exe, with what it writes in out and err, and its exit code in code.
run() { code=0; windows "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?; }
expect() { # NUMBER TEXT WHAT
    if [ "$code" != "$1" ]; then
        bad "$3: exit code $code in the place of $1"
        head -n 5 "$work/err"
    elif [ -n "$2" ] && ! grep -qF -- "$2" "$work/out" "$work/err"; then
        bad "$3: \"$2\" is not said"
        head -qn 5 "$work/out" "$work/err"
    else
        ok "$3"
    fi
}
run --version
expect 0 "winlast " "it starts: $(tr -d '\r' <"$work/out")"
foreign=$(x86_64-w64-mingw32-objdump -p "$work/programs/winlast.exe" | sed -n 's/.*DLL Name: //p' |
    grep -iE '^(libgcc|libstdc|libwinpthread|libmingw|zlib|libsqlite)' || true)
[ -z "$foreign" ] && ok "it needs no library but those of Windows" || bad "it needs $foreign"

mkdir "$work/run"
cd "$work/run"
ln -s "$project"/sample-evtx* .
shared=$project/../shared/evtx
[ -d "$shared" ] && ln -s "$shared" evtx || echo "SKIPPED: real logs (../shared/evtx is not there)"

files=0
compare() { # EVIDENCE
    local evidence=$1 codes=() name before=$failed
    local options=(-q --force --threads 2 --hash --hops --rows all -f "csv,jsonl,html,sqlite,parquet,xlsx,timesketch,bodyfile,events")
    for name in linux windows; do
        local winlast=("$native")
        [ $name = linux ] || winlast=(windows)
        codes+=("$("${winlast[@]}" "${options[@]}" -o "../$name" "$evidence" </dev/null 2>"../$name.err" >&2; echo $?)")
        mkdir -p "../$name"
        "${winlast[@]}" --all "$evidence" </dev/null >"../$name/table" 2>"../$name/said" || true
        "${winlast[@]}" --tz local -q "$evidence" </dev/null >"../$name/table-local" 2>/dev/null || true
    done
    [ "${codes[0]}" = "${codes[1]}" ] || bad "$evidence: exit code ${codes[1]} in the place of ${codes[0]}"
    diff -rq -x run.json ../linux ../windows || bad "$evidence: other bytes than on this machine"
    [ -s ../windows/report.html ] || [ "${codes[0]}" = 1 ] || bad "$evidence: no page"
    files=$((files + $(find ../windows -type f | wc -l)))
    rm -r ../linux ../windows
    [ "$failed" = "$before" ]
}
count=0
same=0
for evidence in sample-evtx/*/ sample-evtx sample-evtx-damaged sample-evtx-guessed evtx/*/ evtx/hosts/*/ evtx; do
    [ -d "$evidence" ] || continue
    ! compare "${evidence%/}" || same=$((same + 1))
    count=$((count + 1))
done
[ $same != $count ] || ok "$count folders of logs: $files files, each the same as on this machine, all but run.json; exit codes too"

run -q --tz local sample-evtx/ws01
expect 0 "2026-03-03 20:27:12" "--tz local: the time zone of Windows, one hour before UTC in winter"
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
[ -s "$long/$long-case/$long/run.json" ] || bad "nothing was written at a long path"
mkdir -p "$WINEPREFIX/dosdevices/unc/server"
ln -s "$work/run/sample-evtx" "$WINEPREFIX/dosdevices/unc/server/share"
run -q '\\server\share\ws01' --print logs
expect 0 "//server/share/ws01/Security.evtx" "a share: \\\\server\\share"
run -q "\\\\?\\$(as_windows "$PWD/sample-evtx/ws01")" --print logs
expect 0 "//?/Z:$PWD/sample-evtx/ws01/Security.evtx" "a path that begins with \\\\?\\"
for device in CON nul Aux.txt com1 'sub\lpt1'; do
    run -q sample-evtx/ws01 -o "$device"
    expect 1 "keeps this name for a device" "the folder $device is refused"
done
run '\\.\PhysicalDrive0'
expect 1 "give an image of the disk" "a disk itself is no image"
cp -r sample-evtx/ws01 $'日志-Zürich-\U1f5a5'
run -q $'日志-Zürich-\U1f5a5' --print logs
expect 0 $'日志-Zürich-\U1f5a5/Security.evtx' "a path of wide characters"
# Each of its bytes as display_path.rs writes what is no text.
surrogate='lone-\xed\xa0\x80.evtx'
helper copy sample-evtx/ws01/Security.evtx 2>/dev/null && copied=yes || copied=no
table=findings number=3 what="a file name with an unpaired surrogate, which Wine cannot make, is said"
[ $copied = no ] || table=logs number=0 what="a file name with an unpaired surrogate is read"
code=0
helper run "$(as_windows "$work/programs/winlast.exe")" $table sample-evtx/ws01 >"$work/out" 2>"$work/err" </dev/null || code=$?
expect $number "$surrogate" "$what"

# Logs that others hold.
held() { # SHARE FILE
    helper hold "$1" "$2" >"$work/held" 2>/dev/null </dev/null &
    holder=$!
    for _ in $(seq 100); do ! grep -q held "$work/held" || return 0; sleep 0.1; done
    bad "the helper does not hold $2"
}
let_go() { kill $holder && wait $holder 2>/dev/null || true; holder=; }
mkdir locked
cp sample-evtx/ws01/*.evtx locked/
held 0 locked/Security.evtx
run locked
expect 3 "another program has locked it" "a locked log is said"
let_go
logs="$WINEPREFIX/drive_c/windows/system32/winevt/Logs"
mkdir -p "$logs"
cp sample-evtx/ws01/*.evtx "$logs/"
before=$(ls -lR --time-style=full-iso "$logs")
held 3 'C:\windows\system32\winevt\Logs\Security.evtx'
run --live
expect 0 "Windows goes on writing these logs" "--live reads logs that Windows goes on writing"
let_go
"$native" -q sample-evtx/ws01 >"$work/expected"
cmp "$work/out" "$work/expected" || bad "--live: another table than of a copy"
run --live -o 'C:\windows\system32\winevt\Logs\case'
expect 1 "lies inside it" "--live writes nothing into the folder of the logs"
[ "$(ls -lR --time-style=full-iso "$logs")" = "$before" ] || bad "something changed in the folder of the live logs"

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
console() { # SECONDS ARGUMENT...
    code=0
    COLUMNS=120 python3 "$work/console.py" "$1" "$wine" "$work/programs/winlast.exe" "${@:2}" >"$work/out" 2>"$work/err" || code=$?
}
console 0 -q sample-evtx/ws01
expect 0 "→" "wide characters in a console: the arrow of the table"
console 0 -q '日志-nothing-here'
expect 1 "日志-nothing-here" "wide characters in a console: a path"
many=evtx
[ -d evtx ] || many=sample-evtx
mkdir many
for number in $(seq 60); do cp -rL $many "many/$number"; done
console 4 many -o interrupted
expect 130 "interrupted" "Ctrl-C ends a run"
[ ! -e interrupted ] || bad "an interrupted run leaves files: $(ls -A interrupted)"

[ $failed = 0 ] || { echo "check-windows.sh: $failed checks failed" >&2; exit 1; }
echo "all that Wine can show is so; not shown: consoles of Windows itself, its own locks, real devices, file names with unpaired surrogates"
