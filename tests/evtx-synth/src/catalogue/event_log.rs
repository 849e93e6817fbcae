//! Events of the event log service: about itself, about its logs, and the legacy records of each
//! boot.

use super::{SECURITY, SYSTEM, Session, event_data, field, manifest};
use crate::event::{Event, Field, Payload, Process, Provider};
use crate::value::{FileTime, Sid, Value};

/// The service itself.
pub const PROVIDER: Provider = Provider {
    classic: true,
    ..manifest("Microsoft-Windows-Eventlog", "fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148")
};

/// The legacy source of 6005 to 6013: no GUID.
pub const LEGACY_PROVIDER: Provider =
    Provider { name: "EventLog", guid: None, event_source: None, classic: true };

const NAMESPACES: &[(&str, &str)] = &[
    ("xmlns:auto-ns3", "http://schemas.microsoft.com/win/2004/08/events"),
    ("xmlns", "http://manifests.microsoft.com/win/2004/08/windows/eventlog"),
];
const KEYWORDS_SECURITY: u64 = 0x4020_0000_0000_0000;
const KEYWORDS_CLASSIC: u64 = 0x0080_0000_0000_0000;
const QUALIFIERS_INFORMATION: u16 = 0x8000;
const TASK_EVENT_PROCESSING: u16 = 101;
const TASK_SERVICE_SHUTDOWN: u16 = 103;
const TASK_LOG_CLEAR: u16 = 104;
const TASK_LOG_AUTOMATIC_BACKUP: u16 = 105;
const LEVEL_ERROR: u8 = 2;

fn user_data(id: u16, task: u16, element: &'static str, fields: Vec<Field>) -> Event {
    Event {
        task,
        keywords: KEYWORDS_SECURITY,
        process: Process::EventLog,
        payload: Payload::UserData { element, namespaces: NAMESPACES, fields },
        ..event_data(PROVIDER, id, SECURITY, Vec::new())
    }
}

/// 1100: the service was shut down.
pub fn service_shutdown() -> Event {
    user_data(1100, TASK_SERVICE_SHUTDOWN, "ServiceShutdown", Vec::new())
}

/// 1101: audit events were dropped; at a boot, the sign of an unclean end of the one before.
pub fn audit_events_dropped(reason: u8) -> Event {
    let items = vec![field("Reason", Value::UInt8(reason))];
    Event {
        level: LEVEL_ERROR,
        ..user_data(1101, TASK_EVENT_PROCESSING, "AuditEventsDropped", items)
    }
}

/// 1102: the Security log was cleared, by whom.
pub fn security_log_cleared(subject: &Session) -> Event {
    user_data(1102, TASK_LOG_CLEAR, "LogFileCleared", subject.subject())
}

/// 1104: the Security log is full.
pub fn security_log_full() -> Event {
    Event { level: LEVEL_ERROR, ..user_data(1104, TASK_EVENT_PROCESSING, "FileIsFull", Vec::new()) }
}

/// 1105: the Security log was archived to the file named.
pub fn security_log_archived(backup_path: &str) -> Event {
    user_data(1105, TASK_LOG_AUTOMATIC_BACKUP, "AutoBackup", backup(SECURITY, backup_path))
}

/// 1108: an event could not be written; its id may be that of a logoff.
pub fn event_processing_failure(error_code: u32, event_id: u16, publisher: &str) -> Event {
    let items = vec![
        field("ErrorCode", error_code),
        field("EventID", Value::UInt16(event_id)),
        field("PublisherID", publisher),
    ];
    Event {
        level: LEVEL_ERROR,
        ..user_data(1108, TASK_EVENT_PROCESSING, "EventProcessingFailure", items)
    }
}

/// 104: another log was cleared, by whom.
pub fn log_cleared(user: &Session, channel: &str, backup_path: &str) -> Event {
    let mut items = vec![
        field("SubjectUserName", user.account.name.clone()),
        field("SubjectDomainName", user.account.domain.clone()),
    ];
    items.extend(backup(channel, backup_path));
    let user = Some(user.account.sid.clone());
    Event { user, ..in_system(user_data(104, TASK_LOG_CLEAR, "LogFileCleared", items)) }
}

/// 105: another log was archived to the file named.
pub fn log_archived(channel: &str, backup_path: &str) -> Event {
    let items = backup(channel, backup_path);
    in_system(user_data(105, TASK_LOG_AUTOMATIC_BACKUP, "AutoBackup", items))
}

fn backup(channel: &str, path: &str) -> Vec<Field> {
    vec![field("Channel", channel), field("BackupPath", path)]
}

fn in_system(event: Event) -> Event {
    Event { channel: SYSTEM, keywords: 0x8000_0000_0000_0000, ..event }
}

/// An event of a legacy source: unnamed strings and bytes.
pub(super) fn legacy(provider: Provider, id: u16, strings: &[&str], binary: Vec<u8>) -> Event {
    let strings = strings.iter().map(|&text| text.to_owned()).collect();
    Event {
        qualifiers: Some(QUALIFIERS_INFORMATION),
        keywords: KEYWORDS_CLASSIC,
        payload: Payload::Legacy { strings, binary },
        ..event_data(provider, id, SYSTEM, Vec::new())
    }
}

/// 6005: the service was started at this time.
pub fn service_started(at: FileTime) -> Event {
    let mut binary = at.system_time().to_vec();
    binary.extend([0; 8]);
    legacy(LEGACY_PROVIDER, 6005, &[], binary)
}

/// 6006: the service was stopped.
pub fn service_stopped() -> Event {
    legacy(LEGACY_PROVIDER, 6006, &[], vec![1, 0, 0, 0, 0, 0, 0, 0])
}

/// 6008: the shutdown before this boot was unexpected.
///
/// `stamp` is the time at which the boot that crashed was last alive, `local_offset_minutes` the
/// difference of local time from UTC, `uptime_seconds` the uptime of that boot then.
pub fn unexpected_shutdown(
    stamp: FileTime,
    local_offset_minutes: i64,
    uptime_seconds: u64,
) -> Event {
    let shift = local_offset_minutes.unsigned_abs() * 60_000;
    let local = if local_offset_minutes < 0 { stamp.minus_ms(shift) } else { stamp.plus_ms(shift) };
    let [year, month, day, hour, minute, second] = local.parts();
    let half = if hour < 12 { "AM" } else { "PM" };
    let time = format!("{}:{minute:02}:{second:02} {half}", (hour + 11) % 12 + 1);
    // Windows puts left-to-right marks before each part of the date.
    let date = format!("\u{200e}{month}/\u{200e}{day}/\u{200e}{year}");
    let mut binary = local.system_time().to_vec();
    binary.extend(stamp.system_time());
    for number in [2400_u32, 60, 1, 2400, 1, 1200, 1, 0] {
        binary.extend(number.to_le_bytes());
    }
    let uptime = uptime_seconds.to_string();
    let event = legacy(LEGACY_PROVIDER, 6008, &[&time, &date, "", "", &uptime, "", ""], binary);
    Event { level: LEVEL_ERROR, ..event }
}

/// 6009: the version of Windows that starts, such as `("10.00.", "19045")`.
pub fn version(version: &str, build: &str) -> Event {
    legacy(LEGACY_PROVIDER, 6009, &[version, build, "", "Multiprocessor Free", "0"], Vec::new())
}

/// 6011: the computer was renamed.
pub fn renamed(old: &str, new: &str) -> Event {
    legacy(LEGACY_PROVIDER, 6011, &[old, new], Vec::new())
}

/// 6013: the uptime. `zone` is the bias in minutes and the localized name of the time zone.
pub fn uptime(seconds: u64, zone: &str) -> Event {
    legacy(LEGACY_PROVIDER, 6013, &["", "", "", "", &seconds.to_string(), "60", zone], Vec::new())
}

/// 1076: the reason that a user gave afterwards for an unexpected shutdown.
pub fn shutdown_reason_given(computer: &str, reason: &str, user: &str, user_sid: &Sid) -> Event {
    let provider = super::winlogon::USER32_LEGACY;
    let strings = ["", computer, reason, "0x805000f", "", "", user];
    Event { user: Some(user_sid.clone()), level: 3, ..legacy(provider, 1076, &strings, Vec::new()) }
}
