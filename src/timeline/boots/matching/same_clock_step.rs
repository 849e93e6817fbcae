//! # Same clock step
//!
//! - Rule: 4616 in Security and Kernel-General 1 in System that set the clock to the same reading
//!   report one change, which happened in one boot. Several such changes weigh as much as one.
//! - Weight: 50.
//! - Seen: the same reading to the tick; 1 s is allowed for the text of 4616 version 0.
//! - Held by: `one_step_where_the_clock_says_nothing`.

use super::{ByTime, Combine, MatchRule, Pair};
use crate::timeline::boots::boot_times::TimedChannels;
use crate::timeline::timing::SAME_CLOCK_STEP;

pub(super) const RULE: MatchRule = MatchRule {
    name: "same-clock-step",
    weight: 50,
    seen: "the same reading; version 0 of 4616 gives whole seconds",
    held_by: "one_step_where_the_clock_says_nothing",
    combine: Combine::AddOnce,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let segments = channels.system.segments.iter().enumerate();
    let sets =
        segments.flat_map(|(at, segment)| segment.clock_sets.iter().map(move |set| (set.to, at)));
    let sets = ByTime::new(sets);
    for (security, segment, _) in channels.security_segments() {
        for set in &segment.clock_sets {
            for (_, system) in sets.within(SAME_CLOCK_STEP.after(set.to)) {
                found.push(((security, system), RULE.weight));
            }
        }
    }
}
