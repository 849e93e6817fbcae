//! Reading logs in memory: damaged, cut, changed.

use super::jobs::{self, ReadJob};
use super::{ReadPool, ReadSettings, RecordReaders, read_log};
use crate::evidence::{LogFile, ReadAt};
use crate::model::{EventSet, FindingCode, LogId, Verdict};
use std::io;
use std::path::Path;

/// A log in memory.
struct MemoryLog {
    bytes: Vec<u8>,
    size_now: u64,
    /// Reads that touch this byte fail.
    bad: Option<u64>,
    /// Nothing can be read from here on, although the size says so.
    gone: usize,
}

impl ReadAt for MemoryLog {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size_now)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let end = offset + buffer.len() as u64;
        if self.bad.is_some_and(|bad| (offset..end).contains(&bad)) {
            return Err(io::Error::other("bad block"));
        }
        let there = &self.bytes[..self.gone.min(self.bytes.len())];
        let rest = there.get(offset as usize..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

pub(in crate::evtx) fn log(bytes: Vec<u8>) -> LogFile {
    let size_now = bytes.len() as u64;
    let source = Box::new(MemoryLog { bytes, size_now, bad: None, gone: usize::MAX });
    LogFile::new("log".into(), 4096, source)
}

fn read(log: LogFile, recover: bool) -> EventSet {
    read_by(RecordReaders::FastAndCrate, log, recover)
}

pub(in crate::evtx) fn read_by(readers: RecordReaders, log: LogFile, recover: bool) -> EventSet {
    let settings = ReadSettings { recover, hops: true, ..ReadSettings::default() };
    let pool = ReadPool::new(Some(1)).unwrap();
    read_log(&pool, log, &settings, readers)
}

fn codes(reading: &EventSet) -> Vec<FindingCode> {
    reading.findings.iter().map(|finding| finding.code).collect()
}

/// A real log from the folder next to the project, or `None` with a word about it.
fn shared(path: &str) -> Option<Vec<u8>> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/evtx").join(path);
    let bytes = std::fs::read(full).ok();
    if bytes.is_none() {
        println!("skipped: ../shared/evtx/{path} is not here");
    }
    bytes
}

const SMALL: &str = "single/Security_with_size_t.evtx";

#[test]
fn a_sound_log_gives_no_finding() {
    let Some(bytes) = shared(SMALL) else { return };
    let reading = read(log(bytes), false);
    assert_eq!(reading.findings, []);
    let summary = &reading.logs[0];
    assert_eq!(
        (summary.records_read, summary.chunks, summary.verdict),
        (636, 6, Verdict::Complete)
    );
    assert_eq!(summary.record_ids, Some((1, 636)));
    assert_eq!(summary.gaps, []);
    assert!(!summary.exported && !summary.forwarded);
}

#[test]
fn damage_is_reported_and_the_rest_is_read() {
    let Some(sound) = shared(SMALL) else { return };
    let whole = read(log(sound.clone()), false);
    let chunk = |n: usize| 4096 + n * 65_536;

    // The file header.
    let mut bytes = sound.clone();
    bytes[..128].fill(0);
    let reading = read(log(bytes), false);
    assert_eq!(codes(&reading), [FindingCode::FileHeaderDamaged]);
    assert_eq!(reading.events, whole.events);

    // The signature of a chunk whose records are proved by their checksum.
    let mut bytes = sound.clone();
    bytes[chunk(2)] ^= 1;
    let reading = read(log(bytes), false);
    assert_eq!(codes(&reading), [FindingCode::ChunkDamaged]);
    assert_eq!(reading.events, whole.events);

    // The signature, and a byte of a record: nothing vouches for the chunk.
    let mut bytes = sound.clone();
    bytes[chunk(0)] ^= 1;
    bytes[chunk(0) + 5000] ^= 1;
    let lost = read(log(bytes.clone()), false);
    assert_eq!(lost.logs[0].verdict, Verdict::Partial);
    assert!(lost.logs[0].records_read < 636);
    assert!(lost.logs[0].record_ids.unwrap().0 > 50);
    // Its records can be carved, and say so.
    let carved = read(log(bytes), true);
    assert!(codes(&carved).contains(&FindingCode::RecordsRecovered));
    assert!(carved.logs[0].records_recovered > 50);
    assert!(carved.events.iter().any(|event| event.recovered));
    assert_eq!(carved.events.iter().filter(|event| !event.recovered).count(), lost.events.len());

    // The signature of a record.
    let mut bytes = sound.clone();
    let second = chunk(1)
        + 512
        + u32::from_le_bytes(sound[chunk(1) + 516..][..4].try_into().unwrap()) as usize;
    bytes[second] ^= 1;
    let reading = read(log(bytes), false);
    assert_eq!(codes(&reading), [FindingCode::ChunkChecksum, FindingCode::RecordUnreadable]);
    assert_eq!(reading.logs[0].records_read, 635);

    // A free-space offset that lags behind by two records.
    let mut bytes = sound.clone();
    let free = u32::from_le_bytes(sound[chunk(0) + 48..][..4].try_into().unwrap()) as usize;
    let mut back = free;
    for _ in 0..2 {
        back -= u32::from_le_bytes(sound[chunk(0) + back - 4..][..4].try_into().unwrap()) as usize;
    }
    bytes[chunk(0) + 48..][..4].copy_from_slice(&(back as u32).to_le_bytes());
    let reading = read(log(bytes), false);
    assert!(codes(&reading).contains(&FindingCode::StaleFreeSpace));
    assert_eq!(reading.events, whole.events);
}

#[test]
fn a_log_cut_anywhere_is_read_as_far_as_it_goes() {
    let Some(sound) = shared(SMALL) else { return };
    let whole = read(log(sound.clone()), false);
    let mut before = 0;
    for length in (1..sound.len()).step_by(9973) {
        let reading = read(log(sound[..length].to_vec()), false);
        let summary = &reading.logs[0];
        if length < 4096 || !(length - 4096).is_multiple_of(65_536) {
            assert!(codes(&reading).contains(&FindingCode::LogTruncated), "{length}");
            assert_ne!(summary.verdict, Verdict::Complete);
        }
        assert!(summary.records_read >= before, "{length}");
        before = summary.records_read;
        for event in
            reading.events.iter().filter(|event| event.kind != crate::model::EventKind::Boundary)
        {
            assert!(whole.events.contains(event), "{length}: {event:?}");
        }
    }
    assert!(before > 600);
}

#[test]
fn a_changing_log_and_a_bad_block_are_reported() {
    let Some(sound) = shared(SMALL) else { return };
    let source = MemoryLog { size_now: 1, bytes: sound.clone(), bad: None, gone: usize::MAX };
    let grown = read(LogFile::new("log".into(), 4096, Box::new(source)), false);
    assert_eq!(codes(&grown), [FindingCode::LogChanged]);
    assert_eq!(grown.logs[0].verdict, Verdict::Damaged);

    let source = MemoryLog {
        size_now: sound.len() as u64,
        bytes: sound,
        bad: Some(4096 + 65_536 + 9),
        gone: usize::MAX,
    };
    let log = LogFile::new("log".into(), 4096, Box::new(source));
    let reading = read(log, false);
    assert_eq!(codes(&reading), [FindingCode::SourceUnreadable, FindingCode::ChunkCountWrong]);
    assert_eq!(reading.logs[0].chunks, 5);
    assert_eq!(reading.logs[0].verdict, Verdict::Partial);
}

/// Three chunks with the records 1 to 244, as its header counts.
fn sample() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-evtx/ws01/Security.evtx");
    std::fs::read(path).unwrap()
}

#[test]
fn a_log_that_is_cut_while_it_is_read_is_reported() {
    let bytes = sample();
    let chunk = |n: usize| 4096 + n * 65_536;
    for (gone, code) in [
        (chunk(3), None),
        (chunk(3) - 1, Some(FindingCode::LogChanged)),
        (chunk(1) + 7, Some(FindingCode::LogChanged)),
        (chunk(0), Some(FindingCode::LogChanged)),
    ] {
        let size_now = bytes.len() as u64;
        let source = MemoryLog { bytes: bytes.clone(), size_now, bad: None, gone };
        let reading = read(LogFile::new("log".into(), 4096, Box::new(source)), false);
        let changed = reading.findings.iter().find(|f| f.code == FindingCode::LogChanged);
        assert_eq!(changed.map(|finding| finding.code), code, "{gone}");
        assert_eq!(reading.logs[0].verdict == Verdict::Complete, code.is_none(), "{gone}");
        if let Some(finding) = changed {
            let said = format!("only {gone} of {size_now} bytes could be read");
            assert!(finding.message.contains(&said), "{}", finding.message);
        }
    }
}

#[test]
fn a_log_that_holds_less_than_its_header_counts_is_reported() {
    let whole = sample();
    let chunk = |n: usize| 4096 + n * 65_536;
    let short = |bytes: Vec<u8>| {
        let reading = read(log(bytes), false);
        let found = reading.findings.into_iter().find(|f| f.code == FindingCode::LogShort);
        let said = found.map(|finding| finding.message).unwrap_or_default();
        (reading.logs[0].verdict, reading.logs[0].records_read, said)
    };
    assert_eq!(short(whole.clone()), (Verdict::Complete, 244, String::new()));
    for held in 0..3 {
        // Cut off at the border of a chunk, or overwritten with zeros from there on.
        let mut zeroed = whole.clone();
        zeroed[chunk(held)..].fill(0);
        let (verdict, read, said) = short(whole[..chunk(held)].to_vec());
        assert_eq!(short(zeroed), (verdict, read, said.clone()));
        assert_eq!(verdict, if held == 0 { Verdict::Unreadable } else { Verdict::Damaged });
        let missing = format!("{} records are missing, {} to 244", 244 - read, read + 1);
        assert!(said.contains(&missing), "{said}");
        assert!(
            said.contains(&format!(
                "counts 3 chunks with records up to number 244, but the file holds {held}"
            )),
            "{said}"
        );
    }
    // A chunk in the middle: the numbers of the last records are all there.
    let mut holed = whole.clone();
    holed[chunk(1)..chunk(2)].fill(0);
    assert!(short(holed).2.contains("the records of 1 chunks are missing"));
    // The number of chunks counts up to 65,535 only, so that the number of records has to tell.
    let mut wrapped = whole[..chunk(2)].to_vec();
    wrapped[42] = 2;
    let sum = crc32fast::hash(&wrapped[..120]);
    wrapped[124..128].copy_from_slice(&sum.to_le_bytes());
    assert!(short(wrapped).2.contains("to 244"));
    // The header of a log that was not closed counts fewer than there are: that is lawful.
    let mut stale = whole.clone();
    (stale[24], stale[42], stale[120]) = (9, 1, 1);
    let sum = crc32fast::hash(&stale[..120]);
    stale[124..128].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(short(stale), (Verdict::Complete, 244, String::new()));
}

#[test]
fn chunks_without_a_file_header_are_read() {
    let Some(sound) = shared(SMALL) else { return };
    let whole = read(log(sound.clone()), false);
    let bare = LogFile { first_chunk: 0, ..log(sound[4096..].to_vec()) };
    let reading = read(bare, false);
    assert_eq!(codes(&reading), [FindingCode::FileHeaderDamaged]);
    assert_eq!(reading.events, whole.events);
}

/// Marsaglia's xorshift: the same mutants in every run.
pub(in crate::evtx) struct Random(pub(in crate::evtx) u64);

impl Random {
    pub(in crate::evtx) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// Damages a log in one of the ways in which logs are damaged, and some in which they are not.
    pub(in crate::evtx) fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(8) {
            let length = bytes.len();
            let near_chunk = 4096 + self.below(length.div_ceil(65_536)) * 65_536 + self.below(600);
            let at =
                if self.below(3) == 0 { near_chunk.min(length - 1) } else { self.below(length) };
            let end = (at + 1 + self.below(300)).min(length);
            match self.below(6) {
                0 | 1 => bytes[at] ^= 1 << self.below(8),
                2 => bytes[at] = [0, 1, 0x0c, 0x21, 0x7f, 0x80, 0xff][self.below(7)],
                3 => bytes[at..end].fill(0),
                4 => {
                    let from = self.below(length - (end - at));
                    bytes.copy_within(from..from + (end - at), at);
                }
                _ if self.below(10) == 0 => bytes.truncate(at.max(1)),
                _ => bytes[at..end].fill(self.below(256) as u8),
            }
        }
    }
}

pub(in crate::evtx) fn mutants() -> usize {
    std::env::var("MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(3000)
}

#[test]
fn no_damage_stops_reading() {
    let seeds: Vec<Vec<u8>> = [
        "attack/DE_RDP_Tunneling_4624.evtx",
        "attack/DE_1102_security_log_cleared.evtx",
        "hosts/belkasoft_win10/Microsoft-Windows-TerminalServices-LocalSessionManager%4Operational.evtx",
        "manyhosts/forwarded_ID4799-4624.evtx",
        "nonsecurity/belkasoft_Setup.evtx",
    ]
    .into_iter()
    .filter_map(shared)
    .map(|mut bytes| {
        // Two chunks are enough, and quick.
        bytes.truncate(4096 + 2 * 65_536);
        bytes
    })
    .collect();
    if seeds.is_empty() {
        return;
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for mutant in 0..mutants() {
        let mut bytes = seeds[mutant % seeds.len()].clone();
        random.damage(&mut bytes);
        let reading = read(log(bytes), mutant % 2 == 0);
        let summary = &reading.logs[0];
        let live = reading.events.iter().filter(|event| !event.recovered).count() as u64;
        assert!(live <= summary.records_read, "mutant {mutant}");
        assert!(reading.events.is_sorted_by_key(|event| event.location), "mutant {mutant}");
    }
}

#[test]
fn jobs_cover_every_byte_of_every_log_once() {
    let logs: Vec<LogFile> =
        [0, 4095, 4096, 4097, 4096 + 65_536, 4096 + 9 * 65_536 + 1].map(|n| log(vec![0; n])).into();
    let settings = ReadSettings { hash: true, ..ReadSettings::default() };
    let jobs = jobs::plan(&logs, &settings);
    for (id, log) in (0..).map(LogId).zip(&logs) {
        let mut reached = 4096;
        let mut slots = 0;
        for job in &jobs {
            match *job {
                ReadJob::Chunks { log, first, offset, bytes } if log == id => {
                    assert_eq!((offset, first), (reached, slots));
                    reached += bytes;
                    slots += 4;
                }
                _ => {}
            }
        }
        assert_eq!(reached, log.source.size().max(4096));
    }
    let hashed = jobs.iter().filter(|job| matches!(job, ReadJob::Hash(..))).count();
    assert_eq!(hashed, logs.len());
}
