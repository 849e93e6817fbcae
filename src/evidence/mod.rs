//! Finds logs in evidence: read-only, bounded, told by content.

mod content;
mod file;
mod search;
mod shown;

use crate::error::Result;
use crate::model::Finding;
use crate::progress::Progress;
use std::io;
use std::path::PathBuf;

/// Bytes of evidence, read at any position, never written.
pub trait Source: Send + Sync {
    /// Length in bytes when it was found.
    fn size(&self) -> u64;

    /// Length in bytes now: another one than [`Source::size`] when the evidence is being written.
    ///
    /// # Errors
    /// When the medium fails.
    fn size_now(&self) -> io::Result<u64>;

    /// Reads at `offset` into `buffer`, as much as there is: fewer bytes mean the end.
    ///
    /// # Errors
    /// When the medium fails; never at the end of the evidence.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// A log that was found.
pub struct Log {
    /// Path as shown: as given or found, inside its container; `/` between the parts.
    pub path: String,
    /// Where its first 64 KiB slot begins: 4096, or 0 when it has no file header.
    pub first_chunk: u64,
    /// Its bytes.
    pub source: Box<dyn Source>,
}

/// What was found.
#[derive(Default)]
pub struct Evidence {
    /// Logs by path, each once.
    pub logs: Vec<Log>,
    /// What could not be read.
    pub findings: Vec<Finding>,
}

/// Finds every log below the given files and folders.
///
/// A log is told by its content, whatever its name. A path that was given, or that is named
/// `.evtx`, but holds no log, cannot be read or does not exist becomes a finding. Symbolic links
/// are followed only when they are given themselves: a link inside of evidence may lead out of it.
///
/// # Errors
/// When no log is found at all.
pub fn discover(paths: &[PathBuf], progress: &dyn Progress) -> Result<Evidence> {
    search::search(paths, progress)
}
