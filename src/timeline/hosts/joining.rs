//! Which logs are of one computer: those that a name relates, and that no record contradicts.
//!
//! Logs whose records are of one computer stay together: those that share records, and those that continue each
//! other. Of what is left, logs are of one computer if the same other logs contradict them. So where a log could
//! be of either of two computers, it is of neither: to leave one computer in two parts is inconvenient, to make
//! one of two is false.

use super::fragments::LogFragment;
use super::relation::Relation;
use super::sets::Sets;
use super::streams::{Node, StreamOwners, Streams};
use std::collections::{BTreeMap, BTreeSet};

/// Which logs may be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Those in one folder whose newest names agree.
    OneFolder,
    /// Those from anywhere that have one name, or of which one continues the other under another name.
    Anywhere,
}

/// The logs, and how they relate.
pub(super) struct Joining<'a> {
    fragments: &'a [LogFragment],
    pub(super) streams: Streams<'a>,
    /// For logs that were not compared, because too many of them may be of one computer: a name that
    /// they have, and their number.
    pub(super) not_compared: BTreeMap<&'a str, usize>,
}

impl<'a> Joining<'a> {
    pub(super) fn of(fragments: &'a [LogFragment]) -> Joining<'a> {
        let streams = Streams::of(fragments);
        Joining { fragments, streams, not_compared: BTreeMap::new() }
    }

    /// Joins nodes. The result depends on the evidence alone, not on the order of the nodes.
    pub(super) fn join(&mut self, nodes: Vec<Node>, place: Place) -> Vec<Node> {
        let mut joined = Vec::new();
        let mut todo = vec![nodes];
        while let Some(nodes) = todo.pop() {
            for related in self.related(nodes, place) {
                let mut parts = self.without_contradiction(related);
                if parts.len() > 1 {
                    todo.append(&mut parts);
                } else {
                    let mut node = parts.into_iter().flatten().flatten().collect::<Node>();
                    node.sort_unstable();
                    joined.push(node);
                }
            }
        }
        joined.sort_unstable();
        joined
    }

    /// Groups the nodes that names relate, also by others.
    fn related(&mut self, nodes: Vec<Node>, place: Place) -> Vec<Vec<Node>> {
        let mut sets = Sets::of(nodes.len());
        match place {
            Place::OneFolder => self.relate_in_folders(&nodes, &mut sets),
            Place::Anywhere => self.relate_by_name(&nodes, &mut sets),
        }
        sets.split(nodes)
    }

    fn relate_in_folders(&self, nodes: &[Node], sets: &mut Sets) {
        let mut by_newest: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (place, fragment) in self.fragments_of(nodes) {
            let key = (fragment.folder.as_str(), fragment.last_name.as_str());
            let first = *by_newest.entry(key).or_insert(place);
            sets.unite(first, place);
        }
        for (place, fragment) in self.fragments_of(nodes) {
            for name in &fragment.names {
                if let Some(first) = by_newest.get(&(fragment.folder.as_str(), name.as_str())) {
                    sets.unite(*first, place);
                }
            }
        }
    }

    /// Two that were collected from two hosts may share a name: that of the image from which both were
    /// installed. Their records alone relate them.
    fn relate_by_name(&mut self, nodes: &[Node], sets: &mut Sets) {
        let mut by_newest: BTreeMap<&str, BTreeMap<Option<String>, usize>> = BTreeMap::new();
        for (place, fragment) in self.fragments_of(nodes) {
            let host = fragment.collector_host.as_ref().map(|host| host.to_lowercase());
            let hosts = by_newest.entry(&fragment.last_name).or_default();
            sets.unite(*hosts.entry(host).or_insert(place), place);
        }
        for hosts in by_newest.values() {
            if let Some(without_host) = hosts.get(&None) {
                hosts.values().for_each(|place| sets.unite(*without_host, *place));
            }
        }
        self.relate_by_records(nodes, sets);
    }

    /// Relates nodes of which one has the newest name of the other, and that share records or continue each
    /// other.
    fn relate_by_records(&mut self, nodes: &[Node], sets: &mut Sets) {
        let mut any_name = Sets::of(nodes.len());
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, fragment) in self.fragments_of(nodes) {
            for name in &fragment.names {
                any_name.unite(*by_name.entry(name).or_insert(place), place);
            }
        }
        for places in any_name.split((0..nodes.len()).collect()) {
            let roots: BTreeSet<usize> = places.iter().map(|place| sets.root(*place)).collect();
            if roots.len() < 2 {
                continue;
            }
            let named: Vec<(usize, &Node)> =
                places.iter().filter_map(|place| Some((*place, nodes.get(*place)?))).collect();
            let owners = self.streams.owners(named);
            for (one, other) in self.compare(&owners).unwrap_or_default().same {
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

    /// Splits nodes that names relate so that none contradicts another one of its part.
    fn without_contradiction(&mut self, nodes: Vec<Node>) -> Vec<Vec<Node>> {
        if nodes.len() < 2 {
            return vec![nodes];
        }
        let owners = self.streams.owners(nodes.iter().enumerate());
        let Some(Met { same, apart }) = self.compare(&owners) else {
            self.note_not_compared(&nodes);
            return nodes.into_iter().map(|node| vec![node]).collect();
        };
        let mut sets = Sets::of(nodes.len());
        for (one, other) in apart {
            contradict(&owners, (one, other), &mut sets);
        }
        for (one, other) in same {
            for (a, b) in pairs(&owners, one, other) {
                let is_of_one =
                    |sets: &Sets, a, b| !self.may_be_of_two(&nodes, &owners, sets, a, b);
                if !sets.are_contradictory(a, b) && is_of_one(&sets, a, b) && is_of_one(&sets, b, a)
                {
                    sets.unite(a, b);
                }
            }
        }
        let is_sound = (0..nodes.len()).all(|place| !sets.is_contradicted(place));
        if is_sound {
            self.contradict_neighbours(&owners, &mut sets);
        }
        sets.unite_by_contradictions();
        sets.split(nodes)
    }

    fn note_not_compared(&mut self, nodes: &[Node]) {
        let first = self.fragments_of(nodes).map(|(_, fragment)| fragment.last_name.as_str()).min();
        let logs: usize = nodes.iter().map(Vec::len).sum();
        let known = self.not_compared.entry(first.unwrap_or_default()).or_default();
        *known = logs.max(*known);
    }

    /// Whether node `a`, which may be of the computer of `b` by its records, may as well be of that of another
    /// node that contradicts `b`.
    fn may_be_of_two(
        &self,
        nodes: &[Node],
        owners: &StreamOwners,
        sets: &Sets,
        a: usize,
        b: usize,
    ) -> bool {
        if !sets.is_contradicted(b) {
            return false;
        }
        let own = nodes.get(a).into_iter().flat_map(|node| self.streams.of_node(node));
        let same = own.flat_map(|stream| {
            std::iter::once(stream).chain(self.streams.same_as(stream).iter().copied())
        });
        let mut others = same.filter_map(|stream| owners.get(&stream)).flatten();
        others.any(|other| sets.are_contradictory(b, *other) && !sets.are_contradictory(a, *other))
    }

    /// Holds the records of logs that follow each other against each other. Logs that are further apart are
    /// not compared: what lies between them may explain a clock that was set back.
    fn contradict_neighbours(&mut self, owners: &StreamOwners, sets: &mut Sets) {
        let first = |owners: &Vec<usize>| owners.first().copied().unwrap_or_default();
        for ((one, of_one), (other, of_other)) in owners.iter().zip(owners.iter().skip(1)) {
            if sets.root(first(of_one)) != sets.root(first(of_other))
                && self.streams.relation(*one, *other) == Relation::Apart
            {
                contradict(owners, (*one, *other), sets);
            }
        }
    }

    /// Compares the streams that share record IDs, and those that follow each other; `None` where there are too
    /// many.
    fn compare(&mut self, owners: &StreamOwners) -> Option<Met> {
        let streams: Vec<usize> = owners.keys().copied().collect();
        let mut met = Met::default();
        for (one, other, relation) in self.streams.compare_met(&streams)? {
            match relation {
                Relation::Same => met.same.push((one, other)),
                Relation::Apart => met.apart.push((one, other)),
                Relation::Possible => {}
            }
        }
        met.same.extend(streams.iter().map(|stream| (*stream, *stream)));
        met.same.sort_unstable();
        Some(met)
    }

    fn fragment(&self, number: Option<usize>) -> Option<&'a LogFragment> {
        self.fragments.get(number?)
    }

    /// The fragments of nodes, each with the place of its node.
    fn fragments_of<'n>(
        &self,
        nodes: &'n [Node],
    ) -> impl Iterator<Item = (usize, &'a LogFragment)> + use<'n, 'a> {
        let fragments = self.fragments;
        let all = nodes
            .iter()
            .enumerate()
            .flat_map(|(place, node)| node.iter().map(move |fragment| (place, *fragment)));
        all.filter_map(move |(place, fragment)| Some((place, fragments.get(fragment)?)))
    }
}

/// Pairs of streams that were compared.
#[derive(Default)]
struct Met {
    /// They are of one computer by their records; each with itself, too.
    same: Vec<(usize, usize)>,
    /// They cannot be of one log.
    apart: Vec<(usize, usize)>,
}

/// As many pairs of the nodes that hold two streams, or one, as relate all of them.
fn pairs(owners: &StreamOwners, one: usize, other: usize) -> Vec<(usize, usize)> {
    let of = |stream: usize| owners.get(&stream).map_or(&[][..], Vec::as_slice);
    let first = of(one).first();
    let others = if one == other { of(one).get(1..).unwrap_or_default() } else { of(other) };
    first.into_iter().flat_map(|first| others.iter().map(|other| (*first, *other))).collect()
}

/// Notes that the nodes that hold two streams contradict each other.
fn contradict(owners: &StreamOwners, (one, other): (usize, usize), sets: &mut Sets) {
    let of = |stream: usize| owners.get(&stream).map_or(&[][..], Vec::as_slice);
    for a in of(one) {
        for b in of(other).iter().filter(|b| *b != a) {
            sets.contradict(*a, *b);
        }
    }
}
