//! Blocks of disk images kept in memory, because reading them again would cost much time.

use super::read_at::{ReadAt, read_by_blocks, read_exact_at};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of one block: as many as a chunk of an event log and a cluster of most image formats.
const BLOCK: u64 = 65_536;
/// Parts of the cache, each with its own lock, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// Blocks of all sources that are read through this cache, within one limit of memory.
pub(super) struct BlockCache {
    shards: Vec<Mutex<Shard>>,
    next_source: AtomicU64,
}

/// Number of the source, and number of the block in it.
type BlockKey = (u64, u64);

struct Shard {
    /// Blocks that it may hold.
    capacity: usize,
    blocks: HashMap<BlockKey, CachedBlock>,
    /// Oldest first. A block that was used since it came is moved to the end once (second chance).
    order: VecDeque<BlockKey>,
}

struct CachedBlock {
    bytes: Arc<[u8]>,
    used: bool,
}

impl BlockCache {
    /// A cache of at most `bytes` bytes, rounded up to one block for each of its parts.
    pub(super) fn new(bytes: u64) -> Arc<BlockCache> {
        let capacity = usize::try_from(bytes / BLOCK).unwrap_or(usize::MAX).div_ceil(SHARDS).max(1);
        let shard =
            || Mutex::new(Shard { capacity, blocks: HashMap::new(), order: VecDeque::new() });
        Arc::new(BlockCache {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            next_source: AtomicU64::new(0),
        })
    }

    /// `source`, read through this cache.
    pub(super) fn over(self: &Arc<BlockCache>, source: Arc<dyn ReadAt>) -> CachedReads {
        let number = self.next_source.fetch_add(1, Ordering::Relaxed);
        CachedReads { number, source, cache: Arc::clone(self), blocks_read: AtomicU64::new(0) }
    }

    fn with<T>(&self, key: BlockKey, act: impl FnOnce(&mut Shard) -> T) -> Option<T> {
        let at = key.0.wrapping_mul(31).wrapping_add(key.1) % self.shards.len() as u64;
        let shard = usize::try_from(at).ok().and_then(|at| self.shards.get(at))?;
        Some(act(&mut shard.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Shard {
    fn get(&mut self, key: BlockKey) -> Option<Arc<[u8]>> {
        let block = self.blocks.get_mut(&key)?;
        block.used = true;
        Some(Arc::clone(&block.bytes))
    }

    fn put(&mut self, key: BlockKey, bytes: Arc<[u8]>) {
        // Two threads may have read the same block.
        if self.blocks.insert(key, CachedBlock { bytes, used: false }).is_some() {
            return;
        }
        self.order.push_back(key);
        while self.blocks.len() > self.capacity {
            let Some(oldest) = self.order.pop_front() else { break };
            match self.blocks.get_mut(&oldest) {
                Some(block) if block.used => {
                    block.used = false;
                    self.order.push_back(oldest);
                }
                _ => drop(self.blocks.remove(&oldest)),
            }
        }
    }
}

/// A source that is read through a [`BlockCache`].
pub(super) struct CachedReads {
    number: u64,
    source: Arc<dyn ReadAt>,
    cache: Arc<BlockCache>,
    blocks_read: AtomicU64,
}

impl CachedReads {
    /// How many blocks of 64 KiB have been read from the source itself.
    #[cfg(test)]
    pub(super) fn blocks_read(&self) -> u64 {
        self.blocks_read.load(Ordering::Relaxed)
    }

    fn block(&self, index: u64) -> io::Result<Arc<[u8]>> {
        let key = (self.number, index);
        if let Some(bytes) = self.cache.with(key, |shard| shard.get(key)).flatten() {
            return Ok(bytes);
        }
        let offset = index * BLOCK;
        let length = BLOCK.min(self.source.size().saturating_sub(offset));
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        read_exact_at(&*self.source, offset, &mut bytes)?;
        self.blocks_read.fetch_add(1, Ordering::Relaxed);
        let bytes: Arc<[u8]> = bytes.into();
        self.cache.with(key, |shard| shard.put(key, Arc::clone(&bytes)));
        Ok(bytes)
    }
}

/// Its blocks leave the cache: nobody can ask for them any more.
impl Drop for CachedReads {
    fn drop(&mut self) {
        for shard in &self.cache.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.blocks.retain(|key, _| key.0 != self.number);
            shard.order.retain(|key| key.0 != self.number);
        }
    }
}

impl ReadAt for CachedReads {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_by_blocks(self.size(), BLOCK, offset, buffer, |index, within, part| {
            let block = self.block(index)?;
            let from = usize::try_from(within).ok().and_then(|at| block.get(at..at + part.len()));
            match from {
                Some(from) => part.copy_from_slice(from),
                // The source ends before the size it gave.
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::in_memory::InMemory;
    use crate::evidence::read_at::tests::read_all;

    fn numbered(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at / 1000 % 251) as u8).collect()
    }

    #[test]
    fn bytes_are_the_same_and_blocks_are_read_once() {
        let bytes = numbered(1_000_001);
        let cache = BlockCache::new(100 * BLOCK);
        let cached = cache.over(Arc::new(InMemory::from(bytes.clone())));
        assert_eq!(read_all(&cached).unwrap(), bytes);
        assert_eq!(read_all(&cached).unwrap(), bytes);
        assert_eq!(cached.blocks_read(), 16);
    }

    #[test]
    fn memory_is_bounded_over_all_sources() {
        let cache = BlockCache::new(32 * BLOCK);
        let sources: Vec<CachedReads> =
            (0..5).map(|_| cache.over(Arc::new(InMemory::from(numbered(40 * 65_536))))).collect();
        sources.iter().for_each(|source| drop(read_all(source).unwrap()));
        let kept = || -> usize {
            cache.shards.iter().map(|shard| shard.lock().unwrap().blocks.len()).sum()
        };
        assert!((1..=32).contains(&kept()), "{}", kept());
        drop(sources);
        assert_eq!(kept(), 0);
    }
}
