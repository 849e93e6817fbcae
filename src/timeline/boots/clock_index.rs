//! An index over thousands of intervals between clock changes: finds those whose clock has read a
//! time.

use crate::model::{Span, Timestamp};

/// The first and the last reading of the clock in an interval, or in several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockRange {
    first: Timestamp,
    last: Timestamp,
}

impl ClockRange {
    fn of(reading: Timestamp) -> ClockRange {
        ClockRange { first: reading, last: reading }
    }

    fn and(self, other: ClockRange) -> ClockRange {
        ClockRange { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// Has it read this time, or a time not further off than `slack`?
    fn has_read(&self, time: Timestamp, slack: Span) -> bool {
        self.first.plus(Span(-slack.0)) <= time && time <= self.last.plus(slack)
    }
}

/// The clocks of all intervals, as a binary tree: the node `n` covers the nodes `2n` and `2n + 1`,
/// and the intervals themselves are the second half of the nodes.
pub(crate) struct ClockIndex(Vec<Option<ClockRange>>);

impl ClockIndex {
    /// The index of so many intervals, from readings with the number of their interval.
    pub(crate) fn new(
        intervals: usize,
        readings: impl Iterator<Item = (usize, Timestamp)>,
    ) -> ClockIndex {
        let leaves = intervals.next_power_of_two();
        let mut tree: Vec<Option<ClockRange>> = vec![None; 2 * leaves];
        for (interval, time) in readings {
            if let Some(clock) = tree.get_mut(leaves + interval) {
                *clock = Some(
                    clock.map_or(ClockRange::of(time), |known| known.and(ClockRange::of(time))),
                );
            }
        }
        for node in (1..leaves).rev() {
            let below = [2 * node, 2 * node + 1].map(|node| tree.get(node).copied().flatten());
            if let Some(clock) = tree.get_mut(node) {
                *clock = below.into_iter().flatten().reduce(ClockRange::and);
            }
        }
        ClockIndex(tree)
    }

    /// Has the clock of this interval read this time, or one not further off than `slack`?
    pub(crate) fn has_read(&self, interval: usize, time: Timestamp, slack: Span) -> bool {
        self.at(self.0.len() / 2 + interval).is_some_and(|clock| clock.has_read(time, slack))
    }

    /// The first interval from `from` on whose clock has read this time.
    pub(crate) fn first_that_read(
        &self,
        from: usize,
        time: Timestamp,
        slack: Span,
    ) -> Option<usize> {
        self.find(1, from, &|clock| clock.has_read(time, slack), [0, 1])
    }

    /// The last interval from `from` on that had begun at this time.
    pub(crate) fn last_that_had_begun(&self, from: usize, time: Timestamp) -> Option<usize> {
        self.find(1, from, &|clock| clock.first <= time, [1, 0])
    }

    fn at(&self, node: usize) -> Option<&ClockRange> {
        self.0.get(node)?.as_ref()
    }

    /// Looks below `node`, in the order of `channels`, for an interval from `from` on for which `holds`
    /// is true. It is true of no interval below a node for which it is not true.
    fn find(
        &self,
        node: usize,
        from: usize,
        holds: &impl Fn(&ClockRange) -> bool,
        channels: [usize; 2],
    ) -> Option<usize> {
        let leaves = self.0.len() / 2;
        // How many levels the intervals are below the node, and the last of those that it covers.
        let below = leaves.ilog2() - node.ilog2();
        let last = ((node + 1) << below) - 1 - leaves;
        if last < from || !self.at(node).is_some_and(holds) {
            return None;
        }
        if below == 0 {
            return Some(last);
        }
        channels.into_iter().find_map(|side| self.find(2 * node + side, from, holds, channels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_found_by_what_their_clocks_read() {
        let at = |seconds: u64| Timestamp::from_filetime(seconds * 10_000_000);
        // Interval 2 has no record; the clock of 3 was set back to before 1.
        let readings = [(0, 100), (0, 200), (1, 1000), (1, 2000), (3, 500), (3, 900), (4, 3000)];
        let clocks =
            ClockIndex::new(5, readings.into_iter().map(|(interval, time)| (interval, at(time))));
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
