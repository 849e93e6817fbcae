//! # Security within the clock of System
//!
//! - Rule: a segment of Security without a start of LSASS is of a boot of System within whose clock
//!   its own clock runs: a hint, no proof. The last of several such boots weighs most. A segment
//!   continues the boot before it, unless that had ended, or another boot began meanwhile.
//! - Weight: at most 12; half where nobody knows since when the clock of System ran.
//! - Held by: `what_has_no_start_goes_before_what_has`, `a_clock_set_forward_reads_on`.

use super::{ClockReadings, Combine, MatchRule, Pair, clock_weight};
use crate::timeline::boots::boot_times::TimedChannels;

pub(super) const RULE: MatchRule = MatchRule {
    name: "clock-of-system",
    weight: 12,
    seen: "every boot of a real host whose 4608 is hidden",
    held_by: "a_clock_set_forward_reads_on",
    combine: Combine::Best,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let clocks = ClockReadings::of(&channels.system_times);
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
