//! Real logs, read by winlast and by libevtx: sessions, boots, accounting.
//!
//! The reference was made by another program from the output of another parser, by a simple rule:
//! for each computer name and boot, the first 4624, the first 4647 and the last 4634 of a Logon ID.

use super::common::{case_of, json_lines, shared, triage};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use winlast::model::session::Moment;
use winlast::model::{FindingCode, Report};

/// Logs that the parser of the reference cannot read completely, with the reason. For these logs,
/// winlast must have all sessions of the reference, and may have more.
const MORE_THAN_THE_REFERENCE: [(&str, &str); 1] = [(
    "evtx/hosts/greendale",
    "System2.evtx was cut at 200,000 bytes, inside its third chunk: libevtx reads whole chunks only",
)];

type Records = (u64, Option<u64>, Option<u64>, Option<u64>);

/// Every case of the reference, with its files.
fn cases() -> Option<BTreeMap<String, Vec<PathBuf>>> {
    let root = shared("evtx")?;
    let mut cases: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for json in json_lines(&shared("oracle/evtx.events.jsonl.gz")?) {
        let file = json["file"].as_str().unwrap();
        cases.entry(case_of(file)).or_default();
    }
    let base = root.parent().unwrap().to_owned();
    for (case, paths) in &mut cases {
        paths.push(base.join(case));
    }
    Some(cases)
}

fn sessions(report: &Report) -> BTreeSet<Records> {
    let id = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    report
        .hosts
        .iter()
        .flat_map(|host| &host.sessions)
        .filter_map(|session| {
            let (start, initiated) = (id(&session.start), id(&session.initiated));
            let terminated = id(&session.terminated);
            let known = start.or(initiated).or(terminated).is_some();
            known.then_some((session.logon_id?.0, start, initiated, terminated))
        })
        .collect()
}

#[test]
fn every_session_of_the_reference() {
    let Some(cases) = cases() else { return };
    let mut theirs: BTreeMap<String, BTreeSet<Records>> = BTreeMap::new();
    let record = |json: &Value| json["record_id"].as_u64();
    for json in json_lines(&shared("oracle/evtx.sessions.jsonl.gz").unwrap()) {
        let id = json["logon_id"].as_str().unwrap().trim_start_matches("0x");
        let id = u64::from_str_radix(id, 16).unwrap();
        // Well-known Logon IDs are evidence of boots, not sessions.
        if id >= 0x3e9 {
            let case = json["case"].as_str().unwrap().to_owned();
            theirs.entry(case).or_default().insert((
                id,
                record(&json["start"]),
                record(&json["initiated"]),
                record(&json["terminated"]),
            ));
        }
    }
    let (mut compared, mut wrong) = (0, Vec::new());
    for (case, paths) in &cases {
        let report = triage(paths);
        let ours = sessions(&report);
        let none = BTreeSet::new();
        let reference = theirs.get(case).unwrap_or(&none);
        let excused = MORE_THAN_THE_REFERENCE.iter().any(|(name, _)| name == case);
        for missing in reference.difference(&ours) {
            wrong.push(format!("{case}: we lack {missing:x?}"));
        }
        for extra in ours.difference(reference).filter(|_| !excused) {
            wrong.push(format!("{case}: the reference lacks {extra:x?}"));
        }
        compared += reference.len();
        for (event_id, tally) in &report.accounting.events {
            assert!(tally.balances(), "{case}: {event_id} {tally:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 700, "only {compared} sessions compared");
    eprintln!("{compared} sessions of {} cases agree", cases.len());
}

fn boots(report: &Report) -> usize {
    report.hosts.iter().flat_map(|h| &h.boots).filter(|boot| boot.epoch > 0).count()
}

#[test]
fn boots_of_real_hosts() {
    let Some(root) = shared("evtx") else { return };
    for (case, count) in [
        ("single/security_40boots.evtx", 40),
        ("single/Security_with_size_t.evtx", 8),
        ("hosts/belkasoft_win10", 24),
        ("hosts/aptsim_win10", 3),
        ("hosts/rathbun_win10", 4),
        ("hosts/nicksmet_win11", 4),
        ("single/vss_System.evtx", 3),
        ("single/system_win10.evtx", 3),
    ] {
        assert_eq!(boots(&triage(&[root.join(case)])), count, "{case}");
    }
}

/// Three Fast Startups are three more power segments and no boots.
#[test]
fn fast_startups_are_no_boots() {
    let Some(root) = shared("evtx") else { return };
    let report = triage(&[root.join("hosts/belkasoft_win10")]);
    assert_eq!(report.hosts.len(), 1, "one computer through three names");
    let boots = &report.hosts[0].boots;
    assert_eq!(boots.iter().map(|boot| boot.power_segments - 1).sum::<u32>(), 3);
    assert!(report.findings.iter().any(|f| f.code == FindingCode::BootsWithoutEvents));
}

/// Three Fast Startups and three sleeps, as evtxexport shows their records. In the third Fast Startup and in the
/// second sleep the computer woke for a moment: its clock was set twice. Security#2319 (4634, 19:33:59.5260000)
/// was written in that moment of the Fast Startup.
#[test]
fn when_real_computers_were_off_or_asleep() {
    let Some(root) = shared("evtx") else { return };
    let power = |case: &str| -> Vec<String> {
        let report = triage(&[root.join(case)]);
        let boots = report.hosts.iter().flat_map(|host| &host.boots);
        boots.flat_map(|boot| &boot.power).map(|own| own.to_string()).collect()
    };
    assert_eq!(
        power("hosts/belkasoft_win10"),
        [
            "off 2020-08-02T17:36:36.0844036Z/2020-08-04T17:39:44.7534610Z \
             System#641 System#644 System#645 System#648 System#656",
            "off 2020-08-04T17:43:32.3244109Z/2020-08-07T17:44:18.7327356Z \
             System#666 System#669 System#670 System#677 System#681",
            "asleep 2020-08-07T19:28:16.6418985Z/2020-08-07T19:33:59.5000620Z System#713 System#714",
            "off 2020-08-07T19:33:59.6472718Z/2020-08-07T19:49:56.7251913Z \
             System#717 System#718 System#725 System#728",
        ]
    );
    assert_eq!(
        power("hosts/rathbun_win10"),
        ["asleep 2022-02-07T05:52:03.2979332Z/2022-02-08T20:44:00.5018263Z \
          System#1005 System#1007 System#1008 System#1016"]
    );
    assert_eq!(
        power("single/system_win10.evtx"),
        [
            "asleep 2017-07-20T16:22:16.5161630Z/2017-07-20T16:42:16.4904869Z System#537 System#538",
            "asleep 2017-07-20T16:42:30.0734600Z/2017-07-23T07:16:49.5025809Z \
             System#540 System#541 System#544",
            "asleep 2017-07-23T10:16:19.2556734Z/2017-07-23T10:19:11.5031755Z \
             System#756 System#757 System#758 System#760",
        ]
    );
}

/// The zone in the last 6013 of each boot, as evtxexport shows it: the third boot of the first host began in
/// Pacific time and was set to Easter Island.
#[test]
fn the_time_zones_of_real_boots() {
    let Some(root) = shared("evtx") else { return };
    let zones = |case: &str| -> Vec<String> {
        let report = triage(&[root.join(case)]);
        let boots = report.hosts.iter().flat_map(|host| &host.boots);
        let zones = boots.filter_map(|boot| boot.time_zone.as_ref());
        let mut zones: Vec<String> =
            zones.map(|zone| format!("{} {}", zone.utc_offset_minutes, zone.name)).collect();
        zones.dedup();
        zones
    };
    let (pacific, easter) = ("-480 Pacific Standard Time", "-360 Easter Island Standard Time");
    assert_eq!(zones("hosts/belkasoft_win10"), [pacific, easter]);
    assert_eq!(zones("hosts/rathbun_win10"), [pacific, "-300 Eastern Standard Time"]);
    assert_eq!(zones("hosts/nicksmet_win11"), ["0 GMT Standard Time"]);
}

/// A header that counts only 7 of 75 chunks: all of them are read.
#[test]
fn a_dirty_log_is_read_whole() {
    let Some(root) = shared("evtx") else { return };
    let report = triage(&[root.join("hosts/aptsim_win10/Security.evtx")]);
    assert_eq!(report.logs[0].records_read, 5337);
    assert_eq!(report.logs[0].chunks, 75);
    assert_eq!(report.logs[0].header.chunks_counted, 7);
}

/// A log and a damaged copy of it: each session is reported once.
#[test]
fn a_copy_does_not_double_sessions() {
    let Some(root) = shared("evtx") else { return };
    let one = triage(&[root.join("single/security_40boots.evtx")]);
    let both = triage(&[
        root.join("single/security_40boots.evtx"),
        root.join("corrupt/security_bad_string_cache.evtx"),
    ]);
    assert_eq!(both.hosts.len(), 1);
    assert_eq!(sessions(&one), sessions(&both));
    assert_eq!(boots(&both), 40);
}

/// All hosts in one run give the same sessions as each host alone.
#[test]
fn hosts_side_by_side_stay_apart() {
    let Some(root) = shared("evtx/hosts") else { return };
    let mut apart = BTreeSet::new();
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut count = 0;
    for folder in &folders {
        let report = triage(std::slice::from_ref(folder));
        count += report.hosts.iter().map(|h| h.sessions.len()).sum::<usize>();
        apart.extend(sessions(&report));
    }
    let together = triage(&[root]);
    assert_eq!(sessions(&together), apart);
    assert_eq!(together.hosts.iter().map(|h| h.sessions.len()).sum::<usize>(), count);
}
