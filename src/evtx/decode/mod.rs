//! What a record says, in types: one table of (provider, Event ID, channel).
//!
//! A [`Source`] tells from a record's identity whether anything of ours is in it; [`decode`] reads
//! its fields by name. A field that is missing is reported, and the event counts all the same.

mod fields;
mod others;
mod parts;
mod record;
mod security;
mod stored;
mod system;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use parts::Parts;
pub(crate) use record::{Data, Field, Identity};
pub(crate) use stored::{YEAR_10000, utf16};
pub(crate) use table::{Row, Source};
pub(crate) use value::{Value, number};

use crate::model::{Event, EventKind, RecordLocation};
use fields::Fields;

/// A decoded event, and the fields that it should have had.
pub(crate) struct Decoded {
    /// The event.
    pub(crate) event: Event,
    /// Names of needed fields that were missing or unreadable.
    pub(crate) missing: Vec<&'static str>,
}

/// Decodes a record by its row of the table; `thin`: of events that concern no session, only that
/// they are there.
pub(crate) fn decode<'r>(
    row: &Row,
    identity: &'r Identity<'r>,
    data: &'r dyn Data<'r>,
    place: RecordLocation,
    parts: &'r mut Parts,
    thin: bool,
) -> Decoded {
    let mut fields = Fields::new(identity, data, parts, thin);
    let kind = (row.decode)(&mut fields);
    Decoded { missing: fields.into_missing(), event: event(identity, place, kind) }
}

/// The event of a record that only bounds an epoch in time.
pub(crate) fn boundary(identity: &Identity<'_>, place: RecordLocation) -> Event {
    event(identity, place, EventKind::Boundary)
}

fn event(identity: &Identity<'_>, place: RecordLocation, kind: EventKind) -> Event {
    Event {
        record_id: identity.record_id,
        time: identity.time,
        computer: identity.computer.clone(),
        channel: identity.channel,
        event_id: identity.event_id,
        process_id: identity.process_id,
        location: place,
        recovered: false,
        forwarded: identity.forwarded,
        kind,
    }
}

/// Written around a boot: the records beside it bound the epochs on both sides.
pub(crate) fn marks_a_boot(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::LsassStarted
            | EventKind::BootConfiguration
            | EventKind::EventLogShutdown
            | EventKind::LogCleared(_)
            | EventKind::ServiceStarted
            | EventKind::ServiceStopped
            | EventKind::UnexpectedShutdown(_)
            | EventKind::SystemVersion
            | EventKind::Renamed(_)
            | EventKind::KernelStarted(_)
            | EventKind::KernelStopped(_)
            | EventKind::BootType(_)
            | EventKind::Sleep(_)
            | EventKind::Resume(_)
    )
}
