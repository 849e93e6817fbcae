//! Which records belong to one computer.
//!
//! A computer is not a name: it is renamed, joins domains, and shares the name inside its install
//! image with strangers. What holds it together is a log: one native log is one computer. Logs
//! join when a name ties them and no record contradicts it.

use crate::model::{Channel, Event, LogId, LogSummary, Text};
use crate::timeline::hosts::relation::{Relation, relation};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Events by channel, each ordered by record ID.
pub(crate) type Streams = BTreeMap<Channel, Vec<Event>>;

/// What one log, or one computer inside a log of forwarded events, holds.
pub(crate) struct Strand {
    pub(crate) streams: Streams,
    /// Folder of the log.
    folder: String,
    /// The host that its collection names.
    collector_host: Option<String>,
    /// Every name, lower case.
    names: BTreeSet<String>,
    /// The name in the newest record, lower case.
    last_name: String,
}

/// A group of strands that are one computer.
pub(crate) type Group = Vec<Strand>;

/// Sorts events into computers. The order of the result is fixed by the evidence, not by
/// arguments or threads.
pub(crate) fn group(events: Vec<Event>, logs: &[LogSummary]) -> Vec<Group> {
    let mut groups: Vec<Group> = strands(events, logs).into_iter().map(|s| vec![s]).collect();
    // The closest tie first: logs that lie in one folder, then logs from anywhere.
    groups = join(groups, |a, b| a.folder == b.folder && names_tie(a, b));
    join(groups, |a, b| {
        let same_name = a.last_name == b.last_name && !other_collection(a, b);
        same_name || (names_tie(a, b) && continues(a, b))
    })
}

/// The newest name of one is a name of the other.
fn names_tie(a: &Strand, b: &Strand) -> bool {
    b.names.contains(&a.last_name) || a.names.contains(&b.last_name)
}

/// Collected from two hosts: their logs may share a name, that of the image they were installed from.
fn other_collection(a: &Strand, b: &Strand) -> bool {
    matches!((&a.collector_host, &b.collector_host), (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b))
}

/// One holds records of the other, or goes on where it ends.
fn continues(a: &Strand, b: &Strand) -> bool {
    a.streams.iter().any(|(channel, events)| {
        b.streams.get(channel).is_some_and(|other| relation(events, other) == Relation::Same)
    })
}

/// Splits events by log, and logs of many computers by name.
fn strands(events: Vec<Event>, logs: &[LogSummary]) -> Vec<Strand> {
    let shared = logs_of_many(&events, logs);
    let mut by_key: BTreeMap<(LogId, Option<String>), Streams> = BTreeMap::new();
    // Runs of one log and channel are taken from the end, so that the largest are not copied.
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
            // All of it: not a copy.
            0 => std::mem::take(&mut events),
            _ => events.split_off(before),
        };
        if events.len() < events.capacity() / 2 {
            events.shrink_to_fit();
        }
        let stream = by_key.entry((log, name)).or_default().entry(channel).or_default();
        if stream.is_empty() {
            *stream = run;
        } else {
            stream.extend(run);
        }
    }
    by_key.into_iter().map(|((log, _), streams)| strand(streams, logs.get(log.index()))).collect()
}

fn strand(mut streams: Streams, log: Option<&LogSummary>) -> Strand {
    for events in streams.values_mut() {
        events.sort_by_key(|event| (event.record_id, event.time, event.location));
    }
    let mut spelled: Vec<&Text> = streams.values().flatten().map(|event| &event.computer).collect();
    spelled.dedup();
    let names = spelled.into_iter().map(|name| name.to_lowercase()).collect();
    let last_name = newest_name(&streams).unwrap_or_default().to_lowercase();
    let path = log.map_or("", |log| log.path.as_str());
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let collector_host = log.and_then(|log| log.collector_host.clone());
    Strand { streams, folder, collector_host, names, last_name }
}

/// The name in the newest record, as written: of Security if there is one, else System, else any.
pub(crate) fn newest_name(streams: &Streams) -> Option<Text> {
    let events = streams
        .get(&Channel::Security)
        .or_else(|| streams.get(&Channel::System))
        .or_else(|| streams.values().max_by_key(|events| events.last().map(|e| e.time)))?;
    let live = events.iter().rev().find(|event| !event.recovered).or(events.last());
    live.map(|event| event.computer.clone())
}

/// Logs that hold several computers side by side: forwarded events, and exported selections whose
/// names alternate (a rename changes the name once).
fn logs_of_many(events: &[Event], logs: &[LogSummary]) -> BTreeSet<LogId> {
    let mut shared: BTreeSet<LogId> =
        events.iter().filter(|event| event.forwarded).map(|event| event.location.log).collect();
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

/// Joins groups that `tied` ties and no record keeps apart.
///
/// Where a group could join either of two that contradict each other, it joins neither: to leave
/// one computer in two parts is a nuisance, to make one of two is a lie.
fn join(groups: Vec<Group>, tied: impl Fn(&Strand, &Strand) -> bool) -> Vec<Group> {
    // Only groups that share a name can be tied: look at those alone.
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        let names: BTreeSet<&str> =
            group.iter().flat_map(|s| s.names.iter().map(String::as_str)).collect();
        for name in names {
            by_name.entry(name).or_default().push(index);
        }
    }
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for members in by_name.values() {
        for (at, &a) in members.iter().enumerate() {
            pairs.extend(members.iter().skip(at + 1).map(|&b| (a, b)));
        }
    }
    let related = |a: &Group, b: &Group| a.iter().any(|x| b.iter().any(|y| tied(x, y)));
    let mut links: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (a, b) in pairs {
        if let (Some(x), Some(y)) = (groups.get(a), groups.get(b))
            && related(x, y)
            && compatible(x, y)
        {
            links.entry(a).or_default().push(b);
            links.entry(b).or_default().push(a);
        }
    }
    let mut slots: Vec<Option<Group>> = groups.into_iter().map(Some).collect();
    let mut joined = Vec::new();
    for index in 0..slots.len() {
        let Some(mut group) = slots.get_mut(index).and_then(Option::take) else { continue };
        let mut todo = links.get(&index).cloned().unwrap_or_default();
        while let Some(next) = todo.pop() {
            let Some(slot) = slots.get_mut(next) else { continue };
            let neighbours = links.get(&next).map_or(&[][..], Vec::as_slice);
            let Some(other) = slot.take() else { continue };
            let torn = neighbours.iter().any(|&n| {
                slots
                    .get(n)
                    .and_then(Option::as_ref)
                    .is_some_and(|third| !compatible(&group, third) && related(&other, third))
            });
            if !compatible(&group, &other) || torn {
                if let Some(slot) = slots.get_mut(next) {
                    *slot = Some(other);
                }
                continue;
            }
            group.extend(other);
            todo.extend(neighbours);
        }
        joined.push(group);
    }
    joined
}

/// No channel that both have holds different records under one ID.
fn compatible(a: &Group, b: &Group) -> bool {
    a.iter().all(|x| {
        b.iter().all(|y| {
            x.streams.iter().all(|(channel, events)| {
                y.streams
                    .get(channel)
                    .is_none_or(|other| relation(events, other) != Relation::Apart)
            })
        })
    })
}
