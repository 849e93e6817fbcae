//! What was read of each log, added up.

use super::chunk_order::{ChunkOrder, FEWEST_SLOTS_OF_A_FULL_LOG};
use super::event_limit;
use super::header_mismatches::{HeaderMismatches, MismatchedRecords};
use crate::evidence::LogFile;
use crate::evtx::file_header::{self, FileHeader};
use crate::evtx::format::CHUNK_SIZE;
use crate::evtx::record_walk::RecordHeader;
use crate::evtx::template::CountedRecord;
use crate::model::{
    Accounting, Finding, FindingCode, HeaderState, LogId, LogSummary, Text, Timestamp, Verdict,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

/// Counts of some chunks of one log.
#[derive(Debug, Default)]
pub(super) struct ReadCounts {
    pub(super) chunks: u64,
    /// Live records that were read.
    pub(super) read: u64,
    /// Live records that went to the crate.
    pub(super) by_crate: u64,
    pub(super) recovered: u64,
    pub(super) unreadable: u64,
    pub(super) checksum_failures: u64,
    /// Slots that are damaged or could not be read.
    pub(super) damaged: u64,
    /// The first byte that the log did not give although its size promised it.
    pub(super) ends_early_at: Option<u64>,
    /// How the headers of records differ from the records, those of forwarded ones left out.
    header_mismatches: HeaderMismatches,
    /// Records with the Event ID of an event that starts or ends sessions, and a foreign provider.
    foreign: MismatchedRecords,
    /// How many they are by their Event ID.
    pub(super) foreign_by_id: BTreeMap<u16, u64>,
    /// The numbers of the chunks.
    pub(super) order: ChunkOrder,
    forwarded: u64,
    computers: BTreeSet<Text>,
    last_computer: Option<Text>,
    /// Runs of EventRecordIDs per channel, each (first, last), in the order of reading.
    ids: BTreeMap<String, Vec<(u64, u64)>>,
    /// The run that the next record may continue, with its channel.
    latest: Option<(String, (u64, u64))>,
    times: Option<(Timestamp, Timestamp)>,
}

impl ReadCounts {
    /// Counts a live record of this slot.
    pub(super) fn read(&mut self, record: &CountedRecord<'_>, slot: u32, header: &RecordHeader) {
        self.read += 1;
        self.header_mismatches.compare(slot, header, record);
        self.forwarded += u64::from(record.forwarded);
        if let Some((event_id, provider)) = record.foreign {
            *self.foreign_by_id.entry(event_id).or_default() += 1;
            self.foreign.note(slot, header, record, || {
                format!("event {event_id} has the provider {provider}")
            });
        }
        if self.last_computer.as_ref().is_none_or(|last| !Arc::ptr_eq(last, record.computer)) {
            self.last_computer = Some(record.computer.clone());
            self.computers.insert(record.computer.clone());
        }
        self.add_run(record.channel, (record.record_id, record.record_id));
        self.times = span(self.times, Some((record.time, record.time)));
    }

    /// Adds a run of EventRecordIDs that were read after all others.
    fn add_run(&mut self, channel: &str, (first, last): (u64, u64)) {
        match &mut self.latest {
            Some((known, run)) if known == channel && run.1.checked_add(1) == Some(first) => {
                run.1 = last;
            }
            _ => {
                self.end_run();
                self.latest = Some((channel.to_owned(), (first, last)));
            }
        }
    }

    /// Puts the latest run to the others: nothing continues it any more.
    fn end_run(&mut self) {
        if let Some((channel, run)) = self.latest.take() {
            self.ids.entry(channel).or_default().push(run);
        }
    }

    /// Adds the counts of chunks further on in the log.
    pub(super) fn add(&mut self, mut other: ReadCounts) {
        self.chunks += other.chunks;
        self.read += other.read;
        self.by_crate += other.by_crate;
        self.recovered += other.recovered;
        self.unreadable += other.unreadable;
        self.checksum_failures += other.checksum_failures;
        self.damaged += other.damaged;
        let ends = [self.ends_early_at, other.ends_early_at];
        self.ends_early_at = ends.into_iter().flatten().min();
        self.forwarded += other.forwarded;
        other.end_run();
        self.header_mismatches.add(other.header_mismatches);
        self.foreign.add(other.foreign);
        for (event_id, count) in other.foreign_by_id {
            *self.foreign_by_id.entry(event_id).or_default() += count;
        }
        self.order.append(other.order);
        self.computers.extend(other.computers);
        for (channel, runs) in &other.ids {
            runs.iter().for_each(|&run| self.add_run(channel, run));
        }
        self.times = span(self.times, other.times);
    }

    /// The lowest and the highest EventRecordID.
    fn record_ids(&self) -> Option<(u64, u64)> {
        let runs = || self.ids.values().flatten();
        Some((runs().map(|run| run.0).min()?, runs().map(|run| run.1).max()?))
    }

    /// IDs that are missing between the lowest and the highest.
    fn gaps(&mut self) -> Vec<(u64, u64)> {
        // IDs count the records of one channel of one computer.
        let mut channels = self.ids.values_mut();
        let (Some(runs), None, 0) = (channels.next(), channels.next(), self.forwarded) else {
            return Vec::new();
        };
        runs.sort_unstable();
        let mut gaps = Vec::new();
        let mut reached: Option<u64> = None;
        for &(first, last) in runs.iter() {
            if let Some(missing) = reached.and_then(|reached| reached.checked_add(1))
                && missing < first
            {
                gaps.push((missing, first - 1));
            }
            reached = reached.max(Some(last));
        }
        gaps
    }
}

fn span<T: Ord + Copy>(a: Option<(T, T)>, b: Option<(T, T)>) -> Option<(T, T)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

/// Makes one log's summary.
pub(super) struct LogSummaryBuilder {
    id: LogId,
    summary: LogSummary,
    truncated: bool,
    /// 64 KiB slots, used or not.
    slots: u64,
    /// The slots in which the header says that the log begins and ends.
    header_slots: (u64, u64),
    /// Its size when its source was closed.
    size_then: io::Result<u64>,
    /// The first slot whose records were not used.
    end: Option<u32>,
    pub(super) counts: ReadCounts,
    /// The events that were read, apart from those of foreign providers.
    pub(super) accounting: Accounting,
}

impl LogSummaryBuilder {
    /// Takes what the log's header and size say, when everything is read.
    pub(super) fn begin(
        id: LogId,
        log: &LogFile,
        findings: &mut Vec<Finding>,
    ) -> LogSummaryBuilder {
        let size = log.source.size();
        let mut summary = LogSummaryBuilder {
            id,
            summary: LogSummary {
                path: log.path.clone(),
                origin: log.origin,
                collector_host: log.collector_host.clone(),
                size,
                ..LogSummary::default()
            },
            truncated: false,
            slots: size.saturating_sub(log.first_chunk).div_ceil(CHUNK_SIZE as u64),
            header_slots: (0, 0),
            size_then: log.source.size_now(),
            end: None,
            counts: ReadCounts::default(),
            accounting: Accounting::default(),
        };
        match file_header::read(&*log.source) {
            Ok(Ok(FileHeader { state, slots })) => {
                summary.summary.header = state;
                summary.header_slots = slots;
            }
            Ok(Err(reason)) => {
                let text = format!("the file header is damaged: {reason}; its chunks were read");
                findings.push(summary.finding(FindingCode::FileHeaderDamaged, &text));
            }
            Err(error) => {
                let text = format!("the file header cannot be read: {error}");
                findings.push(summary.finding(FindingCode::SourceUnreadable, &text));
            }
        }
        let rest = size.checked_sub(log.first_chunk).map(|chunks| chunks % CHUNK_SIZE as u64);
        let cut = match rest {
            Some(0) => return summary,
            None => format!("the file ends inside its header, after {size} bytes"),
            Some(rest) => format!(
                "the file ends inside a chunk, {rest} bytes after the last whole one; records in \
                 them were read"
            ),
        };
        summary.truncated = true;
        findings.push(summary.finding(FindingCode::LogTruncated, &cut));
        summary
    }

    /// Takes the log's SHA-256.
    pub(super) fn hashed(&mut self, sha256: io::Result<String>, findings: &mut Vec<Finding>) {
        match sha256 {
            Ok(sha256) => self.summary.sha256 = Some(sha256),
            Err(error) => {
                let text = format!("no SHA-256, because the file cannot be read whole: {error}");
                findings.push(self.finding(FindingCode::SourceUnreadable, &text));
            }
        }
    }

    /// Which log it is.
    pub(super) fn named(&self) -> (LogId, &str) {
        (self.id, &self.summary.path)
    }

    /// Its records from this slot on are not used.
    pub(super) fn ends_at(&mut self, slot: u32) {
        self.end = Some(slot);
    }

    /// Holds what was read against what the header and the size promised.
    pub(super) fn compare(&mut self, findings: &mut Vec<Finding>) {
        match self.end {
            Some(slot) => {
                let log = Some(self.id);
                findings.push(Finding { log, ..event_limit::finding(&self.summary.path, slot) });
            }
            None => {
                let is_in_order = self.compare_order(findings);
                let missing_numbers = is_in_order.then(|| self.missing_numbers()).flatten();
                self.compare_counts(is_in_order, missing_numbers, findings);
            }
        }
        self.compare_records(findings);
        self.compare_size(findings);
        if self.counts.recovered > 0 {
            let text = format!(
                "{} records were recovered: from free space, from within other records, or from \
                 damaged chunks",
                self.counts.recovered
            );
            findings.push(self.finding(FindingCode::RecordsRecovered, &text));
        }
    }

    /// The row of logs.csv; `has_loss`: some finding about this log is a loss.
    pub(super) fn into_summary(mut self, has_loss: bool) -> LogSummary {
        self.counts.end_run();
        let gaps = self.counts.gaps();
        let (counts, mut accounting) = (self.counts, self.accounting);
        accounting.add_reported(&counts.foreign_by_id);
        let has_unread = counts.unreadable + counts.damaged > 0
            || counts.ends_early_at.is_some()
            || self.truncated;
        LogSummary {
            record_ids: counts.record_ids(),
            computers: counts.computers,
            channels: counts.ids.into_keys().collect(),
            chunks: counts.chunks,
            records_read: counts.read,
            records_by_crate: counts.by_crate,
            accounting,
            records_recovered: counts.recovered,
            records_unreadable: counts.unreadable,
            times: counts.times,
            gaps,
            exported: counts.header_mismatches.is_renumbered(counts.read),
            forwarded: counts.forwarded > 0,
            checksum_failures: counts.checksum_failures,
            verdict: Verdict::of(has_loss, counts.read, has_unread),
            ..self.summary
        }
    }

    /// What the records say of themselves in two places.
    fn compare_records(&self, findings: &mut Vec<Finding>) {
        let ReadCounts { read, forwarded, header_mismatches, foreign, .. } = &self.counts;
        // Forwarding gives each record a new header.
        if forwarded * 2 <= *read {
            findings.extend(header_mismatches.findings(*read, self.id, &self.summary.path));
        }
        findings.extend(foreign.findings(
            FindingCode::ProviderForeign,
            self.id,
            &self.summary.path,
            "Windows writes this Event ID into the Security log under the provider \
             Microsoft-Windows-Security-Auditing alone: the name was changed so that the event is \
             overlooked, or another program writes events of its own into this log. The record is in no \
             session",
        ));
    }

    /// Are the chunks in the order in which Windows writes them?
    fn compare_order(&self, findings: &mut Vec<Finding>) -> bool {
        if let Some(text) = self.counts.order.doubled() {
            findings.push(self.finding(FindingCode::ChunksDoubled, &text));
        } else if let Some(text) = self.counts.order.disorder() {
            findings.push(self.finding(FindingCode::ChunksOutOfOrder, &text));
        } else {
            return true;
        }
        false
    }

    /// Nothing that is damaged or cut off explains what the numbers say.
    fn is_undamaged(&self) -> bool {
        let counts = &self.counts;
        counts.damaged + counts.unreadable == 0 && counts.ends_early_at.is_none() && !self.truncated
    }

    /// Where record numbers are missing, if no damage explains it.
    fn missing_numbers(&self) -> Option<String> {
        // A full log may have begun anew just where its file begins.
        let is_full = self.slots >= FEWEST_SLOTS_OF_A_FULL_LOG && self.counts.chunks == self.slots;
        self.is_undamaged().then(|| self.counts.order.missing_numbers(is_full)).flatten()
    }

    /// A log that was not closed counts fewer chunks in its header than it holds. One that counts more
    /// is not whole: what a header counts was written before it, also when it is stale.
    fn compare_counts(
        &mut self,
        is_in_order: bool,
        missing_numbers: Option<String>,
        findings: &mut Vec<Finding>,
    ) {
        let HeaderState { valid, chunks_counted, .. } = self.summary.header;
        let held = self.counts.chunks;
        self.summary.header.chunk_count_wrong = valid && !self.summary.header.counts(held);
        if let Some(text) = valid.then(|| self.missing(missing_numbers.as_deref())).flatten() {
            findings.push(self.finding(FindingCode::LogShort, &text));
            return;
        }
        if let Some(missing_numbers) = missing_numbers {
            let text = format!(
                "{missing_numbers}. Windows numbers the records of a file without a hole: chunks were taken away, or \
                 lost where the file was copied"
            );
            findings.push(self.finding(FindingCode::ChunksMissing, &text));
        }
        if let Some(text) = valid.then(|| self.header_behind(is_in_order)).flatten() {
            findings.push(self.finding(FindingCode::FileHeaderDiffers, &text));
        } else if self.summary.header.chunk_count_wrong {
            let text = format!(
                "the file header counts {chunks_counted} chunks, {held} were found and read"
            );
            findings.push(self.finding(FindingCode::ChunkCountWrong, &text));
        }
    }

    /// How the header of a closed log differs from the log, apart from what the log lacks. The header of
    /// a log that was not closed lags behind.
    fn header_behind(&self, is_in_order: bool) -> Option<String> {
        let HeaderState { dirty, chunks_counted, next_record, .. } = self.summary.header;
        let (counts, (first_slot, last_slot)) = (&self.counts, self.header_slots);
        if dirty {
            return None;
        }
        let mut differences = Vec::new();
        if let Some(last) = counts.order.last_number().filter(|&last| last >= next_record) {
            differences.push(format!("the next record {next_record}, but record {last} is there"));
        }
        if self.summary.header.chunk_count_wrong && counts.chunks > u64::from(chunks_counted) {
            let held = counts.chunks;
            differences.push(format!("{chunks_counted} chunks, but {held} are there"));
        }
        if let Some((first, last)) = counts.order.first_and_last_slot()
            && is_in_order
            && self.is_undamaged()
            && (u64::from(first), u64::from(last)) != (first_slot, last_slot)
        {
            differences.push(format!(
                "chunks {first_slot} and {last_slot} as the oldest and the newest, but they are chunks \
                 {first} and {last}"
            ));
        }
        (!differences.is_empty()).then(|| {
            format!(
                "the file header says that the log was closed, and names {}. Both agree in every log that \
                 Windows closed: the header or the records were written by another program. A copy that \
                 was taken while Windows wrote may differ in the same way",
                differences.join("; ")
            )
        })
    }

    /// What the file header counts and the log does not hold, in words. The numbers are those in the
    /// headers of the records, which count every record of a file, also of an exported one.
    fn missing(&self, missing_numbers: Option<&str>) -> Option<String> {
        let HeaderState { dirty, chunks_counted, next_record, .. } = self.summary.header;
        let counted = u64::from(chunks_counted);
        let held = self.counts.chunks;
        // A damaged chunk is a finding of its own.
        let lacks_chunks = held.saturating_add(self.counts.damaged) < counted;
        let (last, found) =
            (next_record.saturating_sub(1), self.counts.order.last_number().unwrap_or(0));
        let what = match (last.saturating_sub(found), lacks_chunks) {
            (0, false) => return None,
            (0, true) => {
                let place = missing_numbers
                    .map(|missing_numbers| format!(" ({missing_numbers})"))
                    .unwrap_or_default();
                format!("the records of {} chunks are missing{place}", counted - held)
            }
            (1, _) => format!("record {last} is missing"),
            (missing, _) => format!("{missing} records are missing, {} to {last}", found + 1),
        };
        let more = if dirty { "; it was not closed, so that more may be missing" } else { "" };
        Some(format!(
            "the file header counts {counted} chunks with records up to number {last}, but the file \
             holds {held} with records up to number {found}: {what}{more}"
        ))
    }

    fn compare_size(&self, findings: &mut Vec<Finding>) {
        let before = self.summary.size;
        let text = match (&self.size_then, self.counts.ends_early_at) {
            (Ok(now), None) if *now == before => return,
            (Ok(now), Some(end)) if *now == before => {
                format!("only {end} of {before} bytes could be read: the file became shorter")
            }
            (Ok(now), _) => format!(
                "it had {before} bytes when reading began and {now} when it ended: work on a copy \
                 that nobody writes to"
            ),
            (Err(error), _) => format!("its size cannot be read any more: {error}"),
        };
        findings.push(self.finding(FindingCode::LogChanged, &text));
    }

    fn finding(&self, code: FindingCode, text: &str) -> Finding {
        Finding {
            log: Some(self.id),
            ..Finding::new(code, format!("{}: {text}", self.summary.path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(runs: &[(u64, u64)]) -> ReadCounts {
        let mut counts = ReadCounts::default();
        for &run in runs {
            let latest = Some(("Security".to_owned(), run));
            counts.add(ReadCounts { latest, ..ReadCounts::default() });
        }
        counts.end_run();
        counts
    }

    #[test]
    fn gaps_of_a_wrapped_log_are_found_in_the_order_of_ids() {
        let mut wrapped = counts(&[(101, 150), (151, 200), (51, 98), (100, 100)]);
        assert_eq!(wrapped.record_ids(), Some((51, 200)));
        assert_eq!(wrapped.gaps(), [(99, 99)]);
    }

    #[test]
    fn repeated_and_extreme_ids_make_no_gap() {
        assert_eq!(counts(&[(1, 9), (3, 4), (10, 12)]).gaps(), []);
        assert_eq!(counts(&[(0, 0), (u64::MAX, u64::MAX)]).gaps(), [(1, u64::MAX - 1)]);
    }
}
