//! The records of one computer by boot epoch: what each stage after the epochs works on.

use super::lineage::Streams;
use crate::model::{Channel, Event};
use std::collections::BTreeMap;

/// All records of one computer.
pub(super) struct ByEpoch<'a> {
    channels: BTreeMap<Channel, Parted<'a>>,
}

/// One channel's records, epoch by epoch, and where each epoch begins.
struct Parted<'a> {
    records: Vec<&'a Event>,
    begins: Vec<usize>,
}

impl<'a> ByEpoch<'a> {
    /// Parts the streams among so many epochs by the epoch of each of their records.
    pub(super) fn of(
        streams: &'a Streams,
        assigned: &BTreeMap<Channel, Vec<usize>>,
        epochs: usize,
    ) -> ByEpoch<'a> {
        let parted = |(channel, events): (&Channel, &'a Vec<Event>)| {
            let numbers = assigned.get(channel)?;
            Some((*channel, Parted::of(events, numbers, epochs)))
        };
        ByEpoch { channels: streams.iter().filter_map(parted).collect() }
    }

    /// Those of one epoch.
    pub(super) fn epoch(&'a self, epoch: usize) -> Records<'a> {
        Records { all: self, epoch }
    }
}

impl<'a> Parted<'a> {
    fn of(events: &'a [Event], numbers: &[usize], epochs: usize) -> Parted<'a> {
        let mut begins = vec![0; epochs + 1];
        for &number in numbers {
            if let Some(count) = begins.get_mut(number + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += *begin;
            *begin = sum;
        }
        // Record order within an epoch: almost all stand there already.
        let mut placed: Vec<(usize, &Event)> = numbers.iter().copied().zip(events).collect();
        if !numbers.is_sorted() {
            placed.sort_by_key(|(number, _)| *number);
        }
        Parted { records: placed.into_iter().map(|(_, event)| event).collect(), begins }
    }

    fn epoch(&self, epoch: usize) -> &[&'a Event] {
        let range = self.begins.get(epoch).zip(self.begins.get(epoch + 1));
        range.and_then(|(from, to)| self.records.get(*from..*to)).unwrap_or_default()
    }
}

/// The records of one epoch, each channel's in its own order.
#[derive(Clone, Copy)]
pub(super) struct Records<'a> {
    all: &'a ByEpoch<'a>,
    pub(super) epoch: usize,
}

impl<'a> Records<'a> {
    /// Those of one channel.
    pub(super) fn of(&self, channel: Channel) -> &'a [&'a Event] {
        self.all.channels.get(&channel).map_or(&[], |parted| parted.epoch(self.epoch))
    }

    /// Channel by channel.
    pub(super) fn channels(&self) -> impl Iterator<Item = (Channel, &'a [&'a Event])> {
        let epoch = self.epoch;
        self.all.channels.iter().map(move |(channel, parted)| (*channel, parted.epoch(epoch)))
    }
}
