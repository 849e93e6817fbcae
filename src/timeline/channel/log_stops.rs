//! Stops of the event log service, and what shows that the log was opened again in the same boot.
//!
//! 1100 in Security and 6006 in System report a stop. Not every stop is the end of a boot: the
//! service may be restarted. Three steps follow the stops, each with a condition of its own. They
//! stand here side by side, so that the difference is seen.

use crate::model::{Event, EventKind, Timestamp};
use crate::timeline::timing::{AFTER_STOP, OTHER_CHANNEL};

/// Does this record show that at `stop` only the event log service had stopped, and not Windows?
/// LSASS writes nothing that long after a shutdown.
fn shows_reopening(event: &Event, stop: Timestamp) -> bool {
    event.lsass_pid().is_some() && event.time.since(stop) > AFTER_STOP
}

/// The stop at the end of a segment, after this record. A 6005 opens the log again, and so does what
/// LSASS writes later.
pub(crate) fn at_segment_end(stop: Option<Timestamp>, event: &Event) -> Option<Timestamp> {
    match event.kind {
        EventKind::EventLogShutdown | EventKind::ServiceStopped => Some(event.time),
        EventKind::ServiceStarted => None,
        _ => stop.filter(|stop| !shows_reopening(event, *stop)),
    }
}

/// The last reading of the clock in an interval, after this record; `set` is the reading before a
/// step of the clock. Any later record opens the log again.
pub(crate) fn at_interval_end(
    until: Option<Timestamp>,
    event: &Event,
    set: Option<Timestamp>,
) -> Option<Timestamp> {
    match event.kind {
        EventKind::EventLogShutdown | EventKind::ServiceStopped => Some(event.time),
        _ => set.or(until.filter(|until| event.time.since(*until) <= OTHER_CHANNEL)),
    }
}

/// The 1100 that closed the Security log of a boot for good, after this record.
pub(crate) fn audit_stop<'a>(stop: Option<&'a Event>, event: &'a Event) -> Option<&'a Event> {
    match event.kind {
        EventKind::EventLogShutdown => Some(event),
        _ => stop.filter(|stop| !shows_reopening(event, stop.time)),
    }
}

/// The 6006 that closed the System log of a boot for good, after this record.
pub(crate) fn service_stop<'a>(stop: Option<&'a Event>, event: &'a Event) -> Option<&'a Event> {
    match event.kind {
        EventKind::ServiceStopped => Some(event),
        // The service came back in the same boot.
        EventKind::ServiceStarted => None,
        _ => stop,
    }
}
