//! The volumes that are found on a disk.

use crate::evidence::bytes::has;
use crate::evidence::read_at::ReadAt;
use std::io;

/// Sizes of a sector in bytes: a partition table does not say which one it counts in.
pub(super) const SECTOR_SIZES: [u64; 2] = [512, 4096];

/// A volume of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::evidence) struct DiskVolume {
    /// Where it begins, in bytes.
    pub(in crate::evidence) offset: u64,
    /// Its length in bytes, within the disk.
    pub(in crate::evidence) size: u64,
    pub(in crate::evidence) kind: VolumeKind,
}

/// What a volume holds, by its first sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evidence) enum VolumeKind {
    Ntfs,
    BitLocker,
    /// Nothing that this program reads or reports.
    Other,
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

    /// Adds a volume, cut at the end of the disk.
    ///
    /// # Errors
    /// When the medium fails.
    pub(super) fn add(&mut self, disk: &dyn ReadAt, offset: u64, size: u64) -> io::Result<()> {
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
            let kind = kind_at(disk, offset)?;
            self.volumes.push(DiskVolume { offset, size: size.min(on_disk), kind });
        }
        Ok(())
    }
}

/// What the volume at `offset` holds.
///
/// # Errors
/// When the medium fails.
pub(super) fn kind_at(disk: &dyn ReadAt, offset: u64) -> io::Result<VolumeKind> {
    let mut start = [0; 512];
    disk.read_at(offset, &mut start)?;
    Ok(if has(&start, 3, b"NTFS    ") {
        VolumeKind::Ntfs
    } else if has(&start, 3, b"-FVE-FS-") || is_bitlocker_to_go(&start) {
        VolumeKind::BitLocker
    } else {
        VolumeKind::Other
    })
}

/// Whether this is the first sector of BitLocker on a removable disk, which looks like a FAT volume
/// but for its GUID.
fn is_bitlocker_to_go(start: &[u8]) -> bool {
    const GUID: &[u8; 16] = b"\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01";
    has(start, 3, b"MSWIN4.1") && has(start, 424, GUID)
}
