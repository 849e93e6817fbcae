//! Which records certainly belong to the boot that they were assigned to, and which are doubtful.
//!
//! Input: the segments of both channels with the boot of each. Output: for each boot and channel,
//! the ID of the first doubtful record. Statements with a high confidence must not be based on
//! doubtful records.
//!
//! Records are doubtful in these cases:
//!
//! - Records are missing within a boot: the start of another boot may be among them. They are not
//!   doubtful if a session is named before and after the gap, or if the other channel shows that
//!   the boot continued.
//! - A channel begins long after the last record that the other channel has of the boot.
//! - Only the clock says to which of several boots a segment belongs.

use super::doubtful::DoubtfulSegments;
use crate::model::{Channel, Event, EventKind, Span, Timestamp};
use crate::timeline::channel::ChannelView;
use crate::timeline::channel::gaps::Gaps;
use crate::timeline::channel::security_start::SecurityStart;
use crate::timeline::channel::segments::Segment;
use crate::timeline::channel::session_ranges::is_ordinary_logon;
use crate::timeline::channel::system_start::SystemBoot;
use crate::timeline::limits::SEGMENTS_AROUND_GAP;
use crate::timeline::must::must;
use crate::timeline::timing::{
    BOOT_SEQUENCE, CHANNELS_APART, MOST_JITTER, RECORDS_BEFORE_LOGON, SHORTEST_RESTART,
};
use std::collections::{BTreeMap, BTreeSet};

/// The doubtful records of all boots of one computer.
#[derive(Debug, Default)]
pub(crate) struct CertainParts {
    doubtful_from: BTreeMap<(Channel, usize), u64>,
    /// The ID of each record right before which another boot may have begun.
    possible_starts: BTreeSet<(Channel, u64)>,
}

/// A channel, and the boot of each of its segments.
struct ChannelWithBoots<'a> {
    channel: Channel,
    events: &'a [Event],
    segments: &'a [Segment],
    boots: &'a [usize],
    gaps: &'a Gaps,
    /// The channel has records that state the start of a boot.
    shows_starts: bool,
    /// The start time of each boot that the channel shows.
    began: Vec<Option<Timestamp>>,
}

impl CertainParts {
    /// Finds the doubtful records of both channels. Each channel comes with the boots of its
    /// segments and with its gaps.
    pub(super) fn of(
        security: (&ChannelView<'_, SecurityStart>, &[usize], &Gaps),
        system: (&ChannelView<'_, SystemBoot>, &[usize], &Gaps),
        doubtful: &DoubtfulSegments,
    ) -> CertainParts {
        let shows_starts = security.0.starts.iter().any(|start| start.indicator.is_logged());
        let began = |start: &SecurityStart| security.0.time(start.index);
        let security = ChannelWithBoots::of(Channel::Security, security, shows_starts, began);
        let shows_starts = system.0.starts.iter().any(SystemBoot::is_certain);
        let began = |boot: &SystemBoot| system.0.time(boot.time_record());
        let system = ChannelWithBoots::of(Channel::System, system, shows_starts, began);
        let mut parts = CertainParts::default();
        let both = [(&security, &system), (&system, &security)];
        both.iter().for_each(|(own, other)| parts.add_after_gaps(own, other));
        both.iter().for_each(|(own, other)| parts.add_first_segments(own, other));
        doubtful.security.iter().for_each(|at| parts.add_segment(&security, *at));
        doubtful.system.iter().for_each(|at| parts.add_segment(&system, *at));
        parts
    }

    /// The ID of the first record of this boot in this channel that may belong to another boot; the
    /// highest number if there is none.
    pub(crate) fn doubtful_from(&self, channel: Channel, boot: usize) -> u64 {
        self.doubtful_from.get(&(channel, boot)).copied().unwrap_or(u64::MAX)
    }

    /// May another boot have begun between these two records of a channel?
    pub(crate) fn may_begin_between(&self, channel: Channel, from: u64, to: u64) -> bool {
        let behind = (channel, from.saturating_add(1));
        from < to && self.possible_starts.range(behind..=(channel, to)).next().is_some()
    }

    /// Notes that this record and all later records of its boot may belong to another boot.
    fn doubt(&mut self, channel: Channel, boot: usize, first: &Event) {
        let from = self.doubtful_from.entry((channel, boot)).or_insert(first.record_id);
        *from = first.record_id.min(*from);
        self.possible_starts.insert((channel, first.record_id));
    }

    /// A boot may begin in one channel only. The first segment that the other channel has of it is
    /// doubtful if it lies long after the last record of the first channel, or at a time for which
    /// the first channel has only doubtful records: another boot may have begun in between.
    fn add_first_segments(&mut self, own: &ChannelWithBoots<'_>, other: &ChannelWithBoots<'_>) {
        let mut before = None;
        for (at, (segment, boot)) in own.segments.iter().zip(own.boots).enumerate() {
            let is_first = before.replace(boot) != Some(boot);
            if is_first && segment.start.is_none() && self.may_be_another(segment, *boot, other) {
                self.add_segment(own, at);
            }
        }
    }

    /// May this segment, the first one that a channel has of a boot, belong to another boot?
    fn may_be_another(&self, segment: &Segment, boot: usize, other: &ChannelWithBoots<'_>) -> bool {
        let from = other.boots.partition_point(|of| *of < boot);
        let of_boot = other.segments.iter().zip(other.boots).skip(from);
        let of_boot = of_boot.take_while(|(_, of)| **of == boot).map(|(segment, _)| segment);
        let doubtful_from = self.doubtful_from(other.channel, boot);
        let is_sure = |one: &&Segment| {
            other.events.get(one.range.start).is_some_and(|first| first.record_id < doubtful_from)
        };
        let mut sure = of_boot.clone().filter(is_sure);
        let is_behind_doubt =
            doubtful_from < u64::MAX && !sure.any(|one| one.clock_showed(segment.first));
        is_behind_doubt || other.is_silent_at(segment.first, of_boot)
    }

    /// Notes that this segment and all later records of its boot may belong to another boot.
    fn add_segment(&mut self, own: &ChannelWithBoots<'_>, at: usize) {
        let first = own.segments.get(at).and_then(|segment| own.events.get(segment.range.start));
        if let Some((first, boot)) = first.zip(own.boots.get(at)) {
            self.doubt(own.channel, *boot, first);
        }
    }

    /// Notes the records that follow a gap within a boot, unless the other channel proves that the
    /// boot continued.
    fn add_after_gaps(&mut self, own: &ChannelWithBoots<'_>, other: &ChannelWithBoots<'_>) {
        let mut runs: BTreeMap<usize, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
        for (segment, boot) in other.segments.iter().zip(other.boots) {
            let of_boot = runs.entry(*boot).or_default();
            if of_boot.len() < SEGMENTS_AROUND_GAP {
                of_boot.push((segment.first, segment.last));
            }
        }
        let begun = own.begun();
        let all = own.segments.iter().zip(own.boots);
        for ((before, boot), (segment, next)) in all.clone().zip(all.skip(1)) {
            let at = segment.range.start;
            let last = at.checked_sub(1).and_then(|at| own.events.get(at));
            let both = last.zip(own.events.get(at));
            let Some((last, first)) = must(both, "each segment has records") else { continue };
            // The records in which the next boot reports the end of this one may stand after the
            // gap too.
            let is_within = boot == next && segment.start.is_none();
            let is_before_next = boot < next && own.channel == Channel::System;
            if !own.start_may_be_missing_between(last, at) || !(is_within || is_before_next) {
                continue;
            }
            // If the clock went back over the gap, only an interval of the other channel that
            // itself goes back proves anything.
            let went_back = before.last.since(segment.first) > MOST_JITTER;
            let goes_on = |(from, until): &(Timestamp, Timestamp)| {
                // If the interval begins before the boot, the clock was set back in it.
                let is_older = begun
                    .get(boot)
                    .is_some_and(|began| began.since(*from) > BOOT_SEQUENCE.longest());
                let is_around = *from <= before.last && segment.first <= *until && !is_older;
                is_around && (!went_back || until < from)
            };
            let is_proven =
                is_within && runs.get(boot).is_some_and(|runs| runs.iter().any(goes_on));
            if !is_proven {
                self.doubt(own.channel, *boot, first);
            }
        }
    }
}

impl<'a> ChannelWithBoots<'a> {
    fn of<Start>(
        channel: Channel,
        (view, boots, gaps): (&'a ChannelView<'_, Start>, &'a [usize], &'a Gaps),
        shows_starts: bool,
        began: impl Fn(&Start) -> Option<Timestamp>,
    ) -> ChannelWithBoots<'a> {
        let (events, segments) = (view.events, &view.segments);
        let began = view.starts.iter().map(began).collect();
        ChannelWithBoots { channel, events, segments, boots, gaps, shows_starts, began }
    }

    /// The start time of each boot whose start the channel shows.
    fn begun(&self) -> BTreeMap<usize, Timestamp> {
        let began = |(segment, boot): (&Segment, &usize)| {
            Some((*boot, (*self.began.get(segment.start?)?)?))
        };
        self.segments.iter().zip(self.boots).filter_map(began).collect()
    }

    /// Does this channel show nothing of its boot at this time, so that another boot may have begun?
    /// These segments are what it has of the boot. If it continues with the next boot and no record
    /// is missing, the boot certainly lasted longer than its last record.
    fn is_silent_at(
        &self,
        time: Timestamp,
        of_boot: impl Iterator<Item = &'a Segment> + Clone,
    ) -> bool {
        let continues = |one: &Segment| {
            let last = one.range.end.checked_sub(1).and_then(|at| self.events.get(at));
            let neighbours = last.zip(self.events.get(one.range.end));
            neighbours.is_some_and(|(last, next)| {
                !self.gaps.may_lack_records_between(last.record_id, next.record_id)
            })
        };
        let apart = match of_boot.clone().last() {
            Some(last) if continues(last) => CHANNELS_APART,
            _ => SHORTEST_RESTART,
        };
        let begins = of_boot.clone().any(|one| one.start.is_some());
        let last = of_boot.clone().map(|one| one.last).max();
        let is_known = |lag: Span| lag <= apart && (lag >= Span(0) || !begins);
        last.is_some_and(|last| !is_known(time.since(last)))
            && !of_boot.clone().any(|one| one.clock_showed(time))
    }

    /// May the record of the start of a boot be missing between this record and the next one, at
    /// index `next`?
    fn start_may_be_missing_between(&self, before: &Event, next: usize) -> bool {
        // A full log loses records without leaving a gap in the record IDs.
        if matches!(before.kind, EventKind::LogFull) {
            return true;
        }
        let Some(first) = self.events.get(next) else { return false };
        // Forwarded events are a selection by event. If it includes the starts of boots, none of
        // them is missing.
        let is_missing = match self.gaps.mixed && self.shows_starts {
            true => self.gaps.misses_between(before.record_id, first.record_id),
            false => self.gaps.may_lack_records_between(before.record_id, first.record_id),
        };
        is_missing && (self.gaps.mixed || !self.has_logon_soon_after(before, next))
    }

    /// Does an account log on so few records later that no boot can have begun in between?
    fn has_logon_soon_after(&self, before: &Event, next: usize) -> bool {
        let soon = before.record_id.saturating_add(RECORDS_BEFORE_LOGON);
        let own = self.events.get(next..).unwrap_or_default().iter();
        own.take_while(|event| event.record_id <= soon)
            .any(|event| !event.recovered && is_ordinary_logon(event))
    }
}
