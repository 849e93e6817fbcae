//! Which starts of the event log service in System are boots, and which are only restarts of the
//! service?
//!
//! Input: the boots that System shows by itself, and the starts of LSASS in Security. Output: the
//! boots of System without the restarts; records of two boots that were taken for one are
//! separated.
//!
//! Windows logs Kernel-General 12 at every boot since Vista. If the log has this event at all, a
//! start of the service without it is a restart of the service, or the record was lost. It is a
//! boot if one of the [`REASONS`] shows it.
//!
//! A kernel starts one LSASS. So if LSASS started twice between a kernel and a service, the service
//! is of another boot than the kernel.
//!
//! Example: 6005 at 09:00:20 and at 11:00:00, and Kernel-General 12 at 09:00:05. The 6013 after the
//! second 6005 gives an uptime of two hours: the service was restarted, and there was one boot.

use crate::model::{Event, EventKind, Timestamp};
use crate::timeline::channel::gaps::Gaps;
use crate::timeline::channel::late_records::{end_of_boot_before, follows_requested_shutdown};
use crate::timeline::channel::security_start::SecurityStart;
use crate::timeline::channel::separate_services::move_service;
use crate::timeline::channel::system_start::{SystemBoot, corrected_starts};
use crate::timeline::channel::uptimes;
use crate::timeline::limits::STARTS_BEFORE_SERVICE;
use crate::timeline::timing::{BOOT_SEQUENCE, RESTART, SERVICE_AFTER_KERNEL};
use std::ops::Range;

/// Removes the restarts of the service, and separates two boots that were taken for one because
/// crashes removed records of both.
pub(super) fn without_restarts(
    security: &[Event],
    starts: &[SecurityStart],
    system: &[Event],
    gaps: &Gaps,
    boots: Vec<SystemBoot>,
) -> Vec<SystemBoot> {
    if !system.iter().any(|event| matches!(event.kind, EventKind::KernelStarted(_))) {
        return boots;
    }
    let known = KnownStarts::new(security, starts, system, gaps, &boots);
    let mut all: Vec<SystemBoot> = Vec::with_capacity(boots.len());
    for mut boot in boots.clone() {
        let other = known
            .split_off_kernel(&boots, &mut boot)
            .or_else(|| known.split_off_service(&mut boot));
        all.extend([Some(boot), other].into_iter().flatten());
    }
    let is_boot = |(at, boot): (usize, &SystemBoot)| {
        let before = at.checked_sub(1).and_then(|before| all.get(before));
        let candidate = Candidate { boot, before, next: all.get(at + 1), all: &all };
        REASONS.iter().any(|shows_boot| shows_boot(&known, &candidate))
    };
    let kept: Vec<bool> = all.iter().enumerate().map(is_boot).collect();
    all.into_iter().zip(kept).filter(|(_, is_boot)| *is_boot).map(|(boot, _)| boot).collect()
}

/// What shows that a start of the event log service is a boot. One of these is enough.
const REASONS: &[fn(&KnownStarts<'_>, &Candidate<'_>) -> bool] = &[
    has_kernel_record,
    reports_crash,
    has_late_records,
    follows_request,
    has_lsass_of_its_own,
    has_second_lsass,
    crashed_later,
    has_short_uptime,
    crashed_at_once,
];

/// A boot that System shows, or a restart of the service, among all of them.
struct Candidate<'a> {
    boot: &'a SystemBoot,
    before: Option<&'a SystemBoot>,
    next: Option<&'a SystemBoot>,
    all: &'a [SystemBoot],
}

/// The kernel wrote a record at its start.
fn has_kernel_record(_: &KnownStarts<'_>, Candidate { boot, .. }: &Candidate<'_>) -> bool {
    boot.is_certain() || boot.status.is_some() || boot.unclean.is_some()
}

/// Its 6008 says that the boot before it crashed. A service that was killed writes one too when it starts again; its 6013
/// then gives the uptime of the kernel that was running already.
fn reports_crash(known: &KnownStarts<'_>, Candidate { boot, before, .. }: &Candidate<'_>) -> bool {
    boot.unexpected.is_some() && !before.is_some_and(|before| known.runs_on(before, boot))
}

/// Late records of the boot before it follow the start.
fn has_late_records(known: &KnownStarts<'_>, Candidate { boot, all, .. }: &Candidate<'_>) -> bool {
    end_of_boot_before(known.system, all, boot).is_some()
}

/// Somebody had asked for a shutdown before it.
fn follows_request(known: &KnownStarts<'_>, Candidate { boot, .. }: &Candidate<'_>) -> bool {
    follows_requested_shutdown(known.system, boot)
}

/// LSASS started right before the service, and after no known kernel.
fn has_lsass_of_its_own(known: &KnownStarts<'_>, Candidate { boot, .. }: &Candidate<'_>) -> bool {
    known.lsass_without_kernel(boot)
}

/// LSASS started twice between the kernel of the boot before it and the service.
fn has_second_lsass(
    known: &KnownStarts<'_>,
    Candidate { boot, before, .. }: &Candidate<'_>,
) -> bool {
    before.is_some_and(|before| known.has_two_lsass_starts(before, boot))
}

/// A boot that crashed later began right before this service started, according to a 6008.
fn crashed_later(known: &KnownStarts<'_>, Candidate { boot, .. }: &Candidate<'_>) -> bool {
    let service = known.service(boot);
    service.is_some_and(|service| just_before(&known.crashed, service).next().is_some())
}

/// The computer had just started when the service did, by the uptime in its 6013.
fn has_short_uptime(known: &KnownStarts<'_>, Candidate { boot, .. }: &Candidate<'_>) -> bool {
    let service = boot.service.or(boot.version);
    let started = service.and_then(|service| {
        let by_uptime = uptimes::start_by_uptime(known.system, service..known.system.len());
        by_uptime.zip(known.service(boot))
    });
    started.is_some_and(|(kernel, service)| SERVICE_AFTER_KERNEL.contains(service.since(kernel)))
}

/// The first two records of the service are all that is left of it, and the next boot says that
/// this one crashed.
fn crashed_at_once(_: &KnownStarts<'_>, Candidate { boot, next, .. }: &Candidate<'_>) -> bool {
    let has_both = boot.version.zip(boot.service);
    next.zip(has_both).is_some_and(|(next, (version, service))| {
        let is_next = next.index == version.max(service) + 1;
        is_next && (next.unclean.is_some() || next.unexpected.is_some())
    })
}

/// The times at which LSASS and kernels started, each list in order.
struct KnownStarts<'a> {
    system: &'a [Event],
    /// The gaps in System.
    gaps: &'a Gaps,
    lsass: Vec<Timestamp>,
    /// Pairs of LSASS starts that follow each other in the log within the time of one boot: the
    /// time of the second, then that of the first.
    lsass_twice: Vec<(Timestamp, Timestamp)>,
    /// The starts of LSASS before which an 1101 reports a crash.
    lsass_after_crash: Vec<Timestamp>,
    kernels: Vec<Timestamp>,
    /// The starts of boots that crashed, as the 6008 of the next boots give them.
    crashed: Vec<Timestamp>,
}

impl<'a> KnownStarts<'a> {
    fn new(
        security: &[Event],
        starts: &[SecurityStart],
        system: &'a [Event],
        gaps: &'a Gaps,
        boots: &[SystemBoot],
    ) -> KnownStarts<'a> {
        let sorted = |mut times: Vec<Timestamp>| {
            times.sort_unstable();
            times
        };
        let logged = || starts.iter().filter(|start| start.indicator.is_logged());
        let time = |start: &SecurityStart| Some(security.get(start.index)?.time);
        let in_log: Vec<Timestamp> = logged().filter_map(time).collect();
        let twice = in_log.windows(2).filter_map(|starts| match starts {
            [first, second] if BOOT_SEQUENCE.contains(second.since(*first)) => {
                Some((*second, *first))
            }
            _ => None,
        });
        let mut lsass_twice: Vec<(Timestamp, Timestamp)> = twice.collect();
        lsass_twice.sort_unstable();
        let after_crash = logged().filter(|start| start.dropped.is_some());
        let kernels = boots.iter().filter_map(|boot| Some(system.get(boot.kernel?)?.time));
        let crashed = boots.iter().filter_map(|boot| boot.start_of_crashed_boot(system));
        KnownStarts {
            system,
            gaps,
            lsass: sorted(in_log),
            lsass_twice,
            lsass_after_crash: sorted(after_crash.filter_map(time).collect()),
            kernels: sorted(kernels.collect()),
            crashed: sorted(crashed.collect()),
        }
    }

    /// When the event log service of a boot started.
    fn service(&self, boot: &SystemBoot) -> Option<Timestamp> {
        let service = boot.service.or(boot.version)?;
        self.system.get(service).map(|event| event.time)
    }

    /// Did LSASS start right before the event log service of this boot, and after no known kernel?
    fn lsass_without_kernel(&self, boot: &SystemBoot) -> bool {
        let service = self.service(boot);
        service.is_some_and(|service| {
            just_before(&self.lsass, service)
                .take(STARTS_BEFORE_SERVICE)
                .any(|lsass| just_before(&self.kernels, *lsass).next().is_none())
        })
    }

    /// Removes the records of the kernel from a boot if they belong to another boot, and returns
    /// that boot.
    ///
    /// They do if LSASS started right before the service, but not after this kernel. They also do
    /// if LSASS started after this kernel and reports a crash, while the boot before the service
    /// ended in order. In both cases crashes removed the records of the kernel of one boot and the
    /// records of the service of the other.
    fn split_off_kernel(&self, boots: &[SystemBoot], boot: &mut SystemBoot) -> Option<SystemBoot> {
        let system = self.system;
        let (service, kernel) = (boot.service.or(boot.version)?, boot.kernel?);
        let (service_time, kernel_time) = (system.get(service)?.time, system.get(kernel)?.time);
        let follows = |kernel: Timestamp| SERVICE_AFTER_KERNEL.contains(service_time.since(kernel));
        let is_its_own = service > kernel
            || follows(kernel_time)
            || corrected_starts(system, kernel).any(follows)
            || self.restarted_between(service..kernel)
            || self.gives_uptime_of(service..kernel);
        if is_its_own || !(self.lsass_without_kernel(boot) || self.contradict(boots, boot)) {
            return None;
        }
        let mut other = SystemBoot { index: kernel, ..SystemBoot::default() };
        for (own, its) in boot.kernel_records().into_iter().zip(other.kernel_records()) {
            if own.is_some_and(|at| at >= kernel) {
                *its = own.take();
            }
        }
        Some(other)
    }

    /// Does the service, with which this range begins, record the uptime of the kernel with which it ends? Then they
    /// are of one boot, however long the kernel took, for example to check a disk.
    fn gives_uptime_of(&self, range: Range<usize>) -> bool {
        let kernel = self.system.get(range.end);
        let by_uptime = uptimes::start_by_uptime(self.system, range);
        by_uptime
            .zip(kernel)
            .is_some_and(|(start, kernel)| uptimes::is_same_start_in_a_zone(start, kernel.time))
    }

    /// Does the service of this boot give the uptime of the kernel of the boot before? Then that kernel was never
    /// stopped.
    fn runs_on(&self, before: &SystemBoot, boot: &SystemBoot) -> bool {
        let service = boot.service.or(boot.version);
        let by_uptime = service
            .and_then(|service| uptimes::start_by_uptime(self.system, service..self.system.len()));
        let kernel = before.kernel.and_then(|kernel| self.system.get(kernel));
        let both = by_uptime.zip(kernel);
        both.is_some_and(|(start, kernel)| uptimes::is_same_start(start, kernel.time))
    }

    /// Removes the records of the service from a boot if they belong to another boot, and returns
    /// that boot. A kernel starts one LSASS, and a second one started between this kernel and the
    /// service; a crash removed the records of its kernel.
    fn split_off_service(&self, boot: &mut SystemBoot) -> Option<SystemBoot> {
        let is_of_other = self.has_two_lsass_starts(boot, boot);
        let service = [boot.service, boot.version].into_iter().flatten().min()?;
        is_of_other.then(|| {
            let mut other = SystemBoot { index: service, ..SystemBoot::default() };
            move_service(boot, &mut other);
            other
        })
    }

    /// Did LSASS start twice between the kernel of one boot and the service of another one,
    /// recorded after it?
    fn has_two_lsass_starts(&self, first: &SystemBoot, boot: &SystemBoot) -> bool {
        let system = self.system;
        let records = first.kernel.zip(boot.service.or(boot.version));
        let records = records.filter(|(kernel, service)| kernel < service);
        let times = records.and_then(|(kernel, service)| {
            let by_uptime = uptimes::start_by_uptime(system, service..system.len());
            Some((system.get(kernel)?.time, system.get(service)?.time, by_uptime))
        });
        times.is_some_and(|(kernel, service, by_uptime)| {
            let is_next = SERVICE_AFTER_KERNEL.contains(service.since(kernel));
            let is_its_own = by_uptime.is_some_and(|start| uptimes::is_same_start(start, kernel));
            let (earliest, last) = BOOT_SEQUENCE.before(service);
            let from = self.lsass_twice.partition_point(|(second, _)| *second < earliest);
            let twice = self.lsass_twice.iter().skip(from);
            let mut twice = twice.take_while(|(second, _)| *second <= last);
            is_next && !is_its_own && twice.any(|(_, first)| *first >= kernel)
        })
    }

    /// Do Security and System contradict each other? LSASS, which started right after the kernel of
    /// this boot, reports a crash before it, while late records before the service show a shutdown.
    fn contradict(&self, boots: &[SystemBoot], boot: &SystemBoot) -> bool {
        let kernel = boot.kernel.and_then(|index| self.system.get(index));
        let lsass = kernel.and_then(|kernel| {
            let earliest = BOOT_SEQUENCE.earliest_after(kernel.time);
            let first = self.lsass.partition_point(|lsass| *lsass < earliest);
            let lsass = self.lsass.get(first)?;
            BOOT_SEQUENCE.contains(lsass.since(kernel.time)).then_some(lsass)
        });
        lsass.is_some_and(|lsass| self.lsass_after_crash.binary_search(lsass).is_ok())
            && end_of_boot_before(self.system, boots, boot).is_some()
    }

    /// Did this kernel record, after the records of the service, that the kernel before it had stopped
    /// right before it started? If no record is missing in between, these are the first records of one
    /// boot in the usual order, and the clock was set between the start of the kernel and that of the
    /// service.
    fn restarted_between(&self, range: Range<usize>) -> bool {
        let Some((service, kernel)) = self.system.get(range.start).zip(self.system.get(range.end))
        else {
            return false;
        };
        let mut between = self.system.get(range).unwrap_or_default().iter();
        let is_right_before =
            |stop: &Event| stop.is_kernel_stop() && RESTART.contains(kernel.time.since(stop.time));
        !self.gaps.may_lack_records_between(service.record_id, kernel.record_id)
            && between.any(is_right_before)
    }
}

/// The times that lie right before `time`, by the distances of a boot sequence.
fn just_before(times: &[Timestamp], time: Timestamp) -> impl Iterator<Item = &Timestamp> {
    let (first, last) = BOOT_SEQUENCE.before(time);
    let from = times.partition_point(|time| *time < first);
    times.iter().skip(from).take_while(move |time| **time <= last)
}
