//! The volumes that are found on a disk.

use super::unread_volumes::{self, PartitionType, UnreadVolume};
use crate::evidence::bytes::{has, le64, to_index};
use crate::evidence::read_at::ReadAt;
use crate::evidence::slice::Slice;
use std::io;
use std::sync::Arc;

/// Sizes of a sector in bytes: a partition table does not say which one it counts in.
pub(super) const SECTOR_SIZES: [u64; 2] = [512, 4096];

/// Places of a volume at which it is looked whether it was ever used.
const SAMPLES: u64 = 256;

/// A volume of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::evidence) struct DiskVolume {
    /// Where it begins, in bytes.
    pub(in crate::evidence) offset: u64,
    /// Its length in bytes, within the disk.
    pub(in crate::evidence) size: u64,
    pub(in crate::evidence) kind: VolumeKind,
    /// What the partition table says that it is a part of, where its beginning is a volume that is read: the
    /// rest is not.
    pub(in crate::evidence) part_of: Option<&'static UnreadVolume>,
}

impl DiskVolume {
    /// The bytes of the volume on its disk.
    pub(in crate::evidence) fn of_disk(&self, disk: &Arc<dyn ReadAt>) -> Arc<dyn ReadAt> {
        Arc::new(Slice::new(Arc::clone(disk), self.offset, self.size))
    }
}

/// What a volume holds, by its first sectors, or by its type in the partition table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evidence) enum VolumeKind {
    Ntfs,
    BitLocker,
    /// A file system or a layer of storage that is not read.
    Unread(&'static UnreadVolume),
    /// Nothing that is known.
    Other,
}

impl VolumeKind {
    /// Whether it can be read, or could be when it is unlocked.
    fn is_of_windows(self) -> bool {
        matches!(self, VolumeKind::Ntfs | VolumeKind::BitLocker)
    }
}

/// What a disk holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::evidence) struct DiskVolumes {
    /// Volumes by offset; empty when there is neither a partition table nor a known volume.
    pub(in crate::evidence) volumes: Vec<DiskVolume>,
    /// Damage of the partition tables, in words.
    pub(in crate::evidence) notes: Vec<String>,
}

impl DiskVolumes {
    /// Whether a volume can be read, or is to be reported.
    pub(in crate::evidence) fn has_known_volume(&self) -> bool {
        self.volumes.iter().any(|volume| volume.kind != VolumeKind::Other)
    }

    /// Whether a volume can be read, or could be when it is unlocked.
    pub(in crate::evidence) fn has_volume_of_windows(&self) -> bool {
        self.volumes.iter().any(|volume| volume.kind.is_of_windows())
    }

    /// Adds a volume, cut at the end of the disk.
    ///
    /// # Errors
    /// When the medium fails.
    pub(super) fn add(
        &mut self,
        disk: &dyn ReadAt,
        offset: u64,
        size: u64,
        partition: PartitionType,
    ) -> io::Result<()> {
        let on_disk = disk.size().saturating_sub(offset);
        if size == 0 || self.volumes.iter().any(|known| known.offset == offset) {
            return Ok(());
        }
        if on_disk < size {
            self.notes.push(format!(
                "the volume at offset {offset} has {size} bytes, of which {on_disk} are in the image"
            ));
        }
        if on_disk > 0 {
            let size = size.min(on_disk);
            let kind = match kind_at(disk, offset)? {
                VolumeKind::Other if has_backup_of_ntfs(disk, offset, size)? => VolumeKind::Ntfs,
                VolumeKind::Other if is_blank(disk, offset, size)? => VolumeKind::Other,
                VolumeKind::Other => unread_volumes::by_partition(partition)
                    .map_or(VolumeKind::Other, VolumeKind::Unread),
                kind => kind,
            };
            let part_of = match (kind, partition) {
                (VolumeKind::Ntfs, PartitionType::DynamicDisk) => {
                    unread_volumes::by_partition(partition)
                }
                _ => None,
            };
            self.volumes.push(DiskVolume { offset, size, kind, part_of });
        }
        Ok(())
    }
}

/// What the volume at `offset` holds.
///
/// # Errors
/// When the medium fails.
pub(super) fn kind_at(disk: &dyn ReadAt, offset: u64) -> io::Result<VolumeKind> {
    let mut start = [0; unread_volumes::HEAD];
    disk.read_at(offset, &mut start)?;
    if has(&start, 3, b"NTFS    ") {
        return Ok(VolumeKind::Ntfs);
    }
    if has(&start, 3, b"-FVE-FS-") || is_bitlocker_to_go(&start) {
        return Ok(VolumeKind::BitLocker);
    }
    let unread = unread_volumes::by_content(disk, offset, &start)?;
    Ok(unread.map_or(VolumeKind::Other, VolumeKind::Unread))
}

/// Whether a volume was never used, as far as samples show.
fn is_blank(disk: &dyn ReadAt, offset: u64, size: u64) -> io::Result<bool> {
    let mut sample = [0; 512];
    for at in (0..size).step_by(to_index(size / SAMPLES + 1)) {
        sample.fill(0);
        disk.read_at(offset.saturating_add(at), &mut sample)?;
        if sample.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the copy of an NTFS boot sector ends this volume, whose own boot sector is gone.
///
/// # Errors
/// When the medium fails.
pub(super) fn has_backup_of_ntfs(disk: &dyn ReadAt, offset: u64, size: u64) -> io::Result<bool> {
    for sector in SECTOR_SIZES {
        let mut last = [0; 512];
        let Some(at) = size.checked_sub(sector) else { continue };
        disk.read_at(offset.saturating_add(at), &mut last)?;
        // It counts the sectors of the volume without its own.
        let counted = le64(&last, 40).saturating_mul(sector);
        if has(&last, 3, b"NTFS    ") && counted.abs_diff(at) < sector {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether this is the first sector of BitLocker on a removable disk, which looks like a FAT volume
/// but for its GUID.
fn is_bitlocker_to_go(start: &[u8]) -> bool {
    const GUID: &[u8; 16] = b"\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01";
    has(start, 3, b"MSWIN4.1") && has(start, 424, GUID)
}
