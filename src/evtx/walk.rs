//! Finds the records of a chunk by their headers, without looking into them.
//!
//! A record is: `**\0\0`, its size, its number, a time, then its content, and its size again.

use super::chunk::{FIRST_RECORD, Header};
use crate::evidence::bytes::{u32_at, u64_at};
use std::ops::Range;

const MAGIC: &[u8] = b"**\0\0";
const HEADER: usize = 24;
/// Header, and the size at the end.
const SMALLEST: usize = HEADER + 4;

/// Where a record lies in its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) offset: usize,
    pub(super) size: usize,
    /// The number in its header: it counts the records of this file, and equals EventRecordID
    /// only where the log was written by the system that it is about.
    pub(super) number: u64,
}

impl Found {
    pub(super) fn end(&self) -> usize {
        self.offset + self.size
    }

    /// What stands between the header and the size at the end.
    pub(super) fn content(&self) -> Range<usize> {
        self.offset + HEADER..self.end() - 4
    }
}

/// Bytes where a record should be and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) reason: String,
}

/// The records of one chunk.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    /// Live records in their order.
    pub(super) live: Vec<Found>,
    /// How many of them lie behind the header's free-space offset, which is stale then.
    pub(super) stale: usize,
    /// What was in the way.
    pub(super) faults: Vec<Fault>,
}

/// Walks the live records: up to the free space, and on behind it as long as records continue
/// the numbers (after a power cut the header lags behind). What lies further back are remains
/// of the chunk's former life.
pub(super) fn live(bytes: &[u8], header: &Header) -> Walk {
    let mut walk = Walk::default();
    let sane = (FIRST_RECORD..=super::chunk::SLOT).contains(&header.free_space);
    let end = if sane { header.free_space.min(bytes.len()) } else { bytes.len() };
    let mut at = FIRST_RECORD;
    let mut last: Option<u64> = None;
    while at < end {
        // Without an offset to trust, the numbers tell where the live records end.
        let follows =
            |found: &Found| sane || last.is_none_or(|n| found.number == n.wrapping_add(1));
        match record(bytes, at) {
            Ok(found) if follows(&found) => {
                at = found.end();
                last = Some(found.number);
                walk.live.push(found);
            }
            Ok(_) => break,
            Err(reason) => {
                let next = next_live(bytes, at + 1..end, last, header);
                let complete = last == Some(header.last_id);
                let gap = bytes.get(at..next.unwrap_or(end)).unwrap_or_default();
                if next.is_none() && complete && gap.iter().all(|&byte| byte == 0) {
                    break;
                }
                walk.faults.push(Fault { offset: at, reason });
                match next {
                    Some(next) => at = next,
                    None => return walk,
                }
            }
        }
    }
    while let (Some(number), Ok(found)) = (last, record(bytes, at)) {
        if number.checked_add(1) != Some(found.number) || !ends_with_its_size(bytes, &found) {
            break;
        }
        at = found.end();
        last = Some(found.number);
        walk.live.push(found);
        walk.stale += 1;
    }
    walk
}

/// Records that are not live: remains in the space between and behind the live ones.
pub(super) fn carve(bytes: &[u8], live: &[Found]) -> Vec<Found> {
    let mut carved = Vec::new();
    let mut from = FIRST_RECORD;
    let mut gaps: Vec<Range<usize>> = Vec::new();
    for record in live {
        gaps.push(from..record.offset);
        from = record.end();
    }
    gaps.push(from..bytes.len());
    for mut gap in gaps {
        while let Some(at) = find_magic(bytes, gap.clone()) {
            let whole = record(bytes, at)
                .ok()
                .filter(|found| found.end() <= gap.end && ends_with_its_size(bytes, found));
            gap.start = whole.map_or(at + 1, |found| found.end());
            carved.extend(whole);
        }
    }
    carved
}

/// Does the record spell out its elements and text itself? A record written by the system that
/// it is about names a template and gives values for it; event forwarding writes text.
pub(super) fn is_literal(bytes: &[u8], record: &Found) -> bool {
    const FRAGMENT: u8 = 0x0f;
    const OPEN_ELEMENT: u8 = 0x01;
    // The higher half of a token is flags.
    let token = |at: usize| bytes.get(record.offset + at).map(|token| token & 0x0f);
    token(24) == Some(FRAGMENT) && token(28) == Some(OPEN_ELEMENT)
}

/// The next record that can be live: whole, and numbered after `last` up to the chunk's last.
fn next_live(
    bytes: &[u8],
    range: Range<usize>,
    last: Option<u64>,
    header: &Header,
) -> Option<usize> {
    let mut range = range;
    while let Some(at) = find_magic(bytes, range.clone()) {
        let fits = record(bytes, at).is_ok_and(|found| {
            found.end() <= range.end
                && ends_with_its_size(bytes, &found)
                && last.is_none_or(|last| found.number > last)
                && found.number <= header.last_id
        });
        if fits {
            return Some(at);
        }
        range.start = at + 1;
    }
    None
}

fn find_magic(bytes: &[u8], range: Range<usize>) -> Option<usize> {
    let within = bytes.get(range.clone())?;
    within.windows(MAGIC.len()).position(|window| window == MAGIC).map(|at| range.start + at)
}

fn ends_with_its_size(bytes: &[u8], found: &Found) -> bool {
    u32_at(bytes, found.end() - 4).is_some_and(|size| size as usize == found.size)
}

fn record(bytes: &[u8], at: usize) -> Result<Found, String> {
    let header = bytes.get(at..).filter(|rest| rest.len() >= SMALLEST);
    let fields = header.and_then(|header| {
        Some((header.starts_with(MAGIC), u32_at(header, 4)? as usize, u64_at(header, 8)?))
    });
    match fields {
        None => Err("no room for a record before the end of the data".into()),
        Some((false, ..)) => Err("no record header here".into()),
        Some((true, size, _)) if size < SMALLEST => {
            Err(format!("a record of {size} bytes, which cannot be"))
        }
        Some((true, size, _)) if size > bytes.len() - at => {
            Err(format!("a record of {size} bytes, but only {} are left", bytes.len() - at))
        }
        Some((true, size, number)) => Ok(Found { offset: at, size, number }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk of records of 40 bytes with these numbers.
    fn chunk(numbers: &[u64]) -> Vec<u8> {
        let mut bytes = vec![0; FIRST_RECORD];
        for number in numbers {
            bytes.extend(MAGIC);
            bytes.extend(40_u32.to_le_bytes());
            bytes.extend(number.to_le_bytes());
            bytes.extend([7; 20]);
            bytes.extend(40_u32.to_le_bytes());
        }
        bytes.resize(65_536, 0);
        bytes
    }

    fn offset(index: usize) -> usize {
        FIRST_RECORD + 40 * index
    }

    fn numbers(found: &[Found]) -> Vec<u64> {
        found.iter().map(|found| found.number).collect()
    }

    #[test]
    fn live_records_end_at_the_free_space() {
        // 3 and 4 are remains: their numbers do not continue 12.
        let bytes = chunk(&[11, 12, 3, 4]);
        let header = Header { last_id: 12, free_space: offset(2) };
        let walk = live(&bytes, &header);
        assert_eq!(numbers(&walk.live), [11, 12]);
        assert_eq!((walk.stale, walk.faults.len()), (0, 0));
        assert_eq!(numbers(&carve(&bytes, &walk.live)), [3, 4]);
    }

    #[test]
    fn a_stale_free_space_offset_is_walked_past() {
        let bytes = chunk(&[11, 12, 13, 14, 5]);
        let walk = live(&bytes, &Header { last_id: 12, free_space: offset(2) });
        assert_eq!(numbers(&walk.live), [11, 12, 13, 14]);
        assert_eq!(walk.stale, 2);
    }

    #[test]
    fn an_empty_chunk_stays_empty() {
        // A cleared log: the header is reset, the old records are still there.
        let bytes = chunk(&[1, 2]);
        let walk = live(&bytes, &Header { last_id: u64::MAX, free_space: FIRST_RECORD });
        assert_eq!(walk, Walk::default());
    }

    #[test]
    fn a_damaged_record_costs_itself_alone() {
        let mut bytes = chunk(&[11, 12, 13, 14]);
        bytes[offset(1)] = 0;
        let header = Header { last_id: 14, free_space: offset(4) };
        let walk = live(&bytes, &header);
        assert_eq!(numbers(&walk.live), [11, 13, 14]);
        assert_eq!(walk.faults.len(), 1);
        assert_eq!(walk.faults[0].offset, offset(1));
        bytes[offset(2) + 4] = 0;
        assert_eq!(numbers(&live(&bytes, &header).live), [11, 14]);
    }

    #[test]
    fn a_chunk_cut_short_is_read_as_far_as_it_goes() {
        let bytes = chunk(&[11, 12, 13]);
        let walk = live(&bytes[..offset(2) + 20], &Header { last_id: 13, free_space: offset(3) });
        assert_eq!(numbers(&walk.live), [11, 12]);
        assert_eq!(walk.faults.len(), 1);
    }

    #[test]
    fn zeros_after_the_last_record_are_no_fault() {
        let bytes = chunk(&[11, 12]);
        let all = Header { last_id: 12, free_space: 65_536 };
        assert_eq!(live(&bytes, &all).faults, []);
        let more = Header { last_id: 13, free_space: 65_536 };
        assert_eq!(live(&bytes, &more).faults.len(), 1);
    }
}
