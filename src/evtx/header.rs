//! The file header: 4096 bytes, of which 128 are used.

use super::chunk::NO_CRC32;
use crate::evidence::ReadAt;
use crate::evidence::bytes::{u16_at, u32_at};
use crate::model::HeaderState;
use std::io;

/// Length of the part that is used; its checksum covers the first 120 bytes.
const USED: usize = 128;
const DIRTY: u32 = 1;

/// What the file header says about itself, or why it cannot be believed.
///
/// Nothing is read by it: chunks lie at fixed places, and each has checksums of its own.
pub(super) fn read(source: &dyn ReadAt) -> io::Result<Result<HeaderState, String>> {
    let mut bytes = [0; USED];
    let length = source.read_at(0, &mut bytes)?;
    Ok(parse(bytes.get(..length).unwrap_or_default()))
}

fn parse(bytes: &[u8]) -> Result<HeaderState, String> {
    if !bytes.starts_with(b"ElfFile\0") {
        return Err("it is missing or its signature is overwritten".into());
    }
    let fields = || {
        let (flags, stored) = (u32_at(bytes, 120)?, u32_at(bytes, 124)?);
        Some((u16_at(bytes, 42)?, flags, stored, crc32fast::hash(bytes.get(..120)?)))
    };
    let Some((chunks_counted, flags, stored, computed)) = fields() else {
        return Err("it is cut short".into());
    };
    if flags & NO_CRC32 == 0 && stored != computed {
        return Err(format!("its checksum is {stored:#010x}, its bytes give {computed:#010x}"));
    }
    Ok(HeaderState {
        valid: true,
        dirty: flags & DIRTY != 0,
        chunks_counted,
        chunk_count_wrong: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_believed_by_its_checksum() {
        let mut bytes = [0; USED];
        bytes[..8].copy_from_slice(b"ElfFile\0");
        bytes[42] = 7;
        bytes[120] = 1;
        assert!(parse(&bytes).unwrap_err().contains("checksum"));
        let crc = crc32fast::hash(&bytes[..120]);
        bytes[124..].copy_from_slice(&crc.to_le_bytes());
        let header = parse(&bytes).unwrap();
        assert_eq!((header.valid, header.dirty, header.chunks_counted), (true, true, 7));
        assert!(parse(&bytes[..100]).unwrap_err().contains("short"));
        assert!(parse(b"ElfChnk\0").is_err());
    }
}
