//! Cases divided by computer: which part has what of a case.
//!
//! Names belong together if one log has both, unless it holds forwarded events: then the computer was renamed, or its
//! log says so and a reader must decide. All that is built of a computer comes from logs that share names, so that
//! each part by itself gives what all cases together would give of its computers.

use crate::model::{
    Accounting, ContainerSummary, Event, EventSet, HopRecord, LogId, LogSummary, Text,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The names that belong together, as a forest: each name has a parent, or is the first of its group.
#[derive(Default)]
pub(super) struct Groups {
    numbers: BTreeMap<String, usize>,
    parents: Vec<usize>,
}

impl Groups {
    /// Notes the names of a log.
    pub(super) fn note(&mut self, log: &LogSummary) {
        let mut numbers: Vec<usize> =
            log.computers.iter().map(|name| self.number(name.to_lowercase())).collect();
        if log.forwarded {
            return;
        }
        // All logs of a collection are compared with the host that it is named after.
        let collection = log.collector_host.as_ref().filter(|_| !log.exported);
        numbers.extend(collection.map(|host| self.number(collection_key(host))));
        for (one, other) in numbers.iter().zip(numbers.iter().skip(1)) {
            let (one, other) = (self.root(*one), self.root(*other));
            if let Some(parent) = self.parents.get_mut(one) {
                *parent = other;
            }
        }
    }

    /// The part of each name, of so many.
    pub(super) fn parts(mut self, count: u32) -> BTreeMap<String, u32> {
        // The groups are named after the first of their names, whatever the order in which they were noted.
        let mut parts_of_roots: BTreeMap<usize, u32> = BTreeMap::new();
        let names = std::mem::take(&mut self.numbers);
        let part_of = |(name, number): (String, usize)| {
            let root = self.root(number);
            let part = *parts_of_roots.entry(root).or_insert_with(|| part_of_name(&name, count));
            (name, part)
        };
        names.into_iter().map(part_of).collect()
    }

    fn number(&mut self, name: String) -> usize {
        let next = self.parents.len();
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.parents.push(next);
        }
        number
    }

    fn root(&mut self, mut number: usize) -> usize {
        while let Some(parent) =
            self.parents.get(number).copied().filter(|parent| *parent != number)
        {
            // Later searches are shorter.
            let grandparent = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(place) = self.parents.get_mut(number) {
                *place = grandparent;
            }
            number = parent;
        }
        number
    }
}

/// A collection's host among the names. No computer has such a name.
fn collection_key(host: &str) -> String {
    format!("\u{10ffff}{}", host.to_lowercase())
}

fn part_of_name(name: &str, count: u32) -> u32 {
    let hash: [u8; 32] = Sha256::digest(name).into();
    let (first, _) = hash.split_first_chunk().unwrap_or((&[0; 4], &[]));
    u32::from_le_bytes(*first) % count.max(1)
}

/// The part of a name. What names no computer is of the first part.
pub(crate) fn part_of(parts: &BTreeMap<String, u32>, name: &str) -> u32 {
    parts.get(&name.to_lowercase()).copied().unwrap_or_default()
}

fn logs_within<'l>(
    container: &ContainerSummary,
    logs: &'l [LogSummary],
) -> impl Iterator<Item = &'l LogSummary> {
    logs.iter().filter(move |log| log.path.starts_with(&container.path))
}

/// The parts that have something of a case.
pub(super) fn parts_of_case(parts: &BTreeMap<String, u32>, facts: &EventSet) -> BTreeSet<u32> {
    let EventSet { logs, findings, containers, .. } = facts;
    let names = logs.iter().flat_map(|log| &log.computers);
    let mut found: BTreeSet<u32> = names.map(|name| part_of(parts, name)).collect();
    let names_no_computer = logs.iter().any(|log| log.computers.is_empty())
        || containers.iter().any(|container| logs_within(container, logs).next().is_none())
        || findings.iter().any(|finding| finding.log.is_none());
    found.extend(names_no_computer.then_some(0));
    found
}

/// The events of each log that are of other parts.
pub(super) type Removed = BTreeMap<LogId, Accounting>;

/// What one part has.
pub(crate) struct Selection<'a> {
    parts: &'a BTreeMap<String, u32>,
    part: u32,
}

impl<'a> Selection<'a> {
    /// Of the computers whose names have this part.
    pub(crate) fn new(parts: &'a BTreeMap<String, u32>, part: u32) -> Selection<'a> {
        Selection { parts, part }
    }

    fn has_name(&self, name: &str) -> bool {
        part_of(self.parts, name) == self.part
    }

    /// The same for names of which many are the one before.
    fn by_name(&self) -> impl FnMut(&Text) -> bool {
        let mut last: Option<(Text, bool)> = None;
        move |name| match &last {
            Some((known, has)) if known == name => *has,
            _ => last.insert((name.clone(), self.has_name(name))).1,
        }
    }

    /// Leaves the events that are of the part, and counts the others into `removed`.
    pub(super) fn choose_events(&self, events: &mut Vec<Event>, removed: &mut Removed) {
        let mut has_name = self.by_name();
        events.retain(|event| {
            let has = has_name(&event.computer);
            if !has {
                removed.entry(event.location.log).or_default().add_read([event]);
            }
            has
        });
    }

    /// Leaves the records of hops that are of the part.
    pub(super) fn choose_hops(&self, records: &mut Vec<HopRecord>) {
        let mut has_name = self.by_name();
        records.retain(|record| has_name(&record.computer));
    }

    fn has_log(&self, log: &LogSummary) -> bool {
        let mut names = log.computers.iter();
        if log.computers.is_empty() {
            self.part == 0
        } else {
            names.any(|name| self.has_name(name))
        }
    }

    /// A container goes with its logs; one without any is of the first part.
    fn has_container(&self, container: &ContainerSummary, logs: &[LogSummary]) -> bool {
        let mut within = logs.iter().filter(|log| log.path.starts_with(&container.path)).peekable();
        if within.peek().is_none() { self.part == 0 } else { within.any(|log| self.has_log(log)) }
    }

    /// Leaves what is of the part. The events were chosen before, and those not chosen were counted.
    pub(super) fn choose(&self, read: &mut EventSet, removed: &Removed) {
        for (id, log) in (0..).map(LogId).zip(&mut read.logs) {
            if let Some(removed) = removed.get(&id) {
                log.accounting.remove_read(removed);
            }
        }
        let logs = (0..).map(LogId).zip(&read.logs);
        let others: BTreeSet<LogId> =
            logs.filter(|(_, log)| !self.has_log(log)).map(|(id, _)| id).collect();
        let is_first = self.part == 0;
        read.findings.retain(|finding| finding.log.is_some() || is_first);
        let mut containers = std::mem::take(&mut read.containers);
        containers.retain(|container| self.has_container(container, &read.logs));
        read.containers = containers;
        read.remove_logs(&others);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(names: &[&str], forwarded: bool, collector_host: Option<&str>) -> LogSummary {
        LogSummary {
            computers: names.iter().map(|name| (*name).into()).collect(),
            forwarded,
            collector_host: collector_host.map(str::to_owned),
            ..LogSummary::default()
        }
    }

    fn groups(logs: &[LogSummary]) -> Vec<Vec<String>> {
        let mut groups = Groups::default();
        logs.iter().for_each(|log| groups.note(log));
        let names = groups.numbers.clone();
        let mut by_root: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (name, number) in names {
            let root = groups.root(number);
            by_root.entry(root).or_default().push(name);
        }
        let mut groups: Vec<Vec<String>> = by_root.into_values().collect();
        groups.sort();
        groups
    }

    #[test]
    fn names_of_one_log_belong_together() {
        let logs = [
            log(&["WIN-1", "ws01"], false, None),
            log(&["WS01", "ws01.contoso.local"], false, None),
            log(&["DC01"], false, None),
            log(&["DC01", "FS01", "ws01"], true, None),
        ];
        let expected: [&[&str]; 3] =
            [&["dc01"], &["fs01"], &["win-1", "ws01", "ws01.contoso.local"]];
        assert_eq!(groups(&logs), expected);
        let mut turned = logs;
        turned.reverse();
        assert_eq!(groups(&turned), expected);
    }

    #[test]
    fn logs_of_one_collection_belong_together() {
        let logs = [
            log(&["A"], false, Some("HOST")),
            log(&["B"], false, Some("host")),
            log(&["C"], false, None),
        ];
        let found = groups(&logs);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found.iter().any(|group| group.len() == 3 && group[..2] == ["a", "b"]),
            "{found:?}"
        );
    }

    #[test]
    fn the_part_of_a_name_depends_on_its_group_alone() {
        let parts = |logs: &[LogSummary]| {
            let mut groups = Groups::default();
            logs.iter().for_each(|log| groups.note(log));
            groups.parts(16)
        };
        let own = log(&["ws01", "a-first"], false, None);
        let alone = parts(std::slice::from_ref(&own));
        let among = parts(&[log(&["x"], false, None), own, log(&["y"], false, None)]);
        assert_eq!(alone["ws01"], alone["a-first"]);
        assert_eq!(alone["ws01"], among["ws01"]);
        // By `printf a-first | sha256sum`: the first four bytes, the lowest first.
        assert_eq!(alone["ws01"], EXPECTED % 16);
    }

    const EXPECTED: u32 = 0x5ba56eb4;
}
