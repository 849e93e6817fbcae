//! The sample logs of the project, compared with the truth that their scenarios wrote down.

use super::common::{project, triage};
use std::collections::BTreeSet;
use winlast::model::{FindingCode, Report};

/// The folders with samples.
const FOLDERS: [&str; 3] = ["sample-evtx", "sample-evtx-damaged", "sample-evtx-guessed"];

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
        FindingCode::PasswordGuessing,
        FindingCode::SuccessAfterFailures,
    ] {
        assert!(found.contains(&code), "{code}");
    }
    assert!(report.is_incomplete(), "the damaged log");
    assert!(report.accounting.events.values().all(|tally| tally.balances()));
}

/// The README of the sample: 24 guesses from 02:10:00 to 02:11:36, and the session that followed them.
#[test]
fn the_guessed_password_is_one_row_with_the_session_that_followed() {
    let report = triage(&[project("sample-evtx-guessed")]);
    let [host] = report.hosts.as_slice() else { panic!("one computer") };
    let [attempt] = host.attempts.as_slice() else { panic!("{:?}", host.attempts) };
    assert_eq!(attempt.count, 24);
    let records = (attempt.first.record.record_id, attempt.last.record.record_id);
    assert_eq!(records, (90_503, 90_526));
    let times = [attempt.first.time, attempt.last.time].map(|time| time.to_string());
    assert_eq!(times, ["2026-06-15T02:10:00.1120438Z", "2026-06-15T02:11:36.7120438Z"]);
    let output = super::common::winlast(&[
        project("sample-evtx-guessed").to_str().unwrap(),
        "--print",
        "attempts",
    ]);
    let row = String::from_utf8(output.stdout).unwrap();
    assert!(row.contains("FS03.contoso.local/0/0x8a41c7"), "{row}");
}

#[test]
fn the_samples_are_rebuilt_byte_for_byte() {
    for (path, bytes) in evtx_synth::samples::all() {
        let stands = std::fs::read(project(&path)).unwrap();
        assert!(stands == bytes, "{path} differs: rebuild it as sample-evtx/README.md says");
    }
}
