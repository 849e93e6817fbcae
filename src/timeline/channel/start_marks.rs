//! What shows in the Security channel that a boot began.

use crate::model::session::Confidence;

/// What shows that a boot began, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StartMark {
    /// 4608.
    LsassStarted,
    /// 4624 of type 0.
    SystemLogon,
    /// LSASS has another process ID.
    LsassProcess,
    /// A Logon ID that an earlier 4624 has given to another session.
    LogonIdRepeated,
    /// Logon IDs start again from a lower value.
    LogonIdFell,
    /// A second 4902.
    PolicyTable,
    /// A second logon of the font driver of session 0.
    FontDriver,
    /// An 1101 that is followed by the 1101 of another boot, or by a 4826 without any record of LSASS.
    Dropped,
    /// Records are missing before it, and the boot before had ended.
    Unmarked,
    /// The System log alone.
    SystemLog,
}

impl StartMark {
    /// A record says that the boot began; a lower rank concludes it from what follows.
    pub(crate) fn is_logged(self) -> bool {
        self <= StartMark::SystemLogon
    }

    /// Its record is one of the first that LSASS writes in a boot. Seen: 4902 within 10.4 s after 4608, 125 of
    /// 125; the logon of the font driver of session 0 within 1 s, 35 of 35.
    pub(crate) fn is_right_after_lsass(self) -> bool {
        self.is_logged() || matches!(self, StartMark::PolicyTable | StartMark::FontDriver)
    }

    /// Its record is written when a boot begins, so that its time is that of the beginning.
    pub(crate) fn has_time(self) -> bool {
        self.is_right_after_lsass() || self == StartMark::Dropped
    }

    /// How sure it is that a boot began.
    pub(crate) fn confidence(self) -> Confidence {
        match self {
            StartMark::LsassStarted | StartMark::SystemLogon => Confidence::High,
            StartMark::LsassProcess | StartMark::LogonIdRepeated => Confidence::Medium,
            StartMark::LogonIdFell
            | StartMark::PolicyTable
            | StartMark::FontDriver
            | StartMark::Dropped
            | StartMark::Unmarked => Confidence::Low,
            // The confidence is that of System.
            StartMark::SystemLog => Confidence::None,
        }
    }
}

/// Where a boot begins in the Security channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecurityStart {
    /// First record of the boot that may concern a session.
    pub(crate) index: usize,
    /// First record of the boot at all: its 4826, or the 1101 that reports a crash.
    pub(crate) from: usize,
    /// What shows it.
    pub(crate) mark: StartMark,
    /// Records that prove the boot, strongest first, as indices.
    pub(crate) evidence: Vec<usize>,
    /// The 1101 in the boot's prelude: audit events were dropped, which shows a crash.
    pub(crate) dropped: Option<usize>,
}
