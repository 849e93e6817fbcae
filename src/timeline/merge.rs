//! Records of one channel from several logs become one stream.

use super::lineage::{Group, Streams};
use crate::model::report::Copies;
use crate::model::{
    Accounting, Channel, Event, Finding, FindingCode, LogId, LogSummary, Span, What,
};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// How the records of one channel in two logs stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// They share records, or one goes on where the other ends.
    Same,
    /// Nothing speaks against one computer, nothing for it.
    Possible,
    /// They cannot come from one computer's log.
    Apart,
}

/// The same record? Everything but the place it was read from.
fn same_record(a: &Event, b: &Event) -> bool {
    a.time == b.time
        && a.event_id == b.event_id
        && a.computer == b.computer
        && a.process_id == b.process_id
        && a.what == b.what
}

/// Compares two streams ordered by record ID.
pub(super) fn relation(a: &[Event], b: &[Event]) -> Relation {
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
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
        match x.record_id.cmp(&y.record_id) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                // A witness here may be a record of interest there: its head must agree.
                let agree = same_record(x, y) || (x.time == y.time && x.event_id == y.event_id);
                if agree {
                    same += 1
                } else {
                    different += 1
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

/// `later` has the higher record IDs: it goes on where `earlier` ends only if its clock says so
/// too and the name is the same. Another name proves nothing: computers are renamed, and then
/// a log that holds both names ties the two.
fn succession(earlier: &Event, later: &Event) -> Relation {
    if later.time.since(earlier.time) < Span::seconds(-86_400) {
        return Relation::Apart;
    }
    let same_name = earlier.computer.eq_ignore_ascii_case(&later.computer);
    if same_name && later.record_id == earlier.record_id + 1 {
        Relation::Same
    } else {
        Relation::Possible
    }
}

/// Two selections without a common record fit together if, put in record order, their times
/// rise: at most one neighbour in ten may go back more than a second.
fn interleave_in_time(a: &[Event], b: &[Event]) -> bool {
    let mut all: Vec<(u64, crate::model::Timestamp)> =
        a.iter().chain(b).map(|event| (event.record_id, event.time)).collect();
    all.sort_unstable();
    let back = all
        .windows(2)
        .filter(|w| matches!(w, [x, y] if y.1.since(x.1) < Span::seconds(-1)))
        .count();
    back * 10 <= all.len()
}

/// Different records under one ID that a record is compared with. Real logs have two; where a log
/// was made to have thousands, some copies are kept as records of their own.
const MOST_TWINS: usize = 64;

/// One computer's streams, each record once.
pub(super) struct Merged {
    pub(super) streams: Streams,
    /// Copies that were left out, by log.
    pub(super) duplicates: BTreeMap<LogId, u64>,
    /// The same of the events that are accounted for.
    pub(super) accounting: Accounting,
    /// Records that more than one log holds, and the other logs.
    pub(super) copies: Copies,
    pub(super) findings: Vec<Finding>,
}

/// Merges a group's streams: by record ID, live before recovered; copies counted and left out,
/// different records under one ID all kept and reported.
pub(super) fn merge(group: Group, logs: &[LogSummary]) -> Merged {
    let mut streams = Streams::new();
    for strand in group {
        for (channel, events) in strand.streams {
            match streams.entry(channel) {
                Entry::Vacant(vacant) => drop(vacant.insert(events)),
                Entry::Occupied(mut known) => known.get_mut().extend(events),
            }
        }
    }
    let mut merged = Merged {
        streams: Streams::new(),
        duplicates: BTreeMap::new(),
        accounting: Accounting::default(),
        copies: Copies::new(),
        findings: Vec::new(),
    };
    for (channel, mut events) in streams {
        events.sort_by_key(|event| (event.record_id, event.recovered, event.time, event.place));
        if events.is_sorted_by(|a, b| a.record_id < b.record_id) {
            merged.streams.insert(channel, events);
            continue;
        }
        let mut kept: Vec<Event> = Vec::with_capacity(events.len());
        let mut conflicts: BTreeMap<(LogId, LogId), Vec<Event>> = BTreeMap::new();
        for event in events {
            let id = event.record_id;
            let twins =
                || kept.iter().rev().take_while(|other| other.record_id == id).take(MOST_TWINS);
            if twins().any(|twin| same_record(twin, &event)) {
                *merged.duplicates.entry(event.place.log).or_default() += 1;
                if channel == Channel::Security && matches!(event.event_id, 4624 | 4634 | 4647) {
                    merged.accounting.events.entry(event.event_id).or_default().duplicates += 1;
                }
                // Only what rows cite needs to know where else it stands.
                if !matches!(event.what, What::Witness) {
                    let key = (channel, event.record_id);
                    merged.copies.entry(key).or_default().insert(event.place.log);
                }
                continue;
            }
            if let Some(twin) = twins().last() {
                let pair = (twin.place.log, event.place.log);
                conflicts.entry(pair).or_default().push(event.clone());
            }
            kept.push(event);
        }
        let reports =
            conflicts.iter().filter_map(|(pair, list)| conflict(&channel, *pair, list, logs));
        merged.findings.extend(reports);
        merged.streams.insert(channel, kept);
    }
    merged
}

fn conflict(
    channel: &Channel,
    (first, second): (LogId, LogId),
    events: &[Event],
    logs: &[LogSummary],
) -> Option<Finding> {
    let event = events.first()?;
    let path = |log: LogId| logs.get(log.index()).map_or("", |log| log.path.as_str());
    let others = match events.len() {
        1 => String::new(),
        more => format!(" and {} more record IDs", more - 1),
    };
    Some(Finding {
        computer: event.computer.clone(),
        time: Some(event.time),
        log: Some(second),
        record_id: Some(event.record_id),
        ..Finding::new(
            FindingCode::RecordConflict,
            format!(
                "{channel}#{}{others}: {} and {} hold different records under one ID (a restored \
                 snapshot, a log that lost its tail in a crash, or tampering); both are kept",
                event.record_id,
                path(first),
                path(second)
            ),
        )
    })
}
