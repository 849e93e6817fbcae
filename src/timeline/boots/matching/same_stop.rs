//! # Same stop
//!
//! An 1100 in Security and a 6006 in System that report a stop of the event log service at the same
//! time are of one boot.

use super::{ByTime, Combine, MatchRule, Pair};
use crate::timeline::boots::timed_channels::TimedChannels;
use crate::timeline::timing::SAME_STOP;

pub(super) const RULE: MatchRule = MatchRule {
    name: "same-stop",
    weight: 60,
    seen: "within 2 s; legacy records may carry whole seconds",
    held_by: "one_stop_where_the_clock_shows_nothing",
    combine: Combine::AddEach,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let stops = ByTime::of(&channels.system_times, |times| times.stop);
    for (security, _, own) in channels.security_segments() {
        let window = own.stop.map(|stop| SAME_STOP.after(stop));
        for (_, system) in window.into_iter().flat_map(|window| stops.within(window)) {
            found.push(((security, system), RULE.weight));
        }
    }
}
