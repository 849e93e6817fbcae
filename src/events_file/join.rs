//! Puts what was read of logs and of cases together: a log that was read twice counts once.
//!
//! Two logs are one if both have the same path, as far as both give it, and all that was read of them is equal. Copies
//! under other names stay apart, as they do when they are read themselves. Of a log with forwarded records, a part of a
//! fleet has only the records of its computers: the parts are put together again.

use crate::model::event::RecordLocation;
use crate::model::{
    ContainerSummary, Event, EventSet, Finding, HopRecord, LogId, LogSummary, Timestamp,
};
use std::collections::BTreeMap;

/// Adds cases to `all`, in their order, or why they cannot be used. Of a log that is there already, only what is missing
/// is added. Afterwards `all` must be put in order.
pub(crate) fn join(all: &mut EventSet, cases: Vec<Result<EventSet, Finding>>) {
    all.sort();
    let mut index = Index::default();
    index.note(all);
    let mut further = Further::default();
    for case in cases {
        let mut case = match case {
            Ok(case) => case,
            Err(finding) => {
                all.findings.push(finding);
                continue;
            }
        };
        let mut repeated: BTreeMap<LogId, LogId> = BTreeMap::new();
        for (id, log) in (0..).map(LogId).zip(&case.logs) {
            let mut candidates = index.candidates(log);
            let known = candidates.find(|known| further.is_same(all, *known, &case, id, log));
            repeated.extend(known.map(|known| (id, known)));
        }
        further.take_missing(all, &case, &repeated);
        case.remove_logs(&repeated.into_keys().collect());
        case.containers.retain(|container| !index.has_container(container));
        all.add(case);
        index.note(all);
    }
    all.events.extend(further.events.into_values());
    all.hop_records.extend(further.hop_records.into_values());
}

/// What cases have of logs that were there before them, and that had not this.
#[derive(Default)]
struct Further {
    events: BTreeMap<RecordLocation, Event>,
    hop_records: BTreeMap<RecordLocation, HopRecord>,
}

impl Further {
    /// Whether a known log and one of a case are one, as far as their paths allow it.
    fn is_same(
        &self,
        all: &EventSet,
        known: LogId,
        case: &EventSet,
        id: LogId,
        log: &LogSummary,
    ) -> bool {
        let Some(summary) = all.logs.get(known.index()) else { return false };
        let (events, others) = (all.events_of(known), case.events_of(id));
        let has_same_events = || match log.forwarded {
            true => others.iter().all(|other| {
                let event = self.event_at(all, of_log(other.location, known));
                event.is_none_or(|event| is_equal(event, other))
            }),
            false => {
                events.len() == others.len()
                    && events.iter().zip(others).all(|(event, other)| is_equal(event, other))
            }
        };
        is_same_summary(summary, log) && has_same_events()
    }

    fn event_at<'a>(&'a self, all: &'a EventSet, location: RecordLocation) -> Option<&'a Event> {
        let at = all.events.binary_search_by_key(&location, |event| event.location);
        at.ok().and_then(|at| all.events.get(at)).or_else(|| self.events.get(&location))
    }

    /// Takes the records of a case that the logs do not have: those of other computers, and those of hops, where
    /// another case was made without them.
    fn take_missing(
        &mut self,
        all: &mut EventSet,
        case: &EventSet,
        repeated: &BTreeMap<LogId, LogId>,
    ) {
        for (own, known) in repeated {
            let Some(summary) = all.logs.get(known.index()).filter(|log| log.forwarded) else {
                continue;
            };
            let mut accounting = summary.accounting.clone();
            for event in case.events_of(*own) {
                let location = of_log(event.location, *known);
                if self.event_at(all, location).is_none() {
                    accounting.add_read([event]);
                    self.events.insert(location, Event { location, ..event.clone() });
                }
            }
            if let Some(summary) = all.logs.get_mut(known.index()) {
                summary.accounting = accounting;
            }
        }
        for record in &case.hop_records {
            let Some(known) = repeated.get(&record.location.log) else { continue };
            let location = of_log(record.location, *known);
            if all.hop_records.binary_search_by_key(&location, |known| known.location).is_err() {
                let add = || HopRecord { location, ..record.clone() };
                self.hop_records.entry(location).or_insert_with(add);
            }
        }
    }
}

/// The same place in another log.
fn of_log(location: RecordLocation, log: LogId) -> RecordLocation {
    RecordLocation { log, ..location }
}

/// Whether all is equal that was read of two logs. The names of their evidence may differ, and one may lack its hash; of
/// forwarded records, each may have others.
fn is_same_summary(known: &LogSummary, log: &LogSummary) -> bool {
    let as_known = LogSummary {
        path: known.path.clone(),
        collector_host: known.collector_host.clone(),
        sha256: known.sha256.clone(),
        case_mark: known.case_mark.clone(),
        accounting: if log.forwarded { &known.accounting } else { &log.accounting }.clone(),
        ..log.clone()
    };
    let same_hash = known.sha256 == log.sha256 || known.sha256.is_none() || log.sha256.is_none();
    same_hash && as_known == *known
}

/// Whether two events are equal but for the number of their log.
fn is_equal(event: &Event, other: &Event) -> bool {
    let location = of_log(other.location, event.location.log);
    event.location == location && *event == Event { location, ..other.clone() }
}

/// What logs that may be one have in common besides the path. A log without records is like those of every other
/// host: such logs are one only if they are of one case.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    size: u64,
    records_read: u64,
    record_ids: Option<(u64, u64)>,
    times: Option<(Timestamp, Timestamp)>,
    case_mark: Option<String>,
}

impl Key {
    fn of(log: &LogSummary) -> Key {
        let LogSummary { size, records_read, record_ids, times, .. } = *log;
        let case_mark = log.case_mark.clone().filter(|_| record_ids.is_none());
        Key { size, records_read, record_ids, times, case_mark }
    }
}

/// What was added so far, to look it up.
#[derive(Default)]
struct Index {
    logs: BTreeMap<Key, Paths<LogId>>,
    /// By size and case.
    containers: BTreeMap<(u64, Option<String>), Paths<()>>,
    /// How many logs and containers are noted.
    noted: (usize, usize),
}

impl Index {
    /// Notes what was added since the last time.
    fn note(&mut self, all: &EventSet) {
        for (id, log) in (0..).map(LogId).zip(&all.logs).skip(self.noted.0) {
            self.logs.entry(Key::of(log)).or_default().add(&log.path, id);
        }
        for container in all.containers.iter().skip(self.noted.1) {
            let key = (container.size, container.case_mark.clone());
            self.containers.entry(key).or_default().add(&container.path, ());
        }
        self.noted = (all.logs.len(), all.containers.len());
    }

    /// The logs that may be this one.
    fn candidates(&self, log: &LogSummary) -> impl Iterator<Item = LogId> {
        let alike = self.logs.get(&Key::of(log));
        alike.into_iter().flat_map(|paths| paths.like(&log.path)).copied()
    }

    fn has_container(&self, container: &ContainerSummary) -> bool {
        let alike = self.containers.get(&(container.size, container.case_mark.clone()));
        alike.is_some_and(|paths| paths.like(&container.path).next().is_some())
    }
}

/// Things by their paths. A path is kept backwards, part by part: one that ends as another one begins as it then.
struct Paths<T> {
    backwards: BTreeMap<String, Vec<T>>,
}

impl<T> Default for Paths<T> {
    fn default() -> Paths<T> {
        Paths { backwards: BTreeMap::new() }
    }
}

impl<T> Paths<T> {
    fn add(&mut self, path: &str, thing: T) {
        self.backwards.entry(backwards(path)).or_default().push(thing);
    }

    /// Those whose path is this one, or the end of it, or ends with it.
    fn like(&self, path: &str) -> impl Iterator<Item = &T> {
        let whole = backwards(path);
        let mut ends: Vec<usize> = whole.match_indices('/').map(|(at, _)| at).collect();
        ends.push(whole.len());
        let shorter = ends.into_iter().filter_map({
            let whole = whole.clone();
            move |end| self.backwards.get(whole.get(..end)?)
        });
        let begin = whole + "/";
        let longer = self.backwards.range(begin.clone()..);
        let longer = longer.take_while(move |(path, _)| path.starts_with(&begin));
        shorter.chain(longer.map(|(_, things)| things)).flatten()
    }
}

fn backwards(path: &str) -> String {
    let parts: Vec<&str> = path.trim_start_matches("./").rsplit('/').collect();
    parts.join("/")
}

#[cfg(test)]
mod tests;
