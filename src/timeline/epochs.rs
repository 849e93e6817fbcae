//! Boot epochs: which boots there were, and which record belongs to which.

use super::align::align;
use super::clocks::Clocks;
use super::coverage::Coverage;
use super::pieces::{self, Piece};
use super::restarts;
use super::security::{self, SecurityStart};
use super::system::{self, Placed, SystemBoot};
use super::ties::Side;
use crate::model::{Channel, Event, Span, Timestamp};
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

/// Finds the epochs of one computer; the holes are those of its Security and its System log.
pub(super) fn epochs(
    streams: &super::lineage::Streams,
    security_holes: &Coverage,
    system_holes: &Coverage,
) -> Epochs {
    let none = Vec::new();
    let security = streams.get(&Channel::Security).unwrap_or(&none);
    let system = streams.get(&Channel::System).unwrap_or(&none);
    let starts = security::starts(security, security_holes);
    let system_boots = system::boots(system, system_holes);
    let system_boots = restarts::settle(security, &starts, system, system_boots);
    let placed = system::assign(system, &system_boots, system_holes);
    let late = |index: usize| placed.get(index).is_some_and(|placed| placed.late);

    let marks: Vec<usize> = starts.iter().map(|start| start.from).collect();
    let lsass = pieces::cut(security, &marks, security_holes, |_| true);
    let marks: Vec<usize> = system_boots.iter().map(|boot| boot.index).collect();
    let kernels = pieces::cut(system, &marks, system_holes, |index| !late(index));
    let lsass = Side { events: security, starts: &starts, pieces: lsass };
    let kernels = Side { events: system, starts: &system_boots, pieces: kernels };
    let aligned = align(&lsass, &kernels);

    let mut assigned = BTreeMap::new();
    assigned.insert(Channel::Security, spread(&lsass.pieces, &aligned.security));
    assigned.insert(Channel::System, assign_system(&kernels.pieces, &aligned.system, &placed));
    let boots = aligned.boots;
    let clocks = clocks(security, system, &boots, &assigned);
    for (channel, events) in streams {
        if !assigned.contains_key(channel) {
            assigned.insert(*channel, assign_by_time(events, &clocks));
        }
    }
    Epochs { boots, assigned }
}

/// The epoch of each record, from that of each piece.
fn spread(pieces: &[Piece], numbers: &[usize]) -> Vec<usize> {
    let each = pieces.iter().zip(numbers);
    each.flat_map(|(piece, number)| piece.range.clone().map(|_| *number)).collect()
}

/// The same for System, where the last words of the boot that ended stand in the boot after it:
/// they are of the epoch before, whoever shows it.
fn assign_system(pieces: &[Piece], numbers: &[usize], placed: &[Placed]) -> Vec<usize> {
    let starting = pieces.iter().zip(numbers).filter(|(piece, _)| piece.start.is_some());
    let of_boot: Vec<usize> = starting.map(|(_, number)| *number).collect();
    let own = spread(pieces, numbers);
    own.into_iter()
        .zip(placed)
        .map(|(own, placed)| {
            let after = placed.passed.filter(|_| placed.late).and_then(|at| of_boot.get(at));
            after.map_or(own, |number| number.saturating_sub(1))
        })
        .collect()
}

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
