//! # Same clock step
//!
//! A 4616 in Security and a Kernel-General 1 in System that set the clock to the same time report
//! one change, so they are of one boot. Several such changes weigh as much as one.

use super::{ByTime, Combine, MatchRule, Pair};
use crate::timeline::boots::timed_channels::TimedChannels;
use crate::timeline::timing::SAME_CLOCK_STEP;

pub(super) const RULE: MatchRule = MatchRule {
    name: "same-clock-step",
    weight: 50,
    seen: "the same time, exactly; 1 s is allowed because version 0 of 4616 gives whole seconds",
    held_by: "one_clock_step_where_the_clock_shows_nothing",
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
