//! What ends a run. What is wrong with evidence is a [`Finding`](crate::Finding) instead, and the
//! run goes on.

use std::io;
use std::path::PathBuf;

/// What to do where the system gives no reason of its own.
const CHECK: &str = "check the path and your permissions";

/// What to do about a file that Windows does not let the program read.
pub(crate) fn advice(why: &io::Error) -> Option<&'static str> {
    advice_on(cfg!(windows), why)
}

fn advice_on(windows: bool, why: &io::Error) -> Option<&'static str> {
    /// ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION.
    const LOCKED: [i32; 2] = [32, 33];
    match why.raw_os_error() {
        Some(code) if windows && LOCKED.contains(&code) => {
            Some("another program has locked it: read a shadow copy or an image of the disk")
        }
        _ if windows && why.kind() == io::ErrorKind::PermissionDenied => {
            Some("only administrators may read it: run winlast as administrator")
        }
        _ => None,
    }
}

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
    #[error("cannot read {}: {source}; {}", path.display(), advice(source).unwrap_or(CHECK))]
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
    /// Only cases can be divided into parts. The text names the first evidence that is none.
    #[error(
        "{0}: not a case folder: --partitions takes only case folders; make one of it first (-o CASE)"
    )]
    NotACase(String),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_says_what_to_do_about_a_file_that_it_keeps() {
        let locked = io::Error::from_raw_os_error(32);
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let advice = |why| advice_on(true, why).unwrap_or_default();
        assert!(advice(&locked).contains("shadow copy"));
        assert!(advice(&denied).contains("administrators"));
        // Elsewhere 32 is a broken pipe.
        assert_eq!((advice_on(false, &locked), advice_on(false, &denied)), (None, None));
        assert_eq!(advice_on(true, &io::Error::from(io::ErrorKind::NotFound)), None);
    }
}
