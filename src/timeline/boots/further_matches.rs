//! Which segments of Security and System are one boot, although no rule matches them?
//!
//! Input: the chain of the matches by rules. Output: more matches, between its links, and the segments
//! of them that are doubtful. Here all that the neighbours in both channels show counts, while a rule
//! compares two segments alone.
//!
//! Example: Security and System each show one boot between two matched ones. System has no record of
//! its kernel, and the clock was set before its service started. The two are one boot.

use super::boot_times::{BootTimes, EndBefore};
use super::doubtful::DoubtfulSegments;
use super::matching::{Pair, ends};
use super::timed_channels::TimedChannels;
use crate::model::Timestamp;
use crate::timeline::channel::segments::Segment;
use crate::timeline::timing::{BOOT_SEQUENCE, ZONES_APART, lag_across_time_zones};
use std::ops::Range;

impl TimedChannels<'_> {
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

    /// Is the boot before this one the same in both channels? It is if Security lacks no record
    /// there, and if Windows counted no boot between the two that System shows.
    fn no_boot_lies_before(&self, security: usize, system: usize) -> bool {
        let is_whole = self.security.segments.get(security).is_some_and(|one| !one.after_gap);
        is_whole && self.has_next_boot_id(system)
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
}
