//! The steps of the clock in one boot: each step once, although both Security (4616) and System
//! (Kernel-General 1) may report it.
//!
//! Input: the records of clock changes of one boot. Output: the steps in order.
//!
//! Example: a 4616 and a Kernel-General 1 that both set the clock from 10:00:00 to 09:00:00 are one
//! step.

use crate::model::{Channel, Event, EventKind, Span, Timestamp};
use crate::timeline::channel::clock_changes::is_resume_without_reason;
use crate::timeline::limits::CLOCK_CHANGES_AT_ONCE;
use crate::timeline::timing::{CLOCK_DRIFT, SAME_CLOCK_CHANGE};
use std::collections::BTreeMap;

const TICKS_PER_SECOND: u64 = Span::seconds(1).0 as u64;

/// A step of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockStep<'a> {
    /// The 4616, or the Kernel-General 1 if Security has no record of the step.
    pub(crate) event: &'a Event,
    /// Kernel-General 1.
    pub(crate) system: Option<&'a Event>,
    /// The clock time after the step.
    pub(crate) new: Timestamp,
    /// The clock time before the step. If no record gives it: the last one that is known.
    pub(crate) old: Timestamp,
    /// The clock time after the step minus the one before it; 0 if no record says that.
    pub(crate) by: Span,
    /// A record says by how much the clock was set.
    pub(crate) is_known: bool,
}

impl ClockStep<'_> {
    /// The latest possible clock time before the step, if that is known.
    pub(crate) fn latest_old(&self) -> Option<Timestamp> {
        let is_text = is_whole(self.old) && is_whole(self.new);
        let up_to = if is_text { self.old.plus(Span::seconds(1)) } else { self.old };
        Some(up_to).filter(|_| self.is_known)
    }

    /// Its record in this channel.
    pub(crate) fn in_channel(&self, channel: Channel) -> Option<&Event> {
        let records = [Some(self.event), self.system];
        records.into_iter().flatten().find(|event| event.channel == channel)
    }
}

fn is_whole(time: Timestamp) -> bool {
    time.filetime().is_multiple_of(TICKS_PER_SECOND)
}

/// A change of the clock as one record reports it.
#[derive(Clone, Copy)]
struct ChangeReport<'a> {
    event: &'a Event,
    previous: Option<Timestamp>,
    new: Option<Timestamp>,
    /// The time of the record before it in its channel.
    before: Option<Timestamp>,
}

impl<'a> ChangeReport<'a> {
    fn of((event, before): (&'a Event, Option<Timestamp>)) -> Option<ChangeReport<'a>> {
        let EventKind::ClockChanged(change) = &event.kind else { return None };
        Some(ChangeReport { event, previous: change.previous, new: change.new, before })
    }

    /// Version 0 of 4616 has the times as text, in whole seconds.
    fn is_text(&self) -> bool {
        self.previous.is_some_and(is_whole) && self.new.is_some_and(is_whole)
    }
}

/// The changes that System reports, by the clock time after the change and the record ID, each with
/// the clock time before.
type SystemChanges<'a> = BTreeMap<(Timestamp, u64), (&'a Event, Timestamp)>;

/// The steps that these records report, in order. Each record comes with the time of the record
/// before it in its channel.
///
/// Each change is used once. Only System reports a change if the record of Security is lost.
/// Version 0 of 4616 gives the times as local text, in whole seconds or not readable; then
/// Kernel-General 1 says better by how much the clock was set. If it is not there and the text is
/// not readable, the step is known and its size is not.
pub(crate) fn clock_steps<'a>(changes: &[(&'a Event, Option<Timestamp>)]) -> Vec<ClockStep<'a>> {
    let of_channel = |is_security: bool| {
        let own = changes
            .iter()
            .filter(move |(event, _)| (event.channel == Channel::Security) == is_security);
        own.filter_map(|change| ChangeReport::of(*change))
    };
    let mut system = SystemChanges::new();
    for ChangeReport { event, previous, new, .. } in of_channel(false) {
        if let (Some(previous), Some(new)) = (previous, new) {
            system.insert((new, event.record_id), (event, previous));
        }
    }
    let both: Vec<ClockStep<'a>> =
        of_channel(true).map(|report| with_system_record(report, &mut system)).collect();
    let mut alone: Vec<ClockStep<'a>> = system
        .into_iter()
        .filter(|(_, (event, _))| !is_resume_without_reason(event))
        .map(|((new, _), (event, old))| ClockStep {
            event,
            system: Some(event),
            new,
            old,
            by: new.since(old),
            is_known: true,
        })
        .collect();
    alone.sort_by_key(|step| step.event.record_id);
    let mut all = in_order(both, alone);
    all.retain(|step| !step.is_known || step.by.abs() > CLOCK_DRIFT);
    all
}

/// The step that a record of Security reports, with the record of System that reports the same one;
/// that record is removed from `system`.
fn with_system_record<'a>(
    report: ChangeReport<'a>,
    system: &mut SystemChanges<'a>,
) -> ClockStep<'a> {
    let at = report.new.unwrap_or(report.event.time);
    let by = report.previous.map(|previous| at.since(previous));
    let near = (at.plus(Span(-SAME_CLOCK_CHANGE.0)), 0)..=(at.plus(SAME_CLOCK_CHANGE), u64::MAX);
    let is_same_change = |new: Timestamp, old: Timestamp| {
        by.is_none_or(|by| Span(new.since(old).0 - by.0).abs() <= SAME_CLOCK_CHANGE)
    };
    let found = system
        .range(near)
        .take(CLOCK_CHANGES_AT_ONCE)
        .filter(|((new, _), (_, old))| is_same_change(*new, *old))
        .min_by_key(|((new, id), _)| (new.since(at).abs(), *id))
        .map(|(key, _)| *key);
    let found = found.and_then(|key| system.remove(&key).map(|(event, old)| (key.0, event, old)));
    let system = found.map(|(_, event, _)| event);
    if let Some((new, _, old)) = found.filter(|_| report.is_text() || by.is_none()) {
        let by = new.since(old);
        return ClockStep { event: report.event, system, new, old, by, is_known: true };
    }
    let old = report.previous.or(report.before).unwrap_or(at);
    let (is_known, by) = (by.is_some(), by.unwrap_or_default());
    ClockStep { event: report.event, system, new: at, old, by, is_known }
}

/// Puts the steps that only System reports between the others. Both lists are in record order.
fn in_order<'a>(both: Vec<ClockStep<'a>>, alone: Vec<ClockStep<'a>>) -> Vec<ClockStep<'a>> {
    let mut all: Vec<ClockStep<'a>> = Vec::with_capacity(both.len() + alone.len());
    let mut alone = alone.into_iter().peekable();
    for step in both {
        loop {
            let last = all.last().map(|last| last.new);
            // Between two steps the clock only moves forward.
            let is_before = |alone: &ClockStep<'_>| match step.system {
                Some(found) => alone.event.record_id < found.record_id,
                None => alone.new <= step.old && last.is_none_or(|last| last <= alone.old),
            };
            let Some(earlier) = alone.next_if(is_before) else { break };
            all.push(earlier);
        }
        all.push(step);
    }
    all.extend(alone);
    all
}
