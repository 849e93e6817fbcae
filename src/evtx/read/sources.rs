//! Many sources, few of them open at a time.
//!
//! A thread that has nothing to do first helps with a source that is open, and opens the next one
//! only when there is none to help with. So every open source has a thread at work on it, and there
//! are never more open sources than threads: one huge log, a thousand small ones and many images
//! keep every core busy alike.

use super::jobs::{self, JobResult, ReadJob};
use super::pool::ReadPool;
use super::summary::LogSummaryBuilder;
use super::worker::Worker;
use super::{ReadSettings, RecordReaders};
use crate::evidence::{OpenContainer, OpenSource, PendingSource};
use crate::model::{Event, EventSet, LogId};
use crate::progress::Progress;
use rayon::Scope;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What all sources are read with.
pub(super) struct SourceReader<'a> {
    pub(super) pool: &'a ReadPool,
    pub(super) settings: &'a ReadSettings,
    pub(super) readers: RecordReaders,
    pub(super) progress: &'a dyn Progress,
    /// Sources that were found so far.
    pub(super) found: AtomicUsize,
}

/// A source that is open. The last thread to let go of it puts together what was found.
struct SourceInWork {
    evidence: OpenSource,
    jobs: Vec<ReadJob>,
    next: AtomicUsize,
    done: Mutex<Vec<WorkerShare>>,
    result: Arc<SourceResult>,
}

/// What one source gave.
#[derive(Default)]
struct SourceResult {
    read: OnceLock<EventSet>,
    container: OnceLock<OpenContainer>,
    /// What the images and archives inside of it gave, in their order.
    nested: OnceLock<Vec<Arc<SourceResult>>>,
}

impl SourceResult {
    /// Adds what the source gave, then what those inside of it gave.
    fn add_to(self: Arc<Self>, all: &mut EventSet) {
        let Some(SourceResult { read, container, nested }) = Arc::into_inner(self) else { return };
        let mut read = read.into_inner().unwrap_or_default();
        // Only now everything is counted that was read of it.
        read.containers.extend(container.get().map(OpenContainer::summary));
        all.add(read);
        nested.into_inner().into_iter().flatten().for_each(|nested| nested.add_to(all));
    }
}

/// What one thread did of a source: its jobs by number, and the events that they found.
struct WorkerShare {
    jobs: Vec<(usize, JobResult)>,
    events: Vec<Vec<Event>>,
}

impl SourceReader<'_> {
    /// Reads everything. The result is in the order of `sources`; the images and archives that are found
    /// inside of a source are sources of their own, and follow it.
    pub(super) fn read_all(
        &self,
        sources: Vec<PendingSource>,
        open: impl Fn(PendingSource) -> OpenSource + Sync,
    ) -> EventSet {
        let (open, mut all) = (&open, EventSet::default());
        // A thread without work takes from the pool's queue what other threads have spawned.
        let results = self.pool.rayon().in_place_scope(|scope| self.spawn(scope, sources, open));
        results.into_iter().for_each(|result| result.add_to(&mut all));
        all
    }

    /// Has sources opened and read by whoever has nothing else to do.
    fn spawn<'s, O>(
        &'s self,
        scope: &Scope<'s>,
        sources: Vec<PendingSource>,
        open: &'s O,
    ) -> Vec<Arc<SourceResult>>
    where
        O: Fn(PendingSource) -> OpenSource + Sync,
    {
        if !sources.is_empty() {
            let before = self.found.fetch_add(sources.len(), Ordering::Relaxed);
            self.progress.sources(before + sources.len());
        }
        let spawned = sources.into_iter().map(|source| {
            let result = Arc::new(SourceResult::default());
            let own = Arc::clone(&result);
            scope.spawn(move |scope| self.open_and_work(scope, open(source), own, open));
            result
        });
        spawned.collect()
    }

    /// Reads a source that is open, with the help of other threads.
    fn open_and_work<'s, O>(
        &'s self,
        scope: &Scope<'s>,
        mut evidence: OpenSource,
        result: Arc<SourceResult>,
        open: &'s O,
    ) where
        O: Fn(PendingSource) -> OpenSource + Sync,
    {
        let jobs = jobs::plan(&evidence.logs, self.settings);
        let bytes = jobs.iter().map(ReadJob::bytes).sum();
        self.progress.reading(bytes, evidence.logs.len());
        // A thread takes first what it has spawned last: the helpers, so that this source is closed
        // before those inside of it are opened.
        let nested = self.spawn(scope, std::mem::take(&mut evidence.nested), open);
        let _ = result.nested.set(nested);
        if let Some(container) = evidence.container.take() {
            let _ = result.container.set(container);
        }
        let helpers = self.pool.threads().min(jobs.len()).saturating_sub(1);
        let (next, done) = (AtomicUsize::new(0), Mutex::default());
        let source = Arc::new(SourceInWork { evidence, jobs, next, done, result });
        for _ in 0..helpers {
            let source = Arc::clone(&source);
            scope.spawn(move |_| self.work(source));
        }
        self.work(source);
    }

    /// Does the jobs of a source until none is left.
    fn work(&self, source: Arc<SourceInWork>) {
        let mut worker = None;
        let mut jobs = Vec::new();
        loop {
            let index = source.next.fetch_add(1, Ordering::Relaxed);
            let logs = &source.evidence.logs;
            let job = source.jobs.get(index).and_then(|job| Some((job, job.log(logs)?)));
            let Some((job, log)) = job else { break };
            let worker = worker.get_or_insert_with(|| Worker::new(self.settings, self.readers));
            jobs.push((index, worker.run(job, log)));
            self.progress.advanced(job.bytes(), &log.path);
        }
        if let Some(worker) = worker {
            let share = WorkerShare { jobs, events: worker.into_events() };
            source.done.lock().unwrap_or_else(PoisonError::into_inner).push(share);
        }
        if let Some(SourceInWork { evidence, done, result, .. }) = Arc::into_inner(source) {
            let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
            let _ = result.read.set(put_together(evidence, done));
            self.progress.closed();
        }
    }
}

/// Puts together what the jobs of a source found, in their order, and closes the source.
fn put_together(evidence: OpenSource, mut shares: Vec<WorkerShare>) -> EventSet {
    let mut read = EventSet::default();
    let mut done: Vec<(usize, usize, JobResult)> = Vec::new();
    for (share, WorkerShare { jobs, .. }) in shares.iter_mut().enumerate() {
        done.extend(jobs.drain(..).map(|(index, result)| (index, share, result)));
    }
    done.sort_unstable_by_key(|&(index, ..)| index);
    read.events = in_order(&done, shares);
    let mut summaries: Vec<_> = (0..)
        .map(LogId)
        .zip(&evidence.logs)
        .map(|(id, log)| LogSummaryBuilder::begin(id, log, &mut read.findings))
        .collect();
    for (.., result) in done {
        let Some(summary) = summaries.get_mut(result.log().index()) else { continue };
        match result {
            JobResult::Hash(_, sha256) => summary.hashed(sha256, &mut read.findings),
            JobResult::Chunks(chunks) => {
                read.records_by_crate += chunks.counts.by_crate;
                read.accounting.add(&chunks.accounting);
                read.accounting.add_reported(&chunks.counts.foreign_by_id);
                summary.counts.add(chunks.counts);
                read.findings.extend(chunks.findings);
            }
        }
    }
    for (summary, log) in summaries.iter_mut().zip(&evidence.logs) {
        summary.compare(log, &mut read.findings);
    }
    let losses = read.findings.iter().filter(|finding| finding.is_loss());
    let with_loss: BTreeSet<LogId> = losses.filter_map(|finding| finding.log).collect();
    for (id, summary) in (0..).map(LogId).zip(summaries) {
        read.logs.push(summary.into_summary(with_loss.contains(&id)));
    }
    read.findings.extend(evidence.findings);
    read
}

/// The events of all shares in the order of jobs.
fn in_order(done: &[(usize, usize, JobResult)], shares: Vec<WorkerShare>) -> Vec<Event> {
    let events = shares.iter().flat_map(|share| &share.events).map(Vec::len).sum();
    let mut events = Vec::with_capacity(events);
    let mut shares: Vec<_> =
        shares.into_iter().map(|share| share.events.into_iter().flatten()).collect();
    for (_, share, result) in done {
        if let (JobResult::Chunks(chunks), Some(share)) = (result, shares.get_mut(*share)) {
            events.extend(share.take(chunks.events));
        }
    }
    events
}
