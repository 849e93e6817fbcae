//! One decoded event: what a record said, in types.
//!
//! Field meanings follow Microsoft's event reference; `docs/events.md` lists every event with its
//! source. Large payloads are boxed and repeated parts shared, because a domain controller's log
//! holds millions of events.

use super::{Account, Channel, LogId, LogonId, Text, Timestamp};
use std::sync::Arc;

/// Where a record's bytes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordLocation {
    /// The log.
    pub log: LogId,
    /// Number of the 64 KiB slot in the log, from 0.
    pub chunk: u32,
    /// Byte offset of the record in that slot.
    pub offset: u32,
}

/// One event. Order inside a channel is `record_id`; `time` is what the clock said.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `System/EventRecordID`, not the record header's number.
    pub record_id: u64,
    /// `System/TimeCreated`.
    pub time: Timestamp,
    /// `System/Computer` as written.
    pub computer: Text,
    /// `System/Channel`.
    pub channel: Channel,
    /// `System/EventID`.
    pub event_id: u16,
    /// `System/Execution/@ProcessID`; for events of LSASS its process ID, constant in a boot.
    pub process_id: u32,
    /// Where it was read.
    pub location: RecordLocation,
    /// Carved from free space; never mixed with live records unseen.
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
    /// session (4624 of type 5 and 4672 of SYSTEM, 4625, 4648), read for a report. It shows LSASS'
    /// process ID. [`read`](crate::read) gives it whole.
    HeadOnly,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A record that means nothing to sessions, kept because it bounds an epoch in time: the first
    /// and last of a chunk, and the neighbours of boot records.
    Boundary,

    // Security-Auditing: sessions
    /// 4624
    Logon(Arc<Logon>),
    /// 4625: opens no session
    FailedLogon(Box<FailedLogon>),
    /// 4634: the session was terminated and no longer exists
    Terminated(SessionRef),
    /// 4647: the user asked to log off
    LogoffInitiated(SessionRef),
    /// 4648: explicit credentials, just before many 4624
    ExplicitCredentials(Box<ExplicitCredentials>),
    /// 4672 special privileges, 4627 groups, 4964 special groups: name a session in passing
    SessionReference(SessionRef),
    /// 4778 (reconnected) and 4779 (disconnected): a window station and a session
    WindowStation(Box<WindowStation>),
    /// 4800 locked, 4801 unlocked, 4802 and 4803 screen saver on and off
    Lock(Box<Lock>),

    // Security-Auditing: boots and clock
    /// 4608: LSASS has started
    LsassStarted,
    /// 4609, 4621: documented, hardly ever seen
    AuditState,
    /// 4826: boot configuration loaded
    BootConfiguration,
    /// 4902: the per-user audit policy table was made; `PuaPolicyId` is a LUID of this boot
    AuditPolicyTable(LogonId),
    /// 4616 and Kernel-General 1
    ClockChanged(Box<ClockChange>),

    // Microsoft-Windows-Eventlog
    /// 1100: the event log service shut down
    EventLogShutdown,
    /// 1101, 1106, 1107: audit events were dropped
    AuditDropped,
    /// 1102 (Security) and 104: a log was cleared
    LogCleared(Box<LogCleared>),
    /// 1104: the log is full
    LogFull,
    /// 1105 and 105: the log was archived to this path
    LogArchived(Text),
    /// 1108: an event could not be written; the Event ID it would have had, when known
    EventLost(u32),

    // System
    /// EventLog 6005: the event log service started
    ServiceStarted,
    /// EventLog 6006: the event log service stopped
    ServiceStopped,
    /// EventLog 6008: the previous shutdown was unexpected
    UnexpectedShutdown(UnexpectedShutdown),
    /// EventLog 6009: operating system version, written at boot
    SystemVersion,
    /// EventLog 6011: the computer was renamed
    Renamed(Box<Renamed>),
    /// EventLog 6013: uptime in seconds
    Uptime(u64),
    /// Kernel-General 12: the kernel started; its own `StartTime`
    KernelStarted(Option<Timestamp>),
    /// Kernel-General 13: the kernel is shutting down; its own `StopTime`
    KernelStopped(Option<Timestamp>),
    /// Kernel-Boot 20
    BootStatus(BootStatus),
    /// Kernel-Boot 25: boot menu policy, also at Fast Startup
    BootMenu,
    /// Kernel-Boot 27: 0 cold boot, 1 Fast Startup, 2 resume from hibernation
    BootType(u32),
    /// Kernel-Power 41: rebooted without a clean shutdown; bugcheck code, 0 for none
    UncleanReboot(u64),
    /// Kernel-Power 42: entering sleep
    Sleep(PowerState),
    /// Kernel-Power 107: resumed
    Resume(PowerState),
    /// Kernel-Power 109: `ShutdownActionType` 4 shutdown, 5 restart, 6 power off
    ShutdownTransition(u32),
    /// Kernel-Power 566: power session changed; its `BootId`
    PowerSession(Option<u32>),
    /// Kernel-Power 506 (`true`) and 507: entering and leaving modern standby
    ModernStandby(bool),
    /// Kernel-Power 172, 187: context only
    PowerContext,
    /// Power-Troubleshooter 1
    Woke(Box<Woke>),
    /// User32 1074: somebody asked for a shutdown or restart
    ShutdownRequested(Box<ShutdownRequest>),
    /// User32 1076: the reason given after an unexpected shutdown
    ShutdownReason(Text),
    /// Winlogon 7001 (logon) and 7002 (logoff)
    Winlogon(Box<Notification>),

    // Other channels
    /// TerminalServices-LocalSessionManager 21 to 25 and 39 to 42
    Terminal(Box<Terminal>),
    /// TerminalServices-RemoteConnectionManager 1149: network connection authenticated, which
    /// alone is no logon
    RemoteConnection(Box<RemoteConnection>),
    /// User Profile Service 1 to 4, 5 and 67
    Profile(Box<Notification>),
    /// User Profiles Service 1530 to 1532 in Application
    ProfileService,
}

/// 4624 An account was successfully logged on.
#[derive(Debug, Clone, PartialEq)]
pub struct Logon {
    /// The new session's Logon ID.
    pub logon_id: LogonId,
    /// The other half of a UAC pair (`TargetLinkedLogonId`), version 2 and later.
    pub linked: Option<LogonId>,
    /// Who was logged on.
    pub account: Arc<Account>,
    /// Who asked for the logon.
    pub subject: Arc<Account>,
    /// The session that asked for the logon.
    pub subject_logon_id: LogonId,
    /// 2 interactive, 3 network, …; see [`logon_type_name`](super::session::logon_type_name).
    pub logon_type: u32,
    /// Event version 0 to 3.
    pub version: u8,
    /// `ElevatedToken`, version 2 and later.
    pub elevated: Option<bool>,
    /// Process that asked for the logon.
    pub caller_process_id: u64,
    /// How the logon was made.
    pub method: Arc<LogonMethod>,
    /// Where from.
    pub client: Arc<Client>,
    /// TCP port on the client, 0 when not given.
    pub port: u16,
    /// `TargetOutboundUserName` and domain of a NewCredentials logon.
    pub outbound: Option<Arc<Account>>,
}

/// Logon process, authentication package, calling program: few combinations per computer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct LogonMethod {
    /// `LogonProcessName`, trailing blanks cut: `User32`, `Advapi`, `NtLmSsp`, …
    pub logon_process: Text,
    /// `AuthenticationPackageName`.
    pub package: Text,
    /// `ProcessName`: path of the program that asked.
    pub process_name: Text,
}

/// Where a logon or connection came from. Empty: not given or a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Client {
    /// IP address as text.
    pub ip: Text,
    /// Workstation or client name.
    pub workstation: Text,
}

/// 4625 An account failed to log on.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedLogon {
    /// The account that was tried.
    pub account: Arc<Account>,
    /// Logon type that was tried.
    pub logon_type: u32,
    /// NTSTATUS.
    pub status: u64,
    /// NTSTATUS in detail.
    pub sub_status: u64,
    /// Where from.
    pub client: Arc<Client>,
}

/// A session named by its Logon ID and account: 4634, 4647, 4672, 4627, 4964.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRef {
    /// The session.
    pub logon_id: LogonId,
    /// Its account.
    pub account: Arc<Account>,
    /// Logon type where the event has one; may differ from the 4624's.
    pub logon_type: Option<u32>,
}

/// 4648 A logon was attempted using explicit credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplicitCredentials {
    /// Who used them.
    pub subject: Arc<Account>,
    /// In which session.
    pub subject_logon_id: LogonId,
    /// Whose credentials.
    pub account: Arc<Account>,
    /// For which server.
    pub target_server: Text,
}

/// 4778 and 4779.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowStation {
    /// 4778: reconnected; 4779: disconnected.
    pub reconnected: bool,
    /// The session (the filtered half of a pair).
    pub logon_id: LogonId,
    /// Its account; no SID in this event.
    pub account: Arc<Account>,
    /// `Console`, `RDP-Tcp#0`, ….
    pub session_name: Text,
    /// Client's name and address; `LOCAL` for the console.
    pub client: Arc<Client>,
}

/// What 4800 to 4803 say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockAction {
    /// 4800
    Locked,
    /// 4801
    Unlocked,
    /// 4802
    ScreenSaverOn,
    /// 4803
    ScreenSaverOff,
}

/// 4800 to 4803: the only Security events with both Logon ID and session number.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    /// What happened.
    pub action: LockAction,
    /// The session.
    pub logon_id: LogonId,
    /// Its account.
    pub account: Arc<Account>,
    /// Terminal Services session number.
    pub session: Option<u32>,
}

/// 4616 or Kernel-General 1.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockChange {
    /// Time before; none in version 0 of 4616, which writes local text.
    pub previous: Option<Timestamp>,
    /// Time after.
    pub new: Option<Timestamp>,
    /// Kernel-General 1: 1 set by a program, 2 resynchronised at resume, 3 time zone.
    pub reason: Option<u32>,
    /// The program that set the clock.
    pub process: Text,
}

/// 1102 and 104.
#[derive(Debug, Clone, PartialEq)]
pub struct LogCleared {
    /// Who cleared it.
    pub account: Account,
    /// In which session (1102 only).
    pub logon_id: Option<LogonId>,
    /// Which channel (104); empty for 1102.
    pub channel: Text,
}

/// 6008.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnexpectedShutdown {
    /// Last sign of life in UTC, a lower bound that may be much too early.
    pub last_alive: Option<Timestamp>,
    /// Seconds that the dead boot had been up by then.
    pub uptime: Option<u32>,
}

/// 6011.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// NetBIOS name before, upper case; empty on a system that had none yet.
    pub old: Text,
    /// NetBIOS name after.
    pub new: Text,
}

/// Kernel-Boot 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootStatus {
    /// `LastShutdownGood`; not reliable alone.
    pub last_shutdown_good: Option<bool>,
    /// `LastBootGood`.
    pub last_boot_good: Option<bool>,
    /// Counter of boot attempts, version 1.
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
pub struct PowerState {
    /// `TargetState`
    pub target: Option<u32>,
    /// `EffectiveState`
    pub effective: Option<u32>,
}

/// Power-Troubleshooter 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Woke {
    /// When sleep began.
    pub sleep: Option<Timestamp>,
    /// When it ended.
    pub wake: Option<Timestamp>,
    /// From which states.
    pub state: PowerState,
    /// The hibernation file was written: Fast Startup or hibernation, not sleep.
    pub hibernated: bool,
}

/// User32 1074. `kind` is localized text; Kernel-Power 109 says the same in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ShutdownRequest {
    /// Program that asked.
    pub process: String,
    /// Reason in words.
    pub reason: String,
    /// Reason code, `0x80020003`.
    pub code: String,
    /// `restart`, `power off`, … in the system's language.
    pub kind: String,
    /// Comment.
    pub comment: String,
    /// `DOMAIN\name`.
    pub user: String,
}

/// Winlogon 7001/7002 and User Profile Service events: an account and a session number.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Terminal Services session number.
    pub session: Option<u32>,
    /// SID of the account.
    pub sid: Text,
}

/// What an event of the Local Session Manager says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TerminalAction {
    /// 21: session logon succeeded (console too)
    Logon,
    /// 22: shell started
    Shell,
    /// 23: session logoff
    Logoff,
    /// 24: disconnected
    Disconnected,
    /// 25: reconnected
    Reconnected,
    /// 39: disconnected by another session
    DisconnectedBy,
    /// 40: disconnected, with a reason code
    DisconnectReason,
    /// 41: session arbitration begins
    ArbitrationBegin,
    /// 42: session arbitration ends
    ArbitrationEnd,
}

/// TerminalServices-LocalSessionManager.
#[derive(Debug, Clone, PartialEq)]
pub struct Terminal {
    /// What happened.
    pub action: TerminalAction,
    /// `DOMAIN\name` as logged; empty in 39 and 40.
    pub user: Text,
    /// Session number.
    pub session: Option<u32>,
    /// Client address: an IP, `LOCAL` or empty.
    pub address: Text,
    /// 40: reason code; 39: the session that disconnected this one.
    pub detail: Option<u32>,
}

/// TerminalServices-RemoteConnectionManager 1149.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteConnection {
    /// The account that authenticated.
    pub account: Account,
    /// Client address.
    pub address: Text,
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
