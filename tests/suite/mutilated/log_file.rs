//! A log as bytes: its chunks and records are found, taken away and written again, with both
//! checksums of each chunk mended. Nothing here is shared with the reader that is tested. Source of
//! the layout: the EVTX specification of libyal (`Windows XML Event Log (EVTX) format`).

use super::values::{self, FILE_TIME, UINT16, UINT64};
use std::ops::Range;
use std::path::Path;

pub(super) const FILE_HEADER: usize = 4096;
const CHUNK: usize = 65_536;
const FIRST_RECORD: usize = 512;
const RECORD_SIGNATURE: [u8; 4] = [0x2a, 0x2a, 0, 0];
/// An Event ID that no provider of the catalogue writes.
const OF_NO_INTEREST: u16 = 65_000;

/// One log.
#[derive(Clone)]
pub(super) struct Log {
    /// The name of its file.
    pub(super) name: String,
    header: Vec<u8>,
    /// In the order of their record numbers.
    pub(super) chunks: Vec<Chunk>,
}

/// One chunk with its live records.
#[derive(Clone)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    pub(super) records: Vec<Record>,
}

/// Where one record lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) at: usize,
    pub(super) size: usize,
    /// The number in its header.
    pub(super) number: u64,
}

impl Record {
    fn end(&self) -> usize {
        self.at + self.size
    }

    /// Its BinXML.
    pub(super) fn content(&self) -> Range<usize> {
        self.at + 24..self.end() - 4
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

pub(super) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

impl Log {
    /// The log in a file; `None`: it is no log, or a log without records.
    pub(super) fn read(path: &Path) -> Option<Log> {
        let mut bytes = std::fs::read(path).unwrap();
        if !bytes.starts_with(b"ElfFile\0") {
            return None;
        }
        let slots = bytes.len().saturating_sub(FILE_HEADER).div_ceil(CHUNK);
        bytes.resize(FILE_HEADER + slots * CHUNK, 0);
        let (header, slots) = bytes.split_at(FILE_HEADER);
        let mut chunks: Vec<Chunk> = slots.chunks(CHUNK).filter_map(Chunk::find).collect();
        chunks.sort_by_key(|chunk| chunk.records[0].number);
        let name = path.file_name()?.to_str()?.to_owned();
        Some(Log { name, header: header.to_vec(), chunks }).filter(|log| !log.chunks.is_empty())
    }

    /// The log with other chunks.
    pub(super) fn with(&self, name: String, chunks: &[Chunk]) -> Log {
        Log { name, header: self.header.clone(), chunks: chunks.to_vec() }
    }

    /// Its bytes, with every count and checksum mended.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.clone();
        let count = self.chunks.len() as u64;
        let next = self.chunks.last().map_or(1, |chunk| chunk.records.last().unwrap().number + 1);
        put(&mut bytes, 8, &0_u64.to_le_bytes());
        put(&mut bytes, 16, &count.saturating_sub(1).to_le_bytes());
        put(&mut bytes, 24, &next.to_le_bytes());
        put(&mut bytes, 42, &(count as u16).to_le_bytes());
        // Neither dirty nor full: the file is consistent.
        put(&mut bytes, 120, &0_u32.to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..120]);
        put(&mut bytes, 124, &checksum.to_le_bytes());
        self.chunks.iter().for_each(|chunk| bytes.extend(chunk.mended()));
        bytes
    }

    /// How many records it has.
    pub(super) fn count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.records.len()).sum()
    }

    /// The place of its record with this index: chunk, and record in the chunk.
    pub(super) fn place(&self, mut index: usize) -> (usize, usize) {
        for (at, chunk) in self.chunks.iter().enumerate() {
            match index.checked_sub(chunk.records.len()) {
                Some(rest) => index = rest,
                None => return (at, index),
            }
        }
        (self.chunks.len() - 1, self.chunks[self.chunks.len() - 1].records.len() - 1)
    }

    /// Takes the records away that are not wanted. Chunks without any other go as a whole.
    pub(super) fn retain(&mut self, wanted: impl Fn(&Chunk, &Record) -> bool) {
        for chunk in &mut self.chunks {
            let keep: Vec<bool> =
                chunk.records.iter().map(|record| wanted(chunk, record)).collect();
            chunk.keep(&keep);
        }
        self.chunks.retain(|chunk| !chunk.records.is_empty());
    }

    /// Numbers the record headers from 1, as an export does; `EventRecordID` stays.
    pub(super) fn renumber(&mut self) {
        let mut number = 0_u64;
        for chunk in &mut self.chunks {
            for record in &mut chunk.records {
                number += 1;
                record.number = number;
                put(&mut chunk.bytes, record.at + 8, &number.to_le_bytes());
            }
        }
    }
}

impl Chunk {
    /// The chunk in a slot; `None`: there is none, or it has no record.
    pub(super) fn find(slot: &[u8]) -> Option<Chunk> {
        if !slot.starts_with(b"ElfChnk\0") {
            return None;
        }
        let (bytes, mut records, mut at) = (slot.to_vec(), Vec::<Record>::new(), FIRST_RECORD);
        let free = u32_at(&bytes, 48);
        while at + 28 <= CHUNK && bytes[at..at + 4] == RECORD_SIGNATURE {
            let record =
                Record { at, size: u32_at(&bytes, at + 4), number: u64_at(&bytes, at + 8) };
            let whole = record.size >= 28
                && record.end() <= CHUNK
                && u32_at(&bytes, record.end() - 4) == record.size;
            let follows = records.last().is_none_or(|last| last.number + 1 == record.number);
            // Behind the free space only what continues the numbers is live.
            if !whole || (at >= free && !follows) {
                break;
            }
            at = record.end();
            records.push(record);
        }
        Some(Chunk { bytes, records }).filter(|chunk| !chunk.records.is_empty())
    }

    /// Its bytes with header and checksums as its records are.
    fn mended(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let (first, last) = (self.records[0], self.records[self.records.len() - 1]);
        for (at, number) in [(8, first), (16, last), (24, first), (32, last)] {
            put(&mut bytes, at, &number.number.to_le_bytes());
        }
        put(&mut bytes, 44, &(last.at as u32).to_le_bytes());
        put(&mut bytes, 48, &(last.end() as u32).to_le_bytes());
        bytes[last.end()..].fill(0);
        let records = crc32fast::hash(&bytes[FIRST_RECORD..last.end()]);
        put(&mut bytes, 52, &records.to_le_bytes());
        put(&mut bytes, 120, &0_u32.to_le_bytes());
        let mut header = crc32fast::Hasher::new();
        header.update(&bytes[..120]);
        header.update(&bytes[128..FIRST_RECORD]);
        put(&mut bytes, 124, &header.finalize().to_le_bytes());
        bytes
    }

    /// Takes the records away for which `keep` is false. Nothing moves, because templates and
    /// names are found by their offset in the chunk, and may be defined in a record that goes: the
    /// record before is enlarged over it, and what stands behind the end token of its BinXML is
    /// not read. The reader sees a gap in the record numbers, as after a loss.
    ///
    /// The first record of a chunk has none before it. It takes number and time of the last one of
    /// the records that go with it, and becomes an event of no interest. It does not go alone: that
    /// would leave no gap, as no loss does.
    fn keep(&mut self, keep: &[bool]) {
        let Some(first_kept) = keep.iter().position(|keep| *keep) else {
            self.records.clear();
            return;
        };
        let mut kept: Vec<Record> = Vec::new();
        if first_kept == 1 {
            kept.push(self.records[0]);
        } else if first_kept > 1 {
            let mut first = self.records[0];
            self.impersonate(first, self.records[first_kept - 1]);
            first.number = self.records[first_kept - 1].number;
            kept.push(first);
        }
        for (index, (record, keep)) in self.records.iter().zip(keep).enumerate() {
            if *keep {
                kept.push(*record);
            } else if index > 0 {
                // It is lost, not hidden: nothing may show that it is a whole record.
                put(&mut self.bytes, record.end() - 4, &[0; 4]);
            }
        }
        let behind: Vec<usize> = kept.iter().skip(1).map(|record| record.at).collect();
        // What goes behind the last record is cut off.
        for (record, end) in kept.iter_mut().zip(behind) {
            if end > record.end() {
                let old_end = record.end();
                put(&mut self.bytes, old_end - 4, &[0; 4]);
                record.size = end - record.at;
                let size = (record.size as u32).to_le_bytes();
                put(&mut self.bytes, record.at + 4, &size);
                put(&mut self.bytes, end - 4, &size);
            }
        }
        self.records = kept;
    }

    fn impersonate(&mut self, record: Record, other: Record) {
        let time = self.time(&other);
        self.hide(record);
        put(&mut self.bytes, record.at + 8, &other.number.to_le_bytes());
        put(&mut self.bytes, record.at + 16, &time.to_le_bytes());
        let system = values::read(&self.bytes, record.content()).unwrap();
        let id = u64_at(&self.bytes, self.system(&other, 10, UINT64).unwrap());
        let (number, created) = (&system[10], &system[6]);
        assert_eq!((number.kind, created.kind), (UINT64, FILE_TIME));
        put(&mut self.bytes, number.at.start, &id.to_le_bytes());
        put(&mut self.bytes, created.at.start, &time.to_le_bytes());
    }

    /// Hides the records behind the one with this index as tools do that hide records: it is enlarged
    /// over them, and its new size stands at its end. All else in them stays.
    pub(super) fn swallow(&mut self, index: usize, count: usize) {
        let end = self.records[index + count].end();
        let record = &mut self.records[index];
        record.size = end - record.at;
        let size = (record.size as u32).to_le_bytes();
        put(&mut self.bytes, record.at + 4, &size);
        put(&mut self.bytes, end - 4, &size);
        self.records.drain(index + 1..=index + count);
    }

    /// Makes a record an event of no interest. Nothing is missing then.
    pub(super) fn hide(&mut self, record: Record) {
        let at = self.system(&record, 3, UINT16).unwrap();
        put(&mut self.bytes, at, &OF_NO_INTEREST.to_le_bytes());
    }

    /// The Event ID of a record.
    pub(super) fn event_id(&self, record: &Record) -> u16 {
        u16_at(&self.bytes, self.system(record, 3, UINT16).unwrap())
    }

    /// `EventRecordID`.
    pub(super) fn record_id(&self, record: &Record) -> u64 {
        u64_at(&self.bytes, self.system(record, 10, UINT64).unwrap())
    }

    /// `TimeCreated` of a record.
    pub(super) fn time(&self, record: &Record) -> u64 {
        u64_at(&self.bytes, self.system(record, 6, FILE_TIME).unwrap())
    }

    /// Where a value of `System` stands. In every record that the event log service writes the
    /// numbers of these substitutions are the same.
    fn system(&self, record: &Record, number: usize, kind: u8) -> Option<usize> {
        let system = values::read(&self.bytes, record.content())?;
        let value = system.get(number).filter(|value| value.kind == kind)?;
        Some(value.at.start)
    }

    /// Are the values of `System` where they are expected, in every record?
    pub(super) fn is_understood(&self) -> bool {
        self.records.iter().all(|record| {
            [(3, UINT16), (6, FILE_TIME), (10, UINT64)]
                .iter()
                .all(|(number, kind)| self.system(record, *number, *kind).is_some())
        })
    }
}
