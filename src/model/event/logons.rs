//! What the events about logons and sessions say, apart from those of Terminal Services.

use crate::model::{Account, LogonId, Text};
use std::sync::Arc;

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
    /// `LogonType`: 2 interactive, 3 network, …; see [`logon_type_name`](crate::model::session::logon_type_name).
    /// `None` where the record has no value.
    pub logon_type: Option<u32>,
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[non_exhaustive]
pub struct LogonMethod {
    /// `LogonProcessName`, trailing blanks cut: `User32`, `Advapi`, `NtLmSsp`, …
    pub logon_process: Text,
    /// `AuthenticationPackageName`: `Negotiate`, `Kerberos`, `NTLM`, …
    pub package: Text,
    /// `ProcessName`: the path of the program that asked for the logon.
    pub process_name: Text,
}

impl LogonMethod {
    /// Winlogon made it, for a desktop.
    pub(crate) fn is_user32(&self) -> bool {
        self.logon_process.eq_ignore_ascii_case("User32")
    }
}

/// Where a logon or a connection came from. Empty text: not given, or a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Client {
    /// The IP address, as the event writes it.
    pub ip: Text,
    /// The name of the workstation or client.
    pub workstation: Text,
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
