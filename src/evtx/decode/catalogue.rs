//! The catalogue of every event that means something to sessions. `docs/events.md` describes each.

use super::fields::FieldReader;
use super::{attempts, other_channels, security, system};
use crate::model::{Channel, EventKind};
use std::sync::Arc;

/// One event of the catalogue.
#[derive(Debug)]
pub(crate) struct CatalogueRow {
    event_id: u16,
    provider: &'static str,
    channel: Channel,
    /// Reads the record's fields.
    pub(super) decode: fn(&mut FieldReader<'_>) -> EventKind,
}

const AUDITING: &str = "Microsoft-Windows-Security-Auditing";
/// The event log service. In the records that it took over from the old event log its name is
/// [`LEGACY`].
const EVENTLOG: &str = "Microsoft-Windows-Eventlog";
const LEGACY: &str = "EventLog";
const KERNEL_GENERAL: &str = "Microsoft-Windows-Kernel-General";
const KERNEL_BOOT: &str = "Microsoft-Windows-Kernel-Boot";
const KERNEL_POWER: &str = "Microsoft-Windows-Kernel-Power";
const TROUBLESHOOTER: &str = "Microsoft-Windows-Power-Troubleshooter";
/// `USER32` where a program without a manifest wrote the event.
const USER32: &str = "User32";
const WINLOGON: &str = "Microsoft-Windows-Winlogon";
const LSM: &str = "Microsoft-Windows-TerminalServices-LocalSessionManager";
const RCM: &str = "Microsoft-Windows-TerminalServices-RemoteConnectionManager";
const PROFILES: &str = "Microsoft-Windows-User Profiles Service";

const SECURITY: Channel = Channel::Security;
const SYSTEM: Channel = Channel::System;
const APPLICATION: Channel = Channel::Application;
const LSM_OPERATIONAL: Channel = Channel::LocalSessionManager;
const RCM_OPERATIONAL: Channel = Channel::RemoteConnectionManager;
const PROFILE_OPERATIONAL: Channel = Channel::UserProfile;

/// By Event ID, for [`EventSource::row`]; a test holds the order.
const CATALOGUE: &[CatalogueRow] = &[
    row(1, KERNEL_GENERAL, SYSTEM, system::clock_changed),
    row(1, TROUBLESHOOTER, SYSTEM, system::woke),
    row(1, PROFILES, PROFILE_OPERATIONAL, other_channels::profile),
    row(2, PROFILES, PROFILE_OPERATIONAL, other_channels::profile),
    row(3, PROFILES, PROFILE_OPERATIONAL, other_channels::profile),
    row(4, PROFILES, PROFILE_OPERATIONAL, other_channels::profile),
    row(5, PROFILES, PROFILE_OPERATIONAL, other_channels::profile),
    row(12, KERNEL_GENERAL, SYSTEM, system::kernel_started),
    row(13, KERNEL_GENERAL, SYSTEM, system::kernel_stopped),
    row(20, KERNEL_BOOT, SYSTEM, system::boot_status),
    row(21, LSM, LSM_OPERATIONAL, other_channels::terminal),
    row(22, LSM, LSM_OPERATIONAL, other_channels::terminal),
    row(23, LSM, LSM_OPERATIONAL, other_channels::terminal),
    row(24, LSM, LSM_OPERATIONAL, other_channels::terminal),
    row(24, KERNEL_GENERAL, SYSTEM, system::bias_in_use),
    row(25, LSM, LSM_OPERATIONAL, other_channels::terminal),
    row(25, KERNEL_BOOT, SYSTEM, |_| EventKind::BootMenu),
    row(27, KERNEL_BOOT, SYSTEM, system::boot_type),
    row(39, LSM, LSM_OPERATIONAL, other_channels::disconnected_by),
    row(40, LSM, LSM_OPERATIONAL, other_channels::disconnect_reason),
    row(41, LSM, LSM_OPERATIONAL, other_channels::terminal),
    row(41, KERNEL_POWER, SYSTEM, system::unclean_reboot),
    row(42, LSM, LSM_OPERATIONAL, other_channels::terminal),
    row(42, KERNEL_POWER, SYSTEM, system::sleep),
    row(67, PROFILES, PROFILE_OPERATIONAL, other_channels::profile),
    row(104, EVENTLOG, SYSTEM, security::log_cleared),
    row(105, EVENTLOG, SYSTEM, security::log_archived),
    row(107, KERNEL_POWER, SYSTEM, system::resume),
    row(109, KERNEL_POWER, SYSTEM, system::shutdown_transition),
    row(172, KERNEL_POWER, SYSTEM, |_| EventKind::PowerContext),
    row(187, KERNEL_POWER, SYSTEM, |_| EventKind::PowerContext),
    row(506, KERNEL_POWER, SYSTEM, |_| EventKind::ModernStandby(true)),
    row(507, KERNEL_POWER, SYSTEM, |_| EventKind::ModernStandby(false)),
    row(566, KERNEL_POWER, SYSTEM, system::power_session),
    row(1074, USER32, SYSTEM, system::shutdown_requested),
    row(1076, USER32, SYSTEM, system::shutdown_reason),
    row(1100, EVENTLOG, SECURITY, |_| EventKind::EventLogShutdown),
    row(1101, EVENTLOG, SECURITY, |_| EventKind::AuditDropped),
    row(1102, EVENTLOG, SECURITY, security::log_cleared),
    row(1104, EVENTLOG, SECURITY, |_| EventKind::LogFull),
    row(1105, EVENTLOG, SECURITY, security::log_archived),
    row(1106, EVENTLOG, SECURITY, |_| EventKind::AuditDropped),
    row(1107, EVENTLOG, SECURITY, |_| EventKind::AuditDropped),
    row(1108, EVENTLOG, SECURITY, security::event_lost),
    row(1149, RCM, RCM_OPERATIONAL, other_channels::remote_connection),
    row(1530, PROFILES, APPLICATION, |_| EventKind::ProfileService),
    row(1531, PROFILES, APPLICATION, |_| EventKind::ProfileService),
    row(1532, PROFILES, APPLICATION, |_| EventKind::ProfileService),
    row(4608, AUDITING, SECURITY, |_| EventKind::LsassStarted),
    row(4609, AUDITING, SECURITY, |_| EventKind::AuditState),
    row(4616, AUDITING, SECURITY, security::clock_changed),
    row(4621, AUDITING, SECURITY, |_| EventKind::AuditState),
    row(4624, AUDITING, SECURITY, security::logon),
    row(4625, AUDITING, SECURITY, attempts::failed_logon),
    row(4627, AUDITING, SECURITY, security::target_reference),
    row(4634, AUDITING, SECURITY, security::terminated),
    row(4647, AUDITING, SECURITY, security::logoff_initiated),
    row(4648, AUDITING, SECURITY, attempts::explicit_credentials),
    row(4672, AUDITING, SECURITY, security::subject_reference),
    row(4719, AUDITING, SECURITY, security::audit_policy_changed),
    row(4768, AUDITING, SECURITY, attempts::kerberos_refused),
    row(4771, AUDITING, SECURITY, attempts::kerberos_refused),
    row(4776, AUDITING, SECURITY, attempts::ntlm_refused),
    row(4778, AUDITING, SECURITY, security::reconnected),
    row(4779, AUDITING, SECURITY, security::disconnected),
    row(4800, AUDITING, SECURITY, security::locked),
    row(4801, AUDITING, SECURITY, security::unlocked),
    row(4802, AUDITING, SECURITY, security::screen_saver_on),
    row(4803, AUDITING, SECURITY, security::screen_saver_off),
    row(4826, AUDITING, SECURITY, |_| EventKind::BootConfiguration),
    row(4902, AUDITING, SECURITY, security::audit_policy_table),
    row(4964, AUDITING, SECURITY, security::target_reference),
    row(6005, LEGACY, SYSTEM, |_| EventKind::ServiceStarted),
    row(6006, LEGACY, SYSTEM, |_| EventKind::ServiceStopped),
    row(6008, LEGACY, SYSTEM, system::unexpected_shutdown),
    row(6009, LEGACY, SYSTEM, |_| EventKind::SystemVersion),
    row(6011, LEGACY, SYSTEM, system::renamed),
    row(6013, LEGACY, SYSTEM, system::uptime),
    row(7001, WINLOGON, SYSTEM, system::winlogon),
    row(7002, WINLOGON, SYSTEM, system::winlogon),
];

const fn row(
    event_id: u16,
    provider: &'static str,
    channel: Channel,
    decode: fn(&mut FieldReader<'_>) -> EventKind,
) -> CatalogueRow {
    CatalogueRow { event_id, provider, channel, decode }
}

/// The events of the catalogue that one provider writes. An Event ID alone says little: a dozen
/// providers write an event 12.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventSource(Arc<[&'static CatalogueRow]>);

impl EventSource {
    /// Those of the provider of this name, ignoring case.
    pub(crate) fn named(provider: &str) -> EventSource {
        let is_its_own = |row: &&CatalogueRow| {
            row.provider.eq_ignore_ascii_case(provider)
                || is_event_log(row.provider) && is_event_log(provider)
        };
        EventSource(CATALOGUE.iter().filter(is_its_own).collect())
    }

    /// The row of an event, if it means something to sessions.
    pub(crate) fn row(&self, event_id: u16, channel: Channel) -> Option<&'static CatalogueRow> {
        let from = self.0.partition_point(|row| row.event_id < event_id);
        let rows = self.0.get(from..)?.iter().take_while(|row| row.event_id == event_id);
        rows.copied().find(|row| row.channel == channel)
    }
}

/// The event log service, in either spelling of its name.
fn is_event_log(provider: &str) -> bool {
    provider.eq_ignore_ascii_case(EVENTLOG) || provider.eq_ignore_ascii_case(LEGACY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(provider: &str, event_id: u16, channel: Channel) -> bool {
        EventSource::named(provider).row(event_id, channel).is_some()
    }

    #[test]
    fn rows_are_in_order_and_each_is_found() {
        assert!(CATALOGUE.is_sorted_by_key(|row| row.event_id));
        for row in CATALOGUE {
            assert!(is_found(row.provider, row.event_id, row.channel), "{}", row.event_id);
        }
    }

    #[test]
    fn provider_and_channel_decide() {
        assert!(is_found("USER32", 1074, SYSTEM));
        assert!(is_found("eventlog", 1102, SECURITY));
        assert!(is_found("Microsoft-Windows-Eventlog", 6005, SYSTEM));
        // Each was seen in a real log and means something else.
        assert!(!is_found("Microsoft-Windows-EventSystem", 4625, APPLICATION));
        assert!(!is_found("Service Control Manager", 7001, SYSTEM));
        assert!(!is_found("Microsoft-Windows-Hyper-V-Netvsc", 12, SYSTEM));
        assert!(!is_found(".NET Runtime Optimization Service", 1101, APPLICATION));
        assert!(!is_found("Microsoft-Windows-WindowsUpdateClient", 20, SYSTEM));
    }
}
