//! Records that the System channel has late: what happened at the end of a boot is recorded by the
//! boot after it, behind that boot's first records.

use super::clock_changes;
use super::gaps::Coverage;
use super::system_boots::{self, CorrectedStart, SystemBoot};
use super::uptimes;
use crate::model::{Event, EventKind, Timestamp};
use crate::timeline::timing::{
    LATE_RECORD_IDS, SERVICE_AFTER_KERNEL, START_RECORD_IDS, START_RECORDS, STOP_BEFORE_KERNEL_IDS,
    WHOLE_SECOND,
};
use std::collections::BTreeMap;
use std::ops::Range;

/// The late records, each with the number of the boot among whose records it stands: it is of the
/// boot before that one.
pub(crate) fn late(
    events: &[Event],
    boots: &[SystemBoot],
    gaps: &Coverage,
) -> BTreeMap<usize, usize> {
    let mut late = BTreeMap::new();
    for (at, boot) in boots.iter().enumerate() {
        let next = boots.get(at + 1).map_or(events.len(), |next| next.index);
        let Some(start) = StartInSystem::of(events, boot) else { continue };
        let mut after_gap = false;
        for index in boot.index..next {
            after_gap |= index > boot.index && gaps.may_lack_records_before(events, index);
            let Some(event) = events.get(index).filter(|event| start.is_near(event)) else { break };
            // Another boot may have begun among the missing records: then what is younger than the first
            // record is of that one. Or the clock was set back there: then only a stop of a kernel, which
            // this boot does not record of itself, is surely of the boot before.
            let is_older = event.is_kernel_stop() && event.time <= start.first.time;
            let is_sure = !after_gap || is_older || start.stands_before_kernel(index, event);
            let is_late = start.is_late(index, event) && is_sure;
            late.extend(is_late.then_some((index, at)));
        }
    }
    late
}

/// The start of a boot in System, against which its records are held.
struct StartInSystem<'a> {
    events: &'a [Event],
    boot: &'a SystemBoot,
    first: &'a Event,
    /// When the kernel started, and its record.
    kernel: Option<(usize, Timestamp)>,
    /// The same by the clock as it was first set soon after.
    corrected: Option<CorrectedStart>,
    /// When the event log service started.
    service: Option<Timestamp>,
}

impl<'a> StartInSystem<'a> {
    fn of(events: &'a [Event], boot: &'a SystemBoot) -> Option<StartInSystem<'a>> {
        let time = |at: usize| events.get(at).map(|event| event.time);
        // Kernel-Boot 20 and 27 give the start as well, where the Kernel-General 12 was lost.
        let kernel = boot.kernel_start().and_then(|at| Some((at, time(at)?)));
        let service = boot.service.or(boot.version).and_then(time);
        // Where the service read the clock of the kernel, all records before that of the kernel did.
        let is_wrong = service.zip(kernel).is_none_or(|(service, (_, kernel))| {
            !SERVICE_AFTER_KERNEL.contains(service.since(kernel))
        });
        let corrected = boot.kernel.filter(|_| is_wrong);
        let corrected = corrected.and_then(|at| system_boots::corrections(events, at).next());
        Some(StartInSystem {
            events,
            boot,
            first: events.get(boot.index)?,
            kernel,
            corrected,
            service,
        })
    }

    fn is_near(&self, event: &Event) -> bool {
        event.record_id.saturating_sub(self.first.record_id) <= LATE_RECORD_IDS
    }

    /// Does this record, which stands behind the first start record, belong to the boot before?
    ///
    /// The last records of a boot stand between the first start records of the next and the start of
    /// its kernel. The kernel's stop belongs to the last kernel that was started before it in record
    /// order; any other record to the boot before if it is older than the start of the kernel.
    fn is_late(&self, index: usize, event: &Event) -> bool {
        if self.boot.has_start_record(index) || event.role().begins_a_file() {
            return false;
        }
        let is_stop = event.is_kernel_stop();
        match self.kernel {
            Some((kernel, _)) if index < kernel => is_stop || self.is_older_than_start(event),
            // The Kernel-General 12 of the boot that this kernel stopped in was lost.
            Some((kernel, start)) => {
                let is_of_next = self.kernel_behind(index, event).is_some();
                is_stop
                    && !is_of_next
                    && event.time.plus(WHOLE_SECOND) < start
                    && !self.is_set_back(kernel..index)
            }
            None => is_stop || self.is_older_than_by_uptime(index, event),
        }
    }

    /// The start of the kernel that recorded this stop of another one: it stands right behind the stop.
    fn kernel_behind(&self, index: usize, event: &Event) -> Option<usize> {
        let mut behind = self.events.iter().enumerate().skip(index + 1).take_while(|(_, other)| {
            other.record_id.saturating_sub(event.record_id) <= STOP_BEFORE_KERNEL_IDS
        });
        behind.find(|(_, other)| other.is_kernel_start()).map(|(at, _)| at)
    }

    /// Is this a stop of a kernel, and was it recorded by the kernel that started this boot?
    fn stands_before_kernel(&self, index: usize, event: &Event) -> bool {
        let behind = || self.kernel_behind(index, event);
        event.is_kernel_stop() && behind().is_some_and(|at| self.boot.has_start_record(at))
    }

    /// Is this record older than the start of the kernel, by the uptime that the service recorded?
    fn is_older_than_by_uptime(&self, index: usize, event: &Event) -> bool {
        let service = self.boot.service.or(self.boot.version);
        let start = service.and_then(|at| uptimes::uptimes(self.events, at..index).next());
        // A change of the clock is of the boot before only if both its readings are.
        let read = clock_changes::read_until(event).max(event.time);
        start.is_some_and(|start| read.plus(WHOLE_SECOND) < start)
            && !self.is_set_back(self.boot.index..index)
    }

    /// Could no clock of this boot have read the time of this record?
    fn is_older_than_start(&self, event: &Event) -> bool {
        if matches!(event.kind, EventKind::Uptime(..)) {
            return false;
        }
        let read = clock_changes::read_until(event);
        let began = |start: Timestamp| read.plus(WHOLE_SECOND) >= start;
        let was_read = self.kernel.is_some_and(|(_, start)| {
            began(start) && self.corrected.is_none_or(|corrected| read <= corrected.until)
        });
        let was_read_later = self.corrected.is_some_and(|corrected| began(corrected.start));
        !was_read && !was_read_later && !self.service.is_some_and(began)
    }

    /// Was the clock set back among these records?
    fn is_set_back(&self, range: Range<usize>) -> bool {
        let own = self.events.get(range).unwrap_or_default().iter();
        let mut sets = own.filter_map(|event| clock_changes::readings_around(event, None));
        sets.any(|(from, to)| to < from)
    }
}

/// When the boot before this one ended: the last of what its kernel wrote and this boot recorded.
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

/// Had somebody asked for a shutdown, and the event log service stopped, just before this boot?
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
