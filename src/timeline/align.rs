//! The boots of both channels laid beside each other in order.
//!
//! Time alone never pairs them: clocks are wrong at boot. Both channels are walked in record
//! order; a Security boot goes with the System boot whose marks lie nearest, and what no record
//! marks goes in between.

use super::epochs::Epoch;
use super::security::{SecurityStart, StartMark};
use super::system::{self, SystemBoot};
use crate::model::{Event, LogonId, Span, Timestamp, What};
use std::collections::HashSet;

/// A Security boot begins this soon after the kernel started (0.5 to 20 s seen).
const AFTER_KERNEL: (Span, Span) = (Span::seconds(-5), Span::seconds(300));
/// The event log service starts this soon after LSASS (54 s seen, 244 s on a slow host). It counts
/// only where the boot has no record of the kernel: the two may stand on different clocks.
const BEFORE_SERVICE: (Span, Span) = (Span::seconds(-300), Span::seconds(5));

/// Security's last records may come so long after the event log service said that it stops.
const AFTER_STOP: Span = Span::seconds(60);
/// A clock that is wrong at boot is corrected within so many records of LSASS' start, if before the
/// service starts.
pub(super) const CORRECTED_WITHIN: usize = 60;

/// LSASS started just before this boot's event log service, and for no other boot.
pub(super) fn starts_with_lsass(
    security: &[Event],
    starts: &[SecurityStart],
    system: &[Event],
    boots: &[SystemBoot],
    boot: &SystemBoot,
) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| system.get(index)).map(|e| e.time);
    let Some(service) = at(boot.service.or(boot.version)) else { return false };
    let within = |from: Timestamp, to: Timestamp, (low, high): (Span, Span)| {
        let lag = to.since(from);
        low <= lag && lag <= high
    };
    starts
        .iter()
        .filter(|start| start.mark <= StartMark::SystemLogon)
        .filter_map(|start| security.get(start.index))
        .any(|lsass| {
            let other = |other: &SystemBoot| {
                at(other.kernel).is_some_and(|kernel| within(kernel, lsass.time, AFTER_KERNEL))
            };
            within(lsass.time, service, AFTER_KERNEL) && !boots.iter().any(other)
        })
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
    split_unseen(security, system, &all, &mut epochs);
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

/// The first boot whose kernel or service started as close to LSASS as they do.
fn near(security: &[Event], start: &SecurityStart, marks: &Marks, unused: usize) -> Option<usize> {
    let time = security.get(start.index)?.time;
    let range = |time: Timestamp, (low, high): (Span, Span)| {
        (time.plus(Span(-high.0)), time.plus(Span(-low.0)))
    };
    // The nearest: after a quick reboot two may be close.
    let by_kernel = marks
        .timed(&marks.kernel, range(time, AFTER_KERNEL), unused)
        .min_by_key(|(kernel, boot)| (time.since(*kernel).abs(), *boot))
        .map(|(_, boot)| boot);
    let service = |time| marks.in_range(&marks.service, range(time, BEFORE_SERVICE), unused);
    let by_service = service(time).min();
    // A wrong clock may be corrected between LSASS and the service.
    let corrected = || {
        let own = security.iter().skip(start.index + 1).take(CORRECTED_WITHIN);
        let mut own = own.take_while(|event| !matches!(event.what, What::LsassStarted));
        let step = own.find_map(|event| match &event.what {
            What::ClockChanged(change) => Some(change.new?.since(change.previous?)),
            _ => None,
        })?;
        service(time.plus(step)).min()
    };
    by_kernel.or(by_service).or_else(corrected)
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
        *boot < unused.end && stopped.is_none_or(|stop| stop > time)
    };
    let kernels = marks.in_range(&marks.kernel, (last_heard, time), unused.start);
    let services = marks.in_range(&marks.service, (last_heard, time), unused.start);
    kernels.chain(services).filter(up).max()
}

/// The clock readings of System boots, sorted for look-up by time.
struct Marks {
    /// Per boot the time at which its event log service stopped, if it says so.
    stopped: Vec<Option<Timestamp>>,
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
        Marks {
            stopped,
            kernel: collect(|b| b.kernel.or(b.cold)),
            service: collect(|b| b.service.or(b.version).filter(|_| !b.is_certain())),
        }
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

/// The earliest reading of a boot's clock: its kernel's start, or less where the clock was wrong
/// and soon set back.
fn earliest(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    let start = time_of(events, boot)?;
    let own = events.iter().skip(boot.clock() + 1).take(CORRECTED_WITHIN);
    let mut own = own
        .take_while(|event| !matches!(event.what, What::KernelStarted(_) | What::ServiceStopped));
    let set = own.find_map(set_to);
    Some(set.map_or(start, |set| set.min(start)))
}

/// The time to which a program set the clock.
pub(super) fn set_to(event: &Event) -> Option<Timestamp> {
    match &event.what {
        What::ClockChanged(change) if change.reason.is_none_or(|reason| reason == 1) => change.new,
        _ => None,
    }
}

fn time_of(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    events.get(boot.clock()).map(|event| event.time)
}

/// A boot that only System shows still divides the Security records around it, where they do not
/// contradict: no session that began before it may end after it.
fn split_unseen(security: &[Event], system: &[Event], boots: &[SystemBoot], epochs: &mut [Epoch]) {
    // Each look costs a walk through the records: thousands of such boots are no real log.
    const MOST: usize = 256;
    let unseen: Vec<usize> = (0..epochs.len())
        .filter(|at| epochs.get(*at).is_some_and(|e| e.security.is_none()))
        .collect();
    for at in unseen.into_iter().take(MOST) {
        let Some(Epoch { security: None, system: Some(boot) }) = epochs.get(at) else { continue };
        let Some(time) = earliest(system, boot).filter(|_| boot.is_certain()) else { continue };
        let index = |epoch: &Epoch| epoch.security.as_ref().map(|start| start.index);
        let low = epochs.iter().take(at).rev().find_map(index).unwrap_or(0);
        let from = |epoch: &Epoch| epoch.security.as_ref().map(|start| start.from);
        let high = epochs.iter().skip(at + 1).find_map(from).unwrap_or(security.len());
        let Some(range) = security.get(low..high) else { continue };
        let Some(offset) = range.iter().position(|event| event.time >= time && !event.recovered)
        else {
            continue;
        };
        // What comes after this boot's end, or after the next one's start, is not of this boot.
        let even = time_of(system, boot) == Some(time);
        let gone = system::stopped(system, boots, boot).filter(|_| even);
        let gone = gone.map(|stop| stop.plus(AFTER_STOP));
        let later = || {
            let unseen = epochs.iter().skip(at + 1).take_while(|epoch| epoch.security.is_none());
            unseen.filter_map(|epoch| earliest(system, epoch.system.as_ref()?))
        };
        let over = gone.filter(|gone| *gone > time);
        let not_its = |event: &Event| {
            over.is_some_and(|gone| event.time >= gone) || later().any(|next| event.time >= next)
        };
        if range.get(offset).is_none_or(not_its) {
            continue;
        }
        // Where the clock was set, its readings divide nothing.
        let steady = |event: &&Event| !matches!(event.what, What::ClockChanged(_));
        let shared = epochs.iter().take(at).rev().find_map(index).is_some();
        if shared && offset == 0 || offset > 0 && !range.iter().all(|event| steady(&event)) {
            continue;
        }
        let mut rest = range.iter().skip(offset).take_while(steady);
        let rises = rest.all(|event| event.time >= time);
        // At the very first record there is nothing to divide, but a boot to begin with.
        if rises && !crosses(range, offset) {
            let start = SecurityStart {
                index: low + offset,
                from: low + offset,
                mark: StartMark::SystemLog,
                evidence: Vec::new(),
                dropped: None,
            };
            if let Some(epoch) = epochs.get_mut(at) {
                epoch.security = Some(start);
            }
        }
    }
}

/// A session begins before `offset` and ends, or LSASS keeps its process ID, after it.
fn crosses(range: &[Event], offset: usize) -> bool {
    let (before, after) = range.split_at(offset.min(range.len()));
    let begun: HashSet<LogonId> = before
        .iter()
        .filter_map(|event| match &event.what {
            What::Logon(logon) if !logon.logon_id.is_well_known() => Some(logon.logon_id),
            _ => None,
        })
        .collect();
    after.iter().any(|event| match &event.what {
        What::Terminated(ended) | What::LogoffInitiated(ended) => begun.contains(&ended.logon_id),
        _ => false,
    })
}
