//! The class of a session (desktop, network, service, ...). It is decided by SIDs, logon types and
//! programs, never by names that Windows translates.
//!
//! Example: a 4624 of type 2 by the logon process User32 is a desktop; by `seclogo` it is a
//! secondary logon (runas).

use crate::model::event::{Logon, LogonMethod, SessionRef};
use crate::model::{Account, SessionClass};

/// Programs that log on for their own purposes: LSASS and Windows Setup.
const AUXILIARY: [&str; 3] = ["lsass.exe", "msoobe.exe", "cloudexperiencehostbroker.exe"];

/// The class of a session that has a 4624.
pub(crate) fn of_logon(logon: &Logon) -> SessionClass {
    if let Some(class) = of_account(&logon.account, logon.logon_type) {
        return class;
    }
    of_type(logon.logon_type).unwrap_or_else(|| match logon.logon_type {
        Some(2 | 11) => of_interactive(&logon.method),
        Some(_) => SessionClass::System,
        None => SessionClass::Unknown,
    })
}

/// The class of a logon type whose class does not depend on the program.
fn of_type(logon_type: Option<u32>) -> Option<SessionClass> {
    Some(match logon_type? {
        3 | 8 => SessionClass::Network,
        4 => SessionClass::Batch,
        5 => SessionClass::Service,
        7 | 13 => SessionClass::Revalidation,
        9 => SessionClass::Secondary,
        10 | 12 => SessionClass::RemoteDesktop,
        _ => return None,
    })
}

/// The class of an interactive logon (type 2 or 11), by the program that made it.
fn of_interactive(method: &LogonMethod) -> SessionClass {
    let process = method.logon_process.to_ascii_lowercase();
    let program = method.process_name.rsplit(['\\', '/']).next().unwrap_or("").to_ascii_lowercase();
    // LogonProcessName is cut to a few characters: `seclogo` is the Secondary Logon service.
    match process.as_str() {
        "user32" => SessionClass::Desktop,
        "credpro" => SessionClass::Elevation,
        _ if AUXILIARY.contains(&program.as_str()) => SessionClass::Auxiliary,
        // This is `seclogo`, or any other program that logs somebody on interactively.
        _ => SessionClass::Secondary,
    }
}

/// The class of an account whose sessions are never those of a person.
fn of_account(account: &Account, logon_type: Option<u32>) -> Option<SessionClass> {
    let sid = &*account.sid;
    let own_service = logon_type == Some(5);
    if account.window_session().is_some() {
        Some(SessionClass::WindowManager)
    } else if sid == "S-1-5-7"
        || sid.is_empty() && account.user.eq_ignore_ascii_case("anonymous logon")
    {
        Some(SessionClass::Anonymous)
    } else if account.is_machine() && !own_service {
        Some(SessionClass::Machine)
    } else if matches!(sid, "S-1-5-18" | "S-1-5-19" | "S-1-5-20" | "S-1-5-17") && !own_service {
        Some(SessionClass::System)
    } else {
        None
    }
}

/// The class of a session that only its end shows. A 4647 is only written for desktops, at the
/// console or over Remote Desktop; it does not say which. A 4634 of type 2 or 11 without a 4647 does not show the
/// class. Seen: of 34 such sessions that have their 4624, one was a desktop; the others were elevations, logons of
/// Windows itself, and re-validations.
pub(crate) fn of_end(ended: &SessionRef) -> SessionClass {
    let by_4647 = ended.logon_type.is_none();
    of_account(&ended.account, ended.logon_type)
        .or_else(|| of_type(ended.logon_type))
        .unwrap_or(if by_4647 { SessionClass::Desktop } else { SessionClass::Unknown })
}

/// The class of a session that was locked or unlocked, which is always a desktop.
pub(crate) fn of_desktop(account: &Account) -> SessionClass {
    of_account(account, None).unwrap_or(SessionClass::Desktop)
}

/// The class of a session that only a 4672 or a similar record refers to.
pub(crate) fn of_reference(account: &Account) -> SessionClass {
    of_account(account, None).unwrap_or(SessionClass::Unknown)
}

/// The class of a session that only 4778 or 4779 shows. The session name is `RDP-Tcp#0`, `Console`,
/// or the GUID of a listener.
pub(crate) fn of_window_station(session_name: &str) -> SessionClass {
    if session_name.eq_ignore_ascii_case("console") {
        SessionClass::Desktop
    } else {
        SessionClass::RemoteDesktop
    }
}

/// Did a program in another session ask for this logon (runas, NewCredentials, or a prompt of User
/// Account Control)?
pub(super) const fn is_derived(class: SessionClass) -> bool {
    matches!(class, SessionClass::Secondary | SessionClass::Elevation)
}

/// Is this a logon type of Remote Desktop (10 or 12)?
pub(super) const fn is_remote_type(logon_type: Option<u32>) -> bool {
    matches!(logon_type, Some(10 | 12))
}
