//! What ends a run. What is wrong with evidence is a [`Finding`](crate::Finding) instead, and the
//! run goes on.

use std::io;
use std::path::PathBuf;

/// Why a run ended without a result. Its text says what to do about it.
///
/// ```
/// use winlast::{Analysis, Error};
///
/// let why = Analysis::of(["there/is/no.evtx"]).run().expect_err("nothing to read");
/// let Error::Evidence { path, .. } = &why else { panic!("{why}") };
/// assert_eq!(path.to_str(), Some("there/is/no.evtx"));
/// assert!(why.to_string().ends_with("check the path and your permissions"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The only path that was given as evidence does not exist or cannot be looked at. Where several
    /// are given, such a path is a finding.
    #[error("cannot read {}: {source}; check the path and your permissions", path.display())]
    Evidence {
        /// The path as it was given.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The evidence was looked through and holds no event log at all. The text names the evidence
    /// and, where something was found wrong with it, what.
    #[error("no event log found in {0}; give .evtx files or folders that hold them")]
    NoEvidence(String),
    /// The output cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Output {
        /// The file or folder that was to be written.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The output may not be written there: the folder is or lies inside evidence, or it is not
    /// empty.
    #[error("will not write to {}: {reason}", path.display())]
    OutputRefused {
        /// The folder that was to be written to.
        path: PathBuf,
        /// Why it is refused, and what to do.
        reason: String,
    },
    /// The operating system did not start the worker threads. The text is its own.
    #[error("cannot start worker threads: {0}; try --threads 1")]
    Threads(String),
}

/// The result of a run or of a part of it.
pub type Result<T> = std::result::Result<T, Error>;
