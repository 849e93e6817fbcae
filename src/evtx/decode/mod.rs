//! Decodes records into typed events, by one table of (provider, Event ID, channel).
//!
//! An [`EventSource`] says whether a provider writes an event that means something to sessions,
//! and which row of the catalogue that is. [`decode`] then reads the record's fields by name. A
//! field that is missing is reported, and the event counts all the same.

mod as_text;
mod attempts;
mod catalogue;
mod fields;
mod hops;
mod interner;
mod local_text;
mod other_channels;
mod record;
mod security;
mod system;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use as_text::{YEAR_10000, utf16};
pub(crate) use catalogue::{CatalogueRow, EventSource};
pub(crate) use hops::HopHead;
pub(crate) use interner::Interner;
pub(crate) use record::{NamedValue, RecordData, RecordIdentity};
pub(crate) use value::{Value, number};

use crate::model::event::Detail;
use crate::model::{Event, EventKind, RecordLocation};
use fields::FieldReader;

/// A decoded event, and the fields that it should have had.
pub(crate) struct Decoded {
    /// The event.
    pub(crate) event: Event,
    /// Names of needed fields that were missing or unreadable.
    pub(crate) missing: Vec<&'static str>,
}

/// Decodes a record by its row of the catalogue. With [`Detail::HeadOnly`], of events that concern
/// no session only the head is kept. `None`: a record of that row that means nothing to sessions, such as a
/// 4776 that reports a success.
pub(crate) fn decode<'r>(
    row: &CatalogueRow,
    identity: &'r RecordIdentity<'r>,
    data: &'r dyn RecordData<'r>,
    location: RecordLocation,
    interner: &'r mut Interner,
    detail: Detail,
) -> Option<Decoded> {
    let mut fields = FieldReader::new(identity, data, interner, detail);
    let kind = (row.decode)(&mut fields);
    if fields.says_nothing() {
        return None;
    }
    let kept = fields.kept();
    Some(Decoded { missing: fields.into_missing(), event: event(identity, location, kept, kind) })
}

/// The event of a record that only bounds a boot in time.
pub(crate) fn boundary(identity: &RecordIdentity<'_>, location: RecordLocation) -> Event {
    event(identity, location, Detail::Full, EventKind::Boundary)
}

fn event(
    identity: &RecordIdentity<'_>,
    location: RecordLocation,
    detail: Detail,
    kind: EventKind,
) -> Event {
    Event {
        record_id: identity.record_id,
        time: identity.time,
        computer: identity.computer.clone(),
        channel: identity.channel,
        event_id: identity.event_id,
        process_id: identity.process_id,
        location,
        recovered: false,
        forwarded: identity.forwarded,
        detail,
        kind,
    }
}
