//! When a computer started, by the uptime that its event log service records when it has started (6013).

use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::timing::{QUARTER_HOUR, START_RECORD_IDS, UPTIME_IS_EXACT, ZONES_APART};
use std::ops::Range;

/// When the computer started, by each 6013 among these records.
pub(crate) fn uptimes(
    events: &[Event],
    range: Range<usize>,
) -> impl Iterator<Item = Timestamp> + '_ {
    let own = events.get(range).unwrap_or_default().iter();
    own.filter_map(|event| match event.kind {
        EventKind::Uptime(seconds, _) => {
            let seconds = i64::try_from(seconds).ok()?;
            Some(event.time.plus(Span::seconds(-seconds)))
        }
        _ => None,
    })
}

/// When the kernel started, by the first 6013 among the records right behind the start of the service, with
/// which the range begins.
pub(crate) fn start_by_uptime(events: &[Event], range: Range<usize>) -> Option<Timestamp> {
    let first = events.get(range.start)?.record_id;
    let own = events.get(range.clone()).unwrap_or_default();
    let near = own.iter().take_while(|event| event.record_id - first <= START_RECORD_IDS).count();
    uptimes(events, range.start..range.start + near).next()
}

/// Is a start by an uptime that of this kernel?
pub(crate) fn is_same_start(by_uptime: Timestamp, kernel: Timestamp) -> bool {
    by_uptime.since(kernel).abs() <= UPTIME_IS_EXACT
}

/// The same, if the service may have read the clock in another time zone than the kernel: then they differ
/// by a whole number of quarters of an hour.
pub(super) fn is_same_start_in_a_zone(by_uptime: Timestamp, kernel: Timestamp) -> bool {
    let distance = by_uptime.since(kernel).abs();
    let beyond = distance.0 % QUARTER_HOUR.0;
    distance <= ZONES_APART && beyond.min(QUARTER_HOUR.0 - beyond) <= UPTIME_IS_EXACT.0
}
