//! Of all matches between the segments of two channels, the chain of those that fit together and
//! have the greatest score.

use super::matching::Pair;
use crate::timeline::channel::segments::Segment;
use std::collections::{BTreeMap, HashMap};

/// A score of at least this much is as good as a proof; less is a hint.
pub(super) const PROOF: i64 = 50;

/// A score of at most this is that of a clock that runs within another one, with what the ends weigh: no more than
/// a hint.
const HINT: i64 = 18;

/// What one point of a hint counts, where a further hint of the same two boots counts 1, however many segments a
/// boot is cut into. A point of anything more than a hint counts as much again: hints only decide between chains
/// that are equal else.
const POINT: i64 = 1 << 16;

/// What a match counts in a chain.
fn worth(score: i64) -> i64 {
    if score <= HINT { score * POINT } else { score * POINT * POINT }
}

/// A link of the chain: its score with that of all links before it, and the link before it.
#[derive(Clone, Copy)]
struct Link {
    pair: Pair,
    score: i64,
    before: Option<usize>,
}

/// The chain with the greatest score that the order of both channels allows. One segment may be
/// matched with several of the other channel, as long as no boot begins among these.
pub(super) fn best_chain(
    scores: &BTreeMap<Pair, i64>,
    security: &[Segment],
    system: &[Segment],
) -> Vec<Pair> {
    let begun =
        |segments: &[Segment], at: usize| segments.get(at).map_or(0, |segment| segment.begun);
    let mut links: Vec<Link> = Vec::with_capacity(scores.len());
    let better = |links: &[Link], one: Option<usize>, other: Option<usize>| {
        let score = |link: Option<usize>| link.and_then(|at| links.get(at)).map(|l| l.score);
        if score(other) > score(one) { other } else { one }
    };
    // The best link by segment of System, over the pairs of earlier segments of Security.
    let mut earlier = Prefixes::new(system.len());
    let mut same_system: HashMap<(usize, usize), usize> = HashMap::new();
    let mut same_security: HashMap<(usize, usize), usize> = HashMap::new();
    let mut settled = 0;
    for (&(one, other), &score) in scores {
        while let Some(link) = links.get(settled).filter(|link| link.pair.0 < one) {
            let place = link.pair.1;
            earlier.offer(place, settled, |a, b| better(&links, a, b));
            settled += 1;
        }
        let group = (begun(security, one), other);
        let own = (one, begun(system, other));
        let before = earlier.best(other, |a, b| better(&links, a, b));
        let same =
            better(&links, same_system.get(&group).copied(), same_security.get(&own).copied());
        let sum = |at: Option<usize>| at.and_then(|at| links.get(at)).map_or(0, |link| link.score);
        let further = if score < PROOF { 1 } else { worth(score) };
        let (new, known) = (sum(before) + worth(score), same.map_or(0, |_| sum(same) + further));
        let (score, before) = if known > new { (known, same) } else { (new, before) };
        let at = links.len();
        links.push(Link { pair: (one, other), score, before });
        for (known, key) in [(&mut same_system, group), (&mut same_security, own)] {
            let best = better(&links, known.get(&key).copied(), Some(at));
            known.insert(key, best.unwrap_or(at));
        }
    }
    let best = (0..links.len()).fold(None, |best, at| better(&links, best, Some(at)));
    let mut chain = Vec::new();
    let mut at = best;
    while let Some(link) = at.and_then(|at| links.get(at)) {
        chain.push(link.pair);
        at = link.before;
    }
    chain.reverse();
    chain
}

/// The best item of every prefix (a Fenwick tree): an offer and a question each cost the logarithm
/// of its length.
struct Prefixes(Vec<Option<usize>>);

impl Prefixes {
    fn new(length: usize) -> Prefixes {
        Prefixes(vec![None; length + 1])
    }

    fn offer(
        &mut self,
        place: usize,
        item: usize,
        better: impl Fn(Option<usize>, Option<usize>) -> Option<usize>,
    ) {
        let mut at = place + 1;
        while let Some(slot) = self.0.get_mut(at) {
            *slot = better(*slot, Some(item));
            at += at & at.wrapping_neg();
        }
    }

    /// The best at a place before `end`.
    fn best(
        &self,
        end: usize,
        better: impl Fn(Option<usize>, Option<usize>) -> Option<usize>,
    ) -> Option<usize> {
        let mut best = None;
        let mut at = end;
        while at > 0 {
            best = better(best, self.0.get(at).copied().flatten());
            at &= at - 1;
        }
        best
    }
}
