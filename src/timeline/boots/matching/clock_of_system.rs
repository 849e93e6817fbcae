//! # A segment of Security within the clock times of System
//!
//! A segment of Security without a start of LSASS belongs to a boot of System whose clock showed
//! all its times. This is only a hint. Of several such boots, the last one gets the highest weight.
//! The rule does not apply if the segment continues the boot before it, which has not ended, and no
//! other boot began in between. The weight is halved if the start of the boot in System is not
//! known.

use super::{BootClocks, Combine, MatchRule, Pair, clock_weight};
use crate::timeline::boots::timed_channels::TimedChannels;

pub(super) const RULE: MatchRule = MatchRule {
    name: "clock-of-system",
    weight: 12,
    seen: "every boot of a real host whose 4608 is hidden",
    held_by: "a_cleared_log_is_of_the_boot_whose_clock_showed_it",
    combine: Combine::Best,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let clocks = BootClocks::of(&channels.system_times);
    let segments = &channels.system.segments;
    for (security, segment, _) in channels.security_segments().filter(|(.., t)| t.start.is_none()) {
        let before = security.checked_sub(1).and_then(|at| channels.security.segments.get(at));
        let continued = before.filter(|before| segment.start.is_none() && before.stop.is_none());
        for (rank, system) in clocks.around(segment) {
            let begin = channels.system_times.get(system).and_then(|boot| boot.begin);
            let began_meanwhile =
                continued.is_none_or(|before| begin.is_some_and(|begin| begin > before.last));
            if began_meanwhile {
                let weight = clock_weight(RULE.weight, segments, system) - rank;
                found.push(((security, system), weight));
            }
        }
    }
}
