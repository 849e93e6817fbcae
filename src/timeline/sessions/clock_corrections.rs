//! Steps of the clock within a session: its corrected duration, what the clock read meanwhile, and bounds
//! of its end that hold on either side of a step. Power-offs within it.

use super::list::Sessions;
use crate::model::session::{Basis, ClockReadings, End};
use crate::model::{Channel, Flag, Session, Span, Timestamp};
use crate::timeline::boot::context::BootContext;

/// Gives every session the sum of the steps between its start and its end, and bounds that hold on
/// either side of a step.
pub(super) fn correct(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let clock = &context.clock;
    for builder in sessions.iter_mut() {
        let first = (builder.first.channel, builder.first.record_id);
        correct_session(&mut builder.session, Some(first), context);
        // The bound is its own last record, or the last record that Security has of the boot.
        let is_own = builder.session.end.not_before == Some(builder.last.time);
        let record_id = if is_own { builder.last.record_id } else { u64::MAX };
        let end = &builder.session.end;
        let until = match end.record {
            Some(record) => {
                end.time.map(|time| clock.reading(time, record.channel, record.record_id))
            }
            None => end.not_before.map(|seen| clock.reading(seen, Channel::Security, record_id)),
        };
        let from = clock.time(builder.start.unwrap_or(builder.first));
        mark_power_off(&mut builder.session, Some(from), until, context);
        let (passed, _) = clock.passed(Channel::Security, record_id);
        if let Some((earliest, latest)) = clock.sums().and_then(|sums| sums.later.get(passed)) {
            widen(&mut builder.session.end, *earliest, *latest);
        }
        bound_correction(&mut builder.session);
    }
}

/// The correction of one session, and what the clock read during it; `first` is the first record that
/// refers to it, for a session whose start is not known.
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
        // All later steps lie within a session that lasts as long as its boot.
        None => (sums.later.len(), sums.total),
    };
    let possible = if start.is_some() { from } else { 0 };
    let last = last_reading(session, context);
    session.clock_readings = ClockReadings::new(&sums.readings, possible..to, last);
    if start.is_some() {
        session.clock_correction = Span(until.0.saturating_sub(before.0));
        if sums.any_by_tools(from, to) {
            session.flags.push(Flag::ClockSetByGuestTools);
        }
    }
    if from < to {
        session.flags.push(Flag::ClockStepWithin);
    }
}

/// The last reading, after all steps within the session, at which it can have been there: at its end, or
/// at the start of the next boot where the clock was not set back before that.
fn last_reading(session: &Session, context: &BootContext<'_>) -> Option<Timestamp> {
    if session.end.record.is_some() {
        return session.end.not_after.or(session.end.time);
    }
    let new = context.facts.steps.last()?.new;
    let next = context.ending.next.map(|next| next.time);
    session.end.not_after.or(next).filter(|last| *last >= new)
}

/// Flags a session that was there, between these adjusted times, when the computer was switched off: a
/// moment in which it was on again, by Fast Startup or hibernation, lies within it.
pub(super) fn mark_power_off(
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

/// The earliest end of which only bounds are known is never before the start: the steps between the two
/// are not more than the clock moved.
fn bound_correction(session: &mut Session) {
    if session.end.basis == Some(Basis::Bounded)
        && let Some(raw) = session.duration()
        && session.corrected_duration().is_some_and(|corrected| corrected < Span(0))
    {
        session.clock_correction = raw;
    }
}

/// An end of which only bounds are known may have been read on the clock before or after each step
/// between them.
fn widen(end: &mut End, earliest: Timestamp, latest: Timestamp) {
    if matches!(end.basis, Some(Basis::Logged | Basis::Inherited)) {
        return;
    }
    end.not_before = end.not_before.map(|known| known.min(earliest));
    end.not_after = end.not_after.map(|known| known.max(latest));
    if end.basis == Some(Basis::Bounded) {
        end.time = end.not_before;
    }
}
