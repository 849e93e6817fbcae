//! What the events about boots, power, the clock and the logs say.

use crate::model::{Account, LogonId, Span, Text, Timestamp};

/// 4616 or Kernel-General 1: the clock was changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClockChange {
    /// `PreviousTime`, `OldTime`: the time before. `None` in version 0 of 4616 if its local text has no
    /// certain meaning.
    pub previous: Option<Timestamp>,
    /// `NewTime`: the time after.
    pub new: Option<Timestamp>,
    /// `Reason` of Kernel-General 1: 1 a program set it, 2 it was resynchronised at a resume, 3 the
    /// time zone was changed.
    pub reason: Option<u32>,
    /// `ProcessName`: the program that set the clock.
    pub process: Text,
}

/// 1102 and 104: a log was cleared.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogCleared {
    /// `SubjectUserSid`, `SubjectUserName`, `SubjectDomainName`: who cleared it.
    pub account: Account,
    /// `SubjectLogonId`: the session in which it was cleared; in 1102 only.
    pub logon_id: Option<LogonId>,
    /// `Channel`: the channel that was cleared; empty in 1102.
    pub channel: Text,
}

/// EventLog 6008: the shutdown before was unexpected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnexpectedShutdown {
    /// The last time, in UTC, that Windows had noted while it ran. A lower bound that may be much too
    /// early.
    pub last_alive: Option<Timestamp>,
    /// For how many seconds that boot had run by then.
    pub uptime: Option<u32>,
}

impl UnexpectedShutdown {
    /// When the boot that ended so had started: the last time that Windows noted, less the uptime.
    pub(crate) fn started(&self) -> Option<Timestamp> {
        Some(self.last_alive?.plus(Span::seconds(-i64::from(self.uptime?))))
    }
}

/// EventLog 6011: the computer was renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Renamed {
    /// The NetBIOS name before, in upper case; empty on a system that had none yet.
    pub old: Text,
    /// The NetBIOS name after.
    pub new: Text,
}

/// EventLog 6013: the time zone that the computer was set to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct TimeZone {
    /// Local standard time minus UTC, in minutes: the bias in `Data[6]` with its sign turned. Daylight saving
    /// time is not in it. Seen: 0 for `GMT Standard Time` in June.
    pub utc_offset_minutes: i32,
    /// Its name, in the language of the system.
    pub name: Text,
}

/// Kernel-Boot 20: how the last shutdown and the last boot went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BootStatus {
    /// `LastShutdownGood`: not reliable on its own.
    pub last_shutdown_good: Option<bool>,
    /// `LastBootGood`.
    pub last_boot_good: Option<bool>,
    /// `LastBootId`: the counter of boot attempts; from version 1 on.
    pub last_boot_id: Option<u32>,
}

impl BootStatus {
    /// Windows' own number of the boot: one more than that of the last boot attempt before it.
    pub fn boot_id(self) -> Option<u32> {
        self.last_boot_id.map(|id| id.saturating_add(1))
    }
}

/// `SYSTEM_POWER_STATE` values of Kernel-Power 42 and 107: 2 to 4 sleep S1 to S3, 5 hibernate,
/// 6 shutdown. Target 6 with effective 5 is a Fast Startup shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PowerState {
    /// `TargetState`: the state that Windows goes to.
    pub target: Option<u32>,
    /// `EffectiveState`: the state that the hardware goes to.
    pub effective: Option<u32>,
}

impl PowerState {
    /// Is this a shutdown with Fast Startup: the kernel is saved, and the power goes off?
    pub fn is_fast_startup(&self) -> bool {
        self.target == Some(6) && self.effective == Some(5)
    }
}

/// Power-Troubleshooter 1: the computer woke up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Woke {
    /// `SleepTime`: when the sleep began.
    pub sleep: Option<Timestamp>,
    /// `WakeTime`: when it ended.
    pub wake: Option<Timestamp>,
    /// The states that it woke up from.
    pub state: PowerState,
    /// `HiberWriteDuration` is not 0: the kernel was saved to disk (Fast Startup or hibernation).
    pub hibernated: bool,
}

/// User32 1074: somebody asked for a shutdown. Its texts are in the language of the system;
/// Kernel-Power 109 says in numbers which kind of shutdown it was.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ShutdownRequest {
    /// The program that asked.
    pub process: String,
    /// The reason in words.
    pub reason: String,
    /// The code of the reason, for example `0x80020003`.
    pub code: String,
    /// The kind: `restart`, `power off`, … in the language of the system.
    pub kind: String,
    /// The comment that was given.
    pub comment: String,
    /// Who asked: `DOMAIN\name`.
    pub user: String,
}
