//! For how long was a session in use? The time in which it was locked or disconnected does not
//! count. A screen saver that does not lock the session does not interrupt the use: somebody may be
//! reading the screen.
//!
//! Example: a session from 09:00 to 17:00 that was locked from 12:00 to 13:00 was in use for 7
//! hours.

use crate::model::session::{Basis, MilestoneKind, locks_without_a_begin};
use crate::model::{Flag, Session, Span, Timestamp};
use crate::timeline::boot::adjusted_clock::AdjustedClock;

/// The time in use. `None`: it is not known, because no lock and no disconnection was logged, or
/// because only bounds of the end are known, because the clock was set by an unknown amount, or because it was
/// unlocked and no record says when it had been locked.
pub(super) fn of(session: &Session, clock: &AdjustedClock) -> Option<Span> {
    let was_interrupted = session.incidents.iter().any(|incident| {
        use MilestoneKind::{Disconnected, Locked, Reconnected, Unlocked};
        matches!(incident.kind, Locked | Unlocked | Disconnected | Reconnected)
    });
    let is_unknown = session.flags.contains(&Flag::ClockStepUnknown)
        || locks_without_a_begin(&session.incidents).next().is_some();
    if !was_interrupted || session.is_elevated_half() || is_unknown {
        return None;
    }
    let start = clock.moment(session.start.as_ref()?);
    let left = match (&session.initiated, session.end.time, session.end.basis) {
        (Some(moment), _, _) => clock.moment(moment),
        (None, _, None | Some(Basis::Bounded)) => return None,
        // The start, plus the time that really passed since then.
        (None, _, _) => start.plus(session.corrected_duration()?),
    };
    let active = Span(left.since(start).0.saturating_sub(idle_time(session, left, clock).0));
    // A clock step whose record is lost may make it negative.
    Some(active).filter(|active| *active >= Span(0))
}

/// The time until `end` in which the session was locked or disconnected. Time in which it was both
/// counts once.
fn idle_time(session: &Session, end: Timestamp, clock: &AdjustedClock) -> Span {
    let (mut is_locked, mut is_disconnected) = (false, false);
    let mut since: Option<Timestamp> = None;
    let mut total = 0_i64;
    for incident in &session.incidents {
        match incident.kind {
            MilestoneKind::Locked => is_locked = true,
            MilestoneKind::Unlocked => is_locked = false,
            MilestoneKind::Disconnected => is_disconnected = true,
            // Reconnecting needs the password, so it also unlocks the desktop.
            MilestoneKind::Reconnected => (is_disconnected, is_locked) = (false, false),
            _ => continue,
        }
        let time = clock.moment(&incident.moment);
        match (since, is_locked || is_disconnected) {
            (None, true) => since = Some(time),
            (Some(from), false) => {
                total = total.saturating_add(time.since(from).0.max(0));
                since = None;
            }
            _ => {}
        }
    }
    let rest = since.map_or(0, |from| end.since(from).0.max(0));
    Span(total.saturating_add(rest))
}
