//! Boot epochs: one row of boots.csv.

use super::session::{Basis, Confidence};
use super::words::words;
use super::{Citation, Flag, Span, Text, Timestamp};

words! {
    /// How a boot ended.
    BootEnd {
        /// The computer shut down; whether power went off is not known.
        Shutdown = "shutdown",
        /// The computer was restarted.
        Restart = "restart",
        /// The computer shut down and powered off.
        PowerOff = "power-off",
        /// The boot ended without a shutdown.
        Crash = "crash",
        /// Another boot followed; how this one ended is not known.
        Unknown = "unknown",
        /// The log ends while the boot lasts.
        LogEnd = "log-end",
    }
}

/// One boot epoch of one computer: the span in which a Logon ID is unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Boot {
    /// Number from 1 in boot order; 0 is what lies before the first known boot.
    pub epoch: u32,
    /// When it began: Kernel-General 12, else 4608, else the first record.
    pub start: Option<Timestamp>,
    /// What `start` rests on.
    pub start_basis: Option<Basis>,
    /// Records that prove the boot, strongest first.
    pub start_evidence: Vec<Citation>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// What `end` rests on.
    pub end_basis: Option<Basis>,
    /// How it ended.
    pub end_cause: BootEnd,
    /// How sure.
    pub confidence: Confidence,
    /// The computer was still up at this moment.
    pub end_not_before: Option<Timestamp>,
    /// It was down by this moment.
    pub end_not_after: Option<Timestamp>,
    /// Records that prove the end.
    pub end_evidence: Vec<Citation>,
    /// Who asked for the shutdown (1074).
    pub requested_by: String,
    /// The reason given.
    pub reason: String,
    /// `Some(true)`: closed in order (1100, 6006, Kernel-General 13); `Some(false)`: not.
    pub clean: Option<bool>,
    /// Windows' own counter of boot attempts (Kernel-Boot 20 `LastBootId` + 1, Kernel-Power 566).
    pub boot_id: Option<u32>,
    /// Process ID of LSASS.
    pub lsass_pid: Option<u32>,
    /// 1, and one more for each Fast Startup or hibernation in it.
    pub power_segments: u32,
    /// Sleeps (S1 to S3, modern standby).
    pub sleeps: u32,
    /// Steps of the clock of more than a second.
    pub clock_steps: u32,
    /// Their sum.
    pub clock_step: Span,
    /// Names the computer had.
    pub computer_names: Vec<Text>,
    /// Sessions in it.
    pub sessions: u64,
    /// First record.
    pub first_record: Option<Citation>,
    /// Last record.
    pub last_record: Option<Citation>,
    /// Remarks, in the order of the `flags` column.
    pub flags: Vec<Flag>,
}
