//! run.json: how a run was made. It is the only file that differs from run to run.

use crate::model::{LogSummary, Report, Timestamp, Verdict, safe_json};
use crate::output::totals::Totals;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

/// Options that shape a result, as given: name, values.
pub type Choices = BTreeMap<String, Vec<String>>;

/// What the program knows of its run and the report does not. The default says nothing of a run.
#[derive(Debug, Clone, Default, Serialize)]
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

/// A file of the case folder.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FileSummary {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) sha256: String,
}

#[derive(Serialize)]
struct RunRecord<'a> {
    program: &'static str,
    version: &'static str,
    #[serde(flatten)]
    facts: &'a RunFacts,
    logs: Vec<LogEntry<'a>>,
    containers: Vec<ContainerEntry<'a>>,
    /// What the filter by time asked for and no log covers.
    uncovered: &'a [String],
    counts: RunCounts,
    files: &'a [FileSummary],
}

#[derive(Serialize)]
struct LogEntry<'a> {
    path: &'a str,
    size: u64,
    sha256: Option<&'a str>,
    verdict: Verdict,
}

#[derive(Serialize)]
struct ContainerEntry<'a> {
    path: &'a str,
    size: u64,
    bytes_read: u64,
}

#[derive(Serialize)]
struct RunCounts {
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
    accounting: BTreeMap<u16, AccountingEntry>,
}

/// Read = placed + well known + duplicates + reported.
#[derive(Serialize)]
struct AccountingEntry {
    read: u64,
    placed: u64,
    well_known: u64,
    duplicates: u64,
    reported: u64,
    balances: bool,
}

/// Writes run.json. `found` is what there was before a filter, `files` the other files of the case.
pub(super) fn write_run(
    report: &Report,
    facts: &RunFacts,
    found: Totals,
    files: &[FileSummary],
    out: &mut dyn Write,
) -> io::Result<()> {
    let logs = report.logs.iter().map(|log| LogEntry {
        path: &log.path,
        size: log.size,
        sha256: log.sha256.as_deref(),
        verdict: log.verdict,
    });
    let containers = report.containers.iter().map(|container| ContainerEntry {
        path: &container.path,
        size: container.size,
        bytes_read: container.bytes_read,
    });
    let run = RunRecord {
        program: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        facts,
        logs: logs.collect(),
        containers: containers.collect(),
        uncovered: &report.uncovered,
        counts: RunCounts::of(report, found),
        files,
    };
    let text = serde_json::to_string_pretty(&run)?;
    out.write_all(safe_json(text.into()).as_bytes())?;
    out.write_all(b"\n")
}

impl RunCounts {
    fn of(report: &Report, found: Totals) -> RunCounts {
        let sum = |value: fn(&LogSummary) -> u64| report.logs.iter().map(value).sum();
        let mut findings = BTreeMap::new();
        for finding in &report.findings {
            *findings.entry(finding.code.word()).or_default() += 1;
        }
        let accounting = report.accounting.events.iter().map(|(&event, tally)| {
            let entry = AccountingEntry {
                read: tally.read,
                placed: tally.placed,
                well_known: tally.well_known,
                duplicates: tally.duplicates,
                reported: tally.reported,
                balances: tally.balances(),
            };
            (event, entry)
        });
        RunCounts {
            logs: report.logs.len(),
            bytes: sum(|log| log.size),
            records_read: sum(|log| log.records_read),
            records_by_crate: report.records_by_crate(),
            records_recovered: sum(|log| log.records_recovered),
            records_unreadable: sum(|log| log.records_unreadable),
            found,
            written: Totals::of(report),
            findings,
            accounting: accounting.collect(),
        }
    }
}
