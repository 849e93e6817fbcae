//! The `evtx` crate behind a small interface: it renders exactly the records it is asked for.

use super::chunk::{FIRST_RECORD, SLOT};
use super::walk::Found;
use crate::evidence::bytes::put;
use evtx::err::EvtxError;
use evtx::{EvtxChunkData, ParserSettings};
use std::error::Error;
use std::sync::Arc;

/// Number of the record that only fills the space before those asked for.
const FILLER: u64 = u64::MAX - 1;
/// The string table in the chunk header: 64 offsets.
const STRING_TABLE: std::ops::Range<usize> = 128..384;

/// Renders records through the crate. The crate sees a copy of the chunk with a header and record
/// headers of our making: *we* say where records are, and a damaged header, string table or
/// neighbour takes no record away. Contents are not touched.
pub(super) struct CrateReader {
    settings: Arc<ParserSettings>,
    copy: Vec<u8>,
}

impl CrateReader {
    pub(super) fn new() -> CrateReader {
        CrateReader {
            settings: Arc::new(ParserSettings::new().indent(false)),
            copy: Vec::with_capacity(SLOT),
        }
    }

    /// Gives the XML of each record that is `wanted`, or why there is none, in the order of
    /// `records`, which must be sorted by offset and not overlap. The crate goes through all of
    /// them: a damaged record may reach into the next one, and must look the same there whatever
    /// is wanted.
    pub(super) fn render(
        &mut self,
        chunk: &[u8],
        records: &[Found],
        wanted: impl Fn(&Found) -> bool,
        mut each: impl FnMut(&Found, Result<&[u8], String>),
    ) {
        // A gap may hold a definition that later records need: nothing is written into it.
        for run in records.chunk_by(|before, after| before.end() == after.offset) {
            self.render_run(chunk, run, &wanted, &mut each);
        }
    }

    /// Renders records that lie side by side.
    fn render_run(
        &mut self,
        chunk: &[u8],
        records: &[Found],
        wanted: impl Fn(&Found) -> bool,
        mut each: impl FnMut(&Found, Result<&[u8], String>),
    ) {
        let is_wanted = |number| {
            let index = usize::try_from(number).ok();
            index.and_then(|index| records.get(index)).is_some_and(&wanted)
        };
        let mut waiting =
            records.iter().enumerate().filter(|(_, record)| wanted(record)).peekable();
        if waiting.peek().is_none() {
            return;
        }
        let mut answer = |number: u64, xml: Result<&[u8], String>| {
            if number == FILLER {
                return;
            }
            // Records before this one got no answer of their own.
            while let Some((_, record)) = waiting.next_if(|&(index, _)| (index as u64) < number) {
                each(record, Err("the decoder passed over it".into()));
            }
            if let Some((_, record)) = waiting.next_if(|&(index, _)| index as u64 == number) {
                each(record, xml);
            }
        };
        self.prepare(chunk, records);
        let result = EvtxChunkData::new(std::mem::take(&mut self.copy), false)
            .map_err(|error| in_full(&error))
            .and_then(|mut data| {
                // No limits but the one that counts: where the last record asked for ends.
                data.header.first_event_record_id = 0;
                data.header.last_event_record_id = u64::MAX;
                data.header.last_event_record_data_offset = u32::MAX;
                data.header.free_space_offset = records.last().map_or(0, |last| last.end() as u32);
                let mut chunk =
                    data.parse(Arc::clone(&self.settings)).map_err(|error| in_full(&error))?;
                for record in chunk.iter() {
                    if let Ok(record) = &record
                        && !is_wanted(record.event_record_id)
                    {
                        continue;
                    }
                    match record.and_then(|record| record.into_xml_bytes()) {
                        Ok(record) => answer(record.event_record_id, Ok(&record.data)),
                        Err(EvtxError::FailedToParseRecord { record_id, source }) => {
                            answer(record_id, Err(in_full(&*source)));
                        }
                        // Of no record that was asked for.
                        Err(_) => {}
                    }
                }
                drop(chunk);
                self.copy = data.data;
                Ok(())
            });
        let reason = result.err().unwrap_or_else(|| "the decoder passed over it".into());
        for (_, record) in waiting {
            each(record, Err(reason.clone()));
        }
    }

    /// Fills `self.copy`: records are numbered by their index, and what lies before them is made
    /// one record, so that the crate's walk gets to them.
    fn prepare(&mut self, chunk: &[u8], records: &[Found]) {
        let copy = &mut self.copy;
        copy.clear();
        copy.extend_from_slice(chunk);
        copy.resize(SLOT.max(chunk.len()), 0);
        put(copy, 0, b"ElfChnk\0");
        // Names are found by their offsets; the table is only a cache of them.
        if let Some(table) = copy.get_mut(STRING_TABLE) {
            table.fill(0);
        }
        let first = records.first().map_or(FIRST_RECORD, |first| first.offset);
        let before = first.saturating_sub(FIRST_RECORD);
        if before > 0 {
            put_header(copy, FIRST_RECORD, before, FILLER);
        }
        for (index, record) in records.iter().enumerate() {
            put_header(copy, record.offset, record.size, index as u64);
        }
    }
}

/// Signature, size, number, and a time of 0: the crate refuses records whose header's time is
/// past the year 9999, and the time of an event stands in the event.
fn put_header(copy: &mut [u8], at: usize, size: usize, number: u64) {
    put(copy, at, b"**\0\0");
    put(copy, at + 4, &(size as u32).to_le_bytes());
    put(copy, at + 8, &number.to_le_bytes());
    put(copy, at + 16, &0_u64.to_le_bytes());
}

/// An error and its causes in one line.
fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{}: {error}", text.trim_end_matches('.'));
        cause = error.source();
    }
    text
}
