//! Reads the records that the fast reader does not read.
//!
//! The `evtx` crate renders such a record as XML ([`CrateReader`]); [`read`] parses that, and makes
//! an event of it where it matters.

use super::decode::{
    self, CatalogueRow, Decoded, EventSource, HopHead, Interner, RecordIdentity, Value, number,
};
use super::format::{
    CHUNK_FIRST_RECORD, CHUNK_NAME_TABLE, CHUNK_SIGNATURE, CHUNK_SIZE, RECORD_NUMBER,
    RECORD_SIGNATURE, RECORD_SIZE, RECORD_TIME, value_type,
};
use super::record_walk::RecordHeader;
use super::template::{CountedRecord, WrongSizedValue};
use super::xml::{self, ParsedRecord, SystemTexts};
use crate::evidence::bytes::put;
use crate::model::event::Detail;
use crate::model::{Accounting, Channel, Event, HopRecord, RecordLocation, Text, Timestamp};
use evtx::err::EvtxError;
use evtx::{EvtxChunkData, ParserSettings};
use std::error::Error;
use std::sync::Arc;

/// What the fallback made of a record.
pub(super) enum FallbackRead {
    /// An event that means something to sessions, with the needed fields that it lacks.
    Event(Event, Vec<&'static str>),
    /// Any other record, as the boundary that it can be; `None` in channels that are not decoded.
    Irrelevant(Option<Event>),
}

/// What is wanted of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedOfRecord {
    /// How much is kept of events that concern no session.
    pub(super) detail: Detail,
    /// Whether it is read for hops too.
    pub(super) hops: bool,
}

/// Why a record gave no event.
#[derive(Debug, PartialEq)]
pub(super) enum RefusedRecord {
    /// Debris: no provider, channel or computer. The text names what it lacks.
    Ghost(String),
    /// It cannot be read, and why.
    Unreadable(String),
}

/// Reads one record from its XML. XML does not show whether the record was `forwarded`: its bytes
/// do. What is kept of its texts is taken from `texts`. `count` is called for every record read.
///
/// # Errors
/// When the record gives no event.
pub(super) fn read(
    xml: &[u8],
    forwarded: bool,
    location: RecordLocation,
    interner: &mut Interner,
    wanted: WantedOfRecord,
    texts: &mut TextsOfChunk,
    count: impl FnOnce(CountedRecord<'_>),
) -> Result<(FallbackRead, Option<HopRecord>), RefusedRecord> {
    let xml = std::str::from_utf8(xml)
        .map_err(|error| RefusedRecord::Unreadable(format!("no valid text: {error}")))?;
    let mut row: Option<&'static CatalogueRow> = None;
    let mut is_hop = false;
    let parsed = xml::parse(xml, |system| {
        row = catalogue_row(system);
        is_hop = wanted.hops && is_read_for_hops(system);
        row.is_some() || is_hop
    })
    .map_err(RefusedRecord::Unreadable)?;
    let system = &parsed.system;
    let needed = needed(system)?;
    texts.take(&parsed, row.is_some())?;
    let is_hop = is_hop && texts.take_for_hops(&parsed);
    let channel = Channel::from_name(&system.channel);
    let computer = interner.text(&system.computer);
    let is_foreign = row.is_none()
        && channel.is_some_and(|channel| Accounting::counts(needed.event_id, channel));
    count(CountedRecord {
        record_id: needed.record_id,
        time: needed.time,
        computer: &computer,
        channel: match channel {
            Some(channel) => channel.name(),
            None => &system.channel,
        },
        forwarded,
        foreign: is_foreign.then_some((needed.event_id, &*system.provider)),
    });
    let values = parsed.values();
    let head = hop_head(system, &needed, &computer);
    let hop = if is_hop { head.decode(&values, location, interner) } else { None };
    let Some(channel) = channel else { return Ok((FallbackRead::Irrelevant(None), hop)) };
    let identity = identity(system, &needed, &computer, channel, forwarded);
    let decoded = row
        .and_then(|row| decode::decode(row, &identity, &values, location, interner, wanted.detail));
    let read = match decoded {
        Some(Decoded { event, missing }) => FallbackRead::Event(event, missing),
        None => FallbackRead::Irrelevant(Some(decode::boundary(&identity, location))),
    };
    Ok((read, hop))
}

fn identity<'a>(
    system: &'a SystemTexts<'_>,
    needed: &NeededSystem,
    computer: &'a Text,
    channel: Channel,
    forwarded: bool,
) -> RecordIdentity<'a> {
    RecordIdentity {
        event_id: needed.event_id,
        version: number(&system.version).and_then(|n| n.try_into().ok()).unwrap_or(0),
        record_id: needed.record_id,
        time: needed.time,
        computer,
        channel,
        process_id: number(&system.process_id).and_then(|n| n.try_into().ok()).unwrap_or(0),
        user_sid: Value::Text(&system.user_sid),
        forwarded,
    }
}

fn is_read_for_hops(system: &SystemTexts<'_>) -> bool {
    let computer = "".into();
    needed(system).is_ok_and(|needed| hop_head(system, &needed, &computer).is_wanted())
}

fn hop_head<'a>(
    system: &'a SystemTexts<'_>,
    needed: &NeededSystem,
    computer: &'a Text,
) -> HopHead<'a> {
    HopHead {
        provider: &system.provider,
        event_id: needed.event_id,
        record_id: needed.record_id,
        time: needed.time,
        computer,
        channel: &system.channel,
    }
}

/// Bytes of text that may be kept of the records of one chunk. A chunk can hold 96 KiB, but a template that
/// names one value a thousand times makes megabytes of it. What is read for hops alone has as much again, so
/// that nothing else depends on it.
pub(super) struct TextsOfChunk {
    events: usize,
    hops: usize,
}

impl TextsOfChunk {
    /// For a chunk that begins.
    pub(super) fn new() -> TextsOfChunk {
        TextsOfChunk { events: 4 * CHUNK_SIZE, hops: 4 * CHUNK_SIZE }
    }

    fn take(&mut self, parsed: &ParsedRecord<'_>, is_event: bool) -> Result<(), RefusedRecord> {
        let data = if is_event { data_size(parsed) } else { 0 };
        let texts = data + parsed.system.channel.len() + parsed.system.computer.len();
        self.events = self.events.checked_sub(texts).ok_or_else(|| {
            let reason = format!(
                "its texts have {texts} bytes: with those of the records before it more than a chunk \
                 can hold"
            );
            RefusedRecord::Unreadable(reason)
        })?;
        Ok(())
    }

    /// Whether a record may be read for hops.
    fn take_for_hops(&mut self, parsed: &ParsedRecord<'_>) -> bool {
        let left = self.hops.checked_sub(data_size(parsed));
        self.hops = left.unwrap_or(self.hops);
        left.is_some()
    }
}

fn data_size(parsed: &ParsedRecord<'_>) -> usize {
    parsed.data.iter().map(|(_, value)| value.len()).sum()
}

fn catalogue_row(system: &SystemTexts<'_>) -> Option<&'static CatalogueRow> {
    let event_id = needed(system).ok()?.event_id;
    EventSource::named(&system.provider).row(event_id, Channel::from_name(&system.channel)?)
}

/// What a record cannot do without, besides provider, channel and computer.
struct NeededSystem {
    event_id: u16,
    record_id: u64,
    time: Timestamp,
}

fn needed(system: &SystemTexts<'_>) -> Result<NeededSystem, RefusedRecord> {
    let lacks: Vec<&str> = [
        ("provider", &system.provider),
        ("channel", &system.channel),
        ("computer", &system.computer),
    ]
    .into_iter()
    .filter(|(_, text)| text.is_empty())
    .map(|(name, _)| name)
    .collect();
    if !lacks.is_empty() {
        return Err(RefusedRecord::Ghost(lacks.join(", ")));
    }
    let unreadable = |what: &str, text: &str| {
        RefusedRecord::Unreadable(format!("its {what} is {text:?}, which is impossible"))
    };
    let as_number = |what: &str, text: &str| number(text).ok_or_else(|| unreadable(what, text));
    let event_id = as_number("EventID", &system.event_id)?;
    Ok(NeededSystem {
        event_id: event_id.try_into().map_err(|_| unreadable("EventID", &system.event_id))?,
        record_id: as_number("EventRecordID", &system.record_id)?,
        time: Timestamp::parse(&system.system_time)
            .ok_or_else(|| unreadable("SystemTime", &system.system_time))?,
    })
}

/// Number of the record that only fills the space before those asked for.
const FILLER: u64 = u64::MAX - 1;
/// Bytes of XML that may be made of the records of one chunk, as many as the crate allows itself.
const RENDERED_OF_A_CHUNK: usize = 64 << 20;
/// Bytes of XML after which the crate gives up a record …
const RENDERED_OF_A_RECORD: usize = 16 << 20;
/// … and what it says then.
const TOO_LARGE: &str = "renders to more than";
/// What is said of records behind those.
const SPENT: &str = "the records of this chunk have more text than the limit for one chunk";
/// What is said of a record that the crate does not mention.
const PASSED_OVER: &str = "the decoder skipped it";

/// Renders records through the crate. The crate gets a copy of the chunk in which the chunk header
/// and the record headers are written anew: *we* say where records are, and a damaged header,
/// name table or neighbour takes no record away. Contents are not touched.
pub(super) struct CrateReader {
    settings: Arc<ParserSettings>,
    copy: Vec<u8>,
}

impl CrateReader {
    pub(super) fn new() -> CrateReader {
        CrateReader::with_indent(false)
    }

    /// One whose XML has a line for each element.
    pub(super) fn for_people() -> CrateReader {
        CrateReader::with_indent(true)
    }

    fn with_indent(indent: bool) -> CrateReader {
        CrateReader {
            settings: Arc::new(ParserSettings::new().indent(indent)),
            copy: Vec::with_capacity(CHUNK_SIZE),
        }
    }

    /// Gives the XML of each record that is `wanted`, or why there is none, in the order of
    /// `records`, which must be sorted by offset and not overlap. The crate goes through all of
    /// them: a damaged record may reach into the next one, and must look the same there whatever
    /// is wanted. The values in `wrong_sizes` are left out.
    pub(super) fn render(
        &mut self,
        chunk: &[u8],
        records: &[RecordHeader],
        wrong_sizes: &[WrongSizedValue],
        wanted: impl Fn(&RecordHeader) -> bool,
        mut each: impl FnMut(&RecordHeader, Result<&[u8], String>),
    ) {
        // The crate has limits for what it renders of one chunk, and takes each run for a chunk.
        let mut left = RENDERED_OF_A_CHUNK;
        let mut each = |record: &RecordHeader, xml: Result<&[u8], String>| {
            left = left.saturating_sub(match &xml {
                Ok(xml) => xml.len(),
                Err(reason) if reason.contains(TOO_LARGE) => RENDERED_OF_A_RECORD,
                Err(_) => 0,
            });
            each(record, xml);
            left > 0
        };
        // A gap may hold a definition that later records need: nothing is written into it.
        let mut goes_on = true;
        for run in records.chunk_by(|before, after| before.end() == after.offset) {
            if goes_on {
                self.render_run(chunk, run, wrong_sizes, &wanted, |record, xml| {
                    goes_on = each(record, xml);
                });
            } else {
                for record in run.iter().filter(|record| wanted(record)) {
                    each(record, Err(SPENT.into()));
                }
            }
        }
    }

    /// Renders records that follow each other without a gap.
    fn render_run(
        &mut self,
        chunk: &[u8],
        records: &[RecordHeader],
        wrong_sizes: &[WrongSizedValue],
        wanted: impl Fn(&RecordHeader) -> bool,
        mut each: impl FnMut(&RecordHeader, Result<&[u8], String>),
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
                each(record, Err(PASSED_OVER.into()));
            }
            if let Some((_, record)) = waiting.next_if(|&(index, _)| index as u64 == number) {
                each(record, xml);
            }
        };
        self.prepare(chunk, records, wrong_sizes);
        let end = records.last().map_or(0, RecordHeader::end);
        let result = self.parse(end, |record| match record {
            Ok(record) if !is_wanted(record.event_record_id) => {}
            record => match record.and_then(|record| record.into_xml_bytes()) {
                Ok(record) => answer(record.event_record_id, Ok(&record.data)),
                Err(EvtxError::FailedToParseRecord { record_id, source }) => {
                    answer(record_id, Err(with_causes(&*source)));
                }
                // Of no record that was asked for.
                Err(_) => {}
            },
        });
        let reason = result.err().unwrap_or_else(|| PASSED_OVER.into());
        for (_, record) in waiting {
            each(record, Err(reason.clone()));
        }
    }

    /// Lets the crate walk the records of `self.copy` up to `end`.
    fn parse(
        &mut self,
        end: usize,
        mut each: impl FnMut(evtx::err::Result<evtx::EvtxRecord<'_>>),
    ) -> Result<(), String> {
        let mut data = EvtxChunkData::new(std::mem::take(&mut self.copy), false)
            .map_err(|error| with_causes(&error))?;
        // No limits but the one that counts: where the last record asked for ends.
        data.header.first_event_record_id = 0;
        data.header.last_event_record_id = u64::MAX;
        data.header.last_event_record_data_offset = u32::MAX;
        data.header.free_space_offset = end as u32;
        let mut chunk =
            data.parse(Arc::clone(&self.settings)).map_err(|error| with_causes(&error))?;
        for record in chunk.iter() {
            each(record);
        }
        drop(chunk);
        self.copy = data.data;
        Ok(())
    }

    /// Fills `self.copy`: records are numbered by their index, and what lies before them becomes
    /// one record, so that the crate's walk reaches them.
    fn prepare(&mut self, chunk: &[u8], records: &[RecordHeader], wrong_sizes: &[WrongSizedValue]) {
        let copy = &mut self.copy;
        copy.clear();
        copy.extend_from_slice(chunk);
        copy.resize(CHUNK_SIZE.max(chunk.len()), 0);
        put(copy, 0, CHUNK_SIGNATURE);
        // Names are found by their offsets; the table is only a cache of them.
        if let Some(table) = copy.get_mut(CHUNK_NAME_TABLE) {
            table.fill(0);
        }
        let first = records.first().map_or(CHUNK_FIRST_RECORD, |first| first.offset);
        let before = first.saturating_sub(CHUNK_FIRST_RECORD);
        if before > 0 {
            put_header(copy, CHUNK_FIRST_RECORD, before, FILLER);
        }
        for (index, record) in records.iter().enumerate() {
            put_header(copy, record.offset, record.size, index as u64);
        }
        for wrong_size in wrong_sizes {
            put(copy, wrong_size.type_at, &[value_type::NULL]);
        }
    }
}

/// Writes a record's header, with a time of 0: the crate refuses records whose header's time is
/// past the year 9999, and the time of an event is in the event.
fn put_header(copy: &mut [u8], at: usize, size: usize, number: u64) {
    put(copy, at, RECORD_SIGNATURE);
    put(copy, at + RECORD_SIZE, &(size as u32).to_le_bytes());
    put(copy, at + RECORD_NUMBER, &number.to_le_bytes());
    put(copy, at + RECORD_TIME, &0_u64.to_le_bytes());
}

/// An error and its causes in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{}: {error}", text.trim_end_matches('.'));
        cause = error.source();
    }
    text
}
