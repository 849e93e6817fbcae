//! The GUID partition table (GPT).
//!
//! Written from the UEFI specification.

use super::unread_volumes::PartitionType;
use super::volume::DiskVolumes;
use crate::evidence::bytes::{array_or_zeros, guid_text, has, le32, le64};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, read_array_at, read_vec_at};
use std::io;

/// Adds the partitions of the GPT that counts in sectors of `sector` bytes; of its backup when the
/// first copy is damaged. Returns whether there is such a GPT.
///
/// # Errors
/// When the medium fails.
pub(super) fn add_volumes(
    disk: &dyn ReadAt,
    sector: u64,
    found: &mut DiskVolumes,
) -> io::Result<bool> {
    let last = (disk.size() / sector).saturating_sub(1);
    for (copy, at) in [1, last].into_iter().enumerate() {
        let Some(table) = GptTable::read(disk, sector, at) else { continue };
        if copy > 0 {
            found.notes.push("the partition table (GPT) is damaged; its backup was read".into());
        }
        for entry in table.entries.chunks_exact(table.width) {
            let (first, last) = (le64(entry, 32), le64(entry, 40));
            let start = first.checked_mul(sector);
            let size = last.checked_sub(first).and_then(|n| n.checked_add(1)?.checked_mul(sector));
            let kind = array_or_zeros::<16>(entry, 0);
            let is_used = kind != [0; 16];
            if let (true, Some(start), Some(size)) = (is_used, start, size) {
                found.add(disk, start, size, partition_type(&kind))?;
            }
        }
        found.volumes.sort_by_key(|volume| volume.offset);
        return Ok(true);
    }
    Ok(false)
}

/// What a partition is for, by its GUID.
fn partition_type(guid: &[u8; 16]) -> PartitionType {
    match guid_text(*guid).as_str() {
        "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" => PartitionType::Windows,
        "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3" | "af9b60a0-1431-4f62-bc68-3311714a69ad" => {
            PartitionType::DynamicDisk
        }
        "e75caf8f-f680-4cee-afa3-b001e56efc2d" => PartitionType::StorageSpaces,
        _ => PartitionType::Other,
    }
}

/// The entries of a GPT whose checksums are right.
struct GptTable {
    entries: Vec<u8>,
    /// Bytes of an entry.
    width: usize,
}

impl GptTable {
    /// Reads the GPT whose header is in sector `at`; `None` when there is none or a checksum is wrong.
    fn read(disk: &dyn ReadAt, sector: u64, at: u64) -> Option<GptTable> {
        let mut header: [u8; 512] = read_array_at(disk, at.checked_mul(sector)?).ok()?;
        let length = le32(&header, 12) as usize;
        let stored = le32(&header, 16);
        header.get_mut(16..20)?.fill(0);
        let is_sound = has(&header, 0, b"EFI PART")
            && (92..=512).contains(&length)
            && crc32fast::hash(header.get(..length)?) == stored
            && le64(&header, 24) == at;
        if !is_sound {
            return None;
        }
        let width = le32(&header, 84) as usize;
        let bytes = u64::from(le32(&header, 80)).checked_mul(width as u64)?;
        if width < 128 || !width.is_multiple_of(8) {
            return None;
        }
        let entries =
            read_vec_at(disk, le64(&header, 72).checked_mul(sector)?, bytes, limits::GPT_ENTRIES)
                .ok()?;
        (crc32fast::hash(&entries) == le32(&header, 88)).then_some(GptTable { entries, width })
    }
}
