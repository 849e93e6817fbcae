//! Puts what was read of logs and of cases together: a log that was read twice counts once.

use crate::model::{ContainerSummary, Event, EventSet, Finding, LogId, LogSummary};
use std::collections::{BTreeMap, BTreeSet};

/// What equal logs have in common; few others have it.
type Key = (u64, u64, Option<(u64, u64)>);

/// Adds cases to `all`, in their order, or why they cannot be used. Of a log that is there already, nothing
/// is added.
pub(crate) fn join(all: &mut EventSet, cases: Vec<Result<EventSet, Finding>>) {
    let mut known: BTreeMap<Key, Vec<LogId>> = BTreeMap::new();
    let mut containers: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    all.sort();
    note(all, 0, &mut known, &mut containers);
    for case in cases {
        let mut case = match case {
            Ok(case) => case,
            Err(finding) => {
                all.findings.push(finding);
                continue;
            }
        };
        let is_known = |id: LogId, log: &LogSummary| {
            let candidates = known.get(&key(log)).into_iter().flatten();
            candidates.into_iter().any(|known| is_same(all, *known, &case, id, log))
        };
        let repeated: BTreeSet<LogId> = (0..)
            .map(LogId)
            .zip(&case.logs)
            .filter(|(id, log)| is_known(*id, log))
            .map(|(id, _)| id)
            .collect();
        case.remove_logs(&repeated);
        case.containers.retain(|container| !is_known_container(&containers, container));
        let before = all.logs.len();
        all.add(case);
        note(all, before, &mut known, &mut containers);
    }
}

/// Notes the logs from `first` on, and all containers.
fn note(
    all: &EventSet,
    first: usize,
    known: &mut BTreeMap<Key, Vec<LogId>>,
    containers: &mut BTreeMap<u64, Vec<String>>,
) {
    for (id, log) in (0..).map(LogId).zip(&all.logs).skip(first) {
        known.entry(key(log)).or_default().push(id);
    }
    for container in &all.containers {
        let paths = containers.entry(container.size).or_default();
        if !paths.contains(&container.path) {
            paths.push(container.path.clone());
        }
    }
}

fn key(log: &LogSummary) -> Key {
    (log.size, log.records_read, log.record_ids)
}

/// Whether two logs are one: both have the same path, as far as both give it, and all that was read of them
/// is equal. Copies under other names stay apart, as they do when they are read themselves.
fn is_same(all: &EventSet, a: LogId, case: &EventSet, b: LogId, log: &LogSummary) -> bool {
    let Some(known) = all.logs.get(a.index()) else { return false };
    let same_hash = known.sha256 == log.sha256 || known.sha256.is_none() || log.sha256.is_none();
    let as_known = LogSummary {
        path: known.path.clone(),
        collector_host: known.collector_host.clone(),
        sha256: known.sha256.clone(),
        ..log.clone()
    };
    let (events, others) = (all.events_of(a), case.events_of(b));
    is_same_path(&known.path, &log.path)
        && same_hash
        && as_known == *known
        && events.len() == others.len()
        && events.iter().zip(others).all(|(event, other)| is_equal(event, other))
}

/// Whether two events are equal but for the number of their log.
fn is_equal(a: &Event, b: &Event) -> bool {
    let mut location = b.location;
    location.log = a.location.log;
    a.location == location && *a == Event { location, ..b.clone() }
}

/// Whether one path is the other one, or the end of it.
fn is_same_path(a: &str, b: &str) -> bool {
    let plain = |path: &str| path.trim_start_matches("./").to_owned();
    let (a, b) = (plain(a), plain(b));
    let (long, short) = if a.len() < b.len() { (&b, &a) } else { (&a, &b) };
    long.strip_suffix(short.as_str())
        .is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn is_known_container(known: &BTreeMap<u64, Vec<String>>, container: &ContainerSummary) -> bool {
    let mut paths = known.get(&container.size).into_iter().flatten();
    paths.any(|path| is_same_path(path, &container.path))
}
