//! The exit codes of the program, all in one place.

use std::process::ExitCode;
use winlast::model::Report;

/// How a run ended. Exit code 2, for a wrong command line, is not here: `clap` ends the program
/// with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// All evidence was read.
    Complete = 0,
    /// Nothing could be produced.
    Failed = 1,
    /// The output was written, but some evidence could not be read or verified.
    Incomplete = 3,
}

impl Status {
    /// The exit code.
    pub(super) const fn code(self) -> u8 {
        self as u8
    }

    /// Of a run that produced this report.
    pub(super) fn of(report: &Report) -> Status {
        if report.is_incomplete() { Status::Incomplete } else { Status::Complete }
    }

    /// Of a batch, from the exit codes of its sources: one source that failed does not make the
    /// batch a failure.
    pub(super) fn of_batch(codes: &[u8]) -> Status {
        let all = |status: Status| codes.iter().all(|code| *code == status.code());
        if all(Status::Complete) {
            Status::Complete
        } else if all(Status::Failed) {
            Status::Failed
        } else {
            Status::Incomplete
        }
    }
}

/// Of a run that a signal ended: 128 and the number of the signal, as shells report it. 129: SIGHUP,
/// 130: Ctrl-C (SIGINT), 143: SIGTERM.
pub(super) fn after_signal(signal: i32) -> u8 {
    u8::try_from(signal).unwrap_or_default().saturating_add(128)
}

/// Of a run that a panic ended, which is an error of the program: the number that Rust gives it.
pub(super) const AFTER_PANIC: u8 = 101;

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_source_does_not_make_a_batch_bad() {
        let code = |codes: [u8; 2]| Status::of_batch(&codes).code();
        assert_eq!([[0, 0], [0, 1], [0, 3], [1, 1]].map(code), [0, 3, 3, 1]);
    }
}
