//! The computers that the records name, and which record is of which.

use super::facts::Facts;
use super::names::label;
use crate::model::{
    Channel, ChannelCoverage, Finding, FindingCode, HopRecord, Host, LogId, Text, Timestamp,
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
        let of_boots = self.security_of_boots().flat_map(|one| [one.first.time, one.last.time]);
        let of_facts = self.facts.in_security.into_iter().flat_map(|(first, last)| [first, last]);
        let times: Vec<Timestamp> = of_boots.chain(of_facts).collect();
        Some((*times.iter().min()?, *times.iter().max()?))
    }

    /// Has its Security log every record between two times, as far as is known?
    pub(super) fn security_covers(&self, from: Timestamp, to: Timestamp) -> bool {
        let reaches = self.security_log().is_some_and(|(first, last)| first <= from && to <= last);
        let mut before: Option<Timestamp> = None;
        let mut is_missing = false;
        for one in self.security_of_boots() {
            is_missing |= one.gaps.iter().any(|gap| {
                let after = gap.after.map(|moment| moment.time).or(before);
                gap.before.time >= from && after.is_none_or(|after| after <= to)
            });
            before = Some(one.last.time);
        }
        reaches && !is_missing
    }

    /// Is a name of it known that has a domain?
    fn has_domain(&self) -> bool {
        self.names.iter().any(|name| has_domain(name))
    }

    /// What there is of its Security log, boot by boot.
    fn security_of_boots(&self) -> impl Iterator<Item = &ChannelCoverage> {
        let boots = self.host.into_iter().flat_map(|host| &host.boots);
        boots.flat_map(|boot| &boot.coverage).filter(|one| one.channel == Channel::Security)
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

    /// The computer of this name: the whole name, else its first label, where only one has it. If both names have a
    /// domain, the first label is not enough: `fs01.partner.example` is not `FS01.contoso.local`.
    pub(super) fn named(&self, name: &str) -> Option<ComputerId> {
        let only = |ids: Option<&Vec<ComputerId>>| match ids.map(Vec::as_slice) {
            Some([id]) => Some(*id),
            _ => None,
        };
        let label = label(name);
        let has_other_domain =
            |id: &ComputerId| has_domain(name) && self.get(*id).is_some_and(Computer::has_domain);
        let may_be = |id: &ComputerId| !label.is_empty() && !has_other_domain(id);
        let by_label = || only(self.by_label.get(&label)).filter(may_be);
        only(self.by_name.get(&name.to_lowercase())).or_else(by_label)
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

    /// Does another computer have the same first label?
    pub(super) fn shares_label(&self, id: ComputerId) -> bool {
        let names = self.get(id).into_iter().flat_map(|own| &own.names);
        names
            .into_iter()
            .any(|name| self.by_label.get(&label(name)).is_some_and(|all| all.len() > 1))
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

/// Does a name have a domain: `host.contoso.local`?
fn has_domain(name: &str) -> bool {
    name.trim_end_matches('.').contains('.')
}

/// The logs that its rows name.
fn logs_of(host: &Host) -> BTreeSet<LogId> {
    let starts = host.sessions.iter().filter_map(|own| Some(own.start?.record.log));
    let boots = host.boots.iter().flat_map(|own| [own.first_record, own.last_record]).flatten();
    let copies = host.copies.values().flatten().copied();
    starts.chain(boots.map(|record| record.log)).chain(copies).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CoverageGap, Moment, sample};

    /// Security from 02:00 to 03:00 and, in the next boot, from 05:00 to 06:00; records 11 to 20 are missing between the
    /// two. Whether a later ticket was among them is not known.
    #[test]
    fn a_log_covers_no_time_in_which_records_are_missing() {
        let at = |hour: u64| sample::at(&format!("2015-09-09T0{hour}:00:00Z"));
        let moment = |hour, record_id| Moment {
            time: at(hour),
            record: sample::cite(Channel::Security, record_id, 4769),
            recovered: false,
        };
        let coverage =
            |first, last, gaps| ChannelCoverage { channel: Channel::Security, first, last, gaps };
        let gap = CoverageGap { records: (11, 20), after: None, before: moment(5, 21) };
        let mut host = sample::report().hosts.remove(0);
        host.boots[0].coverage = vec![coverage(moment(2, 1), moment(3, 10), vec![])];
        host.boots[1].coverage = vec![coverage(moment(5, 21), moment(6, 30), vec![gap])];
        let (computers, _) = Computers::new(std::slice::from_ref(&host), Vec::new());
        let covers = |from, to| computers.get(0).unwrap().security_covers(at(from), at(to));
        assert!(covers(2, 2) && covers(6, 6));
        assert!(!covers(2, 3) && !covers(4, 4) && !covers(2, 6) && !covers(5, 5));
        assert!(!covers(1, 2) && !covers(6, 7));
    }
}
