//! What the program says on standard error.

use super::config::{CaseOutput, Config};
use super::exit_code::Status;
use std::io::{self, Write};
use winlast::error::Error;
use winlast::model::{ContainerSummary, Report};
use winlast::output::{self, Table};

/// One line. What cannot be written here changes nothing about the result.
pub(super) fn line(text: &str) {
    let _ = writeln!(io::stderr(), "winlast: {}", output::visible(text));
}

/// One line that `-q` hides.
pub(super) fn line_unless_quiet(config: &Config, text: &str) {
    if !config.quiet {
        line(text);
    }
}

/// Why the run ended without a result.
pub(super) fn failure(why: &Error) {
    line(&why.to_string());
    if matches!(why, Error::Output { source, .. } if source.kind() == io::ErrorKind::StorageFull) {
        line("free some space or choose another place; no unfinished file was kept");
    }
}

/// After the table on the terminal, which lists the most important findings itself.
pub(super) fn after_table(config: &Config, report: &Report, status: Status) {
    if config.verbose {
        containers(report);
        all_findings(report);
    }
    uncovered(config, report);
    incomplete(config, status, "--print findings");
}

/// After one printed table.
pub(super) fn after_printing(config: &Config, table: Table, report: &Report, status: Status) {
    match (table, config.verbose) {
        (Table::Findings, true) => containers(report),
        (Table::Findings, false) => {}
        (_, true) => {
            containers(report);
            all_findings(report);
        }
        (_, false) => important_findings(config, report, "--print findings"),
    }
    uncovered(config, report);
    incomplete(config, status, "--print findings");
}

/// After a case folder.
pub(super) fn after_case(config: &Config, case: &CaseOutput, report: &Report, status: Status) {
    let file = case.settings.formats.file_with_findings().unwrap_or_default();
    if config.verbose {
        containers(report);
        all_findings(report);
    } else {
        important_findings(config, report, &file);
    }
    uncovered(config, report);
    incomplete(config, status, &case.path.join(file).display().to_string());
}

/// How much was read of each image and archive: only the blocks needed are.
pub(super) fn containers(report: &Report) {
    for ContainerSummary { path, size, bytes_read, .. } in &report.containers {
        line(&format!("{path}: {bytes_read} bytes read, {size} in its files"));
    }
}

pub(super) fn all_findings(report: &Report) {
    report.findings.iter().for_each(|finding| line(&output::finding_line(finding, false)));
}

fn important_findings(config: &Config, report: &Report, place: &str) {
    let important = output::most_important(&report.findings, false, place);
    if config.quiet || important.is_empty() {
        return;
    }
    line(&format!("findings: {}", output::count_by_severity(&report.findings)));
    important.iter().for_each(|finding| line(finding));
}

/// Which computers have no log of the time that `--since` and `--until` ask for.
pub(super) fn uncovered(config: &Config, report: &Report) {
    report.uncovered.iter().for_each(|uncovered| line_unless_quiet(config, uncovered));
}

/// Where to look when some evidence could not be read.
fn incomplete(config: &Config, status: Status, place: &str) {
    if status == Status::Incomplete {
        let text =
            format!("some evidence could not be read or verified: see {place} (exit code 3)");
        line_unless_quiet(config, &text);
    }
}
