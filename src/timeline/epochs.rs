//! Boot epochs: which boots there were, and which record belongs to which.

use super::align::{CORRECTED_WITHIN, Starts, align};
use super::clocks::Clocks;
use super::coverage::Coverage;
use super::security::{self, SecurityStart};
use super::system::{self, SystemBoot};
use super::unseen::set_to;
use crate::model::{Channel, Event, Span, Timestamp, What};
use std::collections::BTreeMap;

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

/// Finds the epochs of one computer; `holes` are those of its System log.
pub(super) fn epochs(streams: &super::lineage::Streams, holes: &Coverage) -> Epochs {
    let none = Vec::new();
    let security = streams.get(&Channel::Security).unwrap_or(&none);
    let system = streams.get(&Channel::System).unwrap_or(&none);
    let starts = security::starts(security);
    let kernel_is_logged = kernel_is_logged(system);
    let mut system_boots = system::boots(system);
    if kernel_is_logged {
        let all = system_boots.clone();
        let by_clock = Starts::new(security, &starts, system, &all);
        system_boots.retain(|boot| {
            boot.is_certain()
                || boot.unclean.is_some()
                || boot.unexpected.is_some()
                || system::follows_shutdown(system, &all, boot)
                || system::was_asked_for(system, boot)
                || by_clock.lsass_alone(system, boot)
        });
    }
    let boots = align(security, starts, system, system_boots);
    let mut assigned = BTreeMap::new();
    assigned.insert(Channel::Security, assign_security(security, &boots));
    assigned.insert(Channel::System, assign_system(security, system, &boots, holes));
    let clocks = clocks(security, system, &boots, &assigned);
    for (channel, events) in streams {
        if !assigned.contains_key(channel) {
            assigned.insert(*channel, assign_by_time(events, &clocks));
        }
    }
    Epochs { boots, assigned }
}

/// Every Windows since Vista logs Kernel-General 12; where the log has it, a boot without it is a
/// restart of the event log service, unless a crash took the record away: then the kernel's last
/// words stand in the boot, or somebody had asked for a shutdown, or Security shows LSASS start
/// just before the service.
fn kernel_is_logged(system: &[Event]) -> bool {
    system.iter().any(|event| matches!(event.what, What::KernelStarted(_)))
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

/// System: by its own boots, late records moved back to the boot before. Where the log has a hole,
/// boots that only Security shows may lie in it: then the clock decides among those.
fn assign_system(
    security: &[Event],
    events: &[Event],
    boots: &[Epoch],
    holes: &Coverage,
) -> Vec<usize> {
    let own: Vec<(SystemBoot, usize)> = boots
        .iter()
        .enumerate()
        .filter_map(|(at, epoch)| epoch.system.clone().map(|boot| (boot, at + 1)))
        .collect();
    let (system_boots, numbers): (Vec<SystemBoot>, Vec<usize>) = own.into_iter().unzip();
    let began = |number: usize| {
        let start = boots.get(number.checked_sub(1)?)?.security.as_ref()?;
        let mut own = security.iter().skip(start.index).take(CORRECTED_WITHIN);
        let start = security.get(start.index)?.time;
        let set = own.find_map(set_to);
        Some(set.map_or(start, |set| set.min(start)))
    };
    // Once the clock was set, its readings say nothing: the order of records still does.
    let mut reached = 0;
    system::assign(events, &system_boots)
        .into_iter()
        .zip(events)
        .map(|(placed, event)| {
            let after = placed.passed.and_then(|at| numbers.get(at)).copied();
            let next = placed.passed.map_or(0, |at| at + 1);
            let upto = numbers.get(next).map_or(boots.len(), |number| number - 1);
            if placed.late {
                // The boot that ended is the one before, whoever shows it.
                return after.map_or(0, |number| number - 1);
            }
            let first = placed.passed.and_then(|at| system_boots.get(at)?.first_id(events));
            let torn = first.is_none_or(|first| holes.misses_between(first, event.record_id));
            let from = after.unwrap_or(0).max(reached);
            if torn {
                reached = (from + 1..=upto)
                    .rev()
                    .take(MOST_IN_A_HOLE)
                    .find(|number| began(*number).is_some_and(|time| time <= event.time))
                    .unwrap_or(from);
            }
            from.max(reached)
        })
        .collect()
}

/// More boots than this are in no real log's hole.
const MOST_IN_A_HOLE: usize = 256;

fn clocks(
    security: &[Event],
    system: &[Event],
    boots: &[Epoch],
    assigned: &BTreeMap<Channel, Vec<usize>>,
) -> Clocks {
    let readings = [(Channel::Security, security), (Channel::System, system)].into_iter();
    let readings = readings.flat_map(|(channel, events)| {
        let numbers = assigned.get(&channel).map_or(&[][..], Vec::as_slice);
        numbers.iter().copied().zip(events.iter().map(|event| event.time))
    });
    Clocks::new(boots.len() + 1, readings)
}

/// Other channels carry no boot marks: a record belongs to the epoch whose clock it fits, never
/// to an earlier one than the record before it.
fn assign_by_time(events: &[Event], clocks: &Clocks) -> Vec<usize> {
    let slack = Span::seconds(60);
    let mut at = 0;
    let mut previous: Option<Timestamp> = None;
    events
        .iter()
        .map(|event| {
            let went_back = previous.is_some_and(|t| event.time.since(t) < Span(-slack.0));
            if went_back || !clocks.has_read(at, event.time, slack) {
                let from = at + usize::from(went_back);
                let fits = clocks.first_that_read(from, event.time, slack);
                // Between two epochs' records: the one that had begun.
                let begun = || clocks.last_that_had_begun(from, event.time);
                at = fits.or_else(begun).unwrap_or(at);
            }
            previous = Some(event.time);
            at
        })
        .collect()
}
