//! Logs that somebody changed who wanted to hide something: each kind is made with the writer of the
//! tests, checksums included, and must be told. What a log lawfully is must not be.

use super::common::{scratch, shared, winlast};
use evtx_synth::catalogue::{Account, Logon, SECURITY, Session, event_log, security};
use evtx_synth::{FileTime, Form, HeaderForm, Host, LogFile, LogOptions, LogWriter, Record, Sid};
use std::collections::BTreeSet;
use std::path::PathBuf;
use winlast::model::{Finding, FindingCode, Report, Severity, Verdict};
use winlast::{Analysis, model};

/// Records of a chunk; the log has six of them.
const PER_CHUNK: usize = 10;
const RECORDS: u64 = 60;

fn options() -> LogOptions {
    LogOptions { records_per_chunk: PER_CHUNK, ..LogOptions::default() }
}

fn start() -> FileTime {
    FileTime::parse("2026-03-02T08:00:00.1234567Z")
}

/// A computer with 30 network logons and their logoffs: the odd records are 4624, the even ones 4634.
fn host() -> Host {
    let mut host = Host::new("WS1");
    let alice = Account::new(Sid::parse("S-1-5-21-1-2-3-1001"), "alice", "WS1");
    for index in 0..RECORDS / 2 {
        let session = Session::new(alice.clone(), 0x5_0000 + 0x100 * index);
        let at = start().plus_ms(60_000 * index);
        let logon = Logon::network(session.clone(), "PC2", "192.0.2.7", 50_000);
        host.log(at, logon.event());
        host.log(at.plus_ms(12_000), security::logoff(&session, 3));
    }
    host
}

pub(crate) fn sound() -> LogFile {
    host().log_file(SECURITY, &options())
}

/// The log with `change` made to the record of this number, and to what the header says of it.
fn changed(number: u64, change: impl Fn(&mut Record, &mut u64, &mut FileTime)) -> LogFile {
    let mut writer = LogWriter::new(options());
    for record in host().records(SECURITY) {
        let (mut record, mut id, mut time) = (record.clone(), record.id, record.time);
        if record.id == number {
            change(&mut record, &mut id, &mut time);
        }
        writer.push_with(&record, id, time);
    }
    writer.finish()
}

fn with_provider(number: u64, name: &'static str) -> LogFile {
    changed(number, |record, _, _| record.event.provider.name = name)
}

/// The SID of alice in the record of this number gets nine parts, but no more bytes.
fn enlarged_sid(number: usize) -> LogFile {
    let (chunk, index) = ((number - 1) / PER_CHUNK, (number - 1) % PER_CHUNK);
    let log = sound();
    let from = log.record_offsets(chunk)[index];
    log.edit(chunk, |bytes| {
        // S-1-5-21-1-…: version, count of parts, authority, first two parts.
        let sid = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0];
        let at = bytes[from..].windows(sid.len()).position(|window| window == sid).unwrap();
        bytes[from + at + 1] = 9;
    })
}

/// One kind of tampering.
struct Tamper {
    /// What somebody did.
    kind: &'static str,
    /// How it is made.
    make: fn() -> LogFile,
    /// The codes of all findings of severity error.
    codes: &'static [&'static str],
    exit_code: i32,
    /// What one of their messages says.
    says: &'static str,
}

const fn tamper(
    kind: &'static str,
    make: fn() -> LogFile,
    codes: &'static [&'static str],
    says: &'static str,
) -> Tamper {
    Tamper { kind, make, codes, exit_code: 3, says }
}

/// Chunks and the slots in the file header count from 0, records in a chunk as well; record numbers count
/// from 1. So chunk 2 has the records 21 to 30.
#[rustfmt::skip]
const TAMPERS: &[Tamper] = &[
    // Records hidden or taken away.
    tamper("a record enlarged over the next one",
        || sound().swallow(2, 3, 1, false), &["record-hidden"], "record 25 (number in its header)"),
    tamper("a record enlarged over the next three",
        || sound().swallow(2, 3, 3, false), &["record-hidden"], "record 27 (number in its header)"),
    tamper("a record enlarged over another, and that one wiped",
        || sound().swallow(2, 3, 1, true), &["chunk-numbers-differ"],
        "counts records 21 to 30, which are 10, but only 9 are there"),
    tamper("the last records of a chunk cut off",
        || sound().cut_records(2, 3), &["chunks-missing"],
        "record numbers 28 to 30 are missing between chunk 2 and chunk 3"),
    tamper("the last record of the log cut off",
        || sound().cut_records(5, 1), &["log-short"], "record 60 is missing"),
    tamper("the last record of the log cut off, and the file header mended",
        || sound().cut_records(5, 1).next_record(|next| next - 2), &["file-header-differs"],
        "the next record 59, but record 59 is there"),
    tamper("the header of a record overwritten",
        || sound().edit(2, |bytes| bytes[512..516].fill(0)), &["record-unreadable"], "no record header"),
    // Header of a record against its content.
    tamper("EventRecordID changed",
        || changed(25, |record, _, _| record.id = 2500), &["record-number-differs"],
        "has the number 25, its content 2500"),
    tamper("the number in the header of a record changed",
        || sound().record_number(2, 4, |_| 2500), &["record-number-differs"],
        "has the number 2500, its content 25"),
    tamper("TimeCreated changed",
        || changed(25, |record, _, _| record.time = record.time.plus_ms(86_400_000)),
        &["record-time-differs"],
        "has the time 2026-03-02T08:12:00.1234567Z, its content 2026-03-03T08:12:00.1234567Z"),
    tamper("the time in the header of a record changed",
        || changed(25, |_, _, time| *time = time.minus_ms(1)), &["record-time-differs"],
        "has the time 2026-03-02T08:12:00.1224567Z, its content 2026-03-02T08:12:00.1234567Z"),
    tamper("the time in the header of a record taken away",
        || changed(25, |_, _, time| *time = FileTime(0)), &["record-time-differs"],
        "has the time 1601-01-01T00:00:00.0000000Z"),
    // Header of a chunk against its records.
    tamper("the first record number of a chunk changed",
        || sound().chunk_number(2, 2, |first| first - 1), &["chunk-numbers-differ"],
        "counts records 20 to 30, but its records are 21 to 30"),
    tamper("the last record number of a chunk changed",
        || sound().chunk_number(2, 3, |last| last - 3), &["chunk-numbers-differ"],
        "counts records 21 to 27, but its records are 21 to 30"),
    tamper("the records of the file counted otherwise in a chunk",
        || sound().chunk_number(2, 1, |last| last + 4), &["chunk-numbers-differ"],
        "records 21 to 30 as records 21 to 34 of the file"),
    tamper("the free space begins before the last records of a chunk",
        || sound().free_from(2, 7), &["chunk-numbers-differ"],
        "counts records 21 to 30, but its records are 21 to 27"),
    tamper("the free space begins before all records of a chunk",
        || sound().free_from(2, 0), &["chunk-numbers-differ", "chunks-missing"],
        "counts records 21 to 30, but it is empty"),
    tamper("a chunk emptied as if the log had been cleared",
        || sound().empty(2), &["chunks-missing"], "21 to 30 are missing between chunk 1 and chunk 3"),
    // Chunks against each other.
    tamper("the first chunk taken away",
        || sound().remove_chunk(0), &["chunks-missing"],
        "it begins with record 11 (chunk 0), the 11th of its file, although it was never full"),
    tamper("the first chunk taken away, and the records numbered from 1 in all headers",
        || sound().remove_chunk(0).numbered_anew(), &["record-number-differs"],
        "the headers of 50 records have other numbers than their contents"),
    tamper("a chunk in the middle taken away",
        || sound().remove_chunk(2), &["chunks-missing"], "21 to 30 are missing between chunk 1 and chunk 2"),
    tamper("the last chunk taken away, and the number of chunks mended",
        || sound().remove_chunk(5), &["log-short"], "10 records are missing, 51 to 60"),
    tamper("two chunks exchanged",
        || sound().swap_chunks(2, 3), &["chunks-out-of-order"],
        "fall from 40 (chunk 2) to 21 (chunk 3)"),
    tamper("a chunk copied in front of itself",
        || sound().copy_chunk(2, 2), &["chunks-doubled"], "21 to 30 in chunks 0 to 2 and in chunks 3 to 6"),
    tamper("a chunk overwritten with the one before it",
        || sound().overwrite_chunk(1, 2), &["chunks-doubled"], "11 to 20 in chunks 0 to 1 and in chunk 2"),
    // The file header against the records.
    tamper("the next record in the header of a closed log lowered",
        || sound().next_record(|_| 41), &["file-header-differs"], "the next record 41, but record 60 is there"),
    tamper("fewer chunks in the header of a closed log",
        || sound().counted_chunks(4), &["file-header-differs"], "4 chunks, but 6 are there"),
    tamper("another newest chunk in the header of a closed log",
        || sound().oldest_and_newest(3, 2), &["file-header-differs"],
        "chunks 3 and 2 as the oldest and the newest, but they are chunks 0 and 5"),
    // The content of records.
    tamper("a logon under the name of another provider",
        || with_provider(25, "Microsoft-Windows-Security-Audit"), &["provider-foreign"],
        "event 4624 has the provider Microsoft-Windows-Security-Audit."),
    tamper("a logoff under the name of another provider",
        || with_provider(26, "Contoso"), &["provider-foreign"], "event 4634 has the provider Contoso."),
    tamper("a SID of a record with more parts than its size allows",
        || enlarged_sid(25), &["value-damaged"],
        "1 values of record 25 (number in its header) are not as large as their types say, and are left \
         out; the first has the type 0x13 and 28 bytes"),
    tamper("a byte changed without mending a checksum",
        || sound().flip(2, 700, 1), &["chunk-checksum"], "the checksum of its records is"),
];

/// Runs the library and the program on a log.
fn examine(test: &str, log: &LogFile) -> (Report, Option<i32>) {
    let path = scratch(test).join("Security.evtx");
    std::fs::write(&path, log.to_bytes()).unwrap();
    let arguments = [path.to_str().unwrap(), "--print", "sessions"];
    let exit_code = winlast(&arguments).status.code();
    (Analysis::of([path]).run().unwrap(), exit_code)
}

pub(crate) fn errors(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.severity == Severity::Error).collect()
}

fn codes(findings: &[&Finding]) -> BTreeSet<&'static str> {
    findings.iter().map(|finding| finding.code.word()).collect()
}

#[test]
fn every_tamper_is_told() {
    assert!(TAMPERS.len() >= 25);
    let mut wrong = Vec::new();
    for Tamper { kind, make, codes: expected, exit_code, says } in TAMPERS {
        let (report, exited) = examine("tampered", &make());
        let errors = errors(&report);
        let is_told = codes(&errors) == expected.iter().copied().collect()
            && errors.iter().any(|finding| finding.message.contains(says))
            && exited == Some(*exit_code)
            && report.logs[0].verdict != Verdict::Complete
            && report.accounting.events.values().all(model::Tally::balances);
        if !is_told {
            wrong.push((kind, exited, errors.into_iter().cloned().collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A record under a foreign name is counted, and is in no session.
#[test]
fn a_foreign_provider_is_counted_as_reported() {
    let (report, _) = examine("tampered-provider", &with_provider(25, "Contoso"));
    let tally = report.accounting.events[&4624];
    assert_eq!((tally.read, tally.reported, tally.placed), (30, 1, 29));
    let finding = errors(&report)[0];
    assert_eq!((finding.record_id, &*finding.computer), (Some(25), "WS1"));
    assert_eq!(finding.log.and_then(|log| report.log(log)).map(|log| log.records_read), Some(60));
    // As text, as forwarding writes it, as well.
    let mut host = host();
    host.clear(SECURITY);
    let mut record = self::host().records(SECURITY)[0].clone();
    record.event.provider.name = "Contoso";
    let mut writer = LogWriter::new(LogOptions { form: Form::Literal, ..options() });
    writer.push(&record);
    let (report, exited) = examine("tampered-provider", &writer.finish());
    assert_eq!((codes(&errors(&report)), exited), (BTreeSet::from(["provider-foreign"]), Some(3)));
    assert_eq!(report.accounting.events[&4624].reported, 1);
}

/// What stands behind a SID that is too large is read from its own place.
#[test]
fn a_value_that_does_not_fit_costs_itself_alone() {
    let (report, _) = examine("tampered-sid", &enlarged_sid(25));
    let sessions: Vec<_> = report.hosts.iter().flat_map(|host| &host.sessions).collect();
    assert_eq!(sessions.len(), 30);
    // The logoff of this session has its SID, so that nothing is missing in the end.
    let id = model::LogonId(0x5_0000 + 0x100 * 12);
    let session = sessions.iter().find(|session| session.logon_id == Some(id)).unwrap();
    assert_eq!((&*session.account.user, &*session.client.ip), ("alice", "192.0.2.7"));
}

/// A text with an odd number of bytes, and so one byte more of the text behind it: both are left out, and
/// the rest of the record is read.
#[test]
fn a_text_of_an_odd_size_costs_itself_alone() {
    let from = sound().record_offsets(2)[4];
    let log = sound().edit(2, |bytes| {
        // Sizes and types of TargetUserName (`alice`) and TargetDomainName (`WS1`), with their NULs.
        let entries = [12, 0, 1, 0, 8, 0, 1, 0];
        let at = bytes[from..].windows(8).position(|window| window == entries).unwrap();
        bytes[from + at] = 11;
        bytes[from + at + 4] = 9;
    });
    let (report, exited) = examine("tampered-odd", &log);
    let errors = errors(&report);
    assert_eq!((codes(&errors), exited), (BTreeSet::from(["value-damaged"]), Some(3)));
    assert!(errors[0].message.contains("2 values of record 25"), "{errors:?}");
    assert_eq!((report.logs[0].records_read, report.accounting.events[&4624].read), (60, 30));
    let id = model::LogonId(0x5_0000 + 0x100 * 12);
    let mut sessions = report.hosts.iter().flat_map(|host| &host.sessions);
    let session = sessions.find(|session| session.logon_id == Some(id)).unwrap();
    assert_eq!((&*session.account.sid, &*session.client.ip), ("S-1-5-21-1-2-3-1001", "192.0.2.7"));
}

/// Many records of a kind: examples, and one finding for the others.
#[test]
fn findings_about_records_are_few() {
    let mut writer = LogWriter::new(options());
    for record in host().records(SECURITY) {
        let by = if record.id % 3 == 0 { 1000 } else { 0 };
        writer.push_with(record, record.id, record.time.plus_ms(by));
    }
    let (report, _) = examine("tampered-many", &writer.finish());
    let errors = errors(&report);
    assert_eq!((codes(&errors), errors.len()), (BTreeSet::from(["record-time-differs"]), 9));
    assert!(errors.iter().any(|finding| finding.message.contains("12 more records of this kind")));
}

/// A log of 320 records in 16 slots that began anew: its oldest records are overwritten.
fn full(anew: usize) -> LogFile {
    let mut host = host();
    for round in 1..6 {
        let records = self::host().records(SECURITY).to_vec();
        for record in records {
            host.log(record.time.plus_ms(86_400_000 * round), record.event);
        }
    }
    let whole = host.log_file(SECURITY, &LogOptions { records_per_chunk: 20, ..options() });
    assert_eq!(whole.chunk_count(), 18);
    let full = whole.remove_chunk(0).remove_chunk(0);
    if anew > 0 { full.wrapped(anew) } else { full }
}

/// Exports, forwarded logs, logs that are open, full or new differ lawfully.
#[test]
fn a_lawful_log_is_not_called_tampered() {
    let export = |native: fn(&Record) -> (u64, FileTime)| {
        let mut writer = LogWriter::new(options());
        for record in host().records(SECURITY) {
            let (id, time) = native(record);
            writer.push_with(record, id, time);
        }
        writer.finish()
    };
    let cleared = || {
        let mut host = host();
        host.clear(SECURITY);
        host.log(start().plus_ms(7_200_000), event_log::security_log_cleared(&Session::system()));
        let file = host.log_file(SECURITY, &options());
        assert_eq!(file.chunk_count(), 1);
        file
    };
    let lawful: [(&str, LogFile); 12] = [
        ("as Windows wrote it", sound()),
        ("not closed", sound().dirty(2)),
        ("not closed, a chunk header lags behind", sound().dirty(2).stale_free_space(5, 7)),
        ("with spare chunks", sound().spare_chunks(4)),
        ("cleared", cleared()),
        ("full, began anew", full(5)),
        ("full, began anew just now", full(0)),
        ("full, not closed", full(5).dirty(3)),
        ("forwarded", host().log_file(SECURITY, &LogOptions { form: Form::Literal, ..options() })),
        (
            "exported",
            host().log_file(
                SECURITY,
                &LogOptions { header: HeaderForm::Exported(start()), ..options() },
            ),
        ),
        // The whole log was exported: its records keep their numbers, and some their times.
        ("exported as a whole", export(|record| (record.id, FileTime(0)))),
        (
            "exported as a whole, with most of its times",
            export(|record| match record.id {
                60 => (60, FileTime(0)),
                id if id % 5 == 0 => (id, record.time.plus_ms(12_000)),
                id => (id, record.time),
            }),
        ),
    ];
    for (kind, log) in lawful {
        let (report, exited) = examine("lawful", &log);
        assert_eq!((errors(&report), exited), (Vec::new(), Some(0)), "{kind}");
    }
}

/// The codes that no lawful log may have.
const TOLD: [FindingCode; 8] = [
    FindingCode::RecordNumberDiffers,
    FindingCode::RecordTimeDiffers,
    FindingCode::ProviderForeign,
    FindingCode::ChunkNumbersDiffer,
    FindingCode::ChunksDoubled,
    FindingCode::ChunksOutOfOrder,
    FindingCode::ChunksMissing,
    FindingCode::FileHeaderDiffers,
];

/// Of the real logs two are concerned, each out of a shadow copy, and each checked with evtxinfo of
/// libevtx and by hand: the slots 10 and 11 of one are zeros, with the records 1156 to 1417 in them; the
/// chunks of the other are of several rounds of a full log.
#[test]
fn no_sound_real_log_is_called_tampered() {
    let folders: Vec<PathBuf> = ["evtx", "evtx-more/real"].into_iter().filter_map(shared).collect();
    if folders.len() < 2 {
        return;
    }
    let report = Analysis::of(folders).run().unwrap();
    let told = report.findings.iter().filter(|finding| TOLD.contains(&finding.code));
    let mut told: Vec<(FindingCode, &str)> = told
        .map(|finding| (finding.code, report.log(finding.log.unwrap()).unwrap().path.as_str()))
        .collect();
    told.sort();
    let expected = [
        (FindingCode::ChunksOutOfOrder, "RdpCoreTS%4Operational.evtx"),
        (FindingCode::ChunksMissing, "single/vss_System.evtx"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for ((code, path), (expected, end)) in told.iter().zip(expected) {
        assert!(*code == expected && path.ends_with(end), "{told:#?}");
    }
}
