//! When a computer started, by the uptime that its event log service records soon after its own
//! start (6013).
//!
//! Example: a 6013 at 09:01:00 that gives an uptime of 55 seconds: the computer started at
//! 09:00:05.

use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::timing::{START_RECORD_IDS, UPTIME_IS_EXACT, lag_across_time_zones};
use std::ops::Range;

/// The start of the computer by each 6013 among these records.
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

/// The start of the kernel by the first 6013 near the start of the service, with which the range
/// begins.
pub(crate) fn start_by_uptime(events: &[Event], range: Range<usize>) -> Option<Timestamp> {
    let first = events.get(range.start)?.record_id;
    let own = events.get(range.clone()).unwrap_or_default();
    let near = own.iter().take_while(|event| event.record_id - first <= START_RECORD_IDS).count();
    uptimes(events, range.start..range.start + near).next()
}

/// Is the start that an uptime gives the start of this kernel?
pub(crate) fn is_same_start(by_uptime: Timestamp, kernel: Timestamp) -> bool {
    by_uptime.since(kernel).abs() <= UPTIME_IS_EXACT
}

/// Is it the start of this kernel, if the clock may have been set to another time zone between the
/// two records? Then the two times differ by a whole number of quarters of an hour.
pub(crate) fn is_same_start_in_a_zone(by_uptime: Timestamp, kernel: Timestamp) -> bool {
    let distance = by_uptime.since(kernel);
    let mut lags = [distance, Span(distance.0.saturating_neg())].into_iter();
    lags.any(|lag| lag_across_time_zones(lag).is_some_and(|lag| lag <= UPTIME_IS_EXACT))
}
