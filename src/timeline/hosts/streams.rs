//! Streams: the records of each channel in each fragment, and how any two of them are related.
//!
//! Equal streams of several fragments count as one. Two streams are compared only if they share
//! record IDs or follow each other, so that many logs of one computer cost little more than one.

use super::fragments::LogFragment;
use super::relation::{Relation, relation};
use crate::model::{Channel, Event, Text, Timestamp};
use crate::timeline::limits::COMPARED_PAIRS;
use crate::timeline::must::must;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// The numbers of fragments that are known to be of one computer; it may be a single one.
pub(super) type Group = Vec<usize>;
/// The streams of some groups, each with the numbers of the groups that have it.
pub(super) type StreamOwners = BTreeMap<usize, Vec<usize>>;

/// The records of one channel in a fragment. Fragments that have equal records share one stream.
struct Stream<'a> {
    channel: Channel,
    events: &'a [Event],
    first: &'a Event,
    last: &'a Event,
}

impl Stream<'_> {
    /// The order of the streams. Two streams that differ in this cannot be equal.
    fn order(&self) -> (Channel, u64, u64, usize, Timestamp, &Text) {
        let Stream { channel, events, first, last } = self;
        (*channel, first.record_id, last.record_id, events.len(), first.time, &first.computer)
    }

    /// Are the records of two streams the same?
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
    /// For each stream, a fragment that has it.
    holder: Vec<usize>,
    /// The relation of each pair of streams that was compared.
    known: HashMap<(usize, usize), Relation>,
    /// For each stream, the other streams that are of the same computer by their records, with their relation.
    same: Vec<Vec<(usize, Relation)>>,
    /// The highest number of pairs that are compared at once.
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
        Streams { streams, of_fragment, holder, known, same, most_pairs: COMPARED_PAIRS }
    }

    /// How many pairs of streams were compared.
    #[cfg(test)]
    pub(super) fn compared(&self) -> usize {
        self.known.len()
    }

    /// The streams of these groups, each with the numbers of the groups that have it.
    pub(super) fn owners<'n>(
        &self,
        groups: impl IntoIterator<Item = (usize, &'n Group)>,
    ) -> StreamOwners {
        let mut owners = StreamOwners::new();
        for (number, group) in groups {
            for stream in self.of_group(group) {
                let known = owners.entry(stream).or_default();
                if known.last() != Some(&number) {
                    known.push(number);
                }
            }
        }
        owners
    }

    /// The streams of a group. A stream that several of its fragments have is returned several
    /// times.
    pub(super) fn of_group(&self, group: &Group) -> impl Iterator<Item = usize> {
        group.iter().flat_map(|fragment| self.of_fragment.get(*fragment)).flatten().copied()
    }

    /// A fragment that has this stream.
    pub(super) fn holder(&self, stream: usize) -> Option<usize> {
        self.holder.get(stream).copied()
    }

    /// The streams that are known to be of the same computer as this one, by their records, with their relation.
    pub(super) fn same_as(&self, stream: usize) -> &[(usize, Relation)] {
        self.same.get(stream).map_or(&[], Vec::as_slice)
    }

    fn get(&self, stream: usize) -> Option<&Stream<'a>> {
        self.streams.get(stream)
    }

    /// Compares each of these streams, which are in order, with the later ones that may share
    /// record IDs with it, and with those that begin with the record ID after its last one. `None`:
    /// there are more pairs than are compared.
    pub(super) fn compare_related(
        &mut self,
        streams: &[usize],
    ) -> Option<Vec<(usize, usize, Relation)>> {
        let mut pairs = Vec::new();
        for (at, &one) in streams.iter().enumerate() {
            let stream = must(self.get(one), "each stream is in the list");
            let Some(&Stream { channel, last, .. }) = stream else { continue };
            let next = (channel, last.record_id.saturating_add(1));
            let begins = |other: &usize| {
                self.get(*other).map(|other| (other.channel, other.first.record_id))
            };
            let later = streams.get(at + 1..).unwrap_or_default();
            // Streams that overlap with this one come before those that follow it.
            let met = later.partition_point(|other| begins(other) <= Some(next));
            if pairs.len() + met > self.most_pairs {
                return None;
            }
            pairs.extend(later.iter().take(met).map(|&other| (one, other)));
        }
        let relate = |(one, other)| (one, other, self.relation(one, other));
        Some(pairs.into_iter().map(relate).collect())
    }

    /// The relation of two streams; [`Relation::Possible`] if they are of two channels.
    pub(super) fn relation(&mut self, one: usize, other: usize) -> Relation {
        let pair = match one.cmp(&other) {
            Ordering::Less => (one, other),
            Ordering::Equal => return Relation::Same,
            Ordering::Greater => (other, one),
        };
        if let Some(known) = self.known.get(&pair) {
            return *known;
        }
        let both = self.get(pair.0).zip(self.get(pair.1));
        let Some((a, b)) = must(both, "each stream is in the list") else {
            return Relation::Possible;
        };
        if a.channel != b.channel {
            return Relation::Possible;
        }
        let found = relation(a.events, b.events);
        self.known.insert(pair, found);
        if matches!(found, Relation::Same | Relation::Continued) {
            for (one, other) in [pair, (pair.1, pair.0)] {
                if let Some(same) = self.same.get_mut(one) {
                    same.push((other, found));
                }
            }
        }
        found
    }
}
