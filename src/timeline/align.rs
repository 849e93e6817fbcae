//! The boots of both channels laid beside each other in order.
//!
//! Time alone never pairs them: clocks are wrong at boot. Both channels are walked in record
//! order; a Security boot goes with the System boot whose marks lie nearest, and what no record
//! marks goes in between.

use super::epochs::Epoch;
use super::security::{SecurityStart, StartMark};
use super::system::{self, SystemBoot};
use super::unseen::{self, time_of};
use crate::model::{Event, Span, Timestamp};

/// A Security boot begins this soon after the kernel started (0.5 to 20 s seen).
const AFTER_KERNEL: (Span, Span) = (Span::seconds(-5), Span::seconds(300));
/// The event log service starts this soon after LSASS (54 s seen, 244 s on a slow host). It counts
/// only where the boot has no record of the kernel: the two may stand on different clocks.
const BEFORE_SERVICE: (Span, Span) = (Span::seconds(-300), Span::seconds(5));

/// Security's last records may come so long after the event log service said that it stops.
pub(super) const AFTER_STOP: Span = Span::seconds(60);
/// A clock that is wrong at boot is corrected within so many records of LSASS' start, if before the
/// service starts.
pub(super) const CORRECTED_WITHIN: usize = 60;

/// The starts of LSASS and of kernels by their clocks, for looking one up beside the other.
pub(super) struct Starts {
    lsass: Vec<Timestamp>,
    kernels: Vec<Timestamp>,
}

impl Starts {
    pub(super) fn new(
        security: &[Event],
        starts: &[SecurityStart],
        system: &[Event],
        boots: &[SystemBoot],
    ) -> Starts {
        let sorted = |mut times: Vec<Timestamp>| {
            times.sort_unstable();
            times
        };
        let told = starts.iter().filter(|start| start.mark <= StartMark::SystemLogon);
        let lsass = told.filter_map(|start| Some(security.get(start.index)?.time)).collect();
        let kernels =
            boots.iter().filter_map(|boot| Some(system.get(boot.kernel?)?.time)).collect();
        Starts { lsass: sorted(lsass), kernels: sorted(kernels) }
    }

    /// LSASS started just before this boot's event log service, and for no other boot.
    pub(super) fn lsass_alone(&self, system: &[Event], boot: &SystemBoot) -> bool {
        // Hostile logs may crowd thousands of starts into one moment.
        const ENOUGH: usize = 256;
        let service = boot.service.or(boot.version).and_then(|index| system.get(index));
        let Some(service) = service.map(|event| event.time) else { return false };
        before(&self.lsass, service)
            .take(ENOUGH)
            .any(|lsass| before(&self.kernels, *lsass).next().is_none())
    }
}

/// The times that lie as long before `time` as a kernel's start before LSASS's.
fn before(times: &[Timestamp], time: Timestamp) -> impl Iterator<Item = &Timestamp> {
    let (low, high) = (time.plus(Span(-AFTER_KERNEL.1.0)), time.plus(Span(-AFTER_KERNEL.0.0)));
    let from = times.partition_point(|time| *time < low);
    times.iter().skip(from).take_while(move |time| **time <= high)
}

/// Lays Security and System boots beside each other, each list in its own order.
pub(super) fn align(
    security: &[Event],
    starts: Vec<SecurityStart>,
    system: &[Event],
    boots: Vec<SystemBoot>,
) -> Vec<Epoch> {
    let marks = Marks::new(system, &boots);
    let partners: Vec<Option<usize>> = partners(security, &starts, &marks);
    let all = boots.clone();
    let mut waiting = boots.into_iter().enumerate().peekable();
    let mut epochs: Vec<Epoch> = Vec::new();
    let mut upcoming = partners.iter().copied().flatten().peekable();
    for (start, partner) in starts.into_iter().zip(&partners) {
        let next = upcoming.peek().copied();
        let time = security.get(start.index).map(|event| event.time);
        // Boots that only System shows come first: all before the partner, or, without one, those
        // that the clock puts before this boot.
        while let Some((_, boot)) = waiting.next_if(|(number, boot)| match (partner, next) {
            (Some(partner), _) => number < partner,
            (None, Some(next)) => *number < next && time_of(system, boot) < time,
            (None, None) => time_of(system, boot) < time,
        }) {
            epochs.push(Epoch { security: None, system: Some(boot) });
        }
        let system = partner.and_then(|_| waiting.next()).map(|(_, boot)| boot);
        if partner.is_some() {
            upcoming.next();
        }
        epochs.push(Epoch { security: Some(start), system });
    }
    epochs.extend(waiting.map(|(_, boot)| Epoch { security: None, system: Some(boot) }));
    unseen::split(security, system, &all, &mut epochs);
    epochs
}

/// For each Security boot the System boot that it is: the first not yet used whose marks lie close.
/// What begins with a record of LSASS' start is paired first; the others go in between.
fn partners(security: &[Event], starts: &[SecurityStart], marks: &Marks) -> Vec<Option<usize>> {
    let mut unused = 0;
    let mut found: Vec<Option<usize>> = starts
        .iter()
        .map(|start| {
            let hit = (start.mark <= StartMark::SystemLogon)
                .then(|| near(security, start, marks, unused))
                .flatten();
            unused = hit.map_or(unused, |hit| hit + 1);
            hit
        })
        .collect();
    lone_pairs(&mut found, starts, marks);
    let mut unused = 0;
    let mut previous = 0;
    for (at, start) in starts.iter().enumerate() {
        let paired = found.get(at).copied().flatten();
        let hit = paired.or_else(|| {
            let upto = found.iter().skip(at + 1).copied().flatten().next().unwrap_or(usize::MAX);
            let last_heard = (start.from > previous)
                .then(|| security.get(start.from - 1).map(|event| event.time))
                .flatten();
            (start.mark > StartMark::SystemLogon)
                .then(|| {
                    let near = near(security, start, marks, unused);
                    near.filter(|hit| *hit < upto)
                        .or_else(|| loose(security, start, marks, last_heard?, unused..upto))
                })
                .flatten()
        });
        unused = hit.map_or(unused, |hit| hit + 1);
        previous = start.index;
        if let Some(slot) = found.get_mut(at) {
            *slot = hit;
        }
    }
    found
}

/// Between two boots that both channels show, each channel shows one more, and System has lost the
/// record of its kernel: it is one boot, whose clock was set between LSASS and the service.
fn lone_pairs(found: &mut [Option<usize>], starts: &[SecurityStart], marks: &Marks) {
    let paired = |at: usize| found.get(at).copied().flatten();
    let mut lone = Vec::new();
    for (at, start) in starts.iter().enumerate() {
        let before = at.checked_sub(1).map(paired);
        let after = (at + 1 < found.len()).then(|| paired(at + 1));
        let (Some(low), Some(high)) = (
            before.map_or(Some(0), |hit| hit.map(|hit| hit + 1)),
            after.map_or(Some(marks.served.len()), |hit| hit),
        ) else {
            continue;
        };
        let alone = high == low + 1 && !marks.kernel.iter().any(|(_, boot)| *boot == low);
        if alone && paired(at).is_none() && start.mark <= StartMark::SystemLogon {
            lone.push((at, low));
        }
    }
    for (at, boot) in lone {
        if let Some(slot) = found.get_mut(at) {
            *slot = Some(boot);
        }
    }
}

/// The first boot whose kernel or service started as close to LSASS as they do.
fn near(security: &[Event], start: &SecurityStart, marks: &Marks, unused: usize) -> Option<usize> {
    let time = security.get(start.index)?.time;
    let range = |time: Timestamp, (low, high): (Span, Span)| {
        (time.plus(Span(-high.0)), time.plus(Span(-low.0)))
    };
    // The nearest: after a quick reboot two may be close.
    let by_kernel = marks
        .timed(&marks.kernel, range(time, AFTER_KERNEL), unused)
        .filter(|(kernel, boot)| !marks.serves_before(*boot, *kernel, time))
        .min_by_key(|(kernel, boot)| (time.since(*kernel).abs(), *boot))
        .map(|(_, boot)| boot);
    let by_service = marks.in_range(&marks.service, range(time, BEFORE_SERVICE), unused).min();
    by_kernel.or(by_service)
}

/// Without a 4608 the first record may come late: it is enough that the kernel started after the
/// boot before was last heard of. Of several such boots, whose own records are missing, it is the
/// last.
fn loose(
    security: &[Event],
    start: &SecurityStart,
    marks: &Marks,
    last_heard: Timestamp,
    unused: std::ops::Range<usize>,
) -> Option<usize> {
    let time = security.get(start.index)?.time;
    let up = |boot: &usize| {
        let stopped = marks.stopped.get(*boot).copied().flatten();
        *boot < unused.end && stopped.is_none_or(|stop| stop.plus(AFTER_STOP) > time)
    };
    let kernels = marks.in_range(&marks.kernel, (last_heard, time), unused.start);
    let services = marks.in_range(&marks.service, (last_heard, time), unused.start);
    kernels.chain(services).filter(up).max()
}

/// The clock readings of System boots, sorted for look-up by time.
struct Marks {
    /// Per boot the time at which its event log service stopped, if it says so.
    stopped: Vec<Option<Timestamp>>,
    /// Per boot the time at which its event log service started.
    served: Vec<Option<Timestamp>>,
    kernel: Vec<(Timestamp, usize)>,
    service: Vec<(Timestamp, usize)>,
}

impl Marks {
    fn new(system: &[Event], boots: &[SystemBoot]) -> Marks {
        let collect = |mark: fn(&SystemBoot) -> Option<usize>| {
            let mut times: Vec<(Timestamp, usize)> = boots
                .iter()
                .enumerate()
                .filter_map(|(at, boot)| Some((system.get(mark(boot)?)?.time, at)))
                .collect();
            times.sort_unstable();
            times
        };
        let stopped = boots.iter().map(|boot| system::stopped(system, boots, boot)).collect();
        let time = |index: usize| system.get(index).map(|event| event.time);
        let served = boots.iter().map(|boot| boot.service.and_then(time)).collect();
        Marks {
            stopped,
            served,
            kernel: collect(|b| b.kernel.or(b.cold)),
            service: collect(|b| b.service.or(b.version).filter(|_| !b.is_certain())),
        }
    }

    /// The boot's event log service ran, by the clock of its kernel, before LSASS started: then
    /// this LSASS is another boot's.
    fn serves_before(&self, boot: usize, kernel: Timestamp, lsass: Timestamp) -> bool {
        let service = self.served.get(boot).copied().flatten();
        service.is_some_and(|service| service >= kernel && lsass.since(service) > BEFORE_SERVICE.1)
    }

    /// The boots, from `unused` on, with a mark in the interval.
    fn in_range(
        &self,
        marks: &[(Timestamp, usize)],
        interval: (Timestamp, Timestamp),
        unused: usize,
    ) -> impl Iterator<Item = usize> {
        self.timed(marks, interval, unused).map(|(_, boot)| boot)
    }

    /// The same, with the marks' times.
    fn timed(
        &self,
        marks: &[(Timestamp, usize)],
        (low, high): (Timestamp, Timestamp),
        unused: usize,
    ) -> impl Iterator<Item = (Timestamp, usize)> {
        // Hostile logs may crowd thousands of boots into one moment; nobody needs them all.
        const ENOUGH: usize = 256;
        let from = marks.partition_point(|(time, _)| *time < low);
        marks
            .iter()
            .skip(from)
            .take_while(move |(time, _)| *time <= high)
            .take(ENOUGH)
            .copied()
            .filter(move |(_, boot)| *boot >= unused)
    }
}
