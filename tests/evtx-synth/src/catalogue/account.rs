//! Accounts, and the sessions that logons create.

use super::{field, hex};
use crate::event::Field;
use crate::value::Sid;

/// The Logon ID of the computer's own session.
const SYSTEM_LOGON_ID: u64 = 0x3e7;

/// An account as events name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Security identifier.
    pub sid: Sid,
    /// Account name.
    pub name: String,
    /// Domain or computer the account belongs to.
    pub domain: String,
}

/// An account together with its Logon ID: what events call subject or target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The account of the session.
    pub account: Account,
    /// Logon ID, unique within a boot.
    pub logon_id: u64,
}

impl Account {
    /// An account.
    pub fn new(sid: Sid, name: impl Into<String>, domain: impl Into<String>) -> Self {
        Self { sid, name: name.into(), domain: domain.into() }
    }

    fn well_known(sid: &str, name: &str, domain: &str) -> Self {
        Self::new(Sid::parse(sid), name, domain)
    }

    /// SYSTEM.
    pub fn system() -> Self {
        Self::well_known("S-1-5-18", "SYSTEM", "NT AUTHORITY")
    }

    /// LOCAL SERVICE.
    pub fn local_service() -> Self {
        Self::well_known("S-1-5-19", "LOCAL SERVICE", "NT AUTHORITY")
    }

    /// NETWORK SERVICE.
    pub fn network_service() -> Self {
        Self::well_known("S-1-5-20", "NETWORK SERVICE", "NT AUTHORITY")
    }

    /// ANONYMOUS LOGON.
    pub fn anonymous() -> Self {
        Self::well_known("S-1-5-7", "ANONYMOUS LOGON", "NT AUTHORITY")
    }

    /// No account: the null SID and placeholders.
    pub fn nobody() -> Self {
        Self::well_known("S-1-0-0", "-", "-")
    }

    /// The computer's own account, as the subject of what SYSTEM does.
    pub fn machine(computer: &str, domain: &str) -> Self {
        let short = computer.split('.').next().unwrap_or(computer);
        Self::new(Sid::parse("S-1-5-18"), format!("{short}$"), domain)
    }

    /// The window manager of Terminal Services session `number`.
    pub fn window_manager(number: u32) -> Self {
        Self::new(
            Sid::parse(&format!("S-1-5-90-0-{number}")),
            format!("DWM-{number}"),
            "Window Manager",
        )
    }

    /// The font driver host of Terminal Services session `number`.
    pub fn font_driver(number: u32) -> Self {
        Self::new(
            Sid::parse(&format!("S-1-5-96-0-{number}")),
            format!("UMFD-{number}"),
            "Font Driver Host",
        )
    }

    /// `DOMAIN\name`, as the session manager writes it.
    pub fn qualified(&self) -> String {
        format!("{}\\{}", self.domain, self.name)
    }
}

impl Session {
    /// A session.
    pub fn new(account: Account, logon_id: u64) -> Self {
        Self { account, logon_id }
    }

    /// No session.
    pub fn none() -> Self {
        Self::new(Account::nobody(), 0)
    }

    /// The session of SYSTEM.
    pub fn system() -> Self {
        Self::new(Account::system(), SYSTEM_LOGON_ID)
    }

    /// The session of SYSTEM under the computer's name: the usual subject of logons.
    pub fn machine(computer: &str, domain: &str) -> Self {
        Self::new(Account::machine(computer, domain), SYSTEM_LOGON_ID)
    }

    /// The four `Subject…` items.
    pub(super) fn subject(&self) -> Vec<Field> {
        let account = &self.account;
        vec![
            field("SubjectUserSid", &account.sid),
            field("SubjectUserName", account.name.clone()),
            field("SubjectDomainName", account.domain.clone()),
            field("SubjectLogonId", hex(self.logon_id)),
        ]
    }

    /// The four `Target…` items.
    pub(super) fn target(&self) -> Vec<Field> {
        let account = &self.account;
        vec![
            field("TargetUserSid", &account.sid),
            field("TargetUserName", account.name.clone()),
            field("TargetDomainName", account.domain.clone()),
            field("TargetLogonId", hex(self.logon_id)),
        ]
    }
}
