//! Events of Terminal Services and User Profile Service channels.

use super::fields::FieldReader;
use crate::model::EventKind;
use crate::model::event::{Notification, RemoteConnection, Terminal, TerminalAction};

/// 21 to 25, 41, 42
pub(super) fn terminal(fields: &mut FieldReader<'_>) -> EventKind {
    let action = match fields.identity().event_id {
        21 => TerminalAction::Logon,
        22 => TerminalAction::Shell,
        23 => TerminalAction::Logoff,
        24 => TerminalAction::Disconnected,
        25 => TerminalAction::Reconnected,
        41 => TerminalAction::ArbitrationBegin,
        _ => TerminalAction::ArbitrationEnd,
    };
    terminal_event(fields, action, "SessionID", None)
}

/// 39
pub(super) fn disconnected_by(fields: &mut FieldReader<'_>) -> EventKind {
    terminal_event(fields, TerminalAction::DisconnectedBy, "TargetSession", Some("Source"))
}

/// 40
pub(super) fn disconnect_reason(fields: &mut FieldReader<'_>) -> EventKind {
    terminal_event(fields, TerminalAction::DisconnectReason, "Session", Some("Reason"))
}

fn terminal_event(
    fields: &mut FieldReader<'_>,
    action: TerminalAction,
    session: &'static str,
    detail: Option<&'static str>,
) -> EventKind {
    let number = fields.number_u32(session);
    EventKind::Terminal(Box::new(Terminal {
        action,
        user: fields.text("User"),
        session: fields.need(session, number),
        address: fields.text("Address"),
        detail: detail.and_then(|name| fields.number_u32(name)),
    }))
}

/// 1149
pub(super) fn remote_connection(fields: &mut FieldReader<'_>) -> EventKind {
    let account = fields.account_without_sid(["Param1", "Param2"]);
    EventKind::RemoteConnection(Box::new(RemoteConnection {
        account: (*account).clone(),
        address: fields.text("Param3"),
    }))
}

/// User Profile Service 1 to 5, 67: the account is in `System/Security/@UserID`.
pub(super) fn profile(fields: &mut FieldReader<'_>) -> EventKind {
    let sid = fields.identity().user_sid;
    EventKind::Profile(Box::new(Notification {
        session: fields.number_u32("Session"),
        sid: fields.interner().text(&sid.text()),
    }))
}
