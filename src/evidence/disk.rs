//! The logs on a disk: its volumes, their files and their shadow copies, and the images and archives that
//! lie on them.

use super::archives::{format_of_head, is_named_archive, is_part_of_split_zip, is_worth_opening};
use super::container::FoundContainer;
use super::contents::{ContainerContents, FoundInside};
use super::display_path::push_visible;
use super::identify::{Identity, LogSearch, identify};
use super::images::{SiblingFiles, is_image_head, is_named_image};
use super::ntfs::{
    FileInFolder, FileReference, KnownFiles, NtfsFile, NtfsVolume, ScannedVolume, WantedFiles,
};
use super::partitions::{self, VolumeKind, may_be_disk};
use super::read_at::ReadAt;
use super::shadow_copies::snapshots;
use super::unread::{Relevance, UnreadFormat, is_shadow_of_macos, no_known_archive, not_read};
use super::volume_fault::VolumeFault;
use crate::model::{FindingCode, LogOrigin};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

/// Which files of a volume are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folders {
    /// The logs in Windows' log folders.
    Windows,
    /// The logs in any folder, deleted ones, and images and archives: all of `$MFT` is read.
    Any,
}

/// A volume in the state in which it is read.
struct VolumeState {
    /// Its display path.
    path: String,
    source: Arc<dyn ReadAt>,
    origin: LogOrigin,
}

impl VolumeState {
    /// The display path of a file with this path from the root.
    fn path_of(&self, own: &str, deleted: bool) -> String {
        let mut path = format!("{}/", self.path);
        push_visible(&mut path, own);
        path.push_str(if deleted { " (deleted)" } else { "" });
        path
    }
}

/// The logs that were found through the folders.
#[derive(Default)]
struct FolderLogs {
    /// Those that can be read.
    files: KnownFiles,
    /// The paths of those of which nothing can be read. A finding reports each of them.
    lost: Vec<String>,
}

/// The logs that were found through the folders, by the display path of the volume or the shadow copy.
type KnownLogs = HashMap<String, FolderLogs>;

/// Bytes that show what a file is.
const HEAD: usize = 4608;
/// Where the logs of Windows lie on their volume, in small letters.
const LOG_FOLDER: &str = "windows/system32/winevt/logs/";

impl ContainerContents<'_> {
    /// Adds the logs of every volume of a disk.
    pub(super) fn read_volumes(&mut self, path: &str, disk: &Arc<dyn ReadAt>) {
        let Some(volumes) = self.ntfs_volumes(path, disk) else { return };
        let before = self.logs.len();
        let mut known = KnownLogs::new();
        for volume in &volumes {
            self.read_ntfs(volume, &volumes, Folders::Windows, &mut known);
        }
        let found_none = self.logs.len() == before;
        let lacks_security = |path: &&String| {
            let lost = known.get(*path).map_or(&[][..], |logs| &logs.lost);
            self.lacks_security(path, lost)
        };
        let without_security: Vec<&String> =
            volumes.iter().map(|(path, _)| path).filter(lacks_security).collect();
        if self.settings.scan_mft || found_none || !without_security.is_empty() {
            // Collectors keep logs in folders of their own, and Windows can be told to use another folder.
            for volume in &volumes {
                self.read_ntfs(volume, &volumes, Folders::Any, &mut known);
            }
        }
        // The Security log of another Windows on the same disk is not the missing one.
        let mut found = self.logs.iter().skip(before).map(|log| log.path.to_lowercase());
        let in_its_folder = format!("/{LOG_FOLDER}security.evtx");
        if found.any(|path| path.ends_with("/security.evtx") && !path.ends_with(&in_its_folder)) {
            return;
        }
        let how = match self.settings.scan_mft {
            true => "by name and by content",
            false => "by name; --scan-mft searches by content, and for deleted logs",
        };
        for path in without_security {
            let message = format!(
                "{path}: other logs lie in Windows' folder, but no Security log: it was deleted, or moved \
                 to where the registry says (SYSTEM, Services\\EventLog\\Security, File); all folders \
                 of the disk were searched {how}"
            );
            self.add_finding(FindingCode::SecurityLogMissing, message);
        }
    }

    /// Whether the present Windows of a volume has logs in its folder, but no Security log, not even one that
    /// cannot be read.
    fn lacks_security(&self, volume: &str, lost: &[String]) -> bool {
        let own_name = format!("{LOG_FOLDER}security.evtx");
        if lost.iter().any(|path| path.to_lowercase() == own_name) {
            return false;
        }
        let folder = format!("{}/{LOG_FOLDER}", volume.to_lowercase());
        let own = self.logs.iter().filter(|log| log.origin == self.origin);
        let paths = own.map(|log| log.path.to_lowercase());
        let names: Vec<String> =
            paths.filter_map(|path| path.strip_prefix(&folder).map(str::to_owned)).collect();
        !names.is_empty() && !names.iter().any(|name| name == "security.evtx")
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
            if let Some(unread) = volume.part_of {
                let message = format!(
                    "{path}: {} at offset {} of the disk: only the volume at its beginning is read; {}",
                    unread.name, volume.offset, unread.advice
                );
                self.findings.push(not_read(message, unread.severity(true)));
            }
            match volume.kind {
                VolumeKind::Ntfs => ntfs.push((path, volume.of_disk(disk))),
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
            let message = format!("{path}: this disk has no NTFS volume");
            self.add_finding(FindingCode::ImageUnreadable, message);
        }
        Some(ntfs)
    }

    /// Adds the logs of an NTFS volume and of its shadow copies, which may be kept on another one of the `volumes` of
    /// its disk. All folders of the shadow copies are searched only when the user asked for it.
    fn read_ntfs(
        &mut self,
        (path, volume): &(String, Arc<dyn ReadAt>),
        volumes: &[(String, Arc<dyn ReadAt>)],
        folders: Folders,
        known: &mut KnownLogs,
    ) {
        // A file that is the same in the volume and in a shadow copy is opened once.
        let mut seen = HashSet::new();
        let (source, origin) = (Arc::clone(volume), LogOrigin::Live);
        let live = VolumeState { path: path.to_owned(), source, origin };
        self.read_volume_state(&live, folders, known, &mut seen);
        let only_live = folders == Folders::Any && !self.settings.scan_mft;
        if self.settings.no_shadow_copies || only_live {
            return;
        }
        let others = volumes.iter().map(|(_, other)| other);
        let on_this_disk = others.filter(|other| !Arc::ptr_eq(other, volume)).map(Arc::clone);
        let on_others = self.other_disks.ntfs_volumes(self.memory);
        let (snapshots, faults) = snapshots(Arc::clone(volume), &mut on_this_disk.chain(on_others));
        self.add_faults(path, &faults);
        for (at, snapshot) in snapshots.into_iter().enumerate() {
            let path = format!("{path}/shadow-copy{}@{}", at + 1, snapshot.created);
            if !snapshot.complete {
                let message = format!(
                    "{path}: what describes this shadow copy is damaged: parts of it may show \
                     what was written later"
                );
                self.add_finding(FindingCode::VolumeDamaged, message);
            }
            let (source, origin) = (snapshot.source, LogOrigin::ShadowCopy);
            self.read_volume_state(
                &VolumeState { path, source, origin },
                folders,
                known,
                &mut seen,
            );
        }
    }

    /// Adds the logs of a volume as it is, or as it was when a shadow copy was made. `seen` has the paths
    /// and sizes of the other files that were looked at.
    fn read_volume_state(
        &mut self,
        state: &VolumeState,
        folders: Folders,
        known: &mut KnownLogs,
        seen: &mut HashSet<(String, u64)>,
    ) {
        let volume = match NtfsVolume::open(Arc::clone(&state.source)) {
            Ok(volume) => Arc::new(volume),
            Err(fault) => return self.add_faults(&state.path, &[fault]),
        };
        self.add_faults(&state.path, volume.faults());
        let known = known.entry(state.path.clone()).or_default();
        let (found, others) = match folders {
            Folders::Windows => (volume.logs(), Vec::new()),
            Folders::Any => {
                let ScannedVolume { logs, others } = self.search(state, &volume, &known.files);
                (logs, others)
            }
        };
        self.add_faults(&state.path, &found.faults);
        let mut taken: HashSet<String> =
            known.files.values().map(|path| state.path_of(path, false)).collect();
        if folders == Folders::Windows {
            let lost = found.faults.iter().filter_map(|fault| fault.lost_log.clone());
            known.lost.extend(lost);
        }
        for file in found.files {
            if folders == Folders::Windows && !file.deleted {
                known.files.insert(file.record, file.path.clone());
            }
            self.add_ntfs_file(state, file, &mut taken);
        }
        self.add_others(state, &volume, others, seen);
    }

    /// Searches all of a volume. Below the folders of an installed system only `--scan-mft` looks at the
    /// content of files whose names say nothing. Those of them that cannot be read are one finding.
    fn search(
        &mut self,
        state: &VolumeState,
        volume: &NtfsVolume,
        known: &KnownFiles,
    ) -> ScannedVolume {
        let unreadable = RefCell::new(UnreadableFiles::default());
        let by_name = |name: &str| is_named_archive(name) || is_named_image(name);
        let by_content = |file: &FileInFolder| {
            let relevance = Relevance::of(&file.path);
            let is_looked_at = self.settings.scan_mft || relevance == Relevance::Evidence;
            let holds_logs = || {
                let read = may_hold_logs(file, relevance);
                read.unwrap_or_else(|error| {
                    unreadable.borrow_mut().note(&file.path, error);
                    false
                })
            };
            by_name(&file.name) || (is_looked_at && holds_logs())
        };
        let found =
            volume.search(&WantedFiles { known, by_name: &by_name, by_content: &by_content });
        let UnreadableFiles { first, count } = unreadable.into_inner();
        if let Some((own, error)) = first {
            let mut path = format!("{}/", state.path);
            push_visible(&mut path, &own);
            let message = format!(
                "{path}: its beginning cannot be read: {error}; whether it holds logs is not known. \
                 That is so for {count} file(s) of this volume"
            );
            self.add_finding(FindingCode::SourceUnreadable, message);
        }
        found
    }

    /// Adds the files of a volume that are not named as logs: logs, images and archives by their content,
    /// which are opened by themselves.
    fn add_others(
        &mut self,
        state: &VolumeState,
        volume: &Arc<NtfsVolume>,
        others: Vec<FileInFolder>,
        seen: &mut HashSet<(String, u64)>,
    ) {
        let (mut parts, mut containers) = (HashSet::new(), Vec::new());
        for FileInFolder { path: own, source, name, folder, .. } in others {
            let mut path = format!("{}/", state.path);
            push_visible(&mut path, &own);
            let relevance = Relevance::of(&own);
            if !seen.insert((own, source.size())) {
                continue;
            }
            let siblings = FolderOfVolume { volume: Arc::clone(volume), folder };
            if matches!(identify(&*source, LogSearch::Beginning), Ok(Identity::Log(_))) {
                self.add_log(path, source, state.origin, LogSearch::Beginning);
                continue;
            }
            match FoundContainer::identify(&source, &name, &siblings, false) {
                Ok(Some(found)) => {
                    parts.extend(found.parts.iter().map(|part| (folder, part.to_lowercase())));
                    let (origin, siblings) = (state.origin, Arc::new(siblings));
                    let found = FoundInside { path, name, found, source, siblings, origin };
                    containers.push((folder, found));
                }
                Ok(None) => self.no_container(&path, &name, &*source, &siblings, relevance),
                Err(error) => {
                    let message = format!("{path}: cannot be read: {error}");
                    self.add_finding(FindingCode::SourceUnreadable, message);
                }
            }
        }
        let whole = containers
            .into_iter()
            .filter(|(folder, found)| !parts.contains(&(*folder, found.name.to_lowercase())));
        whole.for_each(|(_, found)| self.add_nested(found));
    }

    /// Reports a file of a volume that is not opened if it can hold logs.
    fn no_container(
        &mut self,
        path: &str,
        name: &str,
        source: &dyn ReadAt,
        siblings: &dyn SiblingFiles,
        relevance: Relevance,
    ) {
        let mut head = [0; HEAD];
        let length = source.read_at(0, &mut head).unwrap_or(0);
        let head = head.get(..length).unwrap_or_default();
        if is_shadow_of_macos(name, head) || is_part_of_split_zip(name, siblings) {
            return;
        }
        match UnreadFormat::of(source) {
            Ok(Some(format)) => self.findings.push(format.finding(path, relevance)),
            // A document or a program is an archive that holds no logs.
            _ if format_of_head(head).is_some() => {}
            _ if is_named_archive(name) => self.findings.extend(no_known_archive(path, relevance)),
            _ => {}
        }
    }

    /// Adds a log of a volume. Of several that have one path all but the first get the number of their file
    /// record as well; `taken` has the paths of those before.
    fn add_ntfs_file(&mut self, state: &VolumeState, file: NtfsFile, taken: &mut HashSet<String>) {
        if file.deleted && !self.settings.scan_mft {
            return;
        }
        let mut path = state.path_of(&file.path, file.deleted);
        if !taken.insert(path.clone()) {
            path.push_str(&format!(" (file record {})", file.record));
        }
        let mut origin = state.origin;
        if file.deleted {
            let message = format!(
                "{path}: a deleted log; other files now use {} of its clusters, so these parts may not be of the log",
                file.reused_clusters
            );
            self.add_finding(FindingCode::DeletedLog, message);
            origin = LogOrigin::Deleted;
        }
        self.add_log(path, file.source.into(), origin, LogSearch::AnySlot);
    }

    fn add_faults(&mut self, path: &str, faults: &[VolumeFault]) {
        for fault in faults {
            self.add_finding(fault.code, format!("{path}: {fault}"));
        }
    }
}

/// Does a file of a volume begin as a log, an image, an archive or a format that is reported? Documents and programs
/// are archives too, but hold no logs. A system keeps raw disks among its own files, to start from them, so a raw disk
/// counts only outside of the folders of the system.
///
/// # Errors
/// The beginning of the file cannot be read.
fn may_hold_logs(file: &FileInFolder, relevance: Relevance) -> io::Result<bool> {
    let FileInFolder { source, name, .. } = file;
    let mut head = [0; HEAD];
    let length = source.read_at(0, &mut head)?;
    let head = head.get(..length).unwrap_or_default();
    if let Some(format) = format_of_head(head) {
        return Ok(is_worth_opening(format, source, name));
    }
    Ok(matches!(identify(&**source, LogSearch::Beginning)?, Identity::Log(_))
        || is_image_head(head)
        || UnreadFormat::of_entry(head, name).is_some()
        || (relevance == Relevance::Evidence && may_be_disk(head)))
}

/// The files of a volume whose beginning cannot be read.
#[derive(Default)]
struct UnreadableFiles {
    /// The path of the first one, and why it cannot be read.
    first: Option<(String, io::Error)>,
    count: u64,
}

impl UnreadableFiles {
    fn note(&mut self, path: &str, error: io::Error) {
        self.first.get_or_insert_with(|| (path.to_owned(), error));
        self.count += 1;
    }
}

/// A folder of a volume.
struct FolderOfVolume {
    volume: Arc<NtfsVolume>,
    folder: FileReference,
}

impl SiblingFiles for FolderOfVolume {
    fn open(&self, name: &str) -> io::Result<Arc<dyn ReadAt>> {
        Ok(self.volume.open_in_folder(self.folder, name)?.source.into())
    }
}
