//! Events read from real logs against what others read from them: libevtx, and Windows itself.
//!
//! The logs are third-party data that the project does not carry; without them these tests say so
//! and hold nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::common::{json_lines, shared};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use winlast::Analysis;
use winlast::model::event::{LockAction, SessionRef, TerminalAction};
use winlast::model::{Event, EventKind, EventSet, LogonId, Timestamp};

fn read_logs(path: PathBuf) -> EventSet {
    Analysis::of([path]).events().unwrap()
}

/// Path of an event's log below the folder of logs.
fn log_of<'r>(reading: &'r EventSet, event: &Event) -> &'r str {
    let path = reading.logs[event.location.log.index()].path.as_str();
    path.split_once("shared/evtx/").unwrap().1
}

/// Events of the oracle's table that mean nothing to sessions, so ours leaves them out.
fn is_ours(oracle: &Value) -> bool {
    let provider = oracle["provider"].as_str().unwrap().to_lowercase();
    let id = oracle["event_id"].as_u64().unwrap();
    !matches!(
        (provider.as_str(), id),
        ("microsoft-windows-security-auditing", 4649 | 4675 | 5378)
            | ("microsoft-windows-kernel-boot", 18 | 30)
            | ("microsoft-windows-terminalservices-localsessionmanager", 16..=20 | 48 | 50)
            | ("microsoft-windows-terminalservices-remoteconnectionmanager", 261 | 1158)
            | ("microsoft-windows-wer-systemerrorreporting" | "bugcheck", 1001)
            | ("user32", 1073 | 1075)
    )
}

/// Events of ours that the oracle's table does not have.
fn is_only_ours(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Boundary
            | EventKind::AuditPolicyTable(_)
            | EventKind::PowerSession(_)
            | EventKind::ProfileService
    ) || matches!(event.event_id, 4621 | 4627 | 1104..=1107 | 105)
        || matches!((&event.kind, event.event_id), (EventKind::Profile(_), 5))
}

/// Log, Event ID, EventRecordID, time.
type Key = (String, u64, u64, u64);

/// Where libevtx reads fewer records, by its rules and ours:
/// - it leaves a chunk at a record of size 0; we go on at the next live record;
/// - it does not read a chunk that the end of the file cuts short; we read its whole records.
fn libevtx_passes_over((log, _, record_id, _): &Key) -> bool {
    match log.as_str() {
        "corrupt/sample-with-zero-data-size-event.evtx" => (3..=117).contains(record_id),
        "hosts/greendale/System2.evtx" => (195..=283).contains(record_id),
        _ => false,
    }
}

#[test]
fn events_equal_those_of_libevtx() {
    let (Some(logs), Some(oracle)) = (shared("evtx"), shared("oracle/evtx.events.jsonl.gz")) else {
        return;
    };
    let reading = read_logs(logs);
    let mut ours: BTreeMap<Key, Vec<&Event>> = BTreeMap::new();
    for event in reading.events.iter().filter(|event| !is_only_ours(event)) {
        let key = (
            log_of(&reading, event).to_owned(),
            event.event_id.into(),
            event.record_id,
            event.time.filetime(),
        );
        ours.entry(key).or_default().push(event);
    }
    let mut complaints = Vec::new();
    let (mut compared, mut fields) = (0, 0);
    for theirs in json_lines(&oracle) {
        if !is_ours(&theirs) {
            continue;
        }
        let key = (
            theirs["file"].as_str().unwrap().trim_start_matches("evtx/").to_owned(),
            theirs["event_id"].as_u64().unwrap(),
            theirs["event_record_id"].as_u64().unwrap(),
            theirs["ft"].as_u64().unwrap(),
        );
        let found = ours.get_mut(&key).and_then(Vec::pop);
        match found {
            None => complaints.push(format!("only libevtx: {key:?}")),
            Some(event) => {
                compared += 1;
                fields += compare(event, &theirs, &mut complaints);
            }
        }
    }
    for (key, events) in ours {
        if !events.is_empty() && !libevtx_passes_over(&key) {
            complaints.push(format!("only ours: {key:?}"));
        }
    }
    println!("{compared} events, {fields} fields compared");
    assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n"));
}

/// A comparison of one event, field by field, with what another reader made of it.
struct Comparison<'a> {
    data: &'a serde_json::Map<String, Value>,
    record: String,
    compared: usize,
    complaints: &'a mut Vec<String>,
}

impl Comparison<'_> {
    fn raw(&self, name: &str) -> &str {
        self.data.get(name).and_then(Value::as_str).unwrap_or("")
    }

    fn same<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, ours: &T, theirs: &T) {
        self.compared += 1;
        if ours != theirs {
            self.complaints
                .push(format!("{} {name}: ours {ours:?}, theirs {theirs:?}", self.record));
        }
    }

    fn text(&mut self, name: &str, ours: &str) {
        let theirs = match self.raw(name) {
            "-" | "S-1-0-0" => "",
            theirs => theirs,
        };
        let theirs = if name == "LogonProcessName" { theirs.trim_end() } else { theirs }.to_owned();
        self.same(name, &ours.to_owned(), &theirs);
    }

    fn theirs(&self, name: &str) -> Option<u64> {
        let text = self.raw(name);
        match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        }
    }

    fn number(&mut self, name: &str, ours: Option<u64>) {
        self.same(name, &ours, &self.theirs(name));
    }

    fn logon_id(&mut self, name: &str, ours: LogonId) {
        self.number(name, Some(ours.0));
    }

    fn account(&mut self, prefix: &str, ours: &winlast::model::Account) {
        self.text(&format!("{prefix}UserSid"), &ours.sid);
        self.text(&format!("{prefix}UserName"), &ours.user);
        self.text(&format!("{prefix}DomainName"), &ours.domain);
    }

    fn ended(&mut self, prefix: &str, ours: &SessionRef) {
        self.logon_id(&format!("{prefix}LogonId"), ours.logon_id);
        self.account(prefix, &ours.account);
        self.number("LogonType", ours.logon_type.map(Into::into));
    }

    fn time(&mut self, name: &str, ours: Option<Timestamp>) {
        self.same(name, &ours, &Timestamp::parse(self.raw(name)));
    }
}

fn compare(event: &Event, theirs: &Value, complaints: &mut Vec<String>) -> usize {
    let record = format!("{} {} {}", theirs["file"], event.event_id, event.record_id);
    let empty = serde_json::Map::new();
    let data = theirs["data"].as_object().unwrap_or(&empty);
    let mut c = Comparison { data, record, compared: 0, complaints };
    let text = |name: &str| theirs[name].as_str().unwrap_or("").to_owned();
    c.same("computer", &event.computer.to_string(), &text("computer"));
    c.same("channel", &event.channel.to_string(), &text("channel"));
    c.same("forwarded", &event.forwarded, &theirs["literal"].as_bool().unwrap());
    match &event.kind {
        EventKind::Logon(logon) => {
            c.logon_id("TargetLogonId", logon.logon_id);
            c.account("Target", &logon.account);
            c.account("Subject", &logon.subject);
            c.logon_id("SubjectLogonId", logon.subject_logon_id);
            c.number("LogonType", Some(logon.logon_type.into()));
            let linked = c.theirs("TargetLinkedLogonId").filter(|&id| id != 0);
            c.same("TargetLinkedLogonId", &logon.linked.map(|id| id.0), &linked);
            let elevated = match c.raw("ElevatedToken") {
                "%%1842" => Some(true),
                "%%1843" => Some(false),
                _ => None,
            };
            c.same("ElevatedToken", &logon.elevated, &elevated);
            c.same("version", &u64::from(logon.version), &theirs["version"].as_u64().unwrap());
            // libevtx writes 0 for values of the type SizeT, which this one log uses.
            if !c.record.contains("Security_with_size_t") {
                c.number("ProcessId", Some(logon.caller_process_id));
            }
            c.text("LogonProcessName", &logon.method.logon_process);
            c.text("AuthenticationPackageName", &logon.method.package);
            c.text("ProcessName", &logon.method.process_name);
            c.text("IpAddress", &logon.client.ip);
            c.text("WorkstationName", &logon.client.workstation);
            let port = c.theirs("IpPort").unwrap_or(0);
            c.same("IpPort", &u64::from(logon.port), &port);
            let outbound = logon.outbound.as_deref().cloned().unwrap_or_default();
            c.text("TargetOutboundUserName", &outbound.user);
            c.text("TargetOutboundDomainName", &outbound.domain);
        }
        EventKind::FailedLogon(failed) => {
            c.account("Target", &failed.account);
            c.number("LogonType", Some(failed.logon_type.into()));
            c.number("Status", Some(failed.status));
            c.number("SubStatus", Some(failed.sub_status));
            c.text("IpAddress", &failed.client.ip);
            c.text("WorkstationName", &failed.client.workstation);
        }
        EventKind::Terminated(ended) | EventKind::LogoffInitiated(ended) => {
            c.ended("Target", ended)
        }
        EventKind::SessionReference(ended) if event.event_id == 4672 => c.ended("Subject", ended),
        EventKind::SessionReference(ended) => c.ended("Target", ended),
        EventKind::ExplicitCredentials(used) => {
            c.account("Subject", &used.subject);
            c.logon_id("SubjectLogonId", used.subject_logon_id);
            c.text("TargetUserName", &used.account.user);
            c.text("TargetDomainName", &used.account.domain);
            c.text("TargetServerName", &used.target_server);
        }
        EventKind::WindowStation(station) => {
            c.same("reconnected", &station.reconnected, &(event.event_id == 4778));
            c.logon_id("LogonID", station.logon_id);
            c.text("AccountName", &station.account.user);
            c.text("AccountDomain", &station.account.domain);
            c.text("SessionName", &station.session_name);
            c.text("ClientName", &station.client.workstation);
            c.text("ClientAddress", &station.client.ip);
        }
        EventKind::Lock(lock) => {
            c.same("action", &lock.action, &LockAction::Locked);
            c.logon_id("TargetLogonId", lock.logon_id);
            c.number("SessionId", lock.session.map(Into::into));
        }
        EventKind::ClockChanged(change) if c.data.contains_key("PreviousDate") => {
            c.same("PreviousTime", &change.previous, &None);
            c.same("NewTime", &change.new, &Some(event.time));
        }
        EventKind::ClockChanged(change) => {
            let old = if event.event_id == 1 { "OldTime" } else { "PreviousTime" };
            c.time(old, change.previous);
            c.time("NewTime", change.new);
            c.number("Reason", change.reason.map(Into::into));
            c.text("ProcessName", &change.process);
        }
        EventKind::LogCleared(cleared) => {
            c.account("Subject", &cleared.account);
            c.number("SubjectLogonId", cleared.logon_id.map(|id| id.0));
            c.text("Channel", &cleared.channel);
        }
        EventKind::EventLost(id) => c.number("EventID", Some((*id).into())),
        EventKind::UnexpectedShutdown(shutdown) => {
            c.number("#4", shutdown.uptime.map(u64::from));
            c.same("last alive known", &shutdown.last_alive.is_some(), &true);
        }
        EventKind::Renamed(renamed) => {
            c.text("#0", &renamed.old);
            c.text("#1", &renamed.new);
        }
        EventKind::Uptime(seconds) => c.number("#4", Some(*seconds)),
        EventKind::KernelStarted(time) => c.time("StartTime", *time),
        EventKind::KernelStopped(time) => c.time("StopTime", *time),
        EventKind::BootStatus(status) => {
            let good = |c: &Comparison<'_>, name: &str| c.raw(name).parse::<bool>().ok();
            c.same("LastShutdownGood", &status.last_shutdown_good, &good(&c, "LastShutdownGood"));
            c.same("LastBootGood", &status.last_boot_good, &good(&c, "LastBootGood"));
            c.number("LastBootId", status.last_boot_id.map(Into::into));
        }
        EventKind::BootType(kind) => c.number("BootType", Some((*kind).into())),
        EventKind::UncleanReboot(code) => c.number("BugcheckCode", Some(*code)),
        EventKind::Sleep(state) | EventKind::Resume(state) => {
            c.number("TargetState", state.target.map(Into::into));
            c.number("EffectiveState", state.effective.map(Into::into));
        }
        EventKind::ShutdownTransition(kind) => c.number("ShutdownActionType", Some((*kind).into())),
        EventKind::Woke(woke) => {
            c.time("SleepTime", woke.sleep);
            c.time("WakeTime", woke.wake);
            c.number("TargetState", woke.state.target.map(Into::into));
            let written = c.theirs("HiberWriteDuration").unwrap_or(0) > 0;
            c.same("HiberWriteDuration", &woke.hibernated, &written);
        }
        EventKind::ShutdownRequested(request) => {
            let named = c.data.contains_key("param1");
            let ours = [
                (0, &request.process),
                (2, &request.reason),
                (3, &request.code),
                (4, &request.kind),
                (5, &request.comment),
                (6, &request.user),
            ];
            for (index, ours) in ours {
                let name = if named { format!("param{}", index + 1) } else { format!("#{index}") };
                c.text(&name, ours);
            }
        }
        EventKind::ShutdownReason(reason) => c.text("#0", reason),
        EventKind::Winlogon(notification) => {
            c.number("TSId", notification.session.map(Into::into));
            c.text("UserSid", &notification.sid);
        }
        EventKind::Terminal(terminal) => {
            let (session, detail) = match terminal.action {
                TerminalAction::DisconnectedBy => ("TargetSession", "Source"),
                TerminalAction::DisconnectReason => ("Session", "Reason"),
                _ => ("SessionID", "no such field"),
            };
            c.number(session, terminal.session.map(Into::into));
            c.number(detail, terminal.detail.map(Into::into));
            c.text("User", &terminal.user);
            c.text("Address", &terminal.address);
        }
        EventKind::RemoteConnection(connection) => {
            c.text("Param1", &connection.account.user);
            c.text("Param2", &connection.account.domain);
            c.text("Param3", &connection.address);
        }
        EventKind::Profile(notification) => {
            c.number("Session", notification.session.map(Into::into));
            c.same("UserID", &notification.sid.to_string(), &text("user_sid"));
        }
        EventKind::LsassStarted
        | EventKind::AuditState
        | EventKind::BootConfiguration
        | EventKind::EventLogShutdown
        | EventKind::AuditDropped
        | EventKind::LogFull
        | EventKind::ServiceStarted
        | EventKind::ServiceStopped
        | EventKind::SystemVersion
        | EventKind::BootMenu
        | EventKind::ModernStandby(_)
        | EventKind::PowerContext => {}
        EventKind::AuditPolicyTable(id) => c.logon_id("PuaPolicyId", *id),
        EventKind::PowerSession(id) => c.number("BootId", id.map(Into::into)),
        EventKind::LogArchived(path) => c.text("BackupPath", path),
        EventKind::ProfileService => {}
        EventKind::Boundary => unreachable!("nothing is said of its data"),
    }
    c.compared
}

/// Windows' own XML of one log: what it says of each record, in the form of the oracle.
fn windows_export(path: &PathBuf) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut reader = quick_xml::Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut records = Vec::new();
    let mut record = serde_json::Map::new();
    let mut data = serde_json::Map::new();
    let mut open: Vec<(String, String, bool)> = Vec::new();
    let mut unnamed = 0;
    loop {
        use quick_xml::events::Event as Xml;
        match reader.read_event().unwrap() {
            Xml::Start(start) => {
                let tag = start.local_name().into_inner().to_owned();
                let mut name = tag.clone();
                if tag == "Data" {
                    name = format!("#{unnamed}");
                }
                for attribute in start.attributes().map(Result::unwrap) {
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                    match (tag.as_str(), attribute.key.into_inner()) {
                        ("Provider", "Name") => {
                            drop(record.insert("provider".into(), value.into()))
                        }
                        ("TimeCreated", "SystemTime") => {
                            let time = Timestamp::parse(&value).unwrap().filetime();
                            record.insert("ft".into(), time.into());
                        }
                        ("Security", "UserID") => {
                            drop(record.insert("user_sid".into(), value.into()))
                        }
                        ("Data", "Name") => name = value,
                        _ => {}
                    }
                }
                unnamed += usize::from(tag == "Data" && name.starts_with('#'));
                if let Some(parent) = open.last_mut() {
                    parent.2 = false;
                }
                open.push((name, String::new(), true));
            }
            Xml::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.1.push_str(&text);
                }
            }
            Xml::GeneralRef(reference) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*reference))
                    .unwrap()
                    .into_owned();
                open.last_mut().unwrap().1.push_str(&text);
            }
            Xml::End(_) => {
                let (name, text, is_leaf) = open.pop().unwrap();
                let path: Vec<&str> = open.iter().map(|(name, ..)| name.as_str()).collect();
                match path.as_slice() {
                    ["Events", "Event", "System"] => {
                        let key = match name.as_str() {
                            "EventID" => "event_id",
                            "EventRecordID" => "event_record_id",
                            "Version" => "version",
                            "Computer" => "computer",
                            "Channel" => "channel",
                            _ => continue,
                        };
                        let number = text.parse::<u64>().map(Value::from);
                        record.insert(key.into(), number.unwrap_or(text.into()));
                    }
                    ["Events", "Event", "EventData" | "UserData", ..] if is_leaf => {
                        data.insert(name, text.into());
                    }
                    ["Events"] => {
                        record.insert("literal".into(), false.into());
                        record.insert("file".into(), "windows".into());
                        record.insert("data".into(), std::mem::take(&mut data).into());
                        records.push(std::mem::take(&mut record).into());
                        unnamed = 0;
                    }
                    _ => {}
                }
            }
            Xml::Eof => return records,
            _ => {}
        }
    }
}

#[test]
fn events_equal_the_xml_that_windows_exported() {
    for (log, records) in [("Security", 1715), ("System", 1247)] {
        let folder = PathBuf::from("evtx/hosts/nicksmet_win11");
        let Some(export) =
            shared(folder.join(format!("{log}.windows-export.xml")).to_str().unwrap())
        else {
            return;
        };
        let reading = read_logs(export.with_file_name(format!("{log}.evtx")));
        assert_eq!(reading.logs[0].records_read, records);
        assert_eq!(reading.findings, []);
        let theirs: BTreeMap<u64, Value> = windows_export(&export)
            .into_iter()
            .map(|record| (record["event_record_id"].as_u64().unwrap(), record))
            .collect();
        assert_eq!(theirs.len() as u64, records);
        let mut complaints = Vec::new();
        let (mut compared, mut fields) = (0, 0);
        for event in &reading.events {
            let theirs = &theirs[&event.record_id];
            assert_eq!(theirs["ft"], event.time.filetime(), "{}", event.record_id);
            assert_eq!(theirs["event_id"], event.event_id, "{}", event.record_id);
            if event.kind == EventKind::Boundary {
                assert_eq!(theirs["computer"], *event.computer);
            } else {
                fields += compare(event, theirs, &mut complaints);
            }
            compared += 1;
        }
        println!("{log}: {compared} events, {fields} fields compared");
        assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n"));
    }
}

#[test]
fn a_log_is_read_whole_whatever_its_header_counts() {
    let Some(log) = shared("evtx/hosts/aptsim_win10/Security.evtx") else { return };
    let reading = read_logs(log);
    assert_eq!(reading.logs[0].records_read, 5337);
    assert_eq!(reading.logs[0].header.chunks_counted, 7);
    assert_eq!(reading.logs[0].chunks, 75);
}

#[test]
fn a_damaged_string_table_costs_no_record() {
    let (Some(damaged), Some(sound)) = (
        shared("evtx/corrupt/security_bad_string_cache.evtx"),
        shared("evtx/single/security_40boots.evtx"),
    ) else {
        return;
    };
    assert_eq!(read_logs(damaged).events, read_logs(sound).events);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let Some(logs) = shared("evtx") else { return };
    let run = |threads, hash| {
        Analysis::of([&logs]).threads(threads).hash(hash).recover(true).events().unwrap()
    };
    let one = run(1, true);
    for threads in [2, 8] {
        assert!(run(threads, true) == one, "{threads} threads");
    }
}
