//! Converted clips of real logs, held against the clips themselves and against what others found in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use evtx_synth::clips::{self, Clip};
use serde_json::Value as Json;

use crate::leaves::{self, Leaves};
use crate::reading::{by_crate, by_libevtx};

/// Clips of each form: NXLog, an early configuration of it, winlogbeat, and a script for Azure.
const FORMS: [&str; 4] = [
    "lateral_movement/covenant_psremoting_command.zip",
    "persistence/covenant_persistwmi.tar.gz",
    "credential_access/empire_mimikatz_opth.tar.gz",
    "lateral_movement/schtask_create.zip",
];

/// The folder of the clips next to the checkout, or a message that a test is skipped.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/hops-data/otrf");
    if folder.is_dir() {
        return Some(folder);
    }
    let _ = writeln!(std::io::stderr(), "skipped: needs shared/hops-data next to the checkout");
    None
}

fn lines_of(path: &Path) -> String {
    clips::json_lines(&fs::read(path).unwrap()).unwrap()
}

/// The records of a clip as libevtx reads them, by computer, channel in small letters, and record ID.
fn read_by_libevtx(name: &str, clip: &Clip) -> Option<BTreeMap<(String, String, String), Leaves>> {
    let mut records = BTreeMap::new();
    for (number, log) in clip.logs.iter().enumerate() {
        for xml in by_libevtx(&format!("clip-{name}-{number}"), &log.evtx())? {
            let leaves = leaves::of_xml(&xml);
            let key = (one(&leaves, "Computer"), one(&leaves, "Channel").to_lowercase());
            records.insert((key.0, key.1, one(&leaves, "EventRecordID")), leaves);
        }
    }
    Some(records)
}

fn one(leaves: &Leaves, name: &str) -> String {
    leaves.iter().find(|(own, _)| own == name).map_or_else(String::new, |(_, text)| text.clone())
}

fn text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

#[test]
fn libevtx_reads_in_a_converted_clip_what_its_json_says() {
    let Some(folder) = folder() else { return };
    for name in FORMS {
        let lines = lines_of(&folder.join(name));
        let clip = clips::convert(&lines);
        let stem = clips::name(Path::new(name));
        let Some(records) = read_by_libevtx(&stem, &clip) else { return };
        let mut seen = 0;
        for line in lines.lines().filter(|line| !line.is_empty()) {
            let json: Json = serde_json::from_str(line).unwrap();
            let key = |names: [&str; 2]| names.iter().find_map(|name| json.get(name)).map(text);
            let record = key(["RecordNumber", "record_number"]);
            let (Some(computer), Some(channel), Some(record)) = (
                key(["Hostname", "computer_name"]),
                key(["Channel", "log_name"]).map(|name| name.to_lowercase()),
                record,
            ) else {
                continue;
            };
            let Some(leaves) = records.get(&(computer, channel, record)) else { continue };
            seen += 1;
            assert_eq!(Some(one(leaves, "EventID")), key(["EventID", "event_id"]), "{line}");
            assert_eq!(
                Some(one(leaves, "Provider@Name")),
                key(["SourceName", "source_name"]),
                "{line}"
            );
            assert_same_data(&json, leaves);
        }
        // The script for Azure wrote no record IDs: the truth of others below has its times and ids of sessions.
        assert!(seen > 900 || name.contains("schtask"), "{name}: {seen} records");
    }
}

/// Each item of the record stands in the JSON with the same text, and none of the JSON's is lost.
fn assert_same_data(json: &Json, leaves: &Leaves) {
    let data = json.get("event_data").unwrap_or(json).as_object().unwrap();
    // libevtx and NXLog differ in the case of GUIDs, and in what `normal` evens out.
    let plain = |text: &str| leaves::normal(text).to_lowercase();
    let mut found = BTreeSet::new();
    for (name, value) in
        leaves.iter().filter_map(|(name, text)| Some((name.strip_prefix("Data ")?, text)))
    {
        let same = |(key, _): &(&String, &Json)| key.eq_ignore_ascii_case(name);
        match data.iter().find(|(key, _)| *key == name).or_else(|| data.iter().find(same)) {
            Some((key, own)) => {
                assert_eq!(plain(value), plain(&text(own)), "{name} of {json}");
                found.insert(key.clone());
            }
            None => assert!(value.is_empty(), "{name} is {value}, and is not in {json}"),
        }
    }
    // By hand: what the measurements of joins between hosts rest on.
    let needed: &[&str] = match one(leaves, "EventID").as_str() {
        "4624" => &["TargetLogonId", "IpAddress", "IpPort", "LogonGuid", "LogonProcessName"],
        "4648" => &["SubjectLogonId", "TargetServerName", "TargetInfo", "TargetLogonGuid"],
        "4769" => &["TargetUserName", "ServiceName", "IpAddress", "Status", "LogonGuid"],
        "5156" => {
            &["Direction", "SourceAddress", "SourcePort", "DestAddress", "DestPort", "Protocol"]
        }
        "3" => &["Initiated", "SourceIp", "SourcePort", "DestinationIp", "DestinationPort", "User"],
        "4688" => &["SubjectLogonId", "NewProcessId", "NewProcessName"],
        _ => &[],
    };
    for name in needed {
        assert!(found.contains(*name), "{name} of {json} is lost");
    }
    if let Some(all) = json.get("event_data").and_then(Json::as_object) {
        assert_eq!(all.len(), found.len(), "{json} and {leaves:?}");
    }
}

/// Others listed the logons of each clip from the JSON. Each is in the converted log of its computer, with the
/// same record ID, time, Logon ID and address.
#[test]
fn the_logons_that_others_found_in_the_clips_are_in_the_logs() {
    let Some(folder) = folder() else { return };
    let mut rows = 0;
    for group in fs::read_dir(folder).unwrap() {
        for path in fs::read_dir(group.unwrap().path()).unwrap().map(|entry| entry.unwrap().path())
        {
            if !clips::is_clip(&path) {
                continue;
            }
            let logons = logons(&clips::convert(&lines_of(&path)));
            let truth = path.with_file_name(format!("{}.truth.csv", clips::name(&path)));
            for row in fs::read_to_string(truth).unwrap().lines().skip(1) {
                rows += 1;
                let found = logons.iter().any(|logon| is_row(logon, row));
                assert!(found, "{}: {row}", path.display());
            }
        }
    }
    assert_eq!(rows, 194);
}

/// The logons in the Security logs of a clip: host, record ID, time to the second, Logon ID, type, address, port.
fn logons(clip: &Clip) -> Vec<[String; 7]> {
    let security = clip.logs.iter().filter(|log| log.channel.eq_ignore_ascii_case("Security"));
    let all = security.flat_map(|log| by_crate(log.evtx())).flatten();
    let logons =
        all.map(|(_, xml)| leaves::of_xml(&xml)).filter(|leaves| one(leaves, "EventID") == "4624");
    logons
        .map(|leaves| {
            let name = one(&leaves, "Computer");
            [
                name.split('.').next().unwrap().to_owned(),
                one(&leaves, "EventRecordID"),
                one(&leaves, "TimeCreated@SystemTime")[..19].to_owned(),
                one(&leaves, "Data TargetLogonId"),
                one(&leaves, "Data LogonType"),
                one(&leaves, "Data IpAddress"),
                one(&leaves, "Data IpPort"),
            ]
        })
        .collect()
}

fn is_row(logon: &[String; 7], row: &str) -> bool {
    let cells: Vec<&str> = row.split(',').collect();
    let of_row = [cells[0], cells[1], &cells[2][..19], cells[3], cells[4], cells[9], cells[10]];
    // The clip from Azure has no record IDs.
    (0..7).all(|at| logon[at] == of_row[at] || (at == 1 && of_row[at].is_empty()))
}

/// A line of each form, shortened, with what must become of it.
#[test]
fn each_form_of_a_clip_becomes_the_same_event() {
    let lines = [
        r#"{"Keywords":-9214364837600034816,"EventID":4634,"ProviderGuid":"{54849625-5478-4994-A5BA-3E3B0328C30D}","ExecutionProcessID":696,"Channel":"security","EventReceivedTime":"2020-09-18 15:00:18","ThreadID":3544,"EventTime":"2020-09-18 15:00:16","@timestamp":"2020-09-18T19:00:18.616Z","RecordNumber":77,"Task":12545,"OpcodeValue":0,"SourceName":"Microsoft-Windows-Security-Auditing","Version":0,"TargetUserName":"DC$","TargetUserSid":"S-1-5-18","Hostname":"A","TargetDomainName":"D","TargetLogonId":"0x209d3e0","LogonType":"3"}"#,
        r#"{"@timestamp":"2020-09-18T19:00:16.000Z","provider_guid":"{54849625-5478-4994-A5BA-3E3B0328C30D}","event_id":4634,"process_id":696,"thread_id":3544,"computer_name":"A","source_name":"Microsoft-Windows-Security-Auditing","log_name":"Security","keywords":["Audit Success"],"record_number":"77","task":"Logoff","event_data":{"LogonType":"3","TargetUserName":"DC$","TargetUserSid":"S-1-5-18","TargetDomainName":"D","TargetLogonId":"0x209d3e0"}}"#,
        r#"{"SourceName":"Microsoft-Windows-Security-Auditing","ProviderGuid":"{54849625-5478-4994-a5ba-3e3b0328c30d}","Level":"0","Keywords":"0x8020000000000000","Channel":"Security","Hostname":"A","TimeCreated":"2020-09-18T19:00:16.000Z","@timestamp":"2020-09-18T19:00:16.000Z","EventID":4634,"Task":"12545","TargetUserSid":"S-1-5-18","TargetUserName":"DC$","TargetDomainName":"D","TargetLogonId":"0x209d3e0","LogonType":"3"}"#,
    ];
    for (line, record) in lines.into_iter().zip(["77", "77", "1"]) {
        let clip = clips::convert(line);
        let [log] = clip.logs.as_slice() else { panic!("one log") };
        let read = by_crate(log.evtx());
        let [Ok((_, xml))] = read.as_slice() else { panic!("one record: {read:?}") };
        let leaves = leaves::of_xml(xml);
        let expected = [
            ("EventID", "4634"),
            ("EventRecordID", record),
            ("Computer", "A"),
            ("Keywords", "0x8020000000000000"),
            ("Level", "0"),
            ("Task", "12545"),
            ("TimeCreated@SystemTime", "2020-09-18T19:00:16.0000000Z"),
            ("Provider@Guid", "{54849625-5478-4994-a5ba-3e3b0328c30d}"),
        ];
        for (name, text) in expected {
            assert_eq!(one(&leaves, name), text, "{name} of {line}");
        }
        let data: Vec<(&str, &str)> = leaves
            .iter()
            .filter_map(|(name, text)| Some((name.strip_prefix("Data ")?, text.as_str())))
            .collect();
        // The order of the event's manifest.
        let manifest = [
            ("TargetUserSid", "S-1-5-18"),
            ("TargetUserName", "DC$"),
            ("TargetDomainName", "D"),
            ("TargetLogonId", "0x209d3e0"),
            ("LogonType", "3"),
        ];
        assert_eq!(data, manifest, "{line}");
    }
}
