//! A whole log file, and what can befall it.

use super::chunk;

/// Size of a chunk in bytes.
pub const CHUNK_SIZE: usize = 65_536;
/// Size of the file header's block in bytes.
pub const FILE_HEADER_SIZE: usize = 4_096;

/// A log file in parts: finished chunks, and what the header will say.
///
/// The methods bring about states in which logs are found: call them in the order in which the
/// misfortunes happened.
#[derive(Clone, Debug)]
pub struct LogFile {
    chunks: Vec<Vec<u8>>,
    next_id: u64,
    first_chunk: usize,
    current_chunk: usize,
    counted_chunks: usize,
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

    /// Never closed: the dirty flag is set, and the header knows only the first chunks, of
    /// which there is at least one.
    #[must_use]
    pub fn dirty(mut self, counted_chunks: usize) -> Self {
        self.dirty = true;
        self.counted_chunks = counted_chunks;
        self.current_chunk = counted_chunks - 1;
        self.next_id = chunk::last_id(&self.chunks[self.current_chunk]) + 1;
        self
    }

    /// A full log that overwrites its oldest chunks: the file begins with the newest
    /// `chunks` ones, the oldest comes after them.
    #[must_use]
    pub fn wrapped(mut self, chunks: usize) -> Self {
        self.chunks.rotate_right(chunks);
        self.first_chunk = chunks;
        self.current_chunk = chunks - 1;
        self
    }

    /// Power lost: the header of a chunk knows only its first `records` records.
    #[must_use]
    pub fn stale_free_space(mut self, chunk: usize, records: usize) -> Self {
        chunk::forget_after(&mut self.chunks[chunk], records);
        self
    }

    /// A reused chunk: what its former life left beyond the free-space offset is still there.
    #[must_use]
    pub fn slack_from(mut self, chunk: usize, former: &Self, former_chunk: usize) -> Self {
        let free = chunk::free_space(&self.chunks[chunk]);
        let former = &former.chunks[former_chunk];
        self.chunks[chunk][free..].copy_from_slice(&former[free..]);
        self
    }

    /// Damage: inverts bits of one byte of a chunk; the checksums stay as they were.
    #[must_use]
    pub fn flip(mut self, chunk: usize, offset: usize, bits: u8) -> Self {
        self.chunks[chunk][offset] ^= bits;
        self
    }

    /// Computes a chunk's checksums anew: a change that hides itself.
    #[must_use]
    pub fn repair_checksums(mut self, chunk: usize) -> Self {
        chunk::set_checksums(&mut self.chunks[chunk]);
        self
    }

    /// Chunks of zeros at the end: Windows grows a log in larger steps than it needs.
    #[must_use]
    pub fn spare_chunks(mut self, chunks: usize) -> Self {
        self.spare_chunks = chunks;
        self
    }

    /// Only the first bytes of the file were saved.
    #[must_use]
    pub fn truncated(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// The file.
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
        // A log of more than 65,535 chunks overflows its own count.
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
