//! How far a run is: the numbers behind every way to show it.

use std::time::Instant;

/// How far the run is.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// Logs found so far.
    pub(super) logs_found: usize,
    /// Sources to be read in all; each of a batch counts once, whatever is inside of it.
    pub(super) sources: usize,
    pub(super) is_batch: bool,
    pub(super) opened: usize,
    pub(super) closed: usize,
    /// Bytes of all logs of the sources opened, and how many of them have been read.
    pub(super) bytes: u64,
    pub(super) read: u64,
    pub(super) stage: Stage,
    /// What one of the threads does now.
    pub(super) now: String,
}

/// What the whole run does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It looks for logs.
    #[default]
    Finding,
    /// It reads logs, since then.
    Reading(Instant),
    /// It builds and writes what it has read.
    Working,
}

impl Board {
    /// Bytes there will be if the sources not opened yet are like the others.
    pub(super) fn expected(&self) -> u64 {
        let scale = |all: usize, known: usize| {
            let bytes = u128::from(self.bytes) * all as u128 / known.max(1) as u128;
            u64::try_from(bytes).unwrap_or(u64::MAX)
        };
        if self.opened < self.sources { scale(self.sources, self.opened) } else { self.bytes }
    }
}
