//! The user profile service.

use super::{APPLICATION, Account, USER_PROFILE, event_data, field, local_system, manifest};
use crate::event::{Event, Field, Payload, Process, Provider};
use crate::value::Sid;

/// The service; its channel has another name than its provider.
pub const PROVIDER: Provider =
    manifest("Microsoft-Windows-User Profiles Service", "89b1e9f0-5aff-44a6-9b44-0a07a7ce5845");

const LEVEL_WARNING: u8 = 3;

fn operational(id: u16, user: Sid, fields: Vec<Field>) -> Event {
    Event {
        keywords: 0x4000_0000_0000_0000,
        process: Process::Id(1056),
        user: Some(user),
        ..event_data(PROVIDER, id, USER_PROFILE, fields)
    }
}

fn of_session(id: u16, account: &Account, session_id: u32) -> Event {
    operational(id, account.sid.clone(), vec![field("Session", session_id)])
}

/// 1: logon notice received.
pub fn logon_received(account: &Account, session_id: u32) -> Event {
    of_session(1, account, session_id)
}

/// 2: logon finished.
pub fn logon_finished(account: &Account, session_id: u32) -> Event {
    of_session(2, account, session_id)
}

/// 3: logoff notice received.
pub fn logoff_received(account: &Account, session_id: u32) -> Event {
    of_session(3, account, session_id)
}

/// 4: logoff finished.
pub fn logoff_finished(account: &Account, session_id: u32) -> Event {
    of_session(4, account, session_id)
}

/// 5: a registry hive was loaded.
pub fn hive_loaded(file: &str, key: &str) -> Event {
    operational(5, local_system(), vec![field("File", file), field("Key", key)])
}

/// 67: the profile that was chosen.
pub fn profile_chosen(account: &Account, local_path: &str) -> Event {
    let items = vec![
        field("LogonType", "Regular"),
        field("LocalPath", local_path),
        field("ProfileType", "Regular"),
    ];
    operational(67, account.sid.clone(), items)
}

fn application(id: u16, level: u8, payload: Payload) -> Event {
    let event = event_data(PROVIDER, id, APPLICATION, Vec::new());
    Event { level, process: Process::Id(1056), user: Some(local_system()), payload, ..event }
}

/// 1530: a registry hive was still in use at logoff.
pub fn hive_leaked(detail: &str) -> Event {
    let fields = vec![field("Detail", detail)];
    application(1530, LEVEL_WARNING, Payload::EventData { name: Some("EVENT_HIVE_LEAK"), fields })
}

/// 1531: the service started.
pub fn service_started() -> Event {
    application(1531, 4, Payload::EventData { name: None, fields: Vec::new() })
}

/// 1532: the service stopped.
pub fn service_stopped() -> Event {
    application(1532, 4, Payload::EventData { name: None, fields: Vec::new() })
}
