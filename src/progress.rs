//! What a run tells whoever waits for it.

/// Receives progress; called from several threads, so cheap and shared.
pub trait Progress: Sync {
    /// Looking for logs; `found` so far.
    fn finding(&self, found: usize) {
        let _ = found;
    }
    /// From here on this image or archive is read, the `number`th of `of`.
    fn source(&self, name: &str, number: usize, of: usize) {
        let _ = (name, number, of);
    }
    /// Reading begins: so many bytes in so many logs.
    fn reading(&self, bytes: u64, logs: usize) {
        let _ = (bytes, logs);
    }
    /// So many more bytes of this log have been read.
    fn advanced(&self, bytes: u64, log: &str) {
        let _ = (bytes, log);
    }
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
