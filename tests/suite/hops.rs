//! Hops change nothing else, and a case keeps what they need.

use crate::common::{project, scratch, shared, winlast, write_files};
use evtx_synth::catalogue::connections::Connection;
use evtx_synth::catalogue::{Account, Logon, SECURITY, Session};
use evtx_synth::simulate;
use evtx_synth::simulate::domains::domain;
use evtx_synth::{FileTime, Host, LogOptions, Sid};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use winlast::Analysis;
use winlast::model::{Finding, LogSummary, Report};

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let run = winlast(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (run.status.code(), text(&run.stdout), text(&run.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The files of a case, without run.json.
fn files(case: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap()).filter(|name| name != "run.json");
    names.map(|name| (name.clone(), fs::read(case.join(name)).unwrap())).collect()
}

/// The logs of a simulated domain, in a folder for each computer.
fn logs_of_a_domain(seed: u64, folder: &Path) -> Vec<PathBuf> {
    let files: Vec<(String, Vec<u8>)> =
        domain(seed).files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect();
    write_files(&files, folder);
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut computers: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    computers.sort();
    computers
}

/// Boots, sessions, attempts and findings; the reader by which a record was read does not matter.
fn without_hops(mut report: Report) -> Report {
    report.hops = None;
    let is_of_hops = |finding: &Finding| finding.code.word().contains("hops");
    report.findings.retain(|finding| !is_of_hops(finding));
    for log in &mut report.logs {
        *log = {
            let mut log: LogSummary = log.clone();
            log.records_by_crate = 0;
            log
        };
    }
    report
}

#[test]
fn boots_and_sessions_are_the_same_with_hops() {
    let folder = scratch("hops-change-nothing");
    let mut sources = vec![project("sample-evtx"), project("sample-evtx-damaged")];
    for seed in 0..6 {
        let simulated = folder.join(format!("domain-{seed}"));
        logs_of_a_domain(seed, &simulated);
        sources.push(simulated);
    }
    for seed in 0..60 {
        let simulated = folder.join(format!("host-{seed}"));
        let files = simulate::any(seed).files;
        let files: Vec<(String, Vec<u8>)> =
            files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect();
        write_files(&files, &simulated);
        sources.push(simulated);
    }
    for below in ["evtx/hosts", "evtx/single"] {
        let Some(real) = shared(below) else { continue };
        sources.extend(fs::read_dir(real).unwrap().map(|entry| entry.unwrap().path()));
    }
    for source in sources {
        let report = |hops| Analysis::of([&source]).threads(1).hops(hops).run().ok();
        let (Some(plain), Some(hops)) = (report(false), report(true)) else { continue };
        assert!(hops.hops.is_some() && plain.hops.is_none());
        assert!(without_hops(plain) == without_hops(hops), "{}", source.display());
    }
}

/// Cases of single computers give together what their logs give together.
#[test]
fn cases_with_hops_are_as_their_logs_together() {
    let folder = scratch("hops-cases");
    let mut hops_seen = BTreeSet::new();
    for seed in [0, 3] {
        let computers = logs_of_a_domain(seed, &folder.join(format!("logs-{seed}")));
        let together = folder.join(format!("together-{seed}"));
        let mut arguments: Vec<&str> = computers.iter().map(|path| text(path)).collect();
        arguments.extend(["--hops", "-q", "--threads", "1", "-o", text(&together)]);
        run(&arguments);
        let cases: Vec<PathBuf> = computers
            .iter()
            .map(|logs| {
                let name = logs.file_name().unwrap().to_str().unwrap();
                let case = folder.join(format!("case-{seed}-{name}"));
                run(&[text(logs), "--hops", "-q", "-o", text(&case)]);
                case
            })
            .collect();
        let joined = folder.join(format!("joined-{seed}"));
        let mut arguments: Vec<&str> = cases.iter().rev().map(|path| text(path)).collect();
        arguments.extend(["--hops", "-q", "-o", text(&joined)]);
        run(&arguments);
        let (expected, found) = (files(&together), files(&joined));
        assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
        for (name, bytes) in &expected {
            assert!(*bytes == found[name], "seed {seed}: {name} differs");
        }
        hops_seen.insert(expected["hops.csv"].len());
        // The same cases, without asking for hops: as if they had never been read.
        let (plain, from_cases) = (folder.join("plain"), folder.join("plain-from-cases"));
        let mut arguments: Vec<&str> = computers.iter().map(|path| text(path)).collect();
        arguments.extend(["-q", "--force", "-o", text(&plain)]);
        run(&arguments);
        let mut arguments: Vec<&str> = cases.iter().map(|path| text(path)).collect();
        arguments.extend(["-q", "--force", "-o", text(&from_cases)]);
        run(&arguments);
        assert!(files(&plain) == files(&from_cases), "seed {seed}");
        assert!(!files(&plain).contains_key("hops.csv"));
    }
    assert!(hops_seen.iter().all(|bytes| *bytes > 1000), "{hops_seen:?}");
}

#[test]
fn a_case_without_hops_is_named() {
    let folder = scratch("hops-missing");
    let case = folder.join("case");
    run(&[text(&project("sample-evtx/rdp01")), "-q", "-o", text(&case)]);
    let again = folder.join("again");
    run(&[text(&case), "--hops", "-q", "-o", text(&again)]);
    let findings = String::from_utf8(files(&again)["findings.csv"].clone()).unwrap();
    let row = findings.lines().find(|line| line.contains("case-without-hops")).unwrap();
    assert!(row.contains(text(&case)) && row.contains("make it again from its logs with --hops"));
    // Its logs, given with it, have what it lacks.
    let both = folder.join("both");
    let logs = project("sample-evtx/rdp01");
    run(&[text(&logs), text(&case), "--hops", "-q", "-o", text(&both)]);
    let alone = folder.join("alone");
    run(&[text(&logs), "--hops", "-q", "-o", text(&alone)]);
    assert!(files(&both)["hops.csv"] == files(&alone)["hops.csv"]);
}

#[test]
fn every_format_has_the_tables() {
    let case = scratch("hops-formats").join("case");
    let formats = "csv,jsonl,xlsx,html,timesketch,bodyfile";
    run(&[text(&project("sample-evtx/rdp01")), "--hops", "-q", "-f", formats, "-o", text(&case)]);
    let names: BTreeSet<String> = files(&case).into_keys().collect();
    for name in ["hops.csv", "hosts.csv", "hops.jsonl", "hosts.jsonl"] {
        assert!(names.contains(name), "{names:?}");
    }
    // Once more without: they are gone.
    run(&[text(&project("sample-evtx/rdp01")), "-q", "--force", "-o", text(&case)]);
    let names: BTreeSet<String> = files(&case).into_keys().collect();
    assert!(names.iter().all(|name| !name.starts_with("ho")), "{names:?}");
    let (code, table, _) = run(&[text(&project("sample-evtx/rdp01")), "--print", "hops"]);
    assert!(code == Some(0) && table.starts_with("target_session,") && table.contains("erin"));
}

#[test]
fn a_trail_is_shown_and_a_wrong_name_is_answered() {
    let logs = project("sample-evtx/rdp01");
    let (code, trail, said) = run(&[text(&logs), "--trail", "erin"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(trail.contains("10.20.0.15 (from outside) → RDP01.contoso.local"), "{trail}");
    assert!(trail.lines().all(|line| line.chars().count() <= 80), "{trail}");
    let (_, trail, said) = run(&[text(&logs), "--trail", "erni"]);
    assert!(trail.is_empty() && said.contains("nearest: erin"), "{said}");
    let (_, trail, said) = run(&[text(&logs), "--trail", "erni", "-q"]);
    assert!(trail.is_empty() && said.is_empty(), "{said}");
}

/// A log of one logon, then many connections.
fn log_of_connections(path: &Path) {
    let mut host = Host::new("WS01");
    let start = FileTime::parse("2026-03-02T08:00:00.1234567Z");
    let account = Account::new(Sid::parse("S-1-5-21-1-2-3-1104"), "alice", "CONTOSO");
    let session = Session::new(account, 0x5_0000);
    host.log(start, Logon::network(session, "WS02", "10.0.0.2", 50_000).event());
    for at in 0..2000_u16 {
        let connection = Connection {
            outbound: true,
            process: (4, "System".into()),
            user: "NT AUTHORITY\\SYSTEM".into(),
            source: ("10.0.0.1".into(), 40_000 + at),
            destination: ("10.0.0.2".into(), 445),
        };
        host.log(start.plus_ms(1000 * u64::from(at)), connection.permitted());
    }
    fs::write(path, host.log_file(SECURITY, &LogOptions::default()).to_bytes()).unwrap();
}

/// Records of hops have memory of their own: where it does not suffice, the sessions are whole.
#[test]
fn too_many_records_of_hops_cost_no_session() {
    let folder = scratch("hops-limit");
    log_of_connections(&folder.join("Security.evtx"));
    let read = |memory: u64| Analysis::of([&folder]).threads(1).hops(true).memory(memory).run();
    let whole = read(1 << 33).unwrap();
    assert!(!whole.is_incomplete());
    assert_eq!(whole.hops.as_ref().unwrap().hosts[0].statements, 2000);
    let said = |report: &Report, what: &str| {
        report.findings.iter().any(|finding| finding.message.contains(what))
    };
    let limited = (14..30).map(|bits| read(1 << bits).unwrap()).find(|report| {
        said(report, "were not used for hops") && !said(report, "were not used: the events")
    });
    let limited = limited.expect("more records of hops than events");
    assert!(limited.is_incomplete());
    assert!(limited.hosts == whole.hosts);
    assert!(limited.hops.unwrap().hosts[0].statements < 2000);
}
