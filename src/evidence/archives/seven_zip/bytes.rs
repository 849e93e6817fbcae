//! The numbers of a 7z header, read one after the other.

use crate::evidence::bytes::{slice_at, to_index};
use crate::evidence::limits;
use crate::evidence::read_at::damaged;
use std::io;

/// The bytes of a header that were not read yet.
pub(super) struct HeaderBytes<'a>(pub(super) &'a [u8]);

impl<'a> HeaderBytes<'a> {
    /// The next bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub(super) fn take(&mut self, count: u64) -> io::Result<&'a [u8]> {
        let count = to_index(count);
        let taken = slice_at(self.0, 0, count).ok_or_else(cut)?;
        self.0 = self.0.get(count..).unwrap_or_default();
        Ok(taken)
    }

    /// # Errors
    /// When the header ends before.
    pub(super) fn byte(&mut self) -> io::Result<u8> {
        self.take(1)?.first().copied().ok_or_else(cut)
    }

    /// # Errors
    /// When the header ends before.
    pub(super) fn u32(&mut self) -> io::Result<u32> {
        let bytes = self.take(4)?.first_chunk().copied().ok_or_else(cut)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// A number of one to nine bytes: the bits of the first say how many follow, and are its highest.
    ///
    /// # Errors
    /// When the header ends before.
    pub(super) fn number(&mut self) -> io::Result<u64> {
        let first = self.byte()?;
        let following = first.leading_ones();
        let mut number = 0;
        for (at, byte) in self.take(following.into())?.iter().enumerate() {
            number |= u64::from(*byte) << (8 * at);
        }
        let high = u64::from(first) & (0x7f_u64 >> following);
        Ok(high.checked_shl(8 * following).unwrap_or(0) | number)
    }

    /// A number of things that take at least a byte each, or that have a limit.
    ///
    /// # Errors
    /// When there cannot be so many.
    pub(super) fn count(&mut self, limit: u64) -> io::Result<u64> {
        let count = self.number()?;
        if count > limit {
            return Err(damaged(format!("{count} things in its list cannot be right")));
        }
        Ok(count)
    }

    /// So many bits, the highest of each byte first.
    ///
    /// # Errors
    /// When the header ends before.
    pub(super) fn bits(&mut self, count: u64) -> io::Result<Vec<bool>> {
        let bytes = self.take(count.div_ceil(8))?;
        let bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte << bit & 0x80 != 0));
        Ok(bits.take(to_index(count)).collect())
    }

    /// Checksums of so many things, as far as they have one.
    ///
    /// # Errors
    /// When the header ends before.
    pub(super) fn checksums(&mut self, count: u64) -> io::Result<Vec<Option<u32>>> {
        let has_all = self.byte()? != 0;
        if has_all && count > limits::SEVEN_ZIP_FILES {
            return Err(cut());
        }
        let defined = if has_all { vec![true; to_index(count)] } else { self.bits(count)? };
        defined.into_iter().map(|has| has.then(|| self.u32()).transpose()).collect()
    }
}

/// The error of a header that ends too early.
pub(super) fn cut() -> io::Error {
    damaged("its list of files is cut short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        for (bytes, number) in [
            (&[0x7f][..], 0x7f),
            (&[0x80, 0x80], 0x80),
            (&[0xbf, 0xff], 0x3fff),
            (&[0xc1, 2, 3], 0x1_0302),
            (&[0xff, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201),
            (&[0xfe, 1, 2, 3, 4, 5, 6, 7], 0x0007_0605_0403_0201),
        ] {
            assert_eq!(HeaderBytes(bytes).number().unwrap(), number);
        }
        assert!(HeaderBytes(&[0xff, 1]).number().is_err());
        assert!(HeaderBytes(&[]).number().is_err());
        assert_eq!(HeaderBytes(&[0b1010_0000]).bits(3).unwrap(), [true, false, true]);
        assert!(HeaderBytes(&[1]).checksums(u64::MAX).is_err());
    }
}
