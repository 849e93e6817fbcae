//! Tells an event log by its content.

use super::Source;
use std::io;

/// Length of the file header, and offset of the first chunk behind it.
const FILE_HEADER: u64 = 4096;
/// Every chunk takes one slot of this size.
const SLOT: u64 = 65_536;
const FILE_MAGIC: &[u8; 8] = b"ElfFile\0";
const CHUNK_MAGIC: &[u8; 8] = b"ElfChnk\0";

/// Where the first chunk of an event log lies; `None` when this is no event log.
///
/// A log whose file header is damaged still has a chunk behind it, and one whose header is
/// missing begins with a chunk. `thorough` looks for a chunk in every slot, which is worth its
/// time only for a file that claims to be a log.
pub(super) fn first_chunk(source: &dyn Source, thorough: bool) -> io::Result<Option<u64>> {
    match &magic_at(source, 0)? {
        FILE_MAGIC => return Ok(Some(FILE_HEADER)),
        CHUNK_MAGIC => return Ok(Some(0)),
        _ => {}
    }
    let slots = if thorough { u64::MAX } else { 1 };
    let mut offset = FILE_HEADER;
    for _ in 0..slots {
        if offset >= source.size() {
            break;
        }
        if &magic_at(source, offset)? == CHUNK_MAGIC {
            return Ok(Some(FILE_HEADER));
        }
        offset += SLOT;
    }
    Ok(None)
}

/// Why this is no event log, in words.
pub(super) fn why_not(source: &dyn Source) -> String {
    if source.size() == 0 {
        return "it is empty (0 bytes)".into();
    }
    match magic_at(source, 0) {
        // The header of a .evt file: its length, then this signature.
        Ok([_, _, _, _, b'L', b'f', b'L', b'e']) => {
            "it is a log of Windows XP or Server 2003 (.evt), whose format is another one".into()
        }
        _ => "it holds neither an event log's header nor a chunk of one".into(),
    }
}

fn magic_at(source: &dyn Source, offset: u64) -> io::Result<[u8; 8]> {
    let mut magic = [0; 8];
    source.read_at(offset, &mut magic)?;
    Ok(magic)
}
