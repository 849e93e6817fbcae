//! How much of the evidence is read.

use super::Source;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes read of all sources that it was laid over.
#[derive(Debug, Clone, Default)]
pub(super) struct Counter(Arc<AtomicU64>);

impl Counter {
    /// `source`, counted.
    pub(super) fn over(&self, source: impl Source + 'static) -> Arc<dyn Source> {
        Arc::new(Counted { source, counter: self.clone() })
    }

    /// Bytes read so far; what is read twice counts twice.
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counted<S> {
    source: S,
    counter: Counter,
}

impl<S: Source> Source for Counted<S> {
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
