//! The sample logs of the project, compared with the truth that their scenarios wrote down.

use super::common::{project, triage};
use std::collections::BTreeSet;
use winlast::model::{FindingCode, Report};

/// The folders with samples.
const FOLDERS: [&str; 2] = ["sample-evtx", "sample-evtx-damaged"];

/// The rows of an expected table, each as its cells.
fn expected(name: &str) -> BTreeSet<Vec<String>> {
    let rows = |folder: &str| -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(project(folder).join(name)).unwrap();
        text.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect()
    };
    FOLDERS.iter().flat_map(|folder| rows(folder)).collect()
}

fn samples() -> Report {
    triage(&FOLDERS.map(project))
}

fn cell<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn assert_same(ours: &BTreeSet<Vec<String>>, truth: &BTreeSet<Vec<String>>) {
    let join = |rows: Vec<&Vec<String>>| -> String {
        rows.iter().map(|row| format!("\n  {}", row.join(","))).collect()
    };
    assert!(
        ours == truth,
        "only in the truth:{}\nonly in ours:{}",
        join(truth.difference(ours).collect()),
        join(ours.difference(truth).collect())
    );
}

#[test]
fn every_session_of_the_samples() {
    let report = samples();
    let mut ours = BTreeSet::new();
    for host in &report.hosts {
        for session in &host.sessions {
            let record = |moment: &Option<winlast::model::session::Moment>| {
                cell(moment.as_ref().map(|moment| moment.record.record_id))
            };
            let time = |moment: &Option<winlast::model::session::Moment>| {
                cell(moment.as_ref().map(|moment| moment.time))
            };
            let row = vec![
                host.computer.to_string(),
                session.boot_epoch.to_string(),
                cell(session.logon_id),
                session.account.user.to_string(),
                session.account.domain.to_string(),
                cell(session.logon_type),
                record(&session.start),
                record(&session.initiated),
                record(&session.terminated),
                time(&session.start),
                time(&session.initiated),
                time(&session.terminated),
                session.end.cause.to_string(),
                session.end.confidence.to_string(),
            ];
            assert!(ours.insert(row), "two rows for {}", session.id(&host.computer));
        }
    }
    assert_same(&ours, &expected("expected-sessions.csv"));
}

#[test]
fn every_boot_of_the_samples() {
    let report = samples();
    let ours = report
        .hosts
        .iter()
        .flat_map(|host| host.boots.iter().map(move |boot| (&host.computer, boot)))
        .filter(|(_, boot)| boot.epoch > 0)
        .map(|(computer, boot)| {
            // A boot that crashed has no end, only bounds.
            let end = boot.end.filter(|_| boot.clean == Some(true));
            vec![
                computer.to_string(),
                boot.epoch.to_string(),
                cell(boot.start),
                cell(end),
                boot.end_cause.to_string(),
            ]
        })
        .collect();
    assert_same(&ours, &expected("expected-boots.csv"));
}

#[test]
fn what_the_samples_are_for_is_said() {
    let report = samples();
    let found: BTreeSet<FindingCode> = report.findings.iter().map(|f| f.code).collect();
    for code in [
        FindingCode::LogCleared,
        FindingCode::ChunkCountWrong,
        FindingCode::StaleFreeSpace,
        FindingCode::ChunkChecksum,
        FindingCode::RecordUnreadable,
        FindingCode::Crash,
        FindingCode::EventLost,
    ] {
        assert!(found.contains(&code), "{code}");
    }
    assert!(report.is_incomplete(), "the damaged log");
    assert!(report.accounting.events.values().all(|tally| tally.balances()));
}

#[test]
fn the_samples_are_rebuilt_byte_for_byte() {
    for (path, bytes) in evtx_synth::samples::all() {
        let stands = std::fs::read(project(&path)).unwrap();
        assert!(stands == bytes, "{path} differs: rebuild it as sample-evtx/README.md says");
    }
}
