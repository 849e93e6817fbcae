//! The epochs whose clocks have read a time, among thousands.

use crate::model::{Span, Timestamp};

/// First and last reading of the clock in an epoch, or in several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    first: Timestamp,
    last: Timestamp,
}

impl Clock {
    fn of(reading: Timestamp) -> Clock {
        Clock { first: reading, last: reading }
    }

    fn and(self, other: Clock) -> Clock {
        Clock { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// Has it read this time, or a time not further off than `slack`?
    fn has_read(&self, time: Timestamp, slack: Span) -> bool {
        self.first.plus(Span(-slack.0)) <= time && time <= self.last.plus(slack)
    }
}

/// The clocks of all epochs, as a binary tree: what stands at `n` covers `2n` and `2n + 1`, and
/// the epochs themselves stand in its second half.
pub(crate) struct Readings(Vec<Option<Clock>>);

impl Readings {
    /// Of so many epochs, from readings with the number of their epoch.
    pub(crate) fn new(
        epochs: usize,
        readings: impl Iterator<Item = (usize, Timestamp)>,
    ) -> Readings {
        let leaves = epochs.next_power_of_two();
        let mut tree: Vec<Option<Clock>> = vec![None; 2 * leaves];
        for (epoch, time) in readings {
            if let Some(clock) = tree.get_mut(leaves + epoch) {
                *clock = Some(clock.map_or(Clock::of(time), |known| known.and(Clock::of(time))));
            }
        }
        for node in (1..leaves).rev() {
            let below = [2 * node, 2 * node + 1].map(|node| tree.get(node).copied().flatten());
            if let Some(clock) = tree.get_mut(node) {
                *clock = below.into_iter().flatten().reduce(Clock::and);
            }
        }
        Readings(tree)
    }

    /// Has the clock of this epoch read this time, or one not further off than `slack`?
    pub(crate) fn has_read(&self, epoch: usize, time: Timestamp, slack: Span) -> bool {
        self.at(self.0.len() / 2 + epoch).is_some_and(|clock| clock.has_read(time, slack))
    }

    /// The first epoch from `from` on whose clock has read this time.
    pub(crate) fn first_that_read(
        &self,
        from: usize,
        time: Timestamp,
        slack: Span,
    ) -> Option<usize> {
        self.find(1, from, &|clock| clock.has_read(time, slack), [0, 1])
    }

    /// The last epoch from `from` on that had begun at this time.
    pub(crate) fn last_that_had_begun(&self, from: usize, time: Timestamp) -> Option<usize> {
        self.find(1, from, &|clock| clock.first <= time, [1, 0])
    }

    fn at(&self, node: usize) -> Option<&Clock> {
        self.0.get(node)?.as_ref()
    }

    /// Looks below `node`, in the order of `sides`, for an epoch from `from` on for which `holds`
    /// is true. It is true of no epoch below a node for which it is not.
    fn find(
        &self,
        node: usize,
        from: usize,
        holds: &impl Fn(&Clock) -> bool,
        sides: [usize; 2],
    ) -> Option<usize> {
        let leaves = self.0.len() / 2;
        // How many levels the epochs are below the node, and the last of those that it covers.
        let below = leaves.ilog2() - node.ilog2();
        let last = ((node + 1) << below) - 1 - leaves;
        if last < from || !self.at(node).is_some_and(holds) {
            return None;
        }
        if below == 0 {
            return Some(last);
        }
        sides.into_iter().find_map(|side| self.find(2 * node + side, from, holds, sides))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_found_by_what_their_clocks_read() {
        let at = |seconds: u64| Timestamp::from_filetime(seconds * 10_000_000);
        // Epoch 2 has no record; the clock of 3 was set back to before 1.
        let readings = [(0, 100), (0, 200), (1, 1000), (1, 2000), (3, 500), (3, 900), (4, 3000)];
        let clocks = Readings::new(5, readings.into_iter().map(|(epoch, time)| (epoch, at(time))));
        let none = Span(0);
        let read = |from, time| clocks.first_that_read(from, at(time), none);
        assert_eq!(read(0, 150), Some(0));
        assert_eq!(read(1, 150), None);
        assert_eq!(read(0, 600), Some(3));
        assert_eq!(read(0, 2001), None);
        assert_eq!(clocks.first_that_read(0, at(2001), Span::seconds(1)), Some(1));
        let begun = |from, time| clocks.last_that_had_begun(from, at(time));
        assert_eq!(begun(0, 2500), Some(3));
        assert_eq!(begun(0, 400), Some(0));
        assert_eq!(begun(0, 99), None);
        assert_eq!(begun(4, 2500), None);
        assert!(clocks.has_read(1, at(1500), none) && !clocks.has_read(2, at(1500), none));
    }
}
