//! Keeps the events of a run within the memory that they may take.
//!
//! What is kept does not depend on which thread was faster: it is the longest beginning of all jobs, in
//! the order of sources and their jobs, whose events fit. What was read of later jobs is dropped.

use crate::model::{Finding, FindingCode};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The number of a source behind those of the sources that it is in: what is inside of a source follows
/// it.
pub(super) type SourceNumber = Arc<[usize]>;

/// A job: the number of its source, and its number in that source.
type JobKey = (SourceNumber, usize);

/// See the module. All sources of a run share it.
pub(super) struct EventLimit {
    most: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Events by the jobs that were done and are kept.
    done: BTreeMap<JobKey, u64>,
    events: u64,
    /// The first job that is not kept.
    end: Option<JobKey>,
}

impl EventLimit {
    /// A limit of so many events.
    pub(super) fn new(most: u64) -> EventLimit {
        EventLimit { most, state: Mutex::default() }
    }

    /// Whether the result of this job will be dropped, whatever else is read.
    pub(super) fn is_beyond(&self, job: &JobKey) -> bool {
        self.state().end.as_ref().is_some_and(|end| job >= end)
    }

    /// A job found so many events.
    pub(super) fn add(&self, job: JobKey, events: usize) {
        if events == 0 {
            return;
        }
        let mut state = self.state();
        if state.end.as_ref().is_some_and(|end| job >= *end) {
            return;
        }
        let events = events as u64;
        state.done.insert(job, events);
        state.events = state.events.saturating_add(events);
        while state.events > self.most
            && let Some((last, dropped)) = state.done.pop_last()
        {
            state.events -= dropped;
            state.end = Some(last);
        }
    }

    /// Of all jobs of a source, the first that is not kept. The source must be read whole. Jobs before
    /// that one are kept only if no job of an earlier source leads to another end, so that this is called
    /// when all sources are read.
    pub(super) fn end(&self, source: &SourceNumber) -> Option<usize> {
        let (end_source, job) = self.state().end.clone()?;
        match end_source.cmp(source) {
            std::cmp::Ordering::Less => Some(0),
            std::cmp::Ordering::Equal => Some(job),
            std::cmp::Ordering::Greater => None,
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The finding about a log whose records were not all used.
pub(super) fn finding(path: &str, first_slot: u32) -> Finding {
    let message = format!(
        "{path}: its records from chunk {first_slot} on were not used: the events of all logs would take \
         more memory than is given to them; give more with --memory, or give fewer logs at a time"
    );
    Finding::new(FindingCode::MemoryLimit, message)
}

/// The finding about a log whose records were not all used for hops.
pub(super) fn hops_finding(path: &str, first_slot: u32) -> Finding {
    let message = format!(
        "{path}: its records from chunk {first_slot} on were not used for hops: they would take more memory \
         than is given to them; give more with --memory, or give fewer logs at a time. The sessions are whole"
    );
    Finding::new(FindingCode::MemoryLimit, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In whatever order the jobs are done, the same ones are kept.
    #[test]
    fn the_first_jobs_that_fit_are_kept() {
        let number = |path: &[usize]| -> SourceNumber { path.into() };
        // The third source is inside of the second one.
        let jobs: [(&[usize], usize, usize); 6] =
            [(&[0], 0, 3), (&[0], 1, 0), (&[0], 2, 4), (&[1], 0, 2), (&[1], 1, 9), (&[1, 0], 0, 1)];
        for turn in 0..jobs.len() {
            for backwards in [false, true] {
                let mut order = jobs;
                order.rotate_left(turn);
                if backwards {
                    order.reverse();
                }
                let limit = EventLimit::new(10);
                for (path, job, events) in order {
                    limit.add((number(path), job), events);
                }
                let paths: [&[usize]; 4] = [&[0], &[1], &[1, 0], &[2]];
                let ends = paths.map(|path| limit.end(&number(path)));
                assert_eq!(ends, [None, Some(1), Some(0), Some(0)]);
                assert!(
                    limit.is_beyond(&(number(&[1]), 1)) && !limit.is_beyond(&(number(&[1]), 0))
                );
            }
        }
        assert_eq!(EventLimit::new(u64::MAX).end(&number(&[0])), None);
    }
}
