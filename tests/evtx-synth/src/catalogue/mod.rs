//! The events of logons, boots, power and clocks, as real providers write them.
//!
//! Names, GUIDs, tasks, keywords, the order and the types of data items are facts of Windows,
//! taken from Microsoft's documentation and from logs of real computers. Each constructor returns
//! an [`Event`] for [`Host::log`](crate::Host::log).

mod account;
pub mod audit;
pub mod connections;
pub mod event_log;
mod every;
pub mod kerberos;
pub mod kernel;
pub mod logon;
pub mod profile;
pub mod security;
pub mod services;
pub mod terminal;
pub mod winlogon;

pub use account::{Account, Session};
pub use every::every_event;
pub use logon::{FailedLogon, Logon};

use crate::event::{Event, Field, Payload, Process, Provider};
use crate::value::{Sid, Value};

/// The Security log.
pub const SECURITY: &str = "Security";
/// The System log.
pub const SYSTEM: &str = "System";
/// The Application log.
pub const APPLICATION: &str = "Application";
/// The log of the local session manager: console and remote sessions.
pub const SESSION_MANAGER: &str =
    "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational";
/// The log of the remote connection manager.
pub const CONNECTION_MANAGER: &str =
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational";
/// The log of the user profile service.
pub const USER_PROFILE: &str = "Microsoft-Windows-User Profile Service/Operational";

/// The log of the client of remote desktop.
pub const RDP_CLIENT: &str = "Microsoft-Windows-TerminalServices-RDPClient/Operational";
/// The log of Sysmon.
pub const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";

/// The file name that Windows gives a channel's log.
pub fn file_name(channel: &str) -> String {
    format!("{}.evtx", channel.replace('/', "%4"))
}

/// A provider that writes its events directly.
const fn manifest(name: &'static str, guid: &'static str) -> Provider {
    Provider { name, guid: Some(guid), event_source: None, classic: false }
}

fn field(name: &'static str, value: impl Into<Value>) -> Field {
    Field { name, value: value.into() }
}

/// A logon ID or another number that is shown in hexadecimal, 64 bits.
fn hex(number: u64) -> Value {
    Value::HexInt64(number)
}

/// An event with named data items, of the level information, and otherwise with defaults.
fn event_data(provider: Provider, id: u16, channel: &'static str, fields: Vec<Field>) -> Event {
    Event {
        provider,
        id,
        qualifiers: None,
        version: 0,
        level: 4,
        task: 0,
        opcode: 0,
        keywords: 0x8000_0000_0000_0000,
        channel,
        process: Process::Unknown,
        user: None,
        activity_id: None,
        payload: Payload::EventData { name: None, fields },
    }
}

/// The account of most processes of Windows.
fn local_system() -> Sid {
    Sid::parse("S-1-5-18")
}
