//! # System within the clock of Security
//!
//! - Rule: a segment of System without a start of a boot is of a boot of Security within whose clock
//!   its own clock runs: a hint, no proof. The last of several such boots weighs most.
//! - Weight: at most 12; half where nobody knows since when the clock of Security ran.
//! - Held by: `a_cleared_system_log_ends_the_boot_it_goes_on_in`.

use super::{ClockReadings, Combine, MatchRule, Pair, clock_weight};
use crate::timeline::boots::boot_times::TimedChannels;

pub(super) const RULE: MatchRule = MatchRule {
    name: "clock-of-security",
    weight: 12,
    seen: "System logs that begin within a boot",
    held_by: "system_begins_in_a_boot_that_security_lacks",
    combine: Combine::Best,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let clocks = ClockReadings::of(&channels.security_times);
    let segments = channels.system.segments.iter().enumerate();
    for (system, segment) in segments.filter(|(_, segment)| segment.start.is_none()) {
        for (rank, security) in clocks.around(segment) {
            let weight = clock_weight(RULE.weight, &channels.security.segments, security) - rank;
            found.push(((security, system), weight));
        }
    }
}
