//! Bytes kept in memory: what has no place of its own in the evidence, such as an unpacked entry
//! of an archive, which must not be written to disk.

use super::bytes::are_zero;
use super::read_at::{ReadAt, read_by_blocks};
use std::io;

/// Bytes of one block. There are blocks because one long buffer would be copied each time it grows.
const BLOCK: u64 = 65_536;

/// Bytes in memory. Blocks of nothing but zeros, of which disks and logs have many, take no memory.
#[derive(Default)]
pub(super) struct InMemory {
    size: u64,
    /// Bytes of memory that the blocks take.
    memory: u64,
    blocks: Vec<Option<Box<[u8]>>>,
}

impl InMemory {
    /// Takes everything that `reader` gives, also what came before an error. Before each further
    /// block `may_grow` gets the size and the memory taken, both in bytes, and refuses with an error.
    pub(super) fn read_from(
        reader: &mut dyn io::Read,
        mut may_grow: impl FnMut(u64, u64) -> io::Result<()>,
    ) -> (InMemory, io::Result<()>) {
        let mut unpacked = InMemory::default();
        let mut block = Vec::new();
        loop {
            block.clear();
            let read = io::Read::read_to_end(&mut io::Read::take(&mut *reader, BLOCK), &mut block);
            if !block.is_empty() {
                unpacked.push(&block);
            }
            match read.and_then(|n| may_grow(unpacked.size, unpacked.memory).map(|()| n)) {
                Ok(n) if n as u64 == BLOCK => {}
                Ok(_) => return (unpacked, Ok(())),
                Err(error) => return (unpacked, Err(error)),
            }
        }
    }

    /// Bytes of memory that the blocks take.
    pub(super) fn memory(&self) -> u64 {
        self.memory
    }

    /// Adds a block; each but the last must have the full length.
    fn push(&mut self, block: &[u8]) {
        self.size += block.len() as u64;
        let zero = are_zero(block);
        self.memory += if zero { 0 } else { block.len() as u64 };
        self.blocks.push((!zero).then(|| block.into()));
    }
}

impl From<Vec<u8>> for InMemory {
    fn from(bytes: Vec<u8>) -> InMemory {
        let mut unpacked = InMemory::default();
        bytes.chunks(BLOCK as usize).for_each(|block| unpacked.push(block));
        unpacked
    }
}

impl ReadAt for InMemory {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_by_blocks(self.size, BLOCK, offset, buffer, |index, within, to| {
            let block = usize::try_from(index).ok().and_then(|at| self.blocks.get(at)?.as_deref());
            let from = usize::try_from(within).ok().and_then(|at| block?.get(at..at + to.len()));
            match from {
                Some(from) => to.copy_from_slice(from),
                None => to.fill(0),
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::read_at::tests::read_all;

    #[test]
    fn bytes_come_back_and_zeros_take_no_memory() {
        let mut bytes = vec![0; 300_000];
        bytes[200_000..].fill(7);
        let (unpacked, read) = InMemory::read_from(&mut bytes.as_slice(), |_, _| Ok(()));
        read.unwrap();
        assert_eq!(read_all(&unpacked).unwrap(), bytes);
        assert_eq!(unpacked.blocks.iter().filter(|block| block.is_none()).count(), 3);
        assert_eq!(unpacked.memory, 103_392);
    }

    #[test]
    fn growth_can_be_refused_and_what_came_before_an_error_is_kept() {
        let refuse =
            |size, _| if size > 100_000 { Err(io::ErrorKind::Other.into()) } else { Ok(()) };
        let (unpacked, read) = InMemory::read_from(&mut io::repeat(1), refuse);
        assert!(read.is_err());
        assert_eq!(unpacked.size, 131_072);

        struct Breaks;
        impl io::Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }
        let mut reader = io::Read::chain(&b"all there is"[..], Breaks);
        let (unpacked, read) = InMemory::read_from(&mut reader, |_, _| Ok(()));
        assert!(read.is_err());
        assert_eq!(read_all(&unpacked).unwrap(), b"all there is");
    }
}
