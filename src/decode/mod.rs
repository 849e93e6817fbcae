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

use crate::model::{Event, Place, What};
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
    place: Place,
    parts: &'r mut Parts,
    thin: bool,
) -> Decoded {
    let mut fields = Fields::new(identity, data, parts, thin);
    let what = (row.decode)(&mut fields);
    Decoded { missing: fields.into_missing(), event: event(identity, place, what) }
}

/// The event of a record that only bounds an epoch in time.
pub(crate) fn witness(identity: &Identity<'_>, place: Place) -> Event {
    event(identity, place, What::Witness)
}

fn event(identity: &Identity<'_>, place: Place, what: What) -> Event {
    Event {
        record_id: identity.record_id,
        time: identity.time,
        computer: identity.computer.clone(),
        channel: identity.channel,
        event_id: identity.event_id,
        process_id: identity.process_id,
        place,
        recovered: false,
        forwarded: identity.forwarded,
        what,
    }
}

/// Written around a boot: the records beside it bound the epochs on both sides.
pub(crate) fn marks_a_boot(what: &What) -> bool {
    matches!(
        what,
        What::LsassStarted
            | What::BootConfiguration
            | What::EventLogShutdown
            | What::LogCleared(_)
            | What::ServiceStarted
            | What::ServiceStopped
            | What::UnexpectedShutdown(_)
            | What::SystemVersion
            | What::Renamed(_)
            | What::KernelStarted(_)
            | What::KernelStopped(_)
            | What::BootType(_)
            | What::Sleep(_)
            | What::Resume(_)
    )
}
