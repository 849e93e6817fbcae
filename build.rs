//! Tells the program the commit that it is built from, for `winlast --version`.

use std::path::Path;
use std::process::Command;

/// What the program is built from.
const SOURCES: [&str; 4] = ["src", "Cargo.toml", "Cargo.lock", "build.rs"];
/// Where `cargo package` writes the commit into a package.
const IN_PACKAGE: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo:rerun-if-env-changed=WINLAST_COMMIT");
    // A build for tests does not ask: it would be made anew after each commit.
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let given = std::env::var("WINLAST_COMMIT").ok().filter(|commit| !commit.is_empty());
    let found = || if is_release { packaged().or_else(checked_out) } else { None };
    let commit = match given.or_else(found) {
        Some(commit) => format!("commit {commit}"),
        None if is_release => "commit not known".to_owned(),
        None => "not a release build".to_owned(),
    };
    println!("cargo:rustc-env=WINLAST_COMMIT={commit}");
}

/// The commit of a source package. The file holds `"sha1": "HASH"`, and no other hash.
fn packaged() -> Option<String> {
    let text = std::fs::read_to_string(IN_PACKAGE).ok()?;
    let hash = text.split('"').find(|part| part.len() == 40)?;
    shortened(hash)
}

/// The commit of a Git checkout, and whether files were changed since. A folder inside another
/// project's checkout is none.
fn checked_out() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let journal = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    for path in SOURCES.into_iter().chain([journal.as_str()]) {
        println!("cargo:rerun-if-changed={path}");
    }
    let commit = shortened(&git(&["rev-parse", "HEAD"])?)?;
    let changed = git(&[&["status", "--porcelain", "--"], SOURCES.as_slice()].concat())?;
    Some(if changed.is_empty() { commit } else { format!("{commit}, with changes") })
}

/// What Git answers, without the end of the line.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The first twelve digits of a hash.
fn shortened(hash: &str) -> Option<String> {
    let digits = hash.get(..12)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| digits.to_owned())
}
