//! The records of one computer by boot epoch: what each stage after the epochs works on.

use super::lineage::Streams;
use crate::model::{Channel, Event};
use std::collections::BTreeMap;

/// The records of one epoch, each channel's in its own order.
pub(super) struct Records {
    pub(super) epoch: usize,
    channels: Vec<(Channel, Vec<Event>)>,
}

impl Records {
    /// Those of one channel.
    pub(super) fn of(&self, channel: Channel) -> &[Event] {
        let own = self.channels.iter().find(|(one, _)| *one == channel);
        own.map_or(&[], |(_, events)| events)
    }

    /// Channel by channel.
    pub(super) fn channels(&self) -> impl Iterator<Item = (Channel, &[Event])> {
        self.channels.iter().map(|(channel, events)| (*channel, events.as_slice()))
    }
}

/// Parts the streams among so many epochs by the epoch of each of their records.
pub(super) fn by_epoch(
    streams: Streams,
    mut assigned: BTreeMap<Channel, Vec<usize>>,
    epochs: usize,
) -> Vec<Records> {
    let mut all: Vec<Records> =
        (0..epochs).map(|epoch| Records { epoch, channels: Vec::new() }).collect();
    for (channel, mut events) in streams {
        let numbers = assigned.remove(&channel).unwrap_or_default();
        let mut counts = vec![0; epochs];
        for &number in &numbers {
            if let Some(count) = counts.get_mut(number) {
                *count += 1;
            }
        }
        for (records, &count) in all.iter_mut().zip(&counts).filter(|(_, count)| **count > 0) {
            records.channels.push((channel, Vec::with_capacity(count)));
        }
        // From the end, so that the stream gives its memory back while it becomes less.
        for number in numbers.into_iter().rev() {
            let (Some(event), Some(records)) = (events.pop(), all.get_mut(number)) else { break };
            if let Some((_, own)) = records.channels.last_mut() {
                own.push(event);
            }
            if events.len() < events.capacity() / 4 * 3 {
                events.shrink_to_fit();
            }
        }
        for (records, _) in all.iter_mut().zip(&counts).filter(|(_, count)| **count > 0) {
            if let Some((_, own)) = records.channels.last_mut() {
                own.reverse();
            }
        }
    }
    all
}
