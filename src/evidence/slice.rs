//! A range of other evidence: a volume of a disk, a stored entry of an archive.

use super::bytes::shorter;
use super::read_at::ReadAt;
use std::io;
use std::sync::Arc;

/// A range of bytes of a source.
pub(super) struct Slice {
    source: Arc<dyn ReadAt>,
    offset: u64,
    size: u64,
}

impl Slice {
    /// `size` bytes of `source` from `offset`, cut at the end of the source.
    pub(super) fn new(source: Arc<dyn ReadAt>, offset: u64, size: u64) -> Slice {
        let size = size.min(source.size().saturating_sub(offset));
        Slice { source, offset, size }
    }
}

impl ReadAt for Slice {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let n = shorter(buffer.len(), self.size.saturating_sub(offset));
        match buffer.get_mut(..n) {
            Some(buffer) if n > 0 => self.source.read_at(self.offset + offset, buffer),
            _ => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::in_memory::InMemory;
    use crate::evidence::read_at::tests::read_all;

    #[test]
    fn a_slice_stays_within_its_bounds() {
        let bytes: Vec<u8> = (0..200).collect();
        let slice =
            |offset, size| Slice::new(Arc::new(InMemory::from(bytes.clone())), offset, size);
        assert_eq!(read_all(&slice(10, 5)).unwrap(), [10, 11, 12, 13, 14]);
        assert_eq!(read_all(&slice(190, 50)).unwrap().len(), 10);
        assert_eq!(slice(300, 5).size(), 0);
    }
}
