//! Finds the interval between two changes of the clock to which a time belongs.
//!
//! Input: all intervals of a computer in order ([`clock_intervals`](super::clock_intervals)), and a
//! time. Output: the index of an interval.
//!
//! Example: boot 1 has records from 08:00 to 09:00, and boot 2 has records from 13:00 to 18:00. The
//! clock of boot 2 showed 14:00. No clock showed 10:00, but that of boot 1 may have continued until
//! then.

use super::clock_index::ClockIndex;
use super::clock_intervals::Interval;
use crate::model::Timestamp;
use crate::timeline::limits::INTERVALS_AHEAD;
use crate::timeline::timing::OTHER_CHANNEL;
use std::cmp::Reverse;

/// All intervals of a computer in order, with an index of their clock times.
pub(super) struct IntervalSearch {
    intervals: Vec<Interval>,
    clocks: ClockIndex,
    /// The latest clock time of all intervals.
    last: Option<Timestamp>,
}

impl IntervalSearch {
    pub(super) fn new(intervals: Vec<Interval>) -> IntervalSearch {
        let numbered = intervals.iter().enumerate();
        let times = numbered.flat_map(|(at, one)| [(at, one.first), (at, one.last)]);
        let clocks = ClockIndex::new(intervals.len().max(1), times);
        let last = intervals.iter().map(|interval| interval.last).max();
        IntervalSearch { intervals, clocks, last }
    }

    pub(super) fn get(&self, at: usize) -> Option<&Interval> {
        self.intervals.get(at)
    }

    /// The boot of an interval.
    pub(super) fn boot(&self, at: usize) -> Option<usize> {
        self.get(at).map(|interval| interval.boot)
    }

    /// The intervals from this one on that are looked at one by one.
    fn next_from(
        &self,
        from: usize,
    ) -> impl DoubleEndedIterator<Item = (usize, &Interval)> + Clone {
        self.intervals.iter().enumerate().skip(from).take(INTERVALS_AHEAD)
    }

    /// Those of them that are of this boot.
    pub(super) fn of_boot(
        &self,
        from: usize,
        boot: usize,
    ) -> impl DoubleEndedIterator<Item = (usize, &Interval)> + Clone {
        self.next_from(from).filter(move |(_, interval)| interval.boot == boot)
    }

    /// The first interval, from this one on, that is of a later boot than this one.
    pub(super) fn first_after_boot(&self, from: usize, boot: usize) -> Option<usize> {
        let next = self.intervals.partition_point(|interval| interval.boot <= boot).max(from);
        (next < self.intervals.len()).then_some(next)
    }

    /// Did the clock of this interval show this time?
    pub(super) fn showed(&self, at: usize, time: Timestamp) -> bool {
        self.clocks.showed(at, time, OTHER_CHANNEL)
    }

    /// Is this time later than all clock times of all intervals?
    pub(super) fn is_after_all(&self, time: Timestamp) -> bool {
        self.last.is_some_and(|last| time.since(last) > OTHER_CHANNEL)
    }

    /// The first interval, from this one on, whose clock showed this time.
    pub(super) fn first_that_showed(&self, from: usize, time: Timestamp) -> Option<usize> {
        self.clocks.first_that_showed(from, time, OTHER_CHANNEL)
    }

    /// If this time is later than the last clock time of an interval: the next interval whose clock
    /// showed it, in this boot or the next.
    pub(super) fn next_that_showed(&self, at: usize, time: Timestamp) -> Option<usize> {
        let here = self.get(at).filter(|here| here.last < time)?;
        let later = self.next_from(at + 1);
        let mut later = later.take_while(|(_, next)| next.boot <= here.boot.saturating_add(1));
        let next = later.find(|(_, next)| next.first <= time && next.contains(time));
        // If the next interval overlaps with this one, nothing shows that it has begun.
        next.filter(|(_, next)| here.last < next.first).map(|(at, _)| at)
    }

    /// The first interval, from this one on and up to this boot, whose clock showed this time.
    pub(super) fn first_until_boot(
        &self,
        from: usize,
        boot: usize,
        time: Timestamp,
    ) -> Option<usize> {
        let mut near = self.next_from(from).take_while(|(_, interval)| interval.boot <= boot);
        near.find(|(_, interval)| interval.contains(time)).map(|(at, _)| at)
    }

    /// The interval, from this one on, whose clock showed this time. If none did, the interval that
    /// had begun and may have continued.
    pub(super) fn best_from(&self, from: usize, time: Timestamp) -> Option<usize> {
        self.first_that_showed(from, time)
            .or_else(|| self.that_may_have_continued(from, time))
            .or_else(|| self.after_all_that_had_begun(from, time))
    }

    /// The interval, from this one on, that had begun before this time and whose end is not known.
    fn that_may_have_continued(&self, from: usize, time: Timestamp) -> Option<usize> {
        let has_begun = |interval: &Interval| interval.first <= time && !interval.had_ended(time);
        // If the next interval begins earlier, the clock was set back, and nothing shows how long
        // this interval lasted.
        let is_before_next = |at: usize, interval: &Interval| {
            let next = self.get(at + 1);
            next.is_none_or(|next| time < next.first || next.first < interval.last)
        };
        let fits = |(at, one): &(usize, &Interval)| has_begun(one) && is_before_next(*at, one);
        // Of several, the one with the latest time needs the smallest clock step that nobody
        // recorded.
        let best = self.next_from(from).filter(fits).min_by_key(|(_, one)| Reverse(one.last));
        best.map(|(at, _)| at)
    }

    /// The last interval, from this one on, that had begun before this time, or the one after it.
    fn after_all_that_had_begun(&self, from: usize, time: Timestamp) -> Option<usize> {
        let last = self.clocks.last_that_had_begun(from, time)?;
        if self.was_set_past(last, time) {
            let boot = self.boot(last)?;
            let of_boot = self.intervals.partition_point(|interval| interval.boot < boot);
            return Some(of_boot.checked_sub(1).map_or(from, |before| before.max(from)));
        }
        // If that boot had ended, the record is of the next boot: it began before its first record,
        // or its clock was set back and the record of that is lost.
        let had_ended = self.get(last).is_some_and(|one| one.had_ended(time));
        let has_next = self.get(last + 1).is_some();
        Some(if had_ended && has_next { last + 1 } else { last })
    }

    /// Was the clock of one boot set forward past this time, from the end of this interval to the
    /// beginning of the next, so that it never showed it?
    pub(super) fn was_set_past(&self, at: usize, time: Timestamp) -> bool {
        self.get(at).zip(self.get(at + 1)).is_some_and(|(one, next)| {
            let is_later = next.first.since(time) > OTHER_CHANNEL;
            one.boot == next.boot && one.had_ended(time) && is_later
        })
    }
}
