//! The records of one computer sorted by boot, so that each later step can take those of one boot.

use crate::model::{BootIndex, Channel, Event};
use crate::timeline::hosts::grouping::{EventsByChannel, events_of};
use crate::timeline::must::must_hold;
use std::collections::BTreeMap;

/// The boot of each record of one computer. A record that was not assigned yet is in boot 0.
pub(crate) struct Assigned {
    /// For each channel, the boot of each of its records, in the order of the records.
    channels: BTreeMap<Channel, Vec<usize>>,
    /// The number of boots, boot 0 included.
    boots: usize,
}

impl Assigned {
    /// No record is assigned yet.
    pub(super) fn new(events: &EventsByChannel, boots: usize) -> Assigned {
        let before_first =
            |(channel, events): (&Channel, &Vec<Event>)| (*channel, vec![0; events.len()]);
        Assigned { channels: events.iter().map(before_first).collect(), boots }
    }

    /// Notes the boot of each record of a channel.
    pub(super) fn set(&mut self, channel: Channel, mut numbers: Vec<usize>) {
        let known = self.channels.entry(channel).or_default();
        must_hold(numbers.len() == known.len(), "each record is assigned to one boot");
        numbers.resize(known.len(), 0);
        for number in numbers.iter_mut().filter(|number| **number >= self.boots) {
            must_hold(false, "each record is assigned to a boot that exists");
            *number = 0;
        }
        *known = numbers;
    }

    /// The boot of each record of a channel.
    fn of(&self, channel: Channel) -> &[usize] {
        self.channels.get(&channel).map_or(&[], Vec::as_slice)
    }

    /// The records of a channel, each with its boot. `events` are the records that were assigned.
    pub(crate) fn records<'a>(
        &self,
        events: &'a EventsByChannel,
        channel: Channel,
    ) -> impl Iterator<Item = (&'a Event, usize)> + Clone {
        events_of(events, channel).iter().zip(self.of(channel).iter().copied())
    }
}

/// The records of one computer, boot by boot. The records of each channel are in one list, whose
/// end is freed as soon as the sessions of the last boots have been built.
pub(crate) struct EventsByBoot {
    channels: BTreeMap<Channel, Partitioned>,
}

/// The records of one channel, boot by boot and in record order within each boot, and the index at
/// which each boot begins.
struct Partitioned {
    events: Vec<Event>,
    begins: Vec<usize>,
}

impl EventsByBoot {
    /// Sorts the records, which are those that were assigned, by boot.
    pub(crate) fn of(events: EventsByChannel, mut assigned: Assigned) -> EventsByBoot {
        let partitioned = |(channel, events): (Channel, Vec<Event>)| {
            let numbers = assigned.channels.remove(&channel).unwrap_or_default();
            (channel, Partitioned::of(events, &numbers, assigned.boots))
        };
        EventsByBoot { channels: events.into_iter().map(partitioned).collect() }
    }

    /// The records of one boot.
    pub(crate) fn boot(&self, boot: usize) -> BootEvents<'_> {
        BootEvents { all: self, boot }
    }

    /// Frees the records of this boot and of all boots after it.
    pub(crate) fn truncate(&mut self, boot: usize) {
        for Partitioned { events, begins } in self.channels.values_mut() {
            events.truncate(begins.get(boot).copied().unwrap_or(0));
            events.shrink_to_fit();
        }
    }
}

impl Partitioned {
    /// Sorts records by boot; `numbers` has the boot of each record, and `boots` is the number of
    /// boots.
    fn of(mut events: Vec<Event>, numbers: &[usize], boots: usize) -> Partitioned {
        let mut begins = vec![0; boots + 1];
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
        // Almost all records are in the order of their boots already; only the late records of
        // System are not.
        if !numbers.is_sorted() {
            let mut next = begins.clone();
            let mut targets: Vec<usize> = Vec::with_capacity(numbers.len());
            for (at, &number) in numbers.iter().enumerate() {
                let target = next.get_mut(number).map_or(at, |next| {
                    *next += 1;
                    *next - 1
                });
                targets.push(target);
            }
            reorder(&mut events, &mut targets);
        }
        Partitioned { events, begins }
    }

    fn boot(&self, boot: usize) -> &[Event] {
        let range = self.begins.get(boot).zip(self.begins.get(boot + 1));
        range.and_then(|(from, to)| self.events.get(*from..*to)).unwrap_or_default()
    }

    /// The last record of the boots before this one.
    fn before(&self, boot: usize) -> Option<&Event> {
        self.events.get(self.begins.get(boot)?.checked_sub(1)?)
    }
}

/// Moves each record to its target index, with one swap for each.
fn reorder(events: &mut [Event], targets: &mut [usize]) {
    for at in 0..targets.len().min(events.len()) {
        while let Some(target) = targets.get(at).copied().filter(|target| *target != at) {
            events.swap(at, target);
            targets.swap(at, target);
        }
    }
}

/// The records of one boot; those of each channel are in record order.
#[derive(Clone, Copy)]
pub(crate) struct BootEvents<'a> {
    all: &'a EventsByBoot,
    boot: usize,
}

impl<'a> BootEvents<'a> {
    /// The boot.
    pub(crate) fn boot(&self) -> BootIndex {
        BootIndex::at(self.boot)
    }

    /// The records of one channel.
    pub(crate) fn of(&self, channel: Channel) -> &'a [Event] {
        self.all.channels.get(&channel).map_or(&[], |events| events.boot(self.boot))
    }

    /// The last record of a channel before those of this boot.
    pub(crate) fn last_of_boots_before(&self, channel: Channel) -> Option<&'a Event> {
        self.all.channels.get(&channel)?.before(self.boot)
    }

    /// Each channel with its records.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (Channel, &'a [Event])> {
        let boot = self.boot;
        self.all.channels.iter().map(move |(channel, events)| (*channel, events.boot(boot)))
    }
}
