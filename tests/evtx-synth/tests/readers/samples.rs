//! The sample logs are rebuilt byte for byte, can be read, and agree with their tables.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use crate::leaves::of_xml;
use crate::reading::{by_crate, by_crate_with, by_libevtx};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn logs() -> impl Iterator<Item = (String, Vec<u8>)> {
    evtx_synth::samples::all().into_iter().filter(|(path, _)| path.ends_with(".evtx"))
}

/// The folders with samples.
const FOLDERS: [&str; 3] = ["sample-evtx", "sample-evtx-damaged", "sample-evtx-guessed"];

#[test]
fn the_files_are_those_that_the_writer_makes() {
    let made: BTreeMap<String, Vec<u8>> = evtx_synth::samples::all().into_iter().collect();
    for (path, bytes) in &made {
        let file = fs::read(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(&file == bytes, "{path} differs: rebuild it with the example make-samples");
    }
    let mut folders = FOLDERS.map(|folder| project().join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of samples") {
            let path = entry.expect("an entry").path();
            let relative = path.strip_prefix(project()).expect("below the project");
            let relative = relative.to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if !(relative.ends_with("README.md") || relative.ends_with(".gitattributes")) {
                assert!(made.contains_key(&relative), "{relative} is not made by the writer");
            }
        }
    }
}

#[test]
fn undamaged_logs_are_read_without_errors() {
    for (path, log) in logs().filter(|(path, _)| !path.starts_with("sample-evtx-damaged/")) {
        let read = by_crate(log.clone());
        assert!(read.iter().all(Result::is_ok), "{path}");
        assert!(!read.is_empty(), "{path}");
        let name = path.replace(['/', '%'], "-");
        if let Some(libevtx) = by_libevtx(&name, &log) {
            let by_crate: Vec<_> = read.iter().flatten().map(|(_, xml)| of_xml(xml)).collect();
            let by_libevtx: Vec<_> = libevtx.iter().map(|xml| of_xml(xml)).collect();
            assert_eq!(by_crate, by_libevtx, "{path}");
        }
    }
}

#[test]
fn the_damaged_log_has_one_bad_record_and_one_bad_checksum() {
    let (_, log) =
        logs().find(|(path, _)| path.starts_with("sample-evtx-damaged/")).expect("the damaged log");
    let unchecked = by_crate_with(log.clone(), |settings| settings);
    assert_eq!(unchecked.iter().filter(|record| record.is_err()).count(), 1);
    assert_eq!(unchecked.len(), 72);
    // If it verifies checksums, the crate reads nothing of the chunk.
    let checked = by_crate(log);
    assert_eq!(checked.iter().flatten().count(), 52);
}

/// Event ID, Logon ID and time of each record of the Security logs, by computer and record id.
fn security_records() -> HashMap<(String, String), (String, String, String)> {
    let mut records = HashMap::new();
    for (_, log) in logs().filter(|(path, _)| path.ends_with("Security.evtx")) {
        let read = by_crate_with(log, |settings| settings.recover_records(true));
        for (_, xml) in read.into_iter().flatten() {
            let leaves: HashMap<String, String> = of_xml(&xml).into_iter().collect();
            let get = |name: &str| leaves.get(name).cloned().unwrap_or_default();
            let what = (get("EventID"), get("Data TargetLogonId"), get("TimeCreated@SystemTime"));
            records.insert((get("Computer"), get("EventRecordID")), what);
        }
    }
    records
}

#[test]
fn the_table_of_sessions_cites_the_records_that_are_there() {
    let records = security_records();
    let tables = FOLDERS.map(|folder| {
        let path = project().join(folder).join("expected-sessions.csv");
        fs::read_to_string(path)
            .expect("a table")
            .lines()
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let mut cited = 0;
    for line in tables.concat() {
        let cells: Vec<&str> = line.split(',').collect();
        for (event_id, record, time) in [("4624", 6, 9), ("4647", 7, 10), ("4634", 8, 11)] {
            assert_eq!(cells[record].is_empty(), cells[time].is_empty(), "{line}");
            if cells[record].is_empty() {
                continue;
            }
            let found = &records[&(cells[0].to_owned(), cells[record].to_owned())];
            assert_eq!(
                (found.0.as_str(), found.1.as_str(), found.2.as_str()),
                (event_id, cells[2], cells[time])
            );
            cited += 1;
        }
    }
    // The table cites every logon and logoff of a session. Logon IDs below 0x3e9 are no sessions.
    let session_ends = records.values().filter(|(id, logon_id, _)| {
        let number = u64::from_str_radix(logon_id.trim_start_matches("0x"), 16).unwrap_or(0);
        ["4624", "4647", "4634"].contains(&id.as_str()) && number >= 0x3e9
    });
    assert_eq!(session_ends.count(), cited);
}

#[test]
fn the_documented_logoff_is_the_one_of_the_documentation() {
    let (_, log) = logs().find(|(path, _)| path.starts_with("sample-evtx/dc01")).expect("the log");
    let (_, xml) =
        by_crate(log).into_iter().flatten().find(|(id, _)| *id == 230_200).expect("the record");
    let leaves: HashMap<String, String> = of_xml(&xml).into_iter().collect();
    for (name, text) in [
        ("EventID", "4647"),
        ("TimeCreated@SystemTime", "2015-09-09T03:08:39.1268908Z"),
        ("EventRecordID", "230200"),
        ("Computer", "DC01.contoso.local"),
        ("Data TargetUserSid", "S-1-5-21-3457937927-2839227994-823803824-1104"),
        ("Data TargetUserName", "dadmin"),
        ("Data TargetDomainName", "CONTOSO"),
        ("Data TargetLogonId", "0x29b379"),
    ] {
        assert_eq!(leaves[name], text, "{name}");
    }
}
