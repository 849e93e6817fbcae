//! Of many ties between the pieces of two logs, those that go together and weigh most.

use crate::timeline::channel::segments::Piece;
use std::collections::{BTreeMap, HashMap};

/// A link of the chain: what it weighs with all before it, and the one before it.
#[derive(Clone, Copy)]
struct Link {
    tie: (usize, usize),
    weight: i64,
    before: Option<usize>,
}

/// The heaviest chain of ties that the order of both channels allows. One piece may hold several
/// of the other channel, as long as no boot begins among these.
pub(crate) fn heaviest(
    weights: &BTreeMap<(usize, usize), i64>,
    security: &[Piece],
    system: &[Piece],
) -> Vec<(usize, usize)> {
    let begun = |pieces: &[Piece], at: usize| pieces.get(at).map_or(0, |piece| piece.begun);
    let mut links: Vec<Link> = Vec::with_capacity(weights.len());
    let heavier = |links: &[Link], one: Option<usize>, other: Option<usize>| {
        let weight = |link: Option<usize>| link.and_then(|at| links.get(at)).map(|l| l.weight);
        if weight(other) > weight(one) { other } else { one }
    };
    // Heaviest link by System's piece, over the ties of earlier pieces of Security.
    let mut earlier = Prefixes::new(system.len());
    let mut same_system: HashMap<(usize, usize), usize> = HashMap::new();
    let mut same_security: HashMap<(usize, usize), usize> = HashMap::new();
    let mut settled = 0;
    for (&(one, other), &weight) in weights {
        while let Some(link) = links.get(settled).filter(|link| link.tie.0 < one) {
            let place = link.tie.1;
            earlier.offer(place, settled, |a, b| heavier(&links, a, b));
            settled += 1;
        }
        let group = (begun(security, one), other);
        let own = (one, begun(system, other));
        let mut before = earlier.best(other, |a, b| heavier(&links, a, b));
        before = heavier(&links, before, same_system.get(&group).copied());
        before = heavier(&links, before, same_security.get(&own).copied());
        let sum = before.and_then(|at| links.get(at)).map_or(0, |link| link.weight);
        let at = links.len();
        links.push(Link { tie: (one, other), weight: sum + weight, before });
        for (known, key) in [(&mut same_system, group), (&mut same_security, own)] {
            let best = heavier(&links, known.get(&key).copied(), Some(at));
            known.insert(key, best.unwrap_or(at));
        }
    }
    let best = (0..links.len()).fold(None, |best, at| heavier(&links, best, Some(at)));
    let mut chain = Vec::new();
    let mut at = best;
    while let Some(link) = at.and_then(|at| links.get(at)) {
        chain.push(link.tie);
        at = link.before;
    }
    chain.reverse();
    chain
}

/// Best of every prefix (a Fenwick tree): offers and questions cost the logarithm of its length.
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
