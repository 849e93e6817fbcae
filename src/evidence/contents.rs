//! Finds the logs inside of one image or archive: image → disk → volumes → NTFS → shadow copies;
//! archive → logs and images.

use super::archives::{ArchiveEntry, ArchiveFormat, EntryKind, join, unpack};
use super::container::is_raw_disk;
use super::display_path::push_visible;
use super::identify::{self, Identity, LogSearch};
use super::images::{self, Image, ImageFolder, SiblingFiles, VirtualDisk};
use super::log_file::LogFile;
use super::memory::{LargeArchivePermit, Memory};
use super::ntfs::{NtfsFile, NtfsVolume};
use super::partitions::{self, VolumeKind};
use super::read_at::ReadAt;
use super::settings::SearchSettings;
use super::shadow_copies::snapshots;
use super::slice::Slice;
use super::unread::{Relevance, no_known_disk, not_read};
use super::volume_fault::VolumeFault;
use crate::model::{Finding, FindingCode, LogOrigin};
use std::io;
use std::sync::Arc;

/// What has been found inside of one container so far.
pub(super) struct ContainerContents<'a> {
    settings: &'a SearchSettings,
    memory: &'a Memory,
    pub(super) logs: Vec<LogFile>,
    pub(super) findings: Vec<Finding>,
    /// To be kept as long as the logs, when they take much memory.
    pub(super) permit: Option<LargeArchivePermit>,
}

/// Which files of a volume are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folders {
    /// The logs in Windows' log folders.
    Windows,
    /// The logs in any folder, and deleted ones: all of `$MFT` is read.
    Any,
}

impl<'a> ContainerContents<'a> {
    /// Nothing found yet.
    pub(super) fn new(settings: &'a SearchSettings, memory: &'a Memory) -> ContainerContents<'a> {
        let (logs, findings) = (Vec::new(), Vec::new());
        ContainerContents { settings, memory, logs, findings, permit: None }
    }

    /// Adds the logs of the archive of this format in `source`, also those in its archives and images.
    pub(super) fn read_archive(
        &mut self,
        path: &str,
        format: &ArchiveFormat,
        source: &Arc<dyn ReadAt>,
    ) {
        let password = self.settings.zip_password.as_deref();
        let mut unpacked = unpack(format, source, path, password, self.memory);
        self.findings.append(&mut unpacked.findings);
        self.permit = unpacked.permit;
        for ArchiveEntry { path, name, source, kind } in unpacked.entries {
            match kind {
                EntryKind::Log | EntryKind::ClaimedLog => {
                    let search = LogSearch::by_name(&name, LogSearch::Beginning);
                    self.add_log(path, source, LogOrigin::Live, search);
                }
                EntryKind::Image => self.read_packed_image(&path, &name, source),
            }
        }
    }

    /// Adds the logs of the archive of which the file called `name` is the first part or, of a split zip,
    /// the last.
    pub(super) fn read_split_archive(
        &mut self,
        path: &str,
        name: &str,
        source: &Arc<dyn ReadAt>,
        siblings: &ImageFolder,
    ) {
        match join(source, name, siblings) {
            Ok(Some(joined)) => self.read_archive(path, joined.format, &joined.source),
            Ok(None) => {}
            Err(error) => {
                let message = format!("{path}: the archive cannot be read: {error}");
                self.add_finding(FindingCode::ArchiveUnreadable, message);
            }
        }
    }

    /// Adds the logs of the image in `source`, whose file is called `name`.
    pub(super) fn read_image(
        &mut self,
        path: &str,
        name: &str,
        source: &Arc<dyn ReadAt>,
        siblings: &ImageFolder,
    ) {
        match images::open(Arc::clone(source), name, siblings) {
            Ok(Image::Disk(disk)) => self.read_disk(path, disk),
            Ok(Image::NotAnImage) => self.read_volumes(path, source),
            Ok(Image::Part(what)) => {
                let message = format!(
                    "{path}: this is {what}; give the file that begins the image, or put it \
                     into the same folder"
                );
                self.add_finding(FindingCode::ImageUnreadable, message);
            }
            Err(error) => self.image_unreadable(path, &error),
        }
    }

    /// Adds the logs of an image inside of an archive: of one file, because no other is at hand.
    fn read_packed_image(&mut self, path: &str, name: &str, source: Arc<dyn ReadAt>) {
        match images::open(Arc::clone(&source), name, &NoSiblings) {
            Ok(Image::Disk(disk)) => self.read_disk(path, disk),
            Ok(Image::NotAnImage) if is_raw_disk(&*source).unwrap_or(false) => {
                self.read_volumes(path, &source);
            }
            Ok(Image::NotAnImage) => self.findings.push(no_known_disk(path, Relevance::of(name))),
            Ok(Image::Part(what)) => {
                let message = format!("{path}: this is {what}; unpack the archive to have it read");
                self.add_finding(FindingCode::ImageUnsupported, message);
            }
            Err(error) => self.image_unreadable(path, &error),
        }
    }

    fn read_disk(&mut self, path: &str, disk: VirtualDisk) {
        for note in disk.notes {
            self.add_finding(FindingCode::ImageIncomplete, format!("{path}: {note}"));
        }
        let source: Arc<dyn ReadAt> = Arc::new(self.memory.cache.over(disk.source));
        self.read_volumes(path, &source);
    }

    /// Adds the logs of every volume of a disk.
    fn read_volumes(&mut self, path: &str, disk: &Arc<dyn ReadAt>) {
        let Some(volumes) = self.ntfs_volumes(path, disk) else { return };
        let before = self.logs.len();
        for (path, volume) in &volumes {
            self.read_ntfs(path, volume, Folders::Windows);
        }
        let found_none = self.logs.len() == before;
        if self.settings.scan_mft || found_none {
            // Collectors keep logs in other folders than Windows does.
            for (path, volume) in &volumes {
                self.read_ntfs(path, volume, Folders::Any);
            }
        }
    }

    /// The NTFS volumes of a disk with their paths; `None` when the disk cannot be read.
    fn ntfs_volumes(
        &mut self,
        path: &str,
        disk: &Arc<dyn ReadAt>,
    ) -> Option<Vec<(String, Arc<dyn ReadAt>)>> {
        let found = match partitions::volumes(&**disk) {
            Ok(found) => found,
            Err(error) => {
                self.image_unreadable(path, &error);
                return None;
            }
        };
        for note in &found.notes {
            self.add_finding(FindingCode::PartitionsDamaged, format!("{path}: {note}"));
        }
        let mut ntfs = Vec::new();
        for (at, volume) in found.volumes.iter().enumerate() {
            let is_whole_disk = volume.offset == 0;
            let path =
                if is_whole_disk { path.to_owned() } else { format!("{path}/volume{}", at + 1) };
            match volume.kind {
                VolumeKind::Ntfs => {
                    let slice = Slice::new(Arc::clone(disk), volume.offset, volume.size);
                    ntfs.push((path, Arc::new(slice) as Arc<dyn ReadAt>));
                }
                VolumeKind::BitLocker => {
                    let message = format!(
                        "{path}: the volume at offset {} of the disk is encrypted with BitLocker \
                         and was not read; give an image of the unlocked volume",
                        volume.offset
                    );
                    self.add_finding(FindingCode::BitLockerVolume, message);
                }
                VolumeKind::Unread(unread) => {
                    let message = format!(
                        "{path}: {} at offset {} of the disk is not read: {}",
                        unread.name, volume.offset, unread.advice
                    );
                    let severity = unread.severity(found.has_volume_of_windows());
                    self.findings.push(not_read(message, severity));
                }
                VolumeKind::Other => {}
            }
        }
        if !found.has_volume_of_windows() {
            let message = format!("{path}: no volume with NTFS is on this disk");
            self.add_finding(FindingCode::ImageUnreadable, message);
        }
        Some(ntfs)
    }

    /// Adds the logs of an NTFS volume and of its shadow copies. All folders of the shadow copies
    /// are searched only when the user asked for it.
    fn read_ntfs(&mut self, path: &str, volume: &Arc<dyn ReadAt>, folders: Folders) {
        self.read_volume_state(path, volume, LogOrigin::Live, folders);
        let only_live = folders == Folders::Any && !self.settings.scan_mft;
        if self.settings.no_shadow_copies || only_live {
            return;
        }
        let (snapshots, faults) = snapshots(Arc::clone(volume));
        self.add_faults(path, &faults);
        for (at, snapshot) in snapshots.iter().enumerate() {
            let path = format!("{path}/shadow-copy{}@{}", at + 1, snapshot.created);
            if !snapshot.complete {
                let message = format!(
                    "{path}: what describes this shadow copy is damaged: parts of it may show \
                     what was written later"
                );
                self.add_finding(FindingCode::VolumeDamaged, message);
            }
            self.read_volume_state(&path, &snapshot.source, LogOrigin::ShadowCopy, folders);
        }
    }

    /// Adds the logs of a volume as it is, or as it was when a shadow copy was made.
    fn read_volume_state(
        &mut self,
        path: &str,
        source: &Arc<dyn ReadAt>,
        origin: LogOrigin,
        folders: Folders,
    ) {
        let volume = match NtfsVolume::open(Arc::clone(source)) {
            Ok(volume) => volume,
            Err(fault) => return self.add_faults(path, &[fault]),
        };
        let found = match folders {
            Folders::Windows => volume.logs(),
            Folders::Any => volume.scan_mft(),
        };
        self.add_faults(path, volume.faults());
        self.add_faults(path, &found.faults);
        for file in found.files {
            self.add_ntfs_file(path, file, origin);
        }
    }

    fn add_ntfs_file(&mut self, volume_path: &str, file: NtfsFile, origin: LogOrigin) {
        let mut path = format!("{volume_path}/");
        push_visible(&mut path, &file.path);
        let mut origin = origin;
        if file.deleted {
            if !self.settings.scan_mft {
                return;
            }
            path.push_str(" (deleted)");
            let message = format!(
                "{path}: a deleted log; {} of its clusters belong to other files by now",
                file.reused_clusters
            );
            self.add_finding(FindingCode::DeletedLog, message);
            origin = LogOrigin::Deleted;
        }
        // The search of Windows' folders may have found it already.
        if !self.logs.iter().any(|log| log.path == path) {
            self.add_log(path, file.source.into(), origin, LogSearch::AnySlot);
        }
    }

    /// Adds a file that is named as a log or begins as one.
    fn add_log(
        &mut self,
        path: String,
        source: Arc<dyn ReadAt>,
        origin: LogOrigin,
        search: LogSearch,
    ) {
        match identify::identify(&*source, search) {
            Ok(Identity::Log(first_chunk)) => {
                let log = LogFile::new(path, first_chunk, Box::new(source));
                self.logs.push(LogFile { origin: origin.max(log.origin), ..log });
            }
            Ok(identity) => {
                let why = identify::why_no_log(&*source, identity);
                self.add_finding(
                    FindingCode::NotAnEventLog,
                    format!("{path}: no event log: {why}"),
                );
            }
            Err(error) => {
                let message = format!("{path}: cannot be read: {error}");
                self.add_finding(FindingCode::SourceUnreadable, message);
            }
        }
    }

    fn add_faults(&mut self, path: &str, faults: &[VolumeFault]) {
        for fault in faults {
            self.add_finding(fault.code, format!("{path}: {fault}"));
        }
    }

    fn image_unreadable(&mut self, path: &str, error: &io::Error) {
        let code = match error.kind() {
            io::ErrorKind::Unsupported => FindingCode::ImageUnsupported,
            _ => FindingCode::ImageUnreadable,
        };
        self.add_finding(code, format!("{path}: the disk image cannot be read: {error}"));
    }

    fn add_finding(&mut self, code: FindingCode, message: String) {
        self.findings.push(Finding::new(code, message));
    }
}

/// The other files of an image in an archive: none can be opened.
struct NoSiblings;

impl SiblingFiles for NoSiblings {
    fn open(&self, _: &str) -> io::Result<Arc<dyn ReadAt>> {
        let message = "it is in an archive; unpack it to have its parts found";
        Err(io::Error::new(io::ErrorKind::NotFound, message))
    }
}
