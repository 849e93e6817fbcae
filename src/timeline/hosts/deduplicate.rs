//! The records of one computer from several logs: each record once.
//!
//! Input: all fragments of one computer. Output: its records by channel, the number of duplicates
//! of each log, and findings about different records with one record ID.

use super::grouping::{EventsByChannel, HostLogs};
use super::relation::same_record;
use crate::model::report::Copies;
use crate::model::{Accounting, Channel, Event, Finding, FindingCode, LogId, LogSummary};
use crate::timeline::limits::CONFLICTING_RECORDS;
use std::collections::BTreeMap;

/// The records of one computer, each once.
#[derive(Default)]
pub(crate) struct HostEvents {
    pub(crate) events: EventsByChannel,
    /// For each log, the number of its records that were left out as copies.
    pub(crate) duplicates: BTreeMap<LogId, u64>,
    /// The number of copies among the events that start or end sessions.
    pub(crate) accounting: Accounting,
    /// The records that several logs have, and those other logs.
    pub(crate) copies: Copies,
    pub(crate) findings: Vec<Finding>,
}

/// Merges the logs of one computer by record ID, with live records before recovered ones. Copies
/// are counted and left out. Different records with one record ID are all kept and reported.
pub(crate) fn deduplicate(host: HostLogs, logs: &[LogSummary]) -> HostEvents {
    let mut channels: BTreeMap<Channel, Vec<Vec<Event>>> = BTreeMap::new();
    for (channel, events) in host.into_iter().flat_map(|fragment| fragment.events) {
        channels.entry(channel).or_default().push(events);
    }
    let mut merged = HostEvents::default();
    for (channel, lists) in channels {
        let mut events = joined(lists);
        events.sort_by_key(|event| (event.record_id, event.recovered, event.time, event.location));
        if !events.is_sorted_by(|a, b| a.record_id < b.record_id) {
            events = merged.without_copies(channel, events, logs);
        }
        merged.events.insert(channel, events);
    }
    merged
}

/// Joins several lists of events. A single list is not copied.
fn joined(mut lists: Vec<Vec<Event>>) -> Vec<Event> {
    if lists.len() < 2 {
        return lists.pop().unwrap_or_default();
    }
    let mut all = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    // Each list is freed before the next one is moved.
    lists.into_iter().for_each(|list| all.extend(list));
    all
}

impl HostEvents {
    /// Removes copies from records that are sorted by record ID, and reports different records with
    /// one ID.
    fn without_copies(
        &mut self,
        channel: Channel,
        events: Vec<Event>,
        logs: &[LogSummary],
    ) -> Vec<Event> {
        let mut kept: Vec<Event> = Vec::with_capacity(events.len());
        let mut conflicts: BTreeMap<(LogId, LogId), Vec<Event>> = BTreeMap::new();
        for event in events {
            let id = event.record_id;
            let same_id = || {
                let known = kept.iter().rev().take_while(|other| other.record_id == id);
                known.take(CONFLICTING_RECORDS)
            };
            if same_id().any(|known| same_record(known, &event)) {
                self.note_copy(channel, &event);
                continue;
            }
            if let Some(known) = same_id().last() {
                let pair = (known.location.log, event.location.log);
                conflicts.entry(pair).or_default().push(event.clone());
            }
            kept.push(event);
        }
        let findings =
            conflicts.iter().filter_map(|(pair, events)| conflict(channel, *pair, events, logs));
        self.findings.extend(findings);
        kept
    }

    /// Counts a copy that is left out.
    fn note_copy(&mut self, channel: Channel, event: &Event) {
        *self.duplicates.entry(event.location.log).or_default() += 1;
        self.accounting.add_duplicate(event);
        // Only a record that a row may cite needs its other logs.
        if !event.is_boundary() {
            let key = (channel, event.record_id);
            self.copies.entry(key).or_default().insert(event.location.log);
        }
    }
}

/// The finding about different records with one ID in two logs.
fn conflict(
    channel: Channel,
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
