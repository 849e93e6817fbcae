//! # A segment of System within the clock times of Security
//!
//! A segment of System without a start of a boot belongs to a boot of Security whose clock showed
//! all its times. This is only a hint. Of several such boots, the last one gets the highest weight.
//! The weight is halved if the start of the boot in Security is not known.

use super::{BootClocks, Combine, MatchRule, Pair, clock_weight};
use crate::timeline::boots::timed_channels::TimedChannels;

pub(super) const RULE: MatchRule = MatchRule {
    name: "clock-of-security",
    weight: 12,
    seen: "System logs that begin within a boot",
    held_by: "a_cleared_system_log_ends_the_boot_it_goes_on_in",
    combine: Combine::Best,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let clocks = BootClocks::of(&channels.security_times);
    let segments = channels.system.segments.iter().enumerate();
    for (system, segment) in segments.filter(|(_, segment)| segment.start.is_none()) {
        for (rank, security) in clocks.around(segment) {
            let weight = clock_weight(RULE.weight, &channels.security.segments, security) - rank;
            found.push(((security, system), weight));
        }
    }
}
