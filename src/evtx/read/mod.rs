//! Reading in parallel: sources, their logs, jobs of a few chunks.
//!
//! A [`ReadPool`] has the threads. [`sources`] opens one source for each thread that has nothing
//! else to do; [`jobs`] cuts its logs into jobs; a [`worker`] does them and notes in a [`pass`] what
//! it finds; [`summary`] and [`finding_counts`] add that up for each log. [`event_limit`] keeps the memory
//! of events within its limit. [`head_only`] decides which events are only
//! counted.

mod event_limit;
mod finding_counts;
mod head_only;
mod jobs;
mod pass;
mod pool;
mod sources;
mod summary;
#[cfg(test)]
pub(in crate::evtx) mod tests;
mod worker;

pub(crate) use pool::ReadPool;

#[cfg(any(test, feature = "fuzzing"))]
use crate::evidence::{LogFile, OpenSource};
use crate::evidence::{PendingSource, SearchSettings};
use crate::model::EventSet;
use crate::model::event::Detail;
use crate::progress::Progress;
use sources::SourceReader;

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
    progress.sources(sources.len());
    let reader = SourceReader { pool, settings, readers: RecordReaders::FastAndCrate, progress };
    reader.read_all(sources, |source| {
        if let Some(container) = source.container() {
            progress.opening(container);
        }
        source.open(how_found, pool.memory())
    })
}

/// Reads one log.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn read_log(
    pool: &ReadPool,
    log: LogFile,
    settings: &ReadSettings,
    readers: RecordReaders,
) -> EventSet {
    let reader = SourceReader { pool, settings, readers, progress: &crate::progress::Silent };
    reader.read_all(vec![log], |log| OpenSource::from(vec![log]))
}

/// Who reads records: tests compare the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordReaders {
    /// The fast reader, and the crate for what that leaves.
    FastAndCrate,
    /// The crate alone.
    #[cfg(any(test, feature = "fuzzing"))]
    CrateAlone,
}
