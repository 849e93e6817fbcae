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

/// The gaps after the last record of the boots before, up to the last record of this boot.
fn gaps(context: &BootContext<'_>, channel: Channel, events: &[Event]) -> Vec<CoverageGap> {
    let missing = match channel {
        Channel::Security => &context.host.security_gaps.missing,
        Channel::System => &context.host.system_gaps.missing,
        _ => return Vec::new(),
    };
    let earlier = context.records.last_of_boots_before(channel).map_or(0, |event| event.record_id);
    let from = missing.partition_point(|(begin, _)| *begin < earlier);
    let after_earlier = missing.get(from..).unwrap_or_default().iter();
    after_earlier
        .map_while(|&records| {
            let at = events.partition_point(|event| event.record_id <= records.1);
            let before = Moment::from(events.get(at)?);
            let after = at.checked_sub(1).and_then(|at| events.get(at)).map(Moment::from);
            Some(CoverageGap { records, after, before })
        })
        .collect()
}
