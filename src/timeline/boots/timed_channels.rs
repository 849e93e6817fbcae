//! Security and System with the times of their segments, and what these say of single segments: which
//! may be one boot, which begins a boot, which comes first.

use super::boot_times::{BootTimes, EndBefore, TimedChannels};
use super::matching::{Pair, ends};
use super::rivals::Doubtful;
use crate::model::{Event, Span, Timestamp};
use crate::timeline::channel::late_records::end_of_boot_before;
use crate::timeline::channel::start_marks::{SecurityStart, StartMark};
use crate::timeline::channel::system_boots::SystemBoot;
use crate::timeline::timing::{
    AFTER_STOP, BOOT_SEQUENCE, KERNEL_STOP, LATE_FLUSH, QUARTER_HOUR, SAME_DEAD_START, ZONES_APART,
};

impl TimedChannels<'_> {
    /// Matches of boots between two links of the chain, which no rule matches. What Security shows
    /// there by records alone is of the last boot that System shows, where both agree on its end. A
    /// start of LSASS goes with the one boot whose kernel left no record, and whose clock was then
    /// set before the service. Where System shows several boots there, or its boot began later by the clock, it
    /// may be of another one. The one boot that both show right behind a link is one boot, if its service started
    /// right after its LSASS and the clock was set in between.
    pub(super) fn lone_matches(&self, chain: &[Pair], doubtful: &mut Doubtful) -> Vec<Pair> {
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
                && self.were_set_apart(security, system)
            {
                found.push(from);
                new.clear();
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
                    let is_unsure = is_one_of_several || self.reads_before_start(security, system);
                    // A crash may have taken all records of a boot from Security, which then shows the one before.
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

    /// Does this segment of Security surely begin another boot than those before it?
    pub(super) fn is_new_boot(&self, at: usize) -> bool {
        let segments = &self.security.segments;
        let before = at.checked_sub(1).and_then(|at| segments.get(at));
        let Some(own) = segments.get(at) else { return before.is_none() };
        before.is_none_or(|before| {
            // What the old boot wrote last may stand behind the 1100.
            let is_flushed = |stop: Timestamp| LATE_FLUSH.contains(own.first.since(stop));
            own.start.is_some() || before.stop.is_some_and(|stop| !is_flushed(stop))
        })
    }

    /// Is the boot before this one the same in both channels? Security lacks no record there, and Windows
    /// counted no boot between the two that System shows.
    fn no_boot_lies_before(&self, security: usize, system: usize) -> bool {
        let is_whole = self.security.segments.get(security).is_some_and(|one| !one.after_gap);
        is_whole && self.has_next_boot_id(system)
    }

    /// Is Windows' number of this boot of System the one after that of the boot before it?
    fn has_next_boot_id(&self, at: usize) -> bool {
        let id = |at: usize| self.system_times.get(at)?.boot_id;
        let before = at.checked_sub(1).and_then(id);
        before.zip(id(at)).is_some_and(|(before, own)| before.checked_add(1) == Some(own))
    }

    /// Does this segment of Security, of which no start is left, begin before the boot of System did by the clock?
    /// Then that was set back among records that are missing, or it is of an earlier boot.
    fn reads_before_start(&self, security: usize, system: usize) -> bool {
        let begin = self.system_times.get(system).and_then(|boot| boot.begin);
        let has_start = self.security_times.get(security).is_some_and(|own| own.start.is_some());
        let first = self.security.segments.get(security).map(|segment| segment.first);
        let ahead = begin.zip(first).map(|(begin, first)| begin.since(first));
        !has_start && ahead.is_some_and(|ahead| ahead > BOOT_SEQUENCE.longest())
    }

    /// Did the service of this boot of System start right after this LSASS, if the clock was set in between: to another
    /// time zone, or from the time of a dead battery, which lies before the boot before? Both follow an orderly
    /// shutdown, behind which no channel lacks a record: no boot lies between it and them, which would have crashed.
    fn were_set_apart(&self, security: usize, system: usize) -> bool {
        let segments = (self.security.segments.get(security), self.system.segments.get(system));
        let (Some(one), Some(other)) = segments else { return false };
        let times = self.security_times.get(security).zip(self.system_times.get(system));
        let before = security.checked_sub(1).and_then(|at| self.security_times.get(at));
        let end_before = before.and_then(BootTimes::end);
        times.is_some_and(|(lsass, kernel)| {
            let follows = |times: &BootTimes| times.before == Some(EndBefore::InOrder);
            let starts = lsass.start.zip(kernel.service.filter(|_| kernel.start.is_none()));
            !one.after_gap
                && !other.after_gap
                && follows(lsass)
                && follows(kernel)
                && ends::weigh(lsass, kernel).is_some_and(|weight| weight >= 0)
                && starts.is_some_and(|(lsass, service)| {
                    let distance = service.since(lsass);
                    let beyond = Span(distance.0.rem_euclid(QUARTER_HOUR.0));
                    let is_in_two_zones =
                        distance.abs() <= ZONES_APART && BOOT_SEQUENCE.contains(beyond);
                    let had_lost_its_time =
                        |end: Timestamp| end.since(lsass) > ZONES_APART && service >= end;
                    is_in_two_zones || end_before.is_some_and(had_lost_its_time)
                })
        })
    }

    /// May these be one boot, although no rule matches them? Where both stand right before one boot, the
    /// clock says nothing against it: it may have been set by a record that was lost.
    fn may_be_one_boot(&self, security: usize, system: usize, is_right_before: bool) -> bool {
        let times = self.security_times.get(security).zip(self.system_times.get(system));
        times.is_some_and(|(one, other)| {
            // Where both starts are known, a rule would match them. The service starts right after LSASS too.
            let both_known = one.start.is_some() && other.start.or(other.service).is_some();
            let first = self.security.segments.get(security).map(|segment| segment.first);
            // A start of LSASS may be by a clock that was days off.
            let in_reach = is_right_before
                || one.start.is_some()
                || first.is_some_and(|first| other.may_have_read(first));
            !both_known && in_reach && ends::weigh(one, other).is_some_and(|weight| weight >= 0)
        })
    }

    /// Is this boot of System the one right after the boot of System before it, whatever Security
    /// shows? A boot that System lost although no records are missing ended in a crash.
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
            || crashed.is_some_and(|(dead, start)| dead.since(start).abs() <= SAME_DEAD_START)
    }

    /// Does this segment of System begin no boot, and continue one that System shows?
    pub(super) fn continues_boot(&self, at: usize) -> bool {
        let segments = &self.system.segments;
        let before = at.checked_sub(1).and_then(|at| segments.get(at));
        segments.get(at).is_some_and(|segment| segment.start.is_none())
            && before.is_some_and(|before| before.stop.is_none())
    }

    /// Had the boot ended in order, at `end`, when this segment of System was written?
    pub(super) fn begins_after(&self, end: Option<Timestamp>, at: usize) -> bool {
        let first = self.first_with_time(at).and_then(|index| self.system.time(index));
        first.zip(end).is_some_and(|(first, end)| first.since(end) > AFTER_STOP)
    }

    /// The first record of a segment of System whose time says when the boot ran. That of a log that
    /// was cleared or archived does not.
    pub(super) fn first_with_time(&self, at: usize) -> Option<usize> {
        let says_when = |event: &Event| !event.role().begins_a_file();
        let mut range = self.system.segments.get(at)?.range.clone();
        range.find(|at| self.system.events.get(*at).is_some_and(says_when))
    }

    /// When the boot started that crashed before this one, by its 6008.
    fn start_of_crashed_boot(&self, at: usize) -> Option<Timestamp> {
        let boot = self.system.start(self.system.segments.get(at)?)?;
        boot.start_of_crashed_boot(self.system.events)
    }

    /// Does System say of the boot right before this one what Security says of its own segment?
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

    /// The beginning of the boot in Security that begins with this segment.
    pub(super) fn security_start(&self, at: usize) -> Option<SecurityStart> {
        self.security.start(self.security.segments.get(at)?).cloned()
    }

    /// The beginning of the boot in System that begins with this segment.
    pub(super) fn system_start(&self, at: usize) -> Option<SystemBoot> {
        self.system.start(self.system.segments.get(at)?).cloned()
    }

    /// A boot that began before the first record that System has of it: only that record shows that
    /// it was there.
    pub(super) fn unlogged_system_start(&self, at: usize) -> Option<SystemBoot> {
        let index = self.first_with_time(at)?;
        Some(SystemBoot { index, ..SystemBoot::default() })
    }

    /// A boot that began before the first record that Security has of it.
    pub(super) fn unlogged_security_start(
        &self,
        at: usize,
        mark: StartMark,
    ) -> Option<SecurityStart> {
        let index = self.security.segments.get(at)?.range.start;
        // Only that record shows that the boot was there; else System has better evidence.
        let evidence = if mark == StartMark::Unmarked { vec![index] } else { Vec::new() };
        Some(SecurityStart { index, from: index, mark, evidence, dropped: None })
    }
}
