//! Bytes of evidence, read at any position, never written.

use super::bytes::shorter;
use std::io;
use std::sync::Arc;

/// Bytes of evidence that any thread can read at any position: a file, a virtual disk, a volume, an
/// entry of an archive.
pub trait ReadAt: Send + Sync {
    /// Length in bytes when the evidence was found.
    fn size(&self) -> u64;

    /// Length in bytes now. It differs from [`ReadAt::size`] when the evidence is being written;
    /// what lies inside of a container always gives the length that it had.
    ///
    /// # Errors
    /// When the medium fails.
    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size())
    }

    /// Reads from `offset` into `buffer` as many bytes as there are: fewer mean that the evidence
    /// ends there.
    ///
    /// # Errors
    /// When the medium fails or the bytes are damaged; never at the end of the evidence.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl ReadAt for Arc<dyn ReadAt> {
    fn size(&self) -> u64 {
        self.as_ref().size()
    }

    fn size_now(&self) -> io::Result<u64> {
        self.as_ref().size_now()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.as_ref().read_at(offset, buffer)
    }
}

/// An error for evidence that is damaged, or is not what it says it is.
pub(super) fn damaged(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

/// An error for evidence that is sound but that this program does not read.
pub(super) fn unsupported(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, message.into())
}

/// Fills `buffer` from `offset`.
///
/// # Errors
/// When the medium fails, or the evidence ends before the buffer is full.
pub(super) fn read_exact_at(source: &dyn ReadAt, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
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
pub(super) fn read_array_at<const N: usize>(
    source: &dyn ReadAt,
    offset: u64,
) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    read_exact_at(source, offset, &mut bytes)?;
    Ok(bytes)
}

/// `length` bytes from `offset`, at most `limit`.
///
/// # Errors
/// When `length` is more than `limit` or more than there is: before any memory is taken for it.
/// Otherwise as [`read_exact_at`].
pub(super) fn read_vec_at(
    source: &dyn ReadAt,
    offset: u64,
    length: u64,
    limit: usize,
) -> io::Result<Vec<u8>> {
    let is_there = offset.checked_add(length).is_some_and(|end| end <= source.size());
    let allowed = usize::try_from(length).ok().filter(|length| *length <= limit);
    match allowed {
        Some(length) if is_there => {
            let mut bytes = vec![0; length];
            read_exact_at(source, offset, &mut bytes)?;
            Ok(bytes)
        }
        _ => Err(damaged(format!("{length} bytes at offset {offset} cannot be right"))),
    }
}

/// Fills `buffer` from `offset`; what lies beyond the end is zero, as for a parent disk that is
/// smaller than its child.
///
/// # Errors
/// When the medium fails.
pub(super) fn read_or_zeros(source: &dyn ReadAt, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    let n = source.read_at(offset, buffer)?;
    if let Some(rest) = buffer.get_mut(n..) {
        rest.fill(0);
    }
    Ok(())
}

/// Fills `buffer` from `offset` of a volume, at a position that the volume itself names.
///
/// # Errors
/// When the medium fails, or the volume ends before the buffer is full.
pub(super) fn read_volume_at(
    volume: &dyn ReadAt,
    mut offset: u64,
    mut buffer: &mut [u8],
) -> io::Result<()> {
    while !buffer.is_empty() {
        let read = volume.read_at(offset, buffer)?;
        if read == 0 || read > buffer.len() {
            let reason = format!("the volume ends at byte {offset:#x}, before its data");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
        }
        offset = offset.saturating_add(read as u64);
        buffer = buffer.split_at_mut(read).1;
    }
    Ok(())
}

/// Fills `buffer` from `offset` of something of `size` bytes that consists of blocks: `read_block`
/// gets the number of a block, the offset within that block, and the part of `buffer` to fill.
/// Returns how many bytes were filled: fewer than asked for at the end.
///
/// # Errors
/// The first error of `read_block`.
pub(super) fn read_by_blocks(
    size: u64,
    block: u64,
    offset: u64,
    buffer: &mut [u8],
    mut read_block: impl FnMut(u64, u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<usize> {
    let wanted = shorter(buffer.len(), size.saturating_sub(offset));
    let block = block.max(1);
    let mut done = 0;
    while done < wanted {
        let at = offset + done as u64;
        let within = at % block;
        let n = shorter(wanted - done, block - within);
        let Some(part) = buffer.get_mut(done..done + n) else { break };
        read_block(at / block, within, part)?;
        done += n;
    }
    Ok(done)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::evidence::in_memory::InMemory;

    /// All bytes of a source, read in parts of odd length, so that the borders of blocks are crossed.
    pub(in crate::evidence) fn read_all(source: &dyn ReadAt) -> io::Result<Vec<u8>> {
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
    fn no_memory_is_taken_for_what_cannot_be_there() {
        let source = InMemory::from(vec![0; 100]);
        assert!(read_vec_at(&source, 0, 101, 1000).is_err());
        assert!(read_vec_at(&source, u64::MAX, 1, 1000).is_err());
        assert!(read_vec_at(&source, 0, 100, 99).is_err());
        assert_eq!(read_vec_at(&source, 40, 60, 60).unwrap().len(), 60);
    }

    #[test]
    fn blocks_are_crossed_and_the_end_is_kept() {
        let mut buffer = [0; 10];
        let mut seen = Vec::new();
        let n = read_by_blocks(12, 4, 3, &mut buffer, |block, within, part| {
            seen.push((block, within, part.len()));
            Ok(())
        });
        assert_eq!(n.unwrap(), 9);
        assert_eq!(seen, [(0, 3, 1), (1, 0, 4), (2, 0, 4)]);
    }
}
