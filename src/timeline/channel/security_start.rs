//! How a boot begins in the Security channel: with which record, and what shows that a boot began
//! there.

use crate::model::session::Confidence;

/// What shows that a boot began, the strongest evidence first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StartIndicator {
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
    /// An 1101 that is followed by the 1101 of another boot, or by a 4826 without any record of
    /// LSASS.
    AuditDropped,
    /// Records are missing before it, and the boot before it had ended.
    MissingRecords,
    /// Only the System log shows the boot.
    SystemOnly,
}

impl StartIndicator {
    /// Does a record state that the boot began? All later variants are conclusions from what
    /// follows.
    pub(crate) fn is_logged(self) -> bool {
        self <= StartIndicator::SystemLogon
    }

    /// Is its record one of the first that LSASS writes in a boot? Seen: 4902 within 10.4 s after
    /// 4608, 125 of 125; the logon of the font driver of session 0 within 1 s, 35 of 35.
    pub(crate) fn is_right_after_lsass(self) -> bool {
        self.is_logged() || matches!(self, StartIndicator::PolicyTable | StartIndicator::FontDriver)
    }

    /// Is its record written when a boot begins, so that its time is the start of the boot?
    pub(crate) fn has_time(self) -> bool {
        self.is_right_after_lsass() || self == StartIndicator::AuditDropped
    }

    /// How certain it is that a boot began.
    pub(crate) fn confidence(self) -> Confidence {
        match self {
            StartIndicator::LsassStarted | StartIndicator::SystemLogon => Confidence::High,
            StartIndicator::LsassProcess | StartIndicator::LogonIdRepeated => Confidence::Medium,
            StartIndicator::LogonIdFell
            | StartIndicator::PolicyTable
            | StartIndicator::FontDriver
            | StartIndicator::AuditDropped
            | StartIndicator::MissingRecords => Confidence::Low,
            // System decides the confidence.
            StartIndicator::SystemOnly => Confidence::None,
        }
    }
}

/// Where a boot begins in the Security channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecurityStart {
    /// The index of the first record of the boot that may concern a session.
    pub(crate) index: usize,
    /// The index of the first record of the boot: its 4826, or the 1101 that reports a crash.
    pub(crate) from: usize,
    /// What shows that the boot began.
    pub(crate) indicator: StartIndicator,
    /// The indices of the records that prove the boot, the strongest evidence first.
    pub(crate) evidence: Vec<usize>,
    /// The 1101 before the first record of LSASS. It says that audit events were dropped, which
    /// shows that the boot before crashed.
    pub(crate) dropped: Option<usize>,
}
