//! Identifies an event log by its content, whatever its name.

use super::read_at::ReadAt;
use std::io;

/// Length of the file header of an event log in bytes; the first chunk begins behind it.
pub(crate) const FILE_HEADER_SIZE: u64 = 4096;
/// Bytes of one chunk: the chunks of a log lie one after the other in slots of this size.
pub(crate) const CHUNK_SIZE: u64 = 65_536;
/// First bytes of a file header.
pub(crate) const FILE_SIGNATURE: &[u8; 8] = b"ElfFile\0";
/// First bytes of a chunk.
pub(crate) const CHUNK_SIGNATURE: &[u8; 8] = b"ElfChnk\0";

/// Where [`first_chunk`] looks for a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChunkSearch {
    /// In the first slot: enough to identify a log whose file header is damaged or missing.
    FirstSlot,
    /// In every slot: worth its time only for a file that claims to be a log.
    EverySlot,
}

/// Offset of the first chunk of an event log in bytes; `None` when this is no event log.
///
/// A log whose file header is damaged still has chunks behind it, and one whose file header is
/// missing begins with a chunk.
///
/// # Errors
/// When the medium fails.
pub(super) fn first_chunk(source: &dyn ReadAt, search: ChunkSearch) -> io::Result<Option<u64>> {
    match &signature_at(source, 0)? {
        FILE_SIGNATURE => return Ok(Some(FILE_HEADER_SIZE)),
        CHUNK_SIGNATURE => return Ok(Some(0)),
        _ => {}
    }
    let slots = match search {
        ChunkSearch::FirstSlot => 1,
        ChunkSearch::EverySlot => u64::MAX,
    };
    let mut offset = FILE_HEADER_SIZE;
    for _ in 0..slots {
        if offset >= source.size() {
            break;
        }
        if &signature_at(source, offset)? == CHUNK_SIGNATURE {
            return Ok(Some(FILE_HEADER_SIZE));
        }
        offset += CHUNK_SIZE;
    }
    Ok(None)
}

/// Why this is no event log, in words.
pub(super) fn why_no_log(source: &dyn ReadAt) -> String {
    if source.size() == 0 {
        return "it is empty (0 bytes)".into();
    }
    match signature_at(source, 0) {
        // The header of a .evt file: its length, then this signature.
        Ok([_, _, _, _, b'L', b'f', b'L', b'e']) => {
            "it is a log of Windows XP or Server 2003 (.evt), whose format is another one".into()
        }
        _ => "it holds neither an event log's header nor a chunk of one".into(),
    }
}

fn signature_at(source: &dyn ReadAt, offset: u64) -> io::Result<[u8; 8]> {
    let mut signature = [0; 8];
    source.read_at(offset, &mut signature)?;
    Ok(signature)
}
