//! The computers that the records name, and which record is of which.

use super::facts::Facts;
use super::names::{label, may_be_one};
use crate::model::session::MilestoneKind;
use crate::model::{
    Channel, CoverageGap, Finding, FindingCode, HopRecord, Host, LogId, Text, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A computer: its place in the list of all.
pub(super) type ComputerId = usize;

/// A computer.
pub(super) struct Computer<'h> {
    /// Its name in the report, or the name by which others know it.
    pub(super) name: Text,
    /// Every further name, in the order in which it was found.
    pub(super) names: Vec<String>,
    /// Its boots and sessions, where there are any.
    pub(super) host: Option<&'h Host>,
    pub(super) facts: Facts,
    /// Whether any log of it was read.
    pub(super) has_log: bool,
}

impl Computer<'_> {
    /// The first and the last time that its Security log has; `None` without one.
    pub(super) fn security_log(&self) -> Option<(Timestamp, Timestamp)> {
        let coverage = self.host.into_iter().flat_map(|host| &host.boots);
        let own =
            coverage.flat_map(|boot| &boot.coverage).filter(|one| one.channel == Channel::Security);
        let times = own.flat_map(|one| [one.first.time, one.last.time]);
        let all: Vec<Timestamp> = times.collect();
        let (first, last) = (all.iter().min()?, all.iter().max()?);
        let facts = self.facts.security_times.unwrap_or((*first, *last));
        Some((facts.0.min(*first), facts.1.max(*last)))
    }

    /// Whether its Security log has every record from one time to another, by its clock.
    pub(super) fn has_whole_security_log(&self, from: Timestamp, to: Timestamp) -> bool {
        let is_hole = |(start, end): (Option<Timestamp>, Timestamp)| {
            start.is_none_or(|start| start < to) && from < end
        };
        let reaches = |(first, last): (Timestamp, Timestamp)| first <= from && to <= last;
        self.security_log().is_some_and(reaches)
            && !self.security_holes().into_iter().any(is_hole)
            && !self.security_clears().any(|time| from <= time && time <= to)
    }

    /// The times of which records of Security are missing: from the last record before them to the first one after
    /// them. `None`: no record before them is known.
    fn security_holes(&self) -> Vec<(Option<Timestamp>, Timestamp)> {
        let boots = self.host.into_iter().flat_map(|host| &host.boots);
        let of_boots = boots.flat_map(|boot| &boot.coverage);
        let mut holes = Vec::new();
        let mut last = None;
        for coverage in of_boots.filter(|one| one.channel == Channel::Security) {
            let of_gap =
                |gap: &CoverageGap| (gap.after.map(|moment| moment.time).or(last), gap.before.time);
            holes.extend(coverage.gaps.iter().map(of_gap));
            last = Some(coverage.last.time);
        }
        holes
    }

    /// When its Security log was cleared. The records before may be lost, whatever numbers the records after have.
    fn security_clears(&self) -> impl Iterator<Item = Timestamp> {
        let boots = self.host.into_iter().flat_map(|host| &host.boots);
        let incidents = boots.flat_map(|boot| &boot.incidents);
        let of_security = incidents.filter(|one| {
            one.kind == MilestoneKind::LogCleared && one.moment.record.channel == Channel::Security
        });
        of_security.map(|one| one.moment.time)
    }
}

/// All computers.
pub(super) struct Computers<'h> {
    all: Vec<Computer<'h>>,
    by_name: HashMap<String, Vec<ComputerId>>,
    by_label: HashMap<String, Vec<ComputerId>>,
}

impl<'h> Computers<'h> {
    /// The computers of a report, and those that only the records of hops name.
    pub(super) fn new(hosts: &'h [Host], records: Vec<HopRecord>) -> (Computers<'h>, Vec<Finding>) {
        let mut computers = Computers {
            all: Vec::with_capacity(hosts.len()),
            by_name: HashMap::new(),
            by_label: HashMap::new(),
        };
        for host in hosts {
            let id = computers.add(host.computer.clone(), Some(host));
            for name in host.names() {
                computers.name(id, name);
            }
        }
        let (by_computer, findings) = computers.assign(hosts, records);
        for (id, records) in by_computer {
            if let Some(computer) = computers.all.get_mut(id) {
                computer.facts = Facts::of(records);
            }
        }
        (computers, findings)
    }

    fn add(&mut self, name: Text, host: Option<&'h Host>) -> ComputerId {
        let has_log = host.is_some();
        self.all.push(Computer { name, names: Vec::new(), host, facts: Facts::default(), has_log });
        self.all.len() - 1
    }

    /// Notes a name of a computer.
    fn name(&mut self, id: ComputerId, name: &str) {
        let Some(computer) = self.all.get_mut(id) else { return };
        if !computer.names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            computer.names.push(name.to_owned());
        }
        for (index, key) in
            [(&mut self.by_name, name.to_lowercase()), (&mut self.by_label, label(name))]
        {
            let ids = index.entry(key).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }

    /// The records of each computer. Where several have the name of a record, its log decides; where that
    /// does not either, the record is left out, and a finding says so.
    fn assign(
        &mut self,
        hosts: &[Host],
        records: Vec<HopRecord>,
    ) -> (BTreeMap<ComputerId, Vec<HopRecord>>, Vec<Finding>) {
        self.add_without_hosts(&records);
        let logs: Vec<BTreeSet<LogId>> = hosts.iter().map(logs_of).collect();
        let mut by_computer: BTreeMap<ComputerId, Vec<HopRecord>> = BTreeMap::new();
        let mut known: HashMap<(Text, LogId), Option<ComputerId>> = HashMap::new();
        let mut left_out: BTreeMap<Text, u64> = BTreeMap::new();
        for record in records {
            let key = (record.computer.clone(), record.location.log);
            let id =
                *known.entry(key).or_insert_with_key(|(name, log)| self.find(name, *log, &logs));
            match id {
                Some(id) => by_computer.entry(id).or_default().push(record),
                None => *left_out.entry(record.computer).or_default() += 1,
            }
        }
        let finding = |(computer, count): (Text, u64)| {
            let message = format!(
                "{count} records were not used for hops: several computers have the name {computer}, and \
                 nothing says of which of them these records are"
            );
            Finding { computer, ..Finding::new(FindingCode::HopsLeftOut, message) }
        };
        (by_computer, left_out.into_iter().map(finding).collect())
    }

    /// Adds the computers of which there are only records of hops, by name, whatever the order of the records.
    fn add_without_hosts(&mut self, records: &[HopRecord]) {
        let names: HashSet<&Text> = records.iter().map(|record| &record.computer).collect();
        let is_new = |name: &&Text| !self.by_name.contains_key(&name.to_lowercase());
        let names = names.into_iter().filter(is_new).map(|name| (name.to_lowercase(), name));
        let mut names: Vec<(String, &Text)> = names.collect();
        names.sort();
        names.dedup_by(|(own, _), (before, _)| own == before);
        for (_, name) in names {
            let id = self.add(name.clone(), None);
            self.name(id, name);
            if let Some(computer) = self.all.get_mut(id) {
                computer.has_log = true;
            }
        }
    }

    fn find(&self, name: &Text, log: LogId, logs: &[BTreeSet<LogId>]) -> Option<ComputerId> {
        match self.by_name.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice) {
            [id] => Some(*id),
            several => {
                let cites = |id: &&ComputerId| logs.get(**id).is_some_and(|own| own.contains(&log));
                let mut fitting = several.iter().filter(cites);
                let first = fitting.next().copied();
                first.filter(|_| fitting.next().is_none())
            }
        }
    }

    /// The computer of this name: the whole name, else its first label, where only one has it. A name with a domain
    /// is none of a computer that is known in another domain only.
    pub(super) fn named(&self, name: &str) -> Option<ComputerId> {
        let only = |ids: Option<&Vec<ComputerId>>| match ids.map(Vec::as_slice) {
            Some([id]) => Some(*id),
            _ => None,
        };
        let label = label(name);
        let by_label = || only(self.by_label.get(&label)).filter(|_| !label.is_empty());
        let is_it = |id: &ComputerId| {
            self.get(*id).is_some_and(|own| own.names.iter().any(|own| may_be_one(own, name)))
        };
        only(self.by_name.get(&name.to_lowercase())).or_else(|| by_label().filter(is_it))
    }

    /// The computer of this name, which is one without a log where no other has the name; `None` where
    /// several have it.
    pub(super) fn named_or_new(&mut self, name: &str) -> Option<ComputerId> {
        let key = label(name);
        if key.is_empty() {
            return None;
        }
        if self.by_label.contains_key(&key) {
            return self.named(name);
        }
        let id = self.add(key.to_uppercase().into(), None);
        self.name(id, &key.to_uppercase());
        Some(id)
    }

    pub(super) fn get(&self, id: ComputerId) -> Option<&Computer<'h>> {
        self.all.get(id)
    }

    /// The name of a computer.
    pub(super) fn name_of(&self, id: ComputerId) -> &str {
        self.all.get(id).map_or("", |computer| &computer.name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ComputerId, &Computer<'h>)> {
        self.all.iter().enumerate()
    }
}

/// The logs that its rows name.
fn logs_of(host: &Host) -> BTreeSet<LogId> {
    let starts = host.sessions.iter().filter_map(|own| Some(own.start?.record.log));
    let boots = host.boots.iter().flat_map(|own| [own.first_record, own.last_record]).flatten();
    let copies = host.copies.values().flatten().copied();
    starts.chain(boots.map(|record| record.log)).chain(copies).collect()
}
