//! Records that were hidden in the record before, as tools against forensics do: found and recovered.

use super::super::common::{project, scratch, shared, triage, winlast};
use super::log_file::{Log, put};
use std::path::PathBuf;
use winlast::model::{Finding, FindingCode, Report, Severity};

/// A log of the samples, which the writer of the tests wrote.
fn sample() -> Log {
    Log::read(&project("sample-evtx/dc01/Security.evtx")).unwrap()
}

fn write(test: &str, log: &Log) -> PathBuf {
    let path = scratch(test).join("Security.evtx");
    std::fs::write(&path, log.bytes()).unwrap();
    path
}

fn hidden(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|f| f.code == FindingCode::RecordHidden).collect()
}

#[test]
fn a_hidden_record_is_found_and_recovered() {
    let whole = sample();
    let records = whole.chunks[0].records.clone();
    assert!(records.len() > 10);
    for count in [1, 2] {
        for index in 0..records.len() - count {
            let mut log = whole.clone();
            log.chunks[0].swallow(index, count);
            let path = write("hidden", &log);
            let report = triage(std::slice::from_ref(&path));
            let found = hidden(&report);
            assert_eq!(found.len(), count, "{index} {:?}", report.findings);
            for record in &records[index + 1..=index + count] {
                let (path, at) = (path.display(), record.at);
                let place = format!("{path}: chunk 0, offset {at:#x}: ");
                let finding = found.iter().find(|f| f.message.starts_with(&place)).unwrap();
                let enlarged = format!("{:#x} was", records[index].at);
                assert!(finding.message.contains(&enlarged), "{}", finding.message);
                assert_eq!(finding.severity, Severity::Error);
            }
            assert_eq!(report.logs[0].records_recovered, count as u64, "{index}");
            assert_eq!(report.logs[0].records_read, (records.len() - count) as u64);
            assert!(report.is_incomplete());
        }
    }
}

/// The 4647 of the sample's desktop session, record 230200 (`sample-evtx/README.md`).
#[test]
fn a_hidden_logoff_comes_back_into_its_session() {
    let mut log = sample();
    let chunk = &mut log.chunks[0];
    let index = chunk.records.iter().position(|record| chunk.event_id(record) == 4647).unwrap();
    chunk.swallow(index - 1, 1);
    let path = write("hidden-logoff", &log);
    let output = winlast(&[path.to_str().unwrap(), "--print", "timeline"]);
    assert_eq!(output.status.code(), Some(3));
    let table = String::from_utf8(output.stdout).unwrap();
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let columns = rows.headers().unwrap().clone();
    let cell = |row: &csv::StringRecord, name: &str| {
        row[columns.iter().position(|column| column == name).unwrap()].to_owned()
    };
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.unwrap()).collect();
    let logoff = rows.iter().find(|row| cell(row, "milestone") == "initiated-logoff").unwrap();
    assert_eq!(cell(logoff, "record_id"), "230200");
    assert_eq!(cell(logoff, "recovered"), "true");
    let recovered = rows.iter().filter(|row| cell(row, "recovered") == "true").count();
    assert_eq!(recovered, 1);
}

/// The earlier end of the enlarged record is wiped: the hidden record is whole nevertheless. When that one
/// is wiped too, no record is there any more.
#[test]
fn what_is_whole_is_found_and_what_is_lost_is_not() {
    let mut log = sample();
    let chunk = &mut log.chunks[0];
    let (first, second) = (chunk.records[3], chunk.records[4]);
    chunk.swallow(3, 2);
    put(&mut chunk.bytes, second.at - 4, &[0; 4]);
    let report = triage(&[write("hidden-whole", &log)]);
    assert_eq!(hidden(&report).len(), 2, "{:?}", report.findings);
    let chunk = &mut log.chunks[0];
    assert_eq!(chunk.records[3].at, first.at);
    put(&mut chunk.bytes, second.at + second.size - 4, &[0; 4]);
    let report = triage(&[write("hidden-lost", &log)]);
    assert_eq!(hidden(&report), Vec::<&Finding>::new());
}

/// Windows hides nothing. The one log with such a finding was tampered with: record 105 lies inside the
/// record before it, and the record behind both has its number again (read by hand).
#[test]
fn no_record_of_a_sound_log_is_hidden() {
    for (folder, expected) in
        [("evtx", &["single/post-Security.evtx: chunk 1, offset 0x1230: "][..]), ("evtx-more", &[])]
    {
        let Some(path) = shared(folder) else { return };
        let report = triage(&[path]);
        let found = hidden(&report);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (finding, place) in found.iter().zip(expected) {
            assert!(finding.message.contains(place), "{}", finding.message);
        }
    }
}
