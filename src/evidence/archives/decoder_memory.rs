//! The memory of decoders: the dictionaries and models of all that are open at a time in one archive and
//! in those inside of it.

use crate::evidence::limits;
use crate::evidence::read_at::unsupported;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// The smallest dictionary of a decoder that lets it grow with what it unpacks.
const SMALLEST: u64 = 1 << 16;

/// Memory for all decoders of an archive together. Clones share one memory.
#[derive(Debug, Clone, Default)]
pub(super) struct DecoderMemory {
    limit: u64,
    taken: Rc<Cell<u64>>,
}

impl DecoderMemory {
    /// For an archive of so many bytes, of which `most` bytes may be taken. What a small archive says of
    /// itself costs little, and a large one may need as much as its packer took.
    pub(super) fn of_archive(size: u64, most: u64) -> DecoderMemory {
        let by_size = size.saturating_mul(limits::DECODERS_RATIO);
        let limit = by_size.saturating_add(limits::DECODERS_OF_SMALL).min(limits::DECODERS);
        DecoderMemory { limit: limit.min(most), taken: Rc::default() }
    }

    /// Bytes that are taken now.
    pub(super) fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// Takes so many bytes.
    ///
    /// # Errors
    /// When they are not left.
    pub(super) fn take(&self, bytes: u64) -> io::Result<TakenMemory> {
        let mut taken = TakenMemory { bytes: 0, from: self.clone() };
        taken.grow_to(bytes)?;
        Ok(taken)
    }

    /// A decoder whose dictionary has at most `window` bytes, and grows with what is unpacked.
    pub(super) fn counted<R: Read>(&self, decoder: R, window: u64) -> GrowingDecoder<R> {
        let taken = TakenMemory { bytes: 0, from: self.clone() };
        GrowingDecoder { decoder, window, unpacked: 0, taken }
    }
}

/// Memory that was taken; given back when dropped.
pub(super) struct TakenMemory {
    bytes: u64,
    from: DecoderMemory,
}

impl TakenMemory {
    fn grow_to(&mut self, bytes: u64) -> io::Result<()> {
        let taken = self.from.taken().saturating_add(bytes.saturating_sub(self.bytes));
        if taken > self.from.limit {
            return Err(too_much(taken, self.from.limit));
        }
        self.from.taken.set(taken);
        self.bytes = self.bytes.max(bytes);
        Ok(())
    }

    /// The decoder that uses it.
    pub(super) fn by<R: Read>(self, decoder: R) -> GrowingDecoder<R> {
        GrowingDecoder { decoder, window: 0, unpacked: 0, taken: self }
    }
}

impl Drop for TakenMemory {
    fn drop(&mut self) {
        self.from.taken.set(self.from.taken().saturating_sub(self.bytes));
    }
}

/// A decoder with the memory that its dictionary takes: the next power of two of what it has unpacked, until
/// its window is full.
pub(super) struct GrowingDecoder<R> {
    decoder: R,
    window: u64,
    unpacked: u64,
    taken: TakenMemory,
}

impl<R: Read> Read for GrowingDecoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A decoder makes room for all that it is asked for.
        let length = buffer.len().min(SMALLEST as usize);
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        if self.taken.bytes < self.window {
            let reached = self.unpacked.saturating_add(SMALLEST);
            let dictionary = reached.checked_next_power_of_two().unwrap_or(u64::MAX);
            self.taken.grow_to(dictionary.min(self.window))?;
        }
        let n = self.decoder.read(buffer)?;
        self.unpacked = self.unpacked.saturating_add(n as u64);
        Ok(n)
    }
}

/// The error when unpacking needs more memory than is given to it.
pub(super) fn too_much(needed: u64, given: u64) -> io::Error {
    unsupported(format!(
        "unpacking needs {} MiB of memory, and {} MiB are allowed; unpack it and give the files",
        needed.div_ceil(1 << 20),
        given >> 20
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_decoders_together_take_no_more_than_is_given() {
        let memory = DecoderMemory::of_archive(1000, u64::MAX);
        let mut zeros = [0; 1 << 16];
        let mut outer = memory.counted(io::repeat(0), 64 << 20);
        for _ in 0..2048 {
            outer.read_exact(&mut zeros).unwrap();
        }
        assert_eq!(memory.taken(), 64 << 20);
        // A model of this size and the dictionary are more than a small archive may take.
        assert!(memory.take(192 << 20).is_err());
        let model = memory.take(100 << 20).unwrap();
        let mut inner = memory.counted(io::repeat(0), 256 << 20);
        let read = (0..4096).find_map(|_| inner.read_exact(&mut zeros).err()).unwrap();
        assert!(read.to_string().contains("MiB of memory"), "{read}");
        assert!(memory.taken() <= 208 << 20);
        // What is dropped is there again.
        drop((outer, inner, model.by(io::empty())));
        assert_eq!(memory.taken(), 0);
        memory.take(192 << 20).unwrap();
    }

    #[test]
    fn a_large_archive_may_take_more_and_nothing_more_than_the_user_gives() {
        assert!(DecoderMemory::of_archive(1000, u64::MAX).take(256 << 20).is_err());
        assert!(DecoderMemory::of_archive(1 << 20, u64::MAX).take(256 << 20).is_ok());
        assert!(DecoderMemory::of_archive(1 << 40, u64::MAX).take(513 << 20).is_err());
        assert!(DecoderMemory::of_archive(1 << 40, 32 << 20).take(33 << 20).is_err());
    }
}
