//! Records of a log whose header contradicts their content: how many there are, and the first few as
//! examples. The memory is limited, whatever a log holds.

use super::lowest::Lowest;
use crate::evtx::record_walk::RecordHeader;
use crate::evtx::template::CountedRecord;
use crate::model::{Finding, FindingCode, LogId, Text, Timestamp};

/// An export of so many records gives at least one another time: so did all 35 exports that were measured, of
/// 1 to 323 records.
const EXPORT_WITH_TIMES: u64 = 16;

/// Examples of each kind that a log gives as findings of their own.
const MOST_EXAMPLES: usize = 8;

/// A record that is an example.
#[derive(Debug, Clone, PartialEq)]
struct MismatchedRecord {
    record_id: u64,
    time: Timestamp,
    computer: Text,
    /// The contradiction, in words.
    what: String,
}

impl MismatchedRecord {
    fn new(record: &CountedRecord<'_>, what: String) -> MismatchedRecord {
        MismatchedRecord {
            record_id: record.record_id,
            time: record.time,
            computer: record.computer.clone(),
            what,
        }
    }
}

/// The records with a contradiction of one kind.
#[derive(Debug, Default)]
pub(super) struct MismatchedRecords {
    pub(super) found: u64,
    /// The first by slot and by offset in it.
    examples: Lowest<(u32, usize), MismatchedRecord, MOST_EXAMPLES>,
}

impl MismatchedRecords {
    /// Notes a record of this slot. The contradiction is described only if the record becomes an example.
    pub(super) fn note(
        &mut self,
        slot: u32,
        header: &RecordHeader,
        record: &CountedRecord<'_>,
        describe: impl FnOnce() -> String,
    ) {
        self.found += 1;
        self.examples.add((slot, header.offset), || MismatchedRecord::new(record, describe()));
    }

    /// Adds those further on in the log.
    pub(super) fn add(&mut self, other: MismatchedRecords) {
        self.found += other.found;
        for (place, odd) in other.examples.into_iter() {
            self.examples.add(place, || odd);
        }
    }

    /// A finding for each example, with `meaning` after the contradiction, and one for all others.
    pub(super) fn findings(
        &self,
        code: FindingCode,
        log: LogId,
        path: &str,
        meaning: &str,
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .examples
            .iter()
            .map(|((slot, offset), odd)| {
                let place = format!("chunk {slot}, offset {offset:#x}");
                Finding {
                    computer: odd.computer.clone(),
                    time: Some(odd.time),
                    log: Some(log),
                    record_id: Some(odd.record_id),
                    ..Finding::new(code, format!("{path}: {place}: {}. {meaning}", odd.what))
                }
            })
            .collect();
        let more = self.found - findings.len() as u64;
        if more > 0 {
            let message = format!("{path}: {more} more records of this kind are in this log");
            findings.push(Finding { log: Some(log), ..Finding::new(code, message) });
        }
        findings
    }
}

/// What the headers of a log's records say otherwise than the records themselves.
#[derive(Debug, Default)]
pub(super) struct HeaderMismatches {
    /// Another number than EventRecordID.
    pub(super) numbers: MismatchedRecords,
    /// Another time than TimeCreated.
    pub(super) times: MismatchedRecords,
    /// Of these times, how many are zero.
    zero_times: u64,
    /// Of these times, how many are later than TimeCreated.
    later_times: u64,
}

impl HeaderMismatches {
    /// Compares the header of a record with what was read of it.
    pub(super) fn compare(&mut self, slot: u32, header: &RecordHeader, record: &CountedRecord<'_>) {
        if record.record_id != header.number {
            self.numbers.note(slot, header, record, || {
                let (number, id) = (header.number, record.record_id);
                format!("the header of the record has the number {number}, its content {id}")
            });
        }
        if record.time.filetime() != header.time {
            self.zero_times += u64::from(header.time == 0);
            self.later_times += u64::from(header.time > record.time.filetime());
            self.times.note(slot, header, record, || {
                let (time, created) = (Timestamp::from_filetime(header.time), record.time);
                format!("the header of the record has the time {time}, its content {created}")
            });
        }
    }

    /// Adds those further on in the log.
    pub(super) fn add(&mut self, other: HeaderMismatches) {
        self.numbers.add(other.numbers);
        self.times.add(other.times);
        self.zero_times += other.zero_times;
        self.later_times += other.later_times;
    }

    /// Are these records of an export, of `records` in all? An export numbers its records from 1.
    pub(super) fn is_renumbered(&self, records: u64) -> bool {
        self.numbers.found * 2 > records
    }

    /// Does the log have times as an export writes them? An export gives records the time of the record
    /// behind them, and one of them none; a small one may keep most times.
    fn is_retimed(&self, records: u64) -> bool {
        self.times.found * 2 > records || self.zero_times > 0 && self.later_times > 0
    }

    /// That another program than Windows numbered the records anew.
    fn renumbered(&self, log: LogId, path: &str) -> Finding {
        let message = format!(
            "{path}: the headers of {} records have other numbers than their contents, as in an export, but all \
             of them have the times of their contents, as in no export: another program than Windows \
             numbered them anew, and may have taken away records before them or between them",
            self.numbers.found
        );
        Finding { log: Some(log), ..Finding::new(FindingCode::RecordNumberDiffers, message) }
    }

    /// What Windows never writes, as findings.
    pub(super) fn findings(&self, records: u64, log: LogId, path: &str) -> Vec<Finding> {
        if self.is_renumbered(records) {
            let is_export = records < EXPORT_WITH_TIMES || self.times.found > 0;
            return (!is_export).then(|| self.renumbered(log, path)).into_iter().collect();
        }
        let mut findings = self.numbers.findings(
            FindingCode::RecordNumberDiffers,
            log,
            path,
            "Both are the same in every record that a computer wrote into its own log, as most of this log \
             are: the header or the EventRecordID of this record was changed, or it is damaged. In exported \
             and forwarded logs they differ in most records",
        );
        if !self.is_retimed(records) {
            findings.extend(self.times.findings(
                FindingCode::RecordTimeDiffers,
                log,
                path,
                "Both are the same in every record that a computer wrote into its own log: the header or \
                 TimeCreated of this record was changed, or it is damaged. An export of a whole log may \
                 lawfully have such headers, later than TimeCreated by seconds or minutes",
            ));
        }
        findings
    }
}
