//! # Same clock step
//!
//! - Rule: 4616 in Security and Kernel-General 1 in System that set the clock to the same reading
//!   report one change, which happened in one boot. Several such changes weigh as much as one. Two starts
//!   soon after which the clock was set to other readings are of two boots.
//! - Weight: 50.
//! - Seen: the same reading to the tick; 1 s is allowed for the text of 4616 version 0.
//! - Held by: `one_step_where_the_clock_says_nothing`.

use super::{ByTime, Combine, MatchRule, Pair};
use crate::model::Timestamp;
use crate::timeline::boots::boot_times::TimedChannels;
use crate::timeline::channel::segments::Segment;
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

/// Was the clock set soon after both of these starts, and each time to another reading? Both channels record
/// each step: then they are of two boots, although a dead clock read the same at the start of both.
pub(super) fn contradicts(one: &Segment, other: &Segment) -> bool {
    let is_same = |to: Timestamp| {
        other.early_readings().any(|reading| SAME_CLOCK_STEP.contains(reading.since(to)))
    };
    let mut own = one.early_readings().peekable();
    own.peek().is_some() && other.early_readings().next().is_some() && !own.any(is_same)
}
