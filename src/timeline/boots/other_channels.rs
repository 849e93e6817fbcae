//! Which boot a record of another channel belongs to. These channels have no records of boot starts:
//! a record belongs to the boot whose clock had its reading, never to one before the boot of the
//! record before it.

use super::clock_index::ClockIndex;
use super::clock_intervals::{Interval, intervals};
use super::desktop_changes::DesktopChanges;
use super::partition::Assigned;
use crate::model::{Channel, Event, Timestamp};
use crate::timeline::hosts::grouping::EventsByChannel;
use crate::timeline::limits::INTERVALS_AHEAD;
use crate::timeline::timing::OTHER_CHANNEL;

/// Assigns the records of every other channel to boots, by those of Security and System.
pub(super) fn assign(events: &EventsByChannel, assigned: &mut Assigned) {
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
            let mut walk = IntervalWalk::new(&intervals, &clocks, &changes, events);
            assigned.insert(*channel, events.iter().map(|event| walk.boot_of(event)).collect());
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
        let has_begun = |here: &&Interval| self.at > 0 || here.first.since(time) <= OTHER_CHANNEL;
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
    /// intervals before the one that was found.
    fn ran_ahead(&self, time: Timestamp, earliest: Timestamp, found: usize) -> bool {
        let then = find(self.intervals, self.clocks, self.at, false, earliest, None);
        then.is_some_and(|then| then < found)
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
    let between = || next().find(|(at, one)| has_begun(one) && is_before_next(*at, one));
    clocks
        .first_that_read(from, time, OTHER_CHANNEL)
        .or_else(|| between().map(|(at, _)| at))
        .or_else(|| clocks.last_that_had_begun(from, time))
}
