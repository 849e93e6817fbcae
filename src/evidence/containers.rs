//! Logs inside of images and archives: image → partitions → NTFS → shadow copies, archive →
//! entries.

use super::cache::Cache;
use super::image::{self, Beside, Disk, Folder, Kind};
use super::ntfs::Volume;
use super::partition::{Slice, VolumeKind, volumes};
use super::shown::push_visible;
use super::zip::{EntryKind, Unzip, is_zip};
use super::{Fault, Log, Settings, Source, content, shadow};
use crate::model::{Finding, FindingCode};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// Memory for blocks of all images of a run.
const CACHE: u64 = 64 << 20;

/// Images and archives of a search.
pub(super) struct Containers<'a> {
    settings: &'a Settings,
    cache: Arc<Cache>,
    unzip: Unzip<'a>,
    /// Read at the end: what is a part of an image is no image of its own.
    waiting: Vec<Waiting>,
    logs: Vec<Log>,
    findings: Vec<Finding>,
}

/// An image, or what may be one.
struct Waiting {
    shown: String,
    path: PathBuf,
    what: What,
}

enum What {
    Disk(Disk),
    Raw(Arc<dyn Source>),
    /// And why, in words.
    Part(&'static str),
}

impl<'a> Containers<'a> {
    pub(super) fn new(settings: &'a Settings) -> Containers<'a> {
        Containers {
            settings,
            cache: Cache::new(CACHE),
            unzip: Unzip::new(settings.zip_password.as_deref()),
            waiting: Vec::new(),
            logs: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Takes a file that is no event log. `false`: it is no container either.
    ///
    /// `given`: by name. Below a folder only archives named `.zip` are looked into: documents and
    /// programs are zip archives as well.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn take(
        &mut self,
        path: &Path,
        shown: &str,
        source: &Arc<dyn Source>,
        given: bool,
    ) -> io::Result<bool> {
        let is_named_zip = path.extension().is_some_and(|name| name.eq_ignore_ascii_case("zip"));
        if (given || is_named_zip) && is_zip(&**source)? {
            self.unzip.archive(source, shown);
            return Ok(true);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let what = match image::open(Arc::clone(source), &name, &Folder::of(path)) {
            Ok(Kind::Disk(disk)) => What::Disk(disk),
            Ok(Kind::Part(why)) => What::Part(why),
            Ok(Kind::Other) if is_disk(&**source)? => What::Raw(Arc::clone(source)),
            Ok(Kind::Other) => return Ok(false),
            Err(error) => {
                self.image_unreadable(shown, &error);
                return Ok(true);
            }
        };
        self.waiting.push(Waiting { shown: shown.to_owned(), path: path.to_owned(), what });
        Ok(true)
    }

    /// Everything that was found in the containers taken.
    pub(super) fn finish(mut self) -> (Vec<Log>, Vec<Finding>) {
        let waiting = std::mem::take(&mut self.waiting);
        let parts: BTreeSet<PathBuf> = waiting.iter().flat_map(Waiting::parts).collect();
        for Waiting { shown, path, what } in waiting {
            if parts.contains(&resolved(&path)) {
                continue;
            }
            match what {
                What::Disk(disk) => self.disk(&shown, disk),
                What::Raw(source) => self.volumes(&shown, &source),
                What::Part(why) => {
                    let message = format!(
                        "{shown}: this is {why}; give the file that begins the image, or put it \
                         beside this one"
                    );
                    self.finding(FindingCode::ImageUnreadable, message);
                }
            }
        }
        self.findings.append(&mut self.unzip.findings);
        for entry in std::mem::take(&mut self.unzip.entries) {
            match entry.kind {
                EntryKind::Log | EntryKind::ClaimedLog => self.log(entry.path, entry.source),
                EntryKind::Image => self.packed_image(&entry.path, &entry.name, entry.source),
            }
        }
        (self.logs, self.findings)
    }

    /// An image inside of an archive: of one file, because its parts are not at hand.
    fn packed_image(&mut self, path: &str, name: &str, source: Arc<dyn Source>) {
        match image::open(Arc::clone(&source), name, &Nothing) {
            Ok(Kind::Disk(disk)) => self.disk(path, disk),
            Ok(Kind::Other) if is_disk(&*source).unwrap_or(false) => self.volumes(path, &source),
            Ok(Kind::Other) => {}
            Ok(Kind::Part(why)) => {
                let message = format!("{path}: this is {why}; unpack the archive to have it read");
                self.finding(FindingCode::ImageUnsupported, message);
            }
            Err(error) => self.image_unreadable(path, &error),
        }
    }

    fn disk(&mut self, shown: &str, disk: Disk) {
        for note in disk.notes {
            self.finding(FindingCode::ImageIncomplete, format!("{shown}: {note}"));
        }
        let source: Arc<dyn Source> = Arc::new(self.cache.over(disk.source));
        self.volumes(shown, &source);
    }

    /// The logs of every volume of a disk.
    fn volumes(&mut self, shown: &str, disk: &Arc<dyn Source>) {
        let found = match volumes(&**disk) {
            Ok(found) => found,
            Err(error) => return self.image_unreadable(shown, &error),
        };
        for note in found.notes {
            self.finding(FindingCode::PartitionsDamaged, format!("{shown}: {note}"));
        }
        let mut opened = Vec::new();
        for (at, volume) in found.volumes.iter().enumerate() {
            // A disk without a partition table is its one volume.
            let bare = volume.offset == 0;
            let path = if bare { shown.to_owned() } else { format!("{shown}/volume{}", at + 1) };
            match volume.kind {
                VolumeKind::Ntfs => {
                    let slice = Slice::new(Arc::clone(disk), volume.offset, volume.size);
                    opened.push((path, Arc::new(slice) as Arc<dyn Source>));
                }
                VolumeKind::BitLocker => {
                    let message = format!(
                        "{path}: the volume at offset {} of the disk is encrypted with BitLocker \
                         and was not read; give an image of the unlocked volume",
                        volume.offset
                    );
                    self.finding(FindingCode::BitLockerVolume, message);
                }
                VolumeKind::Other => {}
            }
        }
        if !found.volumes.iter().any(|volume| volume.kind != VolumeKind::Other) {
            let message = format!("{shown}: no volume with NTFS is on this disk");
            self.finding(FindingCode::ImageUnreadable, message);
        }
        let before = self.logs.len();
        for (path, volume) in &opened {
            self.ntfs(path, volume, false);
        }
        if self.settings.scan_mft || self.logs.len() == before {
            // Collectors keep logs elsewhere.
            for (path, volume) in &opened {
                self.ntfs(path, volume, true);
            }
        }
    }

    /// The logs of an NTFS volume and its shadow copies; with `anywhere` those of all folders, and
    /// of the volume only.
    fn ntfs(&mut self, path: &str, source: &Arc<dyn Source>, anywhere: bool) {
        self.ntfs_logs(path, source, anywhere);
        if anywhere || self.settings.no_shadow_copies {
            return;
        }
        let (snapshots, faults) = shadow::snapshots(Arc::clone(source));
        self.faults(path, &faults);
        for (at, snapshot) in snapshots.iter().enumerate() {
            let path = format!("{path}/shadow-copy{}@{}", at + 1, snapshot.created);
            if !snapshot.complete {
                let message = format!(
                    "{path}: what describes this shadow copy is damaged: parts of it may show \
                     what was written later"
                );
                self.finding(FindingCode::VolumeDamaged, message);
            }
            self.ntfs_logs(&path, &snapshot.source, false);
        }
    }

    fn ntfs_logs(&mut self, path: &str, source: &Arc<dyn Source>, anywhere: bool) {
        let volume = match Volume::open(Arc::clone(source)) {
            Ok(volume) => volume,
            Err(fault) => return self.faults(path, &[fault]),
        };
        let found = if anywhere { volume.scan_mft() } else { volume.logs() };
        self.faults(path, volume.faults());
        self.faults(path, &found.faults);
        for file in found.files {
            let mut path = format!("{path}/");
            push_visible(&mut path, &file.path);
            if file.deleted {
                if !self.settings.scan_mft {
                    continue;
                }
                path.push_str(" (deleted)");
                let message = format!(
                    "{path}: a deleted log; {} of its clusters belong to other files by now",
                    file.reused_clusters
                );
                self.finding(FindingCode::DeletedLog, message);
            }
            // Found in its folder already.
            if !self.logs.iter().any(|log| log.path == path) {
                self.log(path, file.source.into());
            }
        }
    }

    /// A file that is named or begins as a log.
    fn log(&mut self, path: String, source: Arc<dyn Source>) {
        match content::first_chunk(&*source, true) {
            Ok(Some(first_chunk)) => {
                self.logs.push(Log { path, first_chunk, source: Box::new(source) });
            }
            Ok(None) => {
                let message = format!("{path}: no event log: {}", content::why_not(&*source));
                self.finding(FindingCode::NotAnEventLog, message);
            }
            Err(error) => {
                let message = format!("{path}: cannot be read: {error}");
                self.finding(FindingCode::SourceUnreadable, message);
            }
        }
    }

    fn faults(&mut self, path: &str, faults: &[Fault]) {
        for fault in faults {
            self.finding(FindingCode::VolumeDamaged, format!("{path}: {fault}"));
        }
    }

    fn image_unreadable(&mut self, shown: &str, error: &io::Error) {
        let code = match error.kind() {
            io::ErrorKind::Unsupported => FindingCode::ImageUnsupported,
            _ => FindingCode::ImageUnreadable,
        };
        self.finding(code, format!("{shown}: the disk image cannot be read: {error}"));
    }

    fn finding(&mut self, code: FindingCode, message: String) {
        self.findings.push(Finding::new(code, message));
    }
}

impl Waiting {
    /// The other files that this image is made of.
    fn parts(&self) -> Vec<PathBuf> {
        let What::Disk(disk) = &self.what else { return Vec::new() };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        disk.parts.iter().map(|part| resolved(&folder.join(part))).collect()
    }
}

fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether these are the bytes of a disk or volume that holds something of interest.
fn is_disk(source: &dyn Source) -> io::Result<bool> {
    Ok(volumes(source)?.volumes.iter().any(|volume| volume.kind != VolumeKind::Other))
}

/// Beside an image in an archive.
struct Nothing;

impl Beside for Nothing {
    fn open(&self, _: &str) -> io::Result<Arc<dyn Source>> {
        let message = "it is in an archive; unpack it to have its parts found";
        Err(io::Error::new(io::ErrorKind::NotFound, message))
    }
}

#[cfg(test)]
mod tests;
