//! # Event log service after LSASS
//!
//! If a boot has no record of the start of its kernel, or if its kernel took long (for example to
//! check a disk), its event log service starts right after LSASS, by the clock at the start of LSASS
//! or by the corrected clock. The kernel, by its record or by the uptime that the service recorded,
//! must not have started after LSASS. The better one of the two clocks counts.

use super::{ByTime, Combine, MatchRule, Pair, nearness};
use crate::model::Timestamp;
use crate::timeline::boots::timed_channels::TimedChannels;
use crate::timeline::timing::{BOOT_SEQUENCE, SLOW_START};

pub(super) const RULE: MatchRule = MatchRule {
    name: "service-after-lsass",
    weight: 50,
    seen: "54 s, 244 s on a slow host",
    held_by: "lsass_by_the_corrected_clock",
    combine: Combine::Best,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let far_from_kernel = ByTime::of(&channels.system_times, |times| {
        let is_near = |service: Timestamp, kernel| BOOT_SEQUENCE.contains(service.since(kernel));
        let service = times.service_start?;
        let is_far = times.start.is_none_or(|kernel| !is_near(service, kernel));
        is_far.then_some(service)
    });
    for (security, _, own) in channels.security_segments() {
        for lsass in [own.start, own.lsass_by_corrected_clock].into_iter().flatten() {
            let near = far_from_kernel.within(BOOT_SEQUENCE.after(lsass));
            let is_after_kernel = |system: usize| {
                let Some(boot) = channels.system_times.get(system) else { return false };
                let kernel = boot.start.or(boot.start_by_uptime);
                kernel.is_none_or(|kernel| SLOW_START.contains(lsass.since(kernel)))
            };
            for (service, system) in near.filter(|(_, system)| is_after_kernel(*system)) {
                found.push(((security, system), nearness(RULE.weight, service.since(lsass))));
            }
        }
    }
}
