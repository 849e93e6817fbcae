//! Bytes held in memory: what has no place of its own in the evidence, such as an unpacked entry
//! of an archive, which must not be written to disk.

use super::Source;
use super::bytes::by_blocks;
use std::io;

/// Bytes of one piece. Pieces, because one long buffer is copied each time it grows.
const PIECE: u64 = 65_536;

/// Bytes in memory. Pieces of nothing but zeros, of which disks and logs have many, take none.
#[derive(Default)]
pub(super) struct Held {
    size: u64,
    /// Bytes of memory taken by the pieces.
    memory: u64,
    pieces: Vec<Option<Box<[u8]>>>,
}

impl Held {
    /// Takes everything that `reader` gives: also what came before an error. `may_grow` is told
    /// size and memory taken before each further piece, and refuses with an error.
    pub(super) fn read_from(
        reader: &mut dyn io::Read,
        mut may_grow: impl FnMut(u64, u64) -> io::Result<()>,
    ) -> (Held, io::Result<()>) {
        let mut held = Held::default();
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let read = io::Read::read_to_end(&mut io::Read::take(&mut *reader, PIECE), &mut piece);
            if !piece.is_empty() {
                held.push(&piece);
            }
            match read.and_then(|n| may_grow(held.size, held.memory).map(|()| n)) {
                Ok(n) if n as u64 == PIECE => {}
                Ok(_) => return (held, Ok(())),
                Err(error) => return (held, Err(error)),
            }
        }
    }

    /// Bytes of memory that it takes.
    pub(super) fn memory(&self) -> u64 {
        self.memory
    }

    /// Adds a piece; each but the last is of full length.
    fn push(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        let zero = piece.iter().all(|byte| *byte == 0);
        self.memory += if zero { 0 } else { piece.len() as u64 };
        self.pieces.push((!zero).then(|| piece.into()));
    }
}

impl From<Vec<u8>> for Held {
    fn from(bytes: Vec<u8>) -> Held {
        let mut held = Held::default();
        bytes.chunks(PIECE as usize).for_each(|piece| held.push(piece));
        held
    }
}

impl Source for Held {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        by_blocks(self.size, PIECE, offset, buffer, |index, within, to| {
            let piece = usize::try_from(index).ok().and_then(|at| self.pieces.get(at)?.as_deref());
            let from = usize::try_from(within).ok().and_then(|at| piece?.get(at..at + to.len()));
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
    use crate::evidence::bytes::tests::all;

    #[test]
    fn bytes_come_back_and_zeros_take_no_memory() {
        let mut bytes = vec![0; 300_000];
        bytes[200_000..].fill(7);
        let (held, read) = Held::read_from(&mut bytes.as_slice(), |_, _| Ok(()));
        read.unwrap();
        assert_eq!(all(&held).unwrap(), bytes);
        assert_eq!(held.pieces.iter().filter(|piece| piece.is_none()).count(), 3);
        assert_eq!(held.memory, 103_392);
    }

    #[test]
    fn growth_can_be_refused_and_what_came_before_an_error_is_kept() {
        let refuse =
            |size, _| if size > 100_000 { Err(io::ErrorKind::Other.into()) } else { Ok(()) };
        let (held, read) = Held::read_from(&mut io::repeat(1), refuse);
        assert!(read.is_err());
        assert_eq!(held.size, 131_072);

        struct Breaks;
        impl io::Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }
        let mut reader = io::Read::chain(&b"all there is"[..], Breaks);
        let (held, read) = Held::read_from(&mut reader, |_, _| Ok(()));
        assert!(read.is_err());
        assert_eq!(all(&held).unwrap(), b"all there is");
    }
}
