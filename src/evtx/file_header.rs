//! The file header.

use super::format::{
    FILE_CHECKSUM, FILE_CHUNK_COUNT, FILE_FIRST_CHUNK, FILE_FLAGS, FILE_HEADER_CHECKSUMMED,
    FILE_HEADER_USED, FILE_LAST_CHUNK, FILE_NEXT_RECORD, FILE_SIGNATURE, FLAG_DIRTY,
    FLAG_NO_CHECKSUMS,
};
use crate::evidence::ReadAt;
use crate::evidence::bytes::{u16_at, u32_at, u64_at};
use crate::model::HeaderState;
use std::io;

/// What a file header says.
#[derive(Debug)]
pub(super) struct FileHeader {
    pub(super) state: HeaderState,
    /// The slots of the chunks with the oldest and with the newest record.
    pub(super) slots: (u64, u64),
}

/// What the file header says about itself, or why it cannot be believed.
///
/// Reading does not depend on it: chunks lie at fixed places, and each has checksums of its own.
///
/// # Errors
/// When the medium fails.
pub(super) fn read(source: &dyn ReadAt) -> io::Result<Result<FileHeader, String>> {
    let mut bytes = [0; FILE_HEADER_USED];
    let length = source.read_at(0, &mut bytes)?;
    Ok(parse(bytes.get(..length).unwrap_or_default()))
}

fn parse(bytes: &[u8]) -> Result<FileHeader, String> {
    if !bytes.starts_with(FILE_SIGNATURE) {
        return Err("it is missing or its signature is overwritten".into());
    }
    let fields = || {
        let (flags, stored) = (u32_at(bytes, FILE_FLAGS)?, u32_at(bytes, FILE_CHECKSUM)?);
        let computed = crc32fast::hash(bytes.get(..FILE_HEADER_CHECKSUMMED)?);
        let counted = (u16_at(bytes, FILE_CHUNK_COUNT)?, u64_at(bytes, FILE_NEXT_RECORD)?);
        let slots = (u64_at(bytes, FILE_FIRST_CHUNK)?, u64_at(bytes, FILE_LAST_CHUNK)?);
        Some((counted, slots, flags, stored, computed))
    };
    let Some(((chunks_counted, next_record), slots, flags, stored, computed)) = fields() else {
        return Err("it is cut short".into());
    };
    let has_checksum = flags & FLAG_NO_CHECKSUMS == 0;
    if has_checksum && stored != computed {
        return Err(format!("its checksum is {stored:#010x}, its bytes give {computed:#010x}"));
    }
    let state = HeaderState {
        valid: true,
        dirty: flags & FLAG_DIRTY != 0,
        chunks_counted,
        next_record,
        chunk_count_wrong: false,
    };
    Ok(FileHeader { state, slots })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_believed_by_its_checksum() {
        let mut bytes = [0; 128];
        bytes[..8].copy_from_slice(b"ElfFile\0");
        bytes[24] = 9;
        bytes[42] = 7;
        (bytes[8], bytes[16]) = (3, 2);
        bytes[120] = 1;
        assert!(parse(&bytes).unwrap_err().contains("checksum"));
        let crc = crc32fast::hash(&bytes[..120]);
        bytes[124..].copy_from_slice(&crc.to_le_bytes());
        let FileHeader { state: header, slots } = parse(&bytes).unwrap();
        assert_eq!(slots, (3, 2));
        assert_eq!((header.valid, header.dirty), (true, true));
        assert_eq!((header.chunks_counted, header.next_record), (7, 9));
        assert!(parse(&bytes[..100]).unwrap_err().contains("short"));
        assert!(parse(b"ElfChnk\0").is_err());
    }
}
