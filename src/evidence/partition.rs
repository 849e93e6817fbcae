//! Volumes of a disk: MBR with logical drives, GPT, or one volume without a partition table.
//!
//! Written from the UEFI specification (GPT) and from Microsoft's descriptions of the MBR.

use super::Source;
use super::bytes::{array_at, has, le32, le64, part, up_to, vec_at};
use std::io;
use std::sync::Arc;

const SECTOR_SIZES: [u64; 2] = [512, 4096];
/// Most logical drives of one extended partition; more is a circle.
const MAX_LOGICAL: usize = 256;
/// Largest table of a GPT read, in bytes; 128 entries of 128 bytes are usual.
const MAX_TABLE: usize = 4 << 20;
/// Partition type of the entry that covers a GPT disk in its MBR.
const PROTECTIVE: u8 = 0xee;

/// A volume of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Volume {
    /// Where it begins, in bytes.
    pub(super) offset: u64,
    /// Its length in bytes, within the disk.
    pub(super) size: u64,
    pub(super) kind: VolumeKind,
}

/// What a volume holds, by its first sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VolumeKind {
    Ntfs,
    BitLocker,
    /// Nothing that this program reads.
    Other,
}

/// What a disk holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Volumes {
    /// By offset; empty when there is neither a table nor a known volume.
    pub(super) volumes: Vec<Volume>,
    /// Damage of the partition tables, in words.
    pub(super) notes: Vec<String>,
}

/// Finds the volumes of a disk.
///
/// # Errors
/// When the medium fails.
pub(super) fn volumes(disk: &dyn Source) -> io::Result<Volumes> {
    let mut found = Volumes::default();
    // A volume's first sector looks like an MBR, so volumes come first.
    if kind_at(disk, 0)? != VolumeKind::Other {
        found.add(disk, 0, disk.size())?;
        return Ok(found);
    }
    let Ok(mbr) = array_at::<512>(disk, 0) else { return Ok(found) };
    let boot = has(&mbr, 510, &[0x55, 0xaa]);
    let entries = entries(&mbr);
    let protective = boot && entries.iter().any(|entry| entry.kind == PROTECTIVE);
    // Without its MBR, which some tools wipe, a GPT is still there.
    if protective || !boot {
        for sector in SECTOR_SIZES {
            if gpt(disk, sector, &mut found)? {
                return Ok(found);
            }
        }
        if protective {
            found.notes.push("both copies of the partition table (GPT) are damaged".into());
        }
    }
    if boot {
        dos(disk, &entries, &mut found)?;
    }
    found.volumes.sort_by_key(|volume| volume.offset);
    Ok(found)
}

/// What begins at `offset`.
fn kind_at(disk: &dyn Source, offset: u64) -> io::Result<VolumeKind> {
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

/// BitLocker on a removable disk hides behind a FAT volume; its GUID stands in the first sector.
fn is_bitlocker_to_go(start: &[u8]) -> bool {
    const GUID: &[u8; 16] = b"\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01";
    has(start, 3, b"MSWIN4.1") && has(start, 424, GUID)
}

impl Volumes {
    /// Adds a volume, cut at the end of the disk.
    fn add(&mut self, disk: &dyn Source, offset: u64, size: u64) -> io::Result<()> {
        let there = disk.size().saturating_sub(offset);
        if size == 0 || self.volumes.iter().any(|known| known.offset == offset) {
            return Ok(());
        }
        if there < size {
            self.notes.push(format!(
                "the volume at offset {offset} has {size} bytes, of which {there} are in the image"
            ));
        }
        if there > 0 {
            let kind = kind_at(disk, offset)?;
            self.volumes.push(Volume { offset, size: size.min(there), kind });
        }
        Ok(())
    }
}

/// An entry of an MBR, in sectors.
struct Entry {
    kind: u8,
    start: u64,
    sectors: u64,
}

impl Entry {
    fn is_extended(&self) -> bool {
        matches!(self.kind, 0x05 | 0x0f | 0x85)
    }
}

fn entries(mbr: &[u8]) -> Vec<Entry> {
    let table = mbr.get(446..510).unwrap_or_default().chunks_exact(16);
    table
        .map(|entry| Entry {
            kind: u8::from_le_bytes(part(entry, 4)),
            start: u64::from(le32(entry, 8)),
            sectors: u64::from(le32(entry, 12)),
        })
        .filter(|entry| entry.kind != 0 && entry.start > 0 && entry.sectors > 0)
        .collect()
}

/// Adds the partitions of an MBR.
fn dos(disk: &dyn Source, entries: &[Entry], found: &mut Volumes) -> io::Result<()> {
    // The table counts in sectors of a size that it does not name: the one is right with which a
    // partition begins with something known.
    let mut sector = 512;
    for size in SECTOR_SIZES {
        for entry in entries.iter().filter(|entry| !entry.is_extended()) {
            if kind_at(disk, entry.start * size)? != VolumeKind::Other {
                sector = size;
            }
        }
    }
    for entry in entries {
        if entry.is_extended() {
            logical(disk, sector, entry.start, found)?;
        } else if entry.kind != PROTECTIVE {
            found.add(disk, entry.start * sector, entry.sectors * sector)?;
        }
    }
    Ok(())
}

/// Adds the logical drives of the extended partition at `extended`: a chain of tables, each with
/// a drive, relative to itself, and the next table, relative to the partition.
fn logical(disk: &dyn Source, sector: u64, extended: u64, found: &mut Volumes) -> io::Result<()> {
    let mut at = extended;
    for _ in 0..MAX_LOGICAL {
        let table = match array_at::<512>(disk, at * sector) {
            Ok(table) if has(&table, 510, &[0x55, 0xaa]) => table,
            _ => {
                found.notes.push(format!("the table of logical drives at sector {at} is damaged"));
                return Ok(());
            }
        };
        let mut next = None;
        for entry in entries(&table) {
            if entry.is_extended() {
                next = Some(extended + entry.start);
            } else {
                found.add(disk, (at + entry.start) * sector, entry.sectors * sector)?;
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

/// Adds the partitions of a GPT, from its backup when the first copy is damaged. Whether there is
/// one with this size of sectors.
fn gpt(disk: &dyn Source, sector: u64, found: &mut Volumes) -> io::Result<bool> {
    let last = (disk.size() / sector).saturating_sub(1);
    for (copy, at) in [1, last].into_iter().enumerate() {
        let Some(table) = gpt_table(disk, sector, at) else { continue };
        if copy > 0 {
            found.notes.push("the partition table (GPT) is damaged; its backup was read".into());
        }
        for entry in table.entries.chunks_exact(table.width) {
            let (first, last) = (le64(entry, 32), le64(entry, 40));
            let start = first.checked_mul(sector);
            let size = last.checked_sub(first).and_then(|n| n.checked_add(1)?.checked_mul(sector));
            let used = part::<16>(entry, 0) != [0; 16];
            if let (true, Some(start), Some(size)) = (used, start, size) {
                found.add(disk, start, size)?;
            }
        }
        found.volumes.sort_by_key(|volume| volume.offset);
        return Ok(true);
    }
    Ok(false)
}

struct GptTable {
    entries: Vec<u8>,
    /// Bytes of an entry.
    width: usize,
}

/// Reads and verifies the GPT whose header is in sector `at`.
fn gpt_table(disk: &dyn Source, sector: u64, at: u64) -> Option<GptTable> {
    let mut header: [u8; 512] = array_at(disk, at.checked_mul(sector)?).ok()?;
    let length = le32(&header, 12) as usize;
    let stored = le32(&header, 16);
    header.get_mut(16..20)?.fill(0);
    let sound = has(&header, 0, b"EFI PART")
        && (92..=512).contains(&length)
        && crc32fast::hash(header.get(..length)?) == stored
        && le64(&header, 24) == at;
    if !sound {
        return None;
    }
    let width = le32(&header, 84) as usize;
    let bytes = u64::from(le32(&header, 80)).checked_mul(width as u64)?;
    if width < 128 || !width.is_multiple_of(8) {
        return None;
    }
    let entries = vec_at(disk, le64(&header, 72).checked_mul(sector)?, bytes, MAX_TABLE).ok()?;
    (crc32fast::hash(&entries) == le32(&header, 88)).then_some(GptTable { entries, width })
}

/// A range of a source, such as a volume of a disk.
pub(super) struct Slice {
    source: Arc<dyn Source>,
    offset: u64,
    size: u64,
}

impl Slice {
    /// `size` bytes of `source` from `offset`, cut at its end.
    pub(super) fn new(source: Arc<dyn Source>, offset: u64, size: u64) -> Slice {
        let size = size.min(source.size().saturating_sub(offset));
        Slice { source, offset, size }
    }
}

impl Source for Slice {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let n = up_to(buffer.len(), self.size.saturating_sub(offset));
        match buffer.get_mut(..n) {
            Some(buffer) if n > 0 => self.source.read_at(self.offset + offset, buffer),
            _ => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests;
