//! Events of the logon process: shutdown requests, and notifications of logon and logoff.

use super::event_log::legacy;
use super::{Account, SYSTEM, event_data, field, local_system, manifest};
use crate::event::{Event, Process, Provider};

/// Logon and logoff notices.
pub const PROVIDER: Provider =
    manifest("Microsoft-Windows-Winlogon", "dbe9b383-7cf3-4331-91cc-a3cb16a3b538");
/// Shutdown requests since Windows 8.
pub const USER32: Provider = Provider {
    name: "User32",
    guid: Some("b0aa8734-56f7-41cc-b2f4-de228e98b946"),
    event_source: Some("User32"),
    classic: true,
};
/// Shutdown requests before.
pub const USER32_LEGACY: Provider =
    Provider { name: "USER32", guid: None, event_source: None, classic: true };

/// 1074: a user or a program requested a shutdown.
#[derive(Clone, Debug)]
pub struct ShutdownRequest {
    /// Program that asked, with the computer in parentheses as Windows writes it.
    pub process: String,
    /// Computer that shuts down.
    pub computer: String,
    /// Reason in words, localized.
    pub reason: String,
    /// Reason as a number, such as `0x500ff`.
    pub reason_code: String,
    /// `restart`, `power off` or `shutdown`, localized.
    pub action: String,
    /// The account of the request.
    pub user: Account,
}

impl ShutdownRequest {
    /// A request from the Start menu.
    pub fn from_start_menu(computer: &str, user: &Account, action: &str) -> Self {
        Self {
            process: format!(r"C:\Windows\System32\RuntimeBroker.exe ({computer})"),
            computer: computer.into(),
            reason: "Other (Unplanned)".into(),
            reason_code: "0x0".into(),
            action: action.into(),
            user: user.clone(),
        }
    }

    /// The event since Windows 8: named items.
    pub fn event(&self) -> Event {
        let user = self.user.qualified();
        let texts = [
            &self.process,
            &self.computer,
            &self.reason,
            &self.reason_code,
            &self.action,
            "",
            &user,
        ];
        let names = ["param1", "param2", "param3", "param4", "param5", "param6", "param7"];
        let items = names.into_iter().zip(texts).map(|(name, text)| field(name, text)).collect();
        Event {
            qualifiers: Some(0x8000),
            keywords: 0x8080_0000_0000_0000,
            process: Process::Winlogon,
            user: Some(self.user.sid.clone()),
            ..event_data(USER32, 1074, SYSTEM, items)
        }
    }

    /// The event up to Windows 7: unnamed strings, and the reason code in the bytes.
    pub fn legacy_event(&self) -> Event {
        let user = self.user.qualified();
        let strings = [
            &self.process,
            &self.computer,
            &self.reason,
            &self.reason_code,
            &self.action,
            "",
            user.as_str(),
        ];
        let code = u32::from_str_radix(self.reason_code.trim_start_matches("0x"), 16).unwrap_or(0);
        let mut binary = code.to_le_bytes().to_vec();
        binary.resize(40, 0);
        let event = legacy(USER32_LEGACY, 1074, &strings, binary);
        Event { user: Some(self.user.sid.clone()), ..event }
    }
}

/// 7001: a user logged on in Terminal Services session `session_id`.
pub fn logon_notice(session_id: u32, account: &Account) -> Event {
    notice(7001, 1101, session_id, account)
}

/// 7002: the user logs off, or the machine shuts down.
pub fn logoff_notice(session_id: u32, account: &Account) -> Event {
    notice(7002, 1102, session_id, account)
}

fn notice(id: u16, task: u16, session_id: u32, account: &Account) -> Event {
    let items = vec![field("TSId", session_id), field("UserSid", &account.sid)];
    Event {
        task,
        keywords: 0x2000_2000_0000_0000,
        process: Process::Winlogon,
        user: Some(local_system()),
        ..event_data(PROVIDER, id, SYSTEM, items)
    }
}
