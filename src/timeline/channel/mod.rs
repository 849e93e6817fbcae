//! One channel of one computer: what is missing from it, how its clock and its log were changed, and
//! the boots that it shows by itself.
//!
//! Security and System each become a [`ChannelView`]: the records, the boots that they show, and
//! the segments between these and the gaps.

pub(crate) mod clock_changes;
pub(crate) mod gaps;
pub(crate) mod late_records;
pub(crate) mod log_stops;
mod prelude;
pub(crate) mod security_boots;
pub(crate) mod segments;
pub(crate) mod session_spans;
pub(crate) mod start_marks;
pub(crate) mod system_boots;
pub(crate) mod uptimes;

use crate::model::{Event, Timestamp};
use segments::Segment;

/// One channel of a computer: its records by record ID, the boots that it shows, its segments.
pub(crate) struct ChannelView<'a, Start> {
    pub(crate) events: &'a [Event],
    pub(crate) starts: &'a [Start],
    pub(crate) segments: Vec<Segment>,
}

impl<'a, Start> ChannelView<'a, Start> {
    /// The boot that begins with this segment.
    pub(crate) fn start(&self, segment: &Segment) -> Option<&'a Start> {
        self.starts.get(segment.start?)
    }

    /// The time of a record.
    pub(crate) fn time(&self, index: usize) -> Option<Timestamp> {
        self.events.get(index).map(|event| event.time)
    }
}
