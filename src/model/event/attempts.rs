//! What the events about failed logons and explicit credentials say. Equal ones are shared: a log may hold
//! millions of them, and one who guesses passwords makes the same one again and again. Only the port
//! differs from one attempt to the next, so that the event has it apart from them.

use super::{Client, LogonMethod};
use crate::model::{Account, LogonId, Text};
use std::sync::Arc;

/// `TargetServerName` of a logon at the computer itself.
const LOCALHOST: &str = "localhost";

/// 4625 An account failed to log on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct FailedLogon {
    /// `TargetUserSid`, `TargetUserName`, `TargetDomainName`: the account that was tried. The SID is
    /// mostly not given.
    pub account: Arc<Account>,
    /// `SubjectUserSid`, `SubjectUserName`, `SubjectDomainName`: who asked for the logon.
    pub subject: Arc<Account>,
    /// `SubjectLogonId`: the session that asked for the logon.
    pub subject_logon_id: LogonId,
    /// `LogonType`: the logon type that was tried.
    pub logon_type: u32,
    /// `Status`: why it failed, as an NTSTATUS.
    pub status: u64,
    /// `SubStatus`: why in detail, as an NTSTATUS; 0 where there is no detail.
    pub sub_status: u64,
    /// `LogonProcessName`, `AuthenticationPackageName`, `ProcessName`: how the logon was tried.
    pub method: Arc<LogonMethod>,
    /// `IpAddress`, `WorkstationName`: where the attempt came from.
    pub client: Arc<Client>,
}

/// 4776 (NTLM), 4771 and 4768 (Kerberos) that report a failure: credentials were refused by the computer
/// that checks them, which is a domain controller, or for a local account the computer itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct RefusedCredentials {
    /// `TargetUserName`; the SID is `TargetSid` (4771, 4768), and the domain `TargetDomainName` (4768).
    pub account: Arc<Account>,
    /// `Status`: why they were refused, as an NTSTATUS in 4776, as an error code of Kerberos in the others.
    pub status: u64,
    /// `Workstation` (4776), `IpAddress` (4771, 4768): where the attempt came from.
    pub client: Arc<Client>,
}

/// 4648 A logon was attempted using explicit credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
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
    /// `ProcessName`: the path of the program that used them.
    pub process_name: Text,
    /// `IpAddress`: the client, or the server, by the kind of logon.
    pub client: Arc<Client>,
}

impl ExplicitCredentials {
    /// Whether Windows itself logs somebody on at this computer: a service, the desktop's own accounts, a
    /// person at the logon screen. The 4624 or the 4625 that follows says as much.
    pub fn is_of_windows(&self) -> bool {
        ExplicitCredentials::is_daily(self.subject_logon_id, &self.target_server)
    }

    /// The same, by the only two values that matter.
    pub(crate) fn is_daily(subject: LogonId, target_server: &str) -> bool {
        subject.is_well_known() && target_server.eq_ignore_ascii_case(LOCALHOST)
    }

    /// Whether the server that is named is the computer itself.
    pub fn is_for_this_computer(&self) -> bool {
        self.target_server.eq_ignore_ascii_case(LOCALHOST)
    }
}
