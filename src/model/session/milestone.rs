//! What happens to a session, or to its computer: the rows of timeline.csv.

use super::Basis;
use crate::model::words::words;
use crate::model::{Citation, Moment, Timestamp};

words! {
    /// What a row of timeline.csv marks.
    MilestoneKind {
        /// The logon.
        Start = "start",
        /// A client connected to the session again.
        Reconnected = "reconnected",
        /// The client disconnected from the session.
        Disconnected = "disconnected",
        /// The workstation was locked.
        Locked = "locked",
        /// The workstation was unlocked.
        Unlocked = "unlocked",
        /// The credentials were checked again, for an unlock or a reconnect.
        Revalidated = "revalidated",
        /// The user asked to log off; only where a 4647 exists.
        InitiatedLogoff = "initiated-logoff",
        /// The session ended.
        Terminated = "terminated",
        /// The screen saver was started.
        ScreenSaverOn = "screen-saver-on",
        /// The screen saver was ended.
        ScreenSaverOff = "screen-saver-off",
        /// The computer was switched off, with its kernel saved to disk: a Fast Startup or a hibernation.
        Off = "off",
        /// The computer was on again after that.
        On = "on",
        /// The computer went to sleep.
        Asleep = "asleep",
        /// The computer woke up.
        Awake = "awake",
        /// A boot began.
        BootStart = "boot-start",
        /// A boot ended; where only bounds are known, this is the earliest possible time.
        BootEnd = "boot-end",
        /// A boot ended without a shutdown, at this time or later.
        Crash = "crash",
        /// A log was cleared.
        LogCleared = "log-cleared",
        /// The clock was set, by more than a second; the time is the new one.
        ClockStep = "clock-step",
        /// A logon failed, or several that are alike: a row of attempts.csv.
        FailedLogon = "failed-logon",
        /// Credentials were refused by the computer that checks them: a row of attempts.csv.
        RefusedCredentials = "refused-credentials",
        /// A program used credentials of another account than its own: a row of attempts.csv.
        ExplicitCredentials = "explicit-credentials",
    }
}

impl MilestoneKind {
    /// The same in words, for importers that want a description of the time: `timestamp_desc` of
    /// timeline.csv.
    pub const fn description(self) -> &'static str {
        match self {
            MilestoneKind::Start => "Logon",
            MilestoneKind::Reconnected => "Session reconnected",
            MilestoneKind::Disconnected => "Session disconnected",
            MilestoneKind::Locked => "Workstation locked",
            MilestoneKind::Unlocked => "Workstation unlocked",
            MilestoneKind::Revalidated => "Credentials re-validated",
            MilestoneKind::InitiatedLogoff => "Logoff initiated",
            MilestoneKind::Terminated => "Logon session ended",
            MilestoneKind::ScreenSaverOn => "Screen saver started",
            MilestoneKind::ScreenSaverOff => "Screen saver ended",
            MilestoneKind::Off => "Computer switched off",
            MilestoneKind::On => "Computer on again",
            MilestoneKind::Asleep => "Computer went to sleep",
            MilestoneKind::Awake => "Computer woke up",
            MilestoneKind::BootStart => "Computer started",
            MilestoneKind::BootEnd => "Computer ended its boot",
            MilestoneKind::Crash => "Computer stopped without a shutdown",
            MilestoneKind::LogCleared => "Log cleared",
            MilestoneKind::ClockStep => "Clock set",
            MilestoneKind::FailedLogon => "Logon failed",
            MilestoneKind::RefusedCredentials => "Credentials refused",
            MilestoneKind::ExplicitCredentials => "Explicit credentials used",
        }
    }

    /// Whether it is one of the three that timeline.csv always has: start, initiated logoff and
    /// termination. The others come with [`TimelineRows::All`](crate::output::TimelineRows::All).
    pub const fn is_principal(self) -> bool {
        use MilestoneKind::{InitiatedLogoff, Start, Terminated};
        matches!(self, Start | InitiatedLogoff | Terminated)
    }
}

/// One thing that happened to a session, or to the computer: one row of timeline.csv.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Milestone {
    /// What happened.
    pub kind: MilestoneKind,
    /// When it happened, as the clock showed; the earliest time where only bounds are known.
    pub time: Timestamp,
    /// What the time is based on.
    pub basis: Basis,
    /// The record that gives the time; `None` where no single record does.
    pub record: Option<Citation>,
    /// This record was recovered: from free space, from within another record, or from a damaged chunk.
    pub recovered: bool,
}

impl Milestone {
    /// What a record states.
    pub(crate) fn logged(kind: MilestoneKind, moment: &Moment) -> Milestone {
        Milestone {
            kind,
            time: moment.time,
            basis: Basis::Logged,
            record: Some(moment.record),
            recovered: moment.recovered,
        }
    }
}
