//! One channel's records cut where another boot begins, or may begin: at a boot's marks, and where
//! records are missing.

use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::channel::gaps::Coverage;
use crate::timeline::channel::security_boots;
use std::ops::Range;

/// A clock that is wrong at boot is corrected within so many records of the boot's first.
pub(crate) const CORRECTED_WITHIN: usize = 60;
/// And in this time.
const SOON_CORRECTED: Span = Span::seconds(600);

/// Records that are of one boot, as far as their own channel shows.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) range: Range<usize>,
    /// Which of the channel's boots begins with it. None: it may go on with the boot before.
    pub(crate) start: Option<usize>,
    /// How many boots have begun up to it.
    pub(crate) begun: usize,
    /// Records are missing before it.
    pub(crate) torn: bool,
    /// Readings of the clock in its first and its last record.
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    /// When the event log service stopped, if the boot ends so in order.
    pub(crate) stop: Option<Timestamp>,
    /// When the kernel stopped that ran before, as a record says that stands there late.
    pub(crate) kernel_stop: Option<Timestamp>,
    /// Steps of the clock, in order.
    pub(crate) steps: Vec<Step>,
}

/// A program set the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Place among the piece's records.
    at: usize,
    /// The last reading before, and what it was set to.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Step {
    /// A moment before the step, by the clock after it.
    pub(crate) fn of(self, time: Timestamp) -> Timestamp {
        self.to.plus(time.since(self.from))
    }
}

impl Piece {
    /// How the clock was corrected soon after `time`, which is a reading of the boot phase.
    pub(crate) fn correction(&self, time: Timestamp) -> Option<Step> {
        let first = self.steps.first().filter(|step| step.at < CORRECTED_WITHIN)?;
        let (since, early) = (first.from.since(time), Span::seconds(-5));
        (early <= since && since <= SOON_CORRECTED).then_some(*first)
    }
}

/// Cuts a channel at `starts` (ascending) and at its holes. `own` tells the records that are of the
/// boot in whose place they stand.
pub(crate) fn cut(
    events: &[Event],
    starts: &[usize],
    holes: &Coverage,
    own: impl Fn(usize) -> bool,
) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut begun = 0;
    for (index, event) in events.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| events.get(at));
        let torn = holes.torn(events, index);
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
                kernel_stop: None,
                steps: Vec::new(),
            });
        }
        let Some(piece) = pieces.last_mut() else { continue };
        piece.range.end = index + 1;
        if own(index) && !event.recovered {
            let before = before.filter(|_| index > piece.range.start);
            piece.note(event, before);
        }
    }
    pieces
}

impl Piece {
    fn note(&mut self, event: &Event, before: Option<&Event>) {
        self.last = event.time;
        let at = self.range.len() - 1;
        self.steps.extend(set(event, before).map(|(from, to)| Step { at, from, to }));
        match event.kind {
            EventKind::EventLogShutdown | EventKind::ServiceStopped => self.stop = Some(event.time),
            EventKind::KernelStopped(_) => self.kernel_stop = Some(event.time),
            EventKind::ServiceStarted => self.stop = None,
            _ => self.stop = self.stop.filter(|stop| !security_boots::reopens(event, *stop)),
        }
    }
}

/// From what to what a program set the clock. Version 0 of 4616 does not say from what: that is
/// about when the record before was written.
pub(crate) fn set(event: &Event, before: Option<&Event>) -> Option<(Timestamp, Timestamp)> {
    match &event.kind {
        EventKind::ClockChanged(change) if change.reason.is_none_or(|reason| reason == 1) => {
            Some((change.previous.or(before.map(|before| before.time))?, change.new?))
        }
        _ => None,
    }
}
