//! Events of real logs, compared with what libevtx and Windows itself read from them.
//!
//! The logs are data of third parties, which the project does not include. Without them, these tests
//! report that they are skipped.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::common::{json_lines, shared};
use super::reading_comparison::compare;
use super::windows_xml::windows_export;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use winlast::Analysis;
use winlast::model::{Event, EventKind, EventSet};

fn read_logs(path: PathBuf) -> EventSet {
    Analysis::of([path]).events().unwrap()
}

/// The path of the log of an event, below the folder of logs.
fn log_of<'r>(reading: &'r EventSet, event: &Event) -> &'r str {
    let path = reading.logs[event.location.log.index()].path.as_str();
    path.split_once("shared/evtx/").unwrap().1
}

/// Whether winlast decodes an event of the reference. It leaves out events without a meaning for
/// sessions.
fn is_decoded(oracle: &Value) -> bool {
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

/// Whether only winlast decodes an event: the reference does not have it.
fn is_only_in_winlast(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Boundary
            | EventKind::AuditPolicyTable(_)
            | EventKind::StartAudit(_)
            | EventKind::LogoffAudit(_)
            | EventKind::BiasInUse(_)
            | EventKind::PowerSession(_)
            | EventKind::ProfileService
            | EventKind::RefusedCredentials(..)
    ) || matches!(event.event_id, 4621 | 4627 | 1104..=1107 | 105)
        || matches!((&event.kind, event.event_id), (EventKind::Profile(_), 5))
}

/// Log, Event ID, EventRecordID, time.
type Key = (String, u64, u64, u64);

/// Whether libevtx skips a record:
/// - it leaves a chunk at a record of size 0, and winlast reads on at the next live record;
/// - it does not read a chunk that is cut off by the end of the file, and winlast reads the complete
///   records in it;
/// - it does not look for a record that was hidden in another one.
fn libevtx_skips((log, event_id, record_id, _): &Key) -> bool {
    match log.as_str() {
        "single/post-Security.evtx" => (*event_id, *record_id) == (4616, 105),
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
    for event in reading.events.iter().filter(|event| !is_only_in_winlast(event)) {
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
        if !is_decoded(&theirs) {
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
        if !events.is_empty() && !libevtx_skips(&key) {
            complaints.push(format!("only ours: {key:?}"));
        }
    }
    println!("{compared} events, {fields} fields compared");
    assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n"));
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
