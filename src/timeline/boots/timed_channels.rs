//! Both channels of a computer with the times of their segments, and questions that are answered by
//! these times: Which segment begins a new boot? Which boot came first?
//!
//! Example: a 1100 ends a segment of Security at 17:00:00. The next segment begins at 17:30:00 and has
//! no start record. It begins a new boot all the same, because the boot before it had ended.

use super::boot_times::BootTimes;
use crate::model::{Event, Timestamp};
use crate::timeline::channel::ChannelView;
use crate::timeline::channel::late_records::end_of_boot_before;
use crate::timeline::channel::security_start::{SecurityStart, StartIndicator};
use crate::timeline::channel::segments::Segment;
use crate::timeline::channel::system_start::SystemBoot;
use crate::timeline::timing::{
    AFTER_STOP, BOOT_SEQUENCE, KERNEL_STOP, LATE_FLUSH, SAME_CRASHED_START,
};

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

    /// Is the number that Windows gave this boot of System one higher than that of the boot before
    /// it?
    pub(super) fn has_next_boot_id(&self, at: usize) -> bool {
        let id = |at: usize| self.system_times.get(at)?.boot_id;
        let before = at.checked_sub(1).and_then(id);
        before.zip(id(at)).is_some_and(|(before, own)| before.checked_add(1) == Some(own))
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
