//! An event log that was found.

use super::collection;
use super::identify::CHUNK_SIZE;
use super::read_at::ReadAt;
use crate::model::LogOrigin;

/// An event log that was found, open for reading.
pub(crate) struct LogFile {
    /// Display path as given or found; inside of a container with the container's path before it.
    pub(crate) path: String,
    /// Offset of its first chunk in bytes: 4096, or 0 when it has no file header.
    pub(crate) first_chunk: u64,
    /// The bytes of the log.
    pub(crate) source: Box<dyn ReadAt>,
    /// Where on its computer it was.
    pub(crate) origin: LogOrigin,
    /// The host that the folders of its collection name.
    pub(crate) collector_host: Option<String>,
}

impl LogFile {
    /// The log at this display path, which also says where it comes from.
    pub(crate) fn new(path: String, first_chunk: u64, source: Box<dyn ReadAt>) -> LogFile {
        let (origin, collector_host) = (collection::origin(&path), collection::host(&path));
        LogFile { path, first_chunk, source, origin, collector_host }
    }

    /// Where a slot begins in the log, in bytes. The slots are numbered from 0.
    pub(crate) fn offset_of(&self, slot: u32) -> u64 {
        self.first_chunk.saturating_add(u64::from(slot).saturating_mul(CHUNK_SIZE))
    }
}
