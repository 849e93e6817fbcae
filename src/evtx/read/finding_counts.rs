//! Limits the findings of a log, by chunk and code: a log of garbage could give one for every 28 bytes.
//!
//! The first findings of a code in a chunk have a row each, the others of that chunk have one row with
//! their number. The first chunks of a log that have such findings have rows, and all others one row with
//! the number of chunks and findings. So nothing is lost, and the rows of a log are bounded by the number
//! of codes.

use super::lowest::Lowest;
use crate::model::{Finding, FindingCode, LogId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// Findings of one code in one chunk that have a row each: enough to look at, whatever they are.
const ROWS_OF_A_CHUNK: usize = 3;
/// Offsets that are named of the others.
const MORE_OFFSETS: usize = 3;
/// Chunks of one log that have rows for a code of their own.
const CHUNKS_OF_A_LOG: usize = 64;

/// The findings of one code in one chunk.
#[derive(Debug)]
pub(super) struct ChunkFindings {
    code: FindingCode,
    slot: u32,
    /// The first of them, by their offsets in the chunk. Empty when so many chunks before this one have
    /// rows that this one has none.
    rows: Lowest<usize, Finding, ROWS_OF_A_CHUNK>,
    /// Where the next ones lie in the chunk.
    more_at: Lowest<usize, (), MORE_OFFSETS>,
    count: u64,
}

/// Adds a finding at an offset in a chunk to those of its code in that chunk; `make` makes its row.
pub(super) fn add(
    findings: &mut Vec<ChunkFindings>,
    (code, slot, offset): (FindingCode, u32, usize),
    make: impl FnOnce() -> Finding,
) {
    let mut latest = findings.iter_mut().rev().take_while(|known| known.slot == slot);
    let known = match latest.find(|known| known.code == code) {
        Some(known) => known,
        None => {
            findings.push(ChunkFindings {
                code,
                slot,
                rows: Lowest::default(),
                more_at: Lowest::default(),
                count: 0,
            });
            let Some(new) = findings.last_mut() else { return };
            new
        }
    };
    known.count += 1;
    if let Some(without_row) = known.rows.add(offset, make) {
        known.more_at.add(without_row, || ());
    }
}

/// The chunks of one log that may have rows: those with the lowest numbers among all that were read so
/// far, by code. The threads that read a log share it, so that rows nobody will see take no memory.
#[derive(Default)]
pub(super) struct ChunksWithRows(Mutex<BTreeMap<FindingCode, BTreeSet<u32>>>);

impl ChunksWithRows {
    /// Drops the rows of chunks that will have none, whatever else is read.
    pub(super) fn drop_rows(&self, found: &mut [ChunkFindings]) {
        if found.is_empty() {
            return;
        }
        let mut by_code = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for findings in found {
            let slots = by_code.entry(findings.code).or_default();
            slots.insert(findings.slot);
            if slots.len() > CHUNKS_OF_A_LOG
                && let Some(highest) = slots.pop_last()
                && highest == findings.slot
            {
                findings.rows = Lowest::default();
            }
        }
    }
}

/// The findings of one log, added up in the order of its chunks.
#[derive(Default)]
pub(super) struct LogFindings(BTreeMap<FindingCode, CodeFindings>);

#[derive(Default)]
struct CodeFindings {
    chunks_with_rows: usize,
    /// The first chunk without rows, the number of such chunks, and of their findings.
    others: Option<(u32, u64, u64)>,
}

impl LogFindings {
    /// Adds what was found in the chunks that follow; the rows go to `all`.
    pub(super) fn add(
        &mut self,
        (log, path): (LogId, &str),
        found: Vec<ChunkFindings>,
        all: &mut Vec<Finding>,
    ) {
        for ChunkFindings { code, slot, rows, more_at, count } in found {
            let known = self.0.entry(code).or_default();
            if known.chunks_with_rows == CHUNKS_OF_A_LOG {
                let (first, chunks, findings) = known.others.unwrap_or((slot, 0, 0));
                known.others = Some((first, chunks + 1, findings + count));
                continue;
            }
            known.chunks_with_rows += 1;
            let more = count - rows.len() as u64;
            all.extend(rows.into_iter().map(|(_, row)| row));
            if more > 0 {
                let offsets: Vec<String> =
                    more_at.iter().map(|(at, ())| format!("{at:#x}")).collect();
                let at = if more_at.len() as u64 == more { "at" } else { "the next at" };
                let text = format!(
                    "{path}: chunk {slot}: {more} more of this kind in this chunk, {at} offset {}",
                    offsets.join(", ")
                );
                all.push(Finding { log: Some(log), ..Finding::new(code, text) });
            }
        }
    }

    /// The rows for the chunks that have none of their own.
    pub(super) fn others(self, log: LogId, path: &str) -> impl Iterator<Item = Finding> {
        self.0.into_iter().filter_map(move |(code, known)| {
            let (first, chunks, findings) = known.others?;
            let text = format!(
                "{path}: from chunk {first} on: {findings} more of this kind in {chunks} more chunks"
            );
            Some(Finding { log: Some(log), ..Finding::new(code, text) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: FindingCode = FindingCode::RecordUnreadable;

    /// So many findings in each of these chunks.
    fn found(slots: std::ops::Range<u32>, count: usize) -> Vec<ChunkFindings> {
        let mut findings = Vec::new();
        for slot in slots {
            for at in 0..count {
                add(&mut findings, (CODE, slot, 512 + at), || {
                    Finding::new(CODE, format!("chunk {slot}, offset {at}"))
                });
            }
        }
        findings
    }

    fn rows(found: Vec<ChunkFindings>) -> Vec<String> {
        let (mut log, mut all) = (LogFindings::default(), Vec::new());
        log.add((LogId(0), "a"), found, &mut all);
        all.extend(log.others(LogId(0), "a"));
        all.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn every_finding_has_a_row_or_is_counted() {
        assert_eq!(rows(found(7..8, 3)).len(), 3);
        let four = rows(found(7..8, 4));
        assert_eq!(four[3], "a: chunk 7: 1 more of this kind in this chunk, at offset 0x203");
        let many = rows(found(0..100, 2000));
        assert_eq!(many.len(), 64 * 4 + 1);
        assert_eq!(
            many[3],
            "a: chunk 0: 1997 more of this kind in this chunk, the next at offset 0x203, 0x204, 0x205"
        );
        assert_eq!(many[256], "a: from chunk 64 on: 72000 more of this kind in 36 more chunks");
    }

    /// Whatever is read first, the same rows come out, and few are kept meanwhile.
    #[test]
    fn the_order_of_reading_changes_nothing() {
        let expected = rows(found(0..200, 5));
        for backwards in [false, true] {
            let shared = ChunksWithRows::default();
            let mut jobs: Vec<Vec<ChunkFindings>> =
                (0..50).map(|job| found(job * 4..job * 4 + 4, 5)).collect();
            if backwards {
                jobs.iter_mut().rev().for_each(|job| shared.drop_rows(job));
            } else {
                jobs.iter_mut().for_each(|job| shared.drop_rows(job));
            }
            let kept: usize = jobs.iter().flatten().map(|findings| findings.rows.len()).sum();
            assert!(backwards || kept == 64 * 3, "{kept}");
            assert_eq!(rows(jobs.into_iter().flatten().collect()), expected);
        }
    }
}
