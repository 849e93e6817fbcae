//! What the clock showed during a session.

use crate::model::Timestamp;
use serde::Serializer;
use std::ops::Range;
use std::sync::Arc;

/// The times that the clock showed on both sides of one step: the last one before it, and the first one
/// after it.
pub type ClockStepReadings = (Timestamp, Timestamp);

/// The steps of the clock that lie within a session: they divide it into intervals, in each of which
/// the clock ran without being set. Readings of different intervals cannot be compared.
///
/// The list of steps is that of the boot, which all its sessions share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClockReadings(Option<Box<StepsWithin>>);

/// The steps that lie within a session; hardly any session has some.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StepsWithin {
    of_boot: Arc<[ClockStepReadings]>,
    within: Range<usize>,
    /// The latest clock time after the last of these steps at which the session can have been there.
    until: Option<Timestamp>,
}

impl ClockReadings {
    /// Of a session within which these steps of its boot lie.
    pub(crate) fn new(
        of_boot: &Arc<[ClockStepReadings]>,
        within: Range<usize>,
        until: Option<Timestamp>,
    ) -> ClockReadings {
        let is_empty = within.is_empty();
        let steps = || Box::new(StepsWithin { of_boot: Arc::clone(of_boot), within, until });
        ClockReadings((!is_empty).then(steps))
    }

    /// The steps, in order. There are none where nobody set the clock during the session.
    pub fn steps(&self) -> &[ClockStepReadings] {
        let own = self.0.as_ref().and_then(|own| own.of_boot.get(own.within.clone()));
        own.unwrap_or_default()
    }

    /// How many steps of its boot came before the first of its intervals; `None` where it has no steps.
    pub(crate) fn first_interval(&self) -> Option<usize> {
        self.0.as_ref().map(|own| own.within.start)
    }

    /// The first and the last clock time of each interval, for a session that began at this clock time. The
    /// last interval has no last clock time where no latest time of the end is known. Without steps within
    /// the session there are no intervals: its start and end say all.
    pub fn intervals(
        &self,
        start: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, Option<Timestamp>)> {
        let steps = self.steps();
        let begins = std::iter::once(start).chain(steps.iter().map(|(_, new)| *new));
        let last = self.0.as_ref().map(|own| own.until);
        let ends = steps.iter().map(|(old, _)| Some(*old)).chain(last);
        begins.zip(ends)
    }
}

/// As the list of its steps.
impl serde::Serialize for ClockReadings {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.steps())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample::at;

    #[test]
    fn steps_divide_a_session_into_intervals() {
        let steps: Arc<[ClockStepReadings]> = [
            (at("2020-01-01T00:00:00Z"), at("2021-01-01T00:00:00Z")),
            (at("2021-01-01T01:00:00Z"), at("2020-01-01T01:00:00Z")),
            (at("2020-01-01T02:00:00Z"), at("2020-01-01T02:00:10Z")),
        ]
        .into();
        let (start, until) = (at("2021-01-01T00:30:00Z"), at("2020-01-01T05:00:00Z"));
        let readings = ClockReadings::new(&steps, 1..3, Some(until));
        assert_eq!(
            readings.intervals(start).collect::<Vec<_>>(),
            [
                (start, Some(at("2021-01-01T01:00:00Z"))),
                (at("2020-01-01T01:00:00Z"), Some(at("2020-01-01T02:00:00Z"))),
                (at("2020-01-01T02:00:10Z"), Some(until)),
            ]
        );
        let none = ClockReadings::new(&steps, 1..1, Some(until));
        assert_eq!((none.intervals(start).count(), none), (0, ClockReadings::default()));
    }
}
