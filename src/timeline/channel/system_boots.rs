//! Which boots does the System channel show, and what are the start records of each?
//!
//! Input: the records of System, its gaps, and the clock steps that Security shows. Output: a [`SystemBoot`] for
//! each boot.
//!
//! In System the record order is wrong around every boot. Usually the order is: 6009 and 6005 of the new boot, then
//! Kernel-Power 109 and Kernel-General 13 of the old boot, then Kernel-General 12 of the new boot. So the start
//! records of one boot are collected by how close they are to each other, and a record that cannot be of the same
//! boot begins another one.
//!
//! Example: 6009 at 09:00:20, 6005 at 09:00:20, Kernel-General 12 at 09:00:05: one boot, which began at 09:00:05.

use super::gaps::Gaps;
use super::separate_services::separate_services;
use super::system_start::{SystemBoot, corrected_starts};
use super::uptimes::{is_same_start_in_a_zone, uptimes};
use crate::model::session::ClockStepReadings;
use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::timing::{
    CHANNELS_APART, KERNEL_RECORDS, NEIGHBOUR_RECORD_IDS, NEXT_SERVICE_AFTER_KERNEL,
    SAME_KERNEL_START, SERVICE_AFTER_KERNEL, START_RECORD_IDS, START_RECORDS, WHOLE_SECOND,
    WRONG_CLOCK,
};

/// Finds the boots in the System channel, whose records are in the order of record IDs; `gaps` are those of its log,
/// and `steps` are the clock steps that Security shows.
pub(crate) fn boots(events: &[Event], gaps: &Gaps, steps: &[ClockStepReadings]) -> Vec<SystemBoot> {
    let search = SystemSearch { events, gaps };
    let mut found: Vec<SystemBoot> = Vec::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| !event.recovered) {
        if SystemBoot::default().slot(&event.kind).is_none() {
            continue;
        }
        if let Some(boot) = found.last_mut()
            && search.continues(boot, index, event)
            && let Some(slot) = boot.slot(&event.kind)
            && slot.is_none()
        {
            *slot = Some(index);
            continue;
        }
        let mut boot = SystemBoot { index, ..SystemBoot::default() };
        if let Some(slot) = boot.slot(&event.kind) {
            *slot = Some(index);
        }
        found.push(boot);
    }
    let mut found = separate_services(events, found, steps);
    // A new name or a status record alone does not show a boot.
    found.retain(|boot| {
        boot.is_certain()
            || boot.unclean.is_some()
            || boot.service.is_some()
            || boot.version.is_some()
    });
    let mut floor = 0;
    for boot in &mut found {
        boot.index = search.first_record(boot, floor);
        floor = boot.index + 1;
    }
    found
}

/// The records of System in which boots are searched for.
struct SystemSearch<'a> {
    events: &'a [Event],
    gaps: &'a Gaps,
}

impl SystemSearch<'_> {
    /// Does this start record belong to the boot of the start records before it?
    fn continues(&self, boot: &SystemBoot, index: usize, event: &Event) -> bool {
        let is_near = self.events.get(boot.index).is_some_and(|first| {
            event.record_id - first.record_id <= START_RECORD_IDS
                || event.time.since(first.time).abs() <= START_RECORDS
        });
        is_near
            && !self.starts_another(boot, index, event)
            && !self.stopped_before(boot, index)
            && !comes_too_late(boot, &event.kind)
    }

    /// The first record of a boot. The first records of a boot may be missing. Then a record between the gap and its
    /// first start record belongs to this boot, if it is not older than that start record or reports the end of the boot
    /// before.
    fn first_record(&self, boot: &SystemBoot, floor: usize) -> usize {
        let Some(start) = self.events.get(boot.index).filter(|_| boot.service.is_none()) else {
            return boot.index;
        };
        let crashed = boot.unclean.is_some() || boot.unexpected.is_some();
        let is_young = |event: &Event| event.time.plus(WHOLE_SECOND) >= start.time;
        let gives_start = |event: &Event| {
            let mut by_uptime = uptimes(std::slice::from_ref(event), 0..1);
            by_uptime.any(|by_uptime| is_same_start_in_a_zone(by_uptime, start.time))
        };
        let is_own = |event: &Event| match event.kind {
            EventKind::KernelStopped(_) | EventKind::ShutdownTransition(_) => !crashed,
            // It is the last record of the service in the boot before.
            EventKind::ServiceStopped => false,
            // It is written after the service has started; the clock may have been set to another time zone by then.
            EventKind::Uptime(..) => is_young(event) || gives_start(event),
            // The records of the kernel have the time of its start, to a fraction of a second.
            _ => boot.kernel.is_none() && is_young(event),
        };
        let is_reached = |at: usize, event: &Event| {
            start.record_id - event.record_id <= START_RECORD_IDS
                && (at == boot.index || is_own(event))
        };
        (floor..=boot.index)
            .rev()
            .map_while(|at| self.events.get(at).map(|event| (at, event)))
            .take_while(|(at, event)| is_reached(*at, event))
            .find(|(at, event)| {
                let before = at.checked_sub(1).and_then(|at| self.events.get(at));
                before.is_none_or(|before| {
                    self.gaps.may_lack_records_between(before.record_id, event.record_id)
                })
            })
            .map_or(boot.index, |(at, _)| at)
    }

    /// Does this record of the kernel belong to the next boot, although this boot has no such record yet?
    ///
    /// A full log may have lost the first records of a boot and kept its Kernel-Boot 27. A crash may remove the
    /// Kernel-General 12 of a boot and leave its 6005; then the Kernel-General 12 of the boot after the crash follows,
    /// before its own 6008 and 6005. The kernel starts before the service. It seems to start later only if the clock was
    /// corrected in between, and then no other 6005 follows it.
    fn starts_another(&self, boot: &SystemBoot, index: usize, event: &Event) -> bool {
        let at = |record: Option<usize>| record.and_then(|at| self.events.get(at));
        let is_far = |record: &Event, most: Span| event.time.since(record.time).abs() > most;
        match event.kind {
            EventKind::KernelStarted(_) if self.is_of_another_service(boot, index, event) => {
                return true;
            }
            EventKind::KernelStarted(_) => {}
            // These records have the time at which the kernel started.
            EventKind::BootType(_) | EventKind::BootStatus(_) => {
                return at(boot.kernel_start()).map_or_else(
                    || self.is_of_another_service(boot, index, event),
                    |kernel| is_far(kernel, SAME_KERNEL_START),
                );
            }
            EventKind::UncleanReboot(_) => {
                return at(boot.kernel).is_some_and(|kernel| is_far(kernel, KERNEL_RECORDS));
            }
            _ => return false,
        }
        if let Some(record) = at(boot.cold.or(boot.status)) {
            return is_far(record, SAME_KERNEL_START);
        }
        if let Some(record) = at(boot.unclean) {
            return is_far(record, KERNEL_RECORDS);
        }
        let service = at(boot.service.or(boot.version).or(boot.unexpected));
        service.is_some_and(|service| self.next_service_follows(index, event, service))
    }

    /// Does this start of a kernel, recorded after the start of a service, belong to another boot than that service?
    fn is_of_another_service(&self, boot: &SystemBoot, index: usize, event: &Event) -> bool {
        let at = |record: Option<usize>| record.and_then(|at| self.events.get(at));
        // A 6005 follows right after its 6009. If it is not there although no record is missing, a crash removed it and
        // all that followed it in that boot.
        let lost_service = at(boot.version).filter(|_| boot.service.is_none());
        let is_lost = lost_service.is_some_and(|version| {
            !self.gaps.may_lack_records_between(version.record_id, event.record_id)
        });
        // The kernel is of another boot if records are missing in between, because the start of the right kernel may be
        // one of them, or if the kernel started hours later than the service. It is of the same boot all the same if a
        // change of the clock or the uptime explains the two times. A selection that has this start of a kernel would also
        // have the right one, if that were near; further away, its log may have lost records.
        let earlier = at(boot.service.or(boot.version).or(boot.unexpected));
        let is_far = |record: &Event| {
            let is_near = event.record_id - record.record_id <= START_RECORD_IDS;
            let may_hide = !(self.gaps.selection && is_near)
                && self.gaps.misses_between(record.record_id, event.record_id)
                && !SERVICE_AFTER_KERNEL.contains(record.time.since(event.time));
            // The service recorded its uptime, which gives the start of its own kernel. If the clock was set forward in
            // between, for example from the time of a dead battery, that explains an earlier kernel.
            let has_uptime = !self.gaps.selection
                && uptimes(self.events, boot.index..index).next().is_some()
                && event.time.since(record.time) > CHANNELS_APART;
            may_hide || has_uptime || event.time.since(record.time) > WRONG_CLOCK
        };
        is_lost
            || earlier.is_some_and(|record| {
                is_far(record) && !self.is_explained(boot.index, index, record.time)
            })
    }

    /// Did the kernel at `kernel` start right before the service, which started at the clock time `service`? It did if
    /// the corrected clock says so, or the uptime that the service recorded.
    fn is_explained(&self, first: usize, kernel: usize, service: Timestamp) -> bool {
        corrected_starts(self.events, kernel)
            .any(|start| SERVICE_AFTER_KERNEL.contains(service.since(start)))
            || uptimes(self.events, first..kernel).any(|start| {
                self.events
                    .get(kernel)
                    .is_some_and(|event| is_same_start_in_a_zone(start, event.time))
            })
    }

    /// Is this start of a kernel, which is recorded after `service`, followed by another start of the event log service,
    /// or by the 6008 before one? Then it belongs to that start.
    fn next_service_follows(&self, index: usize, kernel: &Event, service: &Event) -> bool {
        let is_early = kernel.time.since(service.time) <= WHOLE_SECOND;
        let before_next_boot = self
            .events
            .iter()
            .skip(index + 1)
            .take_while(|other| other.record_id - kernel.record_id <= START_RECORD_IDS)
            .take_while(|other| {
                !matches!(other.kind, EventKind::KernelStarted(_) | EventKind::ServiceStopped)
            });
        before_next_boot.into_iter().any(|other| {
            let is_next = other.record_id - kernel.record_id <= NEIGHBOUR_RECORD_IDS;
            match other.kind {
                EventKind::UnexpectedShutdown(_) if is_next => true,
                EventKind::UnexpectedShutdown(_)
                | EventKind::SystemVersion
                | EventKind::ServiceStarted => {
                    let lag = other.time.since(kernel.time);
                    !is_early && (is_next || NEXT_SERVICE_AFTER_KERNEL.contains(lag))
                }
                _ => false,
            }
        })
    }

    /// Did the event log service stop between the first record of the kernel of this boot and the record at `index`?
    /// Then that record belongs to another boot.
    fn stopped_before(&self, boot: &SystemBoot, index: usize) -> bool {
        let Some(kernel) = boot.kernel_start() else { return false };
        let mut since = self.events.iter().take(index).skip(kernel);
        since.any(|event| matches!(event.kind, EventKind::ServiceStopped))
    }
}

/// Does a record of this kind come too late for this boot? 6008 and 6011 come before the 6009 of their boot, and
/// 6009 comes before 6005.
fn comes_too_late(boot: &SystemBoot, kind: &EventKind) -> bool {
    match kind {
        EventKind::UnexpectedShutdown(_) | EventKind::Renamed(_) => {
            boot.service.is_some() || boot.version.is_some()
        }
        EventKind::SystemVersion => boot.service.is_some(),
        _ => false,
    }
}
