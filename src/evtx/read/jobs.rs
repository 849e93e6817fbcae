//! The work of a source, cut into jobs.

use super::ReadSettings;
use super::pass::ChunksRead;
use crate::evidence::LogFile;
use crate::evtx::format::CHUNK_SIZE;
use crate::model::LogId;
use std::io;

/// 64 KiB slots of one job: few, so that the last jobs of a run are short; more than one, so that
/// reads are large.
pub(super) const SLOTS_PER_JOB: u32 = 4;
/// The bytes of these slots.
pub(super) const BYTES_PER_JOB: usize = SLOTS_PER_JOB as usize * CHUNK_SIZE;

/// A piece of work.
#[derive(Debug, Clone, Copy)]
pub(super) enum ReadJob {
    /// Compute the SHA-256 of this log of so many bytes.
    Hash(LogId, u64),
    /// Read some chunks of this log.
    Chunks {
        log: LogId,
        /// Number of the first slot.
        first: u32,
        /// Where that slot begins in the log.
        offset: u64,
        /// How many bytes there are to read.
        bytes: u64,
    },
}

impl ReadJob {
    /// Its log.
    pub(super) fn log<'l>(&self, logs: &'l [LogFile]) -> Option<&'l LogFile> {
        let (ReadJob::Hash(log, _) | ReadJob::Chunks { log, .. }) = self;
        logs.get(log.index())
    }

    pub(super) fn bytes(&self) -> u64 {
        let (ReadJob::Hash(_, bytes) | ReadJob::Chunks { bytes, .. }) = *self;
        bytes
    }
}

/// All jobs: hashes first, of the largest log first, because they cannot be divided; then chunks
/// in their order.
pub(super) fn plan(logs: &[LogFile], settings: &ReadSettings) -> Vec<ReadJob> {
    let numbered = || (0..).map(LogId).zip(logs);
    let mut jobs = Vec::new();
    if settings.hash {
        jobs.extend(numbered().map(|(id, log)| ReadJob::Hash(id, log.source.size())));
        jobs.sort_by_key(|job| std::cmp::Reverse(job.bytes()));
    }
    for (id, log) in numbered() {
        let end = log.source.size();
        let offsets = (log.first_chunk..end).step_by(BYTES_PER_JOB);
        let first_slots = (0..).step_by(SLOTS_PER_JOB as usize);
        jobs.extend(first_slots.zip(offsets).map(|(first, offset)| ReadJob::Chunks {
            log: id,
            first,
            offset,
            bytes: (BYTES_PER_JOB as u64).min(end - offset),
        }));
    }
    jobs
}

/// What a job found.
pub(super) enum JobResult {
    Hash(LogId, io::Result<String>),
    Chunks(Box<ChunksRead>),
}

impl JobResult {
    pub(super) fn log(&self) -> LogId {
        match self {
            JobResult::Hash(log, _) => *log,
            JobResult::Chunks(read) => read.log,
        }
    }
}
