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
mod further_matches;
mod interval_search;
pub(crate) mod logoff_auditing;
pub(crate) mod matching;
mod other_channels;
pub(crate) mod partition;
mod service_restarts;
mod terminal_ranges;
mod timed_channels;
mod unmatched;

pub(crate) use boot_start::BootStart;

use super::channel::gaps::Gaps;
use super::channel::security_boots::{SecurityBoots, SuspectedBoot};
use super::channel::security_start::SecurityStart;
use super::channel::segments::{self, Segment};
use super::channel::session_ranges::SessionRanges;
use super::channel::system_start::SystemBoot;
use super::channel::{ChannelView, clock_changes, late_records, security_boots, system_boots};
use super::hosts::grouping::{EventsByChannel, events_of};
use super::must::must;
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
    security_gaps: &Gaps,
    system_gaps: &Gaps,
    session_manager_gaps: &Gaps,
) -> BootAssignment {
    let security = events_of(events, Channel::Security);
    let system = events_of(events, Channel::System);
    let ranges = SessionRanges::of(security);
    let found = security_boots::boots(security, security_gaps, &ranges);
    let SecurityBoots { starts: security_boots, suspected } = found;
    let system_boots = boots_of_system(system, system_gaps, security, &security_boots);
    let late = late_records::late(system, &system_boots, system_gaps);
    let security_view = security_view(security, security_gaps, &ranges, &security_boots);
    let system_view = system_view(system, system_gaps, &system_boots, &late);
    let alignment = alignment::align(&security_view, &system_view);
    let certain = CertainParts::of(
        (&security_view, &alignment.security, security_gaps),
        (&system_view, &alignment.system, system_gaps),
        &alignment.doubtful,
    );
    let mut assigned = Assigned::new(events, alignment.boots.len() + 1);
    assigned.set(Channel::Security, by_record(&security_view.segments, &alignment.security));
    assigned.set(Channel::System, by_record_with_late(&system_view, &alignment.system, &late));
    other_channels::assign(events, session_manager_gaps, &mut assigned);
    let segments = security_view.segments.iter().chain(&system_view.segments);
    let suspected = suspected.iter().filter_map(|one| SuspectedStart::of(one, security));
    BootAssignment {
        starts: alignment.boots.iter().map(|boot| BootStart::of(events, boot)).collect(),
        assigned,
        suspected: suspected.collect(),
        certain,
        set_back_at_start: segments.map(Segment::set_back_at_start).max().unwrap_or(Span(0)),
    }
}

/// The boots that System shows. Security helps to tell them from restarts of the event log service.
fn boots_of_system(
    system: &[Event],
    gaps: &Gaps,
    security: &[Event],
    security_boots: &[SecurityStart],
) -> Vec<SystemBoot> {
    let steps: Vec<ClockStepReadings> =
        security.iter().filter_map(clock_changes::step_by_a_program).collect();
    let boots = system_boots::boots(system, gaps, &steps);
    service_restarts::without_restarts(security, security_boots, system, gaps, boots)
}

/// Security with its segments. No boot began between two records of one session, nor among the
/// first records of another boot.
fn security_view<'a>(
    events: &'a [Event],
    gaps: &Gaps,
    ranges: &SessionRanges,
    starts: &'a [SecurityStart],
) -> ChannelView<'a, SecurityStart> {
    let begins: Vec<usize> = starts.iter().map(|start| start.from).collect();
    let is_first = |at: usize| {
        let begun = starts.partition_point(|start| start.from < at);
        let last = begun.checked_sub(1).and_then(|last| starts.get(last));
        last.is_some_and(|start| at <= start.index)
    };
    let may_begin =
        |at| gaps.may_lack_records_before(events, at) && !ranges.reach_across(at) && !is_first(at);
    let segments = segments::cut(events, &begins, may_begin, |_| true);
    ChannelView { events, starts, segments }
}

/// System with its segments. Its late records do not belong to the boot in which they were written.
fn system_view<'a>(
    events: &'a [Event],
    gaps: &Gaps,
    boots: &'a [SystemBoot],
    late: &BTreeMap<usize, usize>,
) -> ChannelView<'a, SystemBoot> {
    let begins: Vec<usize> = boots.iter().map(|boot| boot.index).collect();
    let may_begin = |at| gaps.may_lack_records_before(events, at);
    let segments = segments::cut(events, &begins, may_begin, |at| !late.contains_key(&at));
    ChannelView { events, starts: boots, segments }
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
    let segments = || system.segments.iter().zip(boots);
    // For each boot that System shows, the segment with which it begins, and the number of the boot.
    let first_segment =
        |(at, (segment, boot)): (usize, (&Segment, &usize))| Some((segment.start?, (at, *boot)));
    let first_segments: BTreeMap<usize, (usize, usize)> =
        segments().enumerate().filter_map(first_segment).collect();
    let mut all = by_record(&system.segments, boots);
    for (&index, written_in) in late {
        let found = first_segments.get(written_in).zip(all.get_mut(index));
        let Some((&(first, boot), own)) = must(found, "a late record is in a boot of System")
        else {
            continue;
        };
        let segment_before = first.checked_sub(1).and_then(|before| segments().nth(before));
        let stopped_after = |segment: &Segment| {
            let kernel = system.events.get(index).filter(|event| event.is_kernel_stop());
            let distance = kernel.zip(segment.stop).map(|(kernel, stop)| kernel.time.since(stop));
            distance.is_some_and(|distance| KERNEL_STOP.contains(distance))
        };
        *own = match segment_before {
            Some((segment, before)) if stopped_after(segment) => *before,
            _ => boot.saturating_sub(1),
        };
    }
    all
}
