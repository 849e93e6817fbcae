//! Two logs have records of the same channel. Are both logs of one computer?
//!
//! Example: log A has the records 1 to 100, log B has 50 to 150. If the records 50 to 100 agree in
//! time and Event ID, the two are of one computer; if they differ, they are not.

use crate::model::account::same_name;
use crate::model::{Event, Span, Timestamp};
use crate::timeline::timing::{BACK_BETWEEN_LOGS, JITTER};
use std::ops::RangeInclusive;

/// What a comparison of the records of two logs shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// One computer: they share records.
    Same,
    /// One computer, unless a comparison with other logs contradicts this: one log continues with the next record ID
    /// where the other one ends.
    Continued,
    /// Nothing shows whether they are of one computer.
    Possible,
    /// Two computers: they cannot be parts of one log.
    Different,
}

/// Are these copies of one record? Everything except the location must be equal.
pub(crate) fn same_record(a: &Event, b: &Event) -> bool {
    a.time == b.time
        && a.event_id == b.event_id
        && a.computer == b.computer
        && a.process_id == b.process_id
        && a.detail == b.detail
        && a.kind == b.kind
}

/// Compares the records of two logs, each in the order of record IDs.
pub(crate) fn relation(a: &[Event], b: &[Event]) -> Relation {
    let (Some(a_first), Some(a_last), Some(b_first), Some(b_last)) =
        (a.first(), a.last(), b.first(), b.last())
    else {
        return Relation::Possible;
    };
    if a_last.record_id < b_first.record_id {
        return succession(a_last, b_first);
    }
    if b_last.record_id < a_first.record_id {
        return succession(b_last, a_first);
    }
    let (mut same, mut different) = (0_usize, 0_usize);
    let ids = a_first.record_id.max(b_first.record_id)..=a_last.record_id.min(b_last.record_id);
    let (mut left, mut right) = (within(a, &ids).peekable(), within(b, &ids).peekable());
    while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
        match x.record_id.cmp(&y.record_id) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                // A boundary record in one log may be read fully in the other, so only time and
                // Event ID must agree.
                match x.time == y.time && x.event_id == y.event_id {
                    true => same += 1,
                    false => different += 1,
                }
                left.next();
                right.next();
            }
        }
    }
    match (same, different) {
        (0, 0) if interleave_in_time(a, b) => Relation::Possible,
        (0, _) => Relation::Different,
        // After a snapshot was restored, Windows writes other records with IDs that a copy already
        // has.
        (same, different) if same > different => Relation::Same,
        _ => Relation::Different,
    }
}

/// The events with these record IDs.
fn within<'e>(events: &'e [Event], ids: &RangeInclusive<u64>) -> std::slice::Iter<'e, Event> {
    let from = events.partition_point(|event| event.record_id < *ids.start());
    let to = events.partition_point(|event| event.record_id <= *ids.end());
    events.get(from..to).unwrap_or_default().iter()
}

/// Compares two logs without common record IDs; `later` has the higher ones. It continues `earlier`
/// if its first record is the next one and the computer name is the same, even if the clock was set
/// by months in between. A different name proves nothing, because computers are renamed; then a log
/// with both names relates the two.
fn succession(earlier: &Event, later: &Event) -> Relation {
    let same_name = same_name(&earlier.computer, &later.computer);
    if same_name && later.record_id == earlier.record_id + 1 {
        return Relation::Continued;
    }
    match later.time.since(earlier.time) < Span(-BACK_BETWEEN_LOGS.0) {
        true => Relation::Different,
        false => Relation::Possible,
    }
}

/// Do two selections without a common record fit together? They do if their times rise in the order
/// of the record IDs: at most one record in ten may be more than a second earlier than the one
/// before it.
fn interleave_in_time(a: &[Event], b: &[Event]) -> bool {
    let mut all: Vec<(u64, Timestamp)> =
        a.iter().chain(b).map(|event| (event.record_id, event.time)).collect();
    all.sort_unstable();
    let back =
        all.windows(2).filter(|w| matches!(w, [x, y] if y.1.since(x.1) < Span(-JITTER.0))).count();
    back * 10 <= all.len()
}
