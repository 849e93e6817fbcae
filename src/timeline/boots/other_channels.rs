//! To which boot does a record of any channel other than Security and System belong?
//!
//! Input: the records of these channels, and the intervals between clock changes in each boot
//! ([`clock_intervals`](super::clock_intervals)). Output: the boot of each record.
//!
//! These channels have no records of boot starts. A record belongs to the boot whose clock showed
//! its time, and never to a boot before that of the record before it. Two things decide before the
//! clock does: a logon or logoff that Security or System reports too, and the session numbers of
//! the Local Session Manager, which show that several records are of one boot.
//!
//! Example: boot 1 ran from 08:00 to 12:00 and boot 2 from 13:00 to 18:00. A logon (21) at 14:00 is
//! in boot 2, and so is every record after it.

use super::clock_index::ClockIndex;
use super::clock_intervals::{Interval, intervals};
use super::desktop_changes::DesktopChanges;
use super::partition::Assigned;
use super::terminal_ranges::TerminalRanges;
use crate::model::{Channel, Event, Timestamp};
use crate::timeline::channel::gaps::Coverage;
use crate::timeline::hosts::grouping::EventsByChannel;
use crate::timeline::limits::INTERVALS_AHEAD;
use crate::timeline::timing::OTHER_CHANNEL;
use std::cmp::Reverse;

/// Assigns the records of every other channel to boots, by the records of Security and System. The
/// gaps are those of the Local Session Manager's log.
pub(super) fn assign(events: &EventsByChannel, gaps: &Coverage, assigned: &mut Assigned) {
    let shows_boots = |channel: &Channel| matches!(channel, Channel::Security | Channel::System);
    if events.keys().all(shows_boots) {
        return;
    }
    let intervals = intervals(events, assigned);
    let numbered = intervals.iter().enumerate();
    let times = numbered.flat_map(|(at, one)| [(at, one.first), (at, one.last)]);
    let clocks = ClockIndex::new(intervals.len().max(1), times);
    let both = [Channel::Security, Channel::System].into_iter();
    let records = both.flat_map(|channel| assigned.records(events, channel));
    let changes = DesktopChanges::of(records);
    for (channel, events) in events.iter().filter(|(channel, _)| !shows_boots(channel)) {
        let ranges = match channel {
            Channel::LocalSessionManager => TerminalRanges::of(events, gaps),
            _ => TerminalRanges::default(),
        };
        let mut walk = IntervalWalk::new(&intervals, &clocks, &changes, events);
        assigned.set(*channel, walk.boots(events, &ranges));
    }
}

/// Walks through the records of a channel and, in parallel, through the intervals between clock
/// changes.
struct IntervalWalk<'a> {
    intervals: &'a [Interval],
    clocks: &'a ClockIndex,
    changes: &'a DesktopChanges<'a, usize>,
    /// The index of the interval of the record before.
    at: usize,
    /// The time of the last record whose interval is known.
    previous: Option<Timestamp>,
    /// The latest clock time of all intervals.
    end: Option<Timestamp>,
    /// For each record, the earliest time of the records from it on; the entry of the last record
    /// comes first.
    earliest_later: Vec<Timestamp>,
}

/// The position of a walk: the index of an interval, and the time of the record before.
type Position = (usize, Option<Timestamp>);

impl<'a> IntervalWalk<'a> {
    fn new(
        intervals: &'a [Interval],
        clocks: &'a ClockIndex,
        changes: &'a DesktopChanges<'a, usize>,
        events: &[Event],
    ) -> IntervalWalk<'a> {
        let mut earliest = Timestamp::from_filetime(u64::MAX);
        let mut earliest_later: Vec<Timestamp> = Vec::with_capacity(events.len());
        for event in events.iter().rev() {
            earliest = earliest.min(event.time);
            earliest_later.push(earliest);
        }
        let end = intervals.iter().map(|interval| interval.last).max();
        IntervalWalk { intervals, clocks, changes, at: 0, previous: None, end, earliest_later }
    }

    /// Returns the boot of each record.
    fn boots(&mut self, events: &[Event], ranges: &TerminalRanges) -> Vec<usize> {
        let mut boots = Vec::with_capacity(events.len());
        while let Some(left) = events.get(boots.len()..).filter(|left| !left.is_empty()) {
            let opened = ranges.opened_again(boots.len()).and_then(|opened| boots.get(opened));
            let count = ranges.of_one_boot_from(boots.len());
            let group = left.get(..count).unwrap_or(left);
            // Before the first known boot there may have been several boots.
            if let Some(&opened) = opened.filter(|boot| **boot > 0) {
                let known = group.iter().find_map(|event| self.by_desktop_change(event));
                match known.and_then(|at| self.intervals.get(at)) {
                    Some(known) if known.boot == opened => {
                        self.assign_to_boot_before(&mut boots, events, opened);
                    }
                    _ => self.go_past(opened),
                }
            }
            boots.extend(self.boots_of(group));
        }
        boots
    }

    /// Assigns the last records, which were assigned to this boot, to the boot before it, unless
    /// Security or System shows that they are of this boot.
    fn assign_to_boot_before(&self, boots: &mut [usize], events: &[Event], boot: usize) {
        let from = boots.partition_point(|known| *known < boot);
        let is_known =
            |event: &Event| self.changes.of_same_change(event).any(|known| known == boot);
        let own = events.get(from..boots.len()).unwrap_or_default();
        if !own.iter().any(is_known) {
            boots.iter_mut().skip(from).for_each(|known| *known = boot - 1);
        }
    }

    /// Moves on to the boot after this one, if the walk has not reached it yet.
    fn go_past(&mut self, boot: usize) {
        let mut later = self.intervals.iter().enumerate().skip(self.at);
        if let Some((at, _)) =
            later.find(|(_, next)| next.boot > boot).filter(|(at, _)| *at > self.at)
        {
            self.at = at;
            self.previous = None;
        }
    }

    /// Returns the boot of the next records, which are certainly all of one boot. It is the boot in
    /// which Security or System has a logon or logoff of them; else the first boot whose clock may
    /// have shown all their times.
    fn boots_of(&mut self, group: &[Event]) -> Vec<usize> {
        let before = (self.at, self.previous);
        let changed = group.iter().find_map(|event| self.by_desktop_change(event));
        let found: Vec<usize> = group.iter().map(|event| self.boot_of(event)).collect();
        let Some(&first) = found.first().filter(|first| found.iter().any(|boot| boot != *first))
        else {
            return found;
        };
        let boot_at = |at: usize| self.intervals.get(at).map(|interval| interval.boot);
        let read_all =
            || found.iter().copied().find(|boot| self.may_have_shown(before, *boot, group));
        let boot = changed.and_then(boot_at).or_else(read_all).unwrap_or(first);
        let own = self.intervals.iter().enumerate().skip(before.0);
        let mut own = own.take(INTERVALS_AHEAD).filter(|(_, interval)| interval.boot == boot);
        let last = group.last().map(|event| event.time);
        let holds =
            |(_, interval): &(usize, &Interval)| last.is_some_and(|at| interval.contains(at));
        let end = own.clone().find(holds).or_else(|| own.next_back());
        self.at = end.map_or(before.0, |(at, _)| at);
        self.previous = last;
        vec![boot; group.len()]
    }

    /// May the clock of this boot, from a position on, have shown the times of all these records in
    /// their order?
    fn may_have_shown(&self, from: Position, boot: usize, group: &[Event]) -> bool {
        let mut at = from.0;
        group.iter().all(|event| {
            let next = self.intervals.iter().enumerate().skip(at).take(INTERVALS_AHEAD);
            let mut own = next.filter(|(_, interval)| interval.boot == boot);
            let found = own.find(|(_, interval)| interval.may_have_shown(event.time));
            at = found.map_or(at, |(found, _)| found);
            found.is_some()
        })
    }

    /// Returns the boot of the next record.
    fn boot_of(&mut self, event: &Event) -> usize {
        let time = event.time;
        if let Some(at) = self.by_desktop_change(event) {
            self.earliest_later.pop();
            self.at = at;
            self.previous = Some(time);
            return self.intervals.get(at).map_or(0, |interval| interval.boot);
        }
        let went_back = self.previous.is_some_and(|earlier| earlier.since(time) > OTHER_CHANNEL);
        let is_here = self.clocks.showed(self.at, time, OTHER_CHANNEL);
        if is_here && !went_back {
            self.at = self.next_that_showed(time).unwrap_or(self.at);
        }
        // If the time is later than all known ones, and a later record has an earlier time, the
        // clock was set back in between. Then nothing shows to which boot the record belongs.
        let earliest = self.earliest_later.pop();
        let earliest = earliest.filter(|earliest| time.since(*earliest) > OTHER_CHANNEL);
        let is_late = self.end.is_some_and(|end| time.since(end) > OTHER_CHANNEL);
        let mut is_unknown = earliest.is_some() && is_late;
        if (!is_here || went_back) && !is_unknown {
            let found = self.find(event, went_back).unwrap_or(self.at);
            is_unknown =
                earliest.is_some_and(|earliest| self.clock_was_ahead(time, earliest, found));
            if !is_unknown {
                self.at = found;
                // The interval that was found may be one whose clock may only have continued until
                // this time. A later interval whose clock showed it is the better one.
                self.at = self.next_that_showed(time).unwrap_or(found);
            }
        }
        if !is_unknown {
            self.previous = Some(time);
        }
        // The record may be from before the first known boot.
        let has_begun = |here: &&Interval| {
            let is_before = here.first.since(time) > OTHER_CHANNEL;
            self.at > 0 || !is_before && !was_set_past(self.intervals, self.at, time)
        };
        self.intervals.get(self.at).filter(has_begun).map_or(0, |interval| interval.boot)
    }

    /// The interval, in the boot in which Security or System reports the same logon or logoff,
    /// whose clock showed this time.
    fn by_desktop_change(&self, event: &Event) -> Option<usize> {
        let ahead = || self.intervals.iter().enumerate().skip(self.at).take(INTERVALS_AHEAD);
        let mut boots = self.changes.of_same_change(event);
        boots.find_map(|boot| {
            let mut own = ahead().filter(|(_, interval)| interval.boot == boot);
            own.find(|(_, interval)| interval.contains(event.time)).map(|(at, _)| at)
        })
    }

    /// If this time is later than the last clock time of the current interval: the next interval
    /// whose clock showed it, in this boot or the next.
    fn next_that_showed(&self, time: Timestamp) -> Option<usize> {
        let here = self.intervals.get(self.at).filter(|here| here.last < time)?;
        let later = self.intervals.iter().enumerate().skip(self.at + 1).take(INTERVALS_AHEAD);
        let mut later = later.take_while(|(_, next)| next.boot <= here.boot.saturating_add(1));
        let next = later.find(|(_, next)| next.first <= time && next.contains(time));
        // If the next interval overlaps with this one, nothing shows that it has begun.
        next.filter(|(_, next)| here.last < next.first).map(|(at, _)| at)
    }

    /// Is it a time of a clock that was ahead for a while? Then the later records are in intervals
    /// before the one that was found, or before all known intervals.
    fn clock_was_ahead(&self, time: Timestamp, earliest: Timestamp, found: usize) -> bool {
        let then = find(self.intervals, self.clocks, self.at, false, earliest, None);
        let is_before_all = then.is_none() && self.at == 0;
        (is_before_all || then.is_some_and(|then| then < found))
            && self.clocks.first_that_showed(self.at, time, OTHER_CHANNEL).is_none()
    }

    /// Finds the interval of a record, from the current one on.
    fn find(&self, event: &Event, went_back: bool) -> Option<usize> {
        let logged_on = self.changes.of_same_change(event).next();
        find(self.intervals, self.clocks, self.at, went_back, event.time, logged_on)
    }
}

/// The interval, from `at` on, whose clock showed this time. If none did, the interval that had
/// begun and may have continued. `logged_on` is the boot in which Security or System reports the
/// same logon or logoff.
fn find(
    intervals: &[Interval],
    clocks: &ClockIndex,
    at: usize,
    went_back: bool,
    time: Timestamp,
    logged_on: Option<usize>,
) -> Option<usize> {
    let from = at + usize::from(went_back);
    let next = || intervals.iter().enumerate().skip(from).take(INTERVALS_AHEAD);
    // The time is before the current interval. No interval is found for it, unless the clock was
    // soon set back to it, or Security or System reports the same logon or logoff.
    if let Some(here) = intervals.get(at).filter(|here| !went_back && time < here.first) {
        let last_boot = here.boot.saturating_add(1).max(logged_on.unwrap_or(0));
        let mut near = next().take_while(|(_, interval)| interval.boot <= last_boot);
        return near.find(|(_, interval)| interval.contains(time)).map(|(at, _)| at);
    }
    let has_begun = |interval: &Interval| interval.first <= time && !interval.had_ended(time);
    // If the next interval begins earlier, the clock was set back, and nothing shows how long this
    // interval lasted.
    let is_before_next = |at: usize, interval: &Interval| {
        let next = intervals.get(at + 1);
        next.is_none_or(|next| time < next.first || next.first < interval.last)
    };
    // Of several candidates, the one with the latest time needs the smallest clock step that nobody
    // recorded.
    let between = || {
        let candidates = next().filter(|(at, one)| has_begun(one) && is_before_next(*at, one));
        candidates.min_by_key(|(_, one)| Reverse(one.last))
    };
    clocks
        .first_that_showed(from, time, OTHER_CHANNEL)
        .or_else(|| between().map(|(at, _)| at))
        .or_else(|| {
            let last = clocks.last_that_had_begun(from, time)?;
            if was_set_past(intervals, last, time) {
                let boot = intervals.get(last)?.boot;
                let mut before = intervals.iter().enumerate().take(last).skip(from).rev();
                return before.find(|(_, one)| one.boot < boot).map(|(at, _)| at).or(Some(from));
            }
            // If that boot had ended, the record is of the next boot: it began before its first
            // record, or its clock was set back and the record of that is lost.
            let had_ended = intervals.get(last).is_some_and(|one| one.had_ended(time));
            let next = intervals.get(last + 1).filter(|_| had_ended);
            Some(next.map_or(last, |_| last + 1))
        })
}

/// Was the clock of one boot set forward past this time, from the end of this interval to the
/// beginning of the next, so that it never showed it?
fn was_set_past(intervals: &[Interval], at: usize, time: Timestamp) -> bool {
    let both = intervals.get(at).zip(intervals.get(at + 1));
    both.is_some_and(|(one, next)| {
        let is_later = next.first.since(time) > OTHER_CHANNEL;
        one.boot == next.boot && one.had_ended(time) && is_later
    })
}
