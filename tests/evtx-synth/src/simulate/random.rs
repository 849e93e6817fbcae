//! Random numbers that a seed determines: SplitMix64.

use std::ops::RangeInclusive;

/// A generator of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A random number of the range.
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.next() % (range.end() - range.start() + 1)
    }

    /// True in this many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// A random item of the list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let length = u64::try_from(list.len()).expect("64 bits");
        &list[usize::try_from(self.next() % length).expect("an index")]
    }

    /// A random number of the range, as an index or a count.
    pub fn count(&mut self, range: RangeInclusive<usize>) -> usize {
        let wide = |number: usize| u64::try_from(number).expect("64 bits");
        let number = self.within(wide(*range.start())..=wide(*range.end()));
        usize::try_from(number).expect("within the range")
    }
}
