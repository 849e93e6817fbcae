//! The syntax of a scenario line after its Event ID: one arm for each event, with its words and keys.

use super::words::{Words, number};
use super::{account, attempts};
use crate::model::event::*;
use crate::model::{Account, Channel, EventKind, LogonId};
use std::sync::Arc;

/// The program of a logon, and the one that sets the clock, where the line names none.
const SERVICE_HOST: &str = r"C:\Windows\System32\svchost.exe";

/// Logon processes that a 4624 may name.
const LOGON_PROCESSES: [&str; 5] = ["User32", "NtLmSsp", "Advapi", "seclogo", "CredPro"];

/// The kind and the content of the event in a line.
pub(super) fn kind(
    channel: Channel,
    provider: &str,
    event_id: u16,
    words: &mut Words<'_>,
) -> Result<EventKind, String> {
    if words.flag("boundary") {
        return Ok(EventKind::Boundary);
    }
    match channel {
        Channel::Security => security(event_id, words),
        Channel::System => system(provider, event_id, words),
        Channel::LocalSessionManager => terminal(event_id, words),
        Channel::RemoteConnectionManager if event_id == 1149 => {
            Ok(EventKind::RemoteConnection(Box::new(RemoteConnection {
                account: Account::clone(&*who(words)?),
                address: text(words, "address"),
            })))
        }
        Channel::UserProfile if matches!(event_id, 1..=5 | 67) => {
            Ok(EventKind::Profile(notification(words)?))
        }
        Channel::Application
            if provider == "User-Profiles" && (1530..=1532).contains(&event_id) =>
        {
            Ok(EventKind::ProfileService)
        }
        _ => Err(unknown(provider, event_id)),
    }
}

fn unknown(provider: &str, event_id: u16) -> String {
    format!("{provider} {event_id} is no event of this channel that means something to sessions")
}

fn security(event_id: u16, words: &mut Words<'_>) -> Result<EventKind, String> {
    Ok(match event_id {
        1100 => EventKind::EventLogShutdown,
        1101 | 1106 | 1107 => EventKind::AuditDropped,
        1102 => cleared(words, true)?,
        1104 => EventKind::LogFull,
        1105 => EventKind::LogArchived(text(words, "to")),
        1108 => EventKind::EventLost(words.needed("lost")?),
        4608 => EventKind::LsassStarted,
        4609 | 4621 => EventKind::AuditState,
        4616 => clock(words)?,
        4624 => EventKind::Logon(Arc::new(logon(words)?)),
        4625 => attempts::failed_logon(words)?,
        4634 => EventKind::Terminated(session(words)?),
        4647 => EventKind::LogoffInitiated(session(words)?),
        4648 => attempts::explicit_credentials(words)?,
        4768 | 4771 | 4776 => attempts::refused_credentials(words)?,
        4672 | 4627 | 4964 => EventKind::SessionReference(session(words)?),
        4719 => match words.yes_no("logoffs")? {
            Some(are_on) => EventKind::LogoffAudit(are_on),
            None => EventKind::StartAudit(words.yes_no("starts")?.ok_or("starts= is missing")?),
        },
        4778 | 4779 => {
            let (account, logon_id) = who_and_id(words)?;
            // These two events give no SID.
            let account = Arc::new(Account { sid: "".into(), ..(*account).clone() });
            EventKind::WindowStation(Box::new(WindowStation {
                reconnected: event_id == 4778,
                logon_id,
                account,
                session_name: words.value("name").ok_or("name= is missing")?.into(),
                client: client(words),
            }))
        }
        4800 => lock(LockAction::Locked, words)?,
        4801 => lock(LockAction::Unlocked, words)?,
        4802 => lock(LockAction::ScreenSaverOn, words)?,
        4803 => lock(LockAction::ScreenSaverOff, words)?,
        4826 => EventKind::BootConfiguration,
        4902 => EventKind::AuditPolicyTable(LogonId(number(words.next("a Logon ID")?)?)),
        _ => return Err(unknown("", event_id)),
    })
}

fn system(provider: &str, event_id: u16, words: &mut Words<'_>) -> Result<EventKind, String> {
    Ok(match (provider, event_id) {
        ("Eventlog", 104) => cleared(words, false)?,
        ("Eventlog", 105) => EventKind::LogArchived(text(words, "to")),
        ("EventLog", 6005) => EventKind::ServiceStarted,
        ("EventLog", 6006) => EventKind::ServiceStopped,
        ("EventLog", 6008) => EventKind::UnexpectedShutdown(UnexpectedShutdown {
            last_alive: words.time("last-alive")?,
            uptime: words.number("uptime")?,
        }),
        ("EventLog", 6009) => EventKind::SystemVersion,
        ("EventLog", 6011) => {
            let (old, new) = (text(words, "old"), text(words, "new"));
            EventKind::Renamed(Box::new(Renamed { old, new }))
        }
        ("EventLog", 6013) => uptime(words)?,
        ("Kernel-Boot", 20) => EventKind::BootStatus(BootStatus {
            last_shutdown_good: words.yes_no("last-shutdown-good")?,
            last_boot_good: words.yes_no("last-boot-good")?,
            last_boot_id: words.number("last-boot-id")?,
        }),
        ("Kernel-Boot", 25) => EventKind::BootMenu,
        ("Kernel-Boot", 27) => EventKind::BootType(words.needed("type")?),
        ("Kernel-General", 1) => clock(words)?,
        ("Kernel-General", 24) => EventKind::BiasInUse(signed(words, "bias")?.unwrap_or(0)),
        ("Kernel-General", 12) => EventKind::KernelStarted(words.time("start")?),
        ("Kernel-General", 13) => EventKind::KernelStopped(words.time("stop")?),
        ("Kernel-Power", 41) => EventKind::UncleanReboot(words.number("bugcheck")?.unwrap_or(0)),
        ("Kernel-Power", 42) => EventKind::Sleep(power(words)?),
        ("Kernel-Power", 107) => EventKind::Resume(power(words)?),
        ("Kernel-Power", 109) => EventKind::ShutdownTransition(words.needed("action")?),
        ("Kernel-Power", 172 | 187) => EventKind::PowerContext,
        ("Kernel-Power", 506) => EventKind::ModernStandby(true),
        ("Kernel-Power", 507) => EventKind::ModernStandby(false),
        ("Kernel-Power", 566) => EventKind::PowerSession(words.number("boot-id")?),
        ("Power-Troubleshooter", 1) => EventKind::Woke(Box::new(Woke {
            sleep: words.time("sleep")?,
            wake: words.time("wake")?,
            state: power(words)?,
            hibernated: words.flag("hibernated"),
        })),
        ("User32", 1074) => {
            let mut text = |key| words.value(key).unwrap_or_default().to_owned();
            EventKind::ShutdownRequested(Box::new(ShutdownRequest {
                process: text("process"),
                reason: text("reason"),
                code: text("code"),
                kind: text("kind"),
                comment: text("comment"),
                user: text("user"),
            }))
        }
        ("User32", 1076) => EventKind::ShutdownReason(text(words, "comment")),
        ("Winlogon", 7001 | 7002) => EventKind::Winlogon(notification(words)?),
        _ => return Err(unknown(provider, event_id)),
    })
}

/// `21 alice session=1 address=LOCAL`, `40 session=1 reason=5`, `39 session=1 by=2`
fn terminal(event_id: u16, words: &mut Words<'_>) -> Result<EventKind, String> {
    let (action, detail) = match event_id {
        21 => (TerminalAction::Logon, None),
        22 => (TerminalAction::Shell, None),
        23 => (TerminalAction::Logoff, None),
        24 => (TerminalAction::Disconnected, None),
        25 => (TerminalAction::Reconnected, None),
        39 => (TerminalAction::DisconnectedBy, Some(words.needed("by")?)),
        40 => (TerminalAction::DisconnectReason, Some(words.needed("reason")?)),
        41 => (TerminalAction::ArbitrationBegin, None),
        42 => (TerminalAction::ArbitrationEnd, None),
        _ => return Err(unknown("", event_id)),
    };
    let user = match event_id {
        39 | 40 => "".into(),
        _ => who(words).map(|who| format!(r"{}\{}", who.domain, who.user))?.into(),
    };
    let session = Some(words.needed("session")?);
    let address = text(words, "address");
    Ok(EventKind::Terminal(Box::new(Terminal { action, user, session, address, detail })))
}

/// `4624 alice 0x29b379 type=2 pair=0x29b399 filtered`. Also: a logon process, `version=1`,
/// `elevated`, `subject=bob`, `subject-id=0x29b379`, `package=`, `program=`, `caller=900`,
/// `outbound=bob`, and where the logon came from: `address=`, `client=`, `port=`. SYSTEM needs no Logon ID.
fn logon(words: &mut Words<'_>) -> Result<Logon, String> {
    let account = who(words)?;
    let logon_id = match words.next_if(|word| word.starts_with("0x")) {
        Some(id) => LogonId(number(id)?),
        None if &*account.user == "SYSTEM" => LogonId::SYSTEM,
        None => return Err("the Logon ID is missing".into()),
    };
    let logon_type = words.number("type")?;
    if logon_type.is_none() && !words.flag("no-type") {
        return Err("type= is missing: no-type says that there is none".into());
    }
    let process = LOGON_PROCESSES.into_iter().find(|process| words.flag(process));
    let process = process.unwrap_or(match logon_type {
        Some(2 | 7 | 10 | 11 | 12) => "User32",
        Some(3) => "NtLmSsp",
        _ => "Advapi",
    });
    let elevated = match (words.flag("elevated"), words.flag("filtered")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
        (true, true) => return Err("elevated and filtered exclude each other".into()),
    };
    Ok(Logon {
        logon_id,
        linked: words.number("pair")?.map(LogonId),
        account,
        subject: super::account(words.value("subject").unwrap_or("SYSTEM")),
        subject_logon_id: words.number("subject-id")?.map_or(LogonId::SYSTEM, LogonId),
        logon_type,
        version: words.number("version")?.unwrap_or(2),
        elevated,
        caller_process_id: words.number("caller")?.unwrap_or(900),
        method: Arc::new(LogonMethod {
            logon_process: process.into(),
            package: words.value("package").unwrap_or("Negotiate").into(),
            process_name: words.value("program").unwrap_or(SERVICE_HOST).into(),
        }),
        client: client(words),
        port: words.number("port")?.unwrap_or(0),
        outbound: words.value("outbound").map(super::account),
    })
}

/// `4634 alice 0x29b379 type=3`
fn session(words: &mut Words<'_>) -> Result<SessionRef, String> {
    let (account, logon_id) = who_and_id(words)?;
    Ok(SessionRef { logon_id, account, logon_type: words.number("type")? })
}

/// `4800 alice 0x29b379 session=1`
fn lock(action: LockAction, words: &mut Words<'_>) -> Result<EventKind, String> {
    let (account, logon_id) = who_and_id(words)?;
    let session = words.number("session")?;
    Ok(EventKind::Lock(Box::new(Lock { action, logon_id, account, session })))
}

/// `4616 from=+5000s to=+1000s`, `Kernel-General 1 from=+5000s to=+1000s reason=1`. Without both
/// times the record gave them as local text (version 0 of 4616).
fn clock(words: &mut Words<'_>) -> Result<EventKind, String> {
    let (previous, new) = (words.time("from")?, words.time("to")?);
    if previous.is_some() != new.is_some() {
        return Err("from= and to= stand together".into());
    }
    let reason = words.number("reason")?;
    let process = words.value("by").unwrap_or(SERVICE_HOST).into();
    Ok(EventKind::ClockChanged(Box::new(ClockChange { previous, new, reason, process })))
}

/// `1102 alice 0x29b379`, `104 alice channel=System`
fn cleared(words: &mut Words<'_>, security: bool) -> Result<EventKind, String> {
    let account = Account::clone(&*who(words)?);
    let logon_id = words.next_if(|word| security && word.starts_with("0x"));
    let logon_id = logon_id.map(number).transpose()?.map(LogonId);
    let channel = if security { "".into() } else { text(words, "channel") };
    Ok(EventKind::LogCleared(Box::new(LogCleared { account, logon_id, channel })))
}

fn signed(words: &mut Words<'_>, key: &str) -> Result<Option<i32>, String> {
    let number = words.value(key).map(str::parse).transpose();
    number.map_err(|why| format!("{key}: {why}"))
}

/// `uptime=500 offset=-480 zone=Pacific`
fn uptime(words: &mut Words<'_>) -> Result<EventKind, String> {
    let name = words.value("zone");
    let offset = signed(words, "offset")?;
    let zone = offset.zip(name).map(|(utc_offset_minutes, name)| {
        Box::new(TimeZone { utc_offset_minutes, name: name.into() })
    });
    Ok(EventKind::Uptime(words.needed("uptime")?, zone))
}

fn power(words: &mut Words<'_>) -> Result<PowerState, String> {
    Ok(PowerState { target: words.number("target")?, effective: words.number("effective")? })
}

/// `7001 alice session=1`
fn notification(words: &mut Words<'_>) -> Result<Box<Notification>, String> {
    let sid = who(words)?.sid.clone();
    Ok(Box::new(Notification { session: words.number("session")?, sid }))
}

pub(super) fn client(words: &mut Words<'_>) -> Arc<Client> {
    Arc::new(Client { ip: text(words, "address"), workstation: text(words, "client") })
}

pub(super) fn text(words: &mut Words<'_>, key: &str) -> Arc<str> {
    words.value(key).unwrap_or_default().into()
}

pub(super) fn who(words: &mut Words<'_>) -> Result<Arc<Account>, String> {
    let own = account(words.next("an account")?);
    match own.user.starts_with(|first: char| first.is_ascii_digit()) {
        true => Err(format!("{} stands where an account is expected", own.user)),
        false => Ok(own),
    }
}

pub(super) fn who_and_id(words: &mut Words<'_>) -> Result<(Arc<Account>, LogonId), String> {
    Ok((who(words)?, LogonId(number(words.next("a Logon ID")?)?)))
}
