//! Collects what is found while some chunks of one log are read.

use super::finding_counts::{self, ChunkFindings};
use super::summary::ReadCounts;
use crate::evtx::fallback::{FallbackRead, RefusedRecord};
use crate::evtx::record_walk::RecordHeader;
use crate::model::{Accounting, Event, Finding, FindingCode, LogId, RecordLocation};
use std::io;

/// What some chunks of one log hold.
pub(super) struct ChunksRead {
    pub(super) log: LogId,
    /// How many of the worker's events are from these chunks.
    pub(super) events: usize,
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
    /// What the worker has read so far, these chunks included.
    pub(super) events: Vec<Event>,
    pub(super) out: ChunksRead,
}

impl ReadPass<'_> {
    pub(super) fn new(log: LogId, path: &str, events: Vec<Event>) -> ReadPass<'_> {
        let out = ChunksRead {
            log,
            events: 0,
            findings: Vec::new(),
            counts: ReadCounts::default(),
            accounting: Accounting::default(),
        };
        ReadPass { path, slot: 0, events, out }
    }

    /// Where a record of the current chunk lies.
    pub(super) fn location(&self, record: &RecordHeader) -> RecordLocation {
        RecordLocation { log: self.out.log, chunk: self.slot, offset: record.offset as u32 }
    }

    /// All records of the current chunk are read: puts its events, which begin at `from`, into
    /// their order and counts them.
    pub(super) fn end_chunk(&mut self, from: usize) {
        let events = self.events.get_mut(from..).unwrap_or_default();
        events.sort_unstable_by_key(|event| event.location);
        self.out.accounting.add_read(events);
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
            "a record of {} bytes, numbered {} in its header, is hidden: the record at offset {:#x} was \
             enlarged over it",
            record.size, record.number, enlarged.offset
        );
        self.finding(FindingCode::RecordHidden, record.offset, &reason);
    }

    /// Takes the event of a record that was carved from free space, or was hidden in another one.
    pub(super) fn recovered(&mut self, read: FallbackRead) {
        self.out.counts.recovered += 1;
        if let FallbackRead::Event(event, _) = read {
            self.events.push(Event { recovered: true, ..event });
        }
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
                let reason =
                    format!("a record without {lacks}: a remnant, not counted as an event");
                self.finding(FindingCode::GhostRecord, record.offset, &reason);
            }
            RefusedRecord::Unreadable(reason) => {
                let reason =
                    format!("the record numbered {} in its header: {reason}", record.number);
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
        let reason = format!(
            "{records} records behind the free-space offset of its header continue the log: read"
        );
        self.finding(FindingCode::StaleFreeSpace, 0, &reason);
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

    /// Adds a finding at an offset in the current chunk; `complete` says what else is known.
    fn add(
        &mut self,
        code: FindingCode,
        offset: usize,
        reason: &str,
        complete: impl FnOnce(Finding) -> Finding,
    ) {
        let (log, path, slot) = (Some(self.out.log), self.path, self.slot);
        finding_counts::add(&mut self.out.findings, (code, slot, offset), || {
            let message = format!("{path}: chunk {slot}, offset {offset:#x}: {reason}");
            complete(Finding { log, ..Finding::new(code, message) })
        });
    }
}
