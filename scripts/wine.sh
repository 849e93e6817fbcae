# shellcheck shell=bash
# For the scripts that run winlast.exe on Debian, which read this file. `start_wine FOLDER` makes a Windows in FOLDER, with
# the time zone $TZ, and FOLDER/programs for what runs in it: `"$wine" PROGRAM ARGUMENT...`. `stop_wine` ends it.

# Where something is missing and cannot be installed, that is said and the script ends with 77.
start_wine() {
    bash scripts/packages.sh wine64 gcc-mingw-w64-x86-64 || { echo "SKIPPED: Windows (packages are missing)"; exit 77; }
    wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
    mkdir -p "$1/programs" "$1/prefix"
    export WINEPREFIX=$1/prefix WINEDEBUG=-all
    # For tests only: Wine 8 lacks this library, from which Rust takes random numbers. It is looked for in the folder of the program.
    cat >"$1/random.c" <<'C'
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return RtlGenRandom(data, size); }
C
    x86_64-w64-mingw32-gcc -shared -o "$1/programs/bcryptprimitives.dll" "$1/random.c" -ladvapi32
    # Wine's server otherwise ends with its last program, and now and then takes the next one with it, which has just begun.
    wine_server -p
    # The first start makes the prefix, and may fail.
    "$wine" cmd /c ver >/dev/null 2>&1 </dev/null || true
}

# Only what `start_wine` began: without it, this would end the Windows of the user.
stop_wine() { [ -z "${wine:-}" ] || wine_server -k || true; }

wine_server() { # OPTION
    local server
    for server in wineserver64 wineserver /usr/lib/wine/wineserver64; do
        ! command -v $server >/dev/null || { $server "$1"; return; }
    done
}
