//! What the events about desktops and their Terminal Services sessions say.

use crate::model::{Account, Text};

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
    /// 21: a logon succeeded, at the console too.
    Logon,
    /// 22: the shell was started.
    Shell,
    /// 23: the user logged off.
    Logoff,
    /// 24: the client was disconnected.
    Disconnected,
    /// 25: a client was connected again.
    Reconnected,
    /// 39: another session disconnected this one.
    DisconnectedBy,
    /// 40: it was disconnected, with the code of a reason.
    DisconnectReason,
    /// 41: the arbitration of sessions begins.
    ArbitrationBegin,
    /// 42: the arbitration of sessions ends.
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
