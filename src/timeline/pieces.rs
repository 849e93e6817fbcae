//! One channel's records cut where another boot begins, or may begin: at a boot's marks, and where
//! records are missing.

use super::coverage::Coverage;
use crate::model::{Event, Span, Timestamp, What};
use std::ops::Range;

/// A clock that is wrong at boot is corrected within so many records of the boot's first.
const CORRECTED_WITHIN: usize = 60;
/// And in this time.
const SOON_CORRECTED: Span = Span::seconds(600);
/// Security's last records may come so long after the event log service said that it stops.
pub(super) const AFTER_STOP: Span = Span::seconds(60);

/// Records that are of one boot, as far as their own channel shows.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    /// Which of the channel's boots begins with it. None: it may go on with the boot before.
    pub(super) start: Option<usize>,
    /// How many boots have begun up to it.
    pub(super) begun: usize,
    /// Records are missing before it.
    pub(super) torn: bool,
    /// Readings of the clock in its first and its last record.
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// When the event log service stopped, if the boot ends so in order.
    pub(super) stop: Option<Timestamp>,
    /// What the clock was set to, in order.
    pub(super) set: Vec<Timestamp>,
}

/// A correction of the clock soon after a boot began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Correction {
    /// The last reading of the wrong clock, and what it was set to.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Correction {
    /// The same moment by the corrected clock.
    pub(super) fn of(self, time: Timestamp) -> Timestamp {
        self.to.plus(time.since(self.from))
    }
}

impl Piece {
    /// How the clock was corrected soon after `time`, which is a reading of the boot phase.
    pub(super) fn correction(&self, events: &[Event], time: Timestamp) -> Option<Correction> {
        let own = events.get(self.range.clone())?;
        let at = own.iter().take(CORRECTED_WITHIN).position(|event| set_to(event).is_some())?;
        let changed = own.get(at)?;
        let before = match &changed.what {
            What::ClockChanged(change) => change.previous,
            _ => None,
        };
        let from = before.or_else(|| own.get(at.checked_sub(1)?).map(|event| event.time))?;
        let soon = from.since(time) <= SOON_CORRECTED && time.since(from) <= Span::seconds(5);
        soon.then_some(Correction { from, to: set_to(changed)? })
    }
}

/// Cuts a channel at `starts` (ascending) and at its holes. `own` tells the records that are of the
/// boot in whose place they stand.
pub(super) fn cut(
    events: &[Event],
    starts: &[usize],
    holes: &Coverage,
    own: impl Fn(usize) -> bool,
) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut begun = 0;
    for (index, event) in events.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| events.get(at));
        let torn = before.is_none_or(|before| holes.parts(before.record_id, event.record_id));
        let starts_here = starts.get(begun).is_some_and(|start| *start <= index);
        if starts_here || torn || pieces.is_empty() {
            begun += usize::from(starts_here);
            pieces.push(Piece {
                range: index..index,
                start: starts_here.then(|| begun - 1),
                begun,
                torn,
                first: event.time,
                last: event.time,
                stop: None,
                set: Vec::new(),
            });
        }
        let Some(piece) = pieces.last_mut() else { continue };
        piece.range.end = index + 1;
        if own(index) && !event.recovered {
            piece.note(event);
        }
    }
    pieces
}

impl Piece {
    fn note(&mut self, event: &Event) {
        self.last = event.time;
        self.set.extend(set_to(event));
        match event.what {
            What::EventLogShutdown | What::ServiceStopped => self.stop = Some(event.time),
            What::ServiceStarted => self.stop = None,
            // Whoever logs on long after it shows that only the service had stopped.
            What::Logon(_) if self.stop.is_some_and(|stop| event.time.since(stop) > AFTER_STOP) => {
                self.stop = None;
            }
            _ => {}
        }
    }
}

/// The time to which a program set the clock.
pub(super) fn set_to(event: &Event) -> Option<Timestamp> {
    match &event.what {
        What::ClockChanged(change) if change.reason.is_none_or(|reason| reason == 1) => change.new,
        _ => None,
    }
}
