//! Unpacked parts of compressed disk images.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The last few unpacked chunks of one image: a format packs more bytes at once than are asked for.
pub(super) struct RecentChunks {
    /// Chunks that are kept.
    capacity: usize,
    chunks: Mutex<VecDeque<(u64, Arc<Vec<u8>>)>>,
}

impl RecentChunks {
    /// Keeps `capacity` chunks.
    pub(super) fn new(capacity: usize) -> RecentChunks {
        RecentChunks { capacity, chunks: Mutex::new(VecDeque::new()) }
    }

    /// The chunk with the number `key`; `unpack` is called if it is not kept.
    ///
    /// # Errors
    /// The error of `unpack`.
    pub(super) fn get(
        &self,
        key: u64,
        unpack: impl FnOnce() -> io::Result<Vec<u8>>,
    ) -> io::Result<Arc<Vec<u8>>> {
        let chunks = || self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, chunk)) = chunks().iter().find(|(known, _)| *known == key) {
            return Ok(Arc::clone(chunk));
        }
        // Without the lock: other threads unpack other chunks meanwhile.
        let chunk = Arc::new(unpack()?);
        let mut chunks = chunks();
        if chunks.len() >= self.capacity {
            chunks.pop_front();
        }
        chunks.push_back((key, Arc::clone(&chunk)));
        Ok(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn a_few_chunks_are_kept() {
        let recent = RecentChunks::new(2);
        let unpacked = AtomicU64::new(0);
        for key in [1, 1, 2, 1, 3, 1] {
            let chunk = recent.get(key, || {
                unpacked.fetch_add(1, Ordering::Relaxed);
                Ok(vec![key as u8])
            });
            assert_eq!(*chunk.unwrap(), [key as u8]);
        }
        assert_eq!(unpacked.into_inner(), 4);
    }
}
