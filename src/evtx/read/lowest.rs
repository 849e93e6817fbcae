//! The values with the lowest keys, in whatever order all of them come: the fast reader and the crate read
//! the records of a chunk in turns.

/// Up to `N` values with the lowest keys, in the order of these.
#[derive(Debug)]
pub(super) struct Lowest<K, V, const N: usize>(Vec<(K, V)>);

impl<K, V, const N: usize> Default for Lowest<K, V, N> {
    fn default() -> Lowest<K, V, N> {
        Lowest(Vec::new())
    }
}

impl<K: Ord, V, const N: usize> Lowest<K, V, N> {
    /// Adds a value, which is made only if it has a place. Of values with one key the first have theirs.
    /// Returns the key that has none.
    pub(super) fn add(&mut self, key: K, make: impl FnOnce() -> V) -> Option<K> {
        let place = self.0.partition_point(|(known, _)| *known <= key);
        if place >= N {
            return Some(key);
        }
        self.0.insert(place, (key, make()));
        if self.0.len() > N { self.0.pop().map(|(key, _)| key) } else { None }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }

    /// The keys and the values in the order of the keys.
    pub(super) fn into_iter(self) -> impl Iterator<Item = (K, V)> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_stay_and_of_equal_ones_the_first() {
        let mut lowest = Lowest::<u32, char, 3>::default();
        assert_eq!(lowest.add(5, || 'a'), None);
        assert_eq!(lowest.add(7, || 'b'), None);
        assert_eq!(lowest.add(5, || 'c'), None);
        assert_eq!(lowest.add(7, || unreachable!()), Some(7));
        assert_eq!(lowest.add(1, || 'd'), Some(7));
        assert_eq!(lowest.add(1, || 'e'), Some(5));
        let expected = [(1, 'd'), (1, 'e'), (5, 'a')];
        assert!(lowest.into_iter().eq(expected));
    }
}
