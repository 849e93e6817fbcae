//! A chunk's header and checksums.

use crate::evidence::bytes::{u32_at, u64_at};

/// A chunk takes a slot of 64 KiB.
pub(super) const SLOT: usize = 65_536;
/// Header, string table and template table; the first record begins behind them.
pub(super) const FIRST_RECORD: usize = 512;
/// Flag of file and chunk headers: no checksums were written.
pub(super) const NO_CRC32: u32 = 4;

const MAGIC: &[u8] = b"ElfChnk\0";

/// What stands in the slot.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Slot {
    /// Never used, or zeroed.
    Blank,
    /// A chunk, with what is wrong with its checksums.
    Chunk(Header, Vec<String>),
    /// Data whose chunk header is overwritten. The header is there when the checksum over the
    /// records proves it right all the same.
    Damaged(Option<Header>, String),
}

/// The part of a chunk header that finding records takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    /// Record ID of the last live record.
    pub(super) last_id: u64,
    /// Offset behind the last live record. Stale after a power cut.
    pub(super) free_space: usize,
}

/// Looks at a slot, which may be cut short by the end of the file.
pub(super) fn look(bytes: &[u8]) -> Slot {
    if bytes.iter().all(|&byte| byte == 0) {
        return Slot::Blank;
    }
    let Some(header) = header(bytes) else {
        let reason = format!("only {} bytes are left, too few for its header", bytes.len());
        return Slot::Damaged(None, reason);
    };
    if bytes.starts_with(MAGIC) {
        return Slot::Chunk(header, checksum_faults(bytes, &header));
    }
    // The header's own checksum covers the signature, so it fails; the one over the records
    // tells whether what the header says of them still holds.
    let records_hold = header.free_space > FIRST_RECORD
        && records(bytes, &header).is_some_and(|r| Some(crc32fast::hash(r)) == u32_at(bytes, 52));
    let reason = "its signature is overwritten";
    if records_hold {
        Slot::Damaged(Some(header), format!("{reason}; the checksum of its records holds"))
    } else {
        Slot::Damaged(None, reason.into())
    }
}

fn header(bytes: &[u8]) -> Option<Header> {
    bytes.get(..FIRST_RECORD)?;
    Some(Header { last_id: u64_at(bytes, 32)?, free_space: u32_at(bytes, 48)? as usize })
}

/// The bytes that the checksum over the records covers; `None` when they are not all there.
fn records<'a>(bytes: &'a [u8], header: &Header) -> Option<&'a [u8]> {
    bytes.get(FIRST_RECORD..header.free_space)
}

fn checksum_faults(bytes: &[u8], header: &Header) -> Vec<String> {
    if u32_at(bytes, 120).is_none_or(|flags| flags & NO_CRC32 != 0) {
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
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes.get(..120).unwrap_or_default());
    hasher.update(bytes.get(128..FIRST_RECORD).unwrap_or_default());
    compare("header", u32_at(bytes, 124), hasher.finalize());
    match records(bytes, header) {
        Some(records) => compare("records", u32_at(bytes, 52), crc32fast::hash(records)),
        // A chunk cut short by the end of the file is a finding of the log.
        None if header.free_space <= SLOT && bytes.len() < SLOT => {}
        None => faults.push(format!(
            "its free-space offset {:#x} lies outside of it, so its records' checksum cannot be \
             verified",
            header.free_space
        )),
    }
    faults
}
