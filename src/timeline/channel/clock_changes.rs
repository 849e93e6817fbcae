//! Changes of the clock: what 4616 in Security and Kernel-General 1 in System say of them.
//!
//! Several steps of the timeline need these changes, each under another condition. All these
//! conditions are here, so that their differences can be seen.
//!
//! Example: a 4616 with previous time 10:00:00 and new time 09:00:00 is a step of one hour back. A
//! Kernel-General 1 with reason 2 is a resume from sleep and no step, because that time really
//! passed.

use crate::model::session::ClockStepReadings;
use crate::model::{Channel, Event, EventKind, Timestamp};
use crate::timeline::timing::{CLOCK_DRIFT, OTHER_CHANNEL};

/// The process ID of the kernel.
const KERNEL_PROCESS: u32 = 4;

/// Did a program set the clock? A change at a resume (reason 2) or of the time zone (reason 3) does
/// not count. 4616 and version 0 of Kernel-General 1 give no reason.
fn set_by_a_program(reason: Option<u32>) -> bool {
    reason.is_none_or(|reason| reason == 1)
}

/// The clock times before and after a program set the clock, to match the boots of two channels.
///
/// Version 0 of 4616 does not give the time before; it is approximately the time of the record
/// before.
pub(crate) fn times_before_and_after(
    event: &Event,
    before: Option<&Event>,
) -> Option<(Timestamp, Timestamp)> {
    match &event.kind {
        EventKind::ClockChanged(change) if set_by_a_program(change.reason) => {
            Some((change.previous.or(before.map(|before| before.time))?, change.new?))
        }
        _ => None,
    }
}

/// The clock times before and after a step that a program made, if the record gives both.
pub(crate) fn step_by_a_program(event: &Event) -> Option<ClockStepReadings> {
    times_before_and_after(event, None).filter(|(from, to)| is_step(*from, *to))
}

/// The time of this record by the clock before the record. The record of a change has the clock
/// time after the change, so for such a record this is the time before the change.
pub(crate) fn time_before_change(event: &Event) -> Timestamp {
    times_before_and_after(event, None).map_or(event.time, |(before, _)| before)
}

/// The clock time before a step, if the step is large enough to show in channels without boot
/// records.
pub(crate) fn time_before_large_step(event: &Event) -> Option<Timestamp> {
    match &event.kind {
        EventKind::ClockChanged(change) if set_by_a_program(change.reason) => {
            let (previous, new) = (change.previous?, change.new?);
            (new.since(previous).abs() > OTHER_CHANNEL).then_some(previous)
        }
        _ => None,
    }
}

/// Is this a change at a resume of Windows 7, where version 0 of Kernel-General 1 gives no reason?
/// Then the kernel itself (process 4) sets the clock forward by the time of the sleep, and no 4616
/// is written. Seen: +9.8 h to +14 days in one session.
pub(crate) fn is_resume_without_reason(event: &Event) -> bool {
    let EventKind::ClockChanged(change) = &event.kind else { return false };
    change.reason.is_none() && event.process_id == KERNEL_PROCESS && change.new > change.previous
}

/// The clock time before a resume, if System says that the clock was set at a resume.
pub(crate) fn time_before_resume(event: &Event) -> Option<Timestamp> {
    let EventKind::ClockChanged(change) = &event.kind else { return None };
    let is_resume = change.reason == Some(2) || is_resume_without_reason(event);
    change.previous.filter(|_| is_resume && event.channel == Channel::System)
}

/// Was the clock set by more than a correction of its drift?
pub(crate) fn is_step(from: Timestamp, to: Timestamp) -> bool {
    to.since(from).abs() > CLOCK_DRIFT
}

/// Decides for each change of the clock whether it belongs to a resume, by the records of System
/// before it.
///
/// Kernel-General 1 gives its reason from version 1 on. A version 0 that follows a record of sleep
/// or resume belongs to the resume. No 4616 is written for a resume.
#[derive(Debug, Default)]
pub(crate) struct ResumeWatch {
    asleep: bool,
}

impl ResumeWatch {
    /// Notes a record of sleep or resume. The record of the resume comes before that of the clock,
    /// and it may be the only one that is left of a sleep.
    pub(crate) fn note_sleep(&mut self) {
        self.asleep = true;
    }

    /// Did a program set the clock with this change? `is_system` says that the record is of System.
    pub(crate) fn is_set_by_a_program(&mut self, reason: Option<u32>, is_system: bool) -> bool {
        let resumed = is_system && std::mem::take(&mut self.asleep);
        reason.map_or(!resumed, |reason| reason == 1)
    }
}

/// One change of the clock by a program: the clock times before and after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockSet {
    /// Index of its record in the segment.
    pub(crate) at: usize,
    /// The clock time before the change.
    pub(crate) from: Timestamp,
    /// The clock time after the change.
    pub(crate) to: Timestamp,
}

impl ClockSet {
    /// Was the clock really changed? Windows also reports a change if the clock was set to the time
    /// that it already showed.
    pub(crate) fn is_step(self) -> bool {
        is_step(self.from, self.to)
    }

    /// Converts `time`, a clock time from before the change, into the clock time that the corrected
    /// clock would have shown.
    pub(crate) fn corrected(self, time: Timestamp) -> Timestamp {
        self.to.plus(time.since(self.from))
    }
}
