//! The sessions for which a source is looked for: those that came, or may have come, from another computer.

use super::computers::{ComputerId, Computers};
use super::names::{address, can_be_owned, is_link_local, is_loopback};
use crate::model::session::StartCause;
use crate::model::{Account, Host, LogonId, Session, SessionClass, Text, Timestamp};
use std::net::IpAddr;

/// A session whose source is asked for.
pub(super) struct Target<'h> {
    pub(super) computer: ComputerId,
    pub(super) host: &'h Host,
    pub(super) session: &'h Session,
    pub(super) time: Timestamp,
    /// The address that it came from, if somebody can own it.
    pub(super) address: Option<IpAddr>,
    /// It has an address that may be one of another network.
    pub(super) has_address: bool,
    /// It came from the computer itself, or through a tunnel there.
    pub(super) is_loopback: bool,
    pub(super) protocol: Protocol,
    /// `LogonGuid`; `None` where it is 0 or not given.
    pub(super) guid: Option<Text>,
}

/// How the credentials were checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Kerberos,
    Ntlm,
    /// One of them, or another one.
    Unknown,
}

const NETWORK: u32 = 3;
const UNLOCK: u32 = 7;
const CLEARTEXT: u32 = 8;
const REMOTE: u32 = 10;
const CACHED_REMOTE: u32 = 12;
const CACHED_UNLOCK: u32 = 13;
/// The SID of ANONYMOUS LOGON.
const ANONYMOUS: &str = "S-1-5-7";

impl Target<'_> {
    /// The record that began it.
    pub(super) fn record_id(&self) -> Option<u64> {
        self.session.start.map(|start| start.record.record_id)
    }

    /// The name that the client gave for itself; empty if the record cannot have it.
    pub(super) fn claimed_name(&self) -> &str {
        match self.session.logon_type {
            // Records of other logon types have the name of the recording computer there.
            Some(NETWORK | CLEARTEXT) => &self.session.client.workstation,
            _ => "",
        }
    }

    pub(super) fn account(&self) -> &Account {
        &self.session.account
    }

    /// Nobody in particular: no source is claimed.
    pub(super) fn is_anonymous(&self) -> bool {
        self.session.class == SessionClass::Anonymous || *self.account().sid == *ANONYMOUS
    }

    /// A desktop of Remote Desktop, or the check of a reconnect.
    pub(super) fn is_remote_desktop(&self) -> bool {
        is_remote_desktop(self.session)
    }
}

fn is_remote_desktop(session: &Session) -> bool {
    matches!(session.logon_type, Some(UNLOCK | REMOTE | CACHED_REMOTE | CACHED_UNLOCK))
}

/// Every session that is asked about, by computer and in the order of its sessions.
pub(super) fn targets<'h>(computers: &Computers<'h>) -> Vec<Target<'h>> {
    let mut targets = Vec::new();
    for (id, computer) in computers.iter() {
        let Some(host) = computer.host else { continue };
        for session in &host.sessions {
            let start = session.start.filter(|_| session.start_cause == StartCause::Exact);
            let Some(start) = start else { continue };
            let detail = computer.facts.detail(start.record.record_id, start.time);
            let asker = detail.map_or(LogonId(0), |own| own.subject_logon_id);
            let written = address(&session.client.ip);
            if !is_asked_about(session, asker, written) {
                continue;
            }
            targets.push(Target {
                computer: id,
                host,
                session,
                time: start.time,
                address: written.filter(|own| can_be_owned(*own)),
                has_address: written.is_some_and(|own| !is_link_local(own)),
                is_loopback: written.is_some_and(is_loopback),
                protocol: protocol(session),
                guid: detail.and_then(|own| own.guid.clone()),
            });
        }
    }
    targets
}

fn is_asked_about(session: &Session, asker: LogonId, address: Option<IpAddr>) -> bool {
    if session.logon_id.is_none_or(LogonId::is_well_known) {
        return false;
    }
    match session.logon_type {
        // If a session of this computer asked for the logon, the Logon ID of that session is not 0.
        Some(NETWORK) => asker.0 == 0,
        Some(CLEARTEXT) => asker.0 == 0 || address.is_some_and(can_be_owned),
        Some(REMOTE | CACHED_REMOTE) => true,
        // An unlock at the console has no address, or that of the computer itself.
        Some(UNLOCK | CACHED_UNLOCK) => address.is_some_and(|own| !is_loopback(own)),
        _ => false,
    }
}

fn protocol(session: &Session) -> Protocol {
    let method = &session.method;
    let is = |text: &str, name: &str| text.eq_ignore_ascii_case(name);
    if is(&method.package, "Kerberos") || is(&method.logon_process, "Kerberos") {
        Protocol::Kerberos
    } else if is(&method.package, "NTLM") || is(&method.logon_process, "NtLmSsp") {
        Protocol::Ntlm
    } else {
        Protocol::Unknown
    }
}
