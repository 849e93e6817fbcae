//! EventSet numbers and bytes out of evidence, with bounds.

use super::Source;
use std::io;

/// What is wrong with evidence: damaged, or not what it says it is.
pub(super) fn damaged(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

/// What is sound but not read by this program.
pub(super) fn unsupported(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, message.into())
}

/// `N` bytes of a header at `at`. Headers are read whole before: bytes beyond one are zero.
pub(super) fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    if let Some(from) = at.checked_add(N).and_then(|end| bytes.get(at..end)) {
        out.copy_from_slice(from);
    }
    out
}

/// Little-endian 16-bit number at `at`.
pub(super) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(part(bytes, at))
}

/// Little-endian 32-bit number at `at`.
pub(super) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(part(bytes, at))
}

/// Little-endian 64-bit number at `at`.
pub(super) fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(part(bytes, at))
}

/// Big-endian 32-bit number at `at`.
pub(super) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(part(bytes, at))
}

/// Big-endian 64-bit number at `at`.
pub(super) fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(part(bytes, at))
}

/// Whether `magic` stands at `at`.
pub(super) fn has(bytes: &[u8], at: usize, magic: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(magic))
}

/// Fills `buffer` from `offset`.
///
/// # Errors
/// When the medium fails or ends before.
pub(super) fn read_exact_at(source: &dyn Source, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    if source.read_at(offset, buffer)? == buffer.len() {
        return Ok(());
    }
    let message = format!(
        "{} bytes at offset {offset} reach beyond its end at {}",
        buffer.len(),
        source.size()
    );
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, message))
}

/// `N` bytes from `offset`.
///
/// # Errors
/// As [`read_exact_at`].
pub(super) fn array_at<const N: usize>(source: &dyn Source, offset: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    read_exact_at(source, offset, &mut bytes)?;
    Ok(bytes)
}

/// `length` bytes from `offset`, at most `cap`.
///
/// # Errors
/// When that is more than `cap` or more than there is: before any memory is taken for it.
pub(super) fn vec_at(
    source: &dyn Source,
    offset: u64,
    length: u64,
    cap: usize,
) -> io::Result<Vec<u8>> {
    let fits = offset.checked_add(length).is_some_and(|end| end <= source.size());
    let wanted = usize::try_from(length).ok().filter(|wanted| *wanted <= cap);
    match wanted {
        Some(wanted) if fits => {
            let mut bytes = vec![0; wanted];
            read_exact_at(source, offset, &mut bytes)?;
            Ok(bytes)
        }
        _ => Err(damaged(format!("{length} bytes at offset {offset} cannot be right"))),
    }
}

/// Fills `buffer` from `offset` of something of `size` bytes that is made of blocks: `read` gets
/// the number of a block, the offset within it, and the part of `buffer` to fill.
///
/// # Errors
/// The first of `read`.
pub(super) fn by_blocks(
    size: u64,
    block: u64,
    offset: u64,
    buffer: &mut [u8],
    mut read: impl FnMut(u64, u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<usize> {
    let wanted = up_to(buffer.len(), size.saturating_sub(offset));
    let block = block.max(1);
    let mut done = 0;
    while done < wanted {
        let at = offset + done as u64;
        let within = at % block;
        let n = up_to(wanted - done, block - within);
        let Some(piece) = buffer.get_mut(done..done + n) else { break };
        read(at / block, within, piece)?;
        done += n;
    }
    Ok(done)
}

/// The smaller of a length in memory and one of evidence.
pub(super) fn up_to(length: usize, limit: u64) -> usize {
    usize::try_from(limit).map_or(length, |limit| length.min(limit))
}

/// Reads at `offset`; what lies beyond the end is zero, as in a parent smaller than its child.
///
/// # Errors
/// When the medium fails.
pub(super) fn read_or_zero(source: &dyn Source, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    let n = source.read_at(offset, buffer)?;
    if let Some(rest) = buffer.get_mut(n..) {
        rest.fill(0);
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// All bytes of a source, read in pieces of odd length, so that joints are crossed.
    pub(in crate::evidence) fn all(source: &dyn Source) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; source.size() as usize];
        let mut at = 0;
        while at < bytes.len() {
            let end = bytes.len().min(at + 70_001);
            let n = source.read_at(at as u64, &mut bytes[at..end])?;
            assert_eq!(n, end - at);
            at = end;
        }
        assert_eq!(source.read_at(source.size(), &mut [0; 4])?, 0);
        Ok(bytes)
    }

    #[test]
    fn a_header_that_ends_early_reads_as_zero() {
        assert_eq!(le32(&[1, 0, 0, 0], 0), 1);
        assert_eq!(le32(&[1, 0, 0, 0], 1), 0);
        assert_eq!(be64(&[], usize::MAX), 0);
    }

    #[test]
    fn no_memory_is_taken_for_what_cannot_be_there() {
        let source = crate::evidence::held::Held::from(vec![0; 100]);
        assert!(vec_at(&source, 0, 101, 1000).is_err());
        assert!(vec_at(&source, u64::MAX, 1, 1000).is_err());
        assert!(vec_at(&source, 0, 100, 99).is_err());
        assert_eq!(vec_at(&source, 40, 60, 60).unwrap().len(), 60);
    }

    #[test]
    fn blocks_are_crossed_and_the_end_is_kept() {
        let mut buffer = [0; 10];
        let mut seen = Vec::new();
        let n = by_blocks(12, 4, 3, &mut buffer, |block, within, piece| {
            seen.push((block, within, piece.len()));
            Ok(())
        });
        assert_eq!(n.unwrap(), 9);
        assert_eq!(seen, [(0, 3, 1), (1, 0, 4), (2, 0, 4)]);
    }
}
