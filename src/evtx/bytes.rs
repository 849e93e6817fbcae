//! Little-endian numbers at an offset; `None` past the end.

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array_at(bytes, at).map(u64::from_le_bytes)
}

pub(super) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Overwrites bytes of a copy; what lies past its end is left out.
pub(super) fn put(bytes: &mut [u8], at: usize, new: &[u8]) {
    for (byte, &new) in bytes.iter_mut().skip(at).zip(new) {
        *byte = new;
    }
}
