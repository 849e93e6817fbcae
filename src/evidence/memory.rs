//! What all sources that are open at a time share: memory, and the number of open files.

use super::block_cache::BlockCache;
use super::limits;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Bytes of memory that an event takes at the peak of a run, with its texts, and with the sessions and
/// rows that are made of it: 400,000 sessions of two events each take 306 MiB (docs/performance.md).
const EVENT: u64 = 512;

/// Memory and open files for all sources that are open at a time, so that their number does not
/// multiply what is needed. Clones share one memory.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(super) cache: Arc<BlockCache>,
    /// Bytes for archives and events together.
    limit: u64,
    most_open_files: usize,
    large_archive: Arc<LargeArchive>,
    open_files: Arc<AtomicUsize>,
}

/// The right to keep one more file open; given back when dropped.
pub(super) struct OpenFilePermit(Arc<AtomicUsize>);

/// Whether an archive has the right to unpack much.
#[derive(Default)]
struct LargeArchive {
    is_taken: Mutex<bool>,
    given_back: Condvar,
}

/// The right to unpack more into memory than every archive may. One archive at a time has it; given
/// back when dropped.
pub(super) struct LargeArchivePermit(Arc<LargeArchive>);

impl Memory {
    /// Memory for everything that is read with it.
    pub(crate) fn new() -> Memory {
        Memory::within(limits::MEMORY)
    }

    /// Memory of so many bytes for unpacked archives and events.
    pub(crate) fn within(limit: u64) -> Memory {
        Memory {
            cache: BlockCache::new(limits::BLOCK_CACHE.min(limit / 8)),
            limit,
            most_open_files: limits::OPEN_FILES,
            large_archive: Arc::default(),
            open_files: Arc::default(),
        }
    }

    /// As many open files, with so many bytes for unpacked archives and events.
    pub(crate) fn with_limit(&self, limit: u64) -> Memory {
        Memory { most_open_files: self.most_open_files, ..Memory::within(limit) }
    }

    /// For a process that may have so many files open.
    pub(crate) fn with_open_files(self, files: usize) -> Memory {
        let most_open_files = limits::OPEN_FILES.min(files / limits::OPEN_FILES_SHARE);
        Memory { most_open_files, ..self }
    }

    /// The number of events of all logs for which there is memory, with what is made of them.
    pub(crate) fn most_events(&self) -> u64 {
        self.limit / 2 / EVENT
    }

    /// Bytes for everything unpacked of one archive.
    pub(super) fn for_archive(&self) -> u64 {
        self.limit / 2
    }

    /// Bytes for everything unpacked of one archive while others are open as well.
    pub(super) fn for_archive_among_others(&self) -> u64 {
        limits::UNPACK_MEMORY_SHARED.min(self.limit / 16)
    }

    /// The permit to keep one more file open, as long as there are any; a file without one is opened
    /// anew for each read.
    pub(super) fn keep_open(&self) -> Option<OpenFilePermit> {
        let permit = OpenFilePermit(Arc::clone(&self.open_files));
        (self.open_files.fetch_add(1, Ordering::Relaxed) < self.most_open_files).then_some(permit)
    }

    /// Waits until no other archive has the permit to unpack much. Whoever has it must never wait
    /// for the work of others.
    pub(super) fn wait_to_unpack_much(&self) -> LargeArchivePermit {
        let LargeArchive { is_taken, given_back } = &*self.large_archive;
        let is_taken = is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_taken = given_back
            .wait_while(is_taken, |is_taken| *is_taken)
            .unwrap_or_else(PoisonError::into_inner);
        *is_taken = true;
        LargeArchivePermit(Arc::clone(&self.large_archive))
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::new()
    }
}

impl Drop for OpenFilePermit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for LargeArchivePermit {
    fn drop(&mut self) {
        *self.0.is_taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_limited_number_of_files_is_kept_open() {
        for (files, expected) in [(4096, 128), (256, 64), (32, 8), (3, 0)] {
            let memory = Memory::new().with_open_files(files);
            for _ in 0..2 {
                let kept: Vec<OpenFilePermit> =
                    (0..300).filter_map(|_| memory.keep_open()).collect();
                assert_eq!(kept.len(), expected);
            }
        }
    }

    #[test]
    fn one_archive_at_a_time_unpacks_much() {
        let memory = Memory::new();
        let (holders, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let permit = memory.wait_to_unpack_much();
                    assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                    std::thread::yield_now();
                    holders.fetch_sub(1, Ordering::SeqCst);
                    turns.fetch_add(1, Ordering::SeqCst);
                    drop(permit);
                });
            }
        });
        assert_eq!(turns.into_inner(), 8);
    }
}
