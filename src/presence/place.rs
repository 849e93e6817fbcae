//! Places in a boot. Readings of the clock on both sides of a step cannot be compared; places can.

use crate::model::{Boot, Citation, Moment, Timestamp};

/// How many steps of the clock came before a moment of a boot, and what the clock read then. The order
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

    /// Of a reading that a record gives.
    pub(super) fn at_record(boot: Option<&Boot>, record: &Citation, time: Timestamp) -> Place {
        Place { steps: boot.map_or(0, |boot| boot.clock.steps_before(record)), time }
    }
}

/// The first and the last reading that is known of each interval between two steps of the clock of a
/// boot; `None` where none is known.
pub(super) fn clock_intervals(boot: &Boot) -> Vec<Option<(Timestamp, Timestamp)>> {
    let steps = boot.clock.steps();
    let mut all = vec![None; steps.len() + 1];
    let mut note = |at: usize, time: Timestamp| {
        if let Some(known) = all.get_mut(at) {
            let (first, last) = known.unwrap_or((time, time));
            *known = Some((first.min(time), last.max(time)));
        }
    };
    for (at, (old, new)) in steps.iter().enumerate() {
        note(at, *old);
        note(at + 1, *new);
    }
    boot.start.into_iter().for_each(|time| note(0, time));
    let ends = [boot.end, boot.end_not_before];
    ends.into_iter().flatten().for_each(|time| note(steps.len(), time));
    for moment in boot.coverage.iter().flat_map(|own| [&own.first, &own.last]) {
        note(boot.clock.steps_before(&moment.record), moment.time);
    }
    all
}
