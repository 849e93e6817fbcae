//! Tests the timeline builder with events that libevtx read. The expected sessions were made from the same
//! events by another program, by a simple written rule. Neither our reader nor our decoder is used.

use super::scenario::build;
use crate::model::event::*;
use crate::model::{
    Account, Channel, Event, EventKind, Host, LogId, LogSummary, LogonId, RecordLocation, Timestamp,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle");
    if !path.is_dir() {
        eprintln!("skipped: the reference readings are not here");
        return None;
    }
    Some(path)
}

fn lines(path: &Path) -> Vec<Value> {
    let file = std::fs::File::open(path).unwrap();
    BufReader::new(flate2::read::GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}

/// What a user would give at once: the folder of a host, or else a file.
fn case_of(file: &str) -> String {
    let parts: Vec<&str> = file.split('/').collect();
    match parts.iter().position(|part| *part == "hosts") {
        Some(at) if at + 2 < parts.len() => parts[..at + 2].join("/"),
        _ => file.to_owned(),
    }
}

fn text(event: &Value, name: &str) -> String {
    let value = event["data"][name].as_str().unwrap_or("").trim();
    if matches!(value, "-" | "S-1-0-0") { String::new() } else { value.to_owned() }
}

fn number(event: &Value, name: &str) -> u64 {
    event["num"][name].as_u64().or_else(|| text(event, name).parse().ok()).unwrap_or(0)
}

fn account(event: &Value, prefix: &str) -> Arc<Account> {
    Arc::new(Account {
        sid: text(event, &format!("{prefix}UserSid")).into(),
        user: text(event, &format!("{prefix}UserName")).into(),
        domain: text(event, &format!("{prefix}DomainName")).into(),
    })
}

/// Makes a typed event from the text of the reference; `None` for events that do not matter here.
fn event(json: &Value, log: LogId) -> Option<Event> {
    let provider = json["provider"].as_str()?.to_lowercase();
    let id = u16::try_from(json["event_id"].as_u64()?).ok()?;
    Some(Event {
        record_id: json["event_record_id"].as_u64()?,
        time: Timestamp::from_filetime(json["ft"].as_u64()?),
        computer: json["computer"].as_str()?.into(),
        channel: Channel::from_name(json["channel"].as_str()?)?,
        event_id: id,
        process_id: 0,
        location: RecordLocation {
            log,
            chunk: 0,
            offset: u32::try_from(json["pos"].as_u64()?).ok()?,
        },
        recovered: false,
        forwarded: json["literal"].as_bool()?,
        detail: Detail::Full,
        kind: kind(json, &provider, id)?,
    })
}

/// Reads the events of the reference.
fn kind(json: &Value, provider: &str, id: u16) -> Option<EventKind> {
    let ended = || SessionRef {
        logon_id: LogonId(number(json, "TargetLogonId")),
        account: account(json, "Target"),
        logon_type: None,
    };
    let time_of = |name| Timestamp::parse(&text(json, name));
    Some(match (provider, id) {
        ("microsoft-windows-security-auditing", 4608) => EventKind::LsassStarted,
        ("microsoft-windows-security-auditing", 4624) => logon(json)?,
        ("microsoft-windows-security-auditing", 4634) => EventKind::Terminated(ended()),
        ("microsoft-windows-security-auditing", 4647) => EventKind::LogoffInitiated(ended()),
        ("microsoft-windows-security-auditing", 4672) => EventKind::SessionReference(SessionRef {
            logon_id: LogonId(number(json, "SubjectLogonId")),
            account: account(json, "Subject"),
            logon_type: None,
        }),
        ("microsoft-windows-security-auditing", 4826) => EventKind::BootConfiguration,
        ("microsoft-windows-eventlog", 1100) => EventKind::EventLogShutdown,
        ("microsoft-windows-eventlog", 1101) => EventKind::AuditDropped,
        ("microsoft-windows-eventlog", 1108) => {
            EventKind::EventLost(u32::try_from(number(json, "EventID")).ok()?)
        }
        ("eventlog", 6005) => EventKind::ServiceStarted,
        ("eventlog", 6006) => EventKind::ServiceStopped,
        ("eventlog", 6009) => EventKind::SystemVersion,
        ("eventlog", 6008) => {
            EventKind::UnexpectedShutdown(UnexpectedShutdown { last_alive: None, uptime: None })
        }
        ("microsoft-windows-kernel-general", 12) => EventKind::KernelStarted(None),
        ("microsoft-windows-kernel-general", 13) => EventKind::KernelStopped(None),
        ("microsoft-windows-kernel-general", 1) => EventKind::ClockChanged(Box::new(ClockChange {
            previous: time_of("OldTime"),
            new: time_of("NewTime"),
            reason: u32::try_from(number(json, "Reason")).ok(),
            process: "".into(),
        })),
        ("microsoft-windows-kernel-boot", 27) => {
            EventKind::BootType(u32::try_from(number(json, "BootType")).ok()?)
        }
        ("microsoft-windows-kernel-power", 41) => EventKind::UncleanReboot(0),
        ("microsoft-windows-kernel-power", 109) => {
            EventKind::ShutdownTransition(u32::try_from(number(json, "ShutdownActionType")).ok()?)
        }
        _ => return None,
    })
}

fn logon(json: &Value) -> Option<EventKind> {
    Some(EventKind::Logon(Arc::new(Logon {
        logon_id: LogonId(number(json, "TargetLogonId")),
        linked: Some(LogonId(number(json, "TargetLinkedLogonId"))).filter(|id| id.0 != 0),
        account: account(json, "Target"),
        subject: account(json, "Subject"),
        subject_logon_id: LogonId(number(json, "SubjectLogonId")),
        logon_type: u32::try_from(number(json, "LogonType")).ok(),
        version: u8::try_from(json["version"].as_u64()?).ok()?,
        elevated: match text(json, "ElevatedToken").as_str() {
            "%%1842" => Some(true),
            "%%1843" => Some(false),
            _ => None,
        },
        caller_process_id: number(json, "ProcessId"),
        method: Arc::new(LogonMethod {
            logon_process: text(json, "LogonProcessName").into(),
            package: text(json, "AuthenticationPackageName").into(),
            process_name: text(json, "ProcessName").into(),
        }),
        client: Arc::default(),
        port: 0,
        outbound: None,
    })))
}

/// The sessions of every case, by case.
fn hosts(hide_boot_records: bool) -> Option<BTreeMap<String, Vec<Host>>> {
    let shared = shared()?;
    let mut cases: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for json in lines(&shared.join("evtx.events.jsonl.gz")) {
        cases.entry(case_of(json["file"].as_str().unwrap())).or_default().push(json);
    }
    let built = cases.into_iter().map(|(case, list)| {
        let files: BTreeSet<&str> =
            list.iter().map(|json| json["file"].as_str().unwrap()).collect();
        let files: Vec<&str> = files.into_iter().collect();
        let mut logs: Vec<LogSummary> = files
            .iter()
            .map(|path| LogSummary { path: (*path).to_owned(), ..LogSummary::default() })
            .collect();
        let events = list
            .iter()
            .filter_map(|json| {
                let file = json["file"].as_str().unwrap();
                let log = files.iter().position(|known| *known == file).unwrap();
                event(json, LogId(u32::try_from(log).unwrap()))
            })
            .filter(|event| !(hide_boot_records && is_boot_record(event)))
            .collect();
        (case, build(events, &mut logs).hosts)
    });
    Some(built.collect())
}

fn is_boot_record(event: &Event) -> bool {
    match &event.kind {
        EventKind::LsassStarted => true,
        EventKind::Logon(logon) => logon.logon_type == Some(0),
        _ => false,
    }
}

type Records = (Option<u64>, Option<u64>, Option<u64>);

#[test]
fn every_session_of_the_reference() {
    let Some(ours) = hosts(false) else { return };
    let mut theirs: BTreeMap<String, BTreeSet<(u64, Records)>> = BTreeMap::new();
    let record = |json: &Value| json["record_id"].as_u64();
    for json in lines(&shared().unwrap().join("evtx.sessions.jsonl.gz")) {
        let id =
            u64::from_str_radix(json["logon_id"].as_str().unwrap().trim_start_matches("0x"), 16);
        let id = id.unwrap();
        if id < 0x3e9 {
            continue;
        }
        let records =
            (record(&json["start"]), record(&json["initiated"]), record(&json["terminated"]));
        let case = json["case"].as_str().unwrap().to_owned();
        assert!(theirs.entry(case).or_default().insert((id, records)));
    }
    let mut compared = 0;
    for (case, sessions) in &theirs {
        let mine: BTreeSet<(u64, Records)> = ours[case]
            .iter()
            .flat_map(|host| &host.sessions)
            .filter_map(|session| {
                let id = |moment: &Option<crate::model::session::Moment>| {
                    moment.as_ref().map(|moment| moment.record.record_id)
                };
                let records = (id(&session.start), id(&session.initiated), id(&session.terminated));
                Some((session.logon_id?.0, records))
            })
            .filter(|(_, records)| *records != (None, None, None))
            .collect();
        let only_theirs: Vec<_> = sessions.difference(&mine).collect();
        let only_ours: Vec<_> = mine.difference(sessions).collect();
        assert!(
            only_theirs.is_empty() && only_ours.is_empty(),
            "{case}: only the reference has {only_theirs:x?}; only we have {only_ours:x?}"
        );
        compared += sessions.len();
    }
    eprintln!("{compared} sessions agree");
    assert!(compared > 700, "{compared}");
}

#[test]
fn boots_of_real_hosts() {
    let Some(ours) = hosts(false) else { return };
    let boots = |case: &str| -> usize {
        ours[case].iter().flat_map(|h| &h.boots).filter(|boot| boot.epoch > 0).count()
    };
    assert_eq!(boots("evtx/single/security_40boots.evtx"), 40);
    assert_eq!(boots("evtx/hosts/belkasoft_win10"), 24);
    assert_eq!(boots("evtx/hosts/aptsim_win10"), 3);
    assert_eq!(boots("evtx/hosts/rathbun_win10"), 4);
    assert_eq!(boots("evtx/hosts/nicksmet_win11"), 4);
    let belkasoft = &ours["evtx/hosts/belkasoft_win10"];
    assert_eq!(belkasoft.len(), 1, "one computer through its three names");
    let segments: u32 = belkasoft[0].boots.iter().map(|boot| boot.power_segments - 1).sum();
    assert_eq!(segments, 3, "Fast Startups");
}
