//! Which boots in Security and which boots in System are the same.
//!
//! Input: both channels as segments. Output: an [`Alignment`]: all boots in order, and the boot of
//! each segment.
//!
//! Times alone cannot decide this, because the clock is often wrong while a computer starts.
//! Therefore all rules in [`matching`] give scores to pairs of segments, and
//! [`best_chain`](super::best_chain) chooses the pairs with the highest sum of scores that keep the
//! record order of both channels. [`unmatched`] then assigns the segments without a pair to a
//! position between the pairs.

use super::best_chain::best_chain;
use super::boot_times;
use super::doubtful::DoubtfulSegments;
use super::matching;
use super::timed_channels::TimedChannels;
use super::unmatched::{self, Alignment};
use crate::timeline::channel::ChannelView;
use crate::timeline::channel::security_start::SecurityStart;
use crate::timeline::channel::system_start::SystemBoot;

/// Aligns the segments of Security with those of System.
pub(super) fn align(
    security: &ChannelView<'_, SecurityStart>,
    system: &ChannelView<'_, SystemBoot>,
) -> Alignment {
    // If one channel has no records, there is nothing to compare.
    if security.segments.is_empty() || system.segments.is_empty() {
        let channels = TimedChannels {
            security,
            system,
            security_times: Vec::new(),
            system_times: Vec::new(),
        };
        return unmatched::order_boots(&channels, &[], DoubtfulSegments::default());
    }
    let security_times = boot_times::of_security(security);
    let system_times = boot_times::of_system(system);
    let channels = TimedChannels { security, system, security_times, system_times };
    let scores = matching::scores(&channels);
    let mut chain = best_chain(&scores, &security.segments, &system.segments);
    let mut doubtful = DoubtfulSegments::of(&chain, &scores, &channels);
    chain.extend(channels.matches_without_a_rule(&chain, &mut doubtful));
    chain.sort_unstable();
    unmatched::order_boots(&channels, &chain, doubtful)
}
