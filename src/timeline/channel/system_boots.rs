//! Boots in the System channel, where record order is wrong around every boot: 6009 and 6005 of
//! the new boot come first, then the old boot's Kernel-Power 109 and Kernel-General 13, then the
//! new boot's Kernel-General 12.

use super::clock_changes;
use super::gaps::Coverage;
use super::uptimes::{is_same_start, is_same_start_in_a_zone, uptimes};
use crate::model::session::ClockStepReadings;
use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::timing::{
    CHANNELS_APART, CORRECTED_WITHIN, CORRECTED_WITHIN_RECORDS, KERNEL_RECORDS,
    NEIGHBOUR_RECORD_IDS, NEXT_SERVICE_AFTER_KERNEL, SAME_KERNEL_START, SERVICE_AFTER_KERNEL,
    START_RECORD_IDS, START_RECORDS, WHOLE_SECOND, WRONG_CLOCK,
};
use std::ops::Range;

/// One boot as the System channel shows it: the indices of its start records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SystemBoot {
    /// The first of its start records.
    pub(crate) index: usize,
    /// Kernel-General 12.
    pub(crate) kernel: Option<usize>,
    /// 6005.
    pub(crate) service: Option<usize>,
    /// 6009.
    pub(crate) version: Option<usize>,
    /// 6008.
    pub(crate) unexpected: Option<usize>,
    /// Kernel-Boot 27 with type 0.
    pub(crate) cold: Option<usize>,
    /// Kernel-Boot 20.
    pub(crate) status: Option<usize>,
    /// Kernel-Power 41.
    pub(crate) unclean: Option<usize>,
    /// 6011.
    pub(crate) renamed: Option<usize>,
}

impl SystemBoot {
    /// Where the index of a start record of this kind goes; `None` for other events.
    fn slot(&mut self, kind: &EventKind) -> Option<&mut Option<usize>> {
        Some(match kind {
            EventKind::KernelStarted(_) => &mut self.kernel,
            EventKind::ServiceStarted => &mut self.service,
            EventKind::SystemVersion => &mut self.version,
            EventKind::UnexpectedShutdown(_) => &mut self.unexpected,
            EventKind::BootType(0) => &mut self.cold,
            EventKind::BootStatus(_) => &mut self.status,
            EventKind::UncleanReboot(_) => &mut self.unclean,
            EventKind::Renamed(_) => &mut self.renamed,
            _ => return None,
        })
    }

    /// Nothing but its Kernel-Power 41 is left of it.
    fn is_unclean_alone(&self) -> bool {
        let others = [self.kernel, self.cold, self.service, self.version, self.status];
        others.iter().all(Option::is_none)
    }

    /// The start records that the kernel writes.
    pub(crate) fn kernel_records(&mut self) -> [&mut Option<usize>; 4] {
        [&mut self.kernel, &mut self.cold, &mut self.status, &mut self.unclean]
    }

    /// The start records that the event log service writes.
    fn service_records(&mut self) -> [&mut Option<usize>; 4] {
        [&mut self.renamed, &mut self.unexpected, &mut self.version, &mut self.service]
    }

    /// Is the record at this index one of its start records?
    pub(crate) fn has_start_record(&self, index: usize) -> bool {
        let kernel = [self.kernel, self.cold, self.status, self.unclean];
        let service = [self.renamed, self.unexpected, self.version, self.service];
        kernel.into_iter().chain(service).any(|at| at == Some(index))
    }

    /// A kernel start proves a boot; a service start alone may be a restart of the service.
    pub(crate) fn is_certain(&self) -> bool {
        self.kernel.is_some() || self.cold.is_some()
    }

    /// The record that gives the kernel's start: Kernel-General 12, else another whose time is the
    /// kernel's start, to a second.
    pub(crate) fn kernel_start(&self) -> Option<usize> {
        self.kernel.or(self.cold).or(self.status).or(self.unclean)
    }

    /// The record that gives the boot its time: the kernel's start, else that of the event log
    /// service.
    pub(crate) fn clock(&self) -> usize {
        self.kernel_start().or(self.service).or(self.version).unwrap_or(self.index)
    }

    /// When the boot before this one started, if it crashed: the last sign of life that the 6008
    /// gives, less the uptime that it gives.
    pub(crate) fn start_of_crashed_boot(&self, events: &[Event]) -> Option<Timestamp> {
        match &events.get(self.unexpected?)?.kind {
            EventKind::UnexpectedShutdown(report) => report.started(),
            _ => None,
        }
    }

    /// No record of its start is left.
    pub(crate) fn is_unmarked(&self) -> bool {
        self.is_unclean_alone() && self.unclean.is_none()
    }

    /// Records that prove it, strongest first.
    pub(crate) fn evidence(&self) -> impl Iterator<Item = usize> {
        let kernel = [self.kernel, self.cold];
        let service = [self.service, self.version, self.status];
        let alone = self.unclean.filter(|_| self.is_unclean_alone());
        let first = self.is_unmarked().then_some(self.index);
        kernel.into_iter().chain(service).chain([alone, first]).flatten()
    }
}

/// Finds the boots in the System channel (by record ID); `gaps` are those of its log, `steps` the steps of
/// the clock that Security shows.
pub(crate) fn boots(
    events: &[Event],
    gaps: &Coverage,
    steps: &[ClockStepReadings],
) -> Vec<SystemBoot> {
    let mut found: Vec<SystemBoot> = Vec::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| !event.recovered) {
        if SystemBoot::default().slot(&event.kind).is_none() {
            continue;
        }
        if let Some(boot) = found.last_mut()
            && continues(events, gaps, boot, index, event)
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
    // A change of name or a status record alone is no boot.
    found.retain(|boot| {
        boot.is_certain()
            || boot.unclean.is_some()
            || boot.service.is_some()
            || boot.version.is_some()
    });
    let mut floor = 0;
    for boot in &mut found {
        boot.index = first_record(events, gaps, boot, floor);
        floor = boot.index + 1;
    }
    found
}

/// Does this start record belong to the boot of the start records before it?
fn continues(
    events: &[Event],
    gaps: &Coverage,
    boot: &SystemBoot,
    index: usize,
    event: &Event,
) -> bool {
    let is_near = events.get(boot.index).is_some_and(|first| {
        event.record_id - first.record_id <= START_RECORD_IDS
            || event.time.since(first.time).abs() <= START_RECORDS
    });
    is_near
        && !starts_another(events, gaps, boot, index, event)
        && !stopped_before(events, boot, index)
        && !comes_too_late(boot, &event.kind)
}

/// The first record of a boot. Missing records may be a boot's first: what stands between them and
/// its first start record, and is no older than that record or the end of the boot before, was
/// written in this boot.
fn first_record(events: &[Event], gaps: &Coverage, boot: &SystemBoot, floor: usize) -> usize {
    let Some(start) = events.get(boot.index).filter(|_| boot.service.is_none()) else {
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
        // The last record of the service of the boot before.
        EventKind::ServiceStopped => false,
        // Written when the service has started: the clock may have been set to another time zone since.
        EventKind::Uptime(..) => is_young(event) || gives_start(event),
        // The time of the kernel's records is the kernel's start, up to a few ticks.
        _ => boot.kernel.is_none() && is_young(event),
    };
    let is_reached = |at: usize, event: &Event| {
        start.record_id - event.record_id <= START_RECORD_IDS && (at == boot.index || is_own(event))
    };
    (floor..=boot.index)
        .rev()
        .map_while(|at| events.get(at).map(|event| (at, event)))
        .take_while(|(at, event)| is_reached(*at, event))
        .find(|(at, event)| {
            let before = at.checked_sub(1).and_then(|at| events.get(at));
            before.is_none_or(|before| {
                gaps.may_lack_records_between(before.record_id, event.record_id)
            })
        })
        .map_or(boot.index, |(at, _)| at)
}

/// Does this record of the kernel belong to the next boot, although the boot so far lacks one?
///
/// A full log may have lost a boot's first records and kept its Kernel-Boot 27; a crash may take a
/// boot's Kernel-General 12 away and leave its 6005; the Kernel-General 12 of the boot after the
/// crash then follows, before its own 6008 and 6005. The kernel starts before the service: only a
/// clock that was corrected in between puts it after, and then no other 6005 claims it.
fn starts_another(
    events: &[Event],
    gaps: &Coverage,
    boot: &SystemBoot,
    index: usize,
    event: &Event,
) -> bool {
    let at = |record: Option<usize>| record.and_then(|at| events.get(at));
    let is_far = |record: &Event, most: Span| event.time.since(record.time).abs() > most;
    match event.kind {
        EventKind::KernelStarted(_) if is_of_another_service(events, gaps, boot, index, event) => {
            return true;
        }
        EventKind::KernelStarted(_) => {}
        // The time of these is the kernel's own start.
        EventKind::BootType(_) | EventKind::BootStatus(_) => {
            return at(boot.kernel_start()).map_or_else(
                || is_of_another_service(events, gaps, boot, index, event),
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
    let service = at(boot.service.or(boot.version));
    service.is_some_and(|service| next_service_follows(events, index, event, service))
}

/// Is this record of the start of a kernel, which stands behind those of a service, of another boot than they?
fn is_of_another_service(
    events: &[Event],
    gaps: &Coverage,
    boot: &SystemBoot,
    index: usize,
    event: &Event,
) -> bool {
    let at = |record: Option<usize>| record.and_then(|at| events.get(at));
    // Its 6005 stands right behind a 6009: where it is not there, and no record is missing, a crash took it, and
    // what followed it in that boot.
    let lost_service = at(boot.version).filter(|_| boot.service.is_none());
    let is_lost = lost_service
        .is_some_and(|version| !gaps.may_lack_records_between(version.record_id, event.record_id));
    // A clock that is that much off was set, or the uptime says so. Where records are missing in
    // between, the start of the right kernel may be one of them. A selection that has this one has
    // that one too, but it may lack records that nobody left out.
    let earlier = at(boot.service.or(boot.version).or(boot.unexpected));
    let is_far = |record: &Event| {
        let is_near = event.record_id - record.record_id <= START_RECORD_IDS;
        let may_hide = !(gaps.selection && is_near)
            && gaps.misses_between(record.record_id, event.record_id)
            && !SERVICE_AFTER_KERNEL.contains(record.time.since(event.time));
        // The service recorded its uptime, which leads to its own kernel. A clock that was set forward in between,
        // as from the time of a dead battery, explains an earlier kernel.
        let has_uptime = !gaps.selection
            && uptimes(events, boot.index..index).next().is_some()
            && event.time.since(record.time) > CHANNELS_APART;
        may_hide || has_uptime || event.time.since(record.time) > WRONG_CLOCK
    };
    is_lost
        || earlier.is_some_and(|record| {
            is_far(record) && !is_explained(events, boot.index, index, record.time)
        })
}

/// Did the kernel at `kernel` start just before the service, which read `service` on its clock, by the
/// clock as it was set soon after, or by the uptime that the service recorded?
fn is_explained(events: &[Event], first: usize, kernel: usize, service: Timestamp) -> bool {
    corrected_starts(events, kernel)
        .any(|start| SERVICE_AFTER_KERNEL.contains(service.since(start)))
        || uptimes(events, first..kernel).any(|start| {
            events.get(kernel).is_some_and(|event| is_same_start_in_a_zone(start, event.time))
        })
}

/// When a kernel started, by the clock as it was set soon after.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CorrectedStart {
    pub(crate) start: Timestamp,
    /// The last reading before the clock was set.
    pub(crate) until: Timestamp,
}

/// When the kernel at `kernel` started, by each of the clocks to which a program set the clock soon
/// after.
pub(crate) fn corrected_starts(
    events: &[Event],
    kernel: usize,
) -> impl Iterator<Item = Timestamp> + '_ {
    corrections(events, kernel).map(|corrected| corrected.start)
}

/// The same with the last reading before each change.
pub(crate) fn corrections(
    events: &[Event],
    kernel: usize,
) -> impl Iterator<Item = CorrectedStart> + '_ {
    let started = events.get(kernel).map(|event| event.time);
    let own = events.iter().skip(kernel + 1).take(CORRECTED_WITHIN_RECORDS);
    let own = own.take_while(|event| {
        !matches!(event.kind, EventKind::KernelStarted(_) | EventKind::ServiceStopped)
    });
    let steps = own.filter_map(clock_changes::step_by_a_program);
    steps.scan(started, |start, (until, to)| {
        *start = start.map(|start| start.plus(to.since(until)));
        start.map(|start| CorrectedStart { start, until })
    })
}

/// Separates the records of a start of the event log service from those of a kernel that is not theirs.
///
/// A boot of Windows Setup may end before its event log service wrote its 6005. The 6011, 6009, 6005
/// and 6013 of the next boot then stand right behind its Kernel-General 12, and before its own other
/// records. The uptime in the 6013 says of which kernel they are; so does a record of the stop of the
/// kernel that stands behind them and is older. The Kernel-General 12 of the next boot may be missing.
fn separate_services(
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

/// Moves the records of the service that stand behind the start of the kernel to another boot. Each of the
/// two begins at a record of its own.
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

/// The service of a boot, if it stands behind the start of the kernel: its record, when it started, and
/// when the kernel did.
fn service_after_kernel(
    events: &[Event],
    boot: &SystemBoot,
) -> Option<(usize, Timestamp, Timestamp)> {
    let service = boot.service.or(boot.version)?;
    let is_behind = boot.kernel.is_none_or(|kernel| service > kernel);
    let time = |at: usize| events.get(at).map(|event| event.time);
    Some((service, time(service)?, time(boot.kernel_start()?)?)).filter(|_| is_behind)
}

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

/// Is the service of this boot that of another boot, of which no start of the kernel is left? Its records
/// are those before `end`. System may lack the record of a step of the clock that Security shows.
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
    // Further apart, the clock was more likely set than another kernel started.
    let is_later = own
        .peek()
        .is_some_and(|by_uptime| *by_uptime > start && by_uptime.since(start) <= WRONG_CLOCK);
    (is_later && !own.any(is_own)) || stopped_between(events, service..end, start, started)
}

/// Did a kernel stop, by one of these records, between the start of one and that of a service?
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

/// Does another start of the event log service, or the 6008 before it, claim this start of the
/// kernel, which is recorded behind `service`?
fn next_service_follows(events: &[Event], index: usize, kernel: &Event, service: &Event) -> bool {
    let is_early = kernel.time.since(service.time) <= WHOLE_SECOND;
    let before_next_boot = events
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

/// 6008 and 6011 come before the 6009 of their boot, and that comes before its 6005.
fn comes_too_late(boot: &SystemBoot, kind: &EventKind) -> bool {
    match kind {
        EventKind::UnexpectedShutdown(_) | EventKind::Renamed(_) => {
            boot.service.is_some() || boot.version.is_some()
        }
        EventKind::SystemVersion => boot.service.is_some(),
        _ => false,
    }
}

/// Did the event log service stop between this boot's first record of the kernel and the record at
/// `index`? Then that record is of another boot.
fn stopped_before(events: &[Event], boot: &SystemBoot, index: usize) -> bool {
    let Some(kernel) = boot.kernel_start() else { return false };
    let mut since = events.iter().take(index).skip(kernel);
    since.any(|event| matches!(event.kind, EventKind::ServiceStopped))
}
