//! What damaged chunks still tell with `--recover`: records whose template definitions are gone, and chunks
//! that do not lie where Windows writes them.

use super::common::scratch;
use super::tampered::{errors, sound};
use evtx_synth::LogFile;
use std::collections::BTreeMap;
use winlast::Analysis;
use winlast::model::{FindingCode, Report};

/// Where a chunk of the log begins.
const fn chunk(number: usize) -> usize {
    4096 + 65_536 * number
}

fn recover(test: &str, bytes: &[u8]) -> Report {
    let path = scratch(test).join("Security.evtx");
    std::fs::write(&path, bytes).unwrap();
    Analysis::of([path]).recover(true).run().unwrap()
}

fn count(report: &Report, code: FindingCode) -> usize {
    report.findings.iter().filter(|finding| finding.code == code).count()
}

/// Account, start and end of each session, by its Logon ID.
fn sessions(report: &Report) -> BTreeMap<u64, String> {
    let sessions = report.hosts.iter().flat_map(|host| &host.sessions);
    sessions
        .map(|session| {
            let time = |moment: &Option<winlast::model::session::Moment>| {
                moment.as_ref().map(|moment| moment.time.to_string())
            };
            let (start, end) = (time(&session.start), time(&session.terminated));
            let said = format!("{} {start:?} {end:?}", session.account.user);
            (session.logon_id.map_or(0, |id| id.0), said)
        })
        .collect()
}

/// The first record of a chunk, with all definitions that the others use, is zeros.
fn without_first_record(log: LogFile, chunk: usize) -> LogFile {
    let end = log.record_offsets(chunk)[1];
    log.edit(chunk, |bytes| bytes[512..end].fill(0))
}

/// Record 21 is destroyed: the 4624 of the eleventh session.
#[test]
fn definitions_are_borrowed_from_other_chunks() {
    let whole = recover("borrow-whole", &sound().to_bytes());
    let report = recover("borrow", &without_first_record(sound(), 2).to_bytes());
    let log = &report.logs[0];
    assert_eq!((log.records_read, log.records_recovered, log.records_unreadable), (50, 9, 1));
    assert_eq!(count(&report, FindingCode::DefinitionBorrowed), 1);
    assert_eq!(count(&report, FindingCode::RecordUnreadable), 1);
    let (mut whole, mut found) = (sessions(&whole), sessions(&report));
    let lost = 0x5_0000 + 0x100 * 10;
    assert_eq!(found.remove(&lost).unwrap(), r#"alice None Some("2026-03-02T08:10:12.1234567Z")"#);
    whole.remove(&lost).unwrap();
    assert_eq!(found, whole);
}

/// Without `--recover` they are reported, each of them.
#[test]
fn nothing_is_borrowed_unasked() {
    let path = scratch("borrow-not").join("Security.evtx");
    std::fs::write(&path, without_first_record(sound(), 2).to_bytes()).unwrap();
    let report = Analysis::of([path]).run().unwrap();
    assert_eq!((report.logs[0].records_read, report.logs[0].records_unreadable), (50, 10));
    assert_eq!(count(&report, FindingCode::DefinitionBorrowed), 0);
}

/// Two chunks have different definitions under one GUID: neither is certain, so that neither is borrowed.
#[test]
fn a_definition_that_is_not_certain_is_not_borrowed() {
    let log = without_first_record(sound(), 2).edit(4, |bytes| {
        let name: Vec<u8> = "TargetUserName".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
        bytes[at] = b'F';
    });
    let report = recover("borrow-uncertain", &log.to_bytes());
    // The field is that of the 4624 alone.
    assert_eq!((report.logs[0].records_recovered, report.logs[0].records_unreadable), (5, 5));
}

/// One value is of another type than the borrowed definition says: the record is not read.
#[test]
fn values_that_do_not_fit_a_borrowed_definition() {
    let from = sound().record_offsets(2)[4];
    let log = without_first_record(sound(), 2).edit(2, |bytes| {
        // The value of TargetUserName is declared as text, and has 10 bytes (with its NUL 12).
        let name: Vec<u8> = "alice".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(bytes[from..].windows(name.len()).any(|window| window == name));
        let entry = bytes[from..].windows(4).position(|entry| entry == [12, 0, 1, 0]).unwrap();
        bytes[from + entry + 2] = 0x0e;
    });
    let report = recover("borrow-misfit", &log.to_bytes());
    assert_eq!((report.logs[0].records_recovered, report.logs[0].records_unreadable), (8, 2));
}

/// A piece of the file is missing, or was inserted, between the records of chunk 2 and chunk 3.
#[test]
fn chunks_off_the_grid_are_found() {
    let bytes = sound().to_bytes();
    let whole = sessions(&recover("grid-whole", &bytes));
    for (name, length) in
        [("a sector", 512), ("a byte", 1), ("half of the signature", 4), ("a page", 4096)]
    {
        let mut cut = bytes.clone();
        cut.drain(chunk(2) + 50_000..chunk(2) + 50_000 + length);
        let mut longer = bytes.clone();
        longer.splice(chunk(3)..chunk(3), vec![0xa5; length]);
        for damaged in [cut, longer] {
            let report = recover("grid", &damaged);
            let log = &report.logs[0];
            assert_eq!(
                (log.records_read, log.records_recovered),
                (30, 30),
                "{name} {}",
                damaged.len()
            );
            assert_eq!(count(&report, FindingCode::ChunkOffGrid), 3, "{name}");
            assert_eq!(sessions(&report), whole, "{name}");
        }
    }
}

/// A piece of the file header is missing: every chunk lies off the grid.
#[test]
fn a_log_that_begins_too_late_is_read() {
    let mut bytes = sound().to_bytes();
    let whole = sessions(&recover("grid-whole-2", &bytes));
    bytes.drain(1000..1512);
    let report = recover("grid-header", &bytes);
    assert_eq!((report.logs[0].records_read, report.logs[0].records_recovered), (0, 60));
    assert_eq!(sessions(&report), whole);
}

/// A sector is missing within the records of chunk 2: it costs the records that it held. What lies behind
/// them in the chunk has another place than its offsets say, and is read by borrowed definitions.
#[test]
fn a_sector_is_missing_within_records() {
    let log = sound();
    let hit = log.record_offsets(2)[4];
    let mut bytes = log.to_bytes();
    bytes.drain(chunk(2) + hit + 100..chunk(2) + hit + 612);
    let report = recover("grid-within", &bytes);
    let log = &report.logs[0];
    assert_eq!(log.records_read + log.records_recovered, 59);
    assert_eq!(count(&report, FindingCode::ChunkOffGrid), 3);
    assert_eq!(sessions(&report).len(), 30);
    assert!(!errors(&report).is_empty());
}
