//! Images and archives among the given files, before they are opened.

use super::archives::{self, ArchiveFormat};
use super::images::{self, Image, ImageFolder, SiblingFiles};
use super::partitions::volumes;
use super::read_at::ReadAt;
use super::read_counter::ReadCounter;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// An image or archive that was found. It is not kept open: it is opened anew to be read.
pub(crate) struct ContainerFile {
    pub(super) display_path: String,
    pub(super) path: PathBuf,
    pub(super) kind: ContainerKind,
    /// The other files that it consists of.
    parts: Vec<PathBuf>,
    /// Bytes of all its files.
    pub(super) size: u64,
    /// The first files of all disks among the evidence, also its own.
    pub(super) all_disks: Arc<[PathBuf]>,
}

/// What holds the logs.
#[derive(Clone, Copy)]
pub(super) enum ContainerKind {
    Archive(&'static ArchiveFormat),
    /// An archive in several files, which are put together when it is opened.
    SplitArchive,
    /// An image container or a raw disk.
    Image,
}

impl ContainerFile {
    /// Identifies a file that is no event log. `None`: it is no container either.
    ///
    /// `is_given`: the user named this very file. Documents and programs are archives as well, so that
    /// below a given folder only archives that may hold logs are containers.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn detect(
        path: &Path,
        display_path: &str,
        source: &Arc<dyn ReadAt>,
        is_given: bool,
    ) -> io::Result<Option<ContainerFile>> {
        let name = file_name(path);
        let siblings = ImageFolder::of(path, ReadCounter::default());
        let Some(found) = FoundContainer::identify(source, &name, &siblings, is_given)? else {
            return Ok(None);
        };
        let FoundContainer { kind, parts: part_names } = found;
        let folder = path.parent().unwrap_or(Path::new(""));
        let parts: Vec<PathBuf> =
            part_names.iter().map(|name| resolved(&folder.join(name))).collect();
        let size_of = |part: &PathBuf| fs::metadata(part).map_or(0, |meta| meta.len());
        let size = source.size() + parts.iter().map(size_of).sum::<u64>();
        Ok(Some(ContainerFile {
            display_path: display_path.to_owned(),
            path: path.to_owned(),
            kind,
            parts,
            size,
            all_disks: Arc::default(),
        }))
    }

    /// Leaves out the containers that are a part of another one.
    pub(super) fn without_parts(mut containers: Vec<ContainerFile>) -> Vec<ContainerFile> {
        let parts: BTreeSet<PathBuf> =
            containers.iter().flat_map(|container| container.parts.clone()).collect();
        containers.retain(|container| !parts.contains(&resolved(&container.path)));
        containers
    }

    /// Tells each of the containers which disks are among them.
    pub(super) fn with_all_disks(mut containers: Vec<ContainerFile>) -> Vec<ContainerFile> {
        let is_disk = |container: &&ContainerFile| matches!(container.kind, ContainerKind::Image);
        let disks = containers.iter().filter(is_disk).map(|disk| disk.path.clone());
        let disks: Arc<[PathBuf]> = disks.collect();
        containers.iter_mut().for_each(|container| container.all_disks = Arc::clone(&disks));
        containers
    }
}

/// What a file is that is a container, wherever it lies.
pub(super) struct FoundContainer {
    pub(super) kind: ContainerKind,
    /// Names of the other files that it consists of.
    pub(super) parts: Vec<String>,
}

impl FoundContainer {
    /// See [`ContainerFile::detect`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn identify(
        source: &Arc<dyn ReadAt>,
        name: &str,
        siblings: &dyn SiblingFiles,
        is_given: bool,
    ) -> io::Result<Option<FoundContainer>> {
        let archive = archives::format_of(&**source, name)?;
        let archive =
            archive.filter(|format| is_given || archives::is_worth_opening(format, source, name));
        // That something cannot be read becomes a finding when it is opened.
        let (kind, parts) = match (archives::join(source, name, siblings), archive) {
            (Ok(Some(joined)), _) => (ContainerKind::SplitArchive, joined.parts),
            (Err(_), _) => (ContainerKind::SplitArchive, Vec::new()),
            (Ok(None), Some(format)) => (ContainerKind::Archive(format), Vec::new()),
            (Ok(None), None) => match images::open(Arc::clone(source), name, siblings) {
                Ok(Image::Disk(disk)) => (ContainerKind::Image, disk.parts),
                Ok(Image::NotAnImage) if !is_raw_disk(&**source)? => return Ok(None),
                Ok(Image::Part(_) | Image::NotAnImage) | Err(_) => {
                    (ContainerKind::Image, Vec::new())
                }
            },
        };
        Ok(Some(FoundContainer { kind, parts }))
    }
}

/// Whether these are the bytes of a disk or volume that holds a file system to be read, or to be
/// reported.
///
/// # Errors
/// When the medium fails.
pub(super) fn is_raw_disk(source: &dyn ReadAt) -> io::Result<bool> {
    Ok(volumes(source)?.has_known_volume())
}

/// The name of a file without its folder.
pub(super) fn file_name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
