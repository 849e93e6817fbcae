//! Finds the records of a chunk by their headers, without looking into them.

use super::chunk::ChunkHeader;
use super::format::{
    CHUNK_FIRST_RECORD, CHUNK_SIZE, RECORD_END, RECORD_HEADER, RECORD_NUMBER, RECORD_SIGNATURE,
    RECORD_SIZE, RECORD_TIME, SMALLEST_RECORD, token,
};
use crate::evidence::bytes::{are_zero, u32_at, u64_at};
use std::ops::Range;

/// What a record's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordHeader {
    /// Where the record begins in its chunk.
    pub(super) offset: usize,
    /// Size of the record, with header and end.
    pub(super) size: usize,
    /// It counts the records of this file, and equals EventRecordID only where the log was written
    /// by the computer that it is about.
    pub(super) number: u64,
    /// FILETIME; it equals TimeCreated under the same condition.
    pub(super) time: u64,
}

impl RecordHeader {
    /// The offset behind the record.
    pub(super) fn end(&self) -> usize {
        self.offset + self.size
    }

    /// All of it.
    pub(super) fn range(&self) -> Range<usize> {
        self.offset..self.end()
    }

    /// What stands between the header and the size at the end: the record's BinXML.
    pub(super) fn content(&self) -> Range<usize> {
        self.offset + RECORD_HEADER..self.end() - RECORD_END
    }
}

/// Bytes where a record should be and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordFault {
    pub(super) offset: usize,
    pub(super) reason: String,
}

/// The records of one chunk.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RecordWalk {
    /// Live records in their order.
    pub(super) live: Vec<RecordHeader>,
    /// How many of them lie behind the header's free-space offset, which is stale then.
    pub(super) stale: usize,
    /// What was in the way.
    pub(super) faults: Vec<RecordFault>,
}

impl RecordWalk {
    /// Whether the record behind the live record at this index has not the next number, or the last one not
    /// the number that the header of the chunk says. What is missing may lie hidden in this record, wherever
    /// its values claim to end.
    pub(super) fn lacks_next(&self, index: usize, header: &ChunkHeader) -> bool {
        let Some(number) = self.live.get(index).map(|record| record.number) else { return false };
        match self.live.get(index + 1) {
            Some(next) => number.checked_add(1) != Some(next.number),
            None => number != header.last_record,
        }
    }

    /// How the numbers in the header of a chunk differ from those of its records, in words. A chunk whose
    /// records could not all be found is not compared.
    pub(super) fn differs_from(&self, header: &ChunkHeader, hidden: &[u64]) -> Option<String> {
        let is_possible = (CHUNK_FIRST_RECORD..=CHUNK_SIZE).contains(&header.free_space);
        if !self.faults.is_empty() || !is_possible {
            return None;
        }
        let (first, last) = (header.first_record, header.last_record);
        let counted = self.live.get(..self.live.len() - self.stale).unwrap_or_default();
        let Some((first_live, last_live)) = counted.first().zip(counted.last()) else {
            // The header of an empty chunk has the number -1.
            let names_some =
                header.free_space == CHUNK_FIRST_RECORD && last != u64::MAX && last > 0;
            return names_some.then(|| {
                format!("the header of the chunk counts records {first} to {last}, but it is empty")
            });
        };
        let found = (first_live.number, last_live.number);
        if found != (first, last) {
            return Some(format!(
                "the header of the chunk counts records {first} to {last}, but its records are {} to {}",
                found.0, found.1
            ));
        }
        let (first_in_file, last_in_file) = header.in_file;
        let records = last.wrapping_sub(first).wrapping_add(1);
        if last_in_file.wrapping_sub(first_in_file).wrapping_add(1) != records {
            return Some(format!(
                "the header of the chunk counts records {first} to {last} as records {first_in_file} to \
                 {last_in_file} of the file, which are not as many"
            ));
        }
        let hidden = hidden.iter().filter(|&&number| (first..=last).contains(&number)).count();
        let there = (counted.len() + hidden) as u64;
        (there < records).then(|| {
            format!(
                "the header of the chunk counts records {first} to {last}, which are {records}, but only \
                 {there} are there"
            )
        })
    }
}

/// Walks the live records: up to the free space, and on behind it as long as records continue
/// the numbers, because after a power cut the header lags behind. What lies further back is left
/// over from the chunk's earlier use.
pub(super) fn live(bytes: &[u8], header: &ChunkHeader) -> RecordWalk {
    let mut walk = RecordWalk::default();
    let is_possible = (CHUNK_FIRST_RECORD..=CHUNK_SIZE).contains(&header.free_space);
    let end = if is_possible { header.free_space.min(bytes.len()) } else { bytes.len() };
    let mut at = CHUNK_FIRST_RECORD;
    let mut last: Option<u64> = None;
    while at < end {
        // Without an offset to trust, the numbers show where the live records end.
        let follows = |record: &RecordHeader| {
            is_possible || last.is_none_or(|n| record.number == n.wrapping_add(1))
        };
        match record(bytes, at) {
            Ok(record) if follows(&record) => {
                at = record.end();
                last = Some(record.number);
                walk.live.push(record);
            }
            Ok(_) => break,
            Err(reason) => {
                if let Some(next) = within_last(bytes, &mut walk.live, end, header) {
                    at = next;
                    continue;
                }
                let next = next_live(bytes, at + 1..end, last, header);
                let all_found = last == Some(header.last_record);
                let gap = bytes.get(at..next.unwrap_or(end)).unwrap_or_default();
                if next.is_none() && all_found && are_zero(gap) {
                    break;
                }
                walk.faults.push(RecordFault { offset: at, reason });
                match next {
                    Some(next) => at = next,
                    None => return walk,
                }
            }
        }
    }
    while let (Some(number), Ok(record)) = (last, record(bytes, at)) {
        let continues = number.checked_add(1) == Some(record.number);
        if !continues || !ends_with_its_size(bytes, &record) {
            break;
        }
        at = record.end();
        last = Some(record.number);
        walk.live.push(record);
        walk.stale += 1;
    }
    walk
}

/// Records that are not live: remains in the space between and behind what is `taken`, in order.
pub(super) fn carve(bytes: &[u8], taken: &[Range<usize>]) -> Vec<RecordHeader> {
    let mut carved = Vec::new();
    let mut from = CHUNK_FIRST_RECORD;
    let mut gaps: Vec<Range<usize>> = Vec::new();
    for taken in taken {
        gaps.push(from..taken.start);
        from = from.max(taken.end);
    }
    gaps.push(from..bytes.len());
    for mut gap in gaps {
        while let Some(at) = find_signature(bytes, gap.clone()) {
            let whole = record(bytes, at)
                .ok()
                .filter(|record| record.end() <= gap.end && ends_with_its_size(bytes, record));
            gap.start = whole.map_or(at + 1, |record| record.end());
            carved.extend(whole);
        }
    }
    carved
}

/// The part of a live record in which another one may lie hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordRest {
    pub(super) record: RecordHeader,
    /// Where the rest begins.
    pub(super) from: usize,
}

impl RecordRest {
    /// Behind the values of a record, which end at `end`; `None`: there is no room for a record, as
    /// in every record that Windows wrote.
    pub(super) fn behind(record: RecordHeader, end: usize) -> Option<RecordRest> {
        let rest = RecordRest { record, from: end };
        (end + SMALLEST_RECORD <= record.end()).then_some(rest)
    }

    /// A whole record, of which it is not known where its values end.
    pub(super) fn whole(record: RecordHeader) -> RecordRest {
        RecordRest { record, from: record.offset + SMALLEST_RECORD }
    }

    /// Records that somebody hid by enlarging the record before over them. Such a record is whole, with
    /// its size at its end; or that end is now the end of the enlarged record and says the size of that
    /// one, while the earlier end of the enlarged record still stands before it.
    pub(super) fn hidden(&self, bytes: &[u8]) -> Vec<RecordHeader> {
        let mut hidden: Vec<RecordHeader> = Vec::new();
        let mut range = self.from..self.record.end();
        while let Some(at) = find_signature(bytes, range.clone()) {
            let follows = hidden.last().is_some_and(|last| last.end() == at)
                || u32_at(bytes, at - RECORD_END)
                    .is_some_and(|size| at.checked_sub(size as usize) == Some(self.record.offset));
            let found = record(bytes, at).ok().filter(|found| match found.end() {
                end if end == self.record.end() => follows,
                end => end < self.record.end() && ends_with_its_size(bytes, found),
            });
            range.start = found.map_or(at + 1, |found| found.end());
            hidden.extend(found);
        }
        hidden
    }
}

/// Does the record spell out its elements and text itself? A record that a computer wrote into
/// its own log names a template and gives values for it; event forwarding writes text.
pub(super) fn is_literal(bytes: &[u8], record: &RecordHeader) -> bool {
    // The upper four bits of a token are flags.
    let token = |at: usize| {
        let at = record.offset + RECORD_HEADER + at;
        bytes.get(at).map(|token| token & 0x0f)
    };
    // The header of a fragment has four bytes.
    token(0) == Some(token::FRAGMENT) && token(4) == Some(token::OPEN_ELEMENT)
}

/// The next live record, if it begins within the last one: a piece of that one is missing, and so its size
/// is too large. It then ends where the next one begins.
fn within_last(
    bytes: &[u8],
    live: &mut [RecordHeader],
    end: usize,
    header: &ChunkHeader,
) -> Option<usize> {
    let last = live.last_mut().filter(|last| !ends_with_its_size(bytes, last))?;
    let range = last.offset + SMALLEST_RECORD..end;
    let next = next_live(bytes, range, Some(last.number), header).filter(|&at| at < last.end())?;
    last.size = next - last.offset;
    Some(next)
}

/// The next record that can be live: whole, and numbered after `last` up to the chunk's last.
fn next_live(
    bytes: &[u8],
    range: Range<usize>,
    last: Option<u64>,
    header: &ChunkHeader,
) -> Option<usize> {
    let mut range = range;
    while let Some(at) = find_signature(bytes, range.clone()) {
        let can_be_live = record(bytes, at).is_ok_and(|record| {
            record.end() <= range.end
                && ends_with_its_size(bytes, &record)
                && last.is_none_or(|last| record.number > last)
                && record.number <= header.last_record
        });
        if can_be_live {
            return Some(at);
        }
        range.start = at + 1;
    }
    None
}

fn find_signature(bytes: &[u8], range: Range<usize>) -> Option<usize> {
    let within = bytes.get(range.clone())?;
    let is_signature = |window: &[u8]| window == RECORD_SIGNATURE;
    within.windows(RECORD_SIGNATURE.len()).position(is_signature).map(|at| range.start + at)
}

fn ends_with_its_size(bytes: &[u8], record: &RecordHeader) -> bool {
    u32_at(bytes, record.end() - RECORD_END).is_some_and(|size| size as usize == record.size)
}

/// The record that begins `at` a place in the bytes of a chunk.
///
/// # Errors
/// When there is none, and why.
pub(super) fn record(bytes: &[u8], at: usize) -> Result<RecordHeader, String> {
    let header = bytes.get(at..).filter(|rest| rest.len() >= SMALLEST_RECORD);
    let fields = header.and_then(|header| {
        let is_signed = header.starts_with(RECORD_SIGNATURE);
        let (number, time) = (u64_at(header, RECORD_NUMBER)?, u64_at(header, RECORD_TIME)?);
        Some((is_signed, u32_at(header, RECORD_SIZE)? as usize, number, time))
    });
    match fields {
        None => Err("no room for a record before the end of the data".into()),
        Some((false, ..)) => Err("no record header here".into()),
        Some((true, size, ..)) if size < SMALLEST_RECORD => {
            Err(format!("a record of {size} bytes, which is impossible"))
        }
        Some((true, size, ..)) if size > bytes.len() - at => {
            Err(format!("a record of {size} bytes, but only {} are left", bytes.len() - at))
        }
        Some((true, size, number, time)) => Ok(RecordHeader { offset: at, size, number, time }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk of records of 40 bytes with these numbers.
    fn chunk(numbers: &[u64]) -> Vec<u8> {
        let mut bytes = vec![0; CHUNK_FIRST_RECORD];
        for number in numbers {
            bytes.extend(RECORD_SIGNATURE);
            bytes.extend(40_u32.to_le_bytes());
            bytes.extend(number.to_le_bytes());
            bytes.extend([7; 20]);
            bytes.extend(40_u32.to_le_bytes());
        }
        bytes.resize(65_536, 0);
        bytes
    }

    fn chunk_header(last_record: u64, free_space: usize) -> ChunkHeader {
        ChunkHeader { last_record, free_space, ..ChunkHeader::default() }
    }

    fn offset(index: usize) -> usize {
        CHUNK_FIRST_RECORD + 40 * index
    }

    fn numbers(records: &[RecordHeader]) -> Vec<u64> {
        records.iter().map(|record| record.number).collect()
    }

    #[test]
    fn live_records_end_at_the_free_space() {
        // 3 and 4 are remains: their numbers do not continue 12.
        let bytes = chunk(&[11, 12, 3, 4]);
        let header = chunk_header(12, offset(2));
        let walk = live(&bytes, &header);
        assert_eq!(numbers(&walk.live), [11, 12]);
        assert_eq!((walk.stale, walk.faults.len()), (0, 0));
        let taken: Vec<_> = walk.live.iter().map(RecordHeader::range).collect();
        assert_eq!(numbers(&carve(&bytes, &taken)), [3, 4]);
    }

    #[test]
    fn a_stale_free_space_offset_is_walked_past() {
        let bytes = chunk(&[11, 12, 13, 14, 5]);
        let walk = live(&bytes, &chunk_header(12, offset(2)));
        assert_eq!(numbers(&walk.live), [11, 12, 13, 14]);
        assert_eq!(walk.stale, 2);
    }

    #[test]
    fn an_empty_chunk_stays_empty() {
        // A cleared log: the header is reset, the old records are still there.
        let bytes = chunk(&[1, 2]);
        let walk = live(&bytes, &chunk_header(u64::MAX, CHUNK_FIRST_RECORD));
        assert_eq!(walk, RecordWalk::default());
    }

    #[test]
    fn a_damaged_record_costs_itself_alone() {
        let mut bytes = chunk(&[11, 12, 13, 14]);
        bytes[offset(1)] = 0;
        let header = chunk_header(14, offset(4));
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
        let walk = live(&bytes[..offset(2) + 20], &chunk_header(13, offset(3)));
        assert_eq!(numbers(&walk.live), [11, 12]);
        assert_eq!(walk.faults.len(), 1);
    }

    #[test]
    fn a_record_of_which_a_piece_is_missing_ends_where_the_next_one_begins() {
        let mut bytes = chunk(&[11, 12, 13, 14]);
        bytes.drain(offset(1) + 24..offset(1) + 34);
        let walk = live(&bytes, &chunk_header(14, offset(4)));
        assert_eq!(numbers(&walk.live), [11, 12, 13, 14]);
        assert_eq!((walk.live[1].end(), walk.live[2].offset), (offset(2) - 10, offset(2) - 10));
        // At the end there are zeros where a record might be.
        assert_eq!(walk.faults, []);
    }

    #[test]
    fn a_record_inside_another_is_found() {
        // The first one is enlarged over the two behind it.
        let mut bytes = chunk(&[11, 12, 13, 14]);
        let size = 120_u32.to_le_bytes();
        bytes[offset(0) + 4..offset(0) + 8].copy_from_slice(&size);
        bytes[offset(3) - 4..offset(3)].copy_from_slice(&size);
        let header = chunk_header(14, offset(4));
        let walk = live(&bytes, &header);
        assert_eq!(numbers(&walk.live), [11, 14]);
        let enlarged = walk.live[0];
        let behind = RecordRest::behind(enlarged, offset(0) + 36).unwrap();
        let whole = RecordRest::whole(enlarged);
        assert_eq!(numbers(&behind.hidden(&bytes)), [12, 13]);
        assert_eq!(numbers(&whole.hidden(&bytes)), [12, 13]);
        assert_eq!(RecordRest::behind(walk.live[1], offset(3) + 36), None);
        // The earlier end of the first one is gone: 12 is whole nevertheless, and 13 follows it.
        bytes[offset(1) - 4..offset(1)].fill(0);
        assert_eq!(numbers(&behind.hidden(&bytes)), [12, 13]);
        assert_eq!(numbers(&whole.hidden(&bytes)), [12, 13]);
        // So is that of 12: nothing shows a record any more.
        bytes[offset(2) - 4..offset(2)].fill(0);
        assert_eq!(behind.hidden(&bytes), []);
    }

    #[test]
    fn zeros_after_the_last_record_are_no_fault() {
        let bytes = chunk(&[11, 12]);
        let all = chunk_header(12, 65_536);
        assert_eq!(live(&bytes, &all).faults, []);
        let more = chunk_header(13, 65_536);
        assert_eq!(live(&bytes, &more).faults.len(), 1);
    }
}
