//! Which boot a record of another channel belongs to. These channels have no records of boot starts:
//! a record belongs to the boot whose clock had its reading, never to one before the boot of the
//! record before it.

use super::clock_index::ClockIndex;
use super::partition::Assigned;
use crate::model::account::{same_name, without_domain};
use crate::model::event_role::{DesktopChange, TimeRole};
use crate::model::{Channel, Event, EventKind, Span, Timestamp};
use crate::timeline::channel::{clock_changes, log_stops};
use crate::timeline::hosts::grouping::EventsByChannel;
use crate::timeline::limits::{INTERVALS_AHEAD, LOGONS_NEARBY};
use crate::timeline::timing::{JITTER, OTHER_CHANNEL, SAME_LOGON};
use std::collections::BTreeMap;

/// Assigns the records of every other channel to boots, by those of Security and System.
pub(super) fn assign(events: &EventsByChannel, assigned: &mut Assigned) {
    if events.keys().all(|channel| assigned.contains_key(channel)) {
        return;
    }
    let intervals = intervals(events, assigned);
    let numbered = intervals.iter().enumerate();
    let readings = numbered.flat_map(|(at, one)| [(at, one.first), (at, one.last)]);
    let clocks = ClockIndex::new(intervals.len().max(1), readings);
    let changes = DesktopChanges::of(events, assigned);
    for (channel, events) in events {
        if !assigned.contains_key(channel) {
            let mut walk = IntervalWalk::new(&intervals, &clocks, &changes, events);
            assigned.insert(*channel, events.iter().map(|event| walk.boot_of(event)).collect());
        }
    }
}

/// The desktop logons and logoffs in Security and System by time, each with its boot.
struct DesktopChanges<'a>(Vec<(Timestamp, usize, &'a Event)>);

impl<'a> DesktopChanges<'a> {
    fn of(events: &'a EventsByChannel, assigned: &Assigned) -> DesktopChanges<'a> {
        let mut all = Vec::new();
        for channel in [Channel::Security, Channel::System] {
            let numbers = assigned.get(&channel).into_iter().flatten();
            let events = events.get(&channel).into_iter().flatten();
            let changes = events.zip(numbers).filter(|(event, _)| change_of(event).is_some());
            all.extend(changes.map(|(event, boot)| (event.time, *boot, event)));
        }
        all.sort_by_key(|(time, boot, event)| (*time, *boot, event.record_id));
        DesktopChanges(all)
    }

    /// The boots of the logons or logoffs that this record may report as well, by their time.
    fn boots(&self, event: &Event) -> impl Iterator<Item = usize> {
        let change = event.confirmed_desktop_change();
        let from = event.time.plus(Span(-SAME_LOGON.0));
        let until = event.time.plus(JITTER);
        let from = self.0.partition_point(|(time, ..)| *time < from);
        let nearby = self.0.iter().skip(from).take(LOGONS_NEARBY);
        nearby
            .take_while(move |(time, ..)| *time <= until)
            .filter(move |(.., known)| change.is_some() && change_of(known) == change)
            .filter(|(.., known)| is_of_same_desktop(known, event))
            .map(|(_, boot, _)| *boot)
    }
}

/// The logon or logoff at a desktop that a record of Security or System states.
fn change_of(event: &Event) -> Option<DesktopChange> {
    match event.desktop_change() {
        Some((_, change)) => Some(change),
        None => event.confirmed_desktop_change(),
    }
}

/// Does a record of another channel name the account, or the session number, of a record of Security or
/// System?
fn is_of_same_desktop(known: &Event, event: &Event) -> bool {
    let account = known.desktop_change().map(|(account, _)| account);
    match (&known.kind, &event.kind) {
        (EventKind::Winlogon(known), EventKind::Terminal(terminal)) => {
            known.session.is_some() && known.session == terminal.session
        }
        (EventKind::Winlogon(known), EventKind::Profile(profile)) => {
            !profile.sid.is_empty() && known.sid == profile.sid
        }
        (_, EventKind::Terminal(terminal)) => {
            let name = without_domain(&terminal.user);
            !name.is_empty() && account.is_some_and(|account| same_name(&account.user, name))
        }
        (_, EventKind::Profile(profile)) => {
            !profile.sid.is_empty() && account.is_some_and(|account| account.sid == profile.sid)
        }
        _ => false,
    }
}

/// An interval between two changes of the clock in one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Interval {
    boot: usize,
    /// The earliest and the latest reading.
    first: Timestamp,
    last: Timestamp,
    /// The readings in its first and its last record.
    ends: (Timestamp, Timestamp),
    /// Its last reading, where a record gives it: a change of the clock, or the end of the boot.
    until: Option<Timestamp>,
}

impl Interval {
    fn of(boot: usize, time: Timestamp) -> Interval {
        Interval { boot, first: time, last: time, ends: (time, time), until: None }
    }

    /// Did its clock read this time?
    fn contains(&self, time: Timestamp) -> bool {
        self.first.since(time) <= OTHER_CHANNEL && time.since(self.last) <= OTHER_CHANNEL
    }

    /// Had it ended when the clock read this?
    fn had_ended(&self, time: Timestamp) -> bool {
        self.until.is_some_and(|until| time.since(until.max(self.last)) > OTHER_CHANNEL)
    }

    fn extend(&mut self, first: Timestamp, last: Timestamp) {
        self.first = self.first.min(first);
        self.last = self.last.max(last);
    }
}

/// All intervals, in the order in which they passed.
fn intervals(events: &EventsByChannel, assigned: &Assigned) -> Vec<Interval> {
    let mut boots: BTreeMap<usize, [Vec<Interval>; 2]> = BTreeMap::new();
    // Of each boot the readings of the records that stand out of order: all that a crash may leave.
    let mut starts: BTreeMap<usize, Interval> = BTreeMap::new();
    let kernels = kernel_starts(events, assigned);
    for (at, channel) in [Channel::Security, Channel::System].iter().enumerate() {
        let records = events.get(channel).into_iter().flatten();
        let numbers = assigned.get(channel).into_iter().flatten();
        for (event, &boot) in records.zip(numbers) {
            // What System recorded before the start of the kernel was stamped by another clock, where
            // that was corrected in between.
            let kernel = kernels.get(&boot).filter(|_| *channel == Channel::System);
            if kernel.is_some_and(|kernel| event.record_id < *kernel) {
                continue;
            }
            if let Some(list) = boots.entry(boot).or_default().get_mut(at) {
                note(list, event, boot);
            }
            if event.role().time == TimeRole::OutOfOrder {
                let own = starts.entry(boot).or_insert(Interval::of(boot, event.time));
                own.extend(event.time, event.time);
            }
        }
    }
    let of_boot = |(boot, [security, system]): (usize, [Vec<Interval>; 2])| match boot {
        // Before the first known boot there may have been several: each channel has its own.
        0 => [security, system].concat(),
        // Without a record of the kernel, the event log service read the clock of the boot.
        _ if !kernels.contains_key(&boot) => {
            let start = starts.get(&boot).copied();
            with_start(united(security, system), start)
        }
        _ => united(security, system),
    };
    boots.into_iter().flat_map(of_boot).collect()
}

/// The intervals with the readings that the records of a start give, where these come first.
fn with_start(mut intervals: Vec<Interval>, start: Option<Interval>) -> Vec<Interval> {
    match (intervals.first_mut(), start) {
        (Some(first), Some(start)) => first.first = first.first.min(start.first),
        (None, start) => intervals.extend(start),
        (Some(_), None) => {}
    }
    intervals
}

/// For each boot the record ID of its Kernel-General 12.
fn kernel_starts(events: &EventsByChannel, assigned: &Assigned) -> BTreeMap<usize, u64> {
    let records = events.get(&Channel::System).into_iter().flatten();
    let numbers = assigned.get(&Channel::System).into_iter().flatten();
    let kernels = records
        .zip(numbers)
        .filter(|(event, _)| matches!(event.kind, EventKind::KernelStarted(_)) && !event.recovered);
    kernels.map(|(event, boot)| (*boot, event.record_id)).collect()
}

fn note(list: &mut Vec<Interval>, event: &Event, boot: usize) {
    let time = event.time;
    let set = clock_changes::reading_before_large_step(event);
    if let Some(last) = list.last_mut() {
        last.until = log_stops::at_interval_end(last.until, event, set);
    }
    // It may have been stamped after a step of the clock that is recorded later.
    if event.role().time == TimeRole::OutOfOrder {
        return;
    }
    match list.last_mut() {
        Some(last) if set.is_none() => {
            last.extend(time, time);
            last.ends.1 = time;
        }
        _ => {
            list.push(Interval::of(boot, time));
        }
    }
}

/// The intervals of one boot by both channels. Where one of them lacks a change of the clock, its
/// first and its last reading still count.
fn united(security: Vec<Interval>, system: Vec<Interval>) -> Vec<Interval> {
    let (mut more, less) =
        if security.len() >= system.len() { (security, system) } else { (system, security) };
    if more.len() == less.len() {
        for (one, other) in more.iter_mut().zip(&less) {
            one.extend(other.first, other.last);
            one.until = one.until.max(other.until);
        }
        return more;
    }
    if let (Some(first), Some(other)) = (more.first_mut(), less.first()) {
        first.first = first.first.min(other.ends.0);
    }
    if let (Some(last), Some(other)) = (more.last_mut(), less.last()) {
        last.last = last.last.max(other.ends.1);
        last.until = last.until.max(other.until);
    }
    more
}

/// A walk through the records of a channel and the intervals together.
struct IntervalWalk<'a> {
    intervals: &'a [Interval],
    clocks: &'a ClockIndex,
    changes: &'a DesktopChanges<'a>,
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
        changes: &'a DesktopChanges<'a>,
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
        let mut boots = self.changes.boots(event);
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
        let logged_on = self.changes.boots(event).next();
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
