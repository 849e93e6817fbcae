//! Audit events about a session after its start: end, lock, reconnect, privileges.

use super::{Account, SECURITY, Session, event_data, field, hex, manifest};
use crate::event::{Event, Field, Process, Provider};
use crate::value::{Guid, Value};

/// The provider of the Security log's audit events.
pub const PROVIDER: Provider =
    manifest("Microsoft-Windows-Security-Auditing", "54849625-5478-4994-a5ba-3e3b0328c30d");

const KEYWORDS_AUDIT_SUCCESS: u64 = 0x8020_0000_0000_0000;
const TASK_LOGON: u16 = 12_544;
const TASK_LOGOFF: u16 = 12_545;
const TASK_SPECIAL_LOGON: u16 = 12_548;
const TASK_OTHER_LOGON: u16 = 12_551;
const TASK_GROUP_MEMBERSHIP: u16 = 12_554;

/// An audit event that LSASS writes.
pub(super) fn audit_event(id: u16, task: u16, fields: Vec<Field>) -> Event {
    Event {
        level: 0,
        task,
        keywords: KEYWORDS_AUDIT_SUCCESS,
        process: Process::Lsass,
        ..event_data(PROVIDER, id, SECURITY, fields)
    }
}

/// 4634: the session was destroyed.
pub fn logoff(session: &Session, logon_type: u32) -> Event {
    let mut items = session.target();
    items.push(field("LogonType", logon_type));
    audit_event(4634, TASK_LOGOFF, items)
}

/// 4647: the user requested a logoff.
pub fn user_logoff(session: &Session) -> Event {
    audit_event(4647, TASK_LOGOFF, session.target())
}

/// 4648: a logon with explicit credentials.
#[derive(Clone, Debug)]
pub struct ExplicitCredentials {
    /// The session that gave them.
    pub subject: Session,
    /// The name of their account.
    pub user_name: String,
    /// Its domain.
    pub domain: String,
    /// Server they were given to.
    pub server: String,
    /// Process that used them.
    pub process_name: String,
    /// Address of the client.
    pub ip_address: String,
    /// Builds before Windows 7 SP1 repeat `LogonGuid` where later ones say `TargetLogonGuid`.
    pub early_layout: bool,
}

impl ExplicitCredentials {
    /// The event that the logon screen or the service manager writes just before a 4624.
    pub fn local(subject: Session, account: &Account, process_name: &str) -> Self {
        Self {
            subject,
            user_name: account.name.clone(),
            domain: account.domain.clone(),
            server: "localhost".into(),
            process_name: process_name.into(),
            ip_address: "-".into(),
            early_layout: false,
        }
    }

    /// The event.
    pub fn event(&self) -> Event {
        let target_guid = if self.early_layout { "LogonGuid" } else { "TargetLogonGuid" };
        let mut items = self.subject.subject();
        items.extend([
            field("LogonGuid", Guid::default()),
            field("TargetUserName", self.user_name.clone()),
            field("TargetDomainName", self.domain.clone()),
            field(target_guid, Guid::default()),
            field("TargetServerName", self.server.clone()),
            field("TargetInfo", self.server.clone()),
            field("ProcessId", Value::Pointer(0x4b4)),
            field("ProcessName", self.process_name.clone()),
            field("IpAddress", self.ip_address.clone()),
            field("IpPort", if self.ip_address == "-" { "-" } else { "0" }),
        ]);
        audit_event(4648, TASK_LOGON, items)
    }
}

/// 4672: the new session has special privileges.
pub fn special_privileges(session: &Session, privileges: &[&str]) -> Event {
    let mut items = session.subject();
    items.push(field("PrivilegeList", privileges.join("\r\n\t\t\t")));
    audit_event(4672, TASK_SPECIAL_LOGON, items)
}

/// Privileges of an administrator's full token.
pub const ADMINISTRATOR_PRIVILEGES: &[&str] = &[
    "SeSecurityPrivilege",
    "SeTakeOwnershipPrivilege",
    "SeLoadDriverPrivilege",
    "SeBackupPrivilege",
    "SeRestorePrivilege",
    "SeDebugPrivilege",
    "SeSystemEnvironmentPrivilege",
    "SeImpersonatePrivilege",
];

/// Privileges of a window manager's token.
pub const WINDOW_MANAGER_PRIVILEGES: &[&str] =
    &["SeAssignPrimaryTokenPrivilege", "SeAuditPrivilege"];

/// 4627: the groups of a new session.
pub fn group_membership(
    subject: &Session,
    target: &Session,
    logon_type: u32,
    groups: &[&str],
) -> Event {
    let mut items = subject.subject();
    items.extend(target.target());
    items.push(field("LogonType", logon_type));
    items.push(field("EventIdx", 1));
    items.push(field("EventCountTotal", 1));
    items.push(field("GroupMembership", sid_list(groups)));
    audit_event(4627, TASK_GROUP_MEMBERSHIP, items)
}

/// 4964: a member of a watched group logged on.
pub fn special_groups(subject: &Session, target: &Session, groups: &[&str]) -> Event {
    let mut items = subject.subject();
    items.push(field("LogonGuid", Guid::default()));
    items.extend(target.target());
    items.push(field("TargetLogonGuid", Guid::default()));
    items.push(field("SidList", sid_list(groups)));
    audit_event(4964, TASK_SPECIAL_LOGON, items)
}

fn sid_list(sids: &[&str]) -> String {
    sids.iter().map(|sid| format!("\r\n\t\t%{{{sid}}}")).collect()
}

/// 4778: a session was reconnected to a window station.
pub fn reconnected(session: &Session, session_name: &str, client: &str, address: &str) -> Event {
    window_station(4778, session, session_name, client, address)
}

/// 4779: a session was disconnected from a window station.
pub fn disconnected(session: &Session, session_name: &str, client: &str, address: &str) -> Event {
    window_station(4779, session, session_name, client, address)
}

fn window_station(id: u16, session: &Session, name: &str, client: &str, address: &str) -> Event {
    let items = vec![
        field("AccountName", session.account.name.clone()),
        field("AccountDomain", session.account.domain.clone()),
        field("LogonID", hex(session.logon_id)),
        field("SessionName", name),
        field("ClientName", client),
        field("ClientAddress", address),
    ];
    audit_event(id, TASK_OTHER_LOGON, items)
}

/// 4800: the workstation was locked.
pub fn locked(session: &Session, session_id: u32) -> Event {
    desktop(4800, session, session_id)
}

/// 4801: the workstation was unlocked.
pub fn unlocked(session: &Session, session_id: u32) -> Event {
    desktop(4801, session, session_id)
}

/// 4802: the screen saver began.
pub fn screen_saver_on(session: &Session, session_id: u32) -> Event {
    desktop(4802, session, session_id)
}

/// 4803: the screen saver ended.
pub fn screen_saver_off(session: &Session, session_id: u32) -> Event {
    desktop(4803, session, session_id)
}

fn desktop(id: u16, session: &Session, session_id: u32) -> Event {
    let mut items = session.target();
    items.push(field("SessionId", session_id));
    audit_event(id, TASK_OTHER_LOGON, items)
}
