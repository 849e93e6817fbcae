#!/usr/bin/env bash
# Installs those of Debian's packages that are not here: packages.sh PACKAGE...
#
# Where it may not (no Debian, not root) or cannot, it says the command that would, and ends with 77.
set -euo pipefail
missing=()
for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
# Another program may hold the lock of the packages for a while.
get=(apt-get -o DPkg::Lock::Timeout=300 -qq)
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
if command -v apt-get >/dev/null && {
    "${as_root[@]}" "${get[@]}" update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${get[@]}" install -y --no-install-recommends "${missing[@]}"
} >/dev/null; then
    echo "installed: ${missing[*]}"
else
    echo "NOT installed: ${missing[*]}; on Debian: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 77
fi
