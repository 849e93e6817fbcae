//! Chooses the pairs of segments that together are the best alignment of Security and System.
//!
//! Input: the match score of each pair (a segment of Security, a segment of System). Output: the
//! chain, which is the sequence of pairs that fit together and have the highest sum of scores. Two
//! pairs fit together if the record order of both channels allows them: when one pair comes later
//! in Security, it does not come earlier in System.
//!
//! Example, in which each segment begins a boot: the pairs (0, 0), (0, 1) and (1, 1) have the
//! scores 50, 40 and 60. The chain is (0, 0), (1, 1).

use super::matching::Pair;
use crate::timeline::channel::segments::Segment;
use std::collections::{BTreeMap, HashMap};

/// A score of at least this much counts as proof. A lower score is only a hint.
pub(super) const PROOF: i64 = 50;

/// Up to this score a match is the weakest kind of hint: only the clock suggests it, with what the
/// ends of the boots add.
const WEAKEST_HINT: i64 = 18;

/// The value of one point of a hint. A further hint for the same two boots only adds 1, so that a
/// boot with many segments has no advantage. A point of any score above [`WEAKEST_HINT`] is worth `POINT` times
/// more, so that the weakest hints decide only between chains that are otherwise equal.
const POINT: i64 = 1 << 16;

/// How much a match adds to the value of a chain.
fn worth(score: i64) -> i64 {
    if score <= WEAKEST_HINT { score * POINT } else { score * POINT * POINT }
}

/// A link of a chain: a pair, the sum of the scores up to it, and the link before it.
#[derive(Clone, Copy)]
struct Link {
    pair: Pair,
    score: i64,
    before: Option<usize>,
}

/// The chain with the highest sum of scores. A segment may be matched with several segments of the
/// other channel, if no boot begins between these.
pub(super) fn best_chain(
    scores: &BTreeMap<Pair, i64>,
    security: &[Segment],
    system: &[Segment],
) -> Vec<Pair> {
    let begun =
        |segments: &[Segment], at: usize| segments.get(at).map_or(0, |segment| segment.boots_begun);
    let mut links: Vec<Link> = Vec::with_capacity(scores.len());
    let better = |links: &[Link], one: Option<usize>, other: Option<usize>| {
        let score = |link: Option<usize>| link.and_then(|at| links.get(at)).map(|l| l.score);
        if score(other) > score(one) { other } else { one }
    };
    // The best link for each segment of System, among the pairs of earlier segments of Security.
    let mut earlier = Prefixes::new(system.len());
    let mut same_system: HashMap<(usize, usize), usize> = HashMap::new();
    let mut same_security: HashMap<(usize, usize), usize> = HashMap::new();
    let mut settled = 0;
    for (&(one, other), &score) in scores {
        while let Some(link) = links.get(settled).filter(|link| link.pair.0 < one) {
            let position = link.pair.1;
            earlier.offer(position, settled, |a, b| better(&links, a, b));
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

/// The best item among the first *n* positions, for every *n*. It is a Fenwick tree, so that adding
/// an item and asking for the best one both take logarithmic time.
struct Prefixes(Vec<Option<usize>>);

impl Prefixes {
    fn new(length: usize) -> Prefixes {
        Prefixes(vec![None; length + 1])
    }

    /// Adds an item at a position; `better` returns the better one of two items.
    fn offer(
        &mut self,
        position: usize,
        item: usize,
        better: impl Fn(Option<usize>, Option<usize>) -> Option<usize>,
    ) {
        let mut at = position + 1;
        while let Some(slot) = self.0.get_mut(at) {
            *slot = better(*slot, Some(item));
            at += at & at.wrapping_neg();
        }
    }

    /// The best item at a position before `end`.
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
