//! How far a run is, for whoever waits for it.

/// Receives the progress of a run.
///
/// Every method does nothing unless it is written anew. They are called from several threads at a
/// time and often, so they must be quick.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use winlast::Analysis;
/// use winlast::progress::Progress;
///
/// #[derive(Default)]
/// struct Bytes(AtomicU64);
///
/// impl Progress for Bytes {
///     fn advanced(&self, bytes: u64, _log: &str) {
///         self.0.fetch_add(bytes, Ordering::Relaxed);
///     }
/// }
///
/// let bytes = Bytes::default();
/// Analysis::of(["sample-evtx/dc01/Security.evtx"]).progress(&bytes).run()?;
/// assert!(bytes.0.into_inner() >= 65_536, "a log has at least one chunk of 64 KiB");
/// # Ok::<(), winlast::Error>(())
/// ```
pub trait Progress: Sync {
    /// The evidence is being searched for logs; `found` is the number found so far.
    fn finding(&self, found: usize) {
        let _ = found;
    }
    /// The search is over. `count` is the number of sources that will be read: each image and each
    /// archive is one, and all other logs together are one. It is called again with a larger number
    /// when images or archives are found inside of others.
    fn sources(&self, count: usize) {
        let _ = count;
    }
    /// The image or archive `name` is opened to look for logs in it. Others may be read meanwhile.
    fn opening(&self, name: &str) {
        let _ = name;
    }
    /// A source is open: `bytes` more bytes, in `logs` more logs, are to be read.
    fn reading(&self, bytes: u64, logs: usize) {
        let _ = (bytes, logs);
    }
    /// `bytes` more bytes of the log `log` have been read.
    fn advanced(&self, bytes: u64, log: &str) {
        let _ = (bytes, log);
    }
    /// One more source has been read to its end.
    fn closed(&self) {}
    /// A phase after reading begins: `building timelines`, `writing timeline.csv`.
    fn phase(&self, name: &str) {
        let _ = name;
    }
    /// The run is over.
    fn done(&self) {}
}

/// Receives progress and does nothing with it: the default of an [`Analysis`](crate::Analysis).
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {}
