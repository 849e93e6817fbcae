//! Questions about the segments of Security and System that are answered by their times: Which two
//! may be one boot, although no rule matches them? Which segment begins a new boot? Which boot came
//! first?

use super::boot_times::{BootTimes, EndBefore};
use super::doubtful::DoubtfulSegments;
use super::matching::{Pair, ends};
use crate::model::{Event, Timestamp};
use crate::timeline::channel::ChannelView;
use crate::timeline::channel::late_records::end_of_boot_before;
use crate::timeline::channel::security_start::{SecurityStart, StartIndicator};
use crate::timeline::channel::segments::Segment;
use crate::timeline::channel::system_start::SystemBoot;
use crate::timeline::timing::{
    AFTER_STOP, BOOT_SEQUENCE, KERNEL_STOP, LATE_FLUSH, SAME_CRASHED_START, ZONES_APART,
    lag_across_time_zones,
};
use std::ops::Range;

/// Both channels with the times of their segments.
pub(super) struct TimedChannels<'a> {
    pub(super) security: &'a ChannelView<'a, SecurityStart>,
    pub(super) system: &'a ChannelView<'a, SystemBoot>,
    pub(super) security_times: Vec<BootTimes>,
    pub(super) system_times: Vec<BootTimes>,
}

impl TimedChannels<'_> {
    /// The segments of Security, each with its index and its times.
    pub(super) fn security_segments(&self) -> impl Iterator<Item = (usize, &Segment, &BootTimes)> {
        let segments = self.security.segments.iter().zip(&self.security_times);
        segments.enumerate().map(|(at, (segment, times))| (at, segment, times))
    }

    /// Matches segments between two links of the chain that no rule matches. There are four cases:
    ///
    /// - Only records show a segment of Security there, and no start of LSASS. It belongs to the
    ///   last boot that System shows there, if both channels agree on its end.
    /// - A start of LSASS belongs to the only boot of System there, if the kernel of that boot left
    ///   no record. The clock was then set before the service started.
    /// - A boot that both channels show right after a link is one boot, if its service started
    ///   right after its LSASS and the clock was set in between.
    /// - A segment of System that begins no boot belongs to a boot of Security if, by the clock, it lies
    ///   between the end of the boot before and the start of that one, and Security lacks no record there.
    ///
    /// A match is doubtful if System shows several boots there, or if the boot in System began
    /// later by the clock, and in the last case.
    pub(super) fn matches_without_a_rule(
        &self,
        chain: &[Pair],
        doubtful: &mut DoubtfulSegments,
    ) -> Vec<Pair> {
        let ends = (self.security.segments.len(), self.system.segments.len());
        let begins = |at: &usize| {
            self.system.segments.get(*at).is_some_and(|segment| segment.start.is_some())
        };
        let mut from = (0, 0);
        let mut found = Vec::new();
        for &(one, other) in chain.iter().chain([&ends]) {
            let mut new: Vec<usize> = (from.0..one).filter(|at| self.is_new_boot(*at)).collect();
            let mut boots: Vec<usize> = (from.1..other).filter(begins).collect();
            let is_single = new.len() == 1 && boots.len() == 1;
            let is_one_of_several = boots.len() > 1;
            if let (&[security], &[system], true) = (&*new, &*boots, from > (0, 0))
                && (security, system) == from
                && self.clock_was_set_between(security, system)
            {
                found.push(from);
                new.clear();
            }
            if boots.is_empty() {
                let pairs = self.continued_before_start(from.0..one, from.1..other);
                doubtful.system.extend(pairs.iter().map(|(_, system)| *system));
                found.extend(pairs);
            }
            from = (one + 1, other + 1);
            while let (Some(&security), Some(&system)) = (new.last(), boots.last()) {
                new.pop();
                let is_logged =
                    self.security_times.get(security).is_some_and(|times| times.start.is_some());
                let is_right_before = (security + 1, system + 1) == (one, other)
                    && self.no_boot_lies_before(one, other);
                if self.may_be_one_boot(security, system, is_right_before)
                    && (!is_logged || is_single)
                {
                    found.push((security, system));
                    boots.pop();
                    let is_unsure =
                        is_one_of_several || self.is_before_start_by_clock(security, system);
                    // A crash may have removed all records of a boot from Security, which then shows the one before it.
                    let crashed =
                        self.system_times.get(other).is_some_and(BootTimes::follows_crash);
                    if is_unsure && (crashed || !is_right_before) {
                        doubtful.security.insert(security);
                    }
                }
            }
        }
        found
    }

    /// The segments of System that would be boots of their own by the clock, each with the boot of Security that it
    /// belongs to: the next one, if Security lacks no record right before it. Another boot in between would have left
    /// records there.
    fn continued_before_start(&self, security: Range<usize>, system: Range<usize>) -> Vec<Pair> {
        let segments = &self.security.segments;
        let lone = system.filter(|at| !self.continues_boot(*at) && *at > 0);
        let boot_of = |at: usize| {
            let first = self.system.time(self.first_with_time(at)?)?;
            let is_before = |one: &Segment| one.first <= first;
            let next = security.clone().rfind(|one| segments.get(*one).is_some_and(is_before));
            let next = next.map_or(security.start, |before| before + 1);
            let before = segments.get(next.checked_sub(1)?)?;
            let boot = segments.get(next).filter(|boot| boot.start.is_some() && !boot.after_gap)?;
            let is_between = self.begins_after(before.stop, at) && first < boot.first;
            (is_between && security.contains(&next)).then_some((next, at))
        };
        let mut pairs: Vec<Pair> = lone.filter_map(boot_of).collect();
        // Segments of one channel stay in order.
        pairs.dedup_by(|later, earlier| later.0 < earlier.0);
        pairs
    }

    /// Does this segment of Security certainly begin another boot than the segment before it?
    pub(super) fn is_new_boot(&self, at: usize) -> bool {
        let segments = &self.security.segments;
        let before = at.checked_sub(1).and_then(|at| segments.get(at));
        let Some(own) = segments.get(at) else { return before.is_none() };
        before.is_none_or(|before| {
            // The last records of the old boot may stand after its 1100.
            let is_flushed = |stop: Timestamp| LATE_FLUSH.contains(own.first.since(stop));
            own.start.is_some() || before.stop.is_some_and(|stop| !is_flushed(stop))
        })
    }

    /// Is the boot before this one the same in both channels? It is if Security lacks no record
    /// there, and if Windows counted no boot between the two that System shows.
    fn no_boot_lies_before(&self, security: usize, system: usize) -> bool {
        let is_whole = self.security.segments.get(security).is_some_and(|one| !one.after_gap);
        is_whole && self.has_next_boot_id(system)
    }

    /// Is the number that Windows gave this boot of System one higher than that of the boot before
    /// it?
    fn has_next_boot_id(&self, at: usize) -> bool {
        let id = |at: usize| self.system_times.get(at)?.boot_id;
        let before = at.checked_sub(1).and_then(id);
        before.zip(id(at)).is_some_and(|(before, own)| before.checked_add(1) == Some(own))
    }

    /// Does this segment of Security, which has no start, begin before the boot of System by the
    /// clock? Then the clock was set back among missing records, or the segment is of an earlier
    /// boot.
    fn is_before_start_by_clock(&self, security: usize, system: usize) -> bool {
        let begin = self.system_times.get(system).and_then(|boot| boot.begin);
        let has_start = self.security_times.get(security).is_some_and(|own| own.start.is_some());
        let first = self.security.segments.get(security).map(|segment| segment.first);
        let ahead = begin.zip(first).map(|(begin, first)| begin.since(first));
        !has_start && ahead.is_some_and(|ahead| ahead > BOOT_SEQUENCE.longest())
    }

    /// Did the service of this boot of System start right after this LSASS, if the clock was set in
    /// between? It may have been set to another time zone, or from the time of a dead battery, which
    /// is before the end of the boot before. Both must follow an orderly shutdown, without missing records
    /// after it: no boot lies in between, because such a boot would have ended in a crash.
    fn clock_was_set_between(&self, security: usize, system: usize) -> bool {
        let segments = (self.security.segments.get(security), self.system.segments.get(system));
        let (Some(one), Some(other)) = segments else { return false };
        let times = self.security_times.get(security).zip(self.system_times.get(system));
        let before = security.checked_sub(1).and_then(|at| self.security_times.get(at));
        let end_before = before.and_then(BootTimes::end);
        times.is_some_and(|(lsass, kernel)| {
            let follows = |times: &BootTimes| times.before == Some(EndBefore::InOrder);
            let starts = lsass.start.zip(kernel.service_start.filter(|_| kernel.start.is_none()));
            !one.after_gap
                && !other.after_gap
                && follows(lsass)
                && follows(kernel)
                && ends::weigh(lsass, kernel).is_some_and(|weight| weight >= 0)
                && starts.is_some_and(|(lsass, service)| {
                    let lag = lag_across_time_zones(service.since(lsass));
                    let is_in_two_zones = lag.is_some_and(|lag| BOOT_SEQUENCE.contains(lag));
                    let had_lost_its_time =
                        |end: Timestamp| end.since(lsass) > ZONES_APART && service >= end;
                    is_in_two_zones || end_before.is_some_and(had_lost_its_time)
                })
        })
    }

    /// May these be one boot, although no rule matches them? If both are right before one boot, the
    /// clock is no argument against it: a record of a clock change may be lost.
    fn may_be_one_boot(&self, security: usize, system: usize, is_right_before: bool) -> bool {
        let times = self.security_times.get(security).zip(self.system_times.get(system));
        times.is_some_and(|(one, other)| {
            // If both starts were known, a rule would match them. The service starts right after
            // LSASS too.
            let both_known = one.start.is_some() && other.start.or(other.service_start).is_some();
            let first = self.security.segments.get(security).map(|segment| segment.first);
            // The time of a start of LSASS may be wrong by days.
            let in_reach = is_right_before
                || one.start.is_some()
                || first.is_some_and(|first| other.clock_may_have_shown(first));
            !both_known && in_reach && ends::weigh(one, other).is_some_and(|weight| weight >= 0)
        })
    }

    /// Is this boot of System the one right after the boot of System before it, whatever Security
    /// shows? A boot that System lost, although no records are missing, ended in a crash.
    pub(super) fn follows_boot_before(&self, at: usize) -> bool {
        let last = at.checked_sub(1).and_then(|before| self.system_times.get(before));
        let (Some(segment), Some(last)) = (self.system.segments.get(at), last) else {
            return false;
        };
        if !segment.after_gap && last.end().is_some() {
            return !self.system_times.get(at).is_some_and(BootTimes::follows_crash);
        }
        let crashed = self.start_of_crashed_boot(at).zip(last.start);
        self.has_next_boot_id(at)
            || crashed
                .is_some_and(|(crashed, start)| crashed.since(start).abs() <= SAME_CRASHED_START)
    }

    /// Does this segment of System begin no boot, and continue one that System shows?
    pub(super) fn continues_boot(&self, at: usize) -> bool {
        let segments = &self.system.segments;
        let before = at.checked_sub(1).and_then(|at| segments.get(at));
        segments.get(at).is_some_and(|segment| segment.start.is_none())
            && before.is_some_and(|before| before.stop.is_none())
    }

    /// Had the boot ended in order, at `end`, when the records of this segment of System were
    /// written?
    pub(super) fn begins_after(&self, end: Option<Timestamp>, at: usize) -> bool {
        let first = self.first_with_time(at).and_then(|index| self.system.time(index));
        first.zip(end).is_some_and(|(first, end)| first.since(end) > AFTER_STOP)
    }

    /// The first record of a segment of System whose time shows when the boot ran. The record of a
    /// log that was cleared or archived does not show it.
    pub(super) fn first_with_time(&self, at: usize) -> Option<usize> {
        let says_when = |event: &Event| !event.role().begins_a_file();
        let mut range = self.system.segments.get(at)?.range.clone();
        range.find(|at| self.system.events.get(*at).is_some_and(says_when))
    }

    /// When the boot before this one, which crashed, had started, by the 6008 of this boot.
    fn start_of_crashed_boot(&self, at: usize) -> Option<Timestamp> {
        let boot = self.system.start(self.system.segments.get(at)?)?;
        boot.start_of_crashed_boot(self.system.events)
    }

    /// Is the boot of this segment of Security the one right before this boot of System? It is if
    /// the records of System give the same end or the same start for the boot before as Security
    /// gives for its segment.
    pub(super) fn is_boot_before(&self, security: usize, system: usize) -> bool {
        let Some(own) = self.security_times.get(security) else { return false };
        let end = || {
            let boot = self.system.start(self.system.segments.get(system)?)?;
            let end = end_of_boot_before(self.system.events, self.system.starts, boot)?;
            Some(end.since(self.security.segments.get(security)?.stop?))
        };
        let start = || Some(own.start?.since(self.start_of_crashed_boot(system)?));
        end().is_some_and(|distance| KERNEL_STOP.contains(distance))
            || start().is_some_and(|distance| BOOT_SEQUENCE.contains(distance))
    }

    /// The beginning, in Security, of the boot that begins with this segment.
    pub(super) fn security_start(&self, at: usize) -> Option<SecurityStart> {
        self.security.start(self.security.segments.get(at)?).cloned()
    }

    /// The beginning, in System, of the boot that begins with this segment.
    pub(super) fn system_start(&self, at: usize) -> Option<SystemBoot> {
        self.system.start(self.system.segments.get(at)?).cloned()
    }

    /// The beginning of a boot of which System has no start record. Only its first record shows the
    /// boot.
    pub(super) fn unlogged_system_start(&self, at: usize) -> Option<SystemBoot> {
        let index = self.first_with_time(at)?;
        Some(SystemBoot { index, ..SystemBoot::default() })
    }

    /// The beginning of a boot of which Security has no start record.
    pub(super) fn unlogged_security_start(
        &self,
        at: usize,
        indicator: StartIndicator,
    ) -> Option<SecurityStart> {
        let index = self.security.segments.get(at)?.range.start;
        // If only this record shows the boot, it is the evidence; else System has better evidence.
        let evidence =
            if indicator == StartIndicator::MissingRecords { vec![index] } else { Vec::new() };
        Some(SecurityStart { index, from: index, indicator, evidence, dropped: None })
    }
}
