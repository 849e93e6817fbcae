//! A whole log file, and the damage that it can have.

use super::chunk;

/// Size of a chunk in bytes.
pub const CHUNK_SIZE: usize = 65_536;
/// Size of the file header's block in bytes.
pub const FILE_HEADER_SIZE: usize = 4_096;

/// A log file in parts: the complete chunks, and what the header will hold.
///
/// The methods put it into states in which real logs are found. Call them in the order in which
/// the events happened.
#[derive(Clone, Debug)]
pub struct LogFile {
    pub(super) chunks: Vec<Vec<u8>>,
    pub(super) next_id: u64,
    pub(super) first_chunk: usize,
    pub(super) current_chunk: usize,
    pub(super) counted_chunks: usize,
    dirty: bool,
    minor_version: u16,
    spare_chunks: usize,
    length: Option<usize>,
}

impl LogFile {
    pub(super) fn new(chunks: Vec<Vec<u8>>, next_id: u64) -> Self {
        let count = chunks.len();
        Self {
            chunks,
            next_id,
            first_chunk: 0,
            current_chunk: count - 1,
            counted_chunks: count,
            dirty: false,
            minor_version: 1,
            spare_chunks: 0,
            length: None,
        }
    }

    /// Number of chunks that hold records.
    pub fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// Offsets in the chunk of its records, in order.
    pub fn record_offsets(&self, chunk: usize) -> Vec<usize> {
        chunk::record_offsets(&self.chunks[chunk])
    }

    /// Format version 3.2 (Windows 10 2004 and later) instead of 3.1.
    #[must_use]
    pub fn version_3_2(mut self) -> Self {
        self.minor_version = 2;
        self
    }

    /// A log that was never closed: the dirty flag is set, and the header counts only the first
    /// chunks, at least one.
    #[must_use]
    pub fn dirty(mut self, counted_chunks: usize) -> Self {
        self.dirty = true;
        self.counted_chunks = counted_chunks;
        self.current_chunk = counted_chunks - 1;
        self.next_id = chunk::last_id(&self.chunks[self.current_chunk]) + 1;
        self
    }

    /// A full log that overwrote its oldest chunks: the file begins with the newest `chunks`
    /// ones, and the oldest chunk follows them.
    #[must_use]
    pub fn wrapped(mut self, chunks: usize) -> Self {
        self.chunks.rotate_right(chunks);
        self.first_chunk = chunks;
        self.current_chunk = chunks - 1;
        self
    }

    /// The computer lost power: the header of a chunk counts only its first `records` records.
    #[must_use]
    pub fn stale_free_space(mut self, chunk: usize, records: usize) -> Self {
        chunk::forget_after(&mut self.chunks[chunk], records);
        self
    }

    /// A chunk that was used before: the bytes behind its free-space offset are those of `former`.
    #[must_use]
    pub fn slack_from(mut self, chunk: usize, former: &Self, former_chunk: usize) -> Self {
        let free = chunk::free_space(&self.chunks[chunk]);
        let former = &former.chunks[former_chunk];
        self.chunks[chunk][free..].copy_from_slice(&former[free..]);
        self
    }

    /// Inverts bits of one byte of a chunk. The checksums stay as they were.
    #[must_use]
    pub fn flip(mut self, chunk: usize, offset: usize, bits: u8) -> Self {
        self.chunks[chunk][offset] ^= bits;
        self
    }

    /// Computes the checksums of a chunk again, so that they do not show a change.
    #[must_use]
    pub fn repair_checksums(mut self, chunk: usize) -> Self {
        chunk::set_checksums(&mut self.chunks[chunk]);
        self
    }

    /// Adds chunks of zeros at the end: Windows enlarges a log by more than it needs.
    #[must_use]
    pub fn spare_chunks(mut self, chunks: usize) -> Self {
        self.spare_chunks = chunks;
        self
    }

    /// Keeps only the first `length` bytes of the file.
    #[must_use]
    pub fn truncated(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.header();
        for chunk in &self.chunks {
            bytes.extend(chunk);
        }
        bytes.resize(bytes.len() + self.spare_chunks * CHUNK_SIZE, 0);
        if let Some(length) = self.length {
            bytes.truncate(length);
        }
        bytes
    }

    fn header(&self) -> Vec<u8> {
        let long = |number: usize| u64::try_from(number).expect("a small number");
        let mut out = b"ElfFile\0".to_vec();
        out.extend(long(self.first_chunk).to_le_bytes());
        out.extend(long(self.current_chunk).to_le_bytes());
        out.extend(self.next_id.to_le_bytes());
        out.extend(128_u32.to_le_bytes());
        out.extend(self.minor_version.to_le_bytes());
        out.extend(3_u16.to_le_bytes());
        out.extend(4_096_u16.to_le_bytes());
        // The count has 16 bits, so it overflows in a log of more than 65,535 chunks.
        let counted = long(self.counted_chunks) & 0xffff;
        out.extend(&counted.to_le_bytes()[..2]);
        out.resize(120, 0);
        let checksum = crc32fast::hash(&out);
        out.extend(u32::from(self.dirty).to_le_bytes());
        out.extend(checksum.to_le_bytes());
        out.resize(FILE_HEADER_SIZE, 0);
        out
    }
}
