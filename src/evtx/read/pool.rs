//! The threads that read, and the memory that they share.

use crate::error::{Error, Result};
use crate::evidence;

/// See the module.
pub(crate) struct ReadPool {
    threads: rayon::ThreadPool,
    memory: evidence::Memory,
}

impl ReadPool {
    /// A pool of this many threads; `None`: one per core.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub(crate) fn new(threads: Option<usize>) -> Result<ReadPool> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .thread_name(|n| format!("scan-{n}"))
            .build()
            .map_err(|error| Error::Threads(error.to_string()))?;
        Ok(ReadPool { threads, memory: evidence::Memory::new() })
    }

    /// Gives it this memory.
    pub(crate) fn with_memory(self, memory: evidence::Memory) -> ReadPool {
        ReadPool { memory, ..self }
    }

    /// Lets `act` use these threads.
    pub(crate) fn install<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        self.threads.install(act)
    }

    /// The memory that all sources read with these threads share.
    pub(crate) fn memory(&self) -> &evidence::Memory {
        &self.memory
    }

    /// The number of threads.
    pub(crate) fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// The threads themselves.
    pub(super) fn rayon(&self) -> &rayon::ThreadPool {
        &self.threads
    }
}
