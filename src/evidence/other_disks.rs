//! The other disks of a run. A volume may keep its shadow copies on the volume of another disk.

use super::container::file_name;
use super::images::{self, Image, ImageFolder};
use super::local_file::LocalFile;
use super::memory::Memory;
use super::partitions::{self, VolumeKind};
use super::read_at::ReadAt;
use super::read_counter::ReadCounter;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The disks among the evidence, as seen from one of them.
#[derive(Default)]
pub(super) struct OtherDisks {
    own: PathBuf,
    /// The first files of all disks, in the order of their display paths.
    all: Arc<[PathBuf]>,
    /// Counts what is read of the others.
    counter: ReadCounter,
}

impl OtherDisks {
    /// Those of `all` that are not the file `own`.
    pub(super) fn than(own: &Path, all: Arc<[PathBuf]>, counter: ReadCounter) -> OtherDisks {
        OtherDisks { own: own.to_owned(), all, counter }
    }

    /// The NTFS volumes of the other disks. A disk is opened when its volumes are asked for; one that cannot be
    /// read has none here, and is reported where it is read itself.
    pub(super) fn ntfs_volumes<'a>(
        &'a self,
        memory: &'a Memory,
    ) -> impl Iterator<Item = Arc<dyn ReadAt>> + 'a {
        let others = self.all.iter().filter(|path| **path != self.own);
        others.flat_map(|path| self.ntfs_volumes_of(path, memory).unwrap_or_default())
    }

    fn ntfs_volumes_of(&self, path: &Path, memory: &Memory) -> io::Result<Vec<Arc<dyn ReadAt>>> {
        let file = LocalFile::open(path.to_owned())?.closed_between_reads();
        let source = self.counter.count(file);
        let folder = ImageFolder::of(path, self.counter.clone());
        let disk: Arc<dyn ReadAt> =
            match images::open(Arc::clone(&source), &file_name(path), &folder)? {
                Image::Disk(disk) => Arc::new(memory.cache.over(disk.source)),
                Image::NotAnImage => source,
                Image::Part(_) => return Ok(Vec::new()),
            };
        let found = partitions::volumes(&*disk)?.volumes;
        let ntfs = found.iter().filter(|volume| volume.kind == VolumeKind::Ntfs);
        Ok(ntfs.map(|volume| volume.of_disk(&disk)).collect())
    }
}
