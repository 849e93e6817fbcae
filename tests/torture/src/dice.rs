//! Random numbers: the same for the same seed, or those that a fuzzer chose.

/// Gives numbers.
pub struct Dice<'a>(Source<'a>);

enum Source<'a> {
    /// `SplitMix64`.
    Seed(u64),
    /// Bytes of a fuzzer; zeros when they are used up.
    Bytes(&'a [u8]),
}

impl<'a> Dice<'a> {
    /// Numbers of a seed.
    pub fn seeded(seed: u64) -> Dice<'static> {
        Dice(Source::Seed(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)))
    }

    /// Numbers of a fuzzer.
    pub fn of(bytes: &'a [u8]) -> Dice<'a> {
        Dice(Source::Bytes(bytes))
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        match &mut self.0 {
            Source::Seed(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut n = *state;
                n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                n ^ (n >> 31)
            }
            Source::Bytes(bytes) => {
                let (now, rest) = bytes.split_at(bytes.len().min(4));
                *bytes = rest;
                now.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
            }
        }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit.max(1) as u64) as usize
    }

    /// Whether a chance of one in `n` comes.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn of_these<'s, T>(&mut self, choices: &'s [T]) -> &'s T {
        &choices[self.below(choices.len())]
    }

    /// A number that breaks bounds: small, large, near `size`, or any.
    pub fn odd_number(&mut self, size: usize) -> u64 {
        match self.below(6) {
            0 => self.below(4) as u64,
            1 => u64::MAX,
            2 => size as u64,
            3 => self.below(size) as u64,
            4 => 1 << self.below(64),
            _ => self.number(),
        }
    }

    /// Writes an odd number of 1, 2, 4 or 8 bytes at `at`.
    pub fn put_odd_number(&mut self, bytes: &mut [u8], at: usize) {
        let number = self.odd_number(bytes.len()).to_le_bytes();
        let width = *self.of_these(&[1, 2, 4, 8]);
        let end = bytes.len().min(at + width);
        if at < end {
            bytes[at..end].copy_from_slice(&number[..end - at]);
        }
    }

    /// Damages a file in one of the ways in which files are damaged.
    pub fn damage(&mut self, bytes: &mut [u8], at: usize) {
        let length = bytes.len();
        if length == 0 {
            return;
        }
        let at = at.min(length - 1);
        let end = (at + 1 + self.below(300)).min(length);
        match self.below(7) {
            0 | 1 => bytes[at] ^= 1 << self.below(8),
            2 => bytes[at] = *self.of_these(&[0, 1, 0x0c, 0x21, 0x7f, 0x80, 0xff]),
            3 => self.put_odd_number(bytes, at),
            4 => bytes[at..end].fill(0),
            5 => {
                let from = self.below(length - (end - at) + 1);
                bytes.copy_within(from..from + (end - at), at);
            }
            _ => bytes[at..end].fill(self.below(256) as u8),
        }
    }
}
