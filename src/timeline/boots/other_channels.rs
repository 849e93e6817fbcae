//! Which boot a record of another channel belongs to. These channels carry no boot marks: a record
//! belongs where the clock had its reading, never before the record that precedes it.

use crate::model::{Account, Channel, Event, EventKind, Span, Timestamp};
use crate::timeline::boots::clock_index::Readings;
use crate::timeline::channel::security_boots::at_desktop;
use crate::timeline::hosts::grouping::Streams;
use std::collections::BTreeMap;

/// Records are stamped in order to this precision, and reach a little beyond those of the boot.
const SLACK: Span = Span::seconds(60);
/// Other logs tell of a logon or logoff so soon after Security (3.7 s seen at a console).
const AFTER_LOGON: Span = Span::seconds(5);
/// So many stretches ahead are looked at one by one.
const NEAR: usize = 64;

/// Gives every other channel its epochs, by those of Security and System.
pub(crate) fn assign(streams: &Streams, assigned: &mut BTreeMap<Channel, Vec<usize>>) {
    if streams.keys().all(|channel| assigned.contains_key(channel)) {
        return;
    }
    let stretches = stretches(streams, assigned);
    let numbered = stretches.iter().enumerate();
    let readings = numbered.flat_map(|(at, one)| [(at, one.first), (at, one.last)]);
    let clocks = Readings::new(stretches.len().max(1), readings);
    let logons = Logons::of(streams, assigned);
    for (channel, events) in streams {
        if !assigned.contains_key(channel) {
            assigned.insert(*channel, by_clock(events, &stretches, &clocks, &logons));
        }
    }
}

/// The logons and logoffs at desktops that Security tells of, by time, with their epochs.
struct Logons<'a>(Vec<(Timestamp, usize, &'a Account)>);

impl<'a> Logons<'a> {
    fn of(streams: &'a Streams, assigned: &BTreeMap<Channel, Vec<usize>>) -> Logons<'a> {
        let channel = Channel::Security;
        let numbers = assigned.get(&channel).into_iter().flatten();
        let of = |(event, epoch): (&'a Event, &usize)| {
            at_desktop(event).map(|(account, _)| (event.time, *epoch, account))
        };
        let events = streams.get(&channel).into_iter().flatten();
        let mut all: Vec<_> = events.zip(numbers).filter_map(of).collect();
        all.sort_by_key(|(time, epoch, _)| (*time, *epoch));
        Logons(all)
    }

    /// The epoch of the logon or logoff that this record tells of as well.
    fn epoch(&self, event: &Event) -> Option<usize> {
        const ENOUGH: usize = 64;
        let (sid, name) = match &event.kind {
            EventKind::Terminal(terminal) => ("", terminal.user.rsplit('\\').next()?),
            EventKind::Profile(notification) => (&*notification.sid, ""),
            _ => return None,
        };
        let same = |account: &Account| match sid {
            "" => !name.is_empty() && account.user.eq_ignore_ascii_case(name),
            sid => *account.sid == *sid,
        };
        let from = event.time.plus(Span(-AFTER_LOGON.0));
        let from = self.0.partition_point(|(time, _, _)| *time < from);
        let near = self.0.iter().skip(from).take(ENOUGH);
        near.take_while(|(time, _, _)| *time <= event.time)
            .find(|(_, _, account)| same(account))
            .map(|(_, epoch, _)| *epoch)
    }
}

/// A stretch of an epoch in which nobody set the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    epoch: usize,
    first: Timestamp,
    last: Timestamp,
    /// Readings of its first and last record.
    ends: (Timestamp, Timestamp),
    /// Its last reading, where a record tells: that of a step, or of an end in order.
    until: Option<Timestamp>,
}

impl Stretch {
    fn has(&self, time: Timestamp) -> bool {
        self.first.since(time) <= SLACK && time.since(self.last) <= SLACK
    }

    /// It had ended when the clock read this.
    fn is_over(&self, time: Timestamp) -> bool {
        self.until.is_some_and(|until| time.since(until.max(self.last)) > SLACK)
    }

    fn take_in(&mut self, first: Timestamp, last: Timestamp) {
        self.first = self.first.min(first);
        self.last = self.last.max(last);
    }
}

/// All stretches, in the order in which they were lived through.
fn stretches(streams: &Streams, assigned: &BTreeMap<Channel, Vec<usize>>) -> Vec<Stretch> {
    let mut epochs: BTreeMap<usize, [Vec<Stretch>; 2]> = BTreeMap::new();
    for (at, channel) in [Channel::Security, Channel::System].iter().enumerate() {
        let (Some(events), Some(numbers)) = (streams.get(channel), assigned.get(channel)) else {
            continue;
        };
        for (event, &epoch) in events.iter().zip(numbers) {
            if let Some(list) = epochs.entry(epoch).or_default().get_mut(at) {
                note(list, event, epoch);
            }
        }
    }
    let each = epochs.into_iter().flat_map(|(epoch, [security, system])| match epoch {
        // Before the first known boot there may have been several: each log tells of its own.
        0 => [security, system].concat(),
        _ => united(security, system),
    });
    each.collect()
}

fn note(list: &mut Vec<Stretch>, event: &Event, epoch: usize) {
    let time = event.time;
    let set = set_from(event);
    if let Some(last) = list.last_mut() {
        last.until = match event.kind {
            EventKind::EventLogShutdown | EventKind::ServiceStopped => Some(time),
            _ => set.or(last.until.filter(|until| time.since(*until) <= SLACK)),
        };
    }
    match list.last_mut() {
        Some(last) if set.is_none() => {
            last.take_in(time, time);
            last.ends.1 = time;
        }
        _ => {
            let (first, last, ends) = (time, time, (time, time));
            list.push(Stretch { epoch, first, last, ends, until: None });
        }
    }
}

/// The clock was set, forward or back: its last reading before. At a resume (reason 2) it only
/// goes on.
fn set_from(event: &Event) -> Option<Timestamp> {
    match &event.kind {
        EventKind::ClockChanged(change) if change.reason.is_none_or(|reason| reason == 1) => {
            let (previous, new) = (change.previous?, change.new?);
            (new.since(previous).abs() > SLACK).then_some(previous)
        }
        _ => None,
    }
}

/// What both channels know of one epoch. Where one of them lacks a step, its first and last
/// reading still count.
fn united(security: Vec<Stretch>, system: Vec<Stretch>) -> Vec<Stretch> {
    let (mut more, less) =
        if security.len() >= system.len() { (security, system) } else { (system, security) };
    if more.len() == less.len() {
        for (one, other) in more.iter_mut().zip(&less) {
            one.take_in(other.first, other.last);
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

/// Walks through a channel's records and the stretches together.
fn by_clock(
    events: &[Event],
    stretches: &[Stretch],
    clocks: &Readings,
    logons: &Logons<'_>,
) -> Vec<usize> {
    let mut at = 0;
    let mut previous: Option<Timestamp> = None;
    let end = stretches.iter().map(|stretch| stretch.last).max();
    let mut earliest = Timestamp::from_filetime(u64::MAX);
    let mut later: Vec<Timestamp> = Vec::with_capacity(events.len());
    for event in events.iter().rev() {
        earliest = earliest.min(event.time);
        later.push(earliest);
    }
    let mut place = |event: &Event| {
        let time = event.time;
        let went_back = previous.is_some_and(|earlier| earlier.since(time) > SLACK);
        let here = clocks.has_read(at, time, SLACK);
        // Beyond the last reading here, and within those of the next, which began after it.
        let next = stretches.get(at).zip(stretches.get(at + 1));
        let next_has = next.is_some_and(|(here, next)| {
            here.last < next.first && next.first <= time && time <= next.last
        });
        if here && next_has && !went_back {
            at += 1;
        }
        // Later than all that is known, on a clock that was set back afterwards: no telling where.
        let soon = later.pop().filter(|earliest| time.since(*earliest) > SLACK);
        let mut astray = soon.is_some() && end.is_some_and(|end| time.since(end) > SLACK);
        if (!here || went_back) && !astray {
            let logged_on = logons.epoch(event);
            let found = find(stretches, clocks, at, went_back, time, logged_on).unwrap_or(at);
            // Or by a clock that ran ahead for a while: what follows is of boots before that.
            let passed = |earliest: Timestamp| {
                let then = find(stretches, clocks, at, false, earliest, None);
                then.is_some_and(|then| then < found)
                    && clocks.first_that_read(at, time, SLACK).is_none()
            };
            astray = soon.is_some_and(passed);
            if !astray {
                at = found;
            }
        }
        if !astray {
            previous = Some(time);
        }
        // Before the first boot that is known.
        let before = |first: &&Stretch| at > 0 || first.first.since(time) <= SLACK;
        stretches.get(at).filter(before).map_or(0, |stretch| stretch.epoch)
    };
    events.iter().map(&mut place).collect()
}

/// The stretch from `at` on that has this reading; else, between two, the one that had begun.
fn find(
    stretches: &[Stretch],
    clocks: &Readings,
    at: usize,
    went_back: bool,
    time: Timestamp,
    logged_on: Option<usize>,
) -> Option<usize> {
    let from = at + usize::from(went_back);
    let next = || stretches.iter().enumerate().skip(from).take(NEAR);
    // Before all that is known, unless the clock was soon set back to such a reading, or Security
    // tells of the same logon.
    if let Some(here) = stretches.get(at).filter(|here| !went_back && time < here.first) {
        let soon = here.epoch.saturating_add(1).max(logged_on.unwrap_or(0));
        let near = |stretch: &Stretch| stretch.epoch <= soon;
        let mut soon = next().take_while(|(_, stretch)| near(stretch));
        return soon.find(|(_, stretch)| stretch.has(time)).map(|(at, _)| at);
    }
    let begun = |stretch: &Stretch| stretch.first <= time && !stretch.is_over(time);
    // Where the next reads earlier the clock was set back, and nothing tells how long this one ran.
    let between = |at: usize, stretch: &Stretch| {
        stretches.get(at + 1).is_none_or(|next| time < next.first || next.first < stretch.last)
    };
    let within = || next().find(|(at, one)| begun(one) && between(*at, one)).map(|(at, _)| at);
    clocks
        .first_that_read(from, time, SLACK)
        .or_else(within)
        .or_else(|| clocks.last_that_had_begun(from, time))
}
