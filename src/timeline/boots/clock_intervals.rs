//! Which times the clock of each boot showed, as Security and System record it.
//!
//! Input: the records of Security and System with their boots. Output: a list of [`Interval`]s in
//! order. A boot has one interval, and one more for each change of its clock.
//! [`other_channels`](super::other_channels) uses them to find the boot of a record of another
//! channel by its time.
//!
//! Example: a boot has records at 08:00 and 09:00, a step of the clock from 09:05 to 07:00, and a
//! record at 07:30. Its intervals are 08:00 to 09:00, known to end at 09:05, and 07:00 to 07:30.

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
    /// The earliest and the latest clock time.
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// The times of its first and its last record.
    record_times: (Timestamp, Timestamp),
    /// Its last clock time, if a record gives it: a change of the clock, or the end of the boot.
    until: Option<Timestamp>,
}

impl Interval {
    fn of(boot: usize, time: Timestamp) -> Interval {
        Interval { boot, first: time, last: time, record_times: (time, time), until: None }
    }

    /// Did its clock show this time?
    pub(super) fn contains(&self, time: Timestamp) -> bool {
        self.first.since(time) <= OTHER_CHANNEL && time.since(self.last) <= OTHER_CHANNEL
    }

    /// May its clock have shown this time? If no record gives its last clock time, it may have
    /// continued.
    pub(super) fn may_have_shown(&self, time: Timestamp) -> bool {
        let ran_on = self.until.is_none() && self.first <= time;
        self.contains(time) || ran_on && !self.had_ended(time)
    }

    /// Had the interval ended before this time?
    pub(super) fn had_ended(&self, time: Timestamp) -> bool {
        self.until.is_some_and(|until| time.since(until.max(self.last)) > OTHER_CHANNEL)
    }

    /// Includes the times from `first` to `last`.
    fn extend(&mut self, first: Timestamp, last: Timestamp) {
        self.first = self.first.min(first);
        self.last = self.last.max(last);
    }
}

/// All intervals of a computer, in order.
pub(super) fn intervals(events: &EventsByChannel, assigned: &Assigned) -> Vec<Interval> {
    let mut boots: BTreeMap<usize, [Vec<Interval>; 2]> = BTreeMap::new();
    // For each boot, the times of its records that stand out of order. After a crash there may be
    // no others.
    let mut starts: BTreeMap<usize, Interval> = BTreeMap::new();
    // For each boot, the time at which the event log service started.
    let mut services: BTreeMap<usize, Timestamp> = BTreeMap::new();
    let kernels = kernel_starts(events, assigned);
    for (at, channel) in [Channel::Security, Channel::System].iter().enumerate() {
        for (event, boot) in assigned.records(events, *channel) {
            if matches!(event.kind, EventKind::ServiceStarted) && !event.recovered {
                services.entry(boot).or_insert(event.time);
            }
            // Records of System before the start of the kernel have times of another clock, if the
            // clock was corrected in between.
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
        // Before the first known boot there may have been several boots, so the intervals of the
        // two channels are not merged.
        0 => [security, system].concat(),
        // If there is no record of the kernel, the first record of the event log service shows the
        // time of the start.
        _ if !kernels.contains_key(&boot) => {
            let start = starts.get(&boot).copied();
            with_start(merged(security, system), start)
        }
        _ => with_service_start(merged(security, system), services.get(&boot).copied()),
    };
    let mut all: Vec<Interval> = boots.into_iter().flat_map(of_boot).collect();
    for (boot, alive) in last_alive_times(events, assigned, &kernels) {
        if let Some(last) = all.iter_mut().rfind(|interval| interval.boot == boot) {
            last.last = last.last.max(alive);
        }
    }
    all
}

/// For each boot that crashed, the last-alive time that the 6008 of the next boot gives. It counts
/// only if that time minus the uptime in the 6008 is the start of the boot, because then the clock
/// was not set in between.
fn last_alive_times<'a>(
    events: &'a EventsByChannel,
    assigned: &'a Assigned,
    kernels: &'a BTreeMap<usize, &'a Event>,
) -> impl Iterator<Item = (usize, Timestamp)> + 'a {
    assigned.records(events, Channel::System).filter_map(|(event, boot)| {
        let EventKind::UnexpectedShutdown(report) = &event.kind else { return None };
        let crashed = boot.checked_sub(1)?;
        let start = kernels.get(&crashed)?.time;
        let is_its_own = report.started()?.since(start).abs() <= UPTIME_IS_EXACT;
        Some((crashed, report.last_alive.filter(|_| is_its_own)?))
    })
}

/// Adds the times of the start records of a boot to its first interval.
fn with_start(mut intervals: Vec<Interval>, start: Option<Interval>) -> Vec<Interval> {
    match (intervals.first_mut(), start) {
        (Some(first), Some(start)) => first.first = first.first.min(start.first),
        (None, start) => intervals.extend(start),
        (Some(_), None) => {}
    }
    intervals
}

/// Adds the time at which the event log service started. If no interval covers it, the clock was
/// set between the start of the kernel and that of the service, and the record of this change is
/// lost.
fn with_service_start(mut intervals: Vec<Interval>, start: Option<Timestamp>) -> Vec<Interval> {
    if let (Some(first), Some(start)) = (intervals.first().copied(), start)
        && !intervals.iter().any(|interval| interval.contains(start))
    {
        intervals.insert(1, Interval::of(first.boot, start));
    }
    intervals
}

/// The Kernel-General 12 of each boot.
fn kernel_starts<'a>(
    events: &'a EventsByChannel,
    assigned: &'a Assigned,
) -> BTreeMap<usize, &'a Event> {
    let kernels = assigned
        .records(events, Channel::System)
        .filter(|(event, _)| matches!(event.kind, EventKind::KernelStarted(_)) && !event.recovered);
    kernels.map(|(event, boot)| (boot, event)).collect()
}

/// Adds a record to the last interval, or begins a new interval after a large step of the clock.
fn note(list: &mut Vec<Interval>, event: &Event, boot: usize) {
    let time = event.time;
    let set = clock_changes::time_before_large_step(event);
    if let Some(last) = list.last_mut() {
        last.until = log_stops::at_interval_end(last.until, event, set);
    }
    // The time of this record may already be that after a step which is recorded later.
    if event.role().time == TimeRole::OutOfOrder {
        return;
    }
    // The time of this record is from before a step that is recorded earlier.
    if event.is_kernel_start() && list.last().is_some_and(|last| time < last.first) {
        return;
    }
    match list.last_mut() {
        Some(last) if set.is_none() => {
            last.extend(time, time);
            last.record_times.1 = time;
        }
        _ => {
            list.push(Interval::of(boot, time));
        }
    }
}

/// Merges the intervals that the two channels show of one boot. If one of them lacks the record of
/// a change of the clock, only the times of its first and its last record are used.
fn merged(security: Vec<Interval>, system: Vec<Interval>) -> Vec<Interval> {
    let (mut more, less) =
        if security.len() >= system.len() { (security, system) } else { (system, security) };
    if more.len() == less.len() {
        for (one, other) in more.iter_mut().zip(&less) {
            one.extend(other.first, other.last);
            one.until = one.until.max(other.until);
        }
        return more;
    }
    // One of the two logs may begin or end within the boot, and then its first or last record is of
    // the interval whose clock showed its time.
    let is_known = |all: &[Interval], time: Timestamp| all.iter().any(|one| one.contains(time));
    if let Some((began, _)) = less.first().map(|other| other.record_times)
        && !is_known(&more, began)
        && let Some(first) = more.first_mut()
    {
        first.first = first.first.min(began);
    }
    if let Some(other) = less.last() {
        let is_known = is_known(&more, other.record_times.1);
        if let Some(last) = more.last_mut() {
            last.last = if is_known { last.last } else { last.last.max(other.record_times.1) };
            last.until = last.until.max(other.until);
        }
    }
    more
}
