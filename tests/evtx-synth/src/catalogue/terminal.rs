//! Terminal Services: sessions at the console and by remote desktop.

use super::{
    Account, CONNECTION_MANAGER, SESSION_MANAGER, event_data, field, local_system, manifest,
};
use crate::event::{Event, Field, Payload, Process, Provider};
use crate::value::Sid;

/// Sessions.
pub const SESSIONS: Provider = manifest(
    "Microsoft-Windows-TerminalServices-LocalSessionManager",
    "5d896912-022d-40aa-a3a8-4fa5515c76d7",
);
/// Connections.
pub const CONNECTIONS: Provider = manifest(
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
    "c76baa63-ae81-421c-b425-340b4b24157f",
);

const NAMESPACES: &[(&str, &str)] = &[("xmlns", "Event_NS")];
const KEYWORDS: u64 = 0x1000_0000_0000_0000;

fn event_xml(provider: Provider, id: u16, channel: &'static str, fields: Vec<Field>) -> Event {
    Event {
        keywords: KEYWORDS,
        process: Process::SessionManager,
        user: Some(local_system()),
        payload: Payload::UserData { element: "EventXML", namespaces: NAMESPACES, fields },
        ..event_data(provider, id, channel, Vec::new())
    }
}

fn of_session(id: u16, user: &Account, session_id: u32, address: Option<&str>) -> Event {
    let mut items = vec![field("User", user.qualified()), field("SessionID", session_id)];
    items.extend(address.map(|address| field("Address", address)));
    event_xml(SESSIONS, id, SESSION_MANAGER, items)
}

/// 21: logon succeeded. `address` is `LOCAL` or that of the client.
pub fn logon_succeeded(user: &Account, session_id: u32, address: &str) -> Event {
    of_session(21, user, session_id, Some(address))
}

/// 22: the shell started.
pub fn shell_started(user: &Account, session_id: u32, address: &str) -> Event {
    of_session(22, user, session_id, Some(address))
}

/// 23: logoff succeeded.
pub fn logoff_succeeded(user: &Account, session_id: u32) -> Event {
    of_session(23, user, session_id, None)
}

/// 24: disconnected.
pub fn disconnected(user: &Account, session_id: u32, address: &str) -> Event {
    of_session(24, user, session_id, Some(address))
}

/// 25: reconnected.
pub fn reconnected(user: &Account, session_id: u32, address: &str) -> Event {
    of_session(25, user, session_id, Some(address))
}

/// 39: a session was disconnected by another.
pub fn disconnected_by(session_id: u32, source_session: u32) -> Event {
    let items = vec![field("TargetSession", session_id), field("Source", source_session)];
    event_xml(SESSIONS, 39, SESSION_MANAGER, items)
}

/// 40: a session was disconnected. Reason 0 none given, 5 replaced by another connection,
/// 11 the user disconnected, 12 the user logged off, …
pub fn disconnect_reason(session_id: u32, reason: u32) -> Event {
    let items = vec![field("Session", session_id), field("Reason", reason)];
    event_xml(SESSIONS, 40, SESSION_MANAGER, items)
}

/// 41: arbitration of the session begins.
pub fn arbitration_begins(user: &Account, session_id: u32) -> Event {
    of_session(41, user, session_id, None)
}

/// 42: arbitration ends.
pub fn arbitration_ends(user: &Account, session_id: u32) -> Event {
    of_session(42, user, session_id, None)
}

/// 1149: a client authenticated itself (NLA). No proof of a session.
pub fn client_authenticated(user: &str, domain: &str, address: &str) -> Event {
    let items = vec![field("Param1", user), field("Param2", domain), field("Param3", address)];
    let event = event_xml(CONNECTIONS, 1149, CONNECTION_MANAGER, items);
    Event { process: Process::Id(1180), user: Some(Sid::parse("S-1-5-20")), ..event }
}
