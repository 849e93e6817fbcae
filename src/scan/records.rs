//! From a record's XML to an event: the identity first, the data only where it matters.

use super::binxml::Marks;
use super::walk::Found;
use super::xml::{self, System};
use crate::decode::{self, Decoded, Identity, Parts, Record, Row};
use crate::model::{Event, Place, Timestamp};

/// A record that was read.
pub(super) struct Read {
    pub(super) found: Found,
    /// The event that it is, or the witness that it can be; `None` where the fast reader passed
    /// over it, which can make the witness when it is wanted.
    pub(super) event: Option<Event>,
    /// Whether `event` means something to sessions.
    pub(super) wanted: bool,
    /// Needed fields that it lacks.
    pub(super) missing: Vec<&'static str>,
}

impl Read {
    pub(super) fn passed(found: Found) -> Read {
        Read { found, event: None, wanted: false, missing: Vec::new() }
    }

    pub(super) fn event(found: Found, event: Event, missing: Vec<&'static str>) -> Read {
        Read { found, event: Some(event), wanted: true, missing }
    }

    pub(super) fn marks_a_boot(&self) -> bool {
        self.event.as_ref().is_some_and(|event| decode::marks_a_boot(&event.what))
    }

    /// What it is counted by.
    pub(super) fn marks(&self) -> Option<Marks<'_>> {
        let event = self.event.as_ref()?;
        Some(Marks {
            record_id: event.record_id,
            time: event.time,
            computer: &event.computer,
            channel: &event.channel,
            forwarded: event.forwarded,
        })
    }
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
    found: Found,
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
    Ok(Read { found, event: Some(event), wanted: row.is_some(), missing })
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
