//! The scan of all file records: logs in any folder, and deleted ones.

use super::bytes::{index, u32_at};
use super::folder::Name;
use super::record::{Record, Reference, kind};
use super::runs::{Place, Run};
use super::{File, Found, MOST_FILES, Volume, is_log_name};
use crate::evidence::Source;
use crate::evidence::fault::Faults;
use std::collections::HashMap;

/// Bytes of `$MFT` read at once.
const BATCH: usize = 256 << 10;
/// Number of the record of `$Bitmap`, which says what clusters are in use.
const BITMAP: u64 = 6;
/// Folders above a file; more are taken for a cycle.
const DEEPEST: usize = 256;
/// The root folder, which is its own parent.
const ROOT: u64 = 5;

/// A log has a header of 4 KiB and chunks of 64 KiB.
const HEADER: u64 = 4 << 10;
const CHUNK: u64 = 64 << 10;
const FILE_MAGIC: &[u8; 8] = b"ElfFile\0";
const CHUNK_MAGIC: &[u8; 8] = b"ElfChnk\0";
/// Places looked at for a chunk in a deleted file whose beginning is overwritten: 256 MiB.
const MOST_CHUNKS: u64 = 4096;

/// Paths of folders already found.
type Paths = HashMap<Reference, Option<String>>;

impl Volume {
    /// Looks at every record of `$MFT` for files ending in `.evtx` in any folder, and for deleted
    /// files, of any name, whose clusters still hold a log. Reads the whole `$MFT` and the beginning
    /// of deleted files of a log's size.
    pub fn scan_mft(&self) -> Found {
        let mut faults = Faults::default();
        let mut files = Vec::new();
        let mut paths = Paths::new();
        let size = self.mft.boot.record;
        let mut buffer = vec![0; BATCH.max(size)];
        let mut number = 0;
        while number < self.mft.len() {
            // A place of $MFT that cannot be read costs the batch; so it is read again one by one.
            let read = self.mft.read(number, &mut buffer);
            let count = read.as_ref().map_or(buffer.len(), |&read| read) / size;
            for (number, bytes) in
                (number..self.mft.len()).zip(buffer.chunks_exact(size)).take(count)
            {
                let record = match read {
                    Ok(_) => self.scanned(number, bytes, &mut faults),
                    Err(_) => self.mft.record(number).map_err(|fault| faults.push(fault)).ok(),
                };
                let record = record.filter(|record| !record.is_extension() && !record.is_folder());
                files.extend(record.and_then(|record| self.log(&record, &mut paths, &mut faults)));
            }
            if files.len() >= MOST_FILES {
                faults.note(self.mft.offset(number), format!("more than {MOST_FILES} logs"));
                break;
            }
            if count == 0 {
                break;
            }
            number = number.saturating_add(count as u64);
        }
        Found::new(files, faults)
    }

    /// A record of the table; a slot that was never used holds zeros.
    fn scanned(&self, number: u64, bytes: &[u8], faults: &mut Faults) -> Option<Record> {
        if u32_at(bytes, 0) == Some(0) {
            return None;
        }
        let offset = self.mft.offset(number);
        Record::parse(bytes.to_vec(), number, offset)
            .map_err(|reason| faults.note(offset, format!("file record {number}: {reason}")))
            .ok()
    }

    /// The file of a record if it is a log.
    fn log(&self, record: &Record, paths: &mut Paths, faults: &mut Faults) -> Option<File> {
        let names = self.names(record);
        let log_name = names.iter().find(|name| is_log_name(&name.text));
        let name = match log_name {
            Some(name) => name,
            None if record.in_use() => return None,
            None => names.first()?,
        };
        if record.in_use() {
            return self.file(record, self.path(name, paths), faults);
        }
        // Damage of a deleted file is no news, unless it is a log.
        let mut own = Faults::default();
        let mut file = self.file(record, String::new(), &mut own)?;
        if !holds_log(&*file.source, log_name.is_some()) {
            return None;
        }
        file.path = self.path(name, paths);
        file.reused_clusters = self.reused(record, &mut own);
        for fault in own.into_vec() {
            faults.note(fault.offset, format!("{} (deleted){}", file.path, fault.reason));
        }
        Some(file)
    }

    /// The path of a name from the root.
    fn path(&self, name: &Name, paths: &mut Paths) -> String {
        match self.folder_path(name.parent, paths, 0) {
            Some(folder) if folder.is_empty() => name.text.clone(),
            Some(folder) => format!("{folder}/{}", name.text),
            None => format!("$Orphan/{}", name.text),
        }
    }

    /// The path of a folder, or none if it is gone or never reaches the root.
    fn folder_path(&self, folder: Reference, paths: &mut Paths, depth: usize) -> Option<String> {
        if folder.number == ROOT {
            return Some(String::new());
        }
        if depth > DEEPEST {
            return None;
        }
        if let Some(known) = paths.get(&folder) {
            return known.clone();
        }
        let path = self.mft.record(folder.number).ok().and_then(|record| {
            // Deleting a folder counts its sequence up; then its children still mean it.
            let gone = !record.in_use() && record.sequence == folder.sequence.wrapping_add(1);
            let same = record.sequence == folder.sequence || gone;
            let name = self.names(&record).into_iter().next().filter(|_| same)?;
            let above = self.folder_path(name.parent, paths, depth + 1)?;
            Some(if above.is_empty() { name.text } else { format!("{above}/{}", name.text) })
        });
        paths.insert(folder, path.clone());
        path
    }

    /// Clusters of a deleted file that `$Bitmap` calls used: other files have them by now.
    fn reused(&self, record: &Record, faults: &mut Faults) -> u64 {
        let bitmap = self
            .mft
            .record(BITMAP)
            .and_then(|bitmap| self.mft.stream(&bitmap, kind::DATA, "", &mut Faults::default()));
        let stream = self.mft.stream(record, kind::DATA, "", &mut Faults::default());
        let (Ok(Some(bitmap)), Ok(Some(stream))) = (bitmap, stream) else {
            faults.note(record.offset, ": whether its clusters are reused is not known");
            return 0;
        };
        stream.runs().iter().fold(0, |sum, run| sum.saturating_add(used(&bitmap, run)))
    }
}

/// Clusters of a run whose bit is set.
fn used(bitmap: &dyn Source, run: &Run) -> u64 {
    let Place::Cluster(first) = run.place else { return 0 };
    // The bitmap ends with the volume, whatever the run says.
    let last = first.saturating_add(run.count).min(bitmap.size().saturating_mul(8));
    let mut buffer = [0; 4096];
    let (mut count, mut next) = (0, first);
    while next < last {
        let read = bitmap.read_at(next / 8, &mut buffer).unwrap_or(0);
        let end = last.min((next / 8 + read as u64).saturating_mul(8));
        if end <= next {
            break;
        }
        let bits = buffer.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        let bits = bits.skip(index(next % 8)).take(index(end - next));
        count += bits.map(u64::from).sum::<u64>();
        next = end;
    }
    count
}

/// Whether a deleted file begins as a log does, or, when it was named as one, has a chunk anywhere.
fn holds_log(source: &dyn Source, named: bool) -> bool {
    if source.size() < HEADER + CHUNK {
        return false;
    }
    let begins = |offset, magic: &[u8; 8]| {
        let mut bytes = [0; 8];
        matches!(source.read_at(offset, &mut bytes), Ok(8)) && bytes == *magic
    };
    let chunks = if named { ((source.size() - HEADER) / CHUNK).min(MOST_CHUNKS) } else { 1 };
    begins(0, FILE_MAGIC) || (0..chunks).any(|chunk| begins(HEADER + chunk * CHUNK, CHUNK_MAGIC))
}
