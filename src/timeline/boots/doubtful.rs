//! Which matched segments may belong to another boot than the one that they were matched with.
//!
//! Input: the chain of matches, and the scores of all pairs. Output: [`DoubtfulSegments`]. A
//! segment is doubtful if only the clock matches it, and another boot, which the order of the
//! records also allows, is suggested by the clock too. That happens if the clock was set back, so
//! that it showed the same times in two boots.

use super::best_chain::PROOF;
use super::boot_times::BootTimes;
use super::matching::Pair;
use super::timed_channels::TimedChannels;
use crate::timeline::channel::segments::Segment;
use std::collections::{BTreeMap, BTreeSet};

/// The segments of both channels that may belong to another boot than the one that they are matched
/// with.
#[derive(Debug, Default)]
pub(super) struct DoubtfulSegments {
    pub(super) security: BTreeSet<usize>,
    pub(super) system: BTreeSet<usize>,
}

impl DoubtfulSegments {
    /// Finds the doubtful segments of the chain that was chosen among the matches with these
    /// scores.
    pub(super) fn of(
        chain: &[Pair],
        scores: &BTreeMap<Pair, i64>,
        channels: &TimedChannels<'_>,
    ) -> DoubtfulSegments {
        let (security, system) = (&channels.security.segments, &channels.system.segments);
        let is_proof = |pair: &&Pair| scores.get(pair).is_some_and(|score| *score >= PROOF);
        let proofs: Vec<Pair> = chain.iter().filter(is_proof).copied().collect();
        let mut of_system: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &(one, other) in scores.keys() {
            of_system.entry(other).or_default().push(one);
        }
        let fits = |pair: Pair| fits(&proofs, pair);
        let mut doubtful = DoubtfulSegments::default();
        for &(one, other) in chain.iter().filter(|pair| !is_proof(pair)) {
            let is_other = |at: &usize| is_another_boot(system, *at, other) && fits((one, *at));
            let mut others = scores.range((one, 0)..(one + 1, 0)).map(|((_, at), _)| at);
            if has_no_start(&channels.security_times, one) && others.any(is_other) {
                doubtful.security.insert(one);
            }
            let is_other = |at: &usize| is_another_boot(security, *at, one) && fits((*at, other));
            let mut others = of_system.get(&other).into_iter().flatten();
            if has_no_start(&channels.system_times, other) && others.any(is_other) {
                doubtful.system.insert(other);
            }
        }
        doubtful
    }
}

/// Is there no record that says when the boot of this segment began?
fn has_no_start(times: &[BootTimes], at: usize) -> bool {
    times.get(at).is_some_and(|times| times.start.or(times.service_start).is_none())
}

/// Does a boot begin between these two segments of one channel?
fn is_another_boot(segments: &[Segment], one: usize, other: usize) -> bool {
    let begun = |at: usize| segments.get(at).map(|segment| segment.boots_begun);
    begun(one) != begun(other)
}

/// Does the record order of both channels allow this match together with the proven ones?
fn fits(proofs: &[Pair], (one, other): Pair) -> bool {
    let before = proofs.partition_point(|proof| proof.0 < one);
    let is_behind = |proof: &Pair| proof.1 <= other;
    let is_ahead = |proof: &Pair| proof.0 > one && proof.1 >= other;
    before.checked_sub(1).and_then(|at| proofs.get(at)).is_none_or(is_behind)
        && proofs.get(before).is_none_or(is_ahead)
}
