//! One channel of one computer by itself: which records are missing, how its clock was changed, and
//! which boots it shows.
//!
//! Security and System each become a [`ChannelView`]: the records, the boots that they show
//! ([`security_boots`], [`system_boots`]), and the segments ([`segments`]). A segment is a run of
//! records that belong to one boot, as far as this channel shows; it ends where a boot begins and
//! where records are missing.

pub(crate) mod clock_changes;
pub(crate) mod gaps;
pub(crate) mod late_records;
mod leading_records;
pub(crate) mod log_stops;
pub(crate) mod security_boots;
pub(crate) mod security_start;
pub(crate) mod segments;
pub(crate) mod separate_services;
pub(crate) mod session_ranges;
pub(crate) mod system_boots;
pub(crate) mod system_start;
pub(crate) mod uptimes;

use crate::model::{Event, Timestamp};
use segments::Segment;

/// One channel of a computer: its records in the order of record IDs, the boots that it shows, and
/// its segments.
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
