//! The segments of one channel: its records, cut where another boot begins or may begin. A boot
//! begins at its start records, and it may begin where records are missing.

use super::clock_changes::{self, ClockSet};
use super::log_stops;
use crate::model::event_role::TimeRole;
use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::timing::{
    BOOT_SEQUENCE, CORRECTED_WITHIN, CORRECTED_WITHIN_RECORDS, MOST_JITTER, ZONES_APART,
};
use std::ops::Range;

/// Records of one boot, as far as their own channel shows.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    /// The records, as indices into the channel.
    pub(crate) range: Range<usize>,
    /// Which boot of the channel begins with it. `None`: it may continue the boot before.
    pub(crate) start: Option<usize>,
    /// How many boots of the channel have begun up to it.
    pub(crate) begun: usize,
    /// Records may be missing before it.
    pub(crate) after_gap: bool,
    /// The reading of the clock in its first record.
    pub(crate) first: Timestamp,
    /// The reading of the clock in its last record.
    pub(crate) last: Timestamp,
    /// When the event log service stopped, if the segment ends with that.
    pub(crate) stop: Option<Timestamp>,
    /// When the kernel of the boot before stopped, by a late record of this boot.
    pub(crate) kernel_stop: Option<Timestamp>,
    /// The changes of the clock, in record order.
    pub(crate) clock_sets: Vec<ClockSet>,
    /// By how much its first records fall, at most, from one to the next: more than their usual disorder.
    early_fall: Span,
    /// When the kernel started, which System records behind the start of the event log service.
    kernel_start: Option<Timestamp>,
}

impl Segment {
    /// The change that corrected the clock soon after `time`, which is a reading of the boot phase.
    pub(crate) fn correction(&self, time: Timestamp) -> Option<ClockSet> {
        self.early_step().filter(|first| CORRECTED_WITHIN.contains(first.from.since(time)))
    }

    /// The first step of the clock among its first records.
    fn early_step(&self) -> Option<ClockSet> {
        let mut early = self.clock_sets.iter().take_while(|set| set.at < CORRECTED_WITHIN_RECORDS);
        early.find(|set| set.is_step()).copied()
    }

    /// By how much the clock was set back right after the boot that begins here, as far as that may have been
    /// a wrong time zone. Where the record of that is missing, the readings of its first records show it.
    pub(crate) fn set_back_at_start(&self) -> Span {
        // The 1101 of a crash stands first, and may be stamped after the step.
        let is_soon = |set: &ClockSet| {
            let mut lags = [set.from, set.to].into_iter().map(|at| at.since(self.first));
            lags.any(|lag| CORRECTED_WITHIN.contains(lag))
        };
        let recorded = self.start.and_then(|_| self.early_step()).filter(is_soon);
        let by = recorded.map(|set| set.from.since(set.to)).into_iter().chain([self.early_fall]);
        by.filter(|by| (Span(0)..=ZONES_APART).contains(by)).max().unwrap_or(Span(0))
    }

    /// Is this a reading of its clock, between its first and its last record, or as long before the first one as
    /// the first records of a boot lie in the other channel? Where the clock was set back before the event log
    /// service started, and the record of that is missing, the readings that are known begin at the start of the kernel.
    pub(crate) fn has_read(&self, time: Timestamp) -> bool {
        let steps = || self.clock_sets.iter().filter(|set| set.is_step());
        let first = self.kernel_start.map_or(self.first, |kernel| kernel.max(self.first));
        let first = first.plus(Span(-BOOT_SEQUENCE.longest().0));
        let begins = std::iter::once(first).chain(steps().map(|set| set.to));
        let ends = steps().map(|set| set.from).chain([self.last]);
        begins.zip(ends).any(|(begin, end)| begin <= time && time <= end)
    }

    fn note(&mut self, event: &Event, before: Option<&Event>) {
        self.last = event.time;
        let at = self.range.len() - 1;
        if at < CORRECTED_WITHIN_RECORDS {
            let fall = before.map_or(Span(0), |before| fall(before, event));
            self.early_fall = self.early_fall.max(fall);
        }
        let readings = clock_changes::readings_around(event, before);
        self.clock_sets.extend(readings.map(|(from, to)| ClockSet { at, from, to }));
        match event.kind {
            EventKind::KernelStopped(_) => self.kernel_stop = Some(event.time),
            EventKind::KernelStarted(_) => self.kernel_start = Some(event.time),
            _ => {}
        }
        self.stop = log_stops::at_segment_end(self.stop, event);
    }
}

/// By how much the clock was set back, as the readings of two neighbours show: 0 where they do not. The 1101 of a
/// crash stands before the start of LSASS and is stamped after it, maybe by the clock as it was set then.
fn fall(before: &Event, event: &Event) -> Span {
    let is_in_order = |event: &Event| event.role().time != TimeRole::OutOfOrder;
    let by = match before.kind {
        EventKind::AuditDropped => event.time.since(before.time),
        _ if is_in_order(before) && is_in_order(event) => before.time.since(event.time),
        _ => Span(0),
    };
    if by > MOST_JITTER { by } else { Span(0) }
}

/// Cuts a channel at `starts` (ascending indices) and where `may_begin` says that a boot may begin
/// because records are missing. `is_own` says whether a record is of the boot among whose records it
/// stands.
pub(crate) fn cut(
    events: &[Event],
    starts: &[usize],
    may_begin: impl Fn(usize) -> bool,
    is_own: impl Fn(usize) -> bool,
) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut begun = 0;
    for (index, event) in events.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| events.get(at));
        let after_gap = may_begin(index);
        let starts_here = starts.get(begun).is_some_and(|start| *start <= index);
        if starts_here || after_gap || segments.is_empty() {
            begun += usize::from(starts_here);
            segments.push(Segment {
                range: index..index,
                start: starts_here.then(|| begun - 1),
                begun,
                after_gap,
                first: event.time,
                last: event.time,
                stop: None,
                kernel_stop: None,
                clock_sets: Vec::new(),
                early_fall: Span(0),
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
    segments
}
