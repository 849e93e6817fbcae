//! The log of a VHDX: changes of its tables that a crash kept from being written in place.
//!
//! Written from [MS-VHDX], section 2.3. The log is replayed in memory: the evidence stays as it is.

use super::checksum::is_sound;
use super::header::LogLocation;
use crate::evidence::bytes::{array_or_zeros, has, le32, le64, shorter};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_exact_at, read_vec_at};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Unit of the log and of the changes in it.
const SECTOR: u64 = 4096;
/// Bytes of an entry's header.
const ENTRY_HEADER: usize = 64;
/// Bytes of a descriptor.
const DESCRIPTOR: usize = 32;

/// An entry of the log that is whole.
struct VhdxLogEntry {
    sequence: u64,
    /// Bytes of the entry.
    length: u64,
    /// Offset in the log of the first entry of its sequence.
    tail: u64,
    /// Bytes that the file has after the entry.
    file_size: u64,
    changes: Vec<LogChange>,
}

/// What an entry changes in the file.
enum LogChange {
    Data { offset: u64, bytes: Box<[u8]> },
    Zero { offset: u64, length: u64 },
}

/// A file with the changes of its log.
pub(super) struct ReplayedFile {
    source: Arc<dyn ReadAt>,
    size: u64,
    /// Changed sectors by offset.
    sectors: BTreeMap<u64, Box<[u8]>>,
    /// Zeroed ranges from start to end, none touching another. Where a changed sector lies in one, the
    /// sector counts.
    zeros: BTreeMap<u64, u64>,
}

/// The file in `source` with the changes of its log.
///
/// # Errors
/// When the log holds no whole sequence of entries: by the specification the file is corrupt.
pub(super) fn replay(source: Arc<dyn ReadAt>, location: LogLocation) -> io::Result<ReplayedFile> {
    let log = read_vec_at(&*source, location.offset, location.length, limits::VHDX_LOG)?;
    let mut entries = whole_entries(&log, location.id);
    let sequence = active_sequence(&entries, log.len() as u64)
        .ok_or_else(|| damaged("its log has no complete sequence of entries"))?;
    let (sectors, zeros) = (BTreeMap::new(), BTreeMap::new());
    let mut replayed = ReplayedFile { size: source.size(), source, sectors, zeros };
    for entry in sequence.iter().filter_map(|at| entries.remove(at)) {
        replayed.size = replayed.size.max(entry.file_size.min(limits::DISK_SIZE));
        entry.changes.into_iter().for_each(|change| replayed.apply(change));
    }
    Ok(replayed)
}

/// All whole entries of this log, by their offset in it.
fn whole_entries(log: &[u8], id: [u8; 16]) -> BTreeMap<u64, VhdxLogEntry> {
    let mut entries = BTreeMap::new();
    // Entries do not overlap: lengths that add up to more are made to cost time.
    let mut budget = 4 * log.len() as u64;
    for at in (0..log.len()).step_by(SECTOR as usize) {
        let head = log.get(at..at + ENTRY_HEADER).unwrap_or_default();
        let length = u64::from(le32(head, 8));
        let is_entry = has(head, 0, b"loge")
            && array_or_zeros::<16>(head, 32) == id
            && length >= SECTOR
            && length.is_multiple_of(SECTOR)
            && length <= log.len() as u64;
        if !is_entry || length > budget {
            continue;
        }
        budget -= length;
        // The log is a ring: an entry may continue at its beginning.
        let (before, from) = log.split_at(at);
        let bytes = from.iter().chain(before).take(length as usize).copied();
        let mut bytes: Vec<u8> = bytes.collect();
        if !is_sound(&mut bytes, b"loge") {
            continue;
        }
        if let Some(entry) = parse_entry(&bytes) {
            entries.insert(at as u64, entry);
        }
    }
    entries
}

fn parse_entry(bytes: &[u8]) -> Option<VhdxLogEntry> {
    let sequence = le64(bytes, 16);
    let count = le32(bytes, 24) as usize;
    let descriptors_end = count.checked_mul(DESCRIPTOR)?.checked_add(ENTRY_HEADER)?;
    let descriptors = bytes.get(ENTRY_HEADER..descriptors_end)?;
    let mut data = bytes
        .get(descriptors_end.next_multiple_of(SECTOR as usize)..)?
        .chunks_exact(SECTOR as usize);
    let mut changes = Vec::new();
    for descriptor in descriptors.chunks_exact(DESCRIPTOR) {
        let offset = le64(descriptor, 16);
        if le64(descriptor, 24) != sequence || !offset.is_multiple_of(SECTOR) {
            return None;
        }
        if has(descriptor, 0, b"zero") {
            let length = le64(descriptor, 8);
            offset.checked_add(length).filter(|_| length.is_multiple_of(SECTOR))?;
            changes.push(LogChange::Zero { offset, length });
        } else if has(descriptor, 0, b"desc") {
            let bytes = restore_sector(descriptor, data.next()?, sequence)?;
            changes.push(LogChange::Data { offset, bytes });
        } else {
            return None;
        }
    }
    Some(VhdxLogEntry {
        sequence,
        length: bytes.len() as u64,
        tail: u64::from(le32(bytes, 12)),
        file_size: le64(bytes, 56),
        changes,
    })
}

/// The bytes of a changed sector. Its first eight and last four bytes stand in its descriptor, since
/// the data sector has its signature and sequence number in their place.
fn restore_sector(descriptor: &[u8], data: &[u8], sequence: u64) -> Option<Box<[u8]>> {
    let written = u64::from(le32(data, 4)) << 32 | u64::from(le32(data, 4092));
    if !has(data, 0, b"data") || written != sequence {
        return None;
    }
    let mut sector = data.to_vec();
    sector.get_mut(..8)?.copy_from_slice(descriptor.get(8..16)?);
    sector.get_mut(4092..)?.copy_from_slice(descriptor.get(4..8)?);
    Some(sector.into())
}

/// Offsets of the entries to replay, in order. The newest entry names the first one of its sequence;
/// from there to itself the entries must follow each other in offset and sequence number. If they do
/// not, the next newest entry is tried. `log`: bytes of the log.
fn active_sequence(entries: &BTreeMap<u64, VhdxLogEntry>, log: u64) -> Option<Vec<u64>> {
    let mut heads: Vec<(&u64, &VhdxLogEntry)> = entries.iter().collect();
    heads.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.sequence));
    heads.iter().take(limits::VHDX_SEQUENCES).find_map(|(head, _)| {
        let mut at = entries.get(head)?.tail;
        let mut sequence = vec![at];
        let mut entry = entries.get(&at)?;
        while at != **head && sequence.len() <= entries.len() {
            at = (at + entry.length) % log;
            let next = entries.get(&at).filter(|n| n.sequence == entry.sequence.wrapping_add(1))?;
            entry = next;
            sequence.push(at);
        }
        (at == **head).then_some(sequence)
    })
}

impl ReplayedFile {
    fn apply(&mut self, change: LogChange) {
        match change {
            LogChange::Data { offset, bytes } => {
                self.size = self.size.max(offset.saturating_add(SECTOR).min(limits::DISK_SIZE));
                self.sectors.insert(offset, bytes);
            }
            LogChange::Zero { offset, length } => {
                let mut start = offset;
                let mut end = offset.saturating_add(length);
                let mut above = self.sectors.split_off(&start);
                self.sectors.append(&mut above.split_off(&end));
                // Ranges that touch or overlap become one.
                while let Some((&from, &to)) = self.zeros.range(..=end).next_back() {
                    if to < start {
                        break;
                    }
                    self.zeros.remove(&from);
                    start = start.min(from);
                    end = end.max(to);
                }
                self.zeros.insert(start, end);
            }
        }
    }
}

impl ReadAt for ReplayedFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let n = shorter(buffer.len(), self.size.saturating_sub(offset));
        let Some(buffer) = buffer.get_mut(..n) else { return Ok(0) };
        let end = offset + n as u64;
        // What the log adds behind the end of the file is zero unless one of its sectors says more.
        let there = shorter(n, self.source.size().saturating_sub(offset));
        let (inside, beyond) = buffer.split_at_mut(there);
        read_exact_at(&*self.source, offset, inside)?;
        beyond.fill(0);
        let mut over = |start: u64, stop: u64, bytes: Option<&[u8]>| {
            let (from, to) = (start.max(offset), stop.min(end));
            if from >= to {
                return;
            }
            let part = |base: u64| (from - base) as usize..(to - base) as usize;
            if let Some(target) = buffer.get_mut(part(offset)) {
                match bytes.and_then(|bytes| bytes.get(part(start))) {
                    Some(bytes) => target.copy_from_slice(bytes),
                    None => target.fill(0),
                }
            }
        };
        let before = self.zeros.range(..=offset).next_back();
        for (start, stop) in
            before.into_iter().chain(self.zeros.range(offset + 1..end.max(offset + 1)))
        {
            over(*start, *stop, None);
        }
        let first = offset / SECTOR * SECTOR;
        for (start, bytes) in self.sectors.range(first..end.max(first)) {
            over(*start, start.saturating_add(SECTOR), Some(bytes));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::images::vhdx::checksum::crc32c;
    use crate::evidence::in_memory::InMemory;
    use crate::evidence::read_at::tests::read_all;

    const LOCATION: LogLocation = LogLocation { id: [9; 16], offset: 16_384, length: 16_384 };

    /// An entry that sets the sector at `offset` to `fill` and zeroes `zeroed`.
    fn made(sequence: u64, tail: u32, offset: u64, fill: u8, zeroed: (u64, u64)) -> Vec<u8> {
        let mut bytes = vec![0; 8192];
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        put(0, b"loge");
        put(8, &8192_u32.to_le_bytes());
        put(12, &tail.to_le_bytes());
        put(16, &sequence.to_le_bytes());
        put(24, &2_u32.to_le_bytes());
        put(32, &[9; 16]);
        put(56, &40_960_u64.to_le_bytes());
        put(64, b"zero");
        put(72, &zeroed.1.to_le_bytes());
        put(80, &zeroed.0.to_le_bytes());
        put(88, &sequence.to_le_bytes());
        put(96, b"desc");
        put(100, &[fill; 4]);
        put(104, &[fill; 8]);
        put(112, &offset.to_le_bytes());
        put(120, &sequence.to_le_bytes());
        put(4096, b"data");
        put(4104, &[fill; 4084]);
        put(8188, &(sequence as u32).to_le_bytes());
        let sum = crc32c(&bytes);
        bytes[4..8].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// A file of 32 KiB of ones whose log of 16 KiB stands at 16 KiB.
    fn file(entries: [Vec<u8>; 2]) -> Vec<u8> {
        let mut file = vec![1; 32_768];
        file[16_384..].copy_from_slice(&entries.concat());
        file
    }

    #[test]
    fn entries_are_replayed_in_order_around_the_ring() {
        // The second comes first in place.
        let second = made(8, 8192, 4096, 0x22, (0, 4096));
        let first = made(7, 8192, 8192, 0x11, (0, 8192));
        let source = file([second, first]);
        let replayed = replay(Arc::new(InMemory::from(source)), LOCATION).unwrap();
        let bytes = read_all(&replayed).unwrap();
        assert_eq!(bytes.len(), 40_960);
        let at = |sector: usize| &bytes[4096 * sector..4096 * (sector + 1)];
        assert!(at(0).iter().all(|byte| *byte == 0));
        assert!(at(1).iter().all(|byte| *byte == 0x22));
        assert!(at(2).iter().all(|byte| *byte == 0x11));
        assert!(at(3).iter().all(|byte| *byte == 1));
        assert!(at(9).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_later_zero_covers_an_earlier_sector() {
        let first = made(7, 0, 4096, 0x11, (8192, 4096));
        let second = made(8, 0, 12_288, 0x22, (4096, 4096));
        let source = file([first, second]);
        let replayed = replay(Arc::new(InMemory::from(source)), LOCATION).unwrap();
        let bytes = read_all(&replayed).unwrap();
        assert!(bytes[4096..12_288].iter().all(|byte| *byte == 0));
        assert!(bytes[12_288..16_384].iter().all(|byte| *byte == 0x22));
    }

    #[test]
    fn a_broken_sequence_is_refused_and_a_shorter_one_taken() {
        let mut torn = made(8, 0, 4096, 0x22, (0, 4096));
        torn[5000] ^= 1;
        let first = made(7, 0, 8192, 0x11, (0, 4096));
        let open = |entries| replay(Arc::new(InMemory::from(file(entries))), LOCATION);
        // The first was whole by itself.
        let bytes = read_all(&open([first.clone(), torn.clone()]).unwrap()).unwrap();
        assert_eq!(bytes[4096], 1);
        assert_eq!(bytes[8192], 0x11);
        assert!(open([torn.clone(), torn]).is_err());
        assert!(open([made(9, 0, 0, 0, (0, 0)), first]).is_ok());
    }
}
