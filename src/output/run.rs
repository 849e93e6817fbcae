//! run.json: how a run was made. All that is not the same in every run lives here alone.

use crate::model::{Report, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

pub(super) const RUN_FILE: &str = "run.json";

/// Options that shape a result, as given: name, values.
pub type Choices = BTreeMap<String, Vec<String>>;

/// What the program knows of its run and the report does not.
#[derive(Debug, Clone, Serialize)]
pub struct RunFacts {
    /// Arguments as given, the program's name left out.
    pub arguments: Vec<String>,
    /// Those of them that shape the result, and nothing else.
    pub choices: Choices,
    /// Evidence as given, made absolute.
    pub evidence: Vec<String>,
    /// When the run began, by the clock of the computer it ran on.
    #[serde(serialize_with = "as_text")]
    pub started: Timestamp,
    /// How long reading took.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub taken: Duration,
    /// The exit code if the output can be written.
    pub exit_code: u8,
}

fn as_text<S: serde::Serializer>(time: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(time)
}

fn as_seconds<S: serde::Serializer>(time: &Duration, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_f64(time.as_secs_f64())
}

/// Counts over a whole report, taken before a filter drops sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Computers.
    pub computers: u64,
    /// Boots.
    pub boots: u64,
    /// Sessions.
    pub sessions: u64,
}

impl Totals {
    /// Counts.
    pub fn of(report: &Report) -> Totals {
        let sum = |count: fn(&crate::model::Host) -> usize| {
            report.hosts.iter().map(count).sum::<usize>() as u64
        };
        Totals {
            computers: report.hosts.len() as u64,
            boots: sum(|host| host.boots.len()),
            sessions: sum(|host| host.sessions.len()),
        }
    }
}

/// A file of the case folder.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Written {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) sha256: String,
}

#[derive(Serialize)]
struct Run<'a> {
    program: &'static str,
    version: &'static str,
    #[serde(flatten)]
    facts: &'a RunFacts,
    logs: Vec<Log<'a>>,
    containers: Vec<Container<'a>>,
    counts: Counts,
    files: &'a [Written],
}

#[derive(Serialize)]
struct Log<'a> {
    path: &'a str,
    size: u64,
    sha256: Option<&'a str>,
    verdict: String,
}

#[derive(Serialize)]
struct Container<'a> {
    path: &'a str,
    size: u64,
    bytes_read: u64,
}

#[derive(Serialize)]
struct Counts {
    logs: usize,
    bytes: u64,
    records_read: u64,
    /// Of those, and of those that were unreadable, how many the `evtx` crate read.
    records_by_crate: u64,
    records_recovered: u64,
    records_unreadable: u64,
    found: Totals,
    written: Totals,
    findings: BTreeMap<&'static str, u64>,
    accounting: BTreeMap<u16, Account>,
}

/// Read = placed + well known + duplicates.
#[derive(Serialize)]
struct Account {
    read: u64,
    placed: u64,
    well_known: u64,
    duplicates: u64,
    balances: bool,
}

pub(super) fn write_run(
    report: &Report,
    facts: &RunFacts,
    found: Totals,
    files: &[Written],
    out: &mut dyn Write,
) -> io::Result<()> {
    let sum = |value: fn(&crate::model::LogSummary) -> u64| report.logs.iter().map(value).sum();
    let mut findings = BTreeMap::new();
    for finding in &report.findings {
        *findings.entry(finding.code.word()).or_default() += 1;
    }
    let accounting = report.accounting.events.iter().map(|(&event, tally)| {
        let account = Account {
            read: tally.read,
            placed: tally.placed,
            well_known: tally.well_known,
            duplicates: tally.duplicates,
            balances: tally.balances(),
        };
        (event, account)
    });
    let logs = report.logs.iter().map(|log| Log {
        path: &log.path,
        size: log.size,
        sha256: log.sha256.as_deref(),
        verdict: log.verdict.to_string(),
    });
    let containers = report.containers.iter().map(|container| Container {
        path: &container.path,
        size: container.size,
        bytes_read: container.bytes_read,
    });
    let run = Run {
        program: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        facts,
        logs: logs.collect(),
        containers: containers.collect(),
        counts: Counts {
            logs: report.logs.len(),
            bytes: sum(|log| log.size),
            records_read: sum(|log| log.records_read),
            records_by_crate: report.records_by_crate,
            records_recovered: sum(|log| log.records_recovered),
            records_unreadable: sum(|log| log.records_unreadable),
            found,
            written: Totals::of(report),
            findings,
            accounting: accounting.collect(),
        },
        files,
    };
    serde_json::to_writer_pretty(&mut *out, &run)?;
    out.write_all(b"\n")
}
