#!/usr/bin/env bash
# Makes a Debian package of winlast: make-deb.sh FOLDER [PROGRAM]
#
# Without PROGRAM, the release is built first. FOLDER gets winlast_VERSION_ARCHITECTURE.deb with the program, its man
# page, completions for bash, zsh and fish, the samples, and the licences of all that it contains. The same commit
# and the same PROGRAM give the same bytes. It needs dpkg-dev and python3.
set -euo pipefail
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n '2s/^# //p' "$0" >&2
    exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
program=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
if [ -z "$program" ]; then
    cargo build --release --features parquet --locked
    program=$(realpath "${CARGO_TARGET_DIR:-target}/release/winlast")
fi
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)-0winlast1
architecture=$(dpkg --print-architecture)
# The project has no address of its own: who passes the package on names theirs.
authors="${DEBFULLNAME:-The winlast authors} <${DEBEMAIL:-winlast@packages.invalid}>"
# All times in the package, also those that dpkg-deb writes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)}
export SOURCE_DATE_EPOCH

work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-deb.XXXXXX")
trap 'rm -rf "$work"' EXIT
umask 022
root=$work/root
documents=$root/usr/share/doc/winlast
mkdir -p "$root/DEBIAN" "$documents/examples"

install -D -m 755 "$program" "$root/usr/bin/winlast"
install -d "$root/usr/share/man/man1"
"$program" --man | gzip -9n >"$root/usr/share/man/man1/winlast.1.gz"
completions() { install -D /dev/null -m 644 "$root/usr/share/$2" && "$program" --completions "$1" >"$root/usr/share/$2"; }
completions bash bash-completion/completions/winlast
completions zsh zsh/vendor-completions/_winlast
completions fish fish/vendor_completions.d/winlast.fish

for sample in sample-evtx sample-evtx-damaged sample-evtx-guessed; do
    cp -r --no-preserve=mode "$sample" "$documents/examples/"
    rm -f "$documents/examples/$sample/.gitattributes"
done
gzip -9n <CHANGELOG.md >"$documents/changelog.gz"
gzip -9n >"$documents/changelog.Debian.gz" <<EOF
winlast ($version) unstable; urgency=medium

  * Package of this version; changelog.gz says what is new.

 -- $authors  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
EOF
{
    echo "winlast"
    echo
    echo "Licence: MIT or Apache-2.0, as you choose. The text of Apache-2.0 is in /usr/share/common-licenses/Apache-2.0."
    echo
    cat LICENSE-MIT
    echo
    echo "The libraries inside of the program and their licences are listed in libraries.gz."
} >"$documents/copyright"
python3 scripts/dependencies.py notices "$(rustc -vV | sed -n 's/^host: //p')" | gzip -9n >"$documents/libraries.gz"

# lintian expects SQLite as a library of its own. This program carries the one that it was tested with.
install -d "$root/usr/share/lintian/overrides"
echo "winlast: embedded-library *sqlite* [usr/bin/winlast]" >"$root/usr/share/lintian/overrides/winlast"

mkdir "$work/debian"
printf 'Source: winlast\nMaintainer: %s\n\nPackage: winlast\nArchitecture: any\n' "$authors" >"$work/debian/control"
libraries=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info root/usr/bin/winlast)
cat >"$root/DEBIAN/control" <<EOF
Package: winlast
Version: $version
Architecture: $architecture
Maintainer: $authors
Installed-Size: $(du -k -s --apparent-size "$root/usr" | cut -f 1)
Depends: ${libraries#shlibs:Depends=}
Section: admin
Priority: optional
Description: last(1) for Windows event logs
 winlast reads Windows event logs (.evtx), folders, archives and disk images and
 says who was logged on to which computer, from when to when, how each session
 ended and how sure that is. It works offline and never writes to the evidence.
EOF
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$folder/winlast_${version}_$architecture.deb"
