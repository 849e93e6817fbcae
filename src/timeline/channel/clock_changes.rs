//! Changes of the clock: 4616 in Security, Kernel-General 1 in System.
//!
//! Several rules ask for them, each with a condition of its own. They stand here side by side, so that
//! the difference is seen.

use crate::model::session::ClockStepReadings;
use crate::model::{Channel, Event, EventKind, Timestamp};
use crate::timeline::timing::{CLOCK_DRIFT, OTHER_CHANNEL};

/// The process ID of the kernel.
const KERNEL_PROCESS: u32 = 4;

/// A program set the clock; a change at a resume (reason 2) or of the time zone (reason 3) is none.
/// Version 0 of Kernel-General 1, and 4616, give no reason.
fn set_by_a_program(reason: Option<u32>) -> bool {
    reason.is_none_or(|reason| reason == 1)
}

/// The readings before and after a program set the clock, to match the boots of two channels.
///
/// Version 0 of 4616 does not give the reading before: it is about the time of the record before.
pub(crate) fn readings_around(
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

/// The readings before and after a step for which a program set the clock, where the record gives both.
pub(crate) fn step_by_a_program(event: &Event) -> Option<ClockStepReadings> {
    readings_around(event, None).filter(|(from, to)| is_step(*from, *to))
}

/// What the clock read until this record: the record of a change is stamped with the reading after it.
pub(crate) fn read_until(event: &Event) -> Timestamp {
    readings_around(event, None).map_or(event.time, |(before, _)| before)
}

/// The last reading before a step that is large enough to show in channels without boot records.
pub(crate) fn reading_before_large_step(event: &Event) -> Option<Timestamp> {
    match &event.kind {
        EventKind::ClockChanged(change) if set_by_a_program(change.reason) => {
            let (previous, new) = (change.previous?, change.new?);
            (new.since(previous).abs() > OTHER_CHANNEL).then_some(previous)
        }
        _ => None,
    }
}

/// Is this a change at a resume, of which version 0 of Kernel-General 1 (Windows 7) gives no reason? The
/// kernel itself (process 4) sets the clock forward, by the time that the computer slept, and no 4616 is
/// written. Seen: +9.8 h to +14 days in one session.
pub(crate) fn is_resume_without_reason(event: &Event) -> bool {
    let EventKind::ClockChanged(change) = &event.kind else { return false };
    change.reason.is_none() && event.process_id == KERNEL_PROCESS && change.new > change.previous
}

/// The last reading before a resume, where System says that the clock was set at a resume.
pub(crate) fn reading_before_resume(event: &Event) -> Option<Timestamp> {
    let EventKind::ClockChanged(change) = &event.kind else { return None };
    let is_resume = change.reason == Some(2) || is_resume_without_reason(event);
    change.previous.filter(|_| is_resume && event.channel == Channel::System)
}

/// Did the clock move by more than a correction of its drift?
pub(crate) fn is_step(from: Timestamp, to: Timestamp) -> bool {
    to.since(from).abs() > CLOCK_DRIFT
}

/// Whether a change of the clock is one of a resume, by the records of the System channel before it.
///
/// Kernel-General 1 gives its reason from version 1 on. A version 0 after a record of sleep or
/// resume is that of the resume. 4616 is not written for a resume.
#[derive(Debug, Default)]
pub(crate) struct ResumeWatch {
    asleep: bool,
}

impl ResumeWatch {
    /// Notes a record of sleep or resume. The resume stands before the record of the clock, and may
    /// be all that is left of a sleep.
    pub(crate) fn sleeps(&mut self) {
        self.asleep = true;
    }

    /// Did a program set the clock with this change, which `is_system` says is of System?
    pub(crate) fn is_set(&mut self, reason: Option<u32>, is_system: bool) -> bool {
        let resumed = is_system && std::mem::take(&mut self.asleep);
        reason.map_or(!resumed, |reason| reason == 1)
    }
}

/// One change of the clock by a program: the readings before and after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockSet {
    /// Index of its record in the segment.
    pub(crate) at: usize,
    /// The last reading before.
    pub(crate) from: Timestamp,
    /// The reading that it was set to.
    pub(crate) to: Timestamp,
}

impl ClockSet {
    /// Was the clock moved at all? Windows also reports that it set the clock to what it showed.
    pub(crate) fn is_step(self) -> bool {
        is_step(self.from, self.to)
    }

    /// The reading that the clock would have shown at `time`, a reading from before the change.
    pub(crate) fn corrects(self, time: Timestamp) -> Timestamp {
        self.to.plus(time.since(self.from))
    }
}
