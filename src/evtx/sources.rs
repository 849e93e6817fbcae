//! Many sources, few of them open at a time.
//!
//! A thread that has nothing to do helps with a source that is open, and only when there is none
//! to help with it opens the next. So every source that is open has a thread at work on it, and
//! there are never more of them than threads.

use super::jobs::{self, Done, Job, Worker};
use super::summary::Summary;
use super::{Pool, Readers, Settings};
use crate::evidence::OpenSource;
use crate::model::{Event, EventSet, LogId};
use crate::progress::Progress;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What all sources are read with.
pub(super) struct Reader<'a> {
    pub(super) pool: &'a Pool,
    pub(super) settings: &'a Settings,
    pub(super) readers: Readers,
    pub(super) progress: &'a dyn Progress,
}

/// A source that is open. Whoever lets go of it last puts together what was found.
struct Open<'a> {
    evidence: OpenSource,
    jobs: Vec<Job>,
    next: AtomicUsize,
    done: Mutex<Vec<Share>>,
    read: &'a OnceLock<EventSet>,
}

/// What one thread did of a source: its jobs by number, and the events that they found.
struct Share {
    jobs: Vec<(usize, Done)>,
    events: Vec<Vec<Event>>,
}

impl Reader<'_> {
    /// Reads everything in the order of `sources`.
    pub(super) fn read_all<S: Send>(
        &self,
        sources: Vec<S>,
        open: impl Fn(S) -> OpenSource + Sync,
    ) -> EventSet {
        let read: Vec<OnceLock<EventSet>> = sources.iter().map(|_| OnceLock::new()).collect();
        let open = &open;
        // Threads take what stands in the pool's own queue when they find nothing else to do.
        self.pool.threads.in_place_scope(|scope| {
            for (source, read) in sources.into_iter().zip(&read) {
                scope.spawn(move |scope| {
                    let evidence = open(source);
                    let jobs = jobs::plan(&evidence.logs, self.settings);
                    let bytes = jobs.iter().map(Job::bytes).sum();
                    self.progress.reading(bytes, evidence.logs.len());
                    let helpers = self.pool.threads().min(jobs.len()).saturating_sub(1);
                    let (next, done) = (AtomicUsize::new(0), Mutex::default());
                    let open = Arc::new(Open { evidence, jobs, next, done, read });
                    for _ in 0..helpers {
                        let open = Arc::clone(&open);
                        scope.spawn(move |_| self.work(open));
                    }
                    self.work(open);
                });
            }
        });
        let mut all = EventSet::default();
        read.into_iter().filter_map(OnceLock::into_inner).for_each(|read| all.add(read));
        all
    }

    /// Does the jobs of a source until none is left.
    fn work(&self, open: Arc<Open<'_>>) {
        let mut worker = None;
        let mut jobs = Vec::new();
        loop {
            let index = open.next.fetch_add(1, Ordering::Relaxed);
            let logs = &open.evidence.logs;
            let job = open.jobs.get(index).and_then(|job| Some((job, job.log(logs)?)));
            let Some((job, log)) = job else { break };
            let worker = worker.get_or_insert_with(|| Worker::new(self.settings, self.readers));
            jobs.push((index, worker.run(job, log)));
            self.progress.advanced(job.bytes(), &log.path);
        }
        if let Some(worker) = worker {
            let share = Share { jobs, events: worker.into_events() };
            open.done.lock().unwrap_or_else(PoisonError::into_inner).push(share);
        }
        if let Some(Open { evidence, done, read, .. }) = Arc::into_inner(open) {
            let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
            let _ = read.set(together(evidence, done));
            self.progress.closed();
        }
    }
}

/// What the jobs found, in their order, as one; the source is closed.
fn together(evidence: OpenSource, mut shares: Vec<Share>) -> EventSet {
    let mut read = EventSet::default();
    let mut done: Vec<(usize, usize, Done)> = Vec::new();
    for (share, Share { jobs, .. }) in shares.iter_mut().enumerate() {
        done.extend(jobs.drain(..).map(|(index, job)| (index, share, job)));
    }
    done.sort_unstable_by_key(|&(index, ..)| index);
    read.events = in_order(&done, shares);
    let mut summaries: Vec<_> = (0..)
        .map(LogId)
        .zip(&evidence.logs)
        .map(|(id, log)| Summary::begin(id, log, &mut read.findings))
        .collect();
    for (.., done) in done {
        let Some(summary) = summaries.get_mut(done.log().index()) else { continue };
        match done {
            Done::Hashed(_, sha256) => summary.hashed(sha256, &mut read.findings),
            Done::Scanned(scanned) => {
                read.records_by_crate += scanned.tally.by_crate;
                read.left_out += scanned.tally.left_out;
                summary.tally.add(scanned.tally);
                read.findings.extend(scanned.findings);
            }
        }
    }
    for (summary, log) in summaries.into_iter().zip(&evidence.logs) {
        read.logs.push(summary.finish(log, &mut read.findings));
    }
    read.containers.extend(evidence.container.as_ref().map(|used| used.summary()));
    read.findings.extend(evidence.findings);
    read
}

/// The events of all shares in the order of jobs.
fn in_order(done: &[(usize, usize, Done)], shares: Vec<Share>) -> Vec<Event> {
    let events = shares.iter().flat_map(|share| &share.events).map(Vec::len).sum();
    let mut events = Vec::with_capacity(events);
    let mut shares: Vec<_> =
        shares.into_iter().map(|share| share.events.into_iter().flatten()).collect();
    for (_, share, done) in done {
        if let (Done::Scanned(scanned), Some(share)) = (done, shares.get_mut(*share)) {
            events.extend(share.take(scanned.events));
        }
    }
    events
}
