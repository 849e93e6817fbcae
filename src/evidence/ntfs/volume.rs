//! An NTFS volume and the logs in Windows' folders.

use super::attribute_stream::AttributeStream;
use super::boot_sector::BootSector;
use super::file_record::{AttributeBody, FileRecord, attribute_type};
use super::folder::{self, FileName};
use super::mft::Mft;
use super::run_list::RunPlace;
use crate::evidence::bytes::u32_at;
use crate::evidence::identify::is_named_log;
use crate::evidence::limits;
use crate::evidence::read_at::ReadAt;
use crate::evidence::volume_fault::{VolumeFault, VolumeFaults};
use crate::model::FindingCode;
use std::collections::HashSet;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Where Windows keeps its logs.
const LOG_FOLDER: [&str; 4] = ["Windows", "System32", "winevt", "Logs"];

/// An NTFS volume, open for reading.
pub struct NtfsVolume {
    pub(super) mft: Mft,
    faults: Vec<VolumeFault>,
}

/// Logs found in a volume.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct VolumeLogs {
    /// The logs by path, each once.
    pub files: Vec<NtfsFile>,
    /// What could not be read. A file with a fault is given as far as it can be read.
    pub faults: Vec<VolumeFault>,
}

/// A file of a volume.
#[non_exhaustive]
pub struct NtfsFile {
    /// Path from the root of the volume, with `/` between the parts. It begins with `$Orphan` if the
    /// folder of the file is gone.
    pub path: String,
    /// Number of its record in `$MFT`.
    pub record: u64,
    /// The file was deleted, and its clusters still hold a log or a part of one.
    pub deleted: bool,
    /// The data is compressed (LZNT1).
    pub compressed: bool,
    /// Number of clusters of a deleted file that belong to other files by now: what is read there may
    /// be theirs.
    pub reused_clusters: u64,
    /// The bytes of the file, decompressed. To read where the volume is damaged is an error; the rest
    /// can be read all the same.
    pub source: Box<dyn ReadAt>,
}

impl fmt::Debug for NtfsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NtfsFile")
            .field("path", &self.path)
            .field("size", &self.source.size())
            .field("deleted", &self.deleted)
            .field("compressed", &self.compressed)
            .finish_non_exhaustive()
    }
}

impl NtfsVolume {
    /// Reads the boot sector of the volume in `source` and finds its `$MFT`.
    ///
    /// # Errors
    /// When this is no NTFS volume, or neither `$MFT` nor its copy can be read.
    pub fn open(source: Arc<dyn ReadAt>) -> Result<NtfsVolume, VolumeFault> {
        let mut faults = VolumeFaults::default();
        let unreadable = |fault: VolumeFault| fault.with_code(FindingCode::VolumeUnreadable);
        let (boot, fault) = BootSector::read(&*source).map_err(unreadable)?;
        fault.into_iter().for_each(|fault| faults.push(fault));
        let mft = Mft::open(source, boot, &mut faults).map_err(unreadable)?;
        Ok(NtfsVolume { mft, faults: faults.into_vec() })
    }

    /// What is wrong with the boot sector and with `$MFT` itself.
    pub fn faults(&self) -> &[VolumeFault] {
        &self.faults
    }

    /// The logs in Windows' log folders: of this Windows, and of those before an upgrade, which lie in
    /// `Windows.old`, `Windows.old.000` and so on.
    pub fn logs(&self) -> VolumeLogs {
        let mut faults = VolumeFaults::default();
        let mut files = Vec::new();
        let mut seen = HashSet::new();
        let folders = self.log_folders(&mut faults);
        for (folder, path) in &folders {
            let mut names = Vec::new();
            folder::each_name(&self.mft, folder, &mut faults, |name, reference| {
                if seen.len() >= limits::NTFS_LOGS {
                    return ControlFlow::Break(());
                }
                if is_named_log(&name.text) && seen.insert(reference.number) {
                    names.push((name.text, reference));
                }
                ControlFlow::Continue(())
            });
            if seen.len() >= limits::NTFS_LOGS {
                faults.note(folder.offset, format!("{path}: more than {} logs", limits::NTFS_LOGS));
            }
            for (name, reference) in names {
                let path = format!("{path}/{name}");
                match self.mft.follow(reference) {
                    Ok(record) if record.is_folder() => {}
                    Ok(record) => files.extend(self.file(&record, path, &mut faults)),
                    Err(fault) => faults.push(fault.of_lost_log(&path)),
                }
            }
        }
        VolumeLogs::new(files, faults)
    }

    /// The log folders of every Windows on the volume, each with its path, the present Windows first.
    fn log_folders(&self, faults: &mut VolumeFaults) -> Vec<(FileRecord, String)> {
        let mut systems = vec![None];
        match self.mft.record(folder::ROOT_FOLDER) {
            Ok(root) => folder::each_name(&self.mft, &root, faults, |name, _| {
                let is_old = is_former_windows(&name.text) && systems.len() < limits::NTFS_FORMER;
                systems.extend(is_old.then_some(Some(name.text)));
                ControlFlow::Continue(())
            }),
            Err(fault) => faults.push(fault),
        }
        systems.sort();
        let mut find = |system: &Option<String>| {
            let above = system.as_deref().into_iter();
            folder::find(&self.mft, &above.chain(LOG_FOLDER).collect::<Vec<_>>(), faults)
        };
        systems.iter().filter_map(&mut find).collect()
    }

    /// The file of a record with its data; the faults name its path. `None` when it has no data that
    /// can be read.
    pub(super) fn file(
        &self,
        record: &FileRecord,
        path: String,
        faults: &mut VolumeFaults,
    ) -> Option<NtfsFile> {
        let mut own = VolumeFaults::default();
        let stream = match self.mft.stream(record, attribute_type::DATA, "", &mut own) {
            Ok(Some(stream)) => self.check_elsewhere(record, &stream, &mut own).map(|()| stream),
            Ok(None) => Err(VolumeFault::new(record.offset, "it has no data")),
            Err(fault) => Err(fault),
        };
        own.into_vec().into_iter().for_each(|fault| faults.push(fault.of_file(&path)));
        match stream {
            Ok(stream) => Some(NtfsFile {
                path,
                record: record.number,
                deleted: !record.in_use(),
                compressed: stream.is_compressed(),
                reused_clusters: 0,
                source: Box::new(stream),
            }),
            Err(fault) => {
                faults.push(fault.of_lost_log(&path));
                None
            }
        }
    }

    /// Notes if the data of a file is elsewhere: a file that is compressed by Compact OS, deduplicated
    /// or kept in a cloud has a reparse point, and in place of its data a sparse run.
    ///
    /// # Errors
    /// When all of its data is elsewhere.
    fn check_elsewhere(
        &self,
        record: &FileRecord,
        stream: &AttributeStream,
        faults: &mut VolumeFaults,
    ) -> Result<(), VolumeFault> {
        let has = |place: fn(&RunPlace) -> bool| stream.runs().iter().any(|run| place(&run.place));
        let is_written = !stream.runs().is_empty() && !has(|place| *place == RunPlace::Sparse);
        if stream.is_compressed() || is_written {
            return Ok(());
        }
        let mut tag = None;
        // Damage of the record was noted with its data.
        self.mft.each(
            record,
            attribute_type::REPARSE_POINT,
            &mut VolumeFaults::default(),
            |_, attribute| {
                if let AttributeBody::Resident(bytes) = attribute.body {
                    tag = u32_at(bytes, 0);
                }
            },
        );
        let Some(tag) = tag else { return Ok(()) };
        let (code, reason) = elsewhere(tag);
        let fault = |reason| VolumeFault::new(record.offset, reason).with_code(code);
        if !has(|place| matches!(place, RunPlace::Cluster(_))) {
            return Err(fault(reason));
        }
        faults.push(fault(format!("{reason}; that part reads as zeros")));
        Ok(())
    }

    /// Every name of a file, the best first.
    pub(super) fn names(&self, record: &FileRecord) -> Vec<FileName> {
        let mut names = Vec::new();
        // Damage of the record is noted with its data.
        self.mft.each(
            record,
            attribute_type::FILE_NAME,
            &mut VolumeFaults::default(),
            |_, attribute| {
                if let AttributeBody::Resident(bytes) = attribute.body {
                    names.extend(FileName::parse(bytes));
                }
            },
        );
        names.sort_by_key(|name| name.space);
        names
    }
}

impl VolumeLogs {
    pub(super) fn new(mut files: Vec<NtfsFile>, faults: VolumeFaults) -> VolumeLogs {
        files.sort_by(|a, b| (&a.path, a.record).cmp(&(&b.path, b.record)));
        VolumeLogs { files, faults: faults.into_vec() }
    }
}

/// Whether a folder of this name is where an upgrade leaves the Windows before it: `Windows.old`, or
/// `Windows.old.000` when there is one already.
pub(in crate::evidence) fn is_former_windows(name: &str) -> bool {
    let (begin, end) = name.split_at_checked("Windows.old".len()).unwrap_or_default();
    let is_number = |end: &str| end.bytes().all(|byte| byte.is_ascii_digit()) && end.len() == 3;
    begin.eq_ignore_ascii_case("Windows.old")
        && (end.is_empty() || end.strip_prefix('.').is_some_and(is_number))
}

/// Where the data of a file with this reparse tag lies, and what can be done. [MS-FSCC], section
/// "Reparse Tags", lists them; a cloud has a range of tags.
fn elsewhere(tag: u32) -> (FindingCode, String) {
    const WOF: u32 = 0x8000_0017;
    const DEDUP: u32 = 0x8000_0013;
    let copy = "copy the file with Windows, which";
    match tag {
        WOF => {
            let reason = format!("it is compressed by Compact OS (WOF): {copy} unpacks it");
            (FindingCode::LogWofCompressed, reason)
        }
        DEDUP => {
            let reason = format!(
                "it is deduplicated, and its data lies in System Volume Information/Dedup: {copy} \
                 puts it together"
            );
            (FindingCode::LogDeduplicated, reason)
        }
        _ => {
            let reason = format!(
                "its data lies elsewhere, in a cloud or on other storage (reparse tag {tag:#x}): \
                 {copy} fetches it"
            );
            (FindingCode::LogElsewhere, reason)
        }
    }
}
