//! Volumes of a disk: MBR with logical drives, GPT, or one volume without a partition table.

mod gpt;
mod mbr;
#[cfg(test)]
mod tests;
mod unread_volumes;
mod volume;

pub(super) use volume::{DiskVolumes, VolumeKind};

use super::in_memory::InMemory;
use super::read_at::{ReadAt, read_array_at};
use mbr::Mbr;
use std::io;
use unread_volumes::PartitionType;
use volume::{SECTOR_SIZES, has_backup_of_ntfs, kind_at};

/// Whether a file that begins with these bytes may be a disk or a volume that is known.
pub(super) fn may_be_disk(head: &[u8]) -> bool {
    let head = InMemory::from(head.to_vec());
    let sector = read_array_at::<512>(&head, 0).map(|sector| Mbr::parse(&sector));
    let begins_with_volume = kind_at(&head, 0).is_ok_and(|kind| kind != VolumeKind::Other);
    begins_with_volume || sector.is_ok_and(|mbr| mbr.has_partitions())
}

/// Finds the volumes of a disk.
///
/// # Errors
/// When the medium fails.
pub(super) fn volumes(disk: &dyn ReadAt) -> io::Result<DiskVolumes> {
    let mut found = DiskVolumes::default();
    // The first sector of a volume looks like an MBR, so it is looked for first.
    if kind_at(disk, 0)? != VolumeKind::Other {
        found.add(disk, 0, disk.size(), PartitionType::Other)?;
        return Ok(found);
    }
    let Ok(sector) = read_array_at::<512>(disk, 0) else { return Ok(found) };
    let mbr = Mbr::parse(&sector);
    // A GPT may still be there without its MBR, which some tools wipe.
    if mbr.is_protective() || !mbr.has_signature {
        for sector in SECTOR_SIZES {
            if gpt::add_volumes(disk, sector, &mut found)? {
                return Ok(found);
            }
        }
        if mbr.is_protective() {
            found.notes.push("both copies of the partition table (GPT) are damaged".into());
        }
    }
    if mbr.has_signature {
        mbr.add_volumes(disk, &mut found)?;
    }
    // A volume without a partition table, whose boot sector is gone.
    if found.volumes.is_empty() && has_backup_of_ntfs(disk, 0, disk.size())? {
        found.add(disk, 0, disk.size(), PartitionType::Other)?;
    }
    found.volumes.sort_by_key(|volume| volume.offset);
    Ok(found)
}
