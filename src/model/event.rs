//! One decoded event, as typed values.
//!
//! The name in backquotes at a field is that of the event's own field, and its meaning is that of
//! Microsoft's reference of the event; `docs/events.md` lists every event with its source. Large
//! payloads are boxed and repeated parts are shared, because the log of a domain controller holds
//! millions of events.

mod attempts;
mod computer;
mod desktops;
mod logons;

use super::{Channel, LogId, LogonId, Text, Timestamp};
use std::sync::Arc;

pub use attempts::{ExplicitCredentials, FailedLogon, RefusedCredentials};
pub use computer::{
    BootStatus, ClockChange, LogCleared, PowerState, Renamed, ShutdownRequest, TimeZone,
    UnexpectedShutdown, Woke,
};
pub use desktops::{Notification, RemoteConnection, Terminal, TerminalAction};
pub use logons::{Client, Lock, LockAction, Logon, LogonMethod, SessionRef, WindowStation};

/// Where the bytes of a record lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct RecordLocation {
    /// The log.
    pub log: LogId,
    /// The number of the 64 KiB slot in the log, from 0.
    pub chunk: u32,
    /// The offset of the record in that slot, in bytes.
    pub offset: u32,
}

/// One event. The order inside a channel is that of `record_id`; `time` is what the clock showed,
/// which may have been set meanwhile.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// `System/EventRecordID`. The header of the record may have another number.
    pub record_id: u64,
    /// `System/TimeCreated`.
    pub time: Timestamp,
    /// `System/Computer`, as it is written.
    pub computer: Text,
    /// `System/Channel`.
    pub channel: Channel,
    /// `System/EventID`.
    pub event_id: u16,
    /// `System/Execution/@ProcessID`. Events of LSASS have its process ID, the same in a whole boot.
    pub process_id: u32,
    /// Where its record lies.
    pub location: RecordLocation,
    /// Its record was recovered: from free space, from within another record, or from a damaged chunk.
    pub recovered: bool,
    /// The record carries literal text instead of typed values: it came from another computer's
    /// log through event forwarding, and the file says nothing about its order.
    pub forwarded: bool,
    /// How much of it is kept.
    pub(crate) detail: Detail,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// An event that says nothing.
    pub(crate) fn blank() -> Event {
        Event {
            record_id: 0,
            time: Timestamp::default(),
            computer: "".into(),
            channel: Channel::Security,
            event_id: 0,
            process_id: 0,
            location: RecordLocation { log: LogId(0), chunk: 0, offset: 0 },
            recovered: false,
            forwarded: false,
            detail: Detail::Full,
            kind: EventKind::Boundary,
        }
    }
}

/// How much of an event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Detail {
    /// All that it says.
    #[default]
    Full,
    /// The head alone, with the kind [`EventKind::Boundary`]: an event of LSASS that concerns no
    /// session (4624 of type 5, 4672 and 4648 of SYSTEM), read for a report. It shows the process ID of
    /// LSASS. [`Analysis::events`](crate::Analysis::events) gives the whole event.
    HeadOnly,
}

/// What an event says. The number at a kind is its Event ID, of Microsoft-Windows-Security-Auditing
/// where no provider is named.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A record that means nothing to sessions, kept because it bounds a boot in time: the first and
    /// the last of a chunk, and the neighbours of the records that mark a boot.
    Boundary,

    // Security-Auditing: sessions
    /// 4624: an account was logged on, and a session began.
    Logon(Arc<Logon>),
    /// 4625: a logon failed. It opens no session. The second value is `IpPort`, the TCP port on the client;
    /// 0 when it is not given.
    FailedLogon(Arc<FailedLogon>, u16),
    /// 4634: the session was terminated and no longer exists.
    Terminated(SessionRef),
    /// 4647: the user asked to log off.
    LogoffInitiated(SessionRef),
    /// 4648: a logon with explicit credentials was attempted. Many 4624 have one right before them.
    /// The second value is `IpPort`; 0 when it is not given.
    ExplicitCredentials(Arc<ExplicitCredentials>, u16),
    /// 4776, 4771 and 4768 that report a failure: credentials were refused by the computer that checks
    /// them. The second value is `IpPort`; 0 when it is not given.
    RefusedCredentials(Arc<RefusedCredentials>, u16),
    /// 4672 (special privileges), 4627 (groups) and 4964 (special groups): refers to a session without
    /// starting or ending it.
    SessionReference(SessionRef),
    /// 4778 and 4779: a session was reconnected to a window station, or disconnected from it.
    WindowStation(Box<WindowStation>),
    /// 4800 to 4803: the workstation was locked or unlocked, or the screen saver was started or ended.
    Lock(Box<Lock>),

    // Security-Auditing: boots and clock
    /// 4608: LSASS has started.
    LsassStarted,
    /// 4609, 4621: the state of auditing changed. They are documented but hardly ever seen.
    AuditState,
    /// 4826: the boot configuration was loaded.
    BootConfiguration,
    /// 4902: the per-user audit policy table was made. Its `PuaPolicyId` is a LUID of this boot.
    AuditPolicyTable(LogonId),
    /// 4719: the audit of the start of LSASS, subcategory Security State Change, was switched on (`true`)
    /// or off. Off, no 4608 is written.
    StartAudit(bool),
    /// 4719: the audit of logoffs, subcategory Logoff, was switched on (`true`) or off. Off, no 4634 and no 4647 is
    /// written.
    LogoffAudit(bool),
    /// 4616 and Kernel-General 1: the clock was changed.
    ClockChanged(Box<ClockChange>),

    // Microsoft-Windows-Eventlog
    /// Eventlog 1100: the event log service was shut down.
    EventLogShutdown,
    /// Eventlog 1101, 1106 and 1107: audit events were dropped.
    AuditDropped,
    /// Eventlog 1102 (the Security log) and 104 (another log): a log was cleared.
    LogCleared(Box<LogCleared>),
    /// Eventlog 1104: the log is full, and nothing more is recorded.
    LogFull,
    /// Eventlog 1105 and 105: the log was archived to this path.
    LogArchived(Text),
    /// Eventlog 1108: an event could not be written. The Event ID that it would have had; 0 when it is
    /// not known.
    EventLost(u32),

    // System
    /// EventLog 6005: the event log service was started.
    ServiceStarted,
    /// EventLog 6006: the event log service was stopped.
    ServiceStopped,
    /// EventLog 6008: the shutdown before was unexpected.
    UnexpectedShutdown(UnexpectedShutdown),
    /// EventLog 6009: the version of the operating system, written at boot.
    SystemVersion,
    /// EventLog 6011: the computer was renamed.
    Renamed(Box<Renamed>),
    /// EventLog 6013: for how many seconds the computer has been up, and its time zone.
    Uptime(u64, Option<Box<TimeZone>>),
    /// Kernel-General 24: the bias in use, UTC minus local time in minutes, with daylight saving time.
    BiasInUse(i32),
    /// Kernel-General 12: the kernel was started. Its `StartTime`.
    KernelStarted(Option<Timestamp>),
    /// Kernel-General 13: the kernel shuts down. Its `StopTime`.
    KernelStopped(Option<Timestamp>),
    /// Kernel-Boot 20: how the last shutdown and the last boot went.
    BootStatus(BootStatus),
    /// Kernel-Boot 25: the policy of the boot menu. It is written at a Fast Startup too.
    BootMenu,
    /// Kernel-Boot 27: the kind of start, `BootType`: 0 cold boot, 1 Fast Startup, 2 resume from
    /// hibernation.
    BootType(u32),
    /// Kernel-Power 41: the computer was restarted without a clean shutdown. Its `BugcheckCode`; 0 for
    /// none.
    UncleanReboot(u64),
    /// Kernel-Power 42: the computer goes to sleep.
    Sleep(PowerState),
    /// Kernel-Power 107: the computer has resumed from sleep.
    Resume(PowerState),
    /// Kernel-Power 109: the kind of shutdown, `ShutdownActionType`: 4 shutdown, 5 restart, 6 power off.
    ShutdownTransition(u32),
    /// Kernel-Power 566: another power session began. Its `BootId`.
    PowerSession(Option<u32>),
    /// Kernel-Power 506 (`true`: modern standby begins) and 507 (`false`: it ends).
    ModernStandby(bool),
    /// Kernel-Power 172 and 187: context only.
    PowerContext,
    /// Power-Troubleshooter 1: the computer woke up.
    Woke(Box<Woke>),
    /// User32 1074: somebody asked for a shutdown or a restart.
    ShutdownRequested(Box<ShutdownRequest>),
    /// User32 1076: the reason that was given after an unexpected shutdown.
    ShutdownReason(Text),
    /// Winlogon 7001 (logon) and 7002 (logoff).
    Winlogon(Box<Notification>),

    // Other channels
    /// TerminalServices-LocalSessionManager 21 to 25 and 39 to 42.
    Terminal(Box<Terminal>),
    /// TerminalServices-RemoteConnectionManager 1149: the user of a network connection was
    /// authenticated, which alone is no logon.
    RemoteConnection(Box<RemoteConnection>),
    /// User Profiles Service 1 to 5 and 67: a profile is loaded or unloaded.
    Profile(Box<Notification>),
    /// User Profiles Service 1530 to 1532 in the Application log.
    ProfileService,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log has millions of them.
    #[test]
    fn events_are_small() {
        assert!(size_of::<Event>() <= 88, "{}", size_of::<Event>());
    }
}
