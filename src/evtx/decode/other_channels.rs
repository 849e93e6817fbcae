//! Events of Terminal Services and User Profile Service channels.

use super::fields::Fields;
use crate::model::EventKind;
use crate::model::event::{Notification, RemoteConnection, Terminal, TerminalAction};

/// 21 to 25, 41, 42
pub(super) fn terminal(fields: &mut Fields<'_>) -> EventKind {
    let action = match fields.identity().event_id {
        21 => TerminalAction::Logon,
        22 => TerminalAction::Shell,
        23 => TerminalAction::Logoff,
        24 => TerminalAction::Disconnected,
        25 => TerminalAction::Reconnected,
        41 => TerminalAction::ArbitrationBegin,
        _ => TerminalAction::ArbitrationEnd,
    };
    session(fields, action, "SessionID", None)
}

/// 39
pub(super) fn disconnected_by(fields: &mut Fields<'_>) -> EventKind {
    session(fields, TerminalAction::DisconnectedBy, "TargetSession", Some("Source"))
}

/// 40
pub(super) fn disconnect_reason(fields: &mut Fields<'_>) -> EventKind {
    session(fields, TerminalAction::DisconnectReason, "Session", Some("Reason"))
}

fn session(
    fields: &mut Fields<'_>,
    action: TerminalAction,
    session: &'static str,
    detail: Option<&'static str>,
) -> EventKind {
    let number = fields.small(session);
    EventKind::Terminal(Box::new(Terminal {
        action,
        user: fields.text("User"),
        session: fields.need(session, number),
        address: fields.text("Address"),
        detail: detail.and_then(|name| fields.small(name)),
    }))
}

/// 1149
pub(super) fn remote_connection(fields: &mut Fields<'_>) -> EventKind {
    let account = fields.account_without_sid(["Param1", "Param2"]);
    EventKind::RemoteConnection(Box::new(RemoteConnection {
        account: (*account).clone(),
        address: fields.text("Param3"),
    }))
}

/// User Profile Service 1 to 5, 67: the account stands in `System/Security/@UserID`.
pub(super) fn profile(fields: &mut Fields<'_>) -> EventKind {
    let sid = fields.identity().user_sid;
    EventKind::Profile(Box::new(Notification {
        session: fields.small("Session"),
        sid: fields.parts().text(&sid.text()),
    }))
}
