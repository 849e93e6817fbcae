//! Many sources, few of them open at a time.
//!
//! A thread that has nothing to do first helps with a source that is open, and opens the next one
//! only when there is none to help with. So every open source has a thread at work on it, and there
//! are never more open sources than threads: one huge log, a thousand small ones and many images
//! keep every core busy alike.

use super::event_limit::{self, EventLimit, SourceNumber};
use super::finding_counts::{ChunksWithRows, LogFindings};
use super::jobs::{self, JobResult, ReadJob};
use super::pool::ReadPool;
use super::summary::LogSummaryBuilder;
use super::worker::Worker;
use super::{ReadSettings, RecordReaders};
use crate::evidence::{OpenContainer, OpenSource, PendingSource};
use crate::model::{Event, EventSet, Finding, LogId};
use crate::progress::Progress;
use rayon::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What all sources are read with.
pub(super) struct SourceReader<'a> {
    pub(super) pool: &'a ReadPool,
    pub(super) settings: &'a ReadSettings,
    pub(super) readers: RecordReaders,
    pub(super) progress: &'a dyn Progress,
    /// Sources that were found so far.
    found: AtomicUsize,
    event_limit: EventLimit,
    /// The same for records of hops, which have memory of their own: what is read of sessions does not
    /// depend on them.
    hop_limit: EventLimit,
}

/// A source that is open. The last thread to let go of it closes it.
struct SourceInWork {
    evidence: OpenSource,
    jobs: Vec<ReadJob>,
    next: AtomicUsize,
    done: Mutex<Vec<WorkerShare>>,
    /// For each log.
    chunks_with_rows: Vec<ChunksWithRows>,
    result: Arc<SourceResult>,
}

/// What one source gave.
struct SourceResult {
    number: SourceNumber,
    read: OnceLock<ReadSource>,
    container: OnceLock<OpenContainer>,
    /// What the images and archives inside of it gave, in their order.
    nested: OnceLock<Vec<Arc<SourceResult>>>,
}

impl SourceResult {
    fn of(number: SourceNumber) -> SourceResult {
        let (read, container, nested) = Default::default();
        SourceResult { number, read, container, nested }
    }

    /// Adds what the source gave, then what those inside of it gave.
    fn add_to(self: Arc<Self>, all: &mut EventSet, limits: [&EventLimit; 2]) {
        let Some(SourceResult { number, read, container, nested }) = Arc::into_inner(self) else {
            return;
        };
        if let Some(read) = read.into_inner() {
            let [end, hop_end] = limits.map(|limit| limit.end(&number));
            let mut read = read.put_together(end, hop_end);
            // Only now everything is counted that was read of it.
            read.containers.extend(container.get().map(OpenContainer::summary));
            all.add(read);
        }
        nested.into_inner().into_iter().flatten().for_each(|nested| nested.add_to(all, limits));
    }
}

/// What one thread did of a source: its jobs by number, and the events that they found.
struct WorkerShare {
    jobs: Vec<(usize, JobResult)>,
    events: Vec<Vec<Event>>,
}

/// A source that was read and is closed.
struct ReadSource {
    jobs: Vec<ReadJob>,
    shares: Vec<WorkerShare>,
    summaries: Vec<LogSummaryBuilder>,
    findings: Vec<Finding>,
    evidence_findings: Vec<Finding>,
}

impl<'a> SourceReader<'a> {
    pub(super) fn new(
        pool: &'a ReadPool,
        settings: &'a ReadSettings,
        readers: RecordReaders,
        progress: &'a dyn Progress,
    ) -> SourceReader<'a> {
        let [event_limit, hop_limit] =
            [(); 2].map(|()| EventLimit::new(pool.memory().most_events()));
        SourceReader { pool, settings, readers, progress, found: 0.into(), event_limit, hop_limit }
    }

    /// Reads everything. The result is in the order of `sources`; the images and archives that are found
    /// inside of a source are sources of their own, and follow it.
    pub(super) fn read_all(
        &self,
        sources: Vec<PendingSource>,
        open: impl Fn(PendingSource) -> OpenSource + Sync,
    ) -> EventSet {
        let (open, mut all) = (&open, EventSet::default());
        // A thread without work takes from the pool's queue what other threads have spawned.
        let results =
            self.pool.rayon().in_place_scope(|scope| self.spawn(scope, sources, &[], open));
        let limits = [&self.event_limit, &self.hop_limit];
        results.into_iter().for_each(|result| result.add_to(&mut all, limits));
        all
    }

    /// Has sources opened and read by whoever has nothing else to do; `around` is the number of the source
    /// that they are in.
    fn spawn<'s, O>(
        &'s self,
        scope: &Scope<'s>,
        sources: Vec<PendingSource>,
        around: &[usize],
        open: &'s O,
    ) -> Vec<Arc<SourceResult>>
    where
        O: Fn(PendingSource) -> OpenSource + Sync,
    {
        if !sources.is_empty() {
            let before = self.found.fetch_add(sources.len(), Ordering::Relaxed);
            self.progress.sources(before + sources.len());
        }
        let spawned = sources.into_iter().enumerate().map(|(at, source)| {
            let number = around.iter().copied().chain([at]).collect();
            let result = Arc::new(SourceResult::of(number));
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
        let nested = std::mem::take(&mut evidence.nested);
        let _ = result.nested.set(self.spawn(scope, nested, &result.number, open));
        if let Some(container) = evidence.container.take() {
            let _ = result.container.set(container);
        }
        let helpers = self.pool.threads().min(jobs.len()).saturating_sub(1);
        let (next, done) = (AtomicUsize::new(0), Mutex::default());
        let chunks_with_rows = evidence.logs.iter().map(|_| ChunksWithRows::default()).collect();
        let source =
            Arc::new(SourceInWork { evidence, jobs, next, done, chunks_with_rows, result });
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
            let key = (Arc::clone(&source.result.number), index);
            if !self.event_limit.is_beyond(&key) {
                let worker = worker.get_or_insert_with(|| Worker::new(self.settings, self.readers));
                let mut result = worker.run(job, log);
                if let JobResult::Chunks(chunks) = &mut result {
                    self.hop_limit.add(key.clone(), chunks.hops.len());
                    if self.hop_limit.is_beyond(&key) {
                        chunks.hops = Vec::new();
                    }
                    self.event_limit.add(key, chunks.events);
                    if let Some(known) = source.chunks_with_rows.get(chunks.log.index()) {
                        known.drop_rows(&mut chunks.findings);
                    }
                }
                jobs.push((index, result));
            }
            self.progress.advanced(job.bytes(), &log.path);
        }
        if let Some(worker) = worker {
            let share = WorkerShare { jobs, events: worker.into_events() };
            source.done.lock().unwrap_or_else(PoisonError::into_inner).push(share);
        }
        if let Some(source) = Arc::into_inner(source) {
            source.put_result();
            self.progress.closed();
        }
    }
}

impl SourceInWork {
    /// Takes from the source what is needed after it is closed.
    fn put_result(self) {
        let SourceInWork { evidence, jobs, done, result, .. } = self;
        let mut findings = Vec::new();
        let summaries = (0..)
            .map(LogId)
            .zip(&evidence.logs)
            .map(|(id, log)| LogSummaryBuilder::begin(id, log, &mut findings))
            .collect();
        let shares = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        let evidence_findings = evidence.findings;
        let read = ReadSource { jobs, shares, summaries, findings, evidence_findings };
        let _ = result.read.set(read);
    }
}

impl ReadSource {
    /// Puts together what its jobs found, in their order, up to the job `end`.
    fn put_together(self, end: Option<usize>, hop_end: Option<usize>) -> EventSet {
        let ReadSource { jobs, mut shares, mut summaries, findings, evidence_findings } = self;
        let mut read = EventSet { findings, ..EventSet::default() };
        let mut done: Vec<(usize, usize, JobResult)> = Vec::new();
        for (share, WorkerShare { jobs, .. }) in shares.iter_mut().enumerate() {
            done.extend(jobs.drain(..).map(|(index, result)| (index, share, result)));
        }
        done.sort_unstable_by_key(|&(index, ..)| index);
        read.events = in_order(&done, shares, end);
        let end = end.unwrap_or(usize::MAX);
        let hop_end = hop_end.unwrap_or(usize::MAX);
        let mut counted: Vec<LogFindings> = summaries.iter().map(|_| Default::default()).collect();
        for (index, _, result) in done.into_iter().take_while(|(index, ..)| *index < end) {
            let at = result.log().index();
            let (Some(summary), Some(counted)) = (summaries.get_mut(at), counted.get_mut(at))
            else {
                continue;
            };
            match result {
                JobResult::Hash(_, sha256) => summary.hashed(sha256, &mut read.findings),
                JobResult::Chunks(chunks) => {
                    summary.accounting.add(&chunks.accounting);
                    counted.add(summary.named(), chunks.findings, &mut read.findings);
                    summary.counts.add(chunks.counts);
                    if index < hop_end {
                        read.hop_records.extend(chunks.hops);
                    }
                }
            }
        }
        for (log, slot) in first_slots_beyond(&jobs, end) {
            if let Some(summary) = summaries.get_mut(log.index()) {
                summary.ends_at(slot);
            }
        }
        read.findings.extend(first_slots_beyond(&jobs, hop_end).into_iter().filter_map(
            |(log, slot)| {
                let (id, path) = summaries.get(log.index())?.named();
                Some(Finding { log: Some(id), ..event_limit::hops_finding(path, slot) })
            },
        ));
        for (summary, counted) in summaries.iter_mut().zip(counted) {
            let (id, path) = summary.named();
            read.findings.extend(counted.others(id, path));
            summary.compare(&mut read.findings);
        }
        let losses = read.findings.iter().filter(|finding| finding.is_loss());
        let with_loss: BTreeSet<LogId> = losses.filter_map(|finding| finding.log).collect();
        for (id, summary) in (0..).map(LogId).zip(summaries) {
            read.logs.push(summary.into_summary(with_loss.contains(&id)));
        }
        read.findings.extend(evidence_findings);
        read
    }
}

/// Of each log the first chunk that belongs to a job from `end` on.
fn first_slots_beyond(jobs: &[ReadJob], end: usize) -> BTreeMap<LogId, u32> {
    let mut slots = BTreeMap::new();
    for job in jobs.iter().skip(end) {
        if let ReadJob::Chunks { log, first, .. } = *job {
            let known: &mut u32 = slots.entry(log).or_insert(first);
            *known = first.min(*known);
        }
    }
    slots
}

/// The events of all shares in the order of jobs, up to the job `end`.
fn in_order(
    done: &[(usize, usize, JobResult)],
    shares: Vec<WorkerShare>,
    end: Option<usize>,
) -> Vec<Event> {
    let count = |(index, _, result): &(usize, usize, JobResult)| match result {
        JobResult::Chunks(chunks) if end.is_none_or(|end| *index < end) => chunks.events,
        _ => 0,
    };
    let mut events = Vec::with_capacity(done.iter().map(count).sum());
    // Of each share the blocks that are left, and what is left of the first one of them.
    let mut shares: Vec<_> = shares
        .into_iter()
        .map(|share| (share.events.into_iter(), Vec::new().into_iter()))
        .collect();
    for job in done {
        let Some((blocks, block)) = shares.get_mut(job.1) else { continue };
        // The events of a job are in one block.
        if block.len() == 0
            && let Some(next) = blocks.next()
        {
            *block = next.into_iter();
        }
        events.extend(block.take(count(job)));
    }
    events
}
