//! What people read, byte for byte: the help, the table on the terminal, and the page.
//!
//! A difference is not always a mistake, but nobody may overlook it. After a change on purpose,
//! `WINLAST_WRITE_SNAPSHOTS=1 cargo test --test main snapshots` writes the files in
//! `tests/snapshots` anew; read their difference before you commit it.

use super::common::{project, scratch};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs the program in the project's folder, as with standard output in a pipe of no known width.
/// Paths are relative, so that the output does not depend on where the project lies.
fn run(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_winlast"))
        .args(arguments)
        .current_dir(project(""))
        .env_remove("COLUMNS")
        .env_remove("LINES")
        .output()
        .unwrap();
    output.stdout
}

fn assert_same(name: &str, current: &[u8]) {
    let file = project("tests/snapshots").join(name);
    if std::env::var_os("WINLAST_WRITE_SNAPSHOTS").is_some() {
        fs::write(&file, current).unwrap();
        return;
    }
    let snapshot = fs::read(&file).unwrap_or_default();
    if snapshot == current {
        return;
    }
    let (snapshot, current) =
        (String::from_utf8_lossy(&snapshot), String::from_utf8_lossy(current));
    let (old, new) = snapshot
        .lines()
        .zip(current.lines())
        .find(|(old, new)| old != new)
        .unwrap_or(("the same lines", "more or fewer of them"));
    panic!("{name} differs first here:\n  was {old}\n  now {new}\nsee tests/suite/snapshots.rs");
}

#[test]
fn help() {
    assert_same("help-short.txt", &run(&["-h"]));
    assert_same("help-long.txt", &run(&["--help"]));
}

#[test]
fn table_on_the_terminal() {
    assert_same("terminal.txt", &run(&["sample-evtx"]));
    assert_same("terminal-all.txt", &run(&["sample-evtx/ws01", "--all", "--tz", "+02:00"]));
}

#[test]
fn page() {
    let case = scratch("snapshot-page").join("case");
    run(&["sample-evtx", "-o", case.to_str().unwrap(), "-f", "html"]);
    let text = fs::read_to_string(case.join("report.html")).unwrap();
    let root = project("");
    for own in [root.as_path(), case.as_path(), Path::new(env!("CARGO_BIN_EXE_winlast"))] {
        assert!(!text.contains(own.to_str().unwrap().trim_end_matches('/')), "{}", own.display());
    }
    // What is from the evidence: the tables and the data. The script and the styles are read in their files.
    let (_, from_tables) = text.split_once("<noscript>").unwrap();
    let (text, _) = from_tables.rsplit_once("<script>").unwrap();
    // A release alone changes nothing that is read here.
    let version = format!("winlast {}", env!("CARGO_PKG_VERSION"));
    assert_same("report.html", text.replace(&version, "winlast VERSION").as_bytes());
}
