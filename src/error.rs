//! What ends a run. What is wrong with evidence is a finding, and the run goes on.

use std::io;
use std::path::PathBuf;

/// A run ended without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A path of the command line does not exist or cannot be looked at.
    #[error("cannot read {}: {source}; check the path and your permissions", path.display())]
    Evidence {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No log at all was found.
    #[error("no event log found in {0}; give .evtx files or folders that hold them")]
    NoEvidence(String),
    /// The output cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Output {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output folder may not be used.
    #[error("will not write to {}: {reason}", path.display())]
    OutputRefused {
        /// The folder.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// Worker threads could not be started.
    #[error("cannot start worker threads: {0}; try --threads 1")]
    Threads(String),
}

/// A result of a run or a part of it.
pub type Result<T> = std::result::Result<T, Error>;
