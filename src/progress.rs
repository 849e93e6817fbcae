//! What a run tells whoever waits for it.

/// Receives progress; called from several threads, so cheap and shared.
pub trait Progress: Sync {
    /// Looking for logs; `found` so far.
    fn finding(&self, found: usize) {
        let _ = found;
    }
    /// So many sources are to be read: every image and archive, and all other logs as one.
    fn sources(&self, count: usize) {
        let _ = count;
    }
    /// This image or archive is opened to look for logs in it; others may be read meanwhile.
    fn opening(&self, name: &str) {
        let _ = name;
    }
    /// A source is open: so many more bytes in so many more logs are to be read.
    fn reading(&self, bytes: u64, logs: usize) {
        let _ = (bytes, logs);
    }
    /// So many more bytes of this log have been read.
    fn advanced(&self, bytes: u64, log: &str) {
        let _ = (bytes, log);
    }
    /// One more source has been read.
    fn closed(&self) {}
    /// A phase after reading: `building timelines`, `writing timeline.csv`.
    fn phase(&self, name: &str) {
        let _ = name;
    }
    /// All done.
    fn done(&self) {}
}

/// Tells nobody.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {}
