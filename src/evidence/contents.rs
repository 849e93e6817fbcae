//! Finds the logs inside of one image or archive: image → disk → volumes → NTFS → shadow copies;
//! archive → logs and images. See `disk` for what is on a disk.

use super::archives::{
    ArchiveEntry, ArchiveFormat, EntryKind, UnpackBounds, is_named_archive, is_part_of_split_zip,
    join, unpack,
};
use super::container::{ContainerKind, FoundContainer};
use super::identify::{self, Identity, LogSearch};
use super::images::{self, Image, SiblingFiles, VirtualDisk};
use super::limits;
use super::log_file::LogFile;
use super::memory::{LargeArchivePermit, Memory};
use super::nested::{NestedContainer, Nesting};
use super::other_disks::OtherDisks;
use super::read_at::ReadAt;
use super::settings::SearchSettings;
use super::unread::{Relevance, UnreadFormat, no_known_archive, no_known_disk};
use crate::model::{Finding, FindingCode, LogOrigin};
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

/// What has been found inside of one container so far.
pub(super) struct ContainerContents<'a> {
    pub(super) settings: &'a SearchSettings,
    pub(super) memory: &'a Memory,
    pub(super) logs: Vec<LogFile>,
    pub(super) findings: Vec<Finding>,
    /// The permit that must be kept as long as the logs, if they take much memory.
    pub(super) permit: Option<Arc<LargeArchivePermit>>,
    /// How deep the container is in others, and how much of it may still be opened and unpacked.
    nesting: Nesting,
    /// Where on its computer everything in the container was.
    pub(super) origin: LogOrigin,
    /// The number of containers that the images and archives on the present disk are in.
    depth_on_disk: usize,
    /// The other disks among the evidence; none for what lies inside of another container.
    pub(super) other_disks: OtherDisks,
    /// Images and archives in the container that are opened by themselves.
    nested: Vec<NestedContainer>,
}

impl<'a> ContainerContents<'a> {
    /// Nothing found yet.
    pub(super) fn new(
        settings: &'a SearchSettings,
        memory: &'a Memory,
        nesting: Nesting,
    ) -> ContainerContents<'a> {
        ContainerContents {
            settings,
            memory,
            logs: Vec::new(),
            findings: Vec::new(),
            permit: None,
            nesting,
            origin: LogOrigin::Live,
            depth_on_disk: nesting.depth + 1,
            other_disks: OtherDisks::default(),
            nested: Vec::new(),
        }
    }

    /// Adds the logs of the container of this kind in `source`, whose file is called `name`.
    pub(super) fn read(
        &mut self,
        path: &str,
        kind: ContainerKind,
        name: &str,
        source: &Arc<dyn ReadAt>,
        siblings: &dyn SiblingFiles,
    ) {
        if self.nesting.depth >= limits::ARCHIVE_DEPTH {
            let message = format!(
                "{path}: archives in more than {} archives and images are not read",
                limits::ARCHIVE_DEPTH
            );
            return self.add_finding(FindingCode::ArchiveUnreadable, message);
        }
        match kind {
            ContainerKind::Archive(format) => self.read_archive(path, format, source),
            ContainerKind::SplitArchive => self.read_split_archive(path, name, source, siblings),
            ContainerKind::Image => self.read_image(path, name, source, siblings),
        }
    }

    /// Notes an image or archive that is to be opened by itself.
    pub(super) fn add_nested(&mut self, nested: FoundInside) {
        let FoundInside { path, name, found, source, siblings, origin } = nested;
        let part_size = |part: &String| siblings.open(part).map_or(0, |part| part.size());
        let parts = found.parts.iter().map(part_size);
        let size = parts.fold(source.size(), u64::saturating_add);
        let nesting = self.nesting.at(self.depth_on_disk);
        let (kind, permit) = (found.kind, self.permit.clone());
        let origin = origin.max(self.origin);
        let nested =
            NestedContainer { path, name, kind, source, siblings, size, nesting, permit, origin };
        self.nested.push(nested);
    }

    /// The images and archives that are opened by themselves, by path, each with its share of what this
    /// container may take; those without a share are reported.
    pub(super) fn take_nested(&mut self, path: &str) -> Vec<NestedContainer> {
        let mut nested = std::mem::take(&mut self.nested);
        nested.sort_by(|a, b| a.path.cmp(&b.path));
        let sizes: Vec<(u64, usize)> =
            nested.iter().map(|nested| (nested.size, nested.nesting.depth)).collect();
        let shares = self.nesting.shares(&sizes);
        if shares.len() < nested.len() {
            let message = format!(
                "{path}: of {} images and archives inside of it only the first {} are opened",
                nested.len(),
                shares.len()
            );
            self.add_finding(FindingCode::ZipBomb, message);
        }
        let shared = nested.into_iter().zip(shares);
        shared.map(|(nested, nesting)| NestedContainer { nesting, ..nested }).collect()
    }

    /// Adds the logs of the archive of this format in `source`, also those in its archives and images.
    fn read_archive(&mut self, path: &str, format: &ArchiveFormat, source: &Arc<dyn ReadAt>) {
        let password = self.settings.zip_password.as_deref();
        let Nesting { depth, bytes, .. } = self.nesting;
        let bounds = UnpackBounds { depth, bytes, memory_is_taken: self.permit.is_some() };
        let mut unpacked = unpack(format, source, path, password, self.memory, bounds);
        self.findings.append(&mut unpacked.findings);
        self.permit = self.permit.take().or(unpacked.permit.map(Arc::new));
        let (files, logs): (Vec<_>, Vec<_>) = unpacked
            .entries
            .into_iter()
            .partition(|entry| matches!(entry.kind, EntryKind::Image | EntryKind::Part));
        for ArchiveEntry { path, name, source, .. } in logs {
            let search = LogSearch::by_name(&name, LogSearch::Beginning);
            self.add_log(path, source, LogOrigin::Live, search);
        }
        self.read_packed_files(files);
    }

    /// Adds the logs of the images inside of an archive, and of the archives in it that were cut. The parts
    /// of each are looked for in its folder.
    fn read_packed_files(&mut self, entries: Vec<ArchiveEntry>) {
        let by_path = |entry: &ArchiveEntry| (entry.path.to_lowercase(), Arc::clone(&entry.source));
        let files: Arc<HashMap<String, Arc<dyn ReadAt>>> =
            Arc::new(entries.iter().map(by_path).collect());
        let (mut parts, mut found) = (HashSet::new(), Vec::new());
        for entry in entries {
            let (folder, name) = entry.path.rsplit_once('/').unwrap_or_default();
            let (folder, name) = (folder.to_owned(), name.to_owned());
            let siblings = PackedFiles { folder, files: Arc::clone(&files) };
            let container = FoundContainer::identify(&entry.source, &name, &siblings, true);
            let names = container.iter().flatten().flat_map(|container| &container.parts);
            parts.extend(names.map(|part| siblings.path(part)));
            found.push((entry, name, siblings, container));
        }
        found.retain(|(entry, ..)| !parts.contains(&entry.path.to_lowercase()));
        for (ArchiveEntry { path, source, kind, depth, name: own }, name, siblings, container) in
            found
        {
            let relevance = Relevance::of(&own);
            self.depth_on_disk = depth + usize::from(kind == EntryKind::Image);
            match (kind, container) {
                (_, Err(error)) => self.image_unreadable(&path, &error),
                (EntryKind::Image, Ok(None)) => {
                    self.findings.push(no_known_disk(&path, relevance));
                }
                (EntryKind::Image, Ok(Some(_))) => {
                    self.read_image(&path, &name, &source, &siblings);
                }
                (_, Ok(None | Some(FoundContainer { kind: ContainerKind::Image, .. }))) => {
                    self.no_part(&path, &name, &*source, &siblings, relevance);
                }
                (_, Ok(Some(found))) => {
                    let (siblings, origin) = (Arc::new(siblings), LogOrigin::Live);
                    self.add_nested(FoundInside { path, name, found, source, siblings, origin });
                }
            }
        }
    }

    /// Reports an entry that may have been a part of an archive, and belongs to none that was found.
    fn no_part(
        &mut self,
        path: &str,
        name: &str,
        source: &dyn ReadAt,
        siblings: &dyn SiblingFiles,
        relevance: Relevance,
    ) {
        // If its archive cannot be put together, a finding about the last part says so.
        if is_part_of_split_zip(name, siblings) {
            return;
        }
        match UnreadFormat::of(source) {
            Ok(Some(format)) => self.findings.push(format.finding(path, relevance)),
            Ok(None) if is_named_archive(name) => {
                self.findings.extend(no_known_archive(path, relevance));
            }
            // What is named as a later part by chance.
            Ok(None) => {}
            Err(error) => {
                let message = format!("{path}: cannot be read: {error}");
                self.add_finding(FindingCode::SourceUnreadable, message);
            }
        }
    }

    /// Adds the logs of the archive of which the file called `name` is the first part or, of a split zip,
    /// the last.
    fn read_split_archive(
        &mut self,
        path: &str,
        name: &str,
        source: &Arc<dyn ReadAt>,
        siblings: &dyn SiblingFiles,
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
    fn read_image(
        &mut self,
        path: &str,
        name: &str,
        source: &Arc<dyn ReadAt>,
        siblings: &dyn SiblingFiles,
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

    fn read_disk(&mut self, path: &str, disk: VirtualDisk) {
        for note in disk.notes {
            self.add_finding(FindingCode::ImageIncomplete, format!("{path}: {note}"));
        }
        let source: Arc<dyn ReadAt> = Arc::new(self.memory.cache.over(disk.source));
        self.read_volumes(path, &source);
    }

    /// Adds a file that is named as a log or begins as one.
    pub(super) fn add_log(
        &mut self,
        path: String,
        source: Arc<dyn ReadAt>,
        origin: LogOrigin,
        search: LogSearch,
    ) {
        match identify::identify(&*source, search) {
            Ok(Identity::Log(first_chunk)) => {
                let log = LogFile::new(path, first_chunk, Box::new(source));
                let origin = origin.max(log.origin).max(self.origin);
                self.logs.push(LogFile { origin, ..log });
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

    pub(super) fn image_unreadable(&mut self, path: &str, error: &io::Error) {
        let code = match error.kind() {
            io::ErrorKind::Unsupported => FindingCode::ImageUnsupported,
            _ => FindingCode::ImageUnreadable,
        };
        self.add_finding(code, format!("{path}: the disk image cannot be read: {error}"));
    }

    pub(super) fn add_finding(&mut self, code: FindingCode, message: String) {
        self.findings.push(Finding::new(code, message));
    }
}

/// An image or archive inside of another one.
pub(super) struct FoundInside {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) found: FoundContainer,
    pub(super) source: Arc<dyn ReadAt>,
    pub(super) siblings: Arc<dyn SiblingFiles>,
    pub(super) origin: LogOrigin,
}

/// The images, and what may be a part of one, in one folder of an archive.
struct PackedFiles {
    /// Its display path.
    folder: String,
    /// By display path in small letters.
    files: Arc<HashMap<String, Arc<dyn ReadAt>>>,
}

impl PackedFiles {
    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder).to_lowercase()
    }
}

impl SiblingFiles for PackedFiles {
    fn open(&self, name: &str) -> io::Result<Arc<dyn ReadAt>> {
        self.files.get(&self.path(name)).map(Arc::clone).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "it is not in the same folder of the archive")
        })
    }
}
