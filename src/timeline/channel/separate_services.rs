//! Separates the start of an event log service from the start of a kernel where the two were taken for one boot.
//!
//! Input: the boots of System, by their start records. Output: the same boots, where each service is with its own
//! kernel.
//!
//! Example: Kernel-General 12 at 09:00:00 and at 09:02:00 of two boots of Windows Setup, and a 6005 at 09:02:10 that is
//! recorded between the two. Its 6013 gives an uptime of 10 seconds, so the service belongs to the second kernel.

use super::system_start::{SystemBoot, corrected_starts};
use super::uptimes::{is_same_start, is_same_start_in_a_zone, uptimes};
use crate::model::session::ClockStepReadings;
use crate::model::{Event, Timestamp};
use crate::timeline::timing::{
    CORRECTED_WITHIN, CORRECTED_WITHIN_RECORDS, SERVICE_AFTER_KERNEL, WHOLE_SECOND, WRONG_CLOCK,
};
use std::ops::Range;

/// Separates the records of a start of the event log service from those of a kernel that does not belong to them.
///
/// A boot of Windows Setup may end before its event log service wrote a 6005. Then the 6011, 6009, 6005 and 6013 of
/// the next boot come right after its Kernel-General 12, and before the other records of the next boot. The uptime
/// in the 6013 shows to which kernel they belong. A stop of a kernel that is recorded after them and is older shows
/// it as well. The Kernel-General 12 of the next boot may be missing.
pub(super) fn separate_services(
    events: &[Event],
    boots: Vec<SystemBoot>,
    steps: &[ClockStepReadings],
) -> Vec<SystemBoot> {
    let mut all: Vec<SystemBoot> = Vec::with_capacity(boots.len());
    let mut rest = boots.into_iter().peekable();
    while let Some(mut boot) = rest.next() {
        let next = rest.peek_mut();
        let end = next.as_ref().map_or(events.len(), |next| next.index);
        if let Some(next) = next.filter(|next| is_service_of_next(events, &boot, next)) {
            move_service(&mut boot, next);
            all.push(boot);
        } else if is_service_of_other(events, &boot, end, steps) {
            let mut other = SystemBoot { index: end, ..SystemBoot::default() };
            move_service(&mut boot, &mut other);
            all.extend([boot, other]);
        } else {
            all.push(boot);
        }
    }
    all
}

/// Moves the records of the service that follow the start of the kernel to another boot. Each of the two boots then
/// begins with a record of its own.
pub(crate) fn move_service(boot: &mut SystemBoot, other: &mut SystemBoot) {
    let kernel = boot.kernel.unwrap_or(boot.index);
    let mut first = other.index;
    for (own, its) in boot.service_records().into_iter().zip(other.service_records()) {
        if own.is_some_and(|at| at >= kernel) && its.is_none() {
            first = first.min(own.unwrap_or(first));
            *its = own.take();
        }
    }
    other.index = first.max(boot.index + 1);
}

/// The service of a boot, if it is recorded after the start of the kernel: the index of its record, when the service
/// started, and when the kernel started.
fn service_after_kernel(
    events: &[Event],
    boot: &SystemBoot,
) -> Option<(usize, Timestamp, Timestamp)> {
    let service = boot.service.or(boot.version)?;
    let is_behind = boot.kernel.is_none_or(|kernel| service > kernel);
    let time = |at: usize| events.get(at).map(|event| event.time);
    Some((service, time(service)?, time(boot.kernel_start()?)?)).filter(|_| is_behind)
}

/// Does the service of this boot belong to the next boot?
fn is_service_of_next(events: &[Event], boot: &SystemBoot, next: &SystemBoot) -> bool {
    let Some((service, started, start)) = service_after_kernel(events, boot) else { return false };
    let Some(kernel) = next.kernel else { return false };
    let Some(next_start) = events.get(kernel).map(|event| event.time) else { return false };
    // The clock may have been wrong when the next kernel started.
    let next_starts = || std::iter::once(next_start).chain(corrected_starts(events, kernel));
    let may_follow = next.service.is_none() && next.version.is_none();
    let follows = |start: Timestamp| SERVICE_AFTER_KERNEL.contains(started.since(start));
    if !may_follow || !next_starts().any(follows) {
        return false;
    }
    let mut uptimes = uptimes(events, service..kernel).peekable();
    if uptimes.peek().is_some() {
        return uptimes.any(|by_uptime| {
            next_starts().any(|next| is_same_start(by_uptime, next))
                && !is_same_start(by_uptime, start)
        });
    }
    stopped_between(events, service..kernel, start, started)
}

/// Does the service of this boot belong to another boot, of which no start of the kernel is left? Its records are
/// those before `end`. System may lack the record of a clock step that Security shows.
fn is_service_of_other(
    events: &[Event],
    boot: &SystemBoot,
    end: usize,
    steps: &[ClockStepReadings],
) -> bool {
    let Some((service, started, start)) = service_after_kernel(events, boot) else { return false };
    let end = end.min(service.saturating_add(CORRECTED_WITHIN_RECORDS));
    let soon = steps.iter().filter(|(from, _)| CORRECTED_WITHIN.contains(from.since(start)));
    let by_security = soon.map(|(from, to)| start.plus(to.since(*from)));
    let corrected = || boot.kernel.into_iter().flat_map(|at| corrected_starts(events, at));
    let is_own = |by_uptime: Timestamp| {
        let mut starts = std::iter::once(start).chain(corrected()).chain(by_security.clone());
        starts.any(|start| is_same_start_in_a_zone(by_uptime, start))
    };
    let mut own = uptimes(events, service..end).peekable();
    // If the two are further apart, the clock was more probably set than that another kernel started.
    let is_later = own
        .peek()
        .is_some_and(|by_uptime| *by_uptime > start && by_uptime.since(start) <= WRONG_CLOCK);
    (is_later && !own.any(is_own)) || stopped_between(events, service..end, start, started)
}

/// Does one of these records say that a kernel stopped between the start of a kernel and that of a service?
fn stopped_between(
    events: &[Event],
    range: Range<usize>,
    start: Timestamp,
    started: Timestamp,
) -> bool {
    let mut own = events.get(range).unwrap_or_default().iter();
    own.any(|event| {
        let is_between = start <= event.time && event.time.plus(WHOLE_SECOND) < started;
        event.is_kernel_stop() && is_between
    })
}
