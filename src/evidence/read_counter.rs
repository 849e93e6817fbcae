//! How much of the evidence is read.

use super::read_at::ReadAt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes that are read of all its sources. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct ReadCounter(Arc<AtomicU64>);

impl ReadCounter {
    /// `source`, whose reads this counter counts.
    pub(super) fn count(&self, source: impl ReadAt + 'static) -> Arc<dyn ReadAt> {
        Arc::new(CountedReads { source, counter: self.clone() })
    }

    /// Bytes read so far; what is read twice counts twice.
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct CountedReads<S> {
    source: S,
    counter: ReadCounter,
}

impl<S: ReadAt> ReadAt for CountedReads<S> {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn size_now(&self) -> io::Result<u64> {
        self.source.size_now()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read_at(offset, buffer)?;
        self.counter.0.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
