//! The threads and the memory of analyses.

use crate::error::Result;
use crate::evtx;
use std::fmt;

/// Threads and memory that several analyses share: together they take no more than one would.
///
/// ```
/// use winlast::{Analysis, Pool};
///
/// let pool = Pool::new(2)?;
/// let (dc01, ws01) = std::thread::scope(|scope| {
///     let dc01 = scope.spawn(|| Analysis::of(["sample-evtx/dc01"]).on(&pool).run());
///     let ws01 = scope.spawn(|| Analysis::of(["sample-evtx/ws01"]).on(&pool).run());
///     (dc01.join(), ws01.join())
/// });
/// assert_eq!(dc01.expect("it does not panic")?.hosts[0].to_string(), "DC01.contoso.local");
/// assert_eq!(ws01.expect("it does not panic")?.hosts[0].to_string(), "WS01");
/// # Ok::<(), winlast::Error>(())
/// ```
pub struct Pool(pub(super) evtx::ReadPool);

impl Pool {
    /// A pool of so many threads; 0 means one for each core.
    ///
    /// # Errors
    /// [`Error::Threads`](crate::Error::Threads) when threads cannot be started.
    pub fn new(threads: usize) -> Result<Pool> {
        evtx::ReadPool::new(Some(threads)).map(Pool)
    }

    /// The bytes of memory that unpacked archives may take, and the sessions of each analysis; see
    /// [`Analysis::memory`](crate::Analysis::memory).
    #[must_use]
    pub fn memory(self, bytes: u64) -> Pool {
        let memory = self.0.memory().with_limit(bytes);
        Pool(self.0.with_memory(memory))
    }

    /// The number of files that the process may have open, if it is known. At most a quarter of this
    /// number of logs is kept open. Default: 512.
    #[must_use]
    pub fn open_files(self, files: usize) -> Pool {
        let memory = self.0.memory().clone().with_open_files(files);
        Pool(self.0.with_memory(memory))
    }

    /// Runs `act` on the threads of the pool, as the writers of [`output`](crate::output) want it:
    /// they make rows with the threads that they are called on.
    pub fn install<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        self.0.install(act)
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.0.threads()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads()).finish_non_exhaustive()
    }
}
