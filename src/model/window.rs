//! A range of time distances.

use super::time::{Span, Timestamp};

/// A range of time distances from `low` to `high`, both included. A positive distance is one into
/// the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    low: Span,
    high: Span,
}

impl Window {
    /// Makes a range in seconds.
    pub(crate) const fn seconds(low: i64, high: i64) -> Window {
        Window { low: Span::seconds(low), high: Span::seconds(high) }
    }

    /// Is this distance in the range?
    pub(crate) fn contains(self, distance: Span) -> bool {
        self.low <= distance && distance <= self.high
    }

    /// The first and the last time that are this far after `time`.
    pub(crate) fn after(self, time: Timestamp) -> (Timestamp, Timestamp) {
        (time.plus(self.low), time.plus(self.high))
    }

    /// The first and the last time that are this far before `time`.
    pub(crate) fn before(self, time: Timestamp) -> (Timestamp, Timestamp) {
        (time.plus(negative(self.high)), time.plus(negative(self.low)))
    }

    /// The longest distance.
    pub(crate) const fn longest(self) -> Span {
        self.high
    }

    /// The earliest time that is this far after `time`.
    pub(crate) fn earliest_after(self, time: Timestamp) -> Timestamp {
        time.plus(self.low)
    }

    /// By how much the second of two times may seem to be before the first one.
    pub(crate) const fn tolerance(self) -> Span {
        negative(self.low)
    }

    /// The range with this much more at both ends.
    pub(crate) fn widened(self, by: Span) -> Window {
        let low = Span(self.low.0.saturating_sub(by.0));
        Window { low, high: Span(self.high.0.saturating_add(by.0)) }
    }
}

const fn negative(span: Span) -> Span {
    Span(span.0.saturating_neg())
}
