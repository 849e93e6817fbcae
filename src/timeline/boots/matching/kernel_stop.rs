//! # Stop of the kernel after 1100
//!
//! If a boot has no 6006, its kernel stops right after the 1100 of Security. The next boot records
//! that stop as Kernel-General 13 and Kernel-Power 109.

use super::{ByTime, Combine, MatchRule, Pair};
use crate::timeline::boots::timed_channels::TimedChannels;
use crate::timeline::timing::KERNEL_STOP;

pub(super) const RULE: MatchRule = MatchRule {
    name: "kernel-stop",
    weight: 60,
    seen: "2 s before to 30 s after the 1100",
    held_by: "one_stop_of_a_kernel_where_the_clock_shows_nothing",
    combine: Combine::AddEach,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let stops = ByTime::of(&channels.system_times, |times| {
        times.kernel_stop.filter(|_| times.stop.is_none())
    });
    for (security, _, own) in channels.security_segments() {
        let window = own.stop.map(|stop| KERNEL_STOP.after(stop));
        for (_, system) in window.into_iter().flat_map(|window| stops.within(window)) {
            found.push(((security, system), RULE.weight));
        }
    }
}
