//! Boots that only System shows still divide the Security records around them.

use super::align::{AFTER_STOP, CORRECTED_WITHIN};
use super::epochs::Epoch;
use super::security::{self, SecurityStart, StartMark};
use super::system::{self, SystemBoot};
use crate::model::{Event, LogonId, Timestamp, What};
use std::collections::HashSet;

/// Gives each boot that only System shows its Security records, where they do not contradict: no
/// session that began before it may end after it.
pub(super) fn split(
    security: &[Event],
    system: &[Event],
    boots: &[SystemBoot],
    epochs: &mut [Epoch],
) {
    // Each look costs a walk through the records: thousands of such boots are no real log.
    const MOST: usize = 256;
    let unseen: Vec<usize> = (0..epochs.len())
        .filter(|at| epochs.get(*at).is_some_and(|e| e.security.is_none()))
        .collect();
    for at in unseen.into_iter().take(MOST) {
        let Some(index) = first_record(security, system, boots, epochs, at) else { continue };
        if let Some(epoch) = epochs.get_mut(at) {
            epoch.security = Some(SecurityStart {
                index,
                from: index,
                mark: StartMark::SystemLog,
                evidence: Vec::new(),
                dropped: None,
            });
        }
    }
}

/// The first Security record of a boot that only System shows.
fn first_record(
    security: &[Event],
    system: &[Event],
    boots: &[SystemBoot],
    epochs: &[Epoch],
    at: usize,
) -> Option<usize> {
    let boot = epochs.get(at)?.system.as_ref()?;
    let start = |epoch: &Epoch| epoch.security.as_ref().map(|start| start.index);
    let from = |epoch: &Epoch| epoch.security.as_ref().map(|start| start.from);
    let before = epochs.iter().take(at).rev().find_map(start);
    let high = epochs.iter().skip(at + 1).find_map(from).unwrap_or(security.len());
    let time = earliest(system, boot)?;
    let clock = BootClock {
        time,
        even: soon_set(system, boot).is_none(),
        stopped: system::stopped(system, boots, boot)
            .filter(|_| time_of(system, boot) == Some(time))
            .map(|stop| stop.plus(AFTER_STOP))
            .filter(|stop| *stop > time),
        later: epochs
            .iter()
            .skip(at + 1)
            .take_while(|epoch| epoch.security.is_none())
            .filter_map(|epoch| earliest(system, epoch.system.as_ref()?))
            .min(),
    };
    let low = before.unwrap_or(0);
    let range = security.get(low..high)?;
    // Where the log was cleared or archived, and LSASS says nothing after, all that follows may be
    // of another boot than what stands before.
    let rest = || {
        let cut = last_cut(range)?;
        Some(cut + clock.divides(range.get(cut..)?, false)?)
    };
    clock.divides(range, before.is_some()).or_else(rest).map(|offset| low + offset)
}

/// What the clock of a boot tells of the records that may be its own.
struct BootClock {
    /// The earliest reading.
    time: Timestamp,
    /// No program corrects it soon after the kernel's start.
    even: bool,
    /// Nothing of the boot is later.
    stopped: Option<Timestamp>,
    /// What is not earlier is of a later boot.
    later: Option<Timestamp>,
}

impl BootClock {
    /// Where these records go over from the boot before to this one. `shared`: the first of them
    /// is surely the other's.
    fn divides(&self, range: &[Event], shared: bool) -> Option<usize> {
        let own = |event: &Event| event.time >= self.time && !event.recovered;
        let offset = range.iter().position(own)?;
        let first = range.get(offset)?.time;
        if [self.stopped, self.later].into_iter().flatten().any(|end| first >= end) {
            return None;
        }
        // Where the clock was set, its readings divide nothing.
        let steady = |event: &&Event| !matches!(event.what, What::ClockChanged(_));
        if offset > 0 && !(self.even && range.iter().all(|event| steady(&event))) {
            return None;
        }
        let mut rest = range.iter().skip(offset).take_while(steady);
        let rises = rest.all(|event| event.time >= self.time);
        // At the very first record there is nothing to divide, but a boot to begin with.
        let possible = rises && !crosses(range, offset) && !(shared && offset == 0);
        possible.then_some(offset)
    }
}

/// The last record that begins a log after others are gone, unless LSASS goes on after it.
fn last_cut(range: &[Event]) -> Option<usize> {
    let begins = |event: &Event| matches!(event.what, What::LogCleared(_) | What::LogArchived(_));
    let cut = range.iter().rposition(begins).filter(|cut| *cut > 0)?;
    let silent = range.iter().skip(cut).all(|event| security::lsass_pid(event).is_none());
    silent.then_some(cut)
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

/// The earliest reading of a boot's clock: its kernel's start, or less where the clock was wrong
/// and soon set back.
fn earliest(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    let start = time_of(events, boot)?;
    Some(soon_set(events, boot).map_or(start, |set| set.min(start)))
}

/// To what the clock is set soon after the kernel's start, if it is.
fn soon_set(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    let own = events.iter().skip(boot.clock() + 1).take(CORRECTED_WITHIN);
    let mut own = own
        .take_while(|event| !matches!(event.what, What::KernelStarted(_) | What::ServiceStopped));
    own.find_map(set_to)
}

/// The time to which a program set the clock.
pub(super) fn set_to(event: &Event) -> Option<Timestamp> {
    match &event.what {
        What::ClockChanged(change) if change.reason.is_none_or(|reason| reason == 1) => change.new,
        _ => None,
    }
}

pub(super) fn time_of(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    events.get(boot.clock()).map(|event| event.time)
}
