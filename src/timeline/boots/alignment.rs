//! Aligns the boots seen in Security with those seen in System.
//!
//! Time alone never matches them: clocks are wrong at boot. Of all ways to match the segments of
//! Security with those of System, each in record order, the one with the best score counts
//! ([`matching`], [`best_chain`](super::best_chain)). The segments that no match holds are placed
//! between those that one does ([`unmatched`]).

use super::best_chain::best_chain;
use super::boot_times::{self, TimedChannels};
use super::matching;
use super::rivals::Doubtful;
use super::unmatched::{self, Alignment};
use crate::timeline::channel::ChannelView;
use crate::timeline::channel::start_marks::SecurityStart;
use crate::timeline::channel::system_boots::SystemBoot;

/// Aligns Security with System.
pub(super) fn align(
    security: &ChannelView<'_, SecurityStart>,
    system: &ChannelView<'_, SystemBoot>,
) -> Alignment {
    // Where one channel is absent, there is nothing to weigh.
    if security.segments.is_empty() || system.segments.is_empty() {
        let channels = TimedChannels {
            security,
            system,
            security_times: Vec::new(),
            system_times: Vec::new(),
        };
        return unmatched::place(&channels, &[], Doubtful::default());
    }
    let security_times = boot_times::of_security(security);
    let system_times = boot_times::of_system(system);
    let channels = TimedChannels { security, system, security_times, system_times };
    let scores = matching::scores(&channels);
    let mut chain = best_chain(&scores, &security.segments, &system.segments);
    let mut doubtful = Doubtful::of(&chain, &scores, &channels);
    chain.extend(channels.lone_matches(&chain, &mut doubtful));
    chain.sort_unstable();
    unmatched::place(&channels, &chain, doubtful)
}
