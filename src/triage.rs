//! The staircase: evidence → logs → events → histories → report.

use crate::error::Result;
use crate::model::{Finding, Reading, Report};
use crate::progress::Progress;
use crate::{evidence, scan, timeline};
use std::path::PathBuf;

/// What to read, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders.
    pub evidence: Vec<PathBuf>,
    /// Worker threads; `None`: one per core.
    pub threads: Option<usize>,
    /// SHA-256 of each log.
    pub hash: bool,
    /// Also carve records from free space, flagged `recovered`.
    pub recover: bool,
}

/// Reads all evidence and says who was logged on when.
///
/// # Errors
/// When there is nothing to read at all or threads cannot be started. Damage in the evidence is
/// no error: it stands in [`Report::findings`].
pub fn triage(options: &Options, progress: &dyn Progress) -> Result<Report> {
    let read = read(options, progress)?;
    progress.phase("building timelines");
    let mut logs = read.logs;
    let built = timeline::build(read.events, &mut logs);
    let mut findings: Vec<Finding> =
        [read.findings, built.findings].into_iter().flatten().collect();
    findings.sort_by(finding_order);
    findings.dedup();
    Ok(Report { histories: built.histories, logs, findings, accounting: built.accounting })
}

/// Reads all evidence and stops there: events and logs, without boots and sessions.
///
/// # Errors
/// As [`triage`].
pub fn read(options: &Options, progress: &dyn Progress) -> Result<Reading> {
    let found = evidence::discover(&options.evidence, progress)?;
    let settings =
        scan::Settings { threads: options.threads, hash: options.hash, recover: options.recover };
    let mut read = scan::scan(&found.logs, &settings, progress)?;
    read.findings.extend(found.findings);
    Ok(read)
}

/// Computer, epoch, time, then whatever tells two findings apart: the order of findings.csv.
fn finding_order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let key = |f: &Finding| (f.computer.clone(), f.boot_epoch, f.time, f.log, f.record_id);
    key(a).cmp(&key(b)).then_with(|| a.cmp(b))
}
