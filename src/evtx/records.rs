//! From a record's XML to an event: the identity first, the data only where it matters.

use super::binxml::Marks;
use super::xml::{self, System};
use crate::evtx::decode::{self, Decoded, Identity, Parts, Row, Source, Value};
use crate::model::{Channel, Event, RecordLocation, Timestamp};

/// What a record is.
pub(super) enum Read {
    /// An event that means something to sessions, with the needed fields that it lacks.
    Event(Event, Vec<&'static str>),
    /// Any other record, as the witness that it can be; `None` in channels of no interest.
    Other(Option<Event>),
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
/// `count` is told of every record read.
pub(super) fn read(
    xml: &[u8],
    forwarded: bool,
    place: RecordLocation,
    parts: &mut Parts,
    thin: bool,
    count: impl FnOnce(Marks<'_>),
) -> Result<Read, Refused> {
    let xml = std::str::from_utf8(xml)
        .map_err(|error| Refused::Unreadable(format!("no valid text: {error}")))?;
    let mut row: Option<&'static Row> = None;
    let parsed = xml::parse(xml, |system| {
        row = find(system);
        row.is_some()
    })
    .map_err(Refused::Unreadable)?;
    let system = &parsed.system;
    let head = head(system)?;
    let channel = Channel::from_name(&system.channel);
    let computer = parts.text(&system.computer);
    count(Marks {
        record_id: head.record_id,
        time: head.time,
        computer: &computer,
        channel: match channel {
            Some(channel) => channel.name(),
            None => &system.channel,
        },
        forwarded,
    });
    let Some(channel) = channel else { return Ok(Read::Other(None)) };
    let identity = Identity {
        event_id: head.event_id,
        version: decode::number(&system.version).and_then(|n| n.try_into().ok()).unwrap_or(0),
        record_id: head.record_id,
        time: head.time,
        computer: &computer,
        channel,
        process_id: decode::number(&system.process_id).and_then(|n| n.try_into().ok()).unwrap_or(0),
        user_sid: Value::Text(&system.user_sid),
        forwarded,
    };
    Ok(match row {
        Some(row) => {
            let fields = parsed.fields();
            let Decoded { event, missing } =
                decode::decode(row, &identity, &fields, place, parts, thin);
            Read::Event(event, missing)
        }
        None => Read::Other(Some(decode::boundary(&identity, place))),
    })
}

fn find(system: &System<'_>) -> Option<&'static Row> {
    let event_id = head(system).ok()?.event_id;
    Source::named(&system.provider).row(event_id, Channel::from_name(&system.channel)?)
}

/// What a record must say.
struct Head {
    event_id: u16,
    record_id: u64,
    time: Timestamp,
}

fn head(system: &System<'_>) -> Result<Head, Refused> {
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
    Ok(Head {
        event_id: event_id.try_into().map_err(|_| unreadable("EventID", &system.event_id))?,
        record_id: number("EventRecordID", &system.record_id)?,
        time: Timestamp::parse(&system.system_time)
            .ok_or_else(|| unreadable("SystemTime", &system.system_time))?,
    })
}
