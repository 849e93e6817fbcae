//! Reading in parallel: sources, their logs, jobs of a few chunks.
//!
//! A [`ReadPool`] has the threads. [`sources`] opens one source for each thread that has nothing
//! else to do; [`jobs`] cuts its logs into jobs; a [`worker`] does them and notes in a [`pass`] what
//! it finds; [`summary`] and [`finding_counts`] add that up for each log. [`event_limit`] keeps the
//! memory of events within its limit. [`head_only`] decides which events are only counted. [`header_mismatches`]
//! and [`chunk_order`] hold the numbers of a log against each other; [`recover`] finds more in damaged
//! logs.

mod chunk_order;
mod event_limit;
mod finding_counts;
mod head_only;
mod header_mismatches;
mod jobs;
mod lowest;
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

#[cfg(any(test, feature = "fuzzing"))]
use crate::evidence::LogFile;
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
    /// Reads records for hops too.
    pub(crate) hops: bool,
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
    let reader = SourceReader::new(pool, settings, RecordReaders::FastAndCrate, progress);
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
    let reader = SourceReader::new(pool, settings, readers, &crate::progress::Silent);
    let how_found = SearchSettings::default();
    let open = |log: PendingSource| log.open(&how_found, pool.memory());
    reader.read_all(vec![PendingSource::Logs(vec![log])], open)
}

/// Who reads records: tests compare the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordReaders {
    /// The fast reader, and the crate for what that leaves.
    FastAndCrate,
    /// The same, with the data of every record, also where a checksum protects it and nobody needs it.
    #[cfg(any(test, feature = "fuzzing"))]
    FastWithAllData,
    /// The crate alone.
    #[cfg(any(test, feature = "fuzzing"))]
    CrateAlone,
}
