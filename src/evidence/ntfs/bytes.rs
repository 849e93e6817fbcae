//! Little-endian numbers and UTF-16 text at positions that may not exist.

use crate::evidence::Source;
use std::io;

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(in crate::evidence) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub(in crate::evidence) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

pub(in crate::evidence) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// `count` bytes from `at`.
pub(in crate::evidence) fn part(bytes: &[u8], at: usize, count: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(count)?)
}

/// UTF-16 text; what is no text becomes U+FFFD.
pub(in crate::evidence) fn text(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| u16_at(pair, 0));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A number of the volume as an index; one that does not fit is beyond every buffer.
pub(in crate::evidence) fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Fills the whole of `buffer` from `offset`.
///
/// # Errors
/// When the medium fails or ends before: what is read here is named by the volume itself.
pub(in crate::evidence) fn fill(
    source: &dyn Source,
    mut offset: u64,
    mut buffer: &mut [u8],
) -> io::Result<()> {
    while !buffer.is_empty() {
        let read = source.read_at(offset, buffer)?;
        if read == 0 || read > buffer.len() {
            let reason = format!("the volume ends at byte {offset:#x}, before its data");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
        }
        offset = offset.saturating_add(read as u64);
        buffer = buffer.split_at_mut(read).1;
    }
    Ok(())
}
