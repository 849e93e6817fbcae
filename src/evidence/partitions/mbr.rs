//! The master boot record (MBR) with its logical drives.
//!
//! Written from Microsoft's descriptions of the MBR.

use super::unread_volumes::PartitionType;
use super::volume::{DiskVolumes, SECTOR_SIZES, VolumeKind, kind_at};
use crate::evidence::bytes::{array_or_zeros, has, le32};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, read_array_at};
use std::io;

/// Partition type of the entry that covers a GPT disk in its MBR.
pub(super) const PROTECTIVE: u8 = 0xee;

/// A sector that may be an MBR, or a table of logical drives.
pub(super) struct Mbr {
    /// Whether it ends with the signature of an MBR.
    pub(super) has_signature: bool,
    entries: Vec<MbrEntry>,
}

/// An entry of an MBR; numbers of sectors.
struct MbrEntry {
    kind: u8,
    /// Its first byte marks it as one to boot from, or not.
    is_marked: bool,
    start: u64,
    sectors: u64,
}

impl MbrEntry {
    fn is_extended(&self) -> bool {
        matches!(self.kind, 0x05 | 0x0f | 0x85)
    }

    fn partition_type(&self) -> PartitionType {
        match self.kind {
            // Visible and hidden.
            0x07 | 0x17 | 0x27 => PartitionType::Windows,
            0x42 => PartitionType::DynamicDisk,
            _ => PartitionType::Other,
        }
    }
}

impl Mbr {
    pub(super) fn parse(sector: &[u8; 512]) -> Mbr {
        let table = sector.get(446..510).unwrap_or_default().chunks_exact(16);
        let entries = table
            .map(|entry| MbrEntry {
                kind: u8::from_le_bytes(array_or_zeros(entry, 4)),
                is_marked: matches!(entry.first(), Some(0 | 0x80)),
                start: u64::from(le32(entry, 8)),
                sectors: u64::from(le32(entry, 12)),
            })
            .filter(|entry| entry.kind != 0 && entry.start > 0 && entry.sectors > 0)
            .collect();
        Mbr { has_signature: has(sector, 510, &[0x55, 0xaa]), entries }
    }

    /// Whether the disk has a GPT, as the MBR says.
    pub(super) fn is_protective(&self) -> bool {
        self.has_signature && self.entries.iter().any(|entry| entry.kind == PROTECTIVE)
    }

    /// Whether this can be an MBR, and not only a sector that ends as one.
    pub(super) fn has_partitions(&self) -> bool {
        self.has_signature && !self.entries.is_empty() && self.entries.iter().all(|e| e.is_marked)
    }

    /// Adds the partitions and their logical drives.
    ///
    /// # Errors
    /// When the medium fails.
    pub(super) fn add_volumes(&self, disk: &dyn ReadAt, found: &mut DiskVolumes) -> io::Result<()> {
        let sector = self.sector_size(disk)?;
        for entry in &self.entries {
            if entry.is_extended() {
                add_logical_drives(disk, sector, entry.start, found)?;
            } else if entry.kind != PROTECTIVE {
                let partition = entry.partition_type();
                found.add(disk, entry.start * sector, entry.sectors * sector, partition)?;
            }
        }
        Ok(())
    }

    /// Bytes of a sector. The table does not name its unit: it is the one with which a partition
    /// begins with a known volume.
    fn sector_size(&self, disk: &dyn ReadAt) -> io::Result<u64> {
        let mut sector = 512;
        for size in SECTOR_SIZES {
            for entry in self.entries.iter().filter(|entry| !entry.is_extended()) {
                if kind_at(disk, entry.start * size)? != VolumeKind::Other {
                    sector = size;
                }
            }
        }
        Ok(sector)
    }
}

/// Adds the logical drives of the extended partition at `extended`: a chain of tables, each with a
/// drive, relative to itself, and the next table, relative to the partition.
fn add_logical_drives(
    disk: &dyn ReadAt,
    sector: u64,
    extended: u64,
    found: &mut DiskVolumes,
) -> io::Result<()> {
    let mut at = extended;
    for _ in 0..limits::LOGICAL_DRIVES {
        let table = read_array_at::<512>(disk, at * sector).map(|table| Mbr::parse(&table));
        let Some(table) = table.ok().filter(|table| table.has_signature) else {
            found.notes.push(format!("the table of logical drives at sector {at} is damaged"));
            return Ok(());
        };
        let mut next = None;
        for entry in table.entries {
            if entry.is_extended() {
                next = Some(extended + entry.start);
            } else {
                let partition = entry.partition_type();
                let start = (at + entry.start) * sector;
                found.add(disk, start, entry.sectors * sector, partition)?;
            }
        }
        match next {
            Some(next) if next != at => at = next,
            _ => return Ok(()),
        }
    }
    found.notes.push("the chain of logical drives is a circle".into());
    Ok(())
}
