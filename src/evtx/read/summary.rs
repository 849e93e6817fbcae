//! What was read of each log, added up.

use super::event_limit;
use crate::evidence::LogFile;
use crate::evtx::file_header;
use crate::evtx::format::CHUNK_SIZE;
use crate::evtx::template::CountedRecord;
use crate::model::{
    Finding, FindingCode, HeaderState, LogId, LogSummary, Text, Timestamp, Verdict,
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
    /// The highest number in the header of a record that was read; 0 when none was.
    last_number: u64,
    /// Records whose header has another number than EventRecordID.
    renumbered: u64,
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
    /// Counts a live record; `number` is the one in its header.
    pub(super) fn read(&mut self, record: &CountedRecord<'_>, number: u64) {
        self.read += 1;
        self.last_number = self.last_number.max(number);
        self.renumbered += u64::from(record.record_id != number);
        self.forwarded += u64::from(record.forwarded);
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
        self.last_number = self.last_number.max(other.last_number);
        self.renumbered += other.renumbered;
        self.forwarded += other.forwarded;
        other.end_run();
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
    /// Its size when its source was closed.
    size_then: io::Result<u64>,
    /// The first slot whose records were not used.
    end: Option<u32>,
    pub(super) counts: ReadCounts,
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
            size_then: log.source.size_now(),
            end: None,
            counts: ReadCounts::default(),
        };
        match file_header::read(&*log.source) {
            Ok(Ok(header)) => summary.summary.header = header,
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
        self.end = Some(self.end.map_or(slot, |known| known.min(slot)));
    }

    /// Holds what was read against what the header and the size promised.
    pub(super) fn compare(&mut self, findings: &mut Vec<Finding>) {
        match self.end {
            Some(slot) => {
                let log = Some(self.id);
                findings.push(Finding { log, ..event_limit::finding(&self.summary.path, slot) });
            }
            None => self.compare_counts(findings),
        }
        self.compare_size(findings);
        if self.counts.recovered > 0 {
            let text = format!(
                "{} records were recovered from free space or from within other records",
                self.counts.recovered
            );
            findings.push(self.finding(FindingCode::RecordsRecovered, &text));
        }
    }

    /// The row of logs.csv; `has_loss`: some finding about this log is a loss.
    pub(super) fn into_summary(mut self, has_loss: bool) -> LogSummary {
        self.counts.end_run();
        let gaps = self.counts.gaps();
        let counts = self.counts;
        let has_unread = counts.unreadable + counts.damaged > 0
            || counts.ends_early_at.is_some()
            || self.truncated;
        LogSummary {
            record_ids: counts.record_ids(),
            computers: counts.computers,
            channels: counts.ids.into_keys().collect(),
            chunks: counts.chunks,
            records_read: counts.read,
            records_recovered: counts.recovered,
            records_unreadable: counts.unreadable,
            times: counts.times,
            gaps,
            exported: counts.renumbered * 2 > counts.read,
            forwarded: counts.forwarded > 0,
            checksum_failures: counts.checksum_failures,
            verdict: Verdict::of(has_loss, counts.read, has_unread),
            ..self.summary
        }
    }

    /// A log that was not closed counts fewer chunks in its header than it holds. One that counts more
    /// is not whole: what a header counts was written before it, also when it is stale.
    fn compare_counts(&mut self, findings: &mut Vec<Finding>) {
        let HeaderState { valid, chunks_counted, .. } = self.summary.header;
        // The header counts modulo 65,536.
        let held = self.counts.chunks;
        if !valid {
            return;
        }
        self.summary.header.chunk_count_wrong = u64::from(chunks_counted) != held & 0xffff;
        if let Some(text) = self.missing() {
            findings.push(self.finding(FindingCode::LogShort, &text));
        } else if self.summary.header.chunk_count_wrong {
            let text = format!(
                "the file header counts {chunks_counted} chunks, {held} were found and read"
            );
            findings.push(self.finding(FindingCode::ChunkCountWrong, &text));
        }
    }

    /// What the file header counts and the log does not hold, in words. The numbers are those in the
    /// headers of the records, which count every record of a file, also of an exported one.
    fn missing(&self) -> Option<String> {
        let HeaderState { dirty, chunks_counted, next_record, .. } = self.summary.header;
        let counted = u64::from(chunks_counted);
        let held = self.counts.chunks;
        // A damaged chunk is a finding of its own.
        let lacks_chunks = held.saturating_add(self.counts.damaged) < counted;
        let (last, found) = (next_record.saturating_sub(1), self.counts.last_number);
        let what = match (last.saturating_sub(found), lacks_chunks) {
            (0, false) => return None,
            (0, true) => format!("the records of {} chunks are missing", counted - held),
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
                format!("of its {before} bytes only {end} could be read: the rest was gone")
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
