//! A source as decoders want it: read from one position to the next.

use crate::evidence::read_at::ReadAt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// A source with a position of its own.
pub(super) struct SourceReader {
    source: Arc<dyn ReadAt>,
    at: u64,
}

impl SourceReader {
    /// From its beginning on.
    pub(super) fn new(source: &Arc<dyn ReadAt>) -> SourceReader {
        SourceReader { source: Arc::clone(source), at: 0 }
    }

    /// Bytes of the source.
    pub(super) fn size(&self) -> u64 {
        self.source.size()
    }

    /// Where it reads next.
    pub(super) fn position(&self) -> u64 {
        self.at
    }
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read_at(self.at, buffer)?;
        self.at = self.at.saturating_add(n as u64);
        Ok(n)
    }
}

impl Seek for SourceReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
