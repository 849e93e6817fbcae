//! A chunk's header and checksums.

use super::format::{
    CHUNK_FIRST_IN_FILE, CHUNK_FIRST_NUMBER, CHUNK_FIRST_RECORD, CHUNK_FLAGS, CHUNK_FREE_SPACE,
    CHUNK_HEADER_CHECKSUM, CHUNK_LAST_IN_FILE, CHUNK_LAST_RECORD, CHUNK_NAME_TABLE,
    CHUNK_RECORDS_CHECKSUM, CHUNK_SIGNATURE, CHUNK_SIZE, FLAG_NO_CHECKSUMS,
};
use crate::evidence::bytes::{are_zero, u32_at, u64_at};

/// What is in one 64 KiB slot of a log.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ChunkSlot {
    /// Never used, or zeroed.
    Empty,
    /// A chunk, with what is wrong with its checksums.
    Chunk(ChunkHeader, Vec<String>),
    /// Data whose chunk header is overwritten, with the reason. The header is given where the
    /// checksum of the records proves that it is right all the same.
    Damaged(Option<ChunkHeader>, String),
}

/// The part of a chunk's header that is needed to find its records, and to hold them against it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct ChunkHeader {
    /// The first and the last live record, counted from 1 in every new file.
    pub(super) in_file: (u64, u64),
    /// Header number of the first live record.
    pub(super) first_record: u64,
    /// Header number of the last live record.
    pub(super) last_record: u64,
    /// Offset behind the last live record. Stale after a power cut.
    pub(super) free_space: usize,
    /// Up to this offset the checksum of the records holds; 0: it does not, or there is none.
    pub(super) protected_until: usize,
}

/// Says what is in a slot, which may be cut short by the end of the file.
pub(super) fn inspect(bytes: &[u8]) -> ChunkSlot {
    if are_zero(bytes) {
        return ChunkSlot::Empty;
    }
    let Some(header) = header(bytes) else {
        let reason = format!("only {} bytes are left, too few for its header", bytes.len());
        return ChunkSlot::Damaged(None, reason);
    };
    if bytes.starts_with(CHUNK_SIGNATURE) {
        let faults = checksum_faults(bytes, &header);
        let holds = faults.is_empty() && has_checksums(bytes) && records(bytes, &header).is_some();
        let protected_until = if holds { header.free_space } else { 0 };
        return ChunkSlot::Chunk(ChunkHeader { protected_until, ..header }, faults);
    }
    // The header's own checksum covers the signature, so it fails. The checksum of the records
    // shows whether what the header says of them still holds.
    let records_hold = header.free_space > CHUNK_FIRST_RECORD
        && records(bytes, &header).is_some_and(|records| {
            Some(crc32fast::hash(records)) == u32_at(bytes, CHUNK_RECORDS_CHECKSUM)
        });
    let reason = "its signature is overwritten";
    if records_hold {
        ChunkSlot::Damaged(Some(header), format!("{reason}; the checksum of its records holds"))
    } else {
        ChunkSlot::Damaged(None, reason.into())
    }
}

/// Does a chunk begin here, beyond doubt? Its header has a checksum, and that is right.
pub(super) fn is_certain(bytes: &[u8]) -> bool {
    bytes.starts_with(CHUNK_SIGNATURE)
        && bytes.len() >= CHUNK_FIRST_RECORD
        && has_checksums(bytes)
        && u32_at(bytes, CHUNK_HEADER_CHECKSUM) == Some(header_checksum(bytes))
}

fn has_checksums(bytes: &[u8]) -> bool {
    u32_at(bytes, CHUNK_FLAGS).is_some_and(|flags| flags & FLAG_NO_CHECKSUMS == 0)
}

fn header_checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes.get(..CHUNK_FLAGS).unwrap_or_default());
    hasher.update(bytes.get(CHUNK_NAME_TABLE.start..CHUNK_FIRST_RECORD).unwrap_or_default());
    hasher.finalize()
}

fn header(bytes: &[u8]) -> Option<ChunkHeader> {
    bytes.get(..CHUNK_FIRST_RECORD)?;
    Some(ChunkHeader {
        in_file: (u64_at(bytes, CHUNK_FIRST_IN_FILE)?, u64_at(bytes, CHUNK_LAST_IN_FILE)?),
        first_record: u64_at(bytes, CHUNK_FIRST_NUMBER)?,
        last_record: u64_at(bytes, CHUNK_LAST_RECORD)?,
        free_space: u32_at(bytes, CHUNK_FREE_SPACE)? as usize,
        protected_until: 0,
    })
}

/// The bytes that the checksum of the records covers; `None` when they are not all there.
fn records<'a>(bytes: &'a [u8], header: &ChunkHeader) -> Option<&'a [u8]> {
    bytes.get(CHUNK_FIRST_RECORD..header.free_space)
}

fn checksum_faults(bytes: &[u8], header: &ChunkHeader) -> Vec<String> {
    if !has_checksums(bytes) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let mut compare = |what, stored: Option<u32>, computed: u32| {
        if let Some(stored) = stored.filter(|&stored| stored != computed) {
            faults.push(format!(
                "the checksum of its {what} is {stored:#010x}, the bytes give {computed:#010x}"
            ));
        }
    };
    compare("header", u32_at(bytes, CHUNK_HEADER_CHECKSUM), header_checksum(bytes));
    let is_cut_short = bytes.len() < CHUNK_SIZE;
    match records(bytes, header) {
        Some(records) => {
            compare("records", u32_at(bytes, CHUNK_RECORDS_CHECKSUM), crc32fast::hash(records));
        }
        // A chunk that the end of the file cuts short is a finding about the log.
        None if header.free_space <= CHUNK_SIZE && is_cut_short => {}
        None => faults.push(format!(
            "its free-space offset {:#x} lies outside of it, so its records' checksum cannot be \
             verified",
            header.free_space
        )),
    }
    faults
}
