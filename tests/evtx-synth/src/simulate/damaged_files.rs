//! Logs that reach the examiner incomplete: they begin within a session, records between two boots
//! are missing, or the last chunks of a file are missing.

use super::kinds::Kind;
use super::simulator::{Role, Simulator};
use crate::catalogue::SECURITY;
use crate::event::Record;
use crate::writer::{CHUNK_SIZE, FILE_HEADER_SIZE, LogFile};

impl Simulator {
    /// Removes the oldest records of the Security log, so that it begins within the session of a
    /// desktop.
    pub fn begin_late(&mut self, records: &mut Vec<Record>) {
        if !self.setup.kinds.has(Kind::SecurityBeginsLate) {
            return;
        }
        let long = |session: &&super::simulator::SimulatedSession| {
            let ended = session.ended.map_or(self.now, |(at, _)| at);
            session.desktop && !session.elevated && ended - session.begun > 600_000_000
        };
        let desktops: Vec<(u64, u64)> = self
            .sessions
            .iter()
            .filter(long)
            .map(|session| (session.begun, session.ended.map_or(self.now, |(at, _)| at)))
            .collect();
        if desktops.is_empty() {
            return;
        }
        let (begun, ended) = *self.extra.pick(&desktops);
        let from = self.extra.within(begun + 50_000_000..=ended);
        let at = |record: &Record| self.written[&(SECURITY, record.id)].at;
        let kept: Vec<Record> = records.iter().filter(|one| at(one) >= from).cloned().collect();
        if kept.len() > 3 && kept.len() < records.len() {
            *records = kept;
            self.features.insert(Kind::SecurityBeginsLate.name());
        }
    }

    /// Removes the start of a boot from the Security log, and some records after and before it. Only
    /// the process ID of LSASS or the Logon IDs tell of the new boot then.
    pub fn leave_gaps(&mut self, records: &mut Vec<Record>) {
        if self.boot < 2 || !self.setup.kinds.has(Kind::GappyExport) {
            return;
        }
        let boot = u32::try_from(self.extra.within(2..=u64::from(self.boot))).expect("few boots");
        let of = |record: &Record| self.written[&(SECURITY, record.id)];
        let Some(first) = records.iter().position(|record| of(record).boot == boot) else { return };
        let starts = |record: &Record| {
            let written = of(record);
            written.boot == boot && (written.role == Role::BootStart || record.event.id == 4902)
        };
        let Some(last) = records.iter().rposition(starts) else { return };
        let start = first.saturating_sub(self.extra.count(1..=20))..last + 1;
        let mut gone: Vec<std::ops::Range<usize>> = std::iter::once(start).collect();
        let mut at = last + 1;
        for _ in 0..self.extra.count(1..=3) {
            at += self.extra.count(1..=6);
            let until = at + self.extra.count(1..=15);
            gone.push(at..until);
            at = until;
        }
        let mut index = 0;
        records.retain(|_| {
            index += 1;
            !gone.iter().any(|range| range.contains(&(index - 1)))
        });
        self.features.insert(Kind::GappyExport.name());
    }

    /// The number of chunks that a file lacks at its end, if it lacks any.
    pub fn chunks_lost(&mut self, file: &LogFile) -> usize {
        if file.chunk_count() < 2 || !self.does(Kind::CutLog, 60) {
            return 0;
        }
        self.extra.count(1..=file.chunk_count() - 1)
    }
}

/// The bytes of the file without its last chunks, and the number of records in them.
pub(super) fn without_last_chunks(file: LogFile, lost: usize) -> (Vec<u8>, usize) {
    let kept = file.chunk_count() - lost;
    let records = (0..kept).map(|chunk| file.record_offsets(chunk).len()).sum();
    let length = FILE_HEADER_SIZE + kept * CHUNK_SIZE;
    (if lost == 0 { file } else { file.truncated(length) }.to_bytes(), records)
}
