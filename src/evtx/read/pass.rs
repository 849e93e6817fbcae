//! Collects what is found while some chunks of one log are read.

use super::chunk_order::ChunkRun;
use super::finding_counts::{self, ChunkFindings};
use super::summary::ReadCounts;
use crate::evtx::chunk::ChunkHeader;
use crate::evtx::fallback::RefusedRecord;
use crate::evtx::record_walk::{RecordHeader, RecordWalk};
use crate::evtx::template::WrongSizedValue;
use crate::model::{Accounting, Event, Finding, FindingCode, HopRecord, LogId, RecordLocation};
use std::io;

/// What some chunks of one log hold.
pub(super) struct ChunksRead {
    pub(super) log: LogId,
    /// How many of the worker's events are from these chunks.
    pub(super) events: usize,
    /// What they say of hops.
    pub(super) hops: Vec<HopRecord>,
    /// By chunk and code.
    pub(super) findings: Vec<ChunkFindings>,
    pub(super) counts: ReadCounts,
    /// The session events among them, and those that are only counted.
    pub(super) accounting: Accounting,
}

/// See the module.
pub(super) struct ReadPass<'l> {
    path: &'l str,
    /// Number of the current slot.
    pub(super) slot: u32,
    /// Where the current chunk begins, counted from the beginning of its slot: 0, unless it lies off the
    /// grid.
    base: i64,
    /// What the worker has read so far, these chunks included.
    pub(super) events: Vec<Event>,
    pub(super) out: ChunksRead,
}

impl ReadPass<'_> {
    pub(super) fn new(log: LogId, path: &str, events: Vec<Event>) -> ReadPass<'_> {
        let out = ChunksRead {
            log,
            events: 0,
            hops: Vec::new(),
            findings: Vec::new(),
            counts: ReadCounts::default(),
            accounting: Accounting::default(),
        };
        ReadPass { path, slot: 0, base: 0, events, out }
    }

    /// Where a record of the current chunk lies.
    pub(super) fn location(&self, record: &RecordHeader) -> RecordLocation {
        let offset = u32::try_from(self.in_slot(record.offset)).unwrap_or(0);
        RecordLocation { log: self.out.log, chunk: self.slot, offset }
    }

    /// An offset in the current chunk as one in its slot.
    fn in_slot(&self, offset: usize) -> i64 {
        self.base + offset as i64
    }

    /// The current chunk lies at this offset of the log, off the grid by `base` bytes.
    pub(super) fn begin_off_grid(&mut self, base: i64, offset: u64, records: usize) {
        self.base = base;
        let reason = format!(
            "a chunk with {records} records lies here, at byte {offset} of the file, where Windows writes \
             none: a piece of the file before it is missing, or was inserted. Its records were recovered"
        );
        self.finding(FindingCode::ChunkOffGrid, 0, &reason);
    }

    /// The current chunk is again that of its slot.
    pub(super) fn end_off_grid(&mut self) {
        self.base = 0;
    }

    /// Reports records that were read by the definitions of other chunks.
    pub(super) fn borrowed(&mut self, records: u64) {
        let reason = format!(
            "{records} records were recovered by the template definitions of other chunks of this log, since \
             those of their own chunk are damaged. Every value has the type and the size that the definition \
             says"
        );
        self.finding(FindingCode::DefinitionBorrowed, 0, &reason);
    }

    /// All records of the current chunk are read: puts its events, which begin at `from`, into
    /// their order and counts them.
    pub(super) fn end_chunk(&mut self, from: usize) {
        let events = self.events.get_mut(from..).unwrap_or_default();
        events.sort_unstable_by_key(|event| event.location);
        // What the crate read comes last.
        self.out.hops.sort_by_key(|hop| hop.location);
        self.out.accounting.add_read(&*events);
    }

    /// Leaves out the latest event, because the next one says as much. A logon among them is one of
    /// SYSTEM.
    pub(super) fn leave_out_latest(&mut self) {
        if let Some(event) = self.events.pop() {
            self.out.accounting.add_left_out(&event);
        }
    }

    /// Reports a record that somebody hid in another one.
    pub(super) fn hidden(&mut self, record: &RecordHeader, enlarged: &RecordHeader) {
        let reason = format!(
            "record {} (number in its header), of {} bytes, is hidden: the record at offset {:#x} was \
             enlarged over it",
            record.number, record.size, enlarged.offset
        );
        self.finding(FindingCode::RecordHidden, record.offset, &reason);
    }

    /// Takes a record that was recovered, with its event, if it is one.
    pub(super) fn recovered(&mut self, event: Option<Event>) {
        self.out.counts.recovered += 1;
        self.events.extend(event.map(|event| Event { recovered: true, ..event }));
    }

    /// Reports values of a record that are left out because they are not as large as their types say.
    pub(super) fn wrong_sizes(&mut self, record: &RecordHeader, wrong_sizes: &[WrongSizedValue]) {
        let example = wrong_sizes.first().map(|wrong_size| {
            format!("the first has the type {:#04x} and {} bytes", wrong_size.kind, wrong_size.size)
        });
        let reason = format!(
            "{} values of record {} (number in its header) are not as large as their types say, and are \
             left out; {}",
            wrong_sizes.len(),
            record.number,
            example.unwrap_or_default()
        );
        self.finding(FindingCode::ValueDamaged, record.offset, &reason);
    }

    /// Reports the fields that an event lacks.
    pub(super) fn missing(&mut self, event: &Event, missing: &[&'static str]) {
        for field in missing {
            let reason = format!("event {} lacks its field {field}", event.event_id);
            self.add(FindingCode::FieldMissing, event.location.offset as usize, &reason, |found| {
                Finding {
                    computer: event.computer.clone(),
                    time: Some(event.time),
                    record_id: Some(event.record_id),
                    ..found
                }
            });
        }
    }

    /// Reports a live record that gave no event.
    pub(super) fn refused(&mut self, record: &RecordHeader, refused: &RefusedRecord) {
        match refused {
            RefusedRecord::Ghost(lacks) => {
                self.out.counts.unreadable += 1;
                let reason = format!(
                    "a record without {lacks}: what is left of a damaged chunk, not counted as an event"
                );
                self.finding(FindingCode::GhostRecord, record.offset, &reason);
            }
            RefusedRecord::Unreadable(reason) => {
                let reason = format!(
                    "record {} (number in its header) cannot be read: {reason}",
                    record.number
                );
                self.unreadable(record.offset, &reason);
            }
        }
    }

    /// Reports bytes where a record should be and is not.
    pub(super) fn unreadable(&mut self, offset: usize, reason: &str) {
        self.out.counts.unreadable += 1;
        self.finding(FindingCode::RecordUnreadable, offset, reason);
    }

    /// Reports checksums of the current chunk that do not match.
    pub(super) fn checksums(&mut self, faults: &[String]) {
        self.out.counts.checksum_failures += u64::from(!faults.is_empty());
        for fault in faults {
            self.finding(FindingCode::ChunkChecksum, 0, fault);
        }
    }

    /// Reports that the current chunk's header is damaged.
    pub(super) fn damaged(&mut self, reason: &str) {
        self.out.counts.damaged += 1;
        self.finding(FindingCode::ChunkDamaged, 0, reason);
    }

    /// Reports live records behind the free-space offset.
    pub(super) fn stale(&mut self, records: usize) {
        let reason =
            format!("{records} records after the end that the chunk header gives were read");
        self.finding(FindingCode::StaleFreeSpace, 0, &reason);
    }

    /// Holds the numbers in the header of the current chunk against those of its records, if it `is_whole`;
    /// `hidden` are the numbers of records that lie hidden in others.
    pub(super) fn compare_numbers(
        &mut self,
        header: &ChunkHeader,
        walk: &RecordWalk,
        hidden: &[u64],
        is_whole: bool,
    ) {
        if let Some((first, last)) = walk.live.first().zip(walk.live.last()) {
            let (numbers, in_file) = (first.number..=last.number, header.in_file.0);
            self.out.counts.order.add(ChunkRun::of_chunk(self.slot, &numbers, in_file));
        }
        if let Some(differs) = walk.differs_from(header, hidden).filter(|_| is_whole) {
            let reason = format!(
                "{differs}. Both agree in every chunk that Windows wrote: the header or the records were \
                 written by another program, or are damaged"
            );
            self.finding(FindingCode::ChunkNumbersDiffer, 0, &reason);
        }
    }

    /// Notes where the log ends, if it gave fewer bytes than it has.
    pub(super) fn expected(&mut self, offset: u64, wanted: usize, read: usize) {
        if read < wanted {
            let end = offset.saturating_add(read as u64);
            let earliest = self.out.counts.ends_early_at.map_or(end, |known| known.min(end));
            self.out.counts.ends_early_at = Some(earliest);
        }
    }

    /// Reports a slot that the medium does not give.
    pub(super) fn unreadable_slot(&mut self, slot: u32, error: &io::Error) {
        self.slot = slot;
        self.out.counts.damaged += 1;
        self.finding(FindingCode::SourceUnreadable, 0, &format!("cannot be read: {error}"));
    }

    fn finding(&mut self, code: FindingCode, offset: usize, reason: &str) {
        self.add(code, offset, reason, |found| found);
    }

    /// Where: the log, the chunk's number from 0, the offset in the chunk.
    fn at(&self, offset: usize, reason: &str) -> String {
        let (slot, offset) = (self.slot, self.in_slot(offset));
        let sign = if offset < 0 { "-" } else { "" };
        format!("{}: chunk {slot}, offset {sign}{:#x}: {reason}", self.path, offset.unsigned_abs())
    }

    /// Adds a finding at an offset in the current chunk; `complete` says what else is known.
    fn add(
        &mut self,
        code: FindingCode,
        offset: usize,
        reason: &str,
        complete: impl FnOnce(Finding) -> Finding,
    ) {
        let mut findings = std::mem::take(&mut self.out.findings);
        finding_counts::add(&mut findings, (code, self.slot, offset), || {
            let log = Some(self.out.log);
            complete(Finding { log, ..Finding::new(code, self.at(offset, reason)) })
        });
        self.out.findings = findings;
    }
}
