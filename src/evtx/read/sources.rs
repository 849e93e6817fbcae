//! Many sources, few of them open at a time.
//!
//! A thread that has nothing to do first helps with a source that is open, and opens the next one
//! only when there is none to help with. So every open source has a thread at work on it, and there
//! are never more open sources than threads: one huge log, a thousand small ones and many images
//! keep every core busy alike.

use super::event_limit::EventLimit;
use super::finding_counts::{ChunksWithRows, LogFindings};
use super::jobs::{self, JobResult, ReadJob};
use super::pool::ReadPool;
use super::summary::LogSummaryBuilder;
use super::worker::Worker;
use super::{ReadSettings, RecordReaders};
use crate::evidence::{OpenContainer, OpenSource};
use crate::model::{ContainerSummary, Event, EventSet, Finding, LogId};
use crate::progress::Progress;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What all sources are read with.
pub(super) struct SourceReader<'a> {
    pub(super) pool: &'a ReadPool,
    pub(super) settings: &'a ReadSettings,
    pub(super) readers: RecordReaders,
    pub(super) progress: &'a dyn Progress,
}

/// A source that is open. The last thread to let go of it closes it.
struct SourceInWork<'a> {
    number: usize,
    evidence: OpenSource,
    jobs: Vec<ReadJob>,
    next: AtomicUsize,
    done: Mutex<Vec<WorkerShare>>,
    /// For each log.
    chunks_with_rows: Vec<ChunksWithRows>,
    event_limit: &'a EventLimit,
    result: &'a OnceLock<ReadSource>,
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
    container: Option<ContainerSummary>,
    findings: Vec<Finding>,
    evidence_findings: Vec<Finding>,
}

impl SourceReader<'_> {
    /// Reads everything. The result is in the order of `sources`.
    pub(super) fn read_all<S: Send>(
        &self,
        sources: Vec<S>,
        open: impl Fn(S) -> OpenSource + Sync,
    ) -> EventSet {
        let results: Vec<OnceLock<ReadSource>> = sources.iter().map(|_| OnceLock::new()).collect();
        let event_limit = &EventLimit::new(self.pool.memory().for_events());
        let open = &open;
        // A thread without work takes from the pool's queue what other threads have spawned.
        self.pool.rayon().in_place_scope(|scope| {
            for ((number, source), result) in sources.into_iter().enumerate().zip(&results) {
                scope.spawn(move |scope| {
                    let evidence = open(source);
                    let jobs = jobs::plan(&evidence.logs, self.settings);
                    let bytes = jobs.iter().map(ReadJob::bytes).sum();
                    self.progress.reading(bytes, evidence.logs.len());
                    let helpers = self.pool.threads().min(jobs.len()).saturating_sub(1);
                    let source = Arc::new(SourceInWork {
                        number,
                        chunks_with_rows: evidence
                            .logs
                            .iter()
                            .map(|_| Default::default())
                            .collect(),
                        evidence,
                        jobs,
                        next: AtomicUsize::new(0),
                        done: Mutex::default(),
                        event_limit,
                        result,
                    });
                    for _ in 0..helpers {
                        let source = Arc::clone(&source);
                        scope.spawn(move |_| self.work(source));
                    }
                    self.work(source);
                });
            }
        });
        let mut all = EventSet::default();
        for (number, result) in results.into_iter().enumerate() {
            if let Some(source) = result.into_inner() {
                all.add(source.put_together(event_limit.end(number)));
            }
        }
        all
    }

    /// Does the jobs of a source until none is left.
    fn work(&self, source: Arc<SourceInWork<'_>>) {
        let mut worker = None;
        let mut jobs = Vec::new();
        loop {
            let index = source.next.fetch_add(1, Ordering::Relaxed);
            let logs = &source.evidence.logs;
            let job = source.jobs.get(index).and_then(|job| Some((job, job.log(logs)?)));
            let Some((job, log)) = job else { break };
            if !source.event_limit.is_beyond((source.number, index)) {
                let worker = worker.get_or_insert_with(|| Worker::new(self.settings, self.readers));
                jobs.push((index, source.take(index, worker.run(job, log))));
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

impl SourceInWork<'_> {
    /// Takes the result of a job: counts its events, and drops what nobody will see.
    fn take(&self, index: usize, mut result: JobResult) -> JobResult {
        if let JobResult::Chunks(chunks) = &mut result {
            self.event_limit.add((self.number, index), chunks.events);
            if let Some(known) = self.chunks_with_rows.get(chunks.log.index()) {
                known.drop_rows(&mut chunks.findings);
            }
        }
        result
    }

    /// Takes from the source what is needed after it is closed.
    fn put_result(self) {
        let SourceInWork { evidence, jobs, done, result, .. } = self;
        let mut findings = Vec::new();
        let summaries = (0..)
            .map(LogId)
            .zip(&evidence.logs)
            .map(|(id, log)| LogSummaryBuilder::begin(id, log, &mut findings))
            .collect();
        let container = evidence.container.as_ref().map(OpenContainer::summary);
        let shares = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        let evidence_findings = evidence.findings;
        let read = ReadSource { jobs, shares, summaries, container, findings, evidence_findings };
        let _ = result.set(read);
    }
}

impl ReadSource {
    /// Puts together what its jobs found, in their order, up to the job `end`.
    fn put_together(self, end: Option<usize>) -> EventSet {
        let ReadSource { jobs, mut shares, mut summaries, container, findings, .. } = self;
        let mut read = EventSet { findings, ..EventSet::default() };
        let mut done: Vec<(usize, usize, JobResult)> = Vec::new();
        for (share, WorkerShare { jobs, .. }) in shares.iter_mut().enumerate() {
            done.extend(jobs.drain(..).map(|(index, result)| (index, share, result)));
        }
        done.sort_unstable_by_key(|&(index, ..)| index);
        read.events = in_order(&done, shares, end);
        let end = end.unwrap_or(usize::MAX);
        let mut counted: Vec<LogFindings> = summaries.iter().map(|_| Default::default()).collect();
        for (.., result) in done.into_iter().take_while(|(index, ..)| *index < end) {
            let at = result.log().index();
            let (Some(summary), Some(counted)) = (summaries.get_mut(at), counted.get_mut(at))
            else {
                continue;
            };
            match result {
                JobResult::Hash(_, sha256) => summary.hashed(sha256, &mut read.findings),
                JobResult::Chunks(chunks) => {
                    read.records_by_crate += chunks.counts.by_crate;
                    read.accounting.add(&chunks.accounting);
                    counted.add(summary.named(), chunks.findings, &mut read.findings);
                    summary.counts.add(chunks.counts);
                }
            }
        }
        for job in jobs.iter().skip(end) {
            if let ReadJob::Chunks { log, first, .. } = *job
                && let Some(summary) = summaries.get_mut(log.index())
            {
                summary.ends_at(first);
            }
        }
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
        read.containers.extend(container);
        read.findings.extend(self.evidence_findings);
        read
    }
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
    let mut shares: Vec<_> =
        shares.into_iter().map(|share| share.events.into_iter().flatten()).collect();
    for job in done {
        if let Some(share) = shares.get_mut(job.1) {
            events.extend(share.take(count(job)));
        }
    }
    events
}
