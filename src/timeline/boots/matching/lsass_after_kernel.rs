//! # LSASS after the kernel
//!
//! LSASS starts right after the kernel of its boot. The closer the two are, the higher is the
//! weight. The rule does not apply if the event log service, which starts after LSASS, had started
//! before it by the same clock, or if LSASS started after the clock was corrected.

use super::{ByTime, Combine, MatchRule, Pair, nearness};
use crate::timeline::boots::timed_channels::TimedChannels;
use crate::timeline::timing::BOOT_SEQUENCE;

pub(super) const RULE: MatchRule = MatchRule {
    name: "lsass-after-kernel",
    weight: 50,
    seen: "0.5 to 20 s, 54 s, 244 s on a slow host",
    held_by: "of_two_kernels_the_nearest_is_that_of_lsass",
    combine: Combine::AddEach,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let kernels = ByTime::of(&channels.system_times, |times| times.start);
    for (security, _, own) in channels.security_segments() {
        let Some(lsass) = own.start else { continue };
        for (kernel, system) in kernels.within(BOOT_SEQUENCE.before(lsass)) {
            let Some(boot) = channels.system_times.get(system) else { continue };
            let service_first = boot.service_start.is_some_and(|service| {
                service >= kernel && lsass.since(service) > BOOT_SEQUENCE.tolerance()
            });
            let clock_was_corrected = boot.wrong_until.is_some_and(|until| lsass > until);
            if !clock_was_corrected && !service_first {
                found.push(((security, system), nearness(RULE.weight, lsass.since(kernel))));
            }
        }
    }
}
