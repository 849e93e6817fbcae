//! Which boot a record of another channel belongs to. These channels have no records of boot starts:
//! a record belongs to the boot whose clock had its reading, never to one before the boot of the
//! record before it. The numbers of the Local Session Manager say which records are of one boot.

use super::clock_index::ClockIndex;
use super::clock_intervals::{Interval, intervals};
use super::desktop_changes::DesktopChanges;
use super::partition::Assigned;
use super::terminal_spans::TerminalSpans;
use crate::model::{Channel, Event, Timestamp};
use crate::timeline::channel::gaps::Coverage;
use crate::timeline::hosts::grouping::EventsByChannel;
use crate::timeline::limits::INTERVALS_AHEAD;
use crate::timeline::timing::OTHER_CHANNEL;
use std::cmp::Reverse;

/// Assigns the records of every other channel to boots, by those of Security and System. The gaps are
/// those of the Local Session Manager's log.
pub(super) fn assign(events: &EventsByChannel, gaps: &Coverage, assigned: &mut Assigned) {
    if events.keys().all(|channel| assigned.contains_key(channel)) {
        return;
    }
    let intervals = intervals(events, assigned);
    let numbered = intervals.iter().enumerate();
    let readings = numbered.flat_map(|(at, one)| [(at, one.first), (at, one.last)]);
    let clocks = ClockIndex::new(intervals.len().max(1), readings);
    let both = [Channel::Security, Channel::System].into_iter();
    let changes = DesktopChanges::of(both.flat_map(|channel| {
        let numbers = assigned.get(&channel).into_iter().flatten().copied();
        events.get(&channel).into_iter().flatten().zip(numbers)
    }));
    for (channel, events) in events {
        if !assigned.contains_key(channel) {
            let spans = match channel {
                Channel::LocalSessionManager => TerminalSpans::of(events, gaps),
                _ => TerminalSpans::default(),
            };
            let mut walk = IntervalWalk::new(&intervals, &clocks, &changes, events);
            assigned.insert(*channel, walk.boots(events, &spans));
        }
    }
}

/// A walk through the records of a channel and the intervals together.
struct IntervalWalk<'a> {
    intervals: &'a [Interval],
    clocks: &'a ClockIndex,
    changes: &'a DesktopChanges<'a, usize>,
    /// The interval of the record before.
    at: usize,
    /// The time of the record before whose interval is known.
    previous: Option<Timestamp>,
    /// The latest reading of all intervals.
    end: Option<Timestamp>,
    /// The earliest time of the records from each record on, the last record first.
    earliest_later: Vec<Timestamp>,
}

/// Where a walk stands.
type Place = (usize, Option<Timestamp>);

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

    /// The boots of all records.
    fn boots(&mut self, events: &[Event], spans: &TerminalSpans) -> Vec<usize> {
        let mut boots = Vec::with_capacity(events.len());
        while let Some(left) = events.get(boots.len()..).filter(|left| !left.is_empty()) {
            let opened = spans.opened_again(boots.len()).and_then(|opened| boots.get(opened));
            let count = spans.of_one_boot_from(boots.len());
            let group = left.get(..count).unwrap_or(left);
            // Before the first known boot there may have been several.
            if let Some(&opened) = opened.filter(|boot| **boot > 0) {
                let known = group.iter().find_map(|event| self.by_desktop_change(event));
                match known.and_then(|at| self.intervals.get(at)) {
                    Some(known) if known.boot == opened => {
                        self.move_back(&mut boots, events, opened);
                    }
                    _ => self.leave(opened),
                }
            }
            boots.extend(self.boots_of(group));
        }
        boots
    }

    /// Gives the last records, which were held to be of this boot, to the one before it, unless Security or
    /// System says that they are of this one.
    fn move_back(&self, boots: &mut [usize], events: &[Event], boot: usize) {
        let from = boots.partition_point(|known| *known < boot);
        let is_known = |event: &Event| self.changes.places(event).any(|known| known == boot);
        let own = events.get(from..boots.len()).unwrap_or_default();
        if !own.iter().any(is_known) {
            boots.iter_mut().skip(from).for_each(|known| *known = boot - 1);
        }
    }

    /// Goes on to the boot after this one, where the walk has not come to it yet.
    fn leave(&mut self, boot: usize) {
        let mut later = self.intervals.iter().enumerate().skip(self.at);
        if let Some((at, _)) =
            later.find(|(_, next)| next.boot > boot).filter(|(at, _)| *at > self.at)
        {
            self.at = at;
            self.previous = None;
        }
    }

    /// The boots of the next records, which are surely of one boot: that in which Security or System has
    /// a logon or a logoff of them, else the first whose clock may have read them all.
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
            || found.iter().copied().find(|boot| self.may_have_read(before, *boot, group));
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

    /// May the clock of this boot, from a place on, have read the times of all these records in their
    /// order?
    fn may_have_read(&self, from: Place, boot: usize, group: &[Event]) -> bool {
        let mut at = from.0;
        group.iter().all(|event| {
            let next = self.intervals.iter().enumerate().skip(at).take(INTERVALS_AHEAD);
            let mut own = next.filter(|(_, interval)| interval.boot == boot);
            let found = own.find(|(_, interval)| interval.may_have_read(event.time));
            at = found.map_or(at, |(found, _)| found);
            found.is_some()
        })
    }

    /// The boot of the next record.
    fn boot_of(&mut self, event: &Event) -> usize {
        let time = event.time;
        if let Some(at) = self.by_desktop_change(event) {
            self.earliest_later.pop();
            self.at = at;
            self.previous = Some(time);
            return self.intervals.get(at).map_or(0, |interval| interval.boot);
        }
        let went_back = self.previous.is_some_and(|earlier| earlier.since(time) > OTHER_CHANNEL);
        let is_here = self.clocks.has_read(self.at, time, OTHER_CHANNEL);
        if is_here && !went_back {
            self.at = self.next_that_read(time).unwrap_or(self.at);
        }
        // Later than all that is known, by a clock that was set back afterwards: nothing shows where
        // the record belongs.
        let earliest = self.earliest_later.pop();
        let earliest = earliest.filter(|earliest| time.since(*earliest) > OTHER_CHANNEL);
        let is_late = self.end.is_some_and(|end| time.since(end) > OTHER_CHANNEL);
        let mut is_unknown = earliest.is_some() && is_late;
        if (!is_here || went_back) && !is_unknown {
            let found = self.find(event, went_back).unwrap_or(self.at);
            is_unknown = earliest.is_some_and(|earliest| self.ran_ahead(time, earliest, found));
            if !is_unknown {
                self.at = found;
                // The one before may have been found, by what its clock might still have read.
                self.at = self.next_that_read(time).unwrap_or(found);
            }
        }
        if !is_unknown {
            self.previous = Some(time);
        }
        // The record may be of a time before the first known boot.
        let has_begun = |here: &&Interval| {
            let is_before = here.first.since(time) > OTHER_CHANNEL;
            self.at > 0 || !is_before && !steps_over(self.intervals, self.at, time)
        };
        self.intervals.get(self.at).filter(has_begun).map_or(0, |interval| interval.boot)
    }

    /// The interval of the boot in which Security or System has the same logon or logoff, where its clock
    /// read this time.
    fn by_desktop_change(&self, event: &Event) -> Option<usize> {
        let ahead = || self.intervals.iter().enumerate().skip(self.at).take(INTERVALS_AHEAD);
        let mut boots = self.changes.places(event);
        boots.find_map(|boot| {
            let mut own = ahead().filter(|(_, interval)| interval.boot == boot);
            own.find(|(_, interval)| interval.contains(event.time)).map(|(at, _)| at)
        })
    }

    /// Where this time is beyond the last reading here: the interval after it whose clock was there too,
    /// in this boot or the next.
    fn next_that_read(&self, time: Timestamp) -> Option<usize> {
        let here = self.intervals.get(self.at).filter(|here| here.last < time)?;
        let later = self.intervals.iter().enumerate().skip(self.at + 1).take(INTERVALS_AHEAD);
        let mut later = later.take_while(|(_, next)| next.boot <= here.boot.saturating_add(1));
        let next = later.find(|(_, next)| next.first <= time && next.contains(time));
        // Where the next one overlaps with this one, it is not known to have begun.
        next.filter(|(_, next)| here.last < next.first).map(|(at, _)| at)
    }

    /// Is it a reading of a clock that ran ahead for a while? Then the records that follow are of
    /// intervals before the one that was found, or of a time before all that is known.
    fn ran_ahead(&self, time: Timestamp, earliest: Timestamp, found: usize) -> bool {
        let then = find(self.intervals, self.clocks, self.at, false, earliest, None);
        let is_before_all = then.is_none() && self.at == 0;
        (is_before_all || then.is_some_and(|then| then < found))
            && self.clocks.first_that_read(self.at, time, OTHER_CHANNEL).is_none()
    }

    fn find(&self, event: &Event, went_back: bool) -> Option<usize> {
        let logged_on = self.changes.places(event).next();
        find(self.intervals, self.clocks, self.at, went_back, event.time, logged_on)
    }
}

/// The interval from `at` on that has this reading; else, between two, the one that had begun.
/// `logged_on` is the boot in which Security has the same logon.
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
    // Before all that is known, unless the clock was soon set back to such a reading, or Security
    // has the same logon.
    if let Some(here) = intervals.get(at).filter(|here| !went_back && time < here.first) {
        let last_boot = here.boot.saturating_add(1).max(logged_on.unwrap_or(0));
        let mut near = next().take_while(|(_, interval)| interval.boot <= last_boot);
        return near.find(|(_, interval)| interval.contains(time)).map(|(at, _)| at);
    }
    let has_begun = |interval: &Interval| interval.first <= time && !interval.had_ended(time);
    // Where the next one reads earlier, the clock was set back, and nothing shows how long this one
    // ran.
    let is_before_next = |at: usize, interval: &Interval| {
        let next = intervals.get(at + 1);
        next.is_none_or(|next| time < next.first || next.first < interval.last)
    };
    // Of several, the one that read the latest time needs the smallest step that nobody recorded.
    let between = || {
        let candidates = next().filter(|(at, one)| has_begun(one) && is_before_next(*at, one));
        candidates.min_by_key(|(_, one)| Reverse(one.last))
    };
    clocks
        .first_that_read(from, time, OTHER_CHANNEL)
        .or_else(|| between().map(|(at, _)| at))
        .or_else(|| {
            let last = clocks.last_that_had_begun(from, time)?;
            if steps_over(intervals, last, time) {
                let boot = intervals.get(last)?.boot;
                let mut before = intervals.iter().enumerate().take(last).skip(from).rev();
                return before.find(|(_, one)| one.boot < boot).map(|(at, _)| at).or(Some(from));
            }
            // Where that boot had ended, the record is of the next one: it began before its first record, or
            // its clock was set back, and the record of that is lost.
            let had_ended = intervals.get(last).is_some_and(|one| one.had_ended(time));
            let next = intervals.get(last + 1).filter(|_| had_ended);
            Some(next.map_or(last, |_| last + 1))
        })
}

/// Was the clock of one boot set over this time, from the end of this interval to the begin of the next, so
/// that it never read it?
fn steps_over(intervals: &[Interval], at: usize, time: Timestamp) -> bool {
    let both = intervals.get(at).zip(intervals.get(at + 1));
    both.is_some_and(|(one, next)| {
        let is_later = next.first.since(time) > OTHER_CHANNEL;
        one.boot == next.boot && one.had_ended(time) && is_later
    })
}
