//! Stops of the event log service (1100 in Security, 6006 in System): which of them is the end of a
//! boot?
//!
//! A stop is not always the end of a boot, because the service can be restarted. Three steps of the
//! timeline need the stops, each under another condition. All these conditions are here, so that
//! their differences can be seen.
//!
//! Example: 1100 at 10:00, then a 4624 that LSASS wrote at 10:05. LSASS writes nothing five minutes
//! after a shutdown, so only the service had stopped.

use crate::model::{Event, EventKind, Timestamp};
use crate::timeline::timing::{AFTER_STOP, OTHER_CHANNEL, SAME_STOP};

/// Does this record show that only the event log service had stopped at `stop`, and not Windows?
/// LSASS writes nothing that long after a shutdown.
fn shows_reopening(event: &Event, stop: Timestamp) -> bool {
    event.lsass_pid().is_some() && event.time.since(stop) > AFTER_STOP
}

/// The stop at the end of a segment, updated by this record. A 6005, or a later record of LSASS,
/// shows that the log was opened again.
pub(crate) fn at_segment_end(stop: Option<Timestamp>, event: &Event) -> Option<Timestamp> {
    match event.kind {
        EventKind::EventLogShutdown | EventKind::ServiceStopped => Some(event.time),
        EventKind::ServiceStarted => None,
        _ => stop.filter(|stop| !shows_reopening(event, *stop)),
    }
}

/// The last clock time of an interval, updated by this record; `set` is the clock time before a
/// step. Any later record shows that the log was opened again.
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

/// The 1100 that closed the Security log of a boot for good, updated by this record.
pub(crate) fn audit_stop<'a>(stop: Option<&'a Event>, event: &'a Event) -> Option<&'a Event> {
    match event.kind {
        EventKind::EventLogShutdown => Some(event),
        _ => stop.filter(|stop| !shows_reopening(event, stop.time)),
    }
}

/// The 6006 that closed the System log of a boot for good, updated by this record.
pub(crate) fn service_stop<'a>(stop: Option<&'a Event>, event: &'a Event) -> Option<&'a Event> {
    match event.kind {
        EventKind::ServiceStopped => Some(event),
        // The service started again in the same boot.
        EventKind::ServiceStarted => None,
        _ => stop,
    }
}

/// Was only the event log service restarted at this 1100? System then has a 6006 at the same time, and a 6005 after
/// it that belongs to the same boot. A log of Security that ends soon after the restart does not show it.
pub(crate) fn is_of_restart(stop: &Event, system_of_boot: &[Event]) -> bool {
    let stopped_too = |event: &Event| {
        matches!(event.kind, EventKind::ServiceStopped)
            && SAME_STOP.contains(event.time.since(stop.time))
    };
    let mut later = system_of_boot.iter().skip_while(|event| !stopped_too(event));
    later.any(|event| matches!(event.kind, EventKind::ServiceStarted))
}
