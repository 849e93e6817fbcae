//! The time in use of a session: without the time that it was locked or disconnected. A screen saver that
//! does not lock is no such time: somebody may look on.

use crate::model::session::{Basis, MilestoneKind};
use crate::model::{Session, Span, Timestamp};
use crate::timeline::boot::adjusted_clock::AdjustedClock;

/// The time in use; `None` where it is unknown: where locks and disconnections were not logged at
/// all, or only bounds of the end are known.
pub(super) fn of(session: &Session, clock: &AdjustedClock) -> Option<Span> {
    let was_interrupted = session.incidents.iter().any(|incident| {
        use MilestoneKind::{Disconnected, Locked, Reconnected, Unlocked};
        matches!(incident.kind, Locked | Unlocked | Disconnected | Reconnected)
    });
    if !was_interrupted || session.is_elevated_half() {
        return None;
    }
    let start = clock.moment(session.start.as_ref()?);
    let left = match (&session.initiated, session.end.time, session.end.basis) {
        (Some(moment), _, _) => clock.moment(moment),
        (None, _, None | Some(Basis::Bounded)) => return None,
        // The start, and the time that truly passed since then.
        (None, _, _) => start.plus(session.corrected_duration()?),
    };
    let active = Span(left.since(start).0.saturating_sub(idle_time(session, left, clock).0));
    // A step of the clock of which no record is left may make it less than nothing.
    Some(active).filter(|active| *active >= Span(0))
}

/// The time locked or disconnected until `end`; where it was both, the time counts once.
fn idle_time(session: &Session, end: Timestamp, clock: &AdjustedClock) -> Span {
    let (mut is_locked, mut is_disconnected) = (false, false);
    let mut since: Option<Timestamp> = None;
    let mut total = 0_i64;
    for incident in &session.incidents {
        match incident.kind {
            MilestoneKind::Locked => is_locked = true,
            MilestoneKind::Unlocked => is_locked = false,
            MilestoneKind::Disconnected => is_disconnected = true,
            // Whoever reconnects has given the password: the desktop is unlocked.
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
