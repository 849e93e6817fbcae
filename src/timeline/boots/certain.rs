//! Up to which record the records of a boot are surely its own.
//!
//! Where records are missing within a boot, the start of another boot may be among them. Then what
//! follows may be of that boot, unless a session is named on both sides, or the other channel shows that
//! the boot went on. The same holds where a channel begins long after the last record that the other one
//! has of the boot, and where nothing but the clock says which of several boots a segment is of. Nothing that
//! is sure may rest on it.

use super::rivals::Doubtful;
use crate::model::{Channel, Event, EventKind, Span, Timestamp};
use crate::timeline::channel::ChannelView;
use crate::timeline::channel::gaps::Coverage;
use crate::timeline::channel::segments::Segment;
use crate::timeline::channel::session_spans::is_ordinary_logon;
use crate::timeline::channel::start_marks::SecurityStart;
use crate::timeline::channel::system_boots::SystemBoot;
use crate::timeline::limits::MATCHES_PER_RULE;
use crate::timeline::timing::{
    BOOT_SEQUENCE, CHANNELS_APART, MOST_JITTER, RECORDS_BEFORE_LOGON, SHORTEST_RESTART,
};
use std::collections::{BTreeMap, BTreeSet};

/// For each channel and boot the ID of the first record that may be of another boot.
#[derive(Debug, Default)]
pub(crate) struct CertainParts {
    doubtful_from: BTreeMap<(Channel, usize), u64>,
    /// The ID of each record before which another boot may have begun.
    places: BTreeSet<(Channel, u64)>,
}

/// A channel with the boot of each of its segments.
struct Placed<'a> {
    channel: Channel,
    events: &'a [Event],
    segments: &'a [Segment],
    boots: &'a [usize],
    gaps: &'a Coverage,
    /// The channel has records of the starts of boots.
    shows_starts: bool,
    /// When each boot began that begins in the channel.
    began: Vec<Option<Timestamp>>,
}

impl CertainParts {
    /// Of both channels, each with the boots of its segments and its gaps.
    pub(super) fn of(
        security: (&ChannelView<'_, SecurityStart>, &[usize], &Coverage),
        system: (&ChannelView<'_, SystemBoot>, &[usize], &Coverage),
        doubtful: &Doubtful,
    ) -> CertainParts {
        let shows_starts = security.0.starts.iter().any(|start| start.mark.is_logged());
        let began = |start: &SecurityStart| security.0.time(start.index);
        let security = Placed::of(Channel::Security, security, shows_starts, began);
        let shows_starts = system.0.starts.iter().any(SystemBoot::is_certain);
        let began = |boot: &SystemBoot| system.0.time(boot.clock());
        let system = Placed::of(Channel::System, system, shows_starts, began);
        let mut parts = CertainParts::default();
        let both = [(&security, &system), (&system, &security)];
        both.iter().for_each(|(own, other)| parts.add(own, other));
        both.iter().for_each(|(own, other)| parts.add_beginnings(own, other));
        doubtful.security.iter().for_each(|at| parts.add_segment(&security, *at));
        doubtful.system.iter().for_each(|at| parts.add_segment(&system, *at));
        parts
    }

    /// The ID of the first record of a boot in a channel that may be of another boot.
    pub(crate) fn doubtful_from(&self, channel: Channel, boot: usize) -> u64 {
        self.doubtful_from.get(&(channel, boot)).copied().unwrap_or(u64::MAX)
    }

    /// May another boot have begun between these two records of a channel?
    pub(crate) fn may_begin_between(&self, channel: Channel, from: u64, to: u64) -> bool {
        let behind = (channel, from.saturating_add(1));
        from < to && self.places.range(behind..=(channel, to)).next().is_some()
    }

    /// Notes that this record, and what follows it in its boot, may be of another one.
    fn doubt(&mut self, channel: Channel, boot: usize, first: &Event) {
        let from = self.doubtful_from.entry((channel, boot)).or_insert(first.record_id);
        *from = first.record_id.min(*from);
        self.places.insert((channel, first.record_id));
    }

    /// The first segment of a boot that only the other channel shows to begin, if it lies long after the last
    /// record of that one, or at a time of which that one has no record that is surely of the boot: another boot
    /// may have begun in between.
    fn add_beginnings(&mut self, own: &Placed<'_>, other: &Placed<'_>) {
        let mut before = None;
        for (at, (segment, boot)) in own.segments.iter().zip(own.boots).enumerate() {
            let is_first = before.replace(boot) != Some(boot);
            if is_first && segment.start.is_none() && self.may_be_another(segment, *boot, other) {
                self.add_segment(own, at);
            }
        }
    }

    /// May this first segment that a channel has of a boot be of another one, by what the other channel has?
    fn may_be_another(&self, segment: &Segment, boot: usize, other: &Placed<'_>) -> bool {
        let from = other.boots.partition_point(|of| *of < boot);
        let of_boot = other.segments.iter().zip(other.boots).skip(from);
        let of_boot = of_boot.take_while(|(_, of)| **of == boot).map(|(segment, _)| segment);
        let doubtful_from = self.doubtful_from(other.channel, boot);
        let is_sure = |one: &&Segment| {
            other.events.get(one.range.start).is_some_and(|first| first.record_id < doubtful_from)
        };
        let mut sure = of_boot.clone().filter(is_sure);
        let is_behind_doubt =
            doubtful_from < u64::MAX && !sure.any(|one| one.has_read(segment.first));
        is_behind_doubt || other.is_silent_at(segment.first, of_boot)
    }

    /// This segment, and what follows it in its boot.
    fn add_segment(&mut self, own: &Placed<'_>, at: usize) {
        let first = own.segments.get(at).and_then(|segment| own.events.get(segment.range.start));
        if let Some((first, boot)) = first.zip(own.boots.get(at)) {
            self.doubt(own.channel, *boot, first);
        }
    }

    fn add(&mut self, own: &Placed<'_>, other: &Placed<'_>) {
        let mut runs: BTreeMap<usize, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
        for (segment, boot) in other.segments.iter().zip(other.boots) {
            let of_boot = runs.entry(*boot).or_default();
            if of_boot.len() < MATCHES_PER_RULE {
                of_boot.push((segment.first, segment.last));
            }
        }
        let begun = own.begun();
        let all = own.segments.iter().zip(own.boots);
        for ((before, boot), (segment, next)) in all.clone().zip(all.skip(1)) {
            let at = segment.range.start;
            let last = at.checked_sub(1).and_then(|at| own.events.get(at));
            let (Some(first), Some(last)) = (own.events.get(at), last) else { continue };
            // What the next boot recorded of the end of this one stands behind the gap too.
            let is_within = boot == next && segment.start.is_none();
            let is_before_next = boot < next && own.channel == Channel::System;
            if !own.may_hide_a_start(last, at) || !(is_within || is_before_next) {
                continue;
            }
            // Where the clock went back, only a run over that change was there on both sides.
            let went_back = before.last.since(segment.first) > MOST_JITTER;
            let goes_on = |(from, until): &(Timestamp, Timestamp)| {
                // Where it began before the boot, the clock was set back.
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

impl<'a> Placed<'a> {
    fn of<Start>(
        channel: Channel,
        (view, boots, gaps): (&'a ChannelView<'_, Start>, &'a [usize], &'a Coverage),
        shows_starts: bool,
        began: impl Fn(&Start) -> Option<Timestamp>,
    ) -> Placed<'a> {
        let (events, segments) = (view.events, &view.segments);
        let began = view.starts.iter().map(began).collect();
        Placed { channel, events, segments, boots, gaps, shows_starts, began }
    }

    /// When each boot began whose beginning the channel shows.
    fn begun(&self) -> BTreeMap<usize, Timestamp> {
        let began = |(segment, boot): (&Segment, &usize)| {
            Some((*boot, (*self.began.get(segment.start?)?)?))
        };
        self.segments.iter().zip(self.boots).filter_map(began).collect()
    }

    /// Does this channel say nothing of its boot at this time, so that another boot may have begun? These segments
    /// are what it has of the boot. Where it goes on with the next boot and no record is missing, the boot surely
    /// lasted longer than its last record.
    fn is_silent_at(
        &self,
        time: Timestamp,
        of_boot: impl Iterator<Item = &'a Segment> + Clone,
    ) -> bool {
        let goes_on = |one: &Segment| {
            let last = one.range.end.checked_sub(1).and_then(|at| self.events.get(at));
            let neighbours = last.zip(self.events.get(one.range.end));
            neighbours.is_some_and(|(last, next)| {
                !self.gaps.may_lack_records_between(last.record_id, next.record_id)
            })
        };
        let apart = match of_boot.clone().last() {
            Some(last) if goes_on(last) => CHANNELS_APART,
            _ => SHORTEST_RESTART,
        };
        let begins = of_boot.clone().any(|one| one.start.is_some());
        let last = of_boot.clone().map(|one| one.last).max();
        let is_known = |lag: Span| lag <= apart && (lag >= Span(0) || !begins);
        last.is_some_and(|last| !is_known(time.since(last)))
            && !of_boot.clone().any(|one| one.has_read(time))
    }

    /// May the record of the start of a boot be missing between this record and the next one, at `next`?
    fn may_hide_a_start(&self, before: &Event, next: usize) -> bool {
        // A full log loses records that never had an ID.
        if matches!(before.kind, EventKind::LogFull) {
            return true;
        }
        let Some(first) = self.events.get(next) else { return false };
        // Forwarded events are those that were asked for: if starts of boots are, none is missing.
        let is_missing = match self.gaps.mixed && self.shows_starts {
            true => self.gaps.misses_between(before.record_id, first.record_id),
            false => self.gaps.may_lack_records_between(before.record_id, first.record_id),
        };
        is_missing && (self.gaps.mixed || !self.has_logon_soon_after(before, next))
    }

    /// Does an account log on so few records after this one that no boot can have begun in between?
    fn has_logon_soon_after(&self, before: &Event, next: usize) -> bool {
        let soon = before.record_id.saturating_add(RECORDS_BEFORE_LOGON);
        let own = self.events.get(next..).unwrap_or_default().iter();
        own.take_while(|event| event.record_id <= soon)
            .any(|event| !event.recovered && is_ordinary_logon(event))
    }
}
