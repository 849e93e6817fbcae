//! What somebody does to a log who wants to hide something and knows the format: all checksums are mended.

use super::chunk;
use super::file::LogFile;

/// Where the header of a chunk has its numbers: the first and last record of the file, the first and last
/// record number.
const NUMBERS: usize = 8;
/// Where the header of a chunk has the offset of its last record, and behind it that of the free space.
const LAST_RECORD: usize = 44;
const FREE_SPACE: usize = 48;
/// Records begin behind the header.
const FIRST_RECORD: usize = 512;
/// Where the header of a record has its size and its number.
const SIZE: usize = 4;
const NUMBER: usize = 8;

impl LogFile {
    /// Changes the bytes of a chunk.
    #[must_use]
    pub fn edit(mut self, chunk: usize, change: impl FnOnce(&mut [u8])) -> Self {
        change(&mut self.chunks[chunk]);
        chunk::set_checksums(&mut self.chunks[chunk]);
        self
    }

    /// Changes one of the four numbers in the header of a chunk: 0 and 1 count the records of the file, 2
    /// and 3 are record numbers.
    #[must_use]
    pub fn chunk_number(self, chunk: usize, index: usize, change: impl FnOnce(u64) -> u64) -> Self {
        self.edit(chunk, |bytes| change_number(bytes, NUMBERS + 8 * index, change))
    }

    /// Enlarges a record over the `count` records behind it. Of `wiped` ones the own size at the end is
    /// wiped, so that nothing shows that they are whole records.
    #[must_use]
    pub fn swallow(self, chunk: usize, record: usize, count: usize, wiped: bool) -> Self {
        let offsets = self.record_offsets(chunk);
        self.edit(chunk, |bytes| {
            let start = offsets[record];
            let end = offsets.get(record + count + 1).copied().unwrap_or(chunk::free_space(bytes));
            if wiped {
                offsets[record + 1..=record + count]
                    .iter()
                    .for_each(|at| bytes[at - 4..*at].fill(0));
            }
            let size = u32::try_from(end - start).expect("a small number").to_le_bytes();
            bytes[start + SIZE..start + SIZE + 4].copy_from_slice(&size);
            bytes[end - 4..end].copy_from_slice(&size);
        })
    }

    /// Lets a chunk end before its last `count` records, of which nothing stays, not even in its header.
    #[must_use]
    pub fn cut_records(mut self, chunk: usize, count: usize) -> Self {
        let left = self.record_offsets(chunk).len() - count;
        let bytes = &mut self.chunks[chunk];
        chunk::forget_after(bytes, left);
        let free = chunk::free_space(bytes);
        bytes[free..].fill(0);
        self
    }

    /// Lets the free space of a chunk begin with its record of this index. The record stays there.
    #[must_use]
    pub fn free_from(self, chunk: usize, record: usize) -> Self {
        let at = u32::try_from(self.record_offsets(chunk)[record]).expect("a small number");
        self.edit(chunk, |bytes| {
            bytes[FREE_SPACE..FREE_SPACE + 4].copy_from_slice(&at.to_le_bytes())
        })
    }

    /// Empties a chunk as clearing a log does.
    #[must_use]
    pub fn empty(self, chunk: usize) -> Self {
        self.free_from(chunk, 0).edit(chunk, |bytes| {
            for (index, number) in [1, u64::MAX, u64::MAX, u64::MAX].into_iter().enumerate() {
                change_number(bytes, NUMBERS + 8 * index, |_| number);
            }
            bytes[LAST_RECORD..LAST_RECORD + 4].fill(0);
            bytes[FIRST_RECORD..].fill(0);
        })
    }

    /// Changes the number in the header of a record.
    #[must_use]
    pub fn record_number(
        self,
        chunk: usize,
        record: usize,
        change: impl FnOnce(u64) -> u64,
    ) -> Self {
        let at = self.record_offsets(chunk)[record] + NUMBER;
        self.edit(chunk, |bytes| change_number(bytes, at, change))
    }

    /// Numbers the records from 1, in their headers and in those of the chunks. Their contents keep their
    /// numbers.
    #[must_use]
    pub fn numbered_anew(mut self) -> Self {
        let mut number = 0;
        for chunk in 0..self.chunks.len() {
            let offsets = self.record_offsets(chunk);
            let (first, last) = (number + 1, number + offsets.len() as u64);
            self = self.edit(chunk, |bytes| {
                for offset in offsets {
                    number += 1;
                    change_number(bytes, offset + NUMBER, |_| number);
                }
            });
            for (index, value) in [first, last, first, last].into_iter().enumerate() {
                self = self.chunk_number(chunk, index, |_| value);
            }
        }
        self.next_id = number + 1;
        self
    }

    /// Exchanges two chunks.
    #[must_use]
    pub fn swap_chunks(mut self, one: usize, other: usize) -> Self {
        self.chunks.swap(one, other);
        self
    }

    /// Puts a copy of a chunk into this slot, before what is there.
    #[must_use]
    pub fn copy_chunk(mut self, chunk: usize, slot: usize) -> Self {
        let copy = self.chunks[chunk].clone();
        self.chunks.insert(slot, copy);
        self.mend_header()
    }

    /// Overwrites a chunk with a copy of another one.
    #[must_use]
    pub fn overwrite_chunk(mut self, from: usize, to: usize) -> Self {
        self.chunks[to] = self.chunks[from].clone();
        self
    }

    /// Takes a chunk away, and lets the file header count what is left.
    #[must_use]
    pub fn remove_chunk(mut self, chunk: usize) -> Self {
        self.chunks.remove(chunk);
        self.mend_header()
    }

    /// Changes the number of the next record in the file header.
    #[must_use]
    pub fn next_record(mut self, change: impl FnOnce(u64) -> u64) -> Self {
        self.next_id = change(self.next_id);
        self
    }

    /// Changes the number of chunks that the file header counts.
    #[must_use]
    pub fn counted_chunks(mut self, chunks: usize) -> Self {
        self.counted_chunks = chunks;
        self
    }

    /// Changes the slots of the oldest and the newest chunk in the file header.
    #[must_use]
    pub fn oldest_and_newest(mut self, oldest: usize, newest: usize) -> Self {
        (self.first_chunk, self.current_chunk) = (oldest, newest);
        self
    }

    fn mend_header(mut self) -> Self {
        self.counted_chunks = self.chunks.len();
        self.current_chunk = self.chunks.len() - 1;
        self
    }
}

fn change_number(bytes: &mut [u8], at: usize, change: impl FnOnce(u64) -> u64) {
    let old = bytes[at..at + 8].iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
    bytes[at..at + 8].copy_from_slice(&change(old).to_le_bytes());
}
