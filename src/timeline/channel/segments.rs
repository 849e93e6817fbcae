//! Cuts the records of one channel into segments. A segment is a run of consecutive records that
//! belong to one boot, as far as this channel shows.
//!
//! Input: the records, the starts of boots, and the gaps. Output: the segments, each with its first
//! and last clock time and the changes of the clock in it. A new segment begins at the start
//! records of a boot, and after missing records, because a boot may have begun there.
//!
//! Example: the records 1 to 50 without a gap, a start of a boot at record 20, then the records 61
//! to 70: the segments are 1 to 19, 20 to 50, and 61 to 70.

use super::clock_changes::{self, ClockSet};
use super::log_stops;
use crate::model::event_role::TimeRole;
use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::must::must_hold;
use crate::timeline::timing::{
    BOOT_SEQUENCE, CORRECTED_WITHIN, CORRECTED_WITHIN_RECORDS, MOST_JITTER, ZONES_APART,
};
use std::ops::Range;

/// A run of records of one boot, as far as their own channel shows.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    /// The records, as indices into the channel.
    pub(crate) range: Range<usize>,
    /// The index of the boot of this channel that begins with the segment. `None`: it may continue
    /// the boot before.
    pub(crate) start: Option<usize>,
    /// How many boots of this channel have begun up to this segment.
    pub(crate) boots_begun: usize,
    /// Records may be missing right before it.
    pub(crate) after_gap: bool,
    /// The time of its first record.
    pub(crate) first: Timestamp,
    /// The time of its last record.
    pub(crate) last: Timestamp,
    /// When the event log service stopped, if the segment ends with that.
    pub(crate) stop: Option<Timestamp>,
    /// When the kernel of the boot before stopped, by a late record of this boot.
    pub(crate) kernel_stop: Option<Timestamp>,
    /// The changes of the clock, in record order.
    pub(crate) clock_sets: Vec<ClockSet>,
    /// The most by which the clock was set back between two of its first records, if that is more
    /// than their usual disorder.
    early_set_back: Span,
    /// When the kernel started. System records that after the start of the event log service.
    kernel_start: Option<Timestamp>,
}

impl Segment {
    /// The change that corrected the clock soon after `time`, which is a clock time of the start of
    /// the boot.
    pub(crate) fn correction(&self, time: Timestamp) -> Option<ClockSet> {
        self.early_step().filter(|first| CORRECTED_WITHIN.contains(first.from.since(time)))
    }

    /// The first step of the clock among its first records.
    fn early_step(&self) -> Option<ClockSet> {
        let mut early = self.clock_sets.iter().take_while(|set| set.at < CORRECTED_WITHIN_RECORDS);
        early.find(|set| set.is_step()).copied()
    }

    /// By how much the clock was set back right after the boot that begins here, if it is no more
    /// than a wrong time zone could explain. If the record of the change is missing, the times of
    /// the first records show it.
    pub(crate) fn set_back_at_start(&self) -> Span {
        // The 1101 of a crash comes first, and its time may already be that after the step.
        let is_soon = |set: &ClockSet| {
            let mut lags = [set.from, set.to].into_iter().map(|at| at.since(self.first));
            lags.any(|lag| CORRECTED_WITHIN.contains(lag))
        };
        let recorded = self.start.and_then(|_| self.early_step()).filter(is_soon);
        let by =
            recorded.map(|set| set.from.since(set.to)).into_iter().chain([self.early_set_back]);
        by.filter(|by| (Span(0)..=ZONES_APART).contains(by)).max().unwrap_or(Span(0))
    }

    /// Did the clock show this time in the segment? Some time before its first record counts too,
    /// because the first records of the boot may be in the other channel only. If the clock was set
    /// back before the event log service started, and the record of that is missing, the known
    /// clock times begin at the start of the kernel.
    pub(crate) fn clock_showed(&self, time: Timestamp) -> bool {
        let steps = || self.clock_sets.iter().filter(|set| set.is_step());
        let first = self.kernel_start.map_or(self.first, |kernel| kernel.max(self.first));
        let first = first.plus(Span(-BOOT_SEQUENCE.longest().0));
        let begins = std::iter::once(first).chain(steps().map(|set| set.to));
        let ends = steps().map(|set| set.from).chain([self.last]);
        begins.zip(ends).any(|(begin, end)| begin <= time && time <= end)
    }

    /// Adds a record to the segment.
    fn note(&mut self, event: &Event, before: Option<&Event>) {
        self.last = event.time;
        let at = self.range.len() - 1;
        if at < CORRECTED_WITHIN_RECORDS {
            let by = before.map_or(Span(0), |before| set_back_between(before, event));
            self.early_set_back = self.early_set_back.max(by);
        }
        let times = clock_changes::times_before_and_after(event, before);
        self.clock_sets.extend(times.map(|(from, to)| ClockSet { at, from, to }));
        match event.kind {
            EventKind::KernelStopped(_) => self.kernel_stop = Some(event.time),
            EventKind::KernelStarted(_) => self.kernel_start = Some(event.time),
            _ => {}
        }
        self.stop = log_stops::at_segment_end(self.stop, event);
    }
}

/// By how much the clock was set back between two neighbouring records, as their times show; 0 if
/// they do not show it. The 1101 of a crash comes before the start of LSASS but has a later time,
/// perhaps of a clock that was set in between.
fn set_back_between(before: &Event, event: &Event) -> Span {
    let is_in_order = |event: &Event| event.role().time != TimeRole::OutOfOrder;
    let by = match before.kind {
        EventKind::AuditDropped => event.time.since(before.time),
        _ if is_in_order(before) && is_in_order(event) => before.time.since(event.time),
        _ => Span(0),
    };
    if by > MOST_JITTER { by } else { Span(0) }
}

/// Cuts a channel at `starts` (ascending indices, all different), and where `may_begin` says that a boot may begin
/// because records are missing. `is_own` says whether a record belongs to the boot in which it was
/// written.
pub(crate) fn cut(
    events: &[Event],
    starts: &[usize],
    may_begin: impl Fn(usize) -> bool,
    is_own: impl Fn(usize) -> bool,
) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut boots_begun = 0;
    for (index, event) in events.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| events.get(at));
        let after_gap = may_begin(index);
        let starts_here = starts.get(boots_begun).is_some_and(|start| *start <= index);
        if starts_here || after_gap || segments.is_empty() {
            boots_begun += usize::from(starts_here);
            segments.push(Segment {
                range: index..index,
                start: starts_here.then(|| boots_begun - 1),
                boots_begun,
                after_gap,
                first: event.time,
                last: event.time,
                stop: None,
                kernel_stop: None,
                clock_sets: Vec::new(),
                early_set_back: Span(0),
                kernel_start: None,
            });
        }
        if let Some(segment) = segments.last_mut() {
            segment.range.end = index + 1;
            if is_own(index) && !event.recovered {
                let before = before.filter(|_| index > segment.range.start);
                segment.note(event, before);
            }
        }
    }
    must_hold(boots_begun == starts.len(), "each boot of a channel begins with a segment");
    segments
}
