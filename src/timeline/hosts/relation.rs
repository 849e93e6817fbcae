//! Whether the records of one channel in two logs are of one computer.

use crate::model::account::same_name;
use crate::model::{Event, Span, Timestamp};
use crate::timeline::timing::{BACK_BETWEEN_LOGS, JITTER};
use std::ops::RangeInclusive;

/// What the records say of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// They share records, or one continues where the other ends.
    Same,
    /// Nothing speaks against one computer, and nothing for it.
    Possible,
    /// They cannot be of one log.
    Apart,
}

/// The same record? Everything but its location must be equal.
pub(crate) fn same_record(a: &Event, b: &Event) -> bool {
    a.time == b.time
        && a.event_id == b.event_id
        && a.computer == b.computer
        && a.process_id == b.process_id
        && a.detail == b.detail
        && a.kind == b.kind
}

/// Compares the records of two logs, each ordered by record ID.
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
                // A boundary record here may be a record with a meaning there: its head alone must agree.
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
        (0, _) => Relation::Apart,
        // A restored snapshot writes other records under IDs that a copy already has.
        (same, different) if same > different => Relation::Same,
        _ => Relation::Apart,
    }
}

/// The events of a list with these record IDs.
fn within<'e>(events: &'e [Event], ids: &RangeInclusive<u64>) -> std::slice::Iter<'e, Event> {
    let from = events.partition_point(|event| event.record_id < *ids.start());
    let to = events.partition_point(|event| event.record_id <= *ids.end());
    events.get(from..to).unwrap_or_default().iter()
}

/// `later` has the higher record IDs. It continues where `earlier` ends if its first record is the next
/// one and the name is the same: the clock may have been set by months in between. Another name proves
/// nothing: computers are renamed, and then a log that holds both names relates the two.
fn succession(earlier: &Event, later: &Event) -> Relation {
    let same_name = same_name(&earlier.computer, &later.computer);
    if same_name && later.record_id == earlier.record_id + 1 {
        return Relation::Same;
    }
    match later.time.since(earlier.time) < Span(-BACK_BETWEEN_LOGS.0) {
        true => Relation::Apart,
        false => Relation::Possible,
    }
}

/// Two selections without a common record fit together if their times rise in the order of the
/// records: at most one neighbour in ten may go back more than a second.
fn interleave_in_time(a: &[Event], b: &[Event]) -> bool {
    let mut all: Vec<(u64, Timestamp)> =
        a.iter().chain(b).map(|event| (event.record_id, event.time)).collect();
    all.sort_unstable();
    let back =
        all.windows(2).filter(|w| matches!(w, [x, y] if y.1.since(x.1) < Span(-JITTER.0))).count();
    back * 10 <= all.len()
}
