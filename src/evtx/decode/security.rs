//! Events of the Security channel.

use super::fields::FieldReader;
use super::local_text;
use crate::model::event::{
    ClockChange, Lock, LockAction, LogCleared, Logon, SessionRef, WindowStation,
};
use crate::model::{Account, EventKind, LogonId};
use std::sync::Arc;

pub(super) const SUBJECT: [&str; 3] = ["SubjectUserSid", "SubjectUserName", "SubjectDomainName"];
pub(super) const TARGET: [&str; 3] = ["TargetUserSid", "TargetUserName", "TargetDomainName"];

/// The logon type with which SYSTEM starts services.
const SERVICE: u32 = 5;

/// 4624, versions 0 to 3: a later version has more fields, none has another meaning.
pub(super) fn logon(fields: &mut FieldReader<'_>) -> EventKind {
    let logon_id = fields.logon_id("TargetLogonId");
    let logon_type = fields.needed_u32_or_none("LogonType");
    let is_service_start = logon_id == LogonId::SYSTEM && logon_type == Some(SERVICE);
    if is_service_start && fields.head_is_enough() {
        return fields.head_only();
    }
    let logon = Logon {
        logon_id,
        linked: fields.number("TargetLinkedLogonId").filter(|&id| id != 0).map(LogonId),
        account: fields.account(TARGET),
        subject: fields.account(SUBJECT),
        subject_logon_id: LogonId(fields.number("SubjectLogonId").unwrap_or(0)),
        logon_type,
        version: fields.identity().version,
        elevated: fields.yes_or_no("ElevatedToken"),
        caller_process_id: fields.number("ProcessId").unwrap_or(0),
        method: fields.method(),
        client: fields.client("IpAddress", "WorkstationName"),
        port: fields.port(),
        outbound: outbound(fields),
    };
    EventKind::Logon(fields.interner().logon(logon))
}

/// The account that a NewCredentials logon shows to other computers.
fn outbound(fields: &mut FieldReader<'_>) -> Option<Arc<Account>> {
    // Few logons have one: the domain is not read where there is no name.
    if fields.text("TargetOutboundUserName").is_empty() {
        return None;
    }
    Some(fields.account_without_sid(["TargetOutboundUserName", "TargetOutboundDomainName"]))
}

/// 4634
pub(super) fn terminated(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::Terminated(target(fields))
}

/// 4647
pub(super) fn logoff_initiated(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::LogoffInitiated(target(fields))
}

/// 4627, 4964: refer to the target's session.
pub(super) fn target_reference(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::SessionReference(target(fields))
}

/// 4672: refers to the subject's session, which is the new one.
pub(super) fn subject_reference(fields: &mut FieldReader<'_>) -> EventKind {
    let logon_id = fields.logon_id("SubjectLogonId");
    if logon_id == LogonId::SYSTEM && fields.head_is_enough() {
        return fields.head_only();
    }
    EventKind::SessionReference(SessionRef {
        logon_id,
        account: fields.account(SUBJECT),
        logon_type: None,
    })
}

fn target(fields: &mut FieldReader<'_>) -> SessionRef {
    SessionRef {
        logon_id: fields.logon_id("TargetLogonId"),
        account: fields.account(TARGET),
        logon_type: fields.number_u32("LogonType"),
    }
}

/// 4778
pub(super) fn reconnected(fields: &mut FieldReader<'_>) -> EventKind {
    window_station(fields, true)
}

/// 4779
pub(super) fn disconnected(fields: &mut FieldReader<'_>) -> EventKind {
    window_station(fields, false)
}

fn window_station(fields: &mut FieldReader<'_>, reconnected: bool) -> EventKind {
    EventKind::WindowStation(Box::new(WindowStation {
        reconnected,
        // Its name in these two events only.
        logon_id: fields.logon_id("LogonID"),
        account: fields.account_without_sid(["AccountName", "AccountDomain"]),
        session_name: fields.text("SessionName"),
        client: fields.client("ClientAddress", "ClientName"),
    }))
}

/// 4800
pub(super) fn locked(fields: &mut FieldReader<'_>) -> EventKind {
    lock(fields, LockAction::Locked)
}

/// 4801
pub(super) fn unlocked(fields: &mut FieldReader<'_>) -> EventKind {
    lock(fields, LockAction::Unlocked)
}

/// 4802
pub(super) fn screen_saver_on(fields: &mut FieldReader<'_>) -> EventKind {
    lock(fields, LockAction::ScreenSaverOn)
}

/// 4803
pub(super) fn screen_saver_off(fields: &mut FieldReader<'_>) -> EventKind {
    lock(fields, LockAction::ScreenSaverOff)
}

fn lock(fields: &mut FieldReader<'_>, action: LockAction) -> EventKind {
    EventKind::Lock(Box::new(Lock {
        action,
        logon_id: fields.logon_id("TargetLogonId"),
        account: fields.account(TARGET),
        session: fields.number_u32("SessionId"),
    }))
}

/// 4616
pub(super) fn clock_changed(fields: &mut FieldReader<'_>) -> EventKind {
    // Version 0 has local time as text. If it cannot be read, the new time is when the event was
    // written.
    let localized = fields.has("PreviousDate");
    let (previous, new) = if localized {
        let recorded = fields.identity().time;
        let names = ["PreviousDate", "PreviousTime", "NewDate", "NewTime"];
        let texts = names.map(|name| fields.text(name));
        let [date, time, new_date, new_time] = &texts;
        local_text::before_and_after((date, time), (new_date, new_time), recorded)
            .map_or((None, Some(recorded)), |(previous, new)| (Some(previous), Some(new)))
    } else {
        (fields.time("PreviousTime"), fields.time("NewTime"))
    };
    let new = fields.need("NewTime", new);
    EventKind::ClockChanged(Box::new(ClockChange {
        previous,
        new,
        reason: None,
        process: fields.text("ProcessName"),
    }))
}

/// 4902
pub(super) fn audit_policy_table(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::AuditPolicyTable(fields.logon_id("PuaPolicyId"))
}

/// The subcategories Security State Change and Logoff, as 4719 names them in messages.
const SECURITY_STATE_CHANGE: &str = "%%12288";
const LOGOFF: &str = "%%12545";

/// What 4719 says that was done with the audit of success: removed, added.
const SUCCESS_REMOVED: &str = "%%8448";
const SUCCESS_ADDED: &str = "%%8449";

/// 4719: only what it does to the audit of the start of LSASS and of logoffs matters.
pub(super) fn audit_policy_changed(fields: &mut FieldReader<'_>) -> EventKind {
    let kind = match &*fields.text("SubcategoryId") {
        SECURITY_STATE_CHANGE => EventKind::StartAudit,
        LOGOFF => EventKind::LogoffAudit,
        _ => return fields.head_only(),
    };
    let changes = fields.text("AuditPolicyChanges");
    let has = |change: &str| changes.split([',', ' ']).any(|one| one == change);
    match (has(SUCCESS_REMOVED), has(SUCCESS_ADDED)) {
        (true, false) => kind(false),
        (false, true) => kind(true),
        _ => fields.head_only(),
    }
}

/// 1102 and 104
pub(super) fn log_cleared(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::LogCleared(Box::new(LogCleared {
        account: (*fields.account(SUBJECT)).clone(),
        logon_id: fields.number("SubjectLogonId").map(LogonId),
        channel: fields.text("Channel"),
    }))
}

/// 1105 and 105
pub(super) fn log_archived(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::LogArchived(fields.text("BackupPath"))
}

/// 1108
pub(super) fn event_lost(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::EventLost(fields.needed_u32("EventID"))
}
