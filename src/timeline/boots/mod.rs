//! Which boots a computer had, and to which boot each of its records belongs.
//!
//! Input: the records of one computer, and the gaps in its logs. Output: a [`BootAssignment`].
//!
//! Security and System each show boots independently ([`channel`](super::channel)). [`alignment`]
//! decides which boots of the two channels are the same: [`matching`] scores each pair of segments
//! that may belong to the same boot, [`best_chain`] chooses the pairs that fit together, and
//! [`unmatched`] puts all boots into one order. Then [`other_channels`] assigns the records of all
//! other channels to boots, and [`partition`] sorts the records by boot.
//!
//! Example: Security has a 4608 at 08:00:09. System has a Kernel-General 12 at 08:00:02 and another
//! one at 09:30:00. LSASS starts seconds after its kernel, so the 4608 and the first Kernel-General
//! 12 are one boot. The second Kernel-General 12 is a boot that only System shows.

mod alignment;
mod best_chain;
mod boot_start;
mod boot_times;
pub(crate) mod certain;
mod clock_index;
mod clock_intervals;
pub(crate) mod desktop_changes;
mod doubtful;
pub(crate) mod logoff_auditing;
mod matching;
mod other_channels;
pub(crate) mod partition;
mod service_restarts;
mod terminal_ranges;
mod timed_channels;
mod unmatched;

pub(crate) use boot_start::BootStart;

use super::channel::gaps::Coverage;
use super::channel::security_boots::{SecurityBoots, SuspectedBoot};
use super::channel::segments::{self, Segment};
use super::channel::session_ranges::SessionRanges;
use super::channel::system_start::SystemBoot;
use super::channel::{ChannelView, clock_changes, late_records, security_boots, system_boots};
use super::hosts::grouping::{EventsByChannel, events_of};
use super::timing::KERNEL_STOP;
use crate::model::session::ClockStepReadings;
use crate::model::{Channel, Event, Span};
use certain::CertainParts;
use partition::Assigned;
use std::collections::BTreeMap;

/// The boots of one computer, and the boot of each record.
pub(crate) struct BootAssignment {
    /// The boots in order: boot *n* is `starts[n - 1]`. Boot 0 is the time before the first known
    /// boot.
    pub(crate) starts: Vec<BootStart>,
    /// The boot of each record.
    pub(crate) assigned: Assigned,
    /// Positions at which another boot may have begun.
    pub(crate) suspected: Vec<SuspectedStart>,
    /// For each boot, the first record that may belong to another boot.
    pub(crate) certain: CertainParts,
    /// The most by which the clock was set back soon after any boot of this computer began.
    pub(crate) set_back_at_start: Span,
}

/// A position in Security at which another boot may have begun. The evidence is too weak for a
/// boot, so it is only a finding.
pub(crate) struct SuspectedStart {
    /// The record before which it may have begun.
    pub(crate) event: Event,
    /// Why it may be a boot, and why it is not counted as one.
    pub(crate) why: &'static str,
}

impl SuspectedStart {
    fn of(suspected: &SuspectedBoot, security: &[Event]) -> Option<SuspectedStart> {
        let event = security.get(suspected.index)?.clone();
        Some(SuspectedStart { event, why: suspected.why })
    }
}

/// Finds the boots of one computer and assigns each record to one of them. The gaps are those of
/// its Security, System and Local Session Manager logs.
pub(crate) fn assign(
    events: &EventsByChannel,
    security_gaps: &Coverage,
    system_gaps: &Coverage,
    session_manager_gaps: &Coverage,
) -> BootAssignment {
    let security = events_of(events, Channel::Security);
    let system = events_of(events, Channel::System);
    let ranges = SessionRanges::of(security);
    let SecurityBoots { starts, suspected } =
        security_boots::boots(security, security_gaps, &ranges);
    let steps: Vec<ClockStepReadings> =
        security.iter().filter_map(clock_changes::step_by_a_program).collect();
    let system_boots = system_boots::boots(system, system_gaps, &steps);
    let system_boots =
        service_restarts::without_restarts(security, &starts, system, system_gaps, system_boots);
    let late = late_records::late(system, &system_boots, system_gaps);

    let begins: Vec<usize> = starts.iter().map(|start| start.from).collect();
    // No boot began between two records of one session, nor among the first records of another
    // boot.
    let is_first = |at: usize| {
        let begun = starts.partition_point(|start| start.from < at);
        let last = begun.checked_sub(1).and_then(|last| starts.get(last));
        last.is_some_and(|start| at <= start.index)
    };
    let may_begin = |at| {
        security_gaps.may_lack_records_before(security, at)
            && !ranges.reach_across(at)
            && !is_first(at)
    };
    let segments = segments::cut(security, &begins, may_begin, |_| true);
    let security_view = ChannelView { events: security, starts: &starts, segments };
    let begins: Vec<usize> = system_boots.iter().map(|boot| boot.index).collect();
    let may_begin = |at| system_gaps.may_lack_records_before(system, at);
    let segments = segments::cut(system, &begins, may_begin, |at| !late.contains_key(&at));
    let system_view = ChannelView { events: system, starts: &system_boots, segments };
    let alignment = alignment::align(&security_view, &system_view);

    let certain = CertainParts::of(
        (&security_view, &alignment.security, security_gaps),
        (&system_view, &alignment.system, system_gaps),
        &alignment.doubtful,
    );
    let mut assigned = Assigned::new();
    let boots = by_record(&security_view.segments, &alignment.security);
    assigned.insert(Channel::Security, boots);
    let boots = by_record_with_late(&system_view, &alignment.system, &late);
    assigned.insert(Channel::System, boots);
    other_channels::assign(events, session_manager_gaps, &mut assigned);
    let segments = security_view.segments.iter().chain(&system_view.segments);
    let set_back_at_start = segments.map(Segment::set_back_at_start).max().unwrap_or(Span(0));
    let starts = alignment.boots.iter().map(|boot| BootStart::of(events, boot)).collect();
    let suspected = suspected.iter().filter_map(|one| SuspectedStart::of(one, security));
    BootAssignment { starts, assigned, suspected: suspected.collect(), certain, set_back_at_start }
}

/// The boot of each record, from the boot of each segment.
fn by_record(segments: &[Segment], boots: &[usize]) -> Vec<usize> {
    let each = segments.iter().zip(boots);
    each.flat_map(|(segment, boot)| segment.range.clone().map(|_| *boot)).collect()
}

/// The boot of each record of System. Here the last records of a boot may stand among the records
/// of the next boot (see [`late_records`]); they belong to the boot before, even if only Security
/// shows that boot. A stop of the kernel right after a stop of the event log service belongs to the
/// same boot as that stop.
fn by_record_with_late(
    system: &ChannelView<'_, SystemBoot>,
    boots: &[usize],
    late: &BTreeMap<usize, usize>,
) -> Vec<usize> {
    let numbered = || system.segments.iter().zip(boots);
    let starting = numbered().enumerate().filter(|(_, (segment, _))| segment.start.is_some());
    let starting: Vec<(usize, usize)> = starting.map(|(at, (_, boot))| (at, *boot)).collect();
    let mut all = by_record(&system.segments, boots);
    for (&index, &start) in late {
        let Some((own, &(at, boot))) = all.get_mut(index).zip(starting.get(start)) else {
            continue;
        };
        let stopped = system.events.get(index).filter(|event| event.is_kernel_stop());
        let before = at.checked_sub(1).and_then(|before| numbered().nth(before));
        let service = before.and_then(|(segment, before)| Some((segment.stop?, *before)));
        let of_service = stopped
            .zip(service)
            .filter(|(kernel, (service, _))| KERNEL_STOP.contains(kernel.time.since(*service)));
        *own = of_service.map_or(boot.saturating_sub(1), |(_, (_, before))| before);
    }
    all
}
