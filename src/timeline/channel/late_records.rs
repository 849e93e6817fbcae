//! Late records of System: which records at the beginning of a boot report the end of the boot
//! before?
//!
//! Windows writes the last records of a boot only after the next boot has begun, so in record order
//! they are among the first records of the next boot.
//!
//! Input: the records of System and its boots. Output: the late records, which belong to the boot
//! before the one in which they were written.
//!
//! Example: 6005 of the new boot at 09:00:20; then Kernel-General 13 at 08:58:00, which reports the
//! stop of the old kernel; then Kernel-General 12 of the new boot at 09:00:05. The second of these
//! records is late.

use super::clock_changes;
use super::gaps::Gaps;
use super::system_start::{self, CorrectedStart, SystemBoot};
use super::uptimes;
use crate::model::{Event, EventKind, Timestamp};
use crate::timeline::must::must;
use crate::timeline::timing::{
    LATE_RECORD_IDS, SERVICE_AFTER_KERNEL, START_RECORD_IDS, START_RECORDS, STOP_BEFORE_KERNEL_IDS,
    WHOLE_SECOND,
};
use std::collections::BTreeMap;
use std::ops::Range;

/// Finds the late records. Each has the index of the boot in which it was written; it belongs to
/// the boot before that one.
pub(crate) fn late(events: &[Event], boots: &[SystemBoot], gaps: &Gaps) -> BTreeMap<usize, usize> {
    let mut late = BTreeMap::new();
    for (at, boot) in boots.iter().enumerate() {
        let next = boots.get(at + 1).map_or(events.len(), |next| next.index);
        let start = must(StartInSystem::of(events, boot), "each boot of System has a first record");
        let Some(start) = start else { continue };
        let mut after_gap = false;
        for index in boot.index..next {
            after_gap |= index > boot.index && gaps.may_lack_records_before(events, index);
            let Some(event) = events.get(index).filter(|event| start.is_near(event)) else { break };
            // Another boot may have begun among the missing records. Then a record that is later
            // than the first one belongs to that boot. Or the clock was set back there. Then only
            // the stop of a kernel certainly belongs to the boot before, because a boot does not
            // record its own.
            let is_older = event.is_kernel_stop() && event.time <= start.first.time;
            let is_sure = !after_gap || is_older || start.is_right_before_kernel(index, event);
            let is_late = start.is_late(index, event) && is_sure;
            late.extend(is_late.then_some((index, at)));
        }
    }
    late
}

/// The start of a boot in System, with which its records are compared.
struct StartInSystem<'a> {
    events: &'a [Event],
    boot: &'a SystemBoot,
    first: &'a Event,
    /// The index of the record of the kernel's start, and its time.
    kernel: Option<(usize, Timestamp)>,
    /// The start of the kernel by the clock after its first correction.
    corrected: Option<CorrectedStart>,
    /// When the event log service started.
    service: Option<Timestamp>,
}

impl<'a> StartInSystem<'a> {
    fn of(events: &'a [Event], boot: &'a SystemBoot) -> Option<StartInSystem<'a>> {
        let time = |at: usize| events.get(at).map(|event| event.time);
        // Kernel-Boot 20 and 27 give the start too, if the Kernel-General 12 was lost.
        let kernel = boot.kernel_start().and_then(|at| Some((at, time(at)?)));
        let service = boot.service.or(boot.version).and_then(time);
        // If the service started by the same clock as the kernel, all records before that of the
        // kernel have times of this clock.
        let is_wrong = service.zip(kernel).is_none_or(|(service, (_, kernel))| {
            !SERVICE_AFTER_KERNEL.contains(service.since(kernel))
        });
        let corrected = boot.kernel.filter(|_| is_wrong);
        let corrected = corrected.and_then(|at| system_start::corrections(events, at).next());
        Some(StartInSystem {
            events,
            boot,
            first: events.get(boot.index)?,
            kernel,
            corrected,
            service,
        })
    }

    /// Is this record close enough to the first start record to be a late one?
    fn is_near(&self, event: &Event) -> bool {
        event.record_id.saturating_sub(self.first.record_id) <= LATE_RECORD_IDS
    }

    /// Is this record, which comes after the first start record, a record of the boot before?
    ///
    /// The last records of a boot come between the first start records of the next boot and the
    /// start of its kernel. The stop of a kernel belongs to the last kernel that started before it
    /// in record order. Any other record belongs to the boot before if it is older than the start
    /// of the kernel.
    fn is_late(&self, index: usize, event: &Event) -> bool {
        if self.boot.has_start_record(index) || event.role().begins_a_file() {
            return false;
        }
        let is_stop = event.is_kernel_stop();
        match self.kernel {
            Some((kernel, _)) if index < kernel => is_stop || self.is_older_than_start(event),
            // The Kernel-General 12 of the boot in which the stopped kernel ran was lost.
            Some((kernel, start)) => {
                let is_of_next = self.kernel_start_after(index, event).is_some();
                is_stop
                    && !is_of_next
                    && event.time.plus(WHOLE_SECOND) < start
                    && !self.is_set_back(kernel..index)
            }
            None => is_stop || self.is_older_than_by_uptime(index, event),
        }
    }

    /// The record of the start of the kernel that recorded this stop of another kernel. It comes
    /// right after the stop.
    fn kernel_start_after(&self, index: usize, event: &Event) -> Option<usize> {
        let mut behind = self.events.iter().enumerate().skip(index + 1).take_while(|(_, other)| {
            other.record_id.saturating_sub(event.record_id) <= STOP_BEFORE_KERNEL_IDS
        });
        behind.find(|(_, other)| other.is_kernel_start()).map(|(at, _)| at)
    }

    /// Is this the stop of a kernel, recorded by the kernel that started this boot?
    fn is_right_before_kernel(&self, index: usize, event: &Event) -> bool {
        let behind = || self.kernel_start_after(index, event);
        event.is_kernel_stop() && behind().is_some_and(|at| self.boot.has_start_record(at))
    }

    /// Is this record older than the start of the kernel, by the uptime that the service recorded?
    fn is_older_than_by_uptime(&self, index: usize, event: &Event) -> bool {
        let service = self.boot.service.or(self.boot.version);
        let start = service.and_then(|at| uptimes::uptimes(self.events, at..index).next());
        // A clock change is of the boot before only if both its times are.
        let read = clock_changes::time_before_change(event).max(event.time);
        start.is_some_and(|start| read.plus(WHOLE_SECOND) < start)
            && !self.is_set_back(self.boot.index..index)
    }

    /// Is the time of this record earlier than all clock times of this boot?
    fn is_older_than_start(&self, event: &Event) -> bool {
        if matches!(event.kind, EventKind::Uptime(..)) {
            return false;
        }
        let read = clock_changes::time_before_change(event);
        let began = |start: Timestamp| read.plus(WHOLE_SECOND) >= start;
        let was_read = self.kernel.is_some_and(|(_, start)| {
            began(start) && self.corrected.is_none_or(|corrected| read <= corrected.until)
        });
        let was_read_later = self.corrected.is_some_and(|corrected| began(corrected.start));
        !was_read && !was_read_later && !self.service.is_some_and(began)
    }

    /// Was the clock set back by one of these records?
    fn is_set_back(&self, range: Range<usize>) -> bool {
        let own = self.events.get(range).unwrap_or_default().iter();
        let mut sets = own.filter_map(|event| clock_changes::times_before_and_after(event, None));
        sets.any(|(from, to)| to < from)
    }
}

/// When the boot before this one ended, by the last stop of a kernel among the late records of this
/// boot.
pub(crate) fn end_of_boot_before(
    events: &[Event],
    boots: &[SystemBoot],
    boot: &SystemBoot,
) -> Option<Timestamp> {
    let start = StartInSystem::of(events, boot)?;
    let next = boots.partition_point(|other| other.index <= boot.index);
    let next = boots.get(next).map_or(events.len(), |next| next.index);
    let own = (boot.index..next).filter_map(|at| Some((at, events.get(at)?)));
    let late = own
        .take_while(|(_, event)| start.is_near(event))
        .filter(|(at, event)| event.is_kernel_stop() && start.is_late(*at, event));
    late.last().map(|(_, event)| event.time)
}

/// Had somebody requested a shutdown, and had the event log service then stopped, right before this
/// boot?
pub(crate) fn follows_requested_shutdown(events: &[Event], boot: &SystemBoot) -> bool {
    let Some(first) = events.get(boot.index) else { return false };
    let before = || {
        let before = events.iter().take(boot.index).rev();
        before.take_while(|event| first.record_id - event.record_id <= START_RECORD_IDS)
    };
    let stop = before().find(|event| matches!(event.kind, EventKind::ServiceStopped));
    stop.is_some_and(|stop| {
        before().any(|event| {
            matches!(event.kind, EventKind::ShutdownRequested(_))
                && event.record_id < stop.record_id
                && stop.time.since(event.time).abs() <= START_RECORDS
        })
    })
}
