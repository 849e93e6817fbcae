//! Volumes of a disk: MBR with logical drives, GPT, or one volume without a partition table.

mod gpt;
mod mbr;
#[cfg(test)]
mod tests;
mod volume;

pub(super) use volume::{DiskVolumes, VolumeKind};

use super::read_at::{ReadAt, read_array_at};
use mbr::Mbr;
use std::io;
use volume::{SECTOR_SIZES, kind_at};

/// Finds the volumes of a disk.
///
/// # Errors
/// When the medium fails.
pub(super) fn volumes(disk: &dyn ReadAt) -> io::Result<DiskVolumes> {
    let mut found = DiskVolumes::default();
    // The first sector of a volume looks like an MBR, so it is looked for first.
    if kind_at(disk, 0)? != VolumeKind::Other {
        found.add(disk, 0, disk.size())?;
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
    found.volumes.sort_by_key(|volume| volume.offset);
    Ok(found)
}
