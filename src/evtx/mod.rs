//! EVTX chunks to events, in parallel.
//!
//! The logs of a source are cut into jobs of a few chunks; every thread takes the next job until
//! none is left, and then opens another source, so that one huge log, a thousand small ones and
//! many images keep every core busy alike. A chunk stands alone: its records refer to nothing
//! outside of it. What the jobs found is put together in their order, and the sources in theirs,
//! so the result does not depend on the number of threads.

mod binxml;
mod chunk;
mod crate_reader;
mod decode;
mod header;
mod jobs;
mod pass;
mod records;
mod sources;
mod summary;
#[cfg(test)]
mod tests;
mod thin;
mod walk;
mod xml;

use crate::error::{Error, Result};
use crate::evidence::{self, PendingSource};
use crate::model::EventSet;
use crate::progress::Progress;
use sources::Reader;

/// How to scan.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Settings {
    /// SHA-256 of each log.
    pub(crate) hash: bool,
    /// Also carve records from free space.
    pub(crate) recover: bool,
    /// Leave out events that say no more than those around them; see [`thin`].
    pub(crate) thin: bool,
}

/// The threads that read, and the memory that they share.
pub(crate) struct Pool {
    threads: rayon::ThreadPool,
    memory: evidence::Memory,
}

impl Pool {
    /// So many threads; `None`: one per core.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub(crate) fn new(threads: Option<usize>) -> Result<Pool> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .thread_name(|n| format!("scan-{n}"))
            .build()
            .map_err(|error| Error::Threads(error.to_string()))?;
        Ok(Pool { threads, memory: evidence::Memory::new() })
    }

    /// Lets `act` use these threads.
    pub(crate) fn install<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        self.threads.install(act)
    }

    /// What the sources read with these threads share.
    pub(crate) fn memory(&self) -> &evidence::Memory {
        &self.memory
    }

    /// How many threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// Opens and reads all sources; see [`sources`].
    pub(crate) fn scan(
        &self,
        sources: Vec<PendingSource>,
        how_found: &evidence::SearchSettings,
        settings: &Settings,
        progress: &dyn Progress,
    ) -> EventSet {
        progress.sources(sources.len());
        let reader = Reader { pool: self, settings, readers: Readers::Both, progress };
        reader.read_all(sources, |source| {
            if let Some(container) = source.container() {
                progress.opening(container);
            }
            source.open(how_found, &self.memory)
        })
    }
}

/// Who reads records: a test compares the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// The fast reader, and the crate for what that leaves.
    Both,
    /// The crate alone.
    #[cfg(test)]
    Crate,
}
