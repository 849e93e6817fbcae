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

/// A step of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockStep<'a> {
    /// The 4616, or the Kernel-General 1 if Security has no record of the step.
    pub(crate) event: &'a Event,
    /// Kernel-General 1.
    pub(crate) system: Option<&'a Event>,
    /// The clock time after the step.
    pub(crate) new: Timestamp,
    /// The clock time after the step minus the one before it.
    pub(crate) by: Span,
}

impl ClockStep<'_> {
    /// The clock time before the step.
    pub(crate) fn old(&self) -> Timestamp {
        self.new.plus(Span(self.by.0.saturating_neg()))
    }

    /// Its record in this channel.
    pub(crate) fn in_channel(&self, channel: Channel) -> Option<&Event> {
        let records = [Some(self.event), self.system];
        records.into_iter().flatten().find(|event| event.channel == channel)
    }
}

/// A change of the clock as one record reports it.
#[derive(Clone, Copy)]
struct ChangeReport<'a> {
    event: &'a Event,
    previous: Option<Timestamp>,
    new: Option<Timestamp>,
}

impl<'a> ChangeReport<'a> {
    fn of(event: &'a Event) -> Option<ChangeReport<'a>> {
        match &event.kind {
            EventKind::ClockChanged(change) => {
                Some(ChangeReport { event, previous: change.previous, new: change.new })
            }
            _ => None,
        }
    }
}

/// The changes that System reports, by the clock time after the change and the record ID, each with
/// the clock time before.
type SystemChanges<'a> = BTreeMap<(Timestamp, u64), (&'a Event, Timestamp)>;

/// The steps that these records report, in order.
///
/// Each change is used once. Only System reports a change if the record of Security is lost.
/// Version 0 of 4616 gives the time as local text; then Kernel-General 1 says by how much the clock
/// was set.
pub(crate) fn clock_steps<'a>(changes: &[&'a Event]) -> Vec<ClockStep<'a>> {
    let of_channel = |is_security: bool| {
        let own =
            changes.iter().filter(move |event| (event.channel == Channel::Security) == is_security);
        own.filter_map(|event| ChangeReport::of(event))
    };
    let mut system = SystemChanges::new();
    for ChangeReport { event, previous, new } in of_channel(false) {
        if let (Some(previous), Some(new)) = (previous, new) {
            system.insert((new, event.record_id), (event, previous));
        }
    }
    let both: Vec<ClockStep<'a>> =
        of_channel(true).filter_map(|report| with_system_record(report, &mut system)).collect();
    let mut alone: Vec<ClockStep<'a>> = system
        .into_iter()
        .filter(|(_, (event, _))| !is_resume_without_reason(event))
        .map(|((new, _), (event, old))| ClockStep {
            event,
            system: Some(event),
            new,
            by: new.since(old),
        })
        .collect();
    alone.sort_by_key(|step| step.event.record_id);
    let mut all = in_order(both, alone);
    all.retain(|step| step.by.abs() > CLOCK_DRIFT);
    all
}

/// The step that a record of Security reports, with the record of System that reports the same one;
/// that record is removed from `system`. `None`: nothing says by how much the clock was set.
fn with_system_record<'a>(
    report: ChangeReport<'a>,
    system: &mut SystemChanges<'a>,
) -> Option<ClockStep<'a>> {
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
    let by = by.or(found.map(|(new, _, old)| new.since(old)))?;
    let system = found.map(|(_, event, _)| event);
    Some(ClockStep { event: report.event, system, new: at, by })
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
                None => alone.new <= step.old() && last.is_none_or(|last| last <= alone.old()),
            };
            let Some(earlier) = alone.next_if(is_before) else { break };
            all.push(earlier);
        }
        all.push(step);
    }
    all.extend(alone);
    all
}
