//! What reading a log costs at least: `… --example yardstick -- FILE [THREADS]`
//!
//! It reads every chunk, checks its checksum, walks the records, and decodes all values of those with an Event ID that
//! begins or ends sessions. It knows one form of record only, that of Windows, and makes nothing of what it
//! decodes: no program that reads a log can do less. It prints how many records there were, how many of them it
//! decoded, and how many bytes their values have as text.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "what cannot run may stop")]

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, thread};

const FILE_HEADER: u64 = 4096;
const CHUNK: usize = 65_536;
const CHUNKS_AT_A_TIME: usize = 4;
const FIRST_RECORD: usize = 512;
const RECORD_HEADER: usize = 24;
/// A fragment may begin with a header of four bytes, the first of which is this.
const FRAGMENT_TOKEN: u8 = 0x0f;
/// The next definition, its GUID and its size.
const DEFINITION_HEADER: usize = 24;
/// The value that holds the Event ID, in every definition that was seen.
const EVENT_ID: usize = 3;
const WANTED: [u16; 6] = [4624, 4625, 4634, 4647, 4648, 4672];
const STRING: u8 = 1;
const FRAGMENT: u8 = 0x21;

#[derive(Default)]
struct Found {
    records: u64,
    decoded: u64,
    text: u64,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let file = arguments.first().expect("a log");
    let threads = arguments.get(1).map_or(1, |text| text.parse().expect("a number"));
    let next = AtomicU64::new(0);
    let found = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(file, &next))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect::<io::Result<Vec<_>>>()
    })?;
    let sum = |part: fn(&Found) -> u64| found.iter().map(part).sum::<u64>();
    println!(
        "{} records, {} decoded, {} bytes of text",
        sum(|own| own.records),
        sum(|own| own.decoded),
        sum(|own| own.text)
    );
    Ok(())
}

/// Takes a few chunks at a time, until there are no more.
fn work(file: &str, next: &AtomicU64) -> io::Result<Found> {
    let mut log = File::open(file)?;
    let mut memory = vec![0; CHUNKS_AT_A_TIME * CHUNK + 4096];
    // Reads into the middle of a page are slow.
    let skip = memory.as_ptr().align_offset(4096);
    let buffer = &mut memory[skip..skip + CHUNKS_AT_A_TIME * CHUNK];
    let (mut found, mut text) = (Found::default(), String::new());
    loop {
        let turn = next.fetch_add(1, Ordering::Relaxed);
        log.seek(SeekFrom::Start(FILE_HEADER + turn * buffer.len() as u64))?;
        let mut length = 0;
        while length < buffer.len() {
            match log.read(&mut buffer[length..])? {
                0 => break,
                more => length += more,
            }
        }
        if length < CHUNK {
            return Ok(found);
        }
        for chunk in buffer[..length].chunks_exact(CHUNK) {
            if chunk.starts_with(b"ElfChnk\0") {
                read_chunk(chunk, &mut found, &mut text);
            }
        }
    }
}

fn read_chunk(chunk: &[u8], found: &mut Found, text: &mut String) {
    let end = (u32_at(chunk, 48) as usize).min(CHUNK);
    let sum = crc32fast::hash(&chunk[FIRST_RECORD..end]);
    assert_eq!(sum, u32_at(chunk, 52), "the records are sound");
    let mut at = FIRST_RECORD;
    while at + RECORD_HEADER < end {
        let size = u32_at(chunk, at + 4) as usize;
        found.records += 1;
        let outer = table(chunk, at + RECORD_HEADER);
        if outer.wants(chunk) {
            found.decoded += 1;
            text.clear();
            outer.decode(chunk, text);
            found.text += text.len() as u64;
        }
        at += size;
    }
}

/// The sizes and types of the values of an instance, and where the values begin.
struct Table {
    entries: usize,
    count: usize,
    values: usize,
}

fn table(chunk: &[u8], fragment: usize) -> Table {
    let instance = if chunk[fragment] == FRAGMENT_TOKEN { fragment + 4 } else { fragment };
    // The token of a template instance, its version, the identifier of the definition, and where that stands.
    let definition = u32_at(chunk, instance + 6) as usize;
    let mut at = instance + 10;
    if definition == at {
        at += DEFINITION_HEADER + u32_at(chunk, at + DEFINITION_HEADER - 4) as usize;
    }
    let count = u32_at(chunk, at) as usize;
    Table { entries: at + 4, count, values: at + 4 + 4 * count }
}

impl Table {
    /// Each value: its type and its bytes.
    fn values<'c>(&self, chunk: &'c [u8]) -> impl Iterator<Item = (u8, usize, &'c [u8])> {
        let mut at = self.values;
        chunk[self.entries..self.values].as_chunks::<4>().0.iter().map(move |entry| {
            let from = at;
            at += usize::from(u16::from_le_bytes([entry[0], entry[1]]));
            (entry[2], from, &chunk[from..at])
        })
    }

    fn wants(&self, chunk: &[u8]) -> bool {
        let id = (self.count > EVENT_ID).then(|| self.values(chunk).nth(EVENT_ID)).flatten();
        id.is_some_and(|(_, _, bytes)| {
            bytes.len() == 2 && WANTED.contains(&u16::from_le_bytes([bytes[0], bytes[1]]))
        })
    }

    fn decode(&self, chunk: &[u8], text: &mut String) {
        for (kind, from, bytes) in self.values(chunk) {
            match kind {
                STRING => {
                    let units =
                        bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
                    text.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')));
                }
                FRAGMENT if !bytes.is_empty() => table(chunk, from).decode(chunk, text),
                // As long as most numbers are in hexadecimal digits.
                _ => bytes.iter().for_each(|byte| text.push(char::from(byte & 0x7f))),
            }
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
