//! One decoded event: what a record says, in types.
//!
//! The name in backquotes at a field is that of the event's own field, and its meaning is that of
//! Microsoft's reference of the event; `docs/events.md` lists every event with its source. Large
//! payloads are boxed and repeated parts are shared, because the log of a domain controller holds
//! millions of events.

use super::{Account, Channel, LogId, LogonId, Text, Timestamp};
use std::sync::Arc;

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
    /// Its record was carved from free space.
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
    /// process ID. [`Analysis::events`](crate::Analysis::events) gives it whole.
    HeadOnly,
}

/// What an event says. The number at a kind is its Event ID, of Microsoft-Windows-Security-Auditing
/// where no provider is named.
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
#[non_exhaustive]
pub struct Logon {
    /// `TargetLogonId`: the Logon ID of the new session.
    pub logon_id: LogonId,
    /// `TargetLinkedLogonId`: the other half of a linked logon; from version 2 on.
    pub linked: Option<LogonId>,
    /// `TargetUserSid`, `TargetUserName`, `TargetDomainName`: who was logged on.
    pub account: Arc<Account>,
    /// `SubjectUserSid`, `SubjectUserName`, `SubjectDomainName`: who asked for the logon.
    pub subject: Arc<Account>,
    /// `SubjectLogonId`: the session that asked for the logon.
    pub subject_logon_id: LogonId,
    /// `LogonType`: 2 interactive, 3 network, …; see [`logon_type_name`](super::session::logon_type_name).
    pub logon_type: u32,
    /// `System/Version`, 0 to 3.
    pub version: u8,
    /// `ElevatedToken`: the session has full rights; from version 2 on.
    pub elevated: Option<bool>,
    /// `ProcessId`: the process that asked for the logon.
    pub caller_process_id: u64,
    /// `LogonProcessName`, `AuthenticationPackageName`, `ProcessName`: how the logon was made.
    pub method: Arc<LogonMethod>,
    /// `IpAddress`, `WorkstationName`: where the logon came from.
    pub client: Arc<Client>,
    /// `IpPort`: the TCP port on the client; 0 when it is not given.
    pub port: u16,
    /// `TargetOutboundUserName`, `TargetOutboundDomainName`: as whom a NewCredentials logon (type 9)
    /// goes to other computers.
    pub outbound: Option<Arc<Account>>,
}

/// How a logon was made. A computer has only few combinations of these.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct LogonMethod {
    /// `LogonProcessName`, trailing blanks cut: `User32`, `Advapi`, `NtLmSsp`, …
    pub logon_process: Text,
    /// `AuthenticationPackageName`: `Negotiate`, `Kerberos`, `NTLM`, …
    pub package: Text,
    /// `ProcessName`: the path of the program that asked for the logon.
    pub process_name: Text,
}

/// Where a logon or a connection came from. Empty text: not given, or a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Client {
    /// The IP address, as the event writes it.
    pub ip: Text,
    /// The name of the workstation or client.
    pub workstation: Text,
}

/// 4625 An account failed to log on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FailedLogon {
    /// `TargetUserSid`, `TargetUserName`, `TargetDomainName`: the account that was tried.
    pub account: Arc<Account>,
    /// `LogonType`: the logon type that was tried.
    pub logon_type: u32,
    /// `Status`: why it failed, as an NTSTATUS.
    pub status: u64,
    /// `SubStatus`: why in detail, as an NTSTATUS.
    pub sub_status: u64,
    /// `IpAddress`, `WorkstationName`: where the attempt came from.
    pub client: Arc<Client>,
}

/// A session, as 4634, 4647, 4672, 4627 and 4964 name it: by Logon ID and account.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionRef {
    /// `TargetLogonId`; `SubjectLogonId` in 4672.
    pub logon_id: LogonId,
    /// Its account: the `Target…` fields; the `Subject…` fields in 4672.
    pub account: Arc<Account>,
    /// `LogonType`, where the event has one; it may differ from that of the 4624.
    pub logon_type: Option<u32>,
}

/// 4648 A logon was attempted using explicit credentials.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExplicitCredentials {
    /// `SubjectUserSid`, `SubjectUserName`, `SubjectDomainName`: who used the credentials.
    pub subject: Arc<Account>,
    /// `SubjectLogonId`: the session in which they were used.
    pub subject_logon_id: LogonId,
    /// `TargetUserName`, `TargetDomainName`: whose credentials they are.
    pub account: Arc<Account>,
    /// `TargetServerName`: the server that they were used for.
    pub target_server: Text,
}

/// 4778 A session was reconnected to a window station; 4779 it was disconnected.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WindowStation {
    /// `true`: 4778, reconnected; `false`: 4779, disconnected.
    pub reconnected: bool,
    /// `LogonID`: the session; of a linked logon, the filtered half.
    pub logon_id: LogonId,
    /// `AccountName`, `AccountDomain`: its account. These events have no SID.
    pub account: Arc<Account>,
    /// `SessionName`: `Console`, `RDP-Tcp#0`, …
    pub session_name: Text,
    /// `ClientName`, `ClientAddress`; the address of the console is `LOCAL`.
    pub client: Arc<Client>,
}

/// What 4800 to 4803 say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockAction {
    /// 4800: the workstation was locked.
    Locked,
    /// 4801: the workstation was unlocked.
    Unlocked,
    /// 4802: the screen saver was started.
    ScreenSaverOn,
    /// 4803: the screen saver was ended.
    ScreenSaverOff,
}

/// 4800 to 4803: the only Security events with both a Logon ID and the number of a Terminal Services
/// session.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Lock {
    /// What happened.
    pub action: LockAction,
    /// `TargetLogonId`: the session.
    pub logon_id: LogonId,
    /// `TargetUserSid`, `TargetUserName`, `TargetDomainName`: its account.
    pub account: Arc<Account>,
    /// `SessionId`: the number of the Terminal Services session.
    pub session: Option<u32>,
}

/// 4616 or Kernel-General 1: the clock was changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClockChange {
    /// `PreviousTime`, `OldTime`: the time before. `None` in version 0 of 4616, which has it as local
    /// text.
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

/// EventLog 6011: the computer was renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Renamed {
    /// The NetBIOS name before, in upper case; empty on a system that had none yet.
    pub old: Text,
    /// The NetBIOS name after.
    pub new: Text,
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

/// Winlogon 7001 and 7002 and the events of the User Profile Service: an account, and the number of
/// its Terminal Services session.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Notification {
    /// `TSId`, `Session`: the number of the Terminal Services session.
    pub session: Option<u32>,
    /// `UserSid`, else `System/Security/@UserID`: the SID of the account.
    pub sid: Text,
}

/// What an event of the Local Session Manager says happened.
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

/// An event of TerminalServices-LocalSessionManager.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Terminal {
    /// What happened.
    pub action: TerminalAction,
    /// `User`: `DOMAIN\name`; empty in 39 and 40.
    pub user: Text,
    /// `SessionID`, `Session`, `TargetSession`: the number of the Terminal Services session.
    pub session: Option<u32>,
    /// `Address`: the IP address of the client, `LOCAL` in the language of the system, or empty.
    pub address: Text,
    /// In 40 `Reason`, a code; in 39 `Source`, the session that disconnected this one.
    pub detail: Option<u32>,
}

/// TerminalServices-RemoteConnectionManager 1149: the user of a network connection was authenticated,
/// which alone is no logon.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RemoteConnection {
    /// `Param1`, `Param2`: the account.
    pub account: Account,
    /// `Param3`: the address of the client.
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
