//! Disjoint sets of numbers (union-find), with a note of which sets contradict each other.

use std::collections::{BTreeMap, BTreeSet};

/// The numbers from 0 on, each of which is in one set.
pub(super) struct Sets {
    parent: Vec<usize>,
    /// For the root of each set, the numbers that contradict one of its numbers.
    against: Vec<BTreeSet<usize>>,
}

impl Sets {
    /// Puts each of the numbers below `count` into a set of its own.
    pub(super) fn of(count: usize) -> Sets {
        Sets { parent: (0..count).collect(), against: vec![BTreeSet::new(); count] }
    }

    /// The number that represents the set of this one: the lowest number of the set.
    pub(super) fn root(&self, number: usize) -> usize {
        let mut at = number;
        while let Some(&above) = self.parent.get(at).filter(|above| **above != at) {
            at = above;
        }
        at
    }

    /// Joins the sets of two numbers.
    pub(super) fn unite(&mut self, a: usize, b: usize) {
        let (a_root, b_root) = (self.root(a), self.root(b));
        let (low, high) = (a_root.min(b_root), a_root.max(b_root));
        // Paths stay short if both numbers point to the root directly.
        for number in [a, b, high] {
            if let Some(parent) = self.parent.get_mut(number) {
                *parent = low;
            }
        }
        if low == high {
            return;
        }
        let mut others = self.against.get_mut(high).map(std::mem::take).unwrap_or_default();
        if let Some(against) = self.against.get_mut(low) {
            if against.len() < others.len() {
                std::mem::swap(against, &mut others);
            }
            against.append(&mut others);
        }
    }

    /// Notes that two numbers contradict each other.
    pub(super) fn contradict(&mut self, a: usize, b: usize) {
        for (one, other) in [(a, b), (b, a)] {
            let root = self.root(one);
            if let Some(against) = self.against.get_mut(root) {
                against.insert(other);
            }
        }
    }

    /// Does anything contradict the set of this number?
    pub(super) fn is_contradicted(&self, number: usize) -> bool {
        self.against.get(self.root(number)).is_some_and(|against| !against.is_empty())
    }

    /// Do the sets of two numbers contradict each other?
    pub(super) fn are_contradictory(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        let (Some(of_a), Some(of_b)) = (self.against.get(a), self.against.get(b)) else {
            return false;
        };
        let (fewer, other) = if of_a.len() <= of_b.len() { (of_a, b) } else { (of_b, a) };
        fewer.iter().any(|number| self.root(*number) == other)
    }

    /// Splits a list by the sets of its indices.
    pub(super) fn split<T>(&self, all: Vec<T>) -> Vec<Vec<T>> {
        let mut split: BTreeMap<usize, Vec<T>> = BTreeMap::new();
        for (number, one) in all.into_iter().enumerate() {
            split.entry(self.root(number)).or_default().push(one);
        }
        split.into_values().collect()
    }

    /// Joins the sets that are contradicted by the same other sets.
    pub(super) fn unite_by_contradictions(&mut self) {
        let mut alike: BTreeMap<BTreeSet<usize>, Vec<usize>> = BTreeMap::new();
        for number in (0..self.parent.len()).filter(|number| self.root(*number) == *number) {
            let against = self.against.get(number).into_iter().flatten();
            let against = against.map(|other| self.root(*other)).collect();
            alike.entry(against).or_default().push(number);
        }
        for sets in alike.values() {
            for (one, other) in sets.iter().zip(sets.iter().skip(1)) {
                self.unite(*one, *other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_united_by_what_contradicts_them() {
        let mut sets = Sets::of(7);
        // 0 and 4 are contradicted by the set of 1 and 2, and 3 by 5; nothing contradicts 6.
        sets.unite(2, 1);
        sets.contradict(0, 1);
        sets.contradict(2, 4);
        sets.contradict(3, 5);
        assert!(sets.are_contradictory(0, 2) && sets.are_contradictory(1, 4));
        assert!(!sets.are_contradictory(0, 4) && !sets.are_contradictory(0, 3));
        assert!(sets.is_contradicted(5) && !sets.is_contradicted(6));
        sets.unite_by_contradictions();
        let split = sets.split(vec!['a', 'b', 'c', 'd', 'e', 'f', 'g']);
        let split: Vec<String> = split.into_iter().map(|set| set.into_iter().collect()).collect();
        assert_eq!(split, ["ae", "bc", "d", "f", "g"]);
    }

    #[test]
    fn what_contradicts_a_set_stays_when_it_grows() {
        let mut sets = Sets::of(4);
        sets.contradict(3, 0);
        sets.unite(1, 3);
        sets.unite(0, 2);
        assert!(sets.are_contradictory(1, 2));
        assert_eq!((sets.root(3), sets.root(2)), (1, 0));
    }
}
