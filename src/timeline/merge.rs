//! Records of one channel from several logs become one stream.

use super::lineage::{Group, Streams};
use super::relation::same_record;
use crate::model::event::Detail;
use crate::model::report::Copies;
use crate::model::{
    Accounting, Channel, Event, EventKind, Finding, FindingCode, LogId, LogSummary,
};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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
        events.sort_by_key(|event| (event.record_id, event.recovered, event.time, event.location));
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
                *merged.duplicates.entry(event.location.log).or_default() += 1;
                if channel == Channel::Security && matches!(event.event_id, 4624 | 4634 | 4647) {
                    merged.accounting.events.entry(event.event_id).or_default().duplicates += 1;
                }
                // Only what rows cite needs to know where else it stands.
                let is_boundary = event.kind == EventKind::Boundary && event.detail == Detail::Full;
                if !is_boundary {
                    let key = (channel, event.record_id);
                    merged.copies.entry(key).or_default().insert(event.location.log);
                }
                continue;
            }
            if let Some(twin) = twins().last() {
                let pair = (twin.location.log, event.location.log);
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
