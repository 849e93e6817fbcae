//! Blocks of images kept in memory, for sources whose reads are dear.

use super::Source;
use super::bytes::by_blocks;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of one block: a slot of an event log, and a cluster of most image formats.
const BLOCK: u64 = 65_536;
/// So many parts, each with a lock of its own, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// Blocks of all sources that are read through it, within one bound of memory.
pub(super) struct Cache {
    shards: Vec<Mutex<Shard>>,
    next_source: AtomicU64,
}

/// Source and number of a block.
type Key = (u64, u64);

struct Shard {
    room: usize,
    blocks: HashMap<Key, Block>,
    /// Oldest first: one used since it came is moved back once more (second chance).
    order: VecDeque<Key>,
}

struct Block {
    bytes: Arc<[u8]>,
    used: bool,
}

impl Cache {
    /// A cache of at most `bytes`, rounded up to one block for each of its parts.
    pub(super) fn new(bytes: u64) -> Arc<Cache> {
        let room = usize::try_from(bytes / BLOCK).unwrap_or(usize::MAX).div_ceil(SHARDS).max(1);
        let shard = || Mutex::new(Shard { room, blocks: HashMap::new(), order: VecDeque::new() });
        Arc::new(Cache {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            next_source: AtomicU64::new(0),
        })
    }

    /// `source`, read through this cache.
    pub(super) fn over(self: &Arc<Cache>, source: Arc<dyn Source>) -> Cached {
        let number = self.next_source.fetch_add(1, Ordering::Relaxed);
        Cached { number, source, cache: Arc::clone(self), blocks_read: AtomicU64::new(0) }
    }

    fn with<T>(&self, key: Key, act: impl FnOnce(&mut Shard) -> T) -> Option<T> {
        let at = key.0.wrapping_mul(31).wrapping_add(key.1) % self.shards.len() as u64;
        let shard = usize::try_from(at).ok().and_then(|at| self.shards.get(at))?;
        Some(act(&mut shard.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Shard {
    fn get(&mut self, key: Key) -> Option<Arc<[u8]>> {
        let block = self.blocks.get_mut(&key)?;
        block.used = true;
        Some(Arc::clone(&block.bytes))
    }

    fn put(&mut self, key: Key, bytes: Arc<[u8]>) {
        // Two threads may have read the same block.
        if self.blocks.insert(key, Block { bytes, used: false }).is_some() {
            return;
        }
        self.order.push_back(key);
        while self.blocks.len() > self.room {
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

/// A source behind a [`Cache`].
pub(super) struct Cached {
    number: u64,
    source: Arc<dyn Source>,
    cache: Arc<Cache>,
    blocks_read: AtomicU64,
}

impl Cached {
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
        super::bytes::read_exact_at(&*self.source, offset, &mut bytes)?;
        self.blocks_read.fetch_add(1, Ordering::Relaxed);
        let bytes: Arc<[u8]> = bytes.into();
        self.cache.with(key, |shard| shard.put(key, Arc::clone(&bytes)));
        Ok(bytes)
    }
}

/// Nobody asks for its blocks any more.
impl Drop for Cached {
    fn drop(&mut self) {
        for shard in &self.cache.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.blocks.retain(|key, _| key.0 != self.number);
            shard.order.retain(|key| key.0 != self.number);
        }
    }
}

impl Source for Cached {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        by_blocks(self.size(), BLOCK, offset, buffer, |index, within, piece| {
            let block = self.block(index)?;
            let from = usize::try_from(within).ok().and_then(|at| block.get(at..at + piece.len()));
            match from {
                Some(from) => piece.copy_from_slice(from),
                // The source ends before the size it gave.
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
            Ok(())
        })
    }
}

/// The last few unpacked chunks of one image, whose formats pack more at once than is asked for.
pub(super) struct Recent {
    room: usize,
    chunks: Mutex<VecDeque<(u64, Arc<Vec<u8>>)>>,
}

impl Recent {
    /// Keeps `room` chunks.
    pub(super) fn new(room: usize) -> Recent {
        Recent { room, chunks: Mutex::new(VecDeque::new()) }
    }

    /// The chunk called `key`, unpacked by `unpack` if it is not at hand.
    ///
    /// # Errors
    /// Those of `unpack`.
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
        if chunks.len() >= self.room {
            chunks.pop_front();
        }
        chunks.push_back((key, Arc::clone(&chunk)));
        Ok(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::bytes::tests::all;
    use crate::evidence::held::Held;

    fn numbered(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at / 1000 % 251) as u8).collect()
    }

    #[test]
    fn bytes_are_the_same_and_blocks_are_read_once() {
        let bytes = numbered(1_000_001);
        let cache = Cache::new(100 * BLOCK);
        let cached = cache.over(Arc::new(Held::from(bytes.clone())));
        assert_eq!(all(&cached).unwrap(), bytes);
        assert_eq!(all(&cached).unwrap(), bytes);
        assert_eq!(cached.blocks_read(), 16);
    }

    #[test]
    fn memory_is_bounded_over_all_sources() {
        let cache = Cache::new(32 * BLOCK);
        let sources: Vec<Cached> =
            (0..5).map(|_| cache.over(Arc::new(Held::from(numbered(40 * 65_536))))).collect();
        sources.iter().for_each(|source| drop(all(source).unwrap()));
        let held = || -> usize {
            cache.shards.iter().map(|shard| shard.lock().unwrap().blocks.len()).sum()
        };
        assert!((1..=32).contains(&held()), "{}", held());
        drop(sources);
        assert_eq!(held(), 0);
    }

    #[test]
    fn a_few_chunks_are_kept() {
        let recent = Recent::new(2);
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
