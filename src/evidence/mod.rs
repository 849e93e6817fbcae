//! Finds logs in evidence: read-only, bounded, told by content.

mod bytes;
mod cache;
mod containers;
mod content;
mod fault;
mod file;
mod held;
pub mod image;
pub mod ntfs;
mod partition;
mod search;
pub mod shadow;
mod shown;
mod zip;
mod zip_names;

pub use fault::Fault;

use crate::error::Result;
use crate::model::Finding;
use crate::progress::Progress;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of evidence, read at any position, never written.
pub trait Source: Send + Sync {
    /// Length in bytes when it was found.
    fn size(&self) -> u64;

    /// Length in bytes now: another one than [`Source::size`] when the evidence is being written,
    /// which nothing inside of a container is told.
    ///
    /// # Errors
    /// When the medium fails.
    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size())
    }

    /// Reads at `offset` into `buffer`, as much as there is: fewer bytes mean the end.
    ///
    /// # Errors
    /// When the medium fails; never at the end of the evidence.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// A source that others hold too.
impl Source for Arc<dyn Source> {
    fn size(&self) -> u64 {
        self.as_ref().size()
    }

    fn size_now(&self) -> io::Result<u64> {
        self.as_ref().size_now()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.as_ref().read_at(offset, buffer)
    }
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

/// How evidence is searched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Tried on entries of zip archives that are encrypted.
    pub zip_password: Option<String>,
    /// Leaves out the shadow copies of volumes in disk images.
    pub no_shadow_copies: bool,
    /// Also finds logs outside of Windows' folders and deleted ones in disk images.
    pub scan_mft: bool,
}

/// Finds every log below the given files and folders, also inside of disk images and zip archives.
///
/// A log is told by its content, whatever its name. A path that was given, or that is named
/// `.evtx`, but holds no log, cannot be read or does not exist becomes a finding. Symbolic links
/// are followed only when they are given themselves: a link inside of evidence may lead out of it.
///
/// # Errors
/// When no log is found at all.
pub fn discover(
    paths: &[PathBuf],
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Evidence> {
    search::search(paths, settings, progress)
}
