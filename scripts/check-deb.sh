#!/usr/bin/env bash
# Makes the Debian package, checks it with lintian, installs it, runs it on its own samples, and removes it:
# check-deb.sh [PROGRAM]
#
# PROGRAM as for make-deb.sh. Installing needs root and dpkg; where winlast is installed already, that package is
# left alone. What is skipped is said.
set -euo pipefail
program=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
fail() { printf 'check-deb.sh: %s\n' "$*" >&2; exit 1; }
skip() { printf 'SKIPPED: %s\n' "$*"; exit 0; }

command -v dpkg-shlibdeps >/dev/null || skip "the Debian package (dpkg-dev is not here)"
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-check-deb.XXXXXX")
trap 'rm -rf "$work"' EXIT
# A package as a user of this machine with another umask and locale makes it has the same bytes.
bash scripts/make-deb.sh "$work/one" ${program:+"$program"} >/dev/null
(umask 077 && LC_ALL=C.UTF-8 bash scripts/make-deb.sh "$work/two" ${program:+"$program"} >/dev/null)
package=$(echo "$work"/one/*.deb)
cmp "$package" "$work"/two/*.deb || fail "two packages of the same program differ"
echo "$(basename "$package"): $(stat -c %s "$package") bytes, the same when made twice"

if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error,warning "$package" || fail "lintian"
    echo "lintian: clean"
else
    echo "SKIPPED: lintian (not here)"
fi

[ "$(id -u)" -eq 0 ] || skip "installing the package (not root)"
! dpkg -s winlast >/dev/null 2>&1 || skip "installing the package (winlast is installed)"
remove() { dpkg --purge winlast >/dev/null 2>&1 || true; rm -rf "$work"; }
trap remove EXIT
dpkg -i "$package" >/dev/null
dpkg -V winlast || fail "installed files differ from the package"
examples=/usr/share/doc/winlast/examples
# Some installations of Debian leave documents out.
if [ ! -d $examples/sample-evtx ]; then
    echo "note: this machine keeps no documents of packages; the samples of the project are used"
    examples=$PWD
fi
/usr/bin/winlast -q "$examples/sample-evtx/ws01" >"$work/table"
grep -q '^WS01  boot 5 ' "$work/table" || fail "no table of the sample"
code=0
/usr/bin/winlast -q "$examples/sample-evtx-damaged" >"$work/damaged" || code=$?
[ "$code" = 3 ] || fail "the damaged sample: exit code $code in the place of 3"
page=/usr/share/man/man1/winlast.1.gz
if [ -e $page ]; then
    gzip -dc $page | grep -q '^\.TH winlast 1' || fail "$page is no man page"
else
    echo "note: this machine keeps no man pages of packages"
fi
bash -n /usr/share/bash-completion/completions/winlast
dpkg -L winlast | while read -r path; do [ -d "$path" ] || echo "$path"; done >"$work/files"
[ "$(wc -l <"$work/files")" -gt 20 ] || fail "the package has too few files"
dpkg --purge winlast >/dev/null
while read -r path; do
    [ ! -e "$path" ] || fail "$path stays after the package is removed"
done <"$work/files"
echo "installed, run on the samples, removed: $(wc -l <"$work/files") files, none stays"
