//! From a record's XML to an event: the identity first, the data only where it matters.

use super::xml::{self, System};
use crate::decode::{self, Decoded, Identity, Parts, Record, Row};
use crate::model::{Channel, Event, Place, Text, Timestamp};

/// A record that was read.
pub(super) struct Read {
    /// `EventRecordID`.
    pub(super) record_id: u64,
    pub(super) time: Timestamp,
    pub(super) computer: Text,
    pub(super) channel: Channel,
    pub(super) forwarded: bool,
    /// The event that it is, or the witness that it can be.
    pub(super) event: Event,
    /// Whether `event` means something to sessions.
    pub(super) wanted: bool,
    /// Needed fields that it lacks.
    pub(super) missing: Vec<&'static str>,
}

/// Why a record gave no event.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    /// Debris: no provider, channel or computer.
    Ghost(String),
    /// It cannot be read.
    Unreadable(String),
}

/// Reads one record from its XML. XML does not tell how the record was `forwarded`: its bytes do.
pub(super) fn read(
    xml: &[u8],
    forwarded: bool,
    place: Place,
    parts: &mut Parts,
) -> Result<Read, Refused> {
    let xml = std::str::from_utf8(xml)
        .map_err(|error| Refused::Unreadable(format!("no valid text: {error}")))?;
    let mut row: Option<&'static Row> = None;
    let parsed = xml::parse(xml, |system| {
        row = identity(system, forwarded).ok().and_then(|identity| decode::find(&identity));
        row.is_some()
    })
    .map_err(Refused::Unreadable)?;
    let identity = identity(&parsed.system, forwarded)?;
    let (event, missing) = match row {
        Some(row) => {
            let fields = parsed.fields();
            let record = Record { identity, fields: &fields };
            let Decoded { event, missing } = decode::decode(row, &record, place, parts);
            (event, missing)
        }
        None => (decode::witness(&identity, place, parts), Vec::new()),
    };
    Ok(Read {
        record_id: event.record_id,
        time: event.time,
        computer: Text::clone(&event.computer),
        channel: event.channel.clone(),
        forwarded: event.forwarded,
        event,
        wanted: row.is_some(),
        missing,
    })
}

fn identity<'x>(system: &'x System<'_>, forwarded: bool) -> Result<Identity<'x>, Refused> {
    let ghost: Vec<&str> = [
        ("provider", &system.provider),
        ("channel", &system.channel),
        ("computer", &system.computer),
    ]
    .into_iter()
    .filter(|(_, text)| text.is_empty())
    .map(|(name, _)| name)
    .collect();
    if !ghost.is_empty() {
        return Err(Refused::Ghost(ghost.join(", ")));
    }
    let unreadable = |what: &str, text: &str| {
        Refused::Unreadable(format!("its {what} is {text:?}, which cannot be"))
    };
    let number =
        |what: &str, text: &str| decode::number(text).ok_or_else(|| unreadable(what, text));
    let event_id = number("EventID", &system.event_id)?;
    Ok(Identity {
        provider: &system.provider,
        event_id: event_id.try_into().map_err(|_| unreadable("EventID", &system.event_id))?,
        version: decode::number(&system.version).and_then(|n| n.try_into().ok()).unwrap_or(0),
        record_id: number("EventRecordID", &system.record_id)?,
        time: Timestamp::parse(&system.system_time)
            .ok_or_else(|| unreadable("SystemTime", &system.system_time))?,
        computer: &system.computer,
        channel: &system.channel,
        process_id: decode::number(&system.process_id).and_then(|n| n.try_into().ok()).unwrap_or(0),
        user_sid: &system.user_sid,
        forwarded,
    })
}
