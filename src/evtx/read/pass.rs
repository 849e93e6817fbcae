//! What is found while some slots of one log are read.

use super::records::{Read, Refused};
use super::summary::Tally;
use super::walk::Found;
use crate::model::{Event, Finding, FindingCode, LogId, RecordLocation};
use std::io;

/// What some slots of one log hold.
pub(super) struct Scanned {
    pub(super) log: LogId,
    /// How many of the worker's events are its own.
    pub(super) events: usize,
    pub(super) findings: Vec<Finding>,
    pub(super) tally: Tally,
}

/// See the module.
pub(super) struct Pass<'l> {
    path: &'l str,
    /// Number of the slot at hand.
    pub(super) slot: u32,
    pub(super) events: Vec<Event>,
    pub(super) out: Scanned,
}

impl Pass<'_> {
    pub(super) fn new(log: LogId, path: &str, events: Vec<Event>) -> Pass<'_> {
        let (findings, tally) = (Vec::new(), Tally::default());
        Pass { path, slot: 0, events, out: Scanned { log, events: 0, findings, tally } }
    }

    /// Where a record of the chunk at hand lies.
    pub(super) fn place(&self, found: &Found) -> RecordLocation {
        RecordLocation { log: self.out.log, chunk: self.slot, offset: found.offset as u32 }
    }

    /// Reports the fields that an event lacks.
    pub(super) fn missing(&mut self, event: &Event, missing: &[&'static str]) {
        for field in missing {
            let message = self.at(
                event.location.offset as usize,
                &format!("event {} lacks its field {field}", event.event_id),
            );
            self.out.findings.push(Finding {
                computer: event.computer.clone(),
                time: Some(event.time),
                log: Some(self.out.log),
                record_id: Some(event.record_id),
                ..Finding::new(FindingCode::FieldMissing, message)
            });
        }
    }

    /// Takes the latest event back: the next one says as much.
    pub(super) fn leave_out(&mut self) {
        let is_logon = |event: Event| event.event_id == 4624;
        self.out.tally.left_out += u64::from(self.events.pop().is_some_and(is_logon));
    }

    pub(super) fn recovered(&mut self, read: Read) {
        self.out.tally.recovered += 1;
        if let Read::Event(event, _) = read {
            self.events.push(Event { recovered: true, ..event });
        }
    }

    pub(super) fn refused(&mut self, found: &Found, refused: &Refused) {
        match refused {
            Refused::Ghost(lacks) => {
                self.out.tally.unreadable += 1;
                let reason = format!("a record without {lacks}: debris, not counted as an event");
                self.finding(FindingCode::GhostRecord, found.offset, &reason);
            }
            Refused::Unreadable(reason) => {
                let reason =
                    format!("the record numbered {} in its header: {reason}", found.number);
                self.unreadable(found.offset, &reason);
            }
        }
    }

    pub(super) fn unreadable(&mut self, offset: usize, reason: &str) {
        self.out.tally.unreadable += 1;
        self.finding(FindingCode::RecordUnreadable, offset, reason);
    }

    pub(super) fn checksums(&mut self, faults: &[String]) {
        self.out.tally.checksum_failures += u64::from(!faults.is_empty());
        for fault in faults {
            self.finding(FindingCode::ChunkChecksum, 0, fault);
        }
    }

    pub(super) fn damaged(&mut self, reason: &str) {
        self.out.tally.damaged += 1;
        self.finding(FindingCode::ChunkDamaged, 0, reason);
    }

    pub(super) fn stale(&mut self, records: usize) {
        let reason = format!(
            "{records} records behind the free-space offset of its header continue the log: read"
        );
        self.finding(FindingCode::StaleFreeSpace, 0, &reason);
    }

    pub(super) fn unreadable_slot(&mut self, slot: u32, error: &io::Error) {
        self.slot = slot;
        self.out.tally.damaged += 1;
        self.finding(FindingCode::SourceUnreadable, 0, &format!("cannot be read: {error}"));
    }

    fn finding(&mut self, code: FindingCode, offset: usize, reason: &str) {
        let message = self.at(offset, reason);
        let log = Some(self.out.log);
        self.out.findings.push(Finding { log, ..Finding::new(code, message) });
    }

    /// Where: the log, the chunk's number from 0, the offset in the chunk.
    fn at(&self, offset: usize, reason: &str) -> String {
        format!("{}: chunk {}, offset {offset:#x}: {reason}", self.path, self.slot)
    }
}
