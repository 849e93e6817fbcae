//! Segments that nothing but the clock matches with a boot of the other channel, where it suggests another
//! boot as well: it was set back, so that the clocks of both boots read that time.

use super::best_chain::PROOF;
use super::boot_times::{BootTimes, TimedChannels};
use super::matching::Pair;
use crate::timeline::channel::segments::Segment;
use std::collections::{BTreeMap, BTreeSet};

/// The segments of both channels that may be of another boot than the one that they are matched with.
#[derive(Debug, Default)]
pub(super) struct Doubtful {
    pub(super) security: BTreeSet<usize>,
    pub(super) system: BTreeSet<usize>,
}

impl Doubtful {
    /// Of the chain that was chosen among the matches with these scores.
    pub(super) fn of(
        chain: &[Pair],
        scores: &BTreeMap<Pair, i64>,
        channels: &TimedChannels<'_>,
    ) -> Doubtful {
        let (security, system) = (&channels.security.segments, &channels.system.segments);
        let is_proof = |pair: &&Pair| scores.get(pair).is_some_and(|score| *score >= PROOF);
        let proofs: Vec<Pair> = chain.iter().filter(is_proof).copied().collect();
        let mut of_system: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &(one, other) in scores.keys() {
            of_system.entry(other).or_default().push(one);
        }
        let fits = |pair: Pair| fits(&proofs, pair);
        let mut doubtful = Doubtful::default();
        for &(one, other) in chain.iter().filter(|pair| !is_proof(pair)) {
            let is_rival = |at: &usize| is_another_boot(system, *at, other) && fits((one, *at));
            let mut rivals = scores.range((one, 0)..(one + 1, 0)).map(|((_, at), _)| at);
            if has_no_start(&channels.security_times, one) && rivals.any(is_rival) {
                doubtful.security.insert(one);
            }
            let is_rival = |at: &usize| is_another_boot(security, *at, one) && fits((*at, other));
            let mut rivals = of_system.get(&other).into_iter().flatten();
            if has_no_start(&channels.system_times, other) && rivals.any(is_rival) {
                doubtful.system.insert(other);
            }
        }
        doubtful
    }
}

/// Does no record say when the boot of this segment began?
fn has_no_start(times: &[BootTimes], at: usize) -> bool {
    times.get(at).is_some_and(|times| times.start.or(times.service).is_none())
}

/// Does a boot begin between these two segments of one channel?
fn is_another_boot(segments: &[Segment], one: usize, other: usize) -> bool {
    let begun = |at: usize| segments.get(at).map(|segment| segment.begun);
    begun(one) != begun(other)
}

/// Does the order of both channels allow this match together with those that are proven?
fn fits(proofs: &[Pair], (one, other): Pair) -> bool {
    let before = proofs.partition_point(|proof| proof.0 < one);
    let is_behind = |proof: &Pair| proof.1 <= other;
    let is_ahead = |proof: &Pair| proof.0 > one && proof.1 >= other;
    before.checked_sub(1).and_then(|at| proofs.get(at)).is_none_or(is_behind)
        && proofs.get(before).is_none_or(is_ahead)
}
