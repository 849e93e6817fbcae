//! Numbers and text at any position of bytes out of evidence. Nothing here panics, and nothing reads
//! from a file.
//!
//! There are two families. Those that return an `Option` are for positions that the evidence itself
//! names: `None` means that the bytes end before. [`le16`], [`be32`], [`array_or_zeros`] and the
//! like are for headers of a fixed length, which were read as a whole: what lies beyond is zero.

/// `N` bytes at `at`; `None` when the bytes end before.
#[inline]
pub(crate) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Little-endian 16-bit number at `at`; `None` when the bytes end before.
#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

/// Little-endian 32-bit number at `at`; `None` when the bytes end before.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

/// Little-endian 64-bit number at `at`; `None` when the bytes end before.
#[inline]
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array_at(bytes, at).map(u64::from_le_bytes)
}

/// `count` bytes from `at`; `None` when the bytes end before.
#[inline]
pub(crate) fn slice_at(bytes: &[u8], at: usize, count: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(count)?)
}

/// Are all bytes zero? They are compared many at a time: half of a log may be blank.
pub(crate) fn are_zero(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().all(|block| *block == [0; 64]) && rest.iter().all(|byte| *byte == 0)
}

/// `N` bytes of a header at `at`; zeros when the header ends before.
pub(crate) fn array_or_zeros<const N: usize>(header: &[u8], at: usize) -> [u8; N] {
    array_at(header, at).unwrap_or([0; N])
}

/// Little-endian 16-bit number of a header; 0 when the header ends before.
pub(crate) fn le16(header: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_or_zeros(header, at))
}

/// Little-endian 32-bit number of a header; 0 when the header ends before.
pub(crate) fn le32(header: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_or_zeros(header, at))
}

/// Little-endian 64-bit number of a header; 0 when the header ends before.
pub(crate) fn le64(header: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_or_zeros(header, at))
}

/// Big-endian 32-bit number of a header; 0 when the header ends before.
pub(crate) fn be32(header: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array_or_zeros(header, at))
}

/// Big-endian 64-bit number of a header; 0 when the header ends before.
pub(crate) fn be64(header: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(array_or_zeros(header, at))
}

/// Whether the bytes at `at` are `signature`.
pub(crate) fn has(bytes: &[u8], at: usize, signature: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(signature))
}

/// Overwrites the bytes from `at`; what lies beyond the end of `bytes` is left out.
pub(crate) fn put(bytes: &mut [u8], at: usize, new: &[u8]) {
    for (byte, &new) in bytes.iter_mut().skip(at).zip(new) {
        *byte = new;
    }
}

/// Little-endian UTF-16 text. A unit that is no text becomes U+FFFD; a last odd byte is left out.
pub(crate) fn utf16_text(bytes: &[u8]) -> String {
    utf16_units_text(bytes.chunks_exact(2).filter_map(|pair| u16_at(pair, 0)))
}

/// The text of UTF-16 units. A unit that is no text becomes U+FFFD.
pub(crate) fn utf16_units_text(units: impl Iterator<Item = u16>) -> String {
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A GUID as Windows writes it, in small letters and without braces. Its first three numbers are
/// little-endian in the evidence.
pub(crate) fn guid_text(bytes: [u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let mut text = String::new();
    for byte in [d, c, b, a, f, e, h, g].into_iter().chain(rest) {
        if matches!(text.len(), 8 | 13 | 18 | 23) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// A number of the evidence as an index; one that does not fit lies beyond every buffer.
pub(crate) fn to_index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The smaller of a length in memory and a length in the evidence, in bytes.
pub(crate) fn shorter(length: usize, limit: u64) -> usize {
    length.min(to_index(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_ends_early_reads_as_zero() {
        assert_eq!(le32(&[1, 0, 0, 0], 0), 1);
        assert_eq!(le32(&[1, 0, 0, 0], 1), 0);
        assert_eq!(be64(&[], usize::MAX), 0);
    }

    #[test]
    fn a_position_beyond_the_end_has_no_number() {
        assert_eq!(u16_at(&[1, 2], 0), Some(0x0201));
        assert_eq!(u16_at(&[1, 2], 1), None);
        assert_eq!(u64_at(&[], usize::MAX), None);
        assert_eq!(slice_at(&[1, 2, 3], 1, 2), Some(&[2, 3][..]));
        assert_eq!(slice_at(&[1, 2, 3], 1, usize::MAX), None);
    }

    #[test]
    fn one_byte_anywhere_is_not_zero() {
        for length in [0, 1, 63, 64, 65, 200] {
            assert!(are_zero(&vec![0; length]), "{length}");
            for at in 0..length {
                let mut bytes = vec![0; length];
                bytes[at] = 0x80;
                assert!(!are_zero(&bytes), "{at} of {length}");
            }
        }
    }

    #[test]
    fn what_lies_beyond_the_end_is_not_put() {
        let mut bytes = [0; 3];
        put(&mut bytes, 2, &[7, 8]);
        assert_eq!(bytes, [0, 0, 7]);
        put(&mut bytes, 9, &[9]);
        assert_eq!(bytes, [0, 0, 7]);
    }

    #[test]
    fn a_guid_is_written_as_windows_does() {
        // The kind of a VHDX parent locator, as [MS-VHDX] writes it.
        let bytes = *b"\xb7\xef\x4a\xb0\x9e\xd1\x81\x4a\xb7\x89\x25\xb8\xe9\x44\x59\x13";
        assert_eq!(guid_text(bytes), "b04aefb7-d19e-4a81-b789-25b8e9445913");
    }
}
