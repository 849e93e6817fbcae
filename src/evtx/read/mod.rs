//! Reading in parallel: sources, their logs, jobs of a few chunks.
//!
//! A [`ReadPool`] has the threads. [`sources`] opens one source for each thread that has nothing
//! else to do; [`jobs`] cuts its logs into jobs; a [`worker`] does them and notes in a [`pass`] what
//! it finds; [`summary`] adds that up for each log. [`head_only`] decides which events are only
//! counted. [`oddities`] and [`chunk_order`] hold the numbers of a log against each other;
//! [`recover`] finds more in damaged logs.

mod chunk_order;
mod head_only;
mod jobs;
mod oddities;
mod pass;
mod pool;
mod recover;
#[cfg(test)]
mod recover_tests;
mod sources;
mod summary;
#[cfg(test)]
pub(in crate::evtx) mod tests;
mod worker;

pub(crate) use pool::ReadPool;

use crate::evidence::{PendingSource, SearchSettings};
use crate::model::EventSet;
use crate::model::event::Detail;
use crate::progress::Progress;
use sources::SourceReader;
use std::sync::atomic::AtomicUsize;

/// What is read, and how.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReadSettings {
    /// Computes the SHA-256 of each log.
    pub(crate) hash: bool,
    /// Also carves records from free space.
    pub(crate) recover: bool,
    /// How much is kept of events that concern no session. [`Detail::HeadOnly`] also leaves out
    /// the events of which a neighbour says as much; see [`head_only`].
    pub(crate) detail: Detail,
}

/// Opens and reads all sources with the threads of `pool`; see [`SourceReader::read_all`].
pub(crate) fn read_sources(
    pool: &ReadPool,
    sources: Vec<PendingSource>,
    how_found: &SearchSettings,
    settings: &ReadSettings,
    progress: &dyn Progress,
) -> EventSet {
    let (readers, found) = (RecordReaders::FastAndCrate, AtomicUsize::new(0));
    let reader = SourceReader { pool, settings, readers, progress, found };
    reader.read_all(sources, |source| {
        if let Some(container) = source.container() {
            progress.opening(container);
        }
        source.open(how_found, pool.memory())
    })
}

/// Who reads records: a test compares the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evtx) enum RecordReaders {
    /// The fast reader, and the crate for what that leaves.
    FastAndCrate,
    /// The crate alone.
    #[cfg(test)]
    CrateAlone,
}
