//! The intervals between the changes of the clock in each boot, as Security and System show them: by
//! what the clock read, a record of another channel finds its boot.

use super::partition::Assigned;
use crate::model::event_role::TimeRole;
use crate::model::{Channel, Event, EventKind, Timestamp};
use crate::timeline::channel::{clock_changes, log_stops};
use crate::timeline::hosts::grouping::EventsByChannel;
use crate::timeline::timing::{OTHER_CHANNEL, UPTIME_IS_EXACT};
use std::collections::BTreeMap;

/// An interval between two changes of the clock in one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) boot: usize,
    /// The earliest and the latest reading.
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
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
    pub(super) fn contains(&self, time: Timestamp) -> bool {
        self.first.since(time) <= OTHER_CHANNEL && time.since(self.last) <= OTHER_CHANNEL
    }

    /// May its clock have read this time? Where no record gives its last reading, it may have run on.
    pub(super) fn may_have_read(&self, time: Timestamp) -> bool {
        let ran_on = self.until.is_none() && self.first <= time;
        self.contains(time) || ran_on && !self.had_ended(time)
    }

    /// Had it ended when the clock read this?
    pub(super) fn had_ended(&self, time: Timestamp) -> bool {
        self.until.is_some_and(|until| time.since(until.max(self.last)) > OTHER_CHANNEL)
    }

    fn extend(&mut self, first: Timestamp, last: Timestamp) {
        self.first = self.first.min(first);
        self.last = self.last.max(last);
    }
}

/// All intervals, in the order in which they passed.
pub(super) fn intervals(events: &EventsByChannel, assigned: &Assigned) -> Vec<Interval> {
    let mut boots: BTreeMap<usize, [Vec<Interval>; 2]> = BTreeMap::new();
    // Of each boot the readings of the records that stand out of order: all that a crash may leave.
    let mut starts: BTreeMap<usize, Interval> = BTreeMap::new();
    // Of each boot the reading at the start of the event log service.
    let mut services: BTreeMap<usize, Timestamp> = BTreeMap::new();
    let kernels = kernel_starts(events, assigned);
    for (at, channel) in [Channel::Security, Channel::System].iter().enumerate() {
        let records = events.get(channel).into_iter().flatten();
        let numbers = assigned.get(channel).into_iter().flatten();
        for (event, &boot) in records.zip(numbers) {
            if matches!(event.kind, EventKind::ServiceStarted) && !event.recovered {
                services.entry(boot).or_insert(event.time);
            }
            // What System recorded before the start of the kernel was stamped by another clock, where
            // that was corrected in between.
            let kernel = kernels.get(&boot).filter(|_| *channel == Channel::System);
            if kernel.is_some_and(|kernel| event.record_id < kernel.record_id) {
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
        _ => with_service_start(united(security, system), services.get(&boot).copied()),
    };
    let mut all: Vec<Interval> = boots.into_iter().flat_map(of_boot).collect();
    for (boot, alive) in signs_of_life(events, assigned, &kernels) {
        if let Some(last) = all.iter_mut().rfind(|interval| interval.boot == boot) {
            last.last = last.last.max(alive);
        }
    }
    all
}

/// For boots that crashed the last time that Windows had noted, by the 6008 of the boot after it: where
/// that time less the uptime is the start of the boot, so that its clock was not set in between.
fn signs_of_life<'a>(
    events: &'a EventsByChannel,
    assigned: &'a Assigned,
    kernels: &'a BTreeMap<usize, &'a Event>,
) -> impl Iterator<Item = (usize, Timestamp)> + 'a {
    of_system(events, assigned).filter_map(|(event, boot)| {
        let EventKind::UnexpectedShutdown(report) = &event.kind else { return None };
        let crashed = boot.checked_sub(1)?;
        let start = kernels.get(&crashed)?.time;
        let is_its_own = report.started()?.since(start).abs() <= UPTIME_IS_EXACT;
        Some((crashed, report.last_alive.filter(|_| is_its_own)?))
    })
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

/// The intervals with the reading at the start of the event log service, which follows that of the kernel
/// by seconds. Where none of them has it, the clock was set in between, and the record of that is lost.
fn with_service_start(mut intervals: Vec<Interval>, start: Option<Timestamp>) -> Vec<Interval> {
    if let (Some(first), Some(start)) = (intervals.first().copied(), start)
        && !intervals.iter().any(|interval| interval.contains(start))
    {
        intervals.insert(1, Interval::of(first.boot, start));
    }
    intervals
}

/// For each boot its Kernel-General 12.
fn kernel_starts<'a>(
    events: &'a EventsByChannel,
    assigned: &'a Assigned,
) -> BTreeMap<usize, &'a Event> {
    let kernels = of_system(events, assigned)
        .filter(|(event, _)| matches!(event.kind, EventKind::KernelStarted(_)) && !event.recovered);
    kernels.map(|(event, boot)| (*boot, event)).collect()
}

/// The records of System, each with its boot.
fn of_system<'a>(
    events: &'a EventsByChannel,
    assigned: &'a Assigned,
) -> impl Iterator<Item = (&'a Event, &'a usize)> {
    let records = events.get(&Channel::System).into_iter().flatten();
    records.zip(assigned.get(&Channel::System).into_iter().flatten())
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
    // It was stamped before a step that is recorded earlier.
    if event.is_kernel_start() && list.last().is_some_and(|last| time < last.first) {
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
