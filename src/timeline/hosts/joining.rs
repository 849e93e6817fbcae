//! Which logs are of one computer? Those that are related by a name, and that no record
//! contradicts.
//!
//! Input: the fragments. Output: groups of fragments, one for each computer.
//!
//! Fragments whose records show that they are of one computer stay together: they share records, or
//! one continues the other. The remaining ones are joined if the same other fragments contradict
//! them. If a log could be of either of two computers, it is joined with neither of them: one
//! computer in two parts is inconvenient, but two computers in one would be wrong.

use super::fragments::{Folder, LogFragment};
use super::relation::Relation;
use super::sets::Sets;
use super::streams::{Group, StreamOwners, Streams};
use std::collections::{BTreeMap, BTreeSet};

/// What shows that two logs are of one computer.
const BY_RECORDS: [Relation; 2] = [Relation::Same, Relation::Continued];

/// Which logs may be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoinScope {
    /// Logs in the same folder, whose newest names agree.
    SameFolder,
    /// Logs in any folder that have the same name, or of which one continues the other under
    /// another name.
    Anywhere,
}

/// The fragments, and how they are related.
pub(super) struct Joining<'a> {
    fragments: &'a [LogFragment],
    pub(super) streams: Streams<'a>,
    /// The logs that were not compared because there are too many of them: a name that they share,
    /// and their number.
    pub(super) not_compared: BTreeMap<&'a str, usize>,
}

impl<'a> Joining<'a> {
    pub(super) fn of(fragments: &'a [LogFragment]) -> Joining<'a> {
        let streams = Streams::of(fragments);
        Joining { fragments, streams, not_compared: BTreeMap::new() }
    }

    /// Joins groups. The result depends on the evidence alone, not on the order of the groups.
    pub(super) fn join(&mut self, groups: Vec<Group>, scope: JoinScope) -> Vec<Group> {
        let mut joined = Vec::new();
        let mut todo = vec![groups];
        while let Some(groups) = todo.pop() {
            for related in self.related(groups, scope) {
                let mut parts = self.without_contradiction(related);
                if parts.len() > 1 {
                    todo.append(&mut parts);
                } else {
                    let mut group = parts.into_iter().flatten().flatten().collect::<Group>();
                    group.sort_unstable();
                    joined.push(group);
                }
            }
        }
        joined.sort_unstable();
        joined
    }

    /// Puts groups together that are related by names, directly or through others.
    fn related(&mut self, groups: Vec<Group>, scope: JoinScope) -> Vec<Vec<Group>> {
        let mut sets = Sets::of(groups.len());
        match scope {
            JoinScope::SameFolder => self.relate_in_folders(&groups, &mut sets),
            JoinScope::Anywhere => self.relate_by_name(&groups, &mut sets),
        }
        sets.split(groups)
    }

    /// Relates the groups in one folder of which one has the newest name of the other.
    fn relate_in_folders(&self, groups: &[Group], sets: &mut Sets) {
        let mut by_newest: BTreeMap<(&Folder, &str), usize> = BTreeMap::new();
        for (index, fragment) in self.fragments_of(groups) {
            let key = (&fragment.folder, fragment.last_name.as_str());
            let first = *by_newest.entry(key).or_insert(index);
            sets.unite(first, index);
        }
        for (index, fragment) in self.fragments_of(groups) {
            for name in &fragment.names {
                if let Some(first) = by_newest.get(&(&fragment.folder, name.as_str())) {
                    sets.unite(*first, index);
                }
            }
        }
    }

    /// Relates groups from all folders by name. Two logs that were collected from two hosts may
    /// share the name of the image from which both hosts were installed; these are related by their
    /// records only.
    fn relate_by_name(&mut self, groups: &[Group], sets: &mut Sets) {
        let mut by_newest: BTreeMap<&str, BTreeMap<Option<String>, usize>> = BTreeMap::new();
        for (index, fragment) in self.fragments_of(groups) {
            let host = fragment.collector_host.as_ref().map(|host| host.to_lowercase());
            let hosts = by_newest.entry(&fragment.last_name).or_default();
            sets.unite(*hosts.entry(host).or_insert(index), index);
        }
        for hosts in by_newest.values() {
            if let Some(without_host) = hosts.get(&None) {
                hosts.values().for_each(|index| sets.unite(*without_host, *index));
            }
        }
        self.relate_by_records(groups, sets);
    }

    /// Relates groups of which one has the newest name of the other, and that share records or
    /// continue each other.
    fn relate_by_records(&mut self, groups: &[Group], sets: &mut Sets) {
        let mut any_name = Sets::of(groups.len());
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, fragment) in self.fragments_of(groups) {
            for name in &fragment.names {
                any_name.unite(*by_name.entry(name).or_insert(index), index);
            }
        }
        for indices in any_name.split((0..groups.len()).collect()) {
            let roots: BTreeSet<usize> = indices.iter().map(|index| sets.root(*index)).collect();
            if roots.len() < 2 {
                continue;
            }
            let named: Vec<(usize, &Group)> =
                indices.iter().filter_map(|index| Some((*index, groups.get(*index)?))).collect();
            let owners = self.streams.owners(named);
            let Some(Compared { same, continued, .. }) = self.compare(&owners) else {
                let own: Vec<Group> =
                    indices.iter().filter_map(|index| groups.get(*index).cloned()).collect();
                self.note_not_compared(&own);
                continue;
            };
            for (one, other) in same.into_iter().chain(continued) {
                let (a, b) = (self.streams.holder(one), self.streams.holder(other));
                let (a, b) = (self.fragment(a), self.fragment(b));
                if a.zip(b).is_some_and(|(a, b)| a.shares_newest_name(b)) {
                    for (a, b) in pairs(&owners, one, other) {
                        sets.unite(a, b);
                    }
                }
            }
        }
    }

    /// Splits groups that are related by names into parts, so that no group contradicts another
    /// group of its part.
    fn without_contradiction(&mut self, groups: Vec<Group>) -> Vec<Vec<Group>> {
        if groups.len() < 2 {
            return vec![groups];
        }
        let owners = self.streams.owners(groups.iter().enumerate());
        let Some(Compared { same, continued, different }) = self.compare(&owners) else {
            self.note_not_compared(&groups);
            return groups.into_iter().map(|group| vec![group]).collect();
        };
        let mut sets = Sets::of(groups.len());
        for (one, other) in different {
            contradict(&owners, (one, other), &mut sets);
        }
        // Equal records are stronger evidence than a record ID that follows the last one of another
        // log, because the latter can also happen by chance. So they are used first.
        for (related, by) in [(same, &[Relation::Same][..]), (continued, &BY_RECORDS[..])] {
            for (a, b) in related.into_iter().flat_map(|(a, b)| pairs(&owners, a, b)) {
                let is_of_one =
                    |sets: &Sets, a, b| !self.may_be_of_two(&groups, &owners, sets, (a, b), by);
                if !sets.are_contradictory(a, b) && is_of_one(&sets, a, b) && is_of_one(&sets, b, a)
                {
                    sets.unite(a, b);
                }
            }
        }
        let is_sound = (0..groups.len()).all(|index| !sets.is_contradicted(index));
        if is_sound {
            self.contradict_neighbours(&owners, &mut sets);
        }
        sets.unite_by_contradictions();
        sets.split(groups)
    }

    /// Notes that these groups were not compared.
    fn note_not_compared(&mut self, groups: &[Group]) {
        let first =
            self.fragments_of(groups).map(|(_, fragment)| fragment.last_name.as_str()).min();
        let logs: usize = groups.iter().map(Vec::len).sum();
        let known = self.not_compared.entry(first.unwrap_or_default()).or_default();
        *known = logs.max(*known);
    }

    /// The records of group `a` show that it is of the same computer as group `b`. Does one of the
    /// relations in `by` show the same for `a` and another group, which contradicts `b`? Then `a`
    /// may belong to either of the two.
    fn may_be_of_two(
        &self,
        groups: &[Group],
        owners: &StreamOwners,
        sets: &Sets,
        (a, b): (usize, usize),
        by: &[Relation],
    ) -> bool {
        if !sets.is_contradicted(b) {
            return false;
        }
        let own = groups.get(a).into_iter().flat_map(|group| self.streams.of_group(group));
        let same = own.flat_map(|stream| {
            let related = self.streams.same_as(stream).iter();
            let related = related.filter(|(_, relation)| by.contains(relation));
            std::iter::once(stream).chain(related.map(|(other, _)| *other))
        });
        let mut others = same.filter_map(|stream| owners.get(&stream)).flatten();
        others.any(|other| sets.are_contradictory(b, *other) && !sets.are_contradictory(a, *other))
    }

    /// Compares the records of logs that follow each other. Logs that are further apart are not
    /// compared: logs in between may explain a clock that was set back.
    fn contradict_neighbours(&mut self, owners: &StreamOwners, sets: &mut Sets) {
        let first = |owners: &Vec<usize>| owners.first().copied().unwrap_or_default();
        for ((one, of_one), (other, of_other)) in owners.iter().zip(owners.iter().skip(1)) {
            if sets.root(first(of_one)) != sets.root(first(of_other))
                && self.streams.relation(*one, *other) == Relation::Different
            {
                contradict(owners, (*one, *other), sets);
            }
        }
    }

    /// Compares the streams that share record IDs, and those that follow each other. `None`: there
    /// are too many.
    fn compare(&mut self, owners: &StreamOwners) -> Option<Compared> {
        let streams: Vec<usize> = owners.keys().copied().collect();
        let mut compared = Compared::default();
        for (one, other, relation) in self.streams.compare_related(&streams)? {
            match relation {
                Relation::Same => compared.same.push((one, other)),
                Relation::Continued => compared.continued.push((one, other)),
                Relation::Different => compared.different.push((one, other)),
                Relation::Possible => {}
            }
        }
        compared.same.extend(streams.iter().map(|stream| (*stream, *stream)));
        compared.same.sort_unstable();
        compared.continued.sort_unstable();
        Some(compared)
    }

    fn fragment(&self, number: Option<usize>) -> Option<&'a LogFragment> {
        self.fragments.get(number?)
    }

    /// The fragments of the groups, each with the index of its group.
    fn fragments_of<'n>(
        &self,
        groups: &'n [Group],
    ) -> impl Iterator<Item = (usize, &'a LogFragment)> + use<'n, 'a> {
        let fragments = self.fragments;
        let all = groups
            .iter()
            .enumerate()
            .flat_map(|(index, group)| group.iter().map(move |fragment| (index, *fragment)));
        all.filter_map(move |(index, fragment)| Some((index, fragments.get(fragment)?)))
    }
}

/// The result of comparing streams: pairs of them.
#[derive(Default)]
struct Compared {
    /// Pairs with equal records; each stream is also paired with itself.
    same: Vec<(usize, usize)>,
    /// Pairs of which one continues the other.
    continued: Vec<(usize, usize)>,
    /// Pairs that cannot be of one computer.
    different: Vec<(usize, usize)>,
}

/// The fewest pairs that connect all groups that have one of two streams.
fn pairs(owners: &StreamOwners, one: usize, other: usize) -> Vec<(usize, usize)> {
    let of = |stream: usize| owners.get(&stream).map_or(&[][..], Vec::as_slice);
    let first = of(one).first();
    let others = if one == other { of(one).get(1..).unwrap_or_default() } else { of(other) };
    first.into_iter().flat_map(|first| others.iter().map(|other| (*first, *other))).collect()
}

/// Notes that the groups which have these two streams contradict each other.
fn contradict(owners: &StreamOwners, (one, other): (usize, usize), sets: &mut Sets) {
    let of = |stream: usize| owners.get(&stream).map_or(&[][..], Vec::as_slice);
    for a in of(one) {
        for b in of(other).iter().filter(|b| *b != a) {
            sets.contradict(*a, *b);
        }
    }
}
