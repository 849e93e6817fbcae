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

use super::clock_intervals::{Interval, intervals};
use super::desktop_changes::DesktopChanges;
use super::interval_search::IntervalSearch;
use super::partition::Assigned;
use super::terminal_ranges::TerminalRanges;
use crate::model::{Channel, Event, Timestamp};
use crate::timeline::channel::gaps::Gaps;
use crate::timeline::hosts::grouping::EventsByChannel;
use crate::timeline::timing::OTHER_CHANNEL;

/// Assigns the records of every other channel to boots, by the records of Security and System. The
/// gaps are those of the Local Session Manager's log.
pub(super) fn assign(events: &EventsByChannel, gaps: &Gaps, assigned: &mut Assigned) {
    let shows_boots = |channel: &Channel| matches!(channel, Channel::Security | Channel::System);
    if events.keys().all(shows_boots) {
        return;
    }
    let intervals = IntervalSearch::new(intervals(events, assigned));
    let both = [Channel::Security, Channel::System].into_iter();
    let records = both.flat_map(|channel| assigned.records(events, channel));
    let changes = DesktopChanges::of(records);
    for (channel, events) in events.iter().filter(|(channel, _)| !shows_boots(channel)) {
        let ranges = match channel {
            Channel::LocalSessionManager => TerminalRanges::of(events, gaps),
            _ => TerminalRanges::default(),
        };
        let mut walk = IntervalWalk::new(&intervals, &changes, events);
        assigned.set(*channel, walk.boots(events, &ranges));
    }
}

/// Walks through the records of a channel and, in parallel, through the intervals between clock
/// changes.
struct IntervalWalk<'a> {
    intervals: &'a IntervalSearch,
    changes: &'a DesktopChanges<'a, usize>,
    /// The index of the interval of the record before.
    at: usize,
    /// The time of the last record whose interval is known.
    previous: Option<Timestamp>,
    /// For each record, the earliest time of the records from it on; the entry of the last record
    /// comes first.
    earliest_later: Vec<Timestamp>,
}

impl<'a> IntervalWalk<'a> {
    fn new(
        intervals: &'a IntervalSearch,
        changes: &'a DesktopChanges<'a, usize>,
        events: &[Event],
    ) -> IntervalWalk<'a> {
        let mut earliest = Timestamp::from_filetime(u64::MAX);
        let mut earliest_later: Vec<Timestamp> = Vec::with_capacity(events.len());
        for event in events.iter().rev() {
            earliest = earliest.min(event.time);
            earliest_later.push(earliest);
        }
        IntervalWalk { intervals, changes, at: 0, previous: None, earliest_later }
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
                match known.and_then(|at| self.intervals.boot(at)) {
                    Some(known) if known == opened => {
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
        let next = self.intervals.first_after_boot(self.at, boot);
        if let Some(at) = next.filter(|at| *at > self.at) {
            self.at = at;
            self.previous = None;
        }
    }

    /// Returns the boot of the next records, which are certainly all of one boot. It is the boot in
    /// which Security or System has a logon or logoff of them; else the first boot whose clock may
    /// have shown all their times.
    fn boots_of(&mut self, group: &[Event]) -> Vec<usize> {
        let from = self.at;
        let changed = group.iter().find_map(|event| self.by_desktop_change(event));
        let found: Vec<usize> = group.iter().map(|event| self.boot_of(event)).collect();
        let Some(&first) = found.first().filter(|first| found.iter().any(|boot| boot != *first))
        else {
            return found;
        };
        let by_change = changed.and_then(|at| self.intervals.boot(at));
        let by_clock =
            || found.iter().copied().find(|boot| self.may_have_shown(from, *boot, group));
        let boot = by_change.or_else(by_clock).unwrap_or(first);
        let mut own = self.intervals.of_boot(from, boot);
        let last = group.last().map(|event| event.time);
        let holds =
            |(_, interval): &(usize, &Interval)| last.is_some_and(|at| interval.contains(at));
        let end = own.clone().find(holds).or_else(|| own.next_back());
        self.at = end.map_or(from, |(at, _)| at);
        self.previous = last;
        vec![boot; group.len()]
    }

    /// May the clock of this boot, from this interval on, have shown the times of all these records
    /// in their order?
    fn may_have_shown(&self, from: usize, boot: usize, group: &[Event]) -> bool {
        let mut at = from;
        group.iter().all(|event| {
            let mut own = self.intervals.of_boot(at, boot);
            let found = own.find(|(_, interval)| interval.may_have_shown(event.time));
            at = found.map_or(at, |(found, _)| found);
            found.is_some()
        })
    }

    /// Returns the boot of the next record.
    fn boot_of(&mut self, event: &Event) -> usize {
        let time = event.time;
        let earliest = self.earliest_later.pop().unwrap_or(time);
        if let Some(at) = self.interval_of(event, earliest) {
            self.at = at;
            self.previous = Some(time);
        }
        let here = self.intervals.get(self.at).filter(|here| self.has_begun(here, time));
        here.map_or(0, |here| here.boot)
    }

    /// Had the current interval begun at this time? If not, the record is from before the first
    /// known boot.
    fn has_begun(&self, here: &Interval, time: Timestamp) -> bool {
        let is_before = here.first.since(time) > OTHER_CHANNEL;
        self.at > 0 || !is_before && !self.intervals.was_set_past(self.at, time)
    }

    /// The interval of the next record. `None`: its time is that of a clock that was ahead for a
    /// while, and nothing shows to which boot it belongs. `earliest` is the earliest time from this
    /// record on.
    fn interval_of(&self, event: &Event, earliest: Timestamp) -> Option<usize> {
        let time = event.time;
        if let Some(at) = self.by_desktop_change(event) {
            return Some(at);
        }
        let went_back = self.previous.is_some_and(|earlier| earlier.since(time) > OTHER_CHANNEL);
        let found = if self.intervals.showed(self.at, time) && !went_back {
            self.at
        } else {
            let logged_on = self.changes.of_same_change(event).next();
            let found = self.find(time, went_back, logged_on).unwrap_or(self.at);
            if self.clock_was_ahead(time, earliest, found) {
                return None;
            }
            found
        };
        // The interval that was found may be one whose clock may only have continued until this
        // time. A later interval whose clock showed it is the better one.
        Some(self.intervals.next_that_showed(found, time).unwrap_or(found))
    }

    /// The interval, in the boot in which Security or System reports the same logon or logoff,
    /// whose clock showed this time.
    fn by_desktop_change(&self, event: &Event) -> Option<usize> {
        let mut boots = self.changes.of_same_change(event);
        boots.find_map(|boot| {
            let mut own = self.intervals.of_boot(self.at, boot);
            own.find(|(_, interval)| interval.contains(event.time)).map(|(at, _)| at)
        })
    }

    /// The interval of this time, from the current one on. If the clock `went_back`, it is after the
    /// current one. `logged_on` is the boot in which Security or System reports the same logon or
    /// logoff.
    fn find(&self, time: Timestamp, went_back: bool, logged_on: Option<usize>) -> Option<usize> {
        if went_back {
            return self.intervals.best_from(self.at + 1, time);
        }
        match self.intervals.get(self.at) {
            // The time is before the current interval. No interval is found for it, unless the clock
            // was soon set back to it, or Security or System reports the same logon or logoff.
            Some(here) if time < here.first => {
                let last_boot = here.boot.saturating_add(1).max(logged_on.unwrap_or(0));
                self.intervals.first_until_boot(self.at, last_boot, time)
            }
            _ => self.intervals.best_from(self.at, time),
        }
    }

    /// Is it a time of a clock that was ahead for a while? A later record has an earlier time then,
    /// and that one is before the interval that was found for this time, or before all intervals.
    /// Or this time is later than all known ones.
    fn clock_was_ahead(&self, time: Timestamp, earliest: Timestamp, found: usize) -> bool {
        if time.since(earliest) <= OTHER_CHANNEL {
            return false;
        }
        let then = self.find(earliest, false, None);
        let is_before_all = then.is_none() && self.at == 0;
        let is_before_found = is_before_all || then.is_some_and(|then| then < found);
        let was_shown = self.intervals.first_that_showed(self.at, time).is_some();
        self.intervals.is_after_all(time) || (is_before_found && !was_shown)
    }
}
