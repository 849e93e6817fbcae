//! The records of one computer by boot epoch: what each stage after the epochs works on.

use crate::model::{Channel, Event};
use crate::timeline::hosts::grouping::Streams;
use std::collections::BTreeMap;

/// The records of one computer, epoch by epoch. Each channel's stand in one piece of memory: what
/// is told is given back from the end.
pub(crate) struct ByEpoch {
    channels: BTreeMap<Channel, Parted>,
}

/// One channel's records, in order within each epoch, and where each epoch begins.
struct Parted {
    events: Vec<Event>,
    begins: Vec<usize>,
}

impl ByEpoch {
    /// Parts the streams among so many epochs by the epoch of each of their records.
    pub(crate) fn of(
        streams: Streams,
        mut assigned: BTreeMap<Channel, Vec<usize>>,
        epochs: usize,
    ) -> ByEpoch {
        let parted = |(channel, events): (Channel, Vec<Event>)| {
            let numbers = assigned.remove(&channel)?;
            Some((channel, Parted::of(events, numbers, epochs)))
        };
        ByEpoch { channels: streams.into_iter().filter_map(parted).collect() }
    }

    /// Those of one epoch.
    pub(crate) fn epoch(&self, epoch: usize) -> Records<'_> {
        Records { all: self, epoch }
    }

    /// Gives back this epoch and all after it.
    pub(crate) fn truncate(&mut self, epoch: usize) {
        for Parted { events, begins } in self.channels.values_mut() {
            events.truncate(begins.get(epoch).copied().unwrap_or(0));
            events.shrink_to_fit();
        }
    }
}

impl Parted {
    fn of(mut events: Vec<Event>, numbers: Vec<usize>, epochs: usize) -> Parted {
        let mut begins = vec![0; epochs + 1];
        for &number in &numbers {
            if let Some(count) = begins.get_mut(number + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += *begin;
            *begin = sum;
        }
        // Almost all records stand in their epoch already: System's last words of a boot do not.
        if !numbers.is_sorted() {
            let mut next = begins.clone();
            let mut places: Vec<usize> = Vec::with_capacity(numbers.len());
            for (at, &number) in numbers.iter().enumerate() {
                let place = next.get_mut(number).map_or(at, |place| {
                    *place += 1;
                    *place - 1
                });
                places.push(place);
            }
            move_to(&mut events, &mut places);
        }
        Parted { events, begins }
    }

    fn epoch(&self, epoch: usize) -> &[Event] {
        let range = self.begins.get(epoch).zip(self.begins.get(epoch + 1));
        range.and_then(|(from, to)| self.events.get(*from..*to)).unwrap_or_default()
    }
}

/// Moves each record to its place, one swap for each.
fn move_to(events: &mut [Event], places: &mut [usize]) {
    for at in 0..places.len().min(events.len()) {
        while let Some(place) = places.get(at).copied().filter(|place| *place != at) {
            events.swap(at, place);
            places.swap(at, place);
        }
    }
}

/// The records of one epoch, each channel's in its own order.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a> {
    all: &'a ByEpoch,
    pub(crate) epoch: usize,
}

impl<'a> Records<'a> {
    /// Those of one channel.
    pub(crate) fn of(&self, channel: Channel) -> &'a [Event] {
        self.all.channels.get(&channel).map_or(&[], |parted| parted.epoch(self.epoch))
    }

    /// Channel by channel.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (Channel, &'a [Event])> {
        let epoch = self.epoch;
        self.all.channels.iter().map(move |(channel, parted)| (*channel, parted.epoch(epoch)))
    }
}
