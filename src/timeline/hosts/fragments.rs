//! Fragments: what one log holds of one computer. The records of all logs are split into fragments.
//!
//! Example: a log of forwarded events with records of WS01 and WS02 becomes two fragments; an
//! ordinary log is one fragment.

use crate::model::{Channel, Event, LogId, LogSummary, Text};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The records of one computer by channel; each channel is in the order of record IDs.
pub(crate) type EventsByChannel = BTreeMap<Channel, Vec<Event>>;

/// The records of one channel.
pub(crate) fn events_of(events: &EventsByChannel, channel: Channel) -> &[Event] {
    events.get(&channel).map_or(&[], Vec::as_slice)
}

/// The records of one log, or, in a log of several computers, the records of one of them.
pub(crate) struct LogFragment {
    pub(crate) events: EventsByChannel,
    /// The folder of the log.
    pub(super) folder: Folder,
    /// The host after which its collection is named.
    pub(super) collector_host: Option<String>,
    /// All names of the computer in it, in lower case.
    pub(super) names: BTreeSet<String>,
    /// The name in the newest record, in lower case.
    pub(super) last_name: String,
}

/// A folder of logs. Several cases may have a folder of one path: `--name` can give all evidence one name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Folder {
    path: String,
    /// The case, where the path alone does not tell.
    case_mark: Option<String>,
}

impl Folder {
    pub(super) fn of(log: Option<&LogSummary>) -> Folder {
        let path = log.map_or("", |log| log.path.as_str());
        let path = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        Folder { path, case_mark: log.and_then(|log| log.case_mark.clone()) }
    }
}

impl LogFragment {
    /// Is the newest name of one fragment also a name of the other?
    pub(super) fn shares_newest_name(&self, other: &LogFragment) -> bool {
        other.names.contains(&self.last_name) || self.names.contains(&other.last_name)
    }
}

/// Splits events by log, and the logs of several computers by name as well.
pub(super) fn fragments(events: Vec<Event>, logs: &[LogSummary]) -> Vec<LogFragment> {
    let shared = logs_of_several_computers(&events, logs);
    let mut by_key: BTreeMap<(LogId, Option<String>), EventsByChannel> = BTreeMap::new();
    // Runs of one log and channel are split off from the end, so that the largest lists are not
    // copied.
    let mut events = events;
    while let Some(last) = events.last() {
        let (log, channel) = (last.location.log, last.channel);
        let is_shared = shared.contains(&log);
        let name = is_shared.then(|| last.computer.to_lowercase());
        let differs = |event: &Event| event.location.log != log || event.channel != channel;
        let before = if is_shared {
            events.len() - 1
        } else {
            events.iter().rposition(differs).map_or(0, |index| index + 1)
        };
        let run = match before {
            // This takes the whole list without copying it.
            0 => std::mem::take(&mut events),
            _ => events.split_off(before),
        };
        if events.len() < events.capacity() / 2 {
            events.shrink_to_fit();
        }
        let known = by_key.entry((log, name)).or_default().entry(channel).or_default();
        if known.is_empty() {
            *known = run;
        } else {
            known.extend(run);
        }
    }
    by_key.into_iter().map(|((log, _), events)| fragment(events, logs.get(log.index()))).collect()
}

/// Makes a fragment of the events of one log.
fn fragment(mut events: EventsByChannel, log: Option<&LogSummary>) -> LogFragment {
    for channel in events.values_mut() {
        channel.sort_by_key(|event| (event.record_id, event.time, event.location));
    }
    let mut spelled: Vec<&Text> = events.values().flatten().map(|event| &event.computer).collect();
    spelled.dedup();
    let names = spelled.into_iter().map(|name| name.to_lowercase()).collect();
    let last_name = newest_name(&events).unwrap_or_default().to_lowercase();
    let folder = Folder::of(log);
    let collector_host = log.and_then(|log| log.collector_host.clone());
    LogFragment { events, folder, collector_host, names, last_name }
}

/// The name of the computer in its newest record, as it is written there: in Security if there is a
/// record, else in System, else in any channel.
pub(crate) fn newest_name(events: &EventsByChannel) -> Option<Text> {
    let records = events
        .get(&Channel::Security)
        .or_else(|| events.get(&Channel::System))
        .or_else(|| events.values().max_by_key(|records| records.last().map(|e| e.time)))?;
    newest_of(records).map(|event| event.computer.clone())
}

/// The newest record of a computer in any channel. Adding a log of older records never changes it.
pub(crate) fn newest_record(events: &EventsByChannel) -> Option<&Event> {
    let newest = events.values().filter_map(|records| newest_of(records));
    newest.max_by_key(|event| (event.time, event.channel))
}

/// The newest live record of a channel. A recovered record may be of any age.
fn newest_of(records: &[Event]) -> Option<&Event> {
    records.iter().rev().find(|event| !event.recovered).or(records.last())
}

/// The logs that have records of several computers: logs of forwarded events, and exported logs in
/// which the computer name changes back and forth. A computer that is renamed changes its name
/// once.
fn logs_of_several_computers(events: &[Event], logs: &[LogSummary]) -> BTreeSet<LogId> {
    let forwarded = (0..).map(LogId).zip(logs).filter(|(_, log)| log.forwarded);
    let mut shared: BTreeSet<LogId> = forwarded.map(|(id, _)| id).collect();
    let mut by_log: HashMap<LogId, Vec<(u64, &Text)>> = HashMap::new();
    for event in events {
        if logs.get(event.location.log.index()).is_some_and(|log| log.exported) {
            by_log.entry(event.location.log).or_default().push((event.record_id, &event.computer));
        }
    }
    for (log, mut records) in by_log {
        records.sort_by_key(|(id, _)| *id);
        let names: BTreeSet<&Text> = records.iter().map(|(_, name)| *name).collect();
        let changes = records.windows(2).filter(|w| matches!(w, [a, b] if a.1 != b.1)).count();
        if changes + 1 > names.len() {
            shared.insert(log);
        }
    }
    shared
}
