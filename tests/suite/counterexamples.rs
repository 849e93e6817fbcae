//! Counterexamples: what once was wrong, or may be hard to read. `tests/counterexamples/README.md`
//! says how to add one.

use super::common::project;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The seeds of simulated hosts that disagreed with the truth once.
pub(crate) fn seeds() -> BTreeSet<u64> {
    let text = std::fs::read_to_string(project("tests/counterexamples/seeds.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect()
}

/// Those of these seeds of a kind (`host` or `mutilation`) that are known to be wrong today: each has its cause
/// in the file. A test fails if one of them comes out right, or another one wrong.
pub(crate) fn open(kind: &str, seeds: &BTreeSet<u64>) -> BTreeSet<u64> {
    let text = std::fs::read_to_string(project("tests/counterexamples/open.txt")).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' '));
    let numbers = lines.map(|line| line.split_whitespace().next().unwrap().parse().unwrap());
    numbers.filter(|seed| seeds.contains(seed)).collect()
}

/// The finding codes of a file given as evidence, or the error.
fn read(path: &Path) -> Result<Vec<&'static str>, String> {
    let report = winlast::Analysis::of([path]).recover(true).run();
    let report = report.map_err(|error| error.to_string())?;
    Ok(report.findings.iter().map(|finding| finding.code.word()).collect())
}

#[test]
fn damaged_inputs_give_a_finding_and_no_panic() {
    let folder = std::fs::read_dir(project("tests/counterexamples/inputs")).unwrap();
    let mut inputs: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    for input in inputs {
        let result = read(&input);
        eprintln!("{}: {result:?}", input.display());
        assert!(result != Ok(Vec::new()), "{}: its damage is not reported", input.display());
    }
}
