//! Which records belong to one computer: the records of all logs, grouped by computer.
//!
//! A computer is not a name: it is renamed, it joins domains, and it shares the name inside its
//! install image with other computers. One native log is one computer. Logs are joined where they
//! share a name and no record contradicts that they are of one computer.

use super::relation::{Relation, relation};
use crate::model::account::same_name;
use crate::model::{Channel, Event, LogId, LogSummary, Text};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The records of one computer by channel, each channel ordered by record ID.
pub(crate) type EventsByChannel = BTreeMap<Channel, Vec<Event>>;

/// The records of one channel.
pub(crate) fn events_of(events: &EventsByChannel, channel: Channel) -> &[Event] {
    events.get(&channel).map_or(&[], Vec::as_slice)
}

/// The records that one log holds, or those of one computer in a log of forwarded events.
pub(crate) struct LogFragment {
    pub(crate) events: EventsByChannel,
    /// Folder of the log.
    folder: String,
    /// The host that its collection is named after.
    collector_host: Option<String>,
    /// Every name of the computer in it, in lower case.
    names: BTreeSet<String>,
    /// The name in the newest record, in lower case.
    last_name: String,
}

impl LogFragment {
    /// Its records of a channel.
    fn of(&self, channel: Channel) -> Option<&[Event]> {
        self.events.get(&channel).map(Vec::as_slice)
    }
}

/// The fragments of one computer.
pub(crate) type HostLogs = Vec<LogFragment>;

/// Groups events by computer. The order of the result depends on the evidence alone, not on
/// arguments or threads.
pub(crate) fn group(events: Vec<Event>, logs: &[LogSummary]) -> Vec<HostLogs> {
    let mut groups: Vec<HostLogs> =
        fragments(events, logs).into_iter().map(|one| vec![one]).collect();
    // First logs that lie in one folder, then logs from anywhere.
    groups = join(groups, |a, b| a.folder == b.folder && share_newest_name(a, b));
    join(groups, |a, b| {
        let same_name = a.last_name == b.last_name && !are_of_two_collections(a, b);
        same_name || (share_newest_name(a, b) && continues(a, b))
    })
}

/// The newest name of one is a name of the other.
fn share_newest_name(a: &LogFragment, b: &LogFragment) -> bool {
    b.names.contains(&a.last_name) || a.names.contains(&b.last_name)
}

/// They were collected from two hosts. The logs of these may share a name: that of the image from
/// which both were installed.
fn are_of_two_collections(a: &LogFragment, b: &LogFragment) -> bool {
    matches!((&a.collector_host, &b.collector_host), (Some(a), Some(b)) if !same_name(a, b))
}

/// One holds records of the other, or continues where the other ends.
fn continues(a: &LogFragment, b: &LogFragment) -> bool {
    a.events.iter().any(|(channel, events)| {
        b.events.get(channel).is_some_and(|other| relation(events, other) == Relation::Same)
    })
}

/// Splits events by log, and logs of many computers by name.
fn fragments(events: Vec<Event>, logs: &[LogSummary]) -> Vec<LogFragment> {
    let shared = logs_of_several_computers(&events, logs);
    let mut by_key: BTreeMap<(LogId, Option<String>), EventsByChannel> = BTreeMap::new();
    // Runs of one log and channel are split off from the end, so that the largest are not copied.
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
            // All of it, without a copy.
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

fn fragment(mut events: EventsByChannel, log: Option<&LogSummary>) -> LogFragment {
    for channel in events.values_mut() {
        channel.sort_by_key(|event| (event.record_id, event.time, event.location));
    }
    let mut spelled: Vec<&Text> = events.values().flatten().map(|event| &event.computer).collect();
    spelled.dedup();
    let names = spelled.into_iter().map(|name| name.to_lowercase()).collect();
    let last_name = newest_name(&events).unwrap_or_default().to_lowercase();
    let path = log.map_or("", |log| log.path.as_str());
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let collector_host = log.and_then(|log| log.collector_host.clone());
    LogFragment { events, folder, collector_host, names, last_name }
}

/// The name of the computer in its newest record, as written: a record of Security if there is one,
/// else of System, else of any channel.
pub(crate) fn newest_name(events: &EventsByChannel) -> Option<Text> {
    let records = events
        .get(&Channel::Security)
        .or_else(|| events.get(&Channel::System))
        .or_else(|| events.values().max_by_key(|records| records.last().map(|e| e.time)))?;
    let live = records.iter().rev().find(|event| !event.recovered).or(records.last());
    live.map(|event| event.computer.clone())
}

/// Logs that hold the records of several computers: forwarded events, and exported selections whose
/// names alternate (a renamed computer changes its name once).
fn logs_of_several_computers(events: &[Event], logs: &[LogSummary]) -> BTreeSet<LogId> {
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

/// Joins the groups that `are_related` relates and that no record contradicts.
///
/// Where a group could join either of two that contradict each other, it joins neither: to leave one
/// computer in two parts is inconvenient, to make one of two computers is false.
fn join(
    groups: Vec<HostLogs>,
    are_related: impl Fn(&LogFragment, &LogFragment) -> bool,
) -> Vec<HostLogs> {
    // Only groups that share a name can be related.
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
    let related =
        |a: &HostLogs, b: &HostLogs| a.iter().any(|x| b.iter().any(|y| are_related(x, y)));
    let mut links: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (a, b) in pairs {
        if let (Some(x), Some(y)) = (groups.get(a), groups.get(b))
            && related(x, y)
            && compatible(&[x], y)
        {
            links.entry(a).or_default().push(b);
            links.entry(b).or_default().push(a);
        }
    }
    let mut slots: Vec<Option<HostLogs>> = groups.into_iter().map(Some).collect();
    let mut joined = Vec::new();
    for index in 0..slots.len() {
        let Some(mut group) = slots.get_mut(index).and_then(Option::take) else { continue };
        let mut todo = links.get(&index).cloned().unwrap_or_default();
        while let Some(next) = todo.pop() {
            let Some(slot) = slots.get_mut(next) else { continue };
            let neighbours = links.get(&next).map_or(&[][..], Vec::as_slice);
            let Some(other) = slot.take() else { continue };
            let is_ambiguous = neighbours.iter().any(|&n| {
                slots.get(n).and_then(Option::as_ref).is_some_and(|third| {
                    !compatible(&[&group, &other], third) && related(&other, third)
                })
            });
            if !compatible(&[&group], &other) || is_ambiguous {
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

/// May the logs of all these groups be of one computer with those of `other`? No channel holds different
/// records under one ID, and each log continues the one before it, in the order of the record IDs.
fn compatible(groups: &[&HostLogs], other: &HostLogs) -> bool {
    let own = groups.iter().flat_map(|group| group.iter());
    let channels: BTreeSet<Channel> =
        other.iter().flat_map(|one| one.events.keys().copied()).collect();
    channels.into_iter().all(|channel| {
        let own = own.clone().filter_map(|one| one.of(channel)).map(|events| (false, events));
        let theirs = other.iter().filter_map(|one| one.of(channel)).map(|events| (true, events));
        let mut logs: Vec<(bool, &[Event])> = own.chain(theirs).collect();
        let first = |events: &[Event]| events.first().map(|event| event.record_id);
        let last = |events: &[Event]| events.last().map(|event| event.record_id);
        logs.sort_by_key(|(_, events)| (first(events), last(events)));
        logs.iter().enumerate().all(|(at, (is_theirs, one))| {
            let later = logs.iter().skip(at + 1).enumerate();
            // What lies between two logs may explain a clock that was set back.
            let mut met = later
                .take_while(|(distance, (_, next))| *distance == 0 || first(next) <= last(one));
            met.all(|(_, (of_other, next))| {
                is_theirs == of_other || relation(one, next) != Relation::Apart
            })
        })
    })
}
