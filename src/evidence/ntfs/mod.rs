//! NTFS, read-only: event logs of a volume, exactly as Windows would read them.
//!
//! Event logs are the files that simple readers get wrong: they grow in small steps, so that their
//! run lists spread over many records, they are allocated ahead of what is written, and some
//! administrators compress their folder. What is read and from which documents is described in
//! `docs/ntfs.md`.
//!
//! Nothing here trusts a number of the volume: chains are walked at most once around, sizes are
//! capped, and what is damaged is a [`Fault`] that costs no more than itself.

mod boot;
pub(in crate::evidence) mod bytes;
mod folder;
mod lznt1;
mod mft;
mod record;
mod runs;
mod scan;
mod stream;
#[cfg(test)]
pub(in crate::evidence) mod tests;

use super::fault::Faults;
use super::{Fault, Source};
use boot::Boot;
use folder::Name;
use mft::Mft;
use record::{Body, Record, kind};
use runs::Place;
use std::collections::HashSet;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use stream::Stream;

/// Where Windows keeps its logs, and where an upgrade leaves those of the system before.
const LOG_FOLDERS: [&[&str]; 2] = [
    &["Windows", "System32", "winevt", "Logs"],
    &["Windows.old", "Windows", "System32", "winevt", "Logs"],
];
/// Files kept of one folder or one scan; some servers have ten thousand logs.
const MOST_FILES: usize = 1 << 16;

/// An NTFS volume.
pub struct Volume {
    mft: Mft,
    faults: Vec<Fault>,
}

/// Files found in a volume, by path.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, each once.
    pub files: Vec<File>,
    /// What could not be read on the way; a file with a fault is there as far as it can be read.
    pub faults: Vec<Fault>,
}

/// A file of a volume.
pub struct File {
    /// Path from the root of the volume, `/` between the parts. What lay in a folder that is gone
    /// begins with `$Orphan`.
    pub path: String,
    /// Number of its record in `$MFT`.
    pub record: u64,
    /// It was deleted, and its clusters still hold a log, or a part of one.
    pub deleted: bool,
    /// Its data is compressed (LZNT1).
    pub compressed: bool,
    /// Of a deleted file: how many of its clusters belong to other files by now, so that what is
    /// read there may be theirs.
    pub reused_clusters: u64,
    /// Its bytes, decompressed. EventSet where the volume is damaged is an error; the rest can be
    /// read all the same.
    pub source: Box<dyn Source>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("path", &self.path)
            .field("size", &self.source.size())
            .field("deleted", &self.deleted)
            .field("compressed", &self.compressed)
            .finish_non_exhaustive()
    }
}

impl Volume {
    /// Reads the boot sector and finds `$MFT`.
    ///
    /// # Errors
    /// When it is no NTFS volume, or neither `$MFT` nor its copy can be read.
    pub fn open(source: Arc<dyn Source>) -> Result<Volume, Fault> {
        let mut faults = Faults::default();
        let (boot, damage) = Boot::read(&*source)?;
        damage.into_iter().for_each(|fault| faults.push(fault));
        let mft = Mft::open(source, boot, &mut faults)?;
        Ok(Volume { mft, faults: faults.into_vec() })
    }

    /// What was wrong with the boot sector and `$MFT` itself.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The logs where Windows keeps them, of this Windows and the one before an upgrade.
    pub fn logs(&self) -> Found {
        let mut faults = Faults::default();
        let mut files = Vec::new();
        let mut seen = HashSet::new();
        for path in LOG_FOLDERS {
            let Some((folder, path)) = folder::find(&self.mft, path, &mut faults) else { continue };
            let mut names = Vec::new();
            folder::each_name(&self.mft, &folder, &mut faults, |name, reference| {
                if seen.len() >= MOST_FILES {
                    return ControlFlow::Break(());
                }
                if is_log_name(&name.text) && seen.insert(reference.number) {
                    names.push((name.text, reference));
                }
                ControlFlow::Continue(())
            });
            if seen.len() >= MOST_FILES {
                faults.note(folder.offset, format!("{path}: more than {MOST_FILES} logs"));
            }
            for (name, reference) in names {
                let path = format!("{path}/{name}");
                match self.mft.follow(reference) {
                    Ok(record) if record.is_folder() => {}
                    Ok(record) => files.extend(self.file(&record, path, &mut faults)),
                    Err(fault) => faults.note(fault.offset, format!("{path}: {}", fault.reason)),
                }
            }
        }
        Found::new(files, faults)
    }

    /// A file with its data; faults name its path.
    fn file(&self, record: &Record, path: String, faults: &mut Faults) -> Option<File> {
        let mut own = Faults::default();
        let stream = match self.mft.stream(record, kind::DATA, "", &mut own) {
            Ok(Some(stream)) => self.check_elsewhere(record, &stream, &mut own).map(|()| stream),
            Ok(None) => Err(Fault::new(record.offset, "it has no data")),
            Err(fault) => Err(fault),
        };
        for fault in own.into_vec() {
            faults.note(fault.offset, format!("{path}: {}", fault.reason));
        }
        match stream {
            Ok(stream) => Some(File {
                path,
                record: record.number,
                deleted: !record.in_use(),
                compressed: stream.is_compressed(),
                reused_clusters: 0,
                source: Box::new(stream),
            }),
            Err(fault) => {
                faults.note(fault.offset, format!("{path}: {}", fault.reason));
                None
            }
        }
    }

    /// Files compressed by Compact OS, deduplicated or left in a cloud have a reparse point, and
    /// where their data would be there is nothing, which would read as zeros.
    fn check_elsewhere(
        &self,
        record: &Record,
        stream: &Stream,
        faults: &mut Faults,
    ) -> Result<(), Fault> {
        let has = |place: fn(&Place) -> bool| stream.runs().iter().any(|run| place(&run.place));
        if stream.is_compressed() || !has(|place| *place == Place::Sparse) {
            return Ok(());
        }
        let mut tag = None;
        // Damage of the record was noted with its data.
        self.mft.each(record, kind::REPARSE_POINT, &mut Faults::default(), |_, attribute| {
            if let Body::Resident(bytes) = attribute.body {
                tag = bytes::u32_at(bytes, 0);
            }
        });
        let Some(tag) = tag else { return Ok(()) };
        let reason = format!(
            "its data lies elsewhere (reparse tag {tag:#x}: Compact OS, deduplication, cloud)"
        );
        if !has(|place| matches!(place, Place::Cluster(_))) {
            return Err(Fault::new(record.offset, reason));
        }
        faults.note(record.offset, format!("{reason}; that part reads as zeros"));
        Ok(())
    }

    /// Every name of a file, the best first.
    fn names(&self, record: &Record) -> Vec<Name> {
        let mut names = Vec::new();
        // Damage of the record is noted with its data.
        self.mft.each(record, kind::FILE_NAME, &mut Faults::default(), |_, attribute| {
            if let Body::Resident(bytes) = attribute.body {
                names.extend(Name::parse(bytes));
            }
        });
        names.sort_by_key(|name| name.space);
        names
    }
}

impl Found {
    fn new(mut files: Vec<File>, faults: Faults) -> Found {
        files.sort_by(|a, b| (&a.path, a.record).cmp(&(&b.path, b.record)));
        Found { files, faults: faults.into_vec() }
    }
}

/// Whether a name ends in `.evtx`, in any case.
fn is_log_name(name: &str) -> bool {
    let ending = name.len().checked_sub(5).and_then(|at| name.get(at..));
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case(".evtx"))
}
