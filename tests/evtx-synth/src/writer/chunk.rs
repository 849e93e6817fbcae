//! A chunk: 64 KiB with records and everything that is needed to read them.

use super::binxml::Encoder;
use super::tables::Tables;
use super::{CHUNK_SIZE, Form, LogOptions, shape};
use crate::event::Record;
use crate::value::FileTime;

const HEADER_SIZE: usize = 512;
const STRING_TABLE: usize = 128;
const TEMPLATE_TABLE: usize = 384;
const RECORD_HEADER_SIZE: usize = 24;
const RECORD_MAGIC: [u8; 4] = [0x2a, 0x2a, 0, 0];

/// What the header of a record and the header of its chunk say about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub number: u64,
    pub id: u64,
    pub time: FileTime,
}

/// A chunk that takes records until it is full.
#[derive(Debug)]
pub(super) struct ChunkBuilder {
    bytes: Vec<u8>,
    tables: Tables,
    first: Option<Stamp>,
    last: Option<Stamp>,
    last_offset: usize,
    records: usize,
}

impl ChunkBuilder {
    pub fn new() -> Self {
        Self {
            bytes: vec![0; HEADER_SIZE],
            tables: Tables::new(),
            first: None,
            last: None,
            last_offset: 0,
            records: 0,
        }
    }

    pub fn records(&self) -> usize {
        self.records
    }

    /// Appends a record. Returns false, and leaves the bytes of the chunk unchanged, if the record
    /// does not fit.
    pub fn push(&mut self, record: &Record, stamp: Stamp, options: &LogOptions) -> bool {
        let start = self.bytes.len();
        let heads = self.tables.heads();
        let encoder = Encoder::new(start + RECORD_HEADER_SIZE, &mut self.tables);
        let xml = match options.form {
            Form::Template => encoder.template_record(&shape::instance(record, options)),
            Form::Literal => encoder.literal_record(&shape::literal(record)),
        };
        // Header, XML and the copy of the size, to a multiple of eight.
        let size = (RECORD_HEADER_SIZE + xml.len() + 4).next_multiple_of(8);
        if start + size > CHUNK_SIZE {
            self.tables.restore(heads);
            return false;
        }
        let size_field = u32::try_from(size).expect("below 64 KiB").to_le_bytes();
        self.bytes.extend(RECORD_MAGIC);
        self.bytes.extend(size_field);
        self.bytes.extend(stamp.id.to_le_bytes());
        self.bytes.extend(stamp.time.0.to_le_bytes());
        self.bytes.extend(xml);
        self.bytes.resize(start + size - 4, 0);
        self.bytes.extend(size_field);
        self.last_offset = start;
        self.first.get_or_insert(stamp);
        self.last = Some(stamp);
        self.records += 1;
        true
    }

    /// The chunk with header, tables and checksums.
    pub fn finish(self) -> Vec<u8> {
        let free = self.bytes.len();
        let mut bytes = self.bytes;
        bytes.resize(CHUNK_SIZE, 0);
        bytes[..8].copy_from_slice(b"ElfChnk\0");
        // An empty chunk counts from 1 to "-1", as in a new log of Windows.
        let ends = |of: fn(&Stamp) -> u64| {
            let none = (1, u64::MAX);
            self.first.as_ref().zip(self.last.as_ref()).map_or(none, |(a, b)| (of(a), of(b)))
        };
        let numbers = ends(|stamp| stamp.number);
        let ids = ends(|stamp| stamp.id);
        for (at, value) in [(8, numbers.0), (16, numbers.1), (24, ids.0), (32, ids.1)] {
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        put_u32(&mut bytes, 40, STRING_TABLE);
        put_u32(&mut bytes, 44, self.last_offset);
        put_u32(&mut bytes, 48, free);
        // Real chunks have this flag set whether the log is open or not.
        put_u32(&mut bytes, 120, 1);
        let strings = self.tables.string_heads.iter();
        let templates = self.tables.template_heads.iter();
        debug_assert_eq!(STRING_TABLE + 4 * strings.len(), TEMPLATE_TABLE);
        for (slot, head) in
            bytes[STRING_TABLE..HEADER_SIZE].chunks_exact_mut(4).zip(strings.chain(templates))
        {
            slot.copy_from_slice(&head.to_le_bytes());
        }
        set_checksums(&mut bytes);
        bytes
    }
}

/// Offsets of a chunk's records, by the sizes in their headers.
pub(super) fn record_offsets(chunk: &[u8]) -> Vec<usize> {
    let free = get_u32(chunk, 48);
    let mut offsets = Vec::new();
    let mut at = HEADER_SIZE;
    while at + RECORD_HEADER_SIZE <= free {
        offsets.push(at);
        at += get_u32(chunk, at + 4);
    }
    offsets
}

/// Lets the header of a chunk end after its first `records` records. The later ones stay where
/// they are.
pub(super) fn forget_after(chunk: &mut [u8], records: usize) {
    let offsets = record_offsets(chunk);
    assert!(records > 0 && records < offsets.len(), "some records stay, some are forgotten");
    let last = offsets[records - 1];
    let forgotten = u64::try_from(offsets.len() - records).expect("a small number");
    let number = get_u64(chunk, 16) - forgotten;
    chunk[16..24].copy_from_slice(&number.to_le_bytes());
    chunk.copy_within(last + 8..last + 16, 32);
    put_u32(chunk, 44, last);
    put_u32(chunk, 48, offsets[records]);
    set_checksums(chunk);
}

/// Computes both checksums of a chunk again.
pub(super) fn set_checksums(chunk: &mut [u8]) {
    let free = get_u32(chunk, 48);
    let data = crc32fast::hash(&chunk[HEADER_SIZE..free]);
    chunk[52..56].copy_from_slice(&data.to_le_bytes());
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[128..HEADER_SIZE]);
    chunk[124..128].copy_from_slice(&header.finalize().to_le_bytes());
}

/// The number of the last record in the header of a chunk.
pub(super) fn last_id(chunk: &[u8]) -> u64 {
    get_u64(chunk, 32)
}

/// Where the free space of a chunk begins.
pub(super) fn free_space(chunk: &[u8]) -> usize {
    get_u32(chunk, 48)
}

fn put_u32(bytes: &mut [u8], at: usize, value: usize) {
    let value = u32::try_from(value).expect("a small number");
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn get_u32(bytes: &[u8], at: usize) -> usize {
    bytes[at..at + 4].iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

fn get_u64(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
