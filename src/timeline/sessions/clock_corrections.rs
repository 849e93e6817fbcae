//! Steps of the clock within a session: its corrected duration, and bounds of its end that hold on
//! either side of a step.

use super::list::Sessions;
use crate::model::session::{Basis, End};
use crate::model::{Channel, Flag, Session, Span, Timestamp};
use crate::timeline::boot::adjusted_clock::AdjustedClock;
use crate::timeline::boot::context::BootContext;

/// Gives every session the sum of the steps between its start and its end, and bounds that hold on
/// either side of a step.
pub(super) fn correct(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let clock = &context.clock;
    let Some(sums) = clock.sums() else { return };
    for builder in sessions.iter_mut() {
        correct_session(&mut builder.session, clock);
        // The bound is its own last record, or the last record that Security has of the boot.
        let is_own = builder.session.end.not_before == Some(builder.last.time);
        let record_id = if is_own { builder.last.record_id } else { u64::MAX };
        let (passed, _) = clock.passed(Channel::Security, record_id);
        if let Some((earliest, latest)) = sums.later.get(passed) {
            widen(&mut builder.session.end, *earliest, *latest);
        }
    }
}

/// The correction of one session.
pub(super) fn correct_session(session: &mut Session, clock: &AdjustedClock) {
    let (Some(start), Some(sums)) = (&session.start, clock.sums()) else { return };
    let (from, before) = clock.passed(start.record.channel, start.record.record_id);
    let (to, until) = match &session.end.record {
        Some(record) => clock.passed(record.channel, record.record_id),
        // All later steps lie within a session that lasts as long as its boot.
        None => (sums.later.len(), sums.total),
    };
    session.clock_correction = Span(until.0.saturating_sub(before.0));
    if sums.any_by_tools(from, to) {
        session.flags.push(Flag::ClockSetByGuestTools);
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
