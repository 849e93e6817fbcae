//! Places in a boot: a time, and the interval between clock steps in which it was shown. Times before and after a
//! clock step cannot be compared, but places can.

use crate::model::{Boot, Citation, Moment, Timestamp};

/// How many steps of the clock came before a moment of a boot, and what the clock showed then. The order
/// of places is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) steps: usize,
    pub(super) time: Timestamp,
}

impl Place {
    /// Of a moment that has a record.
    pub(super) fn of(boot: Option<&Boot>, moment: &Moment) -> Place {
        Place::at_record(boot, &moment.record, moment.time)
    }

    /// The places at which the clock of this boot showed a time: more than one if it was set back.
    pub(super) fn shown(boot: &Boot, time: Timestamp) -> impl Iterator<Item = Place> {
        let readings = boot.clock_readings().into_iter().enumerate();
        let within = readings.filter(move |(_, readings)| {
            readings.is_some_and(|(first, last)| first <= time && time <= last)
        });
        within.map(move |(steps, _)| Place { steps, time })
    }

    /// Of a clock time that a record gives.
    pub(super) fn at_record(boot: Option<&Boot>, record: &Citation, time: Timestamp) -> Place {
        Place { steps: boot.map_or(0, |boot| boot.clock.steps_before(record)), time }
    }
}
