//! Logs inside of images and archives: image → partitions → NTFS → shadow copies, archive →
//! entries.

use super::counted::Counter;
use super::file::FileSource;
use super::image::{self, Beside, Disk, Folder, Kind};
use super::ntfs::Volume;
use super::partition::{Slice, VolumeKind, volumes};
use super::shown::push_visible;
use super::zip::{EntryKind, Unzip, is_zip};
use super::{Evidence, Fault, Log, Memory, Settings, Source, Used, content, shadow};
use crate::model::{Finding, FindingCode, LogOrigin};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// An image or archive that was found. It is not held open: it is opened anew to be read.
pub struct Container {
    shown: String,
    path: PathBuf,
    is_archive: bool,
    /// The other files that it is made of.
    parts: Vec<PathBuf>,
    /// Bytes of all these files.
    size: u64,
}

/// What was found inside of one container so far.
struct Inside<'a> {
    settings: &'a Settings,
    memory: &'a Memory,
    unzip: Unzip<'a>,
    logs: Vec<Log>,
    findings: Vec<Finding>,
}

impl Container {
    /// Looks at a file that is no event log. `None`: it is no container either.
    ///
    /// `given`: by name. Below a folder only archives named `.zip` are looked into, and AFF4 images,
    /// which are archives too, to be named: documents and programs are zip archives as well.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn look(
        path: &Path,
        shown: &str,
        source: &Arc<dyn Source>,
        given: bool,
    ) -> io::Result<Option<Container>> {
        let is_named =
            |ending| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
        let is_named_zip = is_named("zip") || is_named("aff4");
        let is_archive = (given || is_named_zip) && is_zip(&**source)?;
        let mut parts = Vec::new();
        if !is_archive {
            let beside = Folder::of(path, Counter::default());
            match image::open(Arc::clone(source), &name_of(path), &beside) {
                Ok(Kind::Disk(disk)) => parts = disk.parts,
                Ok(Kind::Other) if !is_disk(&**source)? => return Ok(None),
                // That it cannot be read is said when it is.
                Ok(Kind::Part(_) | Kind::Other) | Err(_) => {}
            }
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let parts: Vec<PathBuf> = parts.iter().map(|part| resolved(&folder.join(part))).collect();
        let size_of = |part: &PathBuf| fs::metadata(part).map_or(0, |meta| meta.len());
        let size = source.size() + parts.iter().map(size_of).sum::<u64>();
        Ok(Some(Container {
            shown: shown.to_owned(),
            path: path.to_owned(),
            is_archive,
            parts,
            size,
        }))
    }

    /// Path as shown.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Leaves out what is a part of another container.
    pub(super) fn whole(mut containers: Vec<Container>) -> Vec<Container> {
        let parts: BTreeSet<PathBuf> =
            containers.iter().flat_map(|container| container.parts.clone()).collect();
        containers.retain(|container| !parts.contains(&resolved(&container.path)));
        containers
    }

    /// Everything that is found in it.
    pub(super) fn read(&self, settings: &Settings, memory: &Memory) -> Evidence {
        let counter = Counter::default();
        let opened = FileSource::open(self.path.clone());
        let mut found = match opened {
            Ok(source) => self.read_from(&counter.over(source), &counter, settings, memory),
            Err(error) => {
                let message = format!("{}: cannot be read: {error}", self.shown);
                let finding = Finding::new(FindingCode::SourceUnreadable, message);
                Evidence { findings: vec![finding], ..Evidence::default() }
            }
        };
        found.logs.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    fn read_from(
        &self,
        source: &Arc<dyn Source>,
        counter: &Counter,
        settings: &Settings,
        memory: &Memory,
    ) -> Evidence {
        let mut inside = Inside {
            settings,
            memory,
            unzip: Unzip::new(settings.zip_password.as_deref(), memory.clone()),
            logs: Vec::new(),
            findings: Vec::new(),
        };
        if self.is_archive {
            inside.archive(&self.shown, source);
        } else {
            let beside = Folder::of(&self.path, counter.clone());
            inside.image(&self.shown, &name_of(&self.path), source, &beside);
        }
        let container =
            Used { path: self.shown.clone(), size: self.size, counter: counter.clone() };
        Evidence {
            logs: inside.logs,
            findings: inside.findings,
            container: Some(container),
            _turn: inside.unzip.turn,
        }
    }
}

fn name_of(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

impl Inside<'_> {
    fn archive(&mut self, shown: &str, source: &Arc<dyn Source>) {
        self.unzip.archive(source, shown);
        self.findings.append(&mut self.unzip.findings);
        for entry in std::mem::take(&mut self.unzip.entries) {
            match entry.kind {
                EntryKind::Log | EntryKind::ClaimedLog => {
                    self.log(entry.path, entry.source, LogOrigin::Live);
                }
                EntryKind::Image => self.packed_image(&entry.path, &entry.name, entry.source),
            }
        }
    }

    fn image(&mut self, shown: &str, name: &str, source: &Arc<dyn Source>, beside: &Folder) {
        match image::open(Arc::clone(source), name, beside) {
            Ok(Kind::Disk(disk)) => self.disk(shown, disk),
            Ok(Kind::Other) => self.volumes(shown, source),
            Ok(Kind::Part(why)) => {
                let message = format!(
                    "{shown}: this is {why}; give the file that begins the image, or put it \
                     beside this one"
                );
                self.finding(FindingCode::ImageUnreadable, message);
            }
            Err(error) => self.image_unreadable(shown, &error),
        }
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
        let source: Arc<dyn Source> = Arc::new(self.memory.cache.over(disk.source));
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
    /// unless that was asked for, of the volume only.
    fn ntfs(&mut self, path: &str, source: &Arc<dyn Source>, anywhere: bool) {
        self.ntfs_logs(path, source, LogOrigin::Live, anywhere);
        if self.settings.no_shadow_copies || (anywhere && !self.settings.scan_mft) {
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
            self.ntfs_logs(&path, &snapshot.source, LogOrigin::ShadowCopy, anywhere);
        }
    }

    fn ntfs_logs(
        &mut self,
        path: &str,
        source: &Arc<dyn Source>,
        origin: LogOrigin,
        anywhere: bool,
    ) {
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
                let origin = if file.deleted { LogOrigin::Deleted } else { origin };
                self.log(path, file.source.into(), origin);
            }
        }
    }

    /// A file that is named or begins as a log.
    fn log(&mut self, path: String, source: Arc<dyn Source>, origin: LogOrigin) {
        match content::first_chunk(&*source, true) {
            Ok(Some(first_chunk)) => {
                let log = Log::new(path, first_chunk, Box::new(source));
                self.logs.push(Log { origin: origin.max(log.origin), ..log });
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
