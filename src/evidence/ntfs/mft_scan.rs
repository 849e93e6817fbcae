//! The scan of all file records: logs in any folder, and deleted ones.

use super::file_record::{FileRecord, FileReference, attribute_type};
use super::folder::{FileName, ROOT_FOLDER, each_name};
use super::run_list::{ClusterRun, RunPlace};
use super::volume::{NtfsFile, NtfsVolume, VolumeLogs};
use crate::evidence::bytes::{to_index, u32_at};
use crate::evidence::identify::{
    CHUNK_SIGNATURE, CHUNK_SIZE, FILE_HEADER_SIZE, FILE_SIGNATURE, Identity, LogSearch, identify,
    is_named_log,
};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged};
use crate::evidence::volume_fault::{VolumeFault, VolumeFaults};
use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Bytes of `$MFT` read at once.
const BATCH: usize = 256 << 10;
/// Number of the record of `$Bitmap`, which says which clusters are in use.
const BITMAP: u64 = 6;
/// Paths of the folders that were looked up; `None` of a folder without one.
type FolderPaths = HashMap<FileReference, Option<String>>;

/// Number of the first record that is no file of the file system itself.
const FIRST_FILE: u64 = 24;

/// What a scan finds.
#[derive(Default)]
pub(in crate::evidence) struct ScannedVolume {
    /// Files that are named as logs, and deleted files whose clusters still hold one.
    pub(in crate::evidence) logs: VolumeLogs,
    /// The other files that are wanted, by path.
    pub(in crate::evidence) others: Vec<FileInFolder>,
}

/// Files that the folders of a volume led to: their paths from the root by the numbers of their records.
pub(in crate::evidence) type KnownFiles = HashMap<u64, String>;

/// Which files a scan looks for besides logs.
pub(in crate::evidence) struct WantedFiles<'a> {
    /// Files that are left out because the folders led to them. Their own file records may give them other names, by
    /// damage or on purpose.
    pub(in crate::evidence) known: &'a KnownFiles,
    /// Whether a file of this name is wanted even if its data cannot be read. Then the faults are noted.
    pub(in crate::evidence) by_name: &'a dyn Fn(&str) -> bool,
    /// Whether a file is wanted.
    pub(in crate::evidence) by_content: &'a dyn Fn(&FileInFolder) -> bool,
}

/// A file in use, and its folder.
pub(in crate::evidence) struct FileInFolder {
    pub(in crate::evidence) path: String,
    record: u64,
    compressed: bool,
    pub(in crate::evidence) source: Arc<dyn ReadAt>,
    pub(in crate::evidence) name: String,
    pub(in crate::evidence) folder: FileReference,
}

impl NtfsVolume {
    /// Searches every record of `$MFT` for files ending in `.evtx` in any folder, for files of any other
    /// name that begin as a log does, and for deleted files of any name whose clusters still hold a log.
    /// This reads the whole `$MFT`, and the beginning of every file.
    pub fn scan_mft(&self) -> VolumeLogs {
        let begins_as_log = |file: &FileInFolder| {
            matches!(identify(&*file.source, LogSearch::Beginning), Ok(Identity::Log(_)))
        };
        let known = KnownFiles::new();
        let wanted = WantedFiles { known: &known, by_name: &|_| false, by_content: &begins_as_log };
        let ScannedVolume { mut logs, others } = self.search(&wanted);
        logs.files.extend(others.into_iter().map(|other| NtfsFile {
            path: other.path,
            record: other.record,
            deleted: false,
            compressed: other.compressed,
            reused_clusters: 0,
            source: Box::new(other.source),
        }));
        logs.files.sort_by(|a, b| (&a.path, a.record).cmp(&(&b.path, b.record)));
        logs
    }

    /// As [`NtfsVolume::scan_mft`], and finds the files that are wanted of those that are in use and not
    /// named as logs.
    pub(in crate::evidence) fn search(&self, wanted: &WantedFiles<'_>) -> ScannedVolume {
        let mut faults = VolumeFaults::default();
        let (mut found, mut left_out) = ((Vec::new(), Vec::new()), 0_u64);
        let mut paths = FolderPaths::new();
        let size = self.mft.boot.record;
        let mut buffer = vec![0; BATCH.max(size)];
        let mut number = 0;
        while number < self.mft.len() {
            // If a part of $MFT cannot be read, the batch is read again record by record.
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
                let Some(record) = record else { continue };
                if let Some(path) = wanted.known.get(&number).filter(|_| record.in_use()) {
                    self.compare_names(&record, path, &mut faults);
                } else if let Some(log) = self.log(&record, &mut paths, &mut faults) {
                    found.0.push(log);
                } else if record.in_use() && number >= FIRST_FILE {
                    let other = self.other(&record, wanted, &mut paths, &mut faults);
                    if other.is_some() && found.1.len() == limits::NTFS_LOGS {
                        left_out += 1;
                    } else {
                        found.1.extend(other);
                    }
                }
            }
            if found.0.len() >= limits::NTFS_LOGS {
                let reason = format!("more than {} logs", limits::NTFS_LOGS);
                faults.note(self.mft.offset(number), reason);
                break;
            }
            if count == 0 {
                break;
            }
            number = number.saturating_add(count as u64);
        }
        if left_out > 0 {
            faults.note(0, format!("{left_out} images and archives more than are opened"));
        }
        let (logs, mut others) = found;
        others.sort_by(|a: &FileInFolder, b| (&a.path, a.record).cmp(&(&b.path, b.record)));
        ScannedVolume { logs: VolumeLogs::new(logs, faults), others }
    }

    /// Notes if a file that a folder led to has another name in its own file record.
    fn compare_names(&self, record: &FileRecord, path: &str, faults: &mut VolumeFaults) {
        let names = self.names(record);
        let called = path.rsplit('/').next().unwrap_or_default();
        if names.iter().any(|name| name.text == called) {
            return;
        }
        let number = record.number;
        let reason = match names.first() {
            Some(name) => {
                format!("{path}: its own file record {number} calls it {}", name.text)
            }
            None => format!("{path}: its own file record {number} has no name that can be read"),
        };
        faults.note(record.offset, reason);
    }

    /// The file of a record that is in use and not named as a log, if it is wanted. Damage is reported
    /// only then.
    fn other(
        &self,
        record: &FileRecord,
        wanted: &WantedFiles<'_>,
        paths: &mut FolderPaths,
        faults: &mut VolumeFaults,
    ) -> Option<FileInFolder> {
        let FileName { parent: folder, text: name, .. } = self.names(record).into_iter().next()?;
        if is_named_log(&name) {
            return None;
        }
        let path = self.path(folder, &name, paths);
        let mut own = VolumeFaults::default();
        let file = self.file(record, path, &mut own).map(|file| {
            let NtfsFile { path, record, compressed, source, .. } = file;
            let (name, source) = (name.clone(), source.into());
            FileInFolder { path, record, compressed, source, name, folder }
        });
        let is_wanted = match &file {
            Some(file) => (wanted.by_content)(file),
            None => (wanted.by_name)(&name),
        };
        if is_wanted {
            faults.extend(own);
        }
        file.filter(|_| is_wanted)
    }

    /// Opens a file by its name, in any case, in a folder.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there is none; otherwise it cannot be read.
    pub(in crate::evidence) fn open_in_folder(
        &self,
        folder: FileReference,
        name: &str,
    ) -> io::Result<NtfsFile> {
        let mut found: Option<(String, FileReference)> = None;
        let mut faults = VolumeFaults::default();
        let failed = |fault: VolumeFault| damaged(fault.to_string());
        let folder = self.mft.record(folder.number).map_err(failed)?;
        each_name(&self.mft, &folder, &mut faults, |own, reference| {
            // Names may differ by their case only: the very name counts before others.
            if own.text == name {
                found = Some((own.text, reference));
                return ControlFlow::Break(());
            }
            if own.text.eq_ignore_ascii_case(name)
                && found.as_ref().is_none_or(|(known, _)| own.text < *known)
            {
                found = Some((own.text, reference));
            }
            ControlFlow::Continue(())
        });
        let (name, reference) = found.ok_or(io::ErrorKind::NotFound)?;
        let record = self.mft.follow(reference).map_err(failed)?;
        self.file(&record, name, &mut faults).filter(|_| !record.is_folder()).ok_or_else(|| {
            let fault = faults.into_vec().pop();
            fault.map_or_else(|| io::ErrorKind::NotFound.into(), failed)
        })
    }

    /// The record in `bytes`; `None` when it was never used, and holds zeros, or is damaged.
    fn scanned(&self, number: u64, bytes: &[u8], faults: &mut VolumeFaults) -> Option<FileRecord> {
        if u32_at(bytes, 0) == Some(0) {
            return None;
        }
        let offset = self.mft.offset(number);
        FileRecord::parse(bytes.to_vec(), number, offset)
            .map_err(|reason| faults.note(offset, format!("file record {number}: {reason}")))
            .ok()
    }

    /// The file of a record if it is a log.
    fn log(
        &self,
        record: &FileRecord,
        paths: &mut FolderPaths,
        faults: &mut VolumeFaults,
    ) -> Option<NtfsFile> {
        let names = self.names(record);
        let log_name = names.iter().find(|name| is_named_log(&name.text));
        let name = match log_name {
            Some(name) => name,
            None if record.in_use() => return None,
            None => names.first()?,
        };
        if record.in_use() {
            return self.file(record, self.path(name.parent, &name.text, paths), faults);
        }
        // Damage of a deleted file is reported only if the file is a log.
        let mut own = VolumeFaults::default();
        let mut file = self.file(record, String::new(), &mut own)?;
        if !holds_log(&*file.source, log_name.is_some()) {
            return None;
        }
        file.path = self.path(name.parent, &name.text, paths);
        file.reused_clusters = self.reused(record, &mut own);
        for fault in own.into_vec() {
            let reason = format!("{} (deleted){}", file.path, fault.reason);
            faults.push(VolumeFault { reason, ..fault });
        }
        Some(file)
    }

    /// The path of a name in a folder, from the root.
    fn path(&self, folder: FileReference, name: &str, paths: &mut FolderPaths) -> String {
        match self.folder_path(folder, paths, 0) {
            Some(folder) if folder.is_empty() => name.to_owned(),
            Some(folder) => format!("{folder}/{name}"),
            None => format!("$Orphan/{name}"),
        }
    }

    /// The path of a folder; `None` when it is gone or its parents do not lead to the root.
    fn folder_path(
        &self,
        folder: FileReference,
        paths: &mut FolderPaths,
        depth: usize,
    ) -> Option<String> {
        if folder.number == ROOT_FOLDER {
            return Some(String::new());
        }
        if depth > limits::NTFS_FOLDER_DEPTH {
            return None;
        }
        if let Some(known) = paths.get(&folder) {
            return known.clone();
        }
        let path = self.mft.record(folder.number).ok().and_then(|record| {
            // Deleting a folder increments its sequence number, but its files still refer to it.
            let gone = !record.in_use() && record.sequence == folder.sequence.wrapping_add(1);
            let same = record.sequence == folder.sequence || gone;
            let name = self.names(&record).into_iter().next().filter(|_| same)?;
            let above = self.folder_path(name.parent, paths, depth + 1)?;
            Some(if above.is_empty() { name.text } else { format!("{above}/{}", name.text) })
        });
        paths.insert(folder, path.clone());
        path
    }

    /// Number of clusters of a deleted file that are in use by `$Bitmap`: other files have them by now.
    fn reused(&self, record: &FileRecord, faults: &mut VolumeFaults) -> u64 {
        let bitmap = self.mft.record(BITMAP).and_then(|bitmap| {
            self.mft.stream(&bitmap, attribute_type::DATA, "", &mut VolumeFaults::default())
        });
        let stream =
            self.mft.stream(record, attribute_type::DATA, "", &mut VolumeFaults::default());
        let (Ok(Some(bitmap)), Ok(Some(stream))) = (bitmap, stream) else {
            faults.note(record.offset, ": whether its clusters are reused is not known");
            return 0;
        };
        stream.runs().iter().fold(0, |sum, run| sum.saturating_add(clusters_in_use(&bitmap, run)))
    }
}

/// Number of clusters of a run that are in use by the bitmap.
fn clusters_in_use(bitmap: &dyn ReadAt, run: &ClusterRun) -> u64 {
    let RunPlace::Cluster(first) = run.place else { return 0 };
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
        let bits = bits.skip(to_index(next % 8)).take(to_index(end - next));
        count += bits.map(u64::from).sum::<u64>();
        next = end;
    }
    count
}

/// Whether a deleted file begins as a log does, or has a chunk anywhere if it was named as a log.
fn holds_log(source: &dyn ReadAt, named: bool) -> bool {
    if source.size() < FILE_HEADER_SIZE + CHUNK_SIZE {
        return false;
    }
    let begins = |offset, magic: &[u8; 8]| {
        let mut bytes = [0; 8];
        matches!(source.read_at(offset, &mut bytes), Ok(8)) && bytes == *magic
    };
    let chunks = if named {
        ((source.size() - FILE_HEADER_SIZE) / CHUNK_SIZE).min(limits::NTFS_DELETED_CHUNKS)
    } else {
        1
    };
    begins(0, FILE_SIGNATURE)
        || (0..chunks).any(|chunk| begins(FILE_HEADER_SIZE + chunk * CHUNK_SIZE, CHUNK_SIGNATURE))
}
