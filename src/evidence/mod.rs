//! Finds logs in evidence: read-only, bounded, told by content.

mod bytes;
mod cache;
mod collector;
mod containers;
mod content;
mod counted;
mod fault;
mod file;
mod held;
pub mod image;
mod memory;
pub mod ntfs;
mod partition;
mod search;
pub mod shadow;
mod shown;
mod zip;
mod zip_names;

pub use containers::Container;
pub use fault::Fault;
pub use memory::Memory;
pub use search::{Search, Unopened};

use crate::model::{ContainerSummary, Finding, LogOrigin};
use std::io;
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
    /// Where on its computer it was.
    pub origin: LogOrigin,
    /// The host that the folders of its collection name.
    pub collector_host: Option<String>,
}

impl Log {
    /// A log at this path, which also says where it comes from.
    pub fn new(path: String, first_chunk: u64, source: Box<dyn Source>) -> Log {
        let (origin, collector_host) = (collector::origin(&path), collector::host(&path));
        Log { path, first_chunk, source, origin, collector_host }
    }
}

/// What is in one source: all files that are logs themselves, or one image or archive.
#[derive(Default)]
pub struct Evidence {
    /// Logs by path, each once.
    pub logs: Vec<Log>,
    /// What could not be read.
    pub findings: Vec<Finding>,
    /// The image or archive that the logs are in.
    pub container: Option<Used>,
    /// Held as long as what was unpacked of an archive takes much memory. The last field: freed last.
    _turn: Option<memory::Turn>,
}

impl From<Vec<Log>> for Evidence {
    fn from(logs: Vec<Log>) -> Evidence {
        Evidence { logs, ..Evidence::default() }
    }
}

/// How much of an image or archive is read.
pub struct Used {
    path: String,
    size: u64,
    counter: counted::Counter,
}

impl Used {
    /// As it stands now.
    pub fn summary(&self) -> ContainerSummary {
        let Used { path, size, counter } = self;
        ContainerSummary { path: path.clone(), size: *size, bytes_read: counter.bytes() }
    }
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
