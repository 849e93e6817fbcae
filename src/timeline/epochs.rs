//! Boot epochs: the boots of both channels laid beside each other in order.
//!
//! Time alone never pairs them: clocks are wrong at boot. Both channels are walked in record
//! order, and a Security boot goes with the next System boot whose marks lie close.

use super::security::{self, SecurityStart, StartMark};
use super::system::{self, SystemBoot};
use crate::model::{Channel, Event, LogonId, Span, Timestamp, What};
use std::collections::{BTreeMap, HashSet};

/// A Security boot begins this soon after the kernel started (0.5 to 20 s seen).
const AFTER_KERNEL: (Span, Span) = (Span::seconds(-5), Span::seconds(300));
/// The event log service starts this soon after LSASS (54 s seen, 244 s on a slow host). It counts
/// only where the boot has no record of the kernel: the two may stand on different clocks.
const BEFORE_SERVICE: (Span, Span) = (Span::seconds(-300), Span::seconds(5));

/// One boot epoch. Number 0, if there is one, is what lies before the first known boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Epoch {
    /// Its beginning in the Security stream.
    pub(super) security: Option<SecurityStart>,
    /// Its beginning in the System stream.
    pub(super) system: Option<SystemBoot>,
}

/// The epochs of one computer and which record belongs to which.
pub(super) struct Epochs {
    /// Boots in order; epoch *n* is `boots[n - 1]`.
    pub(super) boots: Vec<Epoch>,
    /// Per channel and record the epoch, beside the streams.
    pub(super) assigned: BTreeMap<Channel, Vec<usize>>,
}

/// Finds the epochs of one computer.
pub(super) fn epochs(streams: &super::lineage::Streams) -> Epochs {
    let none = Vec::new();
    let security = streams.get(&Channel::Security).unwrap_or(&none);
    let system = streams.get(&Channel::System).unwrap_or(&none);
    let starts = security::starts(security);
    let kernel_is_logged = kernel_is_logged(system);
    let mut system_boots = system::boots(system);
    system_boots.retain(|boot| boot.is_certain() || !kernel_is_logged);
    let boots = align(security, starts, system, system_boots);
    let mut assigned = BTreeMap::new();
    assigned.insert(Channel::Security, assign_security(security, &boots));
    assigned.insert(Channel::System, assign_system(system, &boots));
    let clocks: Vec<Option<Clock>> = clocks(security, system, &boots, &assigned);
    for (channel, events) in streams {
        if !assigned.contains_key(channel) {
            assigned.insert(channel.clone(), assign_by_time(events, &clocks));
        }
    }
    Epochs { boots, assigned }
}

/// Every Windows since Vista logs Kernel-General 12; where the log has it, a boot without it is a
/// restart of the event log service.
fn kernel_is_logged(system: &[Event]) -> bool {
    system.iter().any(|event| matches!(event.what, What::KernelStarted(_)))
}

/// Lays Security and System boots beside each other, each list in its own order.
fn align(
    security: &[Event],
    starts: Vec<SecurityStart>,
    system: &[Event],
    boots: Vec<SystemBoot>,
) -> Vec<Epoch> {
    let marks = Marks::new(system, &boots);
    let partners: Vec<Option<usize>> = partners(security, &starts, &marks);
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
    split_unseen(security, system, &mut epochs);
    epochs
}

/// For each Security boot the System boot that it is: the first not yet used whose marks lie close.
fn partners(security: &[Event], starts: &[SecurityStart], marks: &Marks) -> Vec<Option<usize>> {
    let mut unused = 0;
    let mut previous = 0;
    let mut found = Vec::with_capacity(starts.len());
    for start in starts {
        let Some(time) = security.get(start.index).map(|event| event.time) else { continue };
        let last_heard = (start.index > previous)
            .then(|| security.get(start.index - 1).map(|event| event.time))
            .flatten();
        let range = |(low, high): (Span, Span)| (time.plus(Span(-high.0)), time.plus(Span(-low.0)));
        let by_kernel = marks.first_in(&marks.kernel, range(AFTER_KERNEL), unused);
        let by_service = marks.first_in(&marks.service, range(BEFORE_SERVICE), unused);
        let near = [by_kernel, by_service].into_iter().flatten().min();
        // Without a 4608 the first record may come late: it is enough that the kernel started
        // after the boot before was last heard of.
        let loose = || {
            let low = last_heard.filter(|_| start.mark > StartMark::SystemLogon)?;
            marks.first_in(&marks.kernel, (low, time), unused)
        };
        let hit = near.or_else(loose);
        unused = hit.map_or(unused, |hit| hit + 1);
        previous = start.index;
        found.push(hit);
    }
    found
}

/// The clock readings of System boots, sorted for look-up by time.
struct Marks {
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
        Marks {
            kernel: collect(|boot| boot.kernel.or(boot.cold)),
            service: collect(|boot| boot.service.filter(|_| !boot.is_certain())),
        }
    }

    /// The first boot in order, from `unused` on, with a mark in the interval.
    fn first_in(
        &self,
        marks: &[(Timestamp, usize)],
        (low, high): (Timestamp, Timestamp),
        unused: usize,
    ) -> Option<usize> {
        // Hostile logs may crowd thousands of boots into one moment; nobody needs them all.
        const ENOUGH: usize = 256;
        let from = marks.partition_point(|(time, _)| *time < low);
        marks
            .iter()
            .skip(from)
            .take_while(|(time, _)| *time <= high)
            .take(ENOUGH)
            .map(|(_, boot)| *boot)
            .filter(|boot| *boot >= unused)
            .min()
    }
}

fn time_of(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    events.get(boot.clock()).map(|event| event.time)
}

/// A boot that only System shows still divides the Security records around it, where they do not
/// contradict: no session that began before it may end after it.
fn split_unseen(security: &[Event], system: &[Event], epochs: &mut [Epoch]) {
    // Each look costs a walk through the records: thousands of such boots are no real log.
    const MOST: usize = 256;
    let unseen: Vec<usize> = (0..epochs.len())
        .filter(|at| epochs.get(*at).is_some_and(|e| e.security.is_none()))
        .collect();
    for at in unseen.into_iter().take(MOST) {
        let Some(Epoch { security: None, system: Some(boot) }) = epochs.get(at) else { continue };
        let Some(time) = time_of(system, boot).filter(|_| boot.is_certain()) else { continue };
        let index = |epoch: &Epoch| epoch.security.as_ref().map(|start| start.index);
        let low = epochs.iter().take(at).rev().find_map(index).unwrap_or(0);
        let high = epochs.iter().skip(at + 1).find_map(index).unwrap_or(security.len());
        let Some(range) = security.get(low..high) else { continue };
        let Some(offset) = range.iter().position(|event| event.time >= time && !event.recovered)
        else {
            continue;
        };
        let rises = range.iter().skip(offset).all(|event| event.time >= time);
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

/// Security: an epoch begins at its record.
fn assign_security(events: &[Event], boots: &[Epoch]) -> Vec<usize> {
    let starts: Vec<(usize, usize)> = boots
        .iter()
        .enumerate()
        .filter_map(|(at, epoch)| epoch.security.as_ref().map(|start| (start.from, at + 1)))
        .collect();
    let mut passed = starts.iter().peekable();
    let mut epoch = 0;
    (0..events.len())
        .map(|index| {
            while let Some((_, number)) = passed.next_if(|(start, _)| *start <= index) {
                epoch = *number;
            }
            epoch
        })
        .collect()
}

/// System: by its own boots, late records moved back.
fn assign_system(events: &[Event], boots: &[Epoch]) -> Vec<usize> {
    let own: Vec<(SystemBoot, usize)> = boots
        .iter()
        .enumerate()
        .filter_map(|(at, epoch)| epoch.system.clone().map(|boot| (boot, at + 1)))
        .collect();
    let (system_boots, numbers): (Vec<SystemBoot>, Vec<usize>) = own.into_iter().unzip();
    system::assign(events, &system_boots)
        .into_iter()
        .map(|passed| {
            let number = passed.checked_sub(1).and_then(|at| numbers.get(at)).copied();
            // Before System's first boot lies whatever Security calls the epoch before it.
            number.unwrap_or_else(|| numbers.first().map_or(boots.len(), |first| first - 1))
        })
        .collect()
}

/// First and last reading of the clock in an epoch.
#[derive(Debug, Clone, Copy)]
struct Clock {
    first: Timestamp,
    last: Timestamp,
}

fn clocks(
    security: &[Event],
    system: &[Event],
    boots: &[Epoch],
    assigned: &BTreeMap<Channel, Vec<usize>>,
) -> Vec<Option<Clock>> {
    let mut clocks: Vec<Option<Clock>> = vec![None; boots.len() + 1];
    for (channel, events) in [(Channel::Security, security), (Channel::System, system)] {
        let Some(numbers) = assigned.get(&channel) else { continue };
        for (event, &number) in events.iter().zip(numbers) {
            let Some(slot) = clocks.get_mut(number) else { continue };
            let clock = slot.get_or_insert(Clock { first: event.time, last: event.time });
            clock.first = clock.first.min(event.time);
            clock.last = clock.last.max(event.time);
        }
    }
    clocks
}

/// Other channels carry no boot marks: a record belongs to the epoch whose clock it fits, never
/// to an earlier one than the record before it.
fn assign_by_time(events: &[Event], clocks: &[Option<Clock>]) -> Vec<usize> {
    let slack = Span::seconds(60);
    let mut at = 0;
    let mut previous: Option<Timestamp> = None;
    events
        .iter()
        .map(|event| {
            let fits = |clock: &Clock| {
                clock.first.plus(Span(-slack.0)) <= event.time
                    && event.time <= clock.last.plus(slack)
            };
            let went_back = previous.is_some_and(|t| event.time.since(t) < Span(-slack.0));
            let here = clocks.get(at).copied().flatten().is_some_and(|clock| fits(&clock));
            if !here || went_back {
                let later = clocks.iter().enumerate().skip(at + usize::from(went_back));
                let known = later.filter_map(|(n, clock)| clock.map(|clock| (n, clock)));
                let mut best = None;
                for (number, clock) in known {
                    if fits(&clock) {
                        best = Some(number);
                        break;
                    }
                    // Between two epochs' records: the one that had begun.
                    if clock.first <= event.time {
                        best = Some(number);
                    }
                }
                at = best.unwrap_or(at);
            }
            previous = Some(event.time);
            at
        })
        .collect()
}
