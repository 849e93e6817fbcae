//! How a session ended, and what that is based on.

use crate::model::words::words;
use crate::model::{Citation, Timestamp};
use std::fmt;

words! {
    /// What a time is based on.
    Basis {
        /// A record of the event itself gives the time.
        Logged = "logged",
        /// The other session of a linked pair gives it.
        Inherited = "inherited",
        /// Another record gives it: an orderly shutdown, or a record of another channel.
        Inferred = "inferred",
        /// Only an interval is known; the time given is its beginning.
        Bounded = "bounded",
    }
}

words! {
    /// Why a session is taken to have ended. The order is the order of preference.
    EndCause {
        /// A 4634 is logged.
        Terminated = "terminated",
        /// A 4647 is logged and no 4634. Programs of the session may have run a little longer.
        Initiated = "initiated",
        /// The linked session ended.
        Inherited = "inherited",
        /// The session was open when the computer shut down.
        Shutdown = "shutdown",
        /// As `shutdown`, but Windows reports that it lost an event, which may have been the logoff.
        Lost = "lost",
        /// The session was open when the computer crashed.
        Crash = "crash",
        /// Another boot followed: the session ended before it, and nothing else is known.
        EpochEnd = "epoch-end",
        /// The session was open when the log ended.
        Open = "open",
        /// The record of the end may be among records that are missing.
        Censored = "censored",
    }
}

words! {
    /// How sure the end is.
    Confidence {
        /// The end is logged.
        High = "high",
        /// The end follows from other records.
        Medium = "medium",
        /// Only an interval is known, or a record that decides may be missing.
        Low = "low",
        /// Only an interval is known, and nothing says how the session ended in it.
        VeryLow = "very low",
        /// The end is not known.
        None = "none",
    }
}

/// When and why a session ended, and how sure that is.
///
/// It prints as the time and, in parentheses, [`EndCause`] and [`Confidence`]. Where only bounds are
/// known, both are given.
///
/// ```
/// let report = winlast::Analysis::of(["sample-evtx/ws01"]).run()?;
/// let end_of = |epoch, logon_id| {
///     let mut sessions = report.sessions().map(|(_, session)| session);
///     let session = sessions
///         .find(|s| s.boot_epoch == epoch && s.logon_id.is_some_and(|id| id.0 == logon_id))
///         .expect("the sample holds this session");
///     session.end.to_string()
/// };
/// // bob logged off: there is a 4634.
/// assert_eq!(end_of(2, 0x5a41c), "2026-03-03T12:02:18.9629871Z (terminated, high)");
/// // The power failed while alice was logged on.
/// assert_eq!(
///     end_of(3, 0x61b2e),
///     "2026-03-03T19:12:44.5601009Z to 2026-03-03T19:25:30.5003018Z (crash, low)"
/// );
/// // She is still logged on when the log ends.
/// assert!(end_of(5, 0x5b7fc).ends_with(" or later (open, none)"));
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct End {
    /// When it ended, or the earliest time that it can have ended where only bounds are known.
    /// `None`: not known at all.
    pub time: Option<Timestamp>,
    /// What `time` is based on; `None` when there is no time.
    pub basis: Option<Basis>,
    /// Why the session is taken to have ended.
    pub cause: EndCause,
    /// How sure the end is.
    pub confidence: Confidence,
    /// The session was still there at this moment.
    pub not_before: Option<Timestamp>,
    /// The session was gone by this moment.
    pub not_after: Option<Timestamp>,
    /// The record that `time` comes from.
    pub record: Option<Citation>,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.basis, self.time.or(self.not_before), self.not_after) {
            (Some(Basis::Bounded) | None, Some(from), Some(to)) => write!(f, "{from} to {to}")?,
            (Some(Basis::Bounded) | None, Some(from), None) => write!(f, "{from} or later")?,
            (Some(_), Some(time), _) => write!(f, "{time}")?,
            (_, None, Some(to)) => write!(f, "{to} or earlier")?,
            (_, None, None) => f.write_str("not known")?,
        }
        write!(f, " ({}, {})", self.cause, self.confidence)
    }
}

impl End {
    /// Nothing is known of the end but that the session was there at `not_before`.
    pub(crate) fn unknown(cause: EndCause, not_before: Option<Timestamp>) -> End {
        End {
            time: None,
            basis: None,
            cause,
            confidence: Confidence::None,
            not_before,
            not_after: None,
            record: None,
        }
    }
}
