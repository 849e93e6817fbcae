//! The states and kinds of damage that the writer can give a log.

use evtx_synth::catalogue::{Account, SECURITY, Session, security};
use evtx_synth::writer::{CHUNK_SIZE, FILE_HEADER_SIZE};
use evtx_synth::{FileTime, HeaderForm, Host, LogOptions, Sid};

use crate::reading::{by_crate, by_crate_with};

/// A host with this many logoffs.
fn host(records: u64) -> Host {
    let mut host = Host::new("PC1");
    for number in 0..records {
        let account =
            Account::new(Sid::parse("S-1-5-21-1-2-3-1001"), format!("user{number}"), "PC1");
        let logoff = security::user_logoff(&Session::new(account, 0x1000 + number));
        host.log(FileTime(134_000_000_000_000_000 + number), logoff);
    }
    host
}

/// The ids in the headers of the records that can be read, in file order.
fn ids(log: Vec<u8>) -> Vec<u64> {
    by_crate(log).into_iter().filter_map(|record| record.ok().map(|(id, _)| id)).collect()
}

#[test]
fn many_records_fill_many_chunks() {
    let host = host(1_000);
    let log = host.log_file(SECURITY, &LogOptions::default());
    assert!(log.chunk_count() > 3, "{} chunks", log.chunk_count());
    let records: usize = (0..log.chunk_count()).map(|chunk| log.record_offsets(chunk).len()).sum();
    assert_eq!(records, 1_000);
    assert_eq!(ids(log.to_bytes()), (1..=1_000).collect::<Vec<_>>());
}

#[test]
fn an_empty_log_has_one_empty_chunk() {
    let log = Host::new("PC1").evtx(SECURITY, &LogOptions::default());
    assert_eq!(log.len(), FILE_HEADER_SIZE + CHUNK_SIZE);
    assert!(ids(log).is_empty());
}

#[test]
fn an_exported_log_numbers_anew() {
    let mut host = host(5);
    host.set_next_id(SECURITY, 900);
    host.log(FileTime(134_000_000_000_000_900), security::user_logoff(&Session::system()));
    let exported = FileTime::parse("2026-11-24T12:00:00Z");
    let options = LogOptions { header: HeaderForm::Exported(exported), ..LogOptions::default() };
    let read = by_crate(host.evtx(SECURITY, &options));
    let (id, xml) = read[5].as_ref().expect("a record");
    assert_eq!(*id, 6);
    assert!(xml.contains("<EventRecordID>900</EventRecordID>"), "{xml}");
}

#[test]
fn a_dirty_log_holds_more_chunks_than_its_header_counts() {
    let options = LogOptions { records_per_chunk: 10, ..LogOptions::default() };
    let log = host(40).log_file(SECURITY, &options).dirty(1).to_bytes();
    assert_eq!(log[42], 1, "chunks counted");
    assert_eq!(log[24], 11, "next record id");
    assert_eq!(log[120], 1, "dirty");
    assert_eq!(log.len(), FILE_HEADER_SIZE + 4 * CHUNK_SIZE);
}

#[test]
fn a_wrapped_log_begins_with_its_newest_records() {
    let options = LogOptions { records_per_chunk: 10, ..LogOptions::default() };
    let log = host(40).log_file(SECURITY, &options).wrapped(1).to_bytes();
    let first_ids: Vec<u8> =
        (0..4).map(|chunk| log[FILE_HEADER_SIZE + chunk * CHUNK_SIZE + 24]).collect();
    assert_eq!(first_ids, [31, 1, 11, 21]);
    // The crate begins with the chunk that the header names as the oldest.
    assert_eq!(ids(log), (1..=40).collect::<Vec<_>>());
}

#[test]
fn stale_headers_hide_records_unless_they_are_recovered() {
    let log =
        host(20).log_file(SECURITY, &LogOptions::default()).stale_free_space(0, 12).to_bytes();
    assert_eq!(ids(log.clone()), (1..=12).collect::<Vec<_>>());
    let found = by_crate_with(log, |settings| settings.recover_records(true));
    assert_eq!(found.iter().flatten().count(), 20);
}

#[test]
fn slack_holds_the_end_of_the_former_content() {
    let former = host(60).log_file(SECURITY, &LogOptions::default());
    let log =
        host(10).log_file(SECURITY, &LogOptions::default()).slack_from(0, &former, 0).to_bytes();
    assert_eq!(ids(log.clone()), (1..=10).collect::<Vec<_>>());
    let offset = FILE_HEADER_SIZE + former.record_offsets(0)[30];
    assert_eq!(log[offset..offset + 4], [0x2a, 0x2a, 0, 0]);
}

#[test]
fn a_flipped_byte_breaks_the_checksum_unless_it_is_repaired() {
    let log = host(10).log_file(SECURITY, &LogOptions::default());
    // A letter of the last record's account name.
    let name: Vec<u8> = "user9".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bytes = log.to_bytes();
    let at = bytes.windows(name.len()).rposition(|window| window == name).expect("the name");
    let flipped = log.flip(0, at - FILE_HEADER_SIZE, 1);
    assert!(by_crate(flipped.to_bytes()).iter().any(Result::is_err));
    let unchecked = by_crate_with(flipped.to_bytes(), |settings| settings);
    assert!(unchecked[9].as_ref().expect("readable").1.contains("tser9"));
    assert!(by_crate(flipped.repair_checksums(0).to_bytes()).iter().all(Result::is_ok));
}

#[test]
fn spare_chunks_and_truncation_change_the_length_alone() {
    let log = host(5).log_file(SECURITY, &LogOptions::default()).spare_chunks(2);
    assert_eq!(log.to_bytes().len(), FILE_HEADER_SIZE + 3 * CHUNK_SIZE);
    assert_eq!(ids(log.clone().to_bytes()), [1, 2, 3, 4, 5]);
    assert_eq!(log.truncated(5_000).to_bytes().len(), 5_000);
}
