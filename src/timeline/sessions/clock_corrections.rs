//! Clock steps and power-offs within a session: its corrected duration, the clock times at which it
//! may have existed, and bounds of its end that are right whether the session ended before or after
//! a step.
//!
//! Example: a session from 10:00 to 12:00 in which the clock was set from 10:30 to 11:30. The raw
//! duration is 2 hours, the corrected one is 1 hour.

use super::list::Sessions;
use crate::model::session::{Basis, ClockReadings};
use crate::model::{Channel, Flag, Session, Span, Timestamp};
use crate::timeline::boot::context::BootContext;

/// Gives every session the sum of the steps between its start and its end, and bounds of its end
/// that are right whether it ended before or after a step.
pub(super) fn correct(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let clock = &context.clock;
    for builder in sessions.iter_mut() {
        let first = (builder.first.channel, builder.first.record_id);
        correct_session(&mut builder.session, Some(first), context);
        // The earliest possible end is its own last record, or the last record that Security has of
        // the boot.
        let is_own = builder.session.end.not_before == Some(builder.last.time);
        let record_id = if is_own { builder.last.record_id } else { u64::MAX };
        let end = &builder.session.end;
        let until = match end.record {
            Some(record) => {
                end.time.map(|time| clock.adjust(time, record.channel, record.record_id))
            }
            None => end.not_before.map(|seen| clock.adjust(seen, Channel::Security, record_id)),
        };
        let from = clock.time(builder.start.unwrap_or(builder.first));
        flag_power_off(&mut builder.session, Some(from), until, context);
        let (passed, _) = clock.passed(Channel::Security, record_id);
        if let Some((earliest, latest)) = clock.sums().and_then(|sums| sums.later.get(passed)) {
            widen(&mut builder.session, *earliest, *latest);
        }
        bound_correction(&mut builder.session);
    }
}

/// Computes the correction of one session, and the clock times during it. `first` is the first
/// record that refers to it, for a session whose start is not known.
pub(super) fn correct_session(
    session: &mut Session,
    first: Option<(Channel, u64)>,
    context: &BootContext<'_>,
) {
    let clock = &context.clock;
    let Some(sums) = clock.sums() else { return };
    let start = session.start.map(|start| (start.record.channel, start.record.record_id));
    let passed = start.or(first).map(|(channel, record)| clock.passed(channel, record));
    let (from, before) = passed.unwrap_or_default();
    let (to, until) = match &session.end.record {
        Some(record) => clock.passed(record.channel, record.record_id),
        // If the session lasts as long as its boot, all later steps are within it.
        None => (sums.later.len(), sums.total),
    };
    let possible = if start.is_some() { from } else { 0 };
    let last = last_clock_time(session, context);
    session.clock_readings = ClockReadings::new(&sums.step_times, possible..to, last);
    if start.is_some() {
        session.clock_correction = Span(until.0.saturating_sub(before.0));
        if sums.any_by_tools(from, to) {
            session.flags.push(Flag::ClockSetByGuestTools);
        }
    }
    if from < to {
        session.flags.push(Flag::ClockStepWithin);
    }
    if sums.any_unknown(from, to) {
        session.flags.push(Flag::ClockStepUnknown);
    }
}

/// Flags a session that ends at an earlier time than it begins, although the record of its end comes later in
/// the same channel: the clock was set back in between. Where neither Security nor System is at hand, no
/// record says so.
pub(super) fn flag_unrecorded_step(session: &mut Session) {
    let records = session.start.map(|start| start.record).zip(session.end.record);
    let is_in_order = records.is_some_and(|(start, end)| {
        start.channel == end.channel && start.record_id < end.record_id
    });
    let lasted = session.corrected_duration();
    if is_in_order && lasted.is_some_and(|lasted| lasted < Span(0)) {
        session.flag(Flag::ClockStepWithin);
        session.flag(Flag::ClockStepUnknown);
    }
}

/// The last clock time, after all steps within the session, at which it can have existed: its end,
/// or the start of the next boot if the clock was not set back before that.
fn last_clock_time(session: &Session, context: &BootContext<'_>) -> Option<Timestamp> {
    if session.end.record.is_some() {
        return session.end.not_after.or(session.end.time);
    }
    let new = context.facts.steps.last()?.new;
    let next = context.ending.next.map(|next| next.time);
    session.end.not_after.or(next).filter(|last| *last >= new)
}

/// Flags a session during which the computer was switched off, by Fast Startup or hibernation. It
/// was if the computer was on again at a time between the two given adjusted times.
pub(super) fn flag_power_off(
    session: &mut Session,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    context: &BootContext<'_>,
) {
    let mut resumed = context.on_again().map(|moment| context.clock.moment(&moment));
    let is_within =
        |at: Timestamp| from.is_some_and(|from| from < at) && until.is_some_and(|until| at < until);
    if resumed.any(is_within) {
        session.flags.push(Flag::PowerOffWithin);
    }
}

/// The earliest possible end is never before the start, so the correction is at most the raw
/// duration.
fn bound_correction(session: &mut Session) {
    if session.end.basis == Some(Basis::Bounded)
        && let Some(raw) = session.duration()
        && session.corrected_duration().is_some_and(|corrected| corrected < Span(0))
    {
        session.clock_correction = raw;
    }
}

/// Widens the bounds of the end of a session: its clock time may be that before or after each step
/// between the bounds. `latest` is the latest clock time before a step. `None`: it is not known, so
/// the clock may have been set back.
fn widen(session: &mut Session, earliest: Timestamp, latest: Option<Timestamp>) {
    let end = &mut session.end;
    if matches!(end.basis, Some(Basis::Logged | Basis::Inherited)) {
        return;
    }
    end.not_before = end.not_before.map(|known| known.min(earliest));
    let was_bounded = end.not_after.is_some();
    end.not_after = end.not_after.zip(latest).map(|(known, latest)| known.max(latest));
    if end.basis == Some(Basis::Bounded) {
        end.time = end.not_before;
    }
    if was_bounded && end.not_after.is_none() {
        session.flags.push(Flag::ClockSetBack);
    }
}
