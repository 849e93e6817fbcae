//! An index over intervals between clock changes: it quickly finds the interval whose clock showed
//! a given time.
//!
//! Example: interval 0 ran from 08:00 to 10:00, and interval 1 from 09:00 to 12:00. The first
//! interval that showed 11:00 is 1; the last one that had begun at 08:30 is 0.

use crate::model::{Span, Timestamp};
use crate::timeline::limits::CLOCK_NODES;
use std::cell::Cell;

/// The first and the last clock time of one interval, or of several together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockRange {
    first: Timestamp,
    last: Timestamp,
}

impl ClockRange {
    fn of(time: Timestamp) -> ClockRange {
        ClockRange { first: time, last: time }
    }

    fn and(self, other: ClockRange) -> ClockRange {
        ClockRange { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// Did the clock show this time, or one that differs by at most `slack`?
    fn showed(&self, time: Timestamp, slack: Span) -> bool {
        self.first.plus(Span(-slack.0)) <= time && time <= self.last.plus(slack)
    }
}

/// The clock times of all intervals, as a binary tree: node `n` covers the nodes `2n` and `2n + 1`,
/// and the intervals themselves are the second half of the nodes.
pub(crate) struct ClockIndex(Vec<Option<ClockRange>>);

/// The order in which the two child nodes of a node are searched, to find the first interval.
const FIRST_TO_LAST: [usize; 2] = [0, 1];
/// The same, to find the last interval.
const LAST_TO_FIRST: [usize; 2] = [1, 0];

impl ClockIndex {
    /// Builds the index of `intervals` intervals, from clock times with the number of the interval
    /// of each.
    pub(crate) fn new(
        intervals: usize,
        times: impl Iterator<Item = (usize, Timestamp)>,
    ) -> ClockIndex {
        let leaves = intervals.next_power_of_two();
        let mut tree: Vec<Option<ClockRange>> = vec![None; 2 * leaves];
        for (interval, time) in times {
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

    /// Did the clock of this interval show this time, or one that differs by at most `slack`?
    pub(crate) fn showed(&self, interval: usize, time: Timestamp, slack: Span) -> bool {
        self.at(self.0.len() / 2 + interval).is_some_and(|clock| clock.showed(time, slack))
    }

    /// The first interval, from `from` on, whose clock showed this time.
    pub(crate) fn first_that_showed(
        &self,
        from: usize,
        time: Timestamp,
        slack: Span,
    ) -> Option<usize> {
        let nodes = Cell::new(CLOCK_NODES);
        self.find(1, from, &nodes, &|clock| clock.showed(time, slack), FIRST_TO_LAST)
    }

    /// The last interval, from `from` on, that had begun at this time.
    pub(crate) fn last_that_had_begun(&self, from: usize, time: Timestamp) -> Option<usize> {
        let nodes = Cell::new(CLOCK_NODES);
        self.find(1, from, &nodes, &|clock| clock.first <= time, LAST_TO_FIRST)
    }

    fn at(&self, node: usize) -> Option<&ClockRange> {
        self.0.get(node)?.as_ref()
    }

    /// Searches below `node` for an interval, from `from` on, for which `holds` is true; `children`
    /// gives the order in which the two child nodes are searched. If `holds` is false for a node,
    /// it is false for all intervals below it. `nodes` is the number of nodes that may still be looked at.
    fn find(
        &self,
        node: usize,
        from: usize,
        nodes: &Cell<u32>,
        holds: &impl Fn(&ClockRange) -> bool,
        children: [usize; 2],
    ) -> Option<usize> {
        let leaves = self.0.len() / 2;
        // How many levels above the intervals this node is, and the last interval that it covers.
        let below = leaves.ilog2() - node.ilog2();
        let last = ((node + 1) << below) - 1 - leaves;
        nodes.set(nodes.get().saturating_sub(1));
        if last < from || nodes.get() == 0 || !self.at(node).is_some_and(holds) {
            return None;
        }
        if below == 0 {
            return Some(last);
        }
        let mut below = children.into_iter().map(|child| 2 * node + child);
        below.find_map(|child| self.find(child, from, nodes, holds, children))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_found_by_what_their_clocks_read() {
        let at = |seconds: u64| Timestamp::from_filetime(seconds * 10_000_000);
        // Interval 2 has no record; the clock of 3 was set back to before 1.
        let times = [(0, 100), (0, 200), (1, 1000), (1, 2000), (3, 500), (3, 900), (4, 3000)];
        let clocks =
            ClockIndex::new(5, times.into_iter().map(|(interval, time)| (interval, at(time))));
        let none = Span(0);
        let read = |from, time| clocks.first_that_showed(from, at(time), none);
        assert_eq!(read(0, 150), Some(0));
        assert_eq!(read(1, 150), None);
        assert_eq!(read(0, 600), Some(3));
        assert_eq!(read(0, 2001), None);
        assert_eq!(clocks.first_that_showed(0, at(2001), Span::seconds(1)), Some(1));
        let begun = |from, time| clocks.last_that_had_begun(from, at(time));
        assert_eq!(begun(0, 2500), Some(3));
        assert_eq!(begun(0, 400), Some(0));
        assert_eq!(begun(0, 99), None);
        assert_eq!(begun(4, 2500), None);
        assert!(clocks.showed(1, at(1500), none) && !clocks.showed(2, at(1500), none));
    }
}
