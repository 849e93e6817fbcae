//! Puts what was read of logs and of cases together: a log that was read twice counts once.

use crate::model::{ContainerSummary, Event, EventSet, Finding, LogId, LogSummary};
use std::collections::{BTreeMap, BTreeSet};

/// What equal logs have in common; few others have it.
type Key = (u64, u64, Option<(u64, u64)>);

/// Adds cases to `all`, in their order, or why they cannot be used. Of a log that is there already, nothing
/// is added.
pub(crate) fn join(all: &mut EventSet, cases: Vec<Result<EventSet, Finding>>) {
    all.sort();
    let mut known = AddedLogs::default();
    known.note(all);
    for case in cases {
        let mut case = match case {
            Ok(case) => case,
            Err(finding) => {
                all.findings.push(finding);
                continue;
            }
        };
        let logs = (0..).map(LogId).zip(&case.logs);
        let repeated: BTreeMap<LogId, LogId> =
            logs.filter_map(|(id, log)| Some((id, known.log(all, &case, id, log)?))).collect();
        add_hops(all, &case, &repeated, &known);
        case.remove_logs(&repeated.into_keys().collect());
        case.containers.retain(|container| !known.has_container(container));
        all.add(case);
        known.note(all);
    }
}

/// Adds the records of hops of logs that are there already without any: another case was made without them.
fn add_hops(
    all: &mut EventSet,
    case: &EventSet,
    repeated: &BTreeMap<LogId, LogId>,
    known: &AddedLogs,
) {
    let missing = case.hop_records.iter().filter_map(|record| {
        let log =
            repeated.get(&record.location.log).filter(|log| !known.with_hops.contains(log))?;
        let mut record = record.clone();
        record.location.log = *log;
        Some(record)
    });
    all.hop_records.extend(missing);
}

/// What was added so far, to look it up.
#[derive(Default)]
struct AddedLogs {
    logs: BTreeMap<Key, Vec<LogId>>,
    /// The paths of containers by their sizes.
    containers: BTreeMap<u64, Vec<String>>,
    /// How many logs and containers are noted.
    noted: (usize, usize),
    /// The logs with records of hops, and how many of these are noted.
    with_hops: BTreeSet<LogId>,
    hops_noted: usize,
}

impl AddedLogs {
    /// Notes what was added since the last time.
    fn note(&mut self, all: &EventSet) {
        for (id, log) in (0..).map(LogId).zip(&all.logs).skip(self.noted.0) {
            self.logs.entry(key(log)).or_default().push(id);
        }
        for container in all.containers.iter().skip(self.noted.1) {
            self.containers.entry(container.size).or_default().push(container.path.clone());
        }
        self.noted = (all.logs.len(), all.containers.len());
        let hops = all.hop_records.iter().skip(self.hops_noted);
        self.with_hops.extend(hops.map(|record| record.location.log));
        self.hops_noted = all.hop_records.len();
    }

    /// The log that is this one of the case.
    fn log(&self, all: &EventSet, case: &EventSet, id: LogId, log: &LogSummary) -> Option<LogId> {
        let mut candidates = self.logs.get(&key(log)).into_iter().flatten().copied();
        candidates.find(|known| is_same(all, *known, case, id, log))
    }

    fn has_container(&self, container: &ContainerSummary) -> bool {
        let mut paths = self.containers.get(&container.size).into_iter().flatten();
        paths.any(|path| is_same_path(path, &container.path))
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
