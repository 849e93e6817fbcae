#!/usr/bin/env bash
# Checks that a release has no symbols, and what `cargo package` puts into the package of the source, and builds the
# program from it: check-package.sh [list]
#
# With `list`, nothing is built.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/winlast-check-package.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Cargo leaves the symbols in, without a word, where the package of a program has settings of its own in the profile.
units=$(RUSTC_BOOTSTRAP=1 cargo build --release --locked --unit-graph -Z unstable-options 2>"$work/said") ||
    { cat "$work/said" >&2; exit 1; }
grep -q '"kind":\["bin"\][^{]*"name":"winlast".*"strip":{"resolved":{"Named":"symbols"}}' <(sed 's/{"pkg_id"/\n&/g' <<<"$units") ||
    { echo "check-package.sh: a release has symbols: profile.release strips none" >&2; exit 1; }

cargo package --list --allow-dirty --locked 2>"$work/said" >"$work/list" || { cat "$work/said" >&2; exit 1; }
# What Cargo itself puts in, and what Git has of the folders and files that belong in. .cargo_vcs_info.json names the
# commit, and is left out where the sources have changes.
{
    printf '%s\n' Cargo.lock Cargo.toml Cargo.toml.orig
    git ls-files -co --exclude-standard -- src build.rs 'docs/*.md' ':!docs/*/*' CHANGELOG.md LICENSE-APACHE LICENSE-MIT README.md
} | LC_ALL=C sort >"$work/expected"
if ! diff "$work/expected" <(grep -vFx .cargo_vcs_info.json "$work/list" | LC_ALL=C sort); then
    echo "check-package.sh: < is missing in the package, > does not belong in" >&2
    exit 1
fi
echo "cargo package: $(wc -l <"$work/list") files, none missing, none too many"
[ "${1:-}" = list ] || cargo package --allow-dirty --locked --quiet
