//! What the logs cover of one boot: for each channel its first and last record in the boot, and the
//! gaps between.

use super::context::BootContext;
use crate::model::{Channel, ChannelCoverage, CoverageGap, Event, Moment};

/// The coverage of each channel that has a live record of the boot.
pub(super) fn of(context: &BootContext<'_>) -> Vec<ChannelCoverage> {
    let of_channel = |(channel, events): (Channel, &[Event])| {
        let mut live = events.iter().filter(|event| !event.recovered);
        let first = live.next()?;
        let last = live.next_back().unwrap_or(first);
        Some(ChannelCoverage {
            channel,
            first: Moment::from(first),
            last: Moment::from(last),
            gaps: gaps(context, channel, events),
        })
    };
    context.records.channels().filter_map(of_channel).collect()
}

/// The gaps that end within the boot.
fn gaps(context: &BootContext<'_>, channel: Channel, events: &[Event]) -> Vec<CoverageGap> {
    let missing = match channel {
        Channel::Security => &context.host.coverage.missing,
        Channel::System => &context.host.system_coverage.missing,
        _ => return Vec::new(),
    };
    let Some((first, last)) = events.first().zip(events.last()) else { return Vec::new() };
    let before = missing.partition_point(|(_, end)| *end < first.record_id);
    // The last gap before the first event may end right before it.
    let from = before.saturating_sub(1);
    let near = missing.get(from..).unwrap_or_default();
    let near = near.iter().take_while(|(begin, _)| *begin < last.record_id);
    near.filter_map(|&records| {
        let at = events.partition_point(|event| event.record_id <= records.1);
        let before = events.get(at).filter(|_| at > 0 || is_next(records.1, first))?;
        let after = at.checked_sub(1).and_then(|at| events.get(at));
        Some(CoverageGap { records, after: after.map(Moment::from), before: Moment::from(before) })
    })
    .collect()
}

/// Does this record follow right after the end of a gap?
fn is_next(gap_end: u64, event: &Event) -> bool {
    gap_end.saturating_add(1) == event.record_id
}
