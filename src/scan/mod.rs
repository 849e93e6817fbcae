//! EVTX chunks to events, in parallel.
//!
//! All logs are cut into jobs of a few chunks; one worker per core takes the next job until none
//! is left, so that one huge log and a thousand small ones keep every core busy alike. A chunk
//! stands alone: its records refer to nothing outside of it. What a job found is put together in
//! the order of the jobs, so the result does not depend on the number of threads.

mod binxml;
mod bytes;
mod chunk;
mod crate_reader;
mod header;
mod jobs;
mod records;
mod summary;
#[cfg(test)]
mod tests;
mod walk;
mod xml;

use crate::error::{Error, Result};
use crate::evidence::Log;
use crate::model::{LogId, Reading};
use crate::progress::Progress;
use jobs::{Done, Job, Worker};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How to scan.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Settings {
    /// Worker threads; `None`: one per core.
    pub(crate) threads: Option<usize>,
    /// SHA-256 of each log.
    pub(crate) hash: bool,
    /// Also carve records from free space.
    pub(crate) recover: bool,
}

/// Reads all logs.
///
/// # Errors
/// When threads cannot be started.
pub(crate) fn scan(logs: &[Log], settings: &Settings, progress: &dyn Progress) -> Result<Reading> {
    scan_with(Readers::Both, logs, settings, progress)
}

/// Who reads records: a test compares the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// The fast reader, and the crate for what that leaves.
    Both,
    /// The crate alone.
    #[cfg(test)]
    Crate,
}

fn scan_with(
    readers: Readers,
    logs: &[Log],
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<Reading> {
    let jobs = jobs::plan(logs, settings);
    let bytes = jobs.iter().map(Job::bytes).sum();
    progress.reading(bytes, logs.len());

    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(settings.threads.unwrap_or(0))
        .thread_name(|n| format!("scan-{n}"))
        .build()
        .map_err(|error| Error::Threads(error.to_string()))?;
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, Done)> = pool
        .broadcast(|_| {
            let mut worker = Worker::new(settings.recover, readers);
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((job, log)) = jobs.get(index).and_then(|job| Some((job, job.log(logs)?)))
                else {
                    break done;
                };
                done.push((index, worker.run(job, log)));
                progress.advanced(job.bytes(), &log.path);
            }
        })
        .into_iter()
        .flatten()
        .collect();
    done.sort_unstable_by_key(|&(index, _)| index);
    Ok(together(logs, done.into_iter().map(|(_, done)| done)))
}

/// What the jobs found, in their order, as one.
fn together(logs: &[Log], done: impl Iterator<Item = Done>) -> Reading {
    let mut read = Reading::default();
    let mut summaries: Vec<_> = (0..)
        .map(LogId)
        .zip(logs)
        .map(|(id, log)| summary::Summary::begin(id, log, &mut read.findings))
        .collect();
    for done in done {
        let Some(summary) = summaries.get_mut(done.log().index()) else { continue };
        match done {
            Done::Hashed(_, sha256) => summary.hashed(sha256, &mut read.findings),
            Done::Scanned(scanned) => {
                read.records_by_crate += scanned.tally.by_crate;
                summary.tally.add(scanned.tally);
                read.events.extend(scanned.events);
                read.findings.extend(scanned.findings);
            }
        }
    }
    for (summary, log) in summaries.into_iter().zip(logs) {
        read.logs.push(summary.finish(log, &mut read.findings));
    }
    read
}
