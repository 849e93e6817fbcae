//! A log cut into many says what the whole one says: each chunk of a real log in a file of its own, in an order
//! that is not that of the records, some of them twice.

use super::common::{case_of, project, scratch, shared, write_files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use winlast::model::Report;

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;

/// All logs below a folder.
fn logs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            logs(&path, found);
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("evtx")) {
            found.push(path);
        }
    }
}

/// The logs of the project and of the reference data, by what a user would give as one case.
fn cases() -> BTreeMap<PathBuf, Vec<PathBuf>> {
    let mut found = Vec::new();
    logs(&project("sample-evtx"), &mut found);
    let mut cases: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for log in found.drain(..) {
        cases.entry(log.parent().unwrap().to_owned()).or_default().push(log);
    }
    for folder in ["evtx", "evtx-more"].into_iter().filter_map(shared) {
        logs(&folder, &mut found);
    }
    for log in found {
        cases.entry(case_of(&log.to_string_lossy()).into()).or_default().push(log);
    }
    cases
}

/// A log with this chunk alone, whose header fits it.
fn with_chunk(header: &[u8], chunk: &[u8]) -> Vec<u8> {
    let mut log = [header, chunk].concat();
    let last = u64::from_le_bytes(chunk[16..24].try_into().unwrap());
    log[8..24].fill(0);
    log[24..32].copy_from_slice(&last.wrapping_add(1).to_le_bytes());
    log[42..44].copy_from_slice(&1_u16.to_le_bytes());
    let sum = crc32(&log[..120]);
    log[124..128].copy_from_slice(&sum.to_le_bytes());
    log
}

/// Bit by bit, as [MS-EVEN6] has it; the header is short.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}

/// Writes the chunks of a log into files; each third one twice. Returns how many there are.
fn split(log: &Path, folder: &Path) -> usize {
    let bytes = std::fs::read(log).unwrap();
    let Some((header, chunks)) = bytes.split_at_checked(HEADER) else { return 0 };
    let name = log.file_stem().unwrap().to_string_lossy();
    // The last one may be cut.
    let chunks =
        chunks.chunks(CHUNK).filter(|chunk| chunk.len() > 512 && chunk.starts_with(b"ElfChnk"));
    let mut written = 0;
    for (number, chunk) in chunks.enumerate() {
        // Another order than that of the records.
        let file = format!("{name}-{:03}-{number}.evtx", number * 37 % 101);
        let bytes = with_chunk(header, chunk);
        if number % 3 == 0 {
            std::fs::create_dir_all(folder.join("copies")).unwrap();
            std::fs::write(folder.join("copies").join(&file), &bytes).unwrap();
        }
        std::fs::write(folder.join(file), bytes).unwrap();
        written += 1;
    }
    written
}

/// All that is said of the computers, without the logs that it was read from.
fn told(report: &Report) -> Vec<String> {
    let mut told = Vec::new();
    for host in &report.hosts {
        told.push(format!("{} {}", host.computer, host.uid));
        told.extend(host.boots.iter().map(|boot| format!("{boot:?}")));
        told.extend(host.sessions.iter().map(|session| format!("{session:?}")));
        told.extend(host.attempts.iter().map(|attempt| format!("{attempt:?}")));
    }
    told.iter().map(|text| without_logs(text)).collect()
}

/// The text without the numbers of logs.
fn without_logs(text: &str) -> String {
    let mut parts = text.split("LogId(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |told, part| told + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[test]
fn a_log_cut_into_its_chunks_says_the_same() {
    let folder = scratch("split-logs");
    let (mut compared, mut pieces, mut different) = (0, 0, Vec::new());
    for (case, logs) in cases() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let written: usize = logs.iter().map(|log| split(log, &folder)).sum();
        let whole = winlast::Analysis::of(&logs).threads(1).run();
        let cut = winlast::Analysis::of([&folder]).threads(1).run();
        let (Ok(whole), Ok(cut)) = (whole, cut) else { continue };
        let (whole, cut) = (told(&whole), told(&cut));
        if whole != cut {
            let at = whole.iter().zip(&cut).position(|(whole, cut)| whole != cut);
            let (whole, cut) = (at.map(|at| &whole[at]), at.map(|at| &cut[at]));
            different.push(format!("{}:\n{whole:?}\n{cut:?}", case.display()));
        }
        compared += usize::from(written > logs.len());
        pieces += written;
    }
    eprintln!("{compared} cases in {pieces} pieces");
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(compared > 0);
}

/// The identifiers of sessions, by the record of their start, and those of the computers.
fn identifiers(report: &Report) -> (BTreeMap<(u64, String), String>, BTreeSet<String>) {
    let sessions = report.sessions().filter_map(|(host, session)| {
        let start = session.start?;
        let place = (start.record.record_id, format!("{} {}", start.record.channel, start.time));
        Some((place, host.session_uid(session).to_string()))
    });
    (sessions.collect(), report.hosts.iter().map(|host| host.uid.to_string()).collect())
}

/// Logs without their oldest chunk, and the same with it: what has an identifier keeps it.
#[test]
fn older_records_change_no_identifier() {
    let folder = scratch("identifiers");
    let (mut sessions, mut computers) = (0, 0);
    for (case, logs) in cases() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let mut newer = Vec::new();
        for (number, log) in logs.iter().enumerate() {
            let bytes = std::fs::read(log).unwrap();
            let Some((header, chunks)) = bytes.split_at_checked(HEADER) else { continue };
            let chunks = chunks
                .chunks(CHUNK)
                .filter(|chunk| chunk.len() == CHUNK && chunk.starts_with(b"ElfChnk"));
            let mut chunks: Vec<&[u8]> = chunks.collect();
            chunks.sort_by_key(|chunk| u64::from_le_bytes(chunk[8..16].try_into().unwrap()));
            for (place, chunk) in chunks.iter().enumerate().skip(1) {
                let path = folder.join(format!("{number}-{place}.evtx"));
                std::fs::write(&path, with_chunk(header, chunk)).unwrap();
                newer.push(path);
            }
        }
        let newer = winlast::Analysis::of([&folder]).threads(1).run();
        let whole = winlast::Analysis::of(&logs).threads(1).run();
        let (Ok(newer), Ok(whole)) = (newer, whole) else { continue };
        // Logs whose newest chunk holds nothing of theirs say nothing of a computer.
        let one = |report: &Report| report.hosts.len() == 1;
        if !(one(&newer) && one(&whole)) {
            continue;
        }
        let (own, computer) = identifiers(&newer);
        let (all, computers_of_all) = identifiers(&whole);
        for (place, uid) in &own {
            assert_eq!(all.get(place), Some(uid), "{}: {place:?}", case.display());
        }
        assert_eq!(computer, computers_of_all, "{}", case.display());
        (sessions, computers) = (sessions + own.len(), computers + 1);
    }
    eprintln!("{sessions} sessions of {computers} computers");
    assert!(computers > 0);
}

/// Two computers of one name have identifiers of their own, and so have their sessions.
#[test]
fn computers_of_one_name_have_their_own_identifiers() {
    let folder = scratch("one-name");
    for (place, seed) in [("a", 3), ("b", 4)] {
        write_files(&evtx_synth::simulate::any(seed).files, &folder.join(place));
    }
    let report = |place: &str| winlast::Analysis::of([folder.join(place)]).run().unwrap();
    let [(own, a), (other, b)] = ["a", "b"].map(|place| identifiers(&report(place)));
    assert!(a.is_disjoint(&b) && !a.is_empty(), "{a:?} {b:?}");
    let uids: BTreeSet<&String> = own.values().chain(other.values()).collect();
    assert_eq!(uids.len(), own.len() + other.len());
}
