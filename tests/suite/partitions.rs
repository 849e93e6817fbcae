//! Many cases as one: a computer whose evidence lies in several cases, and cases divided by computer.

use super::common::{project, scratch, shared, winlast, write_files};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const TABLES: [&str; 6] =
    ["timeline.csv", "sessions.csv", "boots.csv", "attempts.csv", "findings.csv", "logs.csv"];

/// Runs the program, and returns the exit code with what it said.
fn run(evidence: &[PathBuf], folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut arguments: Vec<&str> = evidence.iter().map(|path| path.to_str().unwrap()).collect();
    arguments.extend(["-q", "-f", "csv,events", "-o", folder.to_str().unwrap()]);
    arguments.extend(more);
    let run = winlast(&arguments);
    (run.status.code(), String::from_utf8_lossy(&run.stderr).into_owned())
}

/// The case folders in a folder, by name.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The rows of a table of all cases in a folder, sorted; the header once.
fn rows(cases: &[PathBuf], table: &str) -> Vec<String> {
    let texts = cases.iter().map(|case| fs::read_to_string(case.join(table)).unwrap());
    let mut rows: BTreeSet<String> = BTreeSet::new();
    let mut all = Vec::new();
    for text in texts {
        let mut lines = text.lines();
        rows.extend(lines.next().map(str::to_owned));
        all.extend(lines.map(str::to_owned));
    }
    assert_eq!(rows.len(), 1, "{table}: one header");
    all.sort();
    all
}

/// A case of each of these, in a folder.
fn cases_of(evidence: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let case = |(number, evidence): (usize, &PathBuf)| {
        let case = folder.join(format!("case-{number:03}"));
        let (code, said) = run(std::slice::from_ref(evidence), &case, &[]);
        assert!(matches!(code, Some(0 | 3)), "{}: {said}", evidence.display());
        case
    };
    evidence.iter().enumerate().map(case).collect()
}

/// Computers of the simulator, each in a folder, and the samples.
fn computers(folder: &Path, count: u64) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = (0..count)
        .map(|seed| {
            let host = folder.join(format!("host-{seed:03}"));
            write_files(&evtx_synth::simulate::any(seed).files, &host);
            host
        })
        .collect();
    all.extend(folders(&project("sample-evtx")));
    all.push(project("sample-evtx-damaged"));
    all
}

/// All parts together are what one run over all cases gives, row by row, and each computer is in one part.
#[track_caller]
fn is_divided(cases: &[PathBuf], folder: &Path, count: &str) {
    let (whole, parts) = (folder.join("whole"), folder.join(format!("parts-{count}")));
    let (code, said) = run(cases, &whole, &[]);
    assert_eq!(run(cases, &parts, &["--partitions", count]).0, code, "{said}");
    let parts = folders(&parts);
    assert_eq!(parts.len().to_string(), count);
    for table in TABLES {
        let (one, mut divided) = (rows(std::slice::from_ref(&whole), table), rows(&parts, table));
        // A log with the records of several computers is in each part that has one of them.
        if matches!(table, "logs.csv" | "findings.csv") {
            divided.dedup();
        }
        let missing: Vec<&String> = one.iter().filter(|row| !divided.contains(row)).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{table}: only in one run");
        assert_eq!(one.len(), divided.len(), "{table}: a row is in two parts");
    }
    let mut seen: BTreeMap<String, &Path> = BTreeMap::new();
    for part in &parts {
        let boots = fs::read_to_string(part.join("boots.csv")).unwrap();
        for line in boots.lines().skip(1) {
            let name = line.split(',').next().unwrap().to_owned();
            let first = seen.entry(name.clone()).or_insert(part);
            assert_eq!(first, part, "{name} is in two parts");
        }
    }
    fs::remove_dir_all(&whole).unwrap();
}

#[test]
fn cases_divided_by_computer_are_as_all_at_once() {
    let folder = scratch("partitions");
    let cases = cases_of(&computers(&folder.join("hosts"), 40), &folder.join("cases"));
    for count in ["1", "5", "16"] {
        is_divided(&cases, &folder, count);
    }
    // The folder of the cases, and some of them once more, in another order.
    let mut again: Vec<PathBuf> = cases.iter().rev().step_by(3).cloned().collect();
    again.push(folder.join("cases"));
    assert_eq!(run(&again, &folder.join("again"), &["--partitions", "5"]).0, Some(3));
    for (one, other) in folders(&folder.join("parts-5")).iter().zip(folders(&folder.join("again")))
    {
        for table in TABLES.into_iter().chain(["events.jsonl.gz"]) {
            let (a, b) = (fs::read(one.join(table)).unwrap(), fs::read(other.join(table)).unwrap());
            assert!(a == b, "{} differs in {}", table, other.display());
        }
    }
}

/// The same with real logs, among them those that hold the records of many computers.
#[test]
fn real_cases_divided_by_computer_are_as_all_at_once() {
    let Some(evidence) = shared("evtx") else { return };
    let folder = scratch("partitions-real");
    let mut all = folders(&evidence.join("hosts"));
    let mut of_many: Vec<PathBuf> = fs::read_dir(evidence.join("manyhosts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "evtx"))
        .collect();
    of_many.sort();
    assert!(!of_many.is_empty());
    all.extend(of_many);
    let cases = cases_of(&all, &folder.join("cases"));
    for count in ["3", "64"] {
        is_divided(&cases, &folder, count);
    }
}

/// The evidence of one computer in three cases, joined, is what it is when read at once, byte for byte.
#[test]
fn evidence_in_three_cases_is_as_read_at_once() {
    let folder = scratch("three-cases");
    for seed in 0..12 {
        let host = folder.join(format!("host-{seed}"));
        let files = evtx_synth::simulate::any(seed).files;
        write_files(&files, &host);
        let logs: Vec<PathBuf> = files.iter().map(|(name, _)| host.join(name)).collect();
        let cases: Vec<PathBuf> = (0..3)
            .filter_map(|place| {
                let own: Vec<PathBuf> = logs.iter().skip(place).step_by(3).cloned().collect();
                let case = folder.join(format!("{seed}-{place}"));
                (!own.is_empty()).then(|| {
                    run(&own, &case, &[]);
                    case
                })
            })
            .collect();
        let (whole, joined) =
            (folder.join(format!("{seed}-whole")), folder.join(format!("{seed}-joined")));
        let (code, said) = run(&logs, &whole, &[]);
        assert_eq!(run(&cases, &joined, &[]).0, code, "{said}");
        for table in TABLES.into_iter().chain(["events.jsonl.gz"]) {
            let [a, b] = [&whole, &joined].map(|case| fs::read(case.join(table)).unwrap());
            assert!(a == b, "seed {seed}: {table} differs");
        }
    }
}

#[test]
fn what_cannot_be_divided_is_refused_by_name() {
    let folder = scratch("partitions-refused");
    let logs = project("sample-evtx/ws01");
    let (code, said) =
        run(std::slice::from_ref(&logs), &folder.join("fleet"), &["--partitions", "2"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("sample-evtx/ws01") && said.contains("not a case"), "{said}");
    assert!(!folder.join("fleet").exists(), "nothing is written");
    let cases = cases_of(&[logs], &folder.join("cases"));
    assert_eq!(run(&cases, &folder.join("fleet"), &["--partitions", "2"]).0, Some(0));
    let (code, said) = run(&cases, &folder.join("fleet"), &["--partitions", "2"]);
    assert!(code == Some(1) && said.contains("--force"), "{said}");
    assert_eq!(run(&cases, &folder.join("fleet"), &["--partitions", "2", "--force"]).0, Some(0));
    let (code, said) = run(&cases, &folder.join("fleet"), &["--partitions", "3", "--force"]);
    assert!(code == Some(1) && said.contains("part-1-of-2"), "{said}");
    // A case that is damaged is named, and the others are read.
    let events = cases[0].join("events.jsonl.gz");
    let mut bytes = fs::read(&events).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&events, bytes).unwrap();
    let (code, said) = run(&cases, &folder.join("damaged"), &["--partitions", "2"]);
    assert_eq!(code, Some(3), "{said}");
    let findings = rows(&folders(&folder.join("damaged")), "findings.csv").concat();
    assert!(findings.contains("case-not-read") && findings.contains("case-000"), "{findings}");
}
