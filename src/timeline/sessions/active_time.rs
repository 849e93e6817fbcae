//! For how long was a session in use? The time in which it was locked or disconnected, and that in which the computer was
//! asleep or off, do not count. A screen saver that does not lock the session does not interrupt the use: somebody may be
//! reading the screen.
//!
//! Example: a session from 09:00 to 17:00 that was locked from 12:00 to 13:00, in which the computer was asleep from
//! 12:30 to 14:00, was in use for 6 hours.

use crate::model::session::{Basis, MilestoneKind, locks_without_a_begin};
use crate::model::{Flag, PowerInterval, Session, Span, Timestamp};
use crate::timeline::boot::adjusted_clock::AdjustedClock;

/// The time in use. `None`: it is not known, because no lock and no disconnection was logged, or
/// because only bounds of the end are known, because the clock was set by an unknown amount, because it was
/// unlocked and no record says when it had been locked, or because no record says for how long the computer slept.
pub(super) fn of(
    session: &Session,
    power: &[PowerInterval],
    clock: &AdjustedClock,
) -> Option<Span> {
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
    let mut unused = idle_spans(session, left, clock);
    unused.extend(asleep_spans(power, &unused, (start, left), clock)?);
    let active = Span(left.since(start).0.saturating_sub(length_of(unused, (start, left)).0));
    // A clock step whose record is lost may make it negative.
    Some(active).filter(|active| *active >= Span(0))
}

/// A period, by adjusted time.
type Period = (Timestamp, Timestamp);

/// The periods until `end` in which the session was locked or disconnected.
fn idle_spans(session: &Session, end: Timestamp, clock: &AdjustedClock) -> Vec<Period> {
    let (mut is_locked, mut is_disconnected) = (false, false);
    let mut since: Option<Timestamp> = None;
    let mut spans = Vec::new();
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
                spans.push((from, time));
                since = None;
            }
            _ => {}
        }
    }
    spans.extend(since.map(|from| (from, end)));
    spans
}

/// The periods of a session in which the computer was asleep or off. `None`: no record says how long one of them was, and
/// the session was neither locked nor disconnected all the while.
fn asleep_spans(
    power: &[PowerInterval],
    idle: &[Period],
    (start, end): Period,
    clock: &AdjustedClock,
) -> Option<Vec<Period>> {
    let mut spans = Vec::new();
    for interval in power {
        let time = |moment: Option<_>| moment.map(|moment| clock.moment(&moment));
        let from = time(interval.from);
        let to = time(interval.to).or(interval.is_last.then_some(end));
        // As long as it may have been.
        let longest = (from.unwrap_or(start), to.or(time(interval.next)).unwrap_or(end));
        if longest.1 <= start || end <= longest.0 {
            continue;
        }
        let is_idle = || {
            let (first, last) = (longest.0.max(start), longest.1.min(end));
            idle.iter().any(|(from, to)| *from <= first && last <= *to)
        };
        match from.zip(to) {
            Some(span) => spans.push(span),
            None if is_idle() => {}
            None => return None,
        }
    }
    Some(spans)
}

/// How long these periods are together, between two times. Where several overlap, the time counts once.
fn length_of(mut spans: Vec<Period>, (start, end): Period) -> Span {
    spans.sort_unstable();
    let (mut total, mut counted) = (0_i64, start);
    for (from, to) in spans {
        let (from, to) = (from.max(counted), to.min(end));
        total = total.saturating_add(to.since(from).0.max(0));
        counted = counted.max(to);
    }
    Span(total)
}
