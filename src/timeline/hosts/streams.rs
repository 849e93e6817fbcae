//! The records of each channel in each log, and how those of two logs relate. Equal ones are one stream, and no
//! two are compared that neither share record IDs nor follow each other: many logs of one computer cost little
//! more than one.

use super::fragments::LogFragment;
use super::relation::{Relation, relation};
use crate::model::{Channel, Event, Text, Timestamp};
use crate::timeline::limits::MET_STREAMS;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// Numbers of fragments that are known to be of one computer, or one alone.
pub(super) type Node = Vec<usize>;
/// The streams of some nodes, and the numbers of the nodes that hold each.
pub(super) type StreamOwners = BTreeMap<usize, Vec<usize>>;

/// The records of one channel, equal in all fragments that hold them.
struct Stream<'a> {
    channel: Channel,
    events: &'a [Event],
    first: &'a Event,
    last: &'a Event,
}

impl Stream<'_> {
    /// The order of the streams. What differs in any of this cannot be equal.
    fn order(&self) -> (Channel, u64, u64, usize, Timestamp, &Text) {
        let Stream { channel, events, first, last } = self;
        (*channel, first.record_id, last.record_id, events.len(), first.time, &first.computer)
    }

    fn equals(&self, other: &Stream<'_>) -> bool {
        let all = || self.events.iter().zip(other.events);
        self.order() == other.order()
            && all().all(|(a, b)| {
                a.record_id == b.record_id
                    && a.time == b.time
                    && a.event_id == b.event_id
                    && a.computer == b.computer
            })
    }
}

/// All streams, in the order of their channels and record IDs.
pub(super) struct Streams<'a> {
    streams: Vec<Stream<'a>>,
    /// The streams of each fragment.
    of_fragment: Vec<Vec<usize>>,
    /// A fragment that holds the stream.
    holder: Vec<usize>,
    /// How streams relate that were compared.
    known: HashMap<(usize, usize), Relation>,
    /// To each stream those that are of its computer by their records.
    same: Vec<Vec<usize>>,
    /// Pairs that are compared at once, at most.
    pub(super) most_pairs: usize,
}

impl<'a> Streams<'a> {
    pub(super) fn of(fragments: &'a [LogFragment]) -> Streams<'a> {
        let mut all: Vec<(Stream<'a>, usize)> = Vec::new();
        for (number, fragment) in fragments.iter().enumerate() {
            for (&channel, events) in &fragment.events {
                if let (Some(first), Some(last)) = (events.first(), events.last()) {
                    all.push((Stream { channel, events, first, last }, number));
                }
            }
        }
        all.sort_by(|(a, number), (b, other)| a.order().cmp(&b.order()).then(number.cmp(other)));
        let mut streams: Vec<Stream<'a>> = Vec::new();
        let (mut of_fragment, mut holder) = (vec![Vec::new(); fragments.len()], Vec::new());
        for (stream, fragment) in all {
            let alike = streams.iter().enumerate().rev();
            let mut alike = alike.take_while(|(_, known)| known.order() == stream.order());
            let known = alike.find(|(_, known)| known.equals(&stream)).map(|(number, _)| number);
            let number = known.unwrap_or(streams.len());
            if known.is_none() {
                streams.push(stream);
                holder.push(fragment);
            }
            if let Some(own) = of_fragment.get_mut(fragment) {
                own.push(number);
            }
        }
        let same = vec![Vec::new(); streams.len()];
        let known = HashMap::new();
        Streams { streams, of_fragment, holder, known, same, most_pairs: MET_STREAMS }
    }

    /// How many pairs of streams were compared.
    #[cfg(test)]
    pub(super) fn compared(&self) -> usize {
        self.known.len()
    }

    /// The streams of nodes that have these numbers.
    pub(super) fn owners<'n>(
        &self,
        nodes: impl IntoIterator<Item = (usize, &'n Node)>,
    ) -> StreamOwners {
        let mut owners = StreamOwners::new();
        for (number, node) in nodes {
            for stream in self.of_node(node) {
                let known = owners.entry(stream).or_default();
                if known.last() != Some(&number) {
                    known.push(number);
                }
            }
        }
        owners
    }

    /// The streams of a node; those that several of its fragments hold more than once.
    pub(super) fn of_node(&self, node: &Node) -> impl Iterator<Item = usize> {
        node.iter().flat_map(|fragment| self.of_fragment.get(*fragment)).flatten().copied()
    }

    /// A fragment that holds this stream.
    pub(super) fn holder(&self, stream: usize) -> Option<usize> {
        self.holder.get(stream).copied()
    }

    /// The streams that are known to be of the computer of this one by their records.
    pub(super) fn same_as(&self, stream: usize) -> &[usize] {
        self.same.get(stream).map_or(&[], Vec::as_slice)
    }

    fn get(&self, stream: usize) -> Option<&Stream<'a>> {
        self.streams.get(stream)
    }

    /// Of streams in their order: each with those behind it that may share record IDs with it, and with
    /// those that begin with the record ID behind its last one. Gives how each pair relates; `None` where there
    /// are more pairs than are compared.
    pub(super) fn compare_met(
        &mut self,
        streams: &[usize],
    ) -> Option<Vec<(usize, usize, Relation)>> {
        let mut pairs = Vec::new();
        for (at, &one) in streams.iter().enumerate() {
            let Some(&Stream { channel, last, .. }) = self.get(one) else { continue };
            let next = (channel, last.record_id.saturating_add(1));
            let begins = |other: &usize| {
                self.get(*other).map(|other| (other.channel, other.first.record_id))
            };
            let later = streams.get(at + 1..).unwrap_or_default();
            // Those that overlap come before those that follow.
            let met = later.partition_point(|other| begins(other) <= Some(next));
            if pairs.len() + met > self.most_pairs {
                return None;
            }
            pairs.extend(later.iter().take(met).map(|&other| (one, other)));
        }
        let relate = |(one, other)| (one, other, self.relation(one, other));
        Some(pairs.into_iter().map(relate).collect())
    }

    /// How two streams of one channel relate; [`Relation::Possible`] of two channels.
    pub(super) fn relation(&mut self, one: usize, other: usize) -> Relation {
        let pair = match one.cmp(&other) {
            Ordering::Less => (one, other),
            Ordering::Equal => return Relation::Same,
            Ordering::Greater => (other, one),
        };
        if let Some(known) = self.known.get(&pair) {
            return *known;
        }
        let (Some(a), Some(b)) = (self.get(pair.0), self.get(pair.1)) else {
            return Relation::Possible;
        };
        if a.channel != b.channel {
            return Relation::Possible;
        }
        let found = relation(a.events, b.events);
        self.known.insert(pair, found);
        if found == Relation::Same {
            for (one, other) in [pair, (pair.1, pair.0)] {
                if let Some(same) = self.same.get_mut(one) {
                    same.push(other);
                }
            }
        }
        found
    }
}
