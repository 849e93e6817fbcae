//! When a session certainly existed, and when it may have existed.

use super::coverage::Coverage;
use super::place::Place;
use crate::model::session::Basis;
use crate::model::{Boot, Confidence, EndCause, Moment, Session, Span, Timestamp};

/// Whether a session was there at a moment, or only may have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It may have been there: its start or its end is known by bounds only, or with low confidence.
    Possible,
    /// It was there: between its start and an end of high or medium confidence, or the last record that
    /// shows it.
    Sure,
}

/// A time in which a session was there or may have been, by what the clock showed between two of its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    /// The number of the clock's steps in the boot before it.
    steps: usize,
    /// The first and the last clock time at which it can have been there; `None`: not known.
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// The first and the last clock time at which it was there.
    sure: Option<(Timestamp, Timestamp)>,
}

impl Stay {
    /// Can it have been there at a clock time from `since` to `until`?
    pub(crate) fn meets(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        since.is_none_or(|since| self.to.is_none_or(|to| to >= since))
            && until.is_none_or(|until| self.from.is_none_or(|from| from <= until))
    }

    /// Was it there when the clock showed this? `None`: no.
    pub(super) fn at(&self, time: Timestamp) -> Option<Certainty> {
        let is_sure = self.sure.is_some_and(|(from, to)| from <= time && time <= to);
        let certainty = if is_sure { Certainty::Sure } else { Certainty::Possible };
        self.meets(Some(time), Some(time)).then_some(certainty)
    }

    /// The place of this clock time within it.
    pub(super) fn place(&self, time: Timestamp) -> Place {
        Place { steps: self.steps, time }
    }

    /// The longest that it can have been; `None`: not known.
    pub(crate) fn length(&self) -> Option<Span> {
        Some(self.to?.since(self.from?))
    }
}

/// The stays of a session, in their order: one for each interval between the steps of the clock. An
/// unknown start lies within the boot, and an unknown end within what the logs cover.
pub(crate) fn stays(session: &Session, boot: Option<&Boot>, coverage: &Coverage) -> Vec<Stay> {
    let signs = Signs::of(session, boot);
    let known = session.start.map(|moment| moment.time);
    let start = known.or(boot.and_then(|boot| boot.start)).or(coverage.first());
    let first = session.clock_readings.first_interval().unwrap_or(signs.first_steps());
    let mut stays: Vec<Stay> = possible(session, start)
        .into_iter()
        .zip(first..)
        .map(|((from, to), steps)| {
            let to = to.or_else(|| last_reading(boot, steps)).or(coverage.last());
            // A step of the clock that nothing shows can put the end before the start.
            let is_turned = from.zip(to).is_some_and(|(from, to)| to < from);
            let (from, to) = if is_turned { (to, from) } else { (from, to) };
            Stay { steps, from, to, sure: None }
        })
        .collect();
    signs.mark(session, boot, &mut stays);
    stays
}

/// The first and the last clock time of each interval in which it can have been there; the last one is
/// `None` where it is not known.
fn possible(
    session: &Session,
    start: Option<Timestamp>,
) -> Vec<(Option<Timestamp>, Option<Timestamp>)> {
    match start.filter(|_| !session.clock_readings.steps().is_empty()) {
        Some(start) => {
            let intervals = session.clock_readings.intervals(start);
            intervals.map(|(from, to)| (Some(from), to)).collect()
        }
        None => vec![(start, latest_end(session))],
    }
}

/// The last clock time of this interval, in a boot whose clock was set: the clock showed later times in
/// other intervals.
fn last_reading(boot: Option<&Boot>, steps: usize) -> Option<Timestamp> {
    let boot = boot.filter(|boot| !boot.clock.steps().is_empty())?;
    let (_, last) = boot.clock_readings().get(steps).copied().flatten()?;
    Some(last)
}

/// The latest time that it can have ended; `None` where that is not known.
fn latest_end(session: &Session) -> Option<Timestamp> {
    let known = session.end.time.filter(|_| session.end.basis != Some(Basis::Bounded));
    session.end.not_after.or(known)
}

/// The first and the last place at which a record shows a session.
struct Signs(Option<(Place, Place)>);

impl Signs {
    /// By the records of the session itself.
    fn of(session: &Session, boot: Option<&Boot>) -> Signs {
        let places = || own_records(session).map(|moment| Place::of(boot, moment));
        let first = session.start.map(|start| Place::of(boot, &start)).or(places().min());
        Signs(first.zip(places().max()))
    }

    fn first_steps(&self) -> usize {
        self.0.map_or(0, |(first, _)| first.steps)
    }

    /// Says in each stay from when to when the session was there.
    fn mark(&self, session: &Session, boot: Option<&Boot>, stays: &mut [Stay]) {
        let Some((first, last_own)) = self.0 else { return };
        let last = last_seen(session, boot, first, stays).max(Some(last_own)).unwrap_or(last_own);
        for stay in stays.iter_mut().filter(|stay| (first.steps..=last.steps).contains(&stay.steps))
        {
            let from = if stay.steps == first.steps { Some(first.time) } else { stay.from };
            let to = if stay.steps == last.steps { Some(last.time) } else { stay.to };
            stay.sure = from.zip(to).filter(|(from, to)| from <= to);
        }
    }
}

/// Every moment of a session that has a record of its own.
fn own_records(session: &Session) -> impl Iterator<Item = &Moment> {
    let principal = [&session.start, &session.initiated, &session.terminated];
    let incidents = session.incidents.iter().map(|incident| &incident.moment);
    principal.into_iter().flatten().chain(incidents)
}

/// The last place at which the session was certainly there, as its end shows.
fn last_seen(
    session: &Session,
    boot: Option<&Boot>,
    first: Place,
    stays: &[Stay],
) -> Option<Place> {
    let end = &session.end;
    // A lost record may have been that of its end: then it may have ended long before the shutdown.
    let is_known = end.basis != Some(Basis::Bounded)
        && end.cause != EndCause::Lost
        && matches!(end.confidence, Confidence::High | Confidence::Medium);
    if let (Some(time), Some(record), true) = (end.time, &end.record, is_known) {
        return Some(Place::at_record(boot, record, time));
    }
    let seen = end.time.filter(|_| is_known).or(end.not_before)?;
    // That clock time is the time of the session's last record, or of the last one of a channel.
    let of_channels = boot.into_iter().flat_map(|boot| boot.coverage.iter().map(|own| &own.last));
    let by_record = own_records(session).chain(of_channels).find(|moment| moment.time == seen);
    if let Some(moment) = by_record {
        return Some(Place::of(boot, moment));
    }
    // The earliest place at which the clock can have read it.
    let mut possible = stays.iter().filter(|stay| stay.steps >= first.steps);
    possible.find(|stay| stay.at(seen).is_some()).map(|stay| stay.place(seen))
}
