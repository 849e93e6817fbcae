//! What the program says on standard error.

use super::config::{CaseOutput, Config};
use super::exit_code::Status;
use super::read::Reading;
use super::terminal::Stream;
use std::io::{self, Write};
use winlast::error::Error;
use winlast::model::{ContainerSummary, Finding};
use winlast::output::{self, Format, MoreFindings, Table, TerminalView, Totals};

/// What each line begins with.
const NAME: &str = "winlast: ";

/// The blanks before the further lines of a text that is longer than the terminal is wide.
const HANGING: usize = 4;

/// One line. What cannot be written here changes nothing about the result.
pub(super) fn line(text: &str) {
    safe_line(&output::visible(text));
}

/// One line of text that is safe to show, perhaps with colours, which goes on below where the terminal
/// ends.
fn safe_line(text: &str) {
    let text = format!("{NAME}{text}");
    let text = match Stream::Error.width() {
        Some(width) => output::wrapped(&text, width, HANGING),
        None => text,
    };
    let _ = writeln!(io::stderr(), "{text}");
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

/// After the table on the terminal, which has so many sessions.
pub(super) fn after_table(config: &Config, reading: &Reading, shown: u64, view: &TerminalView) {
    let logs = count(reading.report.logs.len() as u64, "log");
    let sessions = reading.found.sessions;
    let why = [
        (view.limit.is_some(), "are not among the first ones (-n)"),
        (!config.filter.is_empty(), "do not match"),
        (!view.all, "are of services, computers and Windows itself (--all shows them)"),
    ];
    let why: Vec<&str> = why.into_iter().filter(|(is_so, _)| *is_so).map(|(_, why)| why).collect();
    let others = match shown == sessions || why.is_empty() {
        true => String::new(),
        false => format!("; the others {}", why.join(", or ")),
    };
    let text = format!("{logs} read; {shown} of {sessions} sessions shown{others}");
    line_unless_quiet(config, &text);
    if view.is_flat() {
        view.zone_in_words().inspect(|zone| line_unless_quiet(config, zone));
    }
    failed_logons(config, reading, "--print attempts");
    after_answer(config, reading);
}

/// After the answer to `--at`.
pub(super) fn after_people(config: &Config, reading: &Reading) {
    let logs = count(reading.report.logs.len() as u64, "log");
    line_unless_quiet(config, &format!("{logs} read"));
    after_answer(config, reading);
}

/// After the answer to `--trail`, with so many steps; `unknown` says that nobody has the name.
pub(super) fn after_trail(
    config: &Config,
    reading: &Reading,
    steps: usize,
    unknown: Option<String>,
) {
    let logs = count(reading.report.logs.len() as u64, "log");
    line_unless_quiet(config, &format!("{logs} read, {}", count(steps as u64, "step")));
    let nothing = "these logs show no such logon from another computer, which does not prove that there was none";
    let why = unknown.or((steps == 0).then(|| nothing.to_owned()));
    why.inspect(|why| line_unless_quiet(config, why));
    after_answer(config, reading);
}

/// After the explanations of so many sessions.
pub(super) fn after_explaining(config: &Config, sessions: usize, status: Status) {
    line_unless_quiet(config, &format!("{} explained", count(sessions as u64, "session")));
    if sessions == 0 {
        line_unless_quiet(
            config,
            "no session has that name: see the column session_id of --print sessions, which also has those of \
             services and computers",
        );
    }
    incomplete(config, status, "--print findings");
}

/// What no table on the terminal shows.
fn failed_logons(config: &Config, reading: &Reading, place: &str) {
    if let Some(text) = output::failed_logons(&reading.report) {
        line_unless_quiet(config, &format!("{text}: see {place}"));
    }
}

fn after_answer(config: &Config, reading: &Reading) {
    findings(config, reading, &MoreFindings::Verbose);
    unanswered(config, reading);
    incomplete(config, reading.status, "--print findings");
}

/// After one printed table.
pub(super) fn after_printing(config: &Config, table: Table, reading: &Reading) {
    match (table, config.verbose) {
        (Table::Findings, true) => containers(reading),
        (Table::Findings, false) => {}
        _ => findings(config, reading, &MoreFindings::Verbose),
    }
    unanswered(config, reading);
    incomplete(config, reading.status, "--print findings");
}

/// After a case folder: what was written, and what to open first.
pub(super) fn after_case(config: &Config, case: &CaseOutput, reading: &Reading) {
    let Totals { computers, boots, sessions, .. } = Totals::of(&reading.report);
    let folder = case.path.display();
    let counts = [
        count(computers, "computer"),
        count(boots, "boot"),
        count(sessions, "session"),
        count(reading.report.findings.len() as u64, "finding"),
    ];
    let of = match reading.found.sessions {
        found if found == sessions => String::new(),
        found => format!(" (of {found} sessions)"),
    };
    line_unless_quiet(config, &format!("{folder}: {}{of}", counts.join(", ")));
    let formats = &case.settings.formats;
    if let Some(file) = formats.file_of(Table::Attempts) {
        failed_logons(config, reading, &file);
    }
    if formats.contains(Format::HTML) {
        let page = case.path.join("report.html");
        line_unless_quiet(config, &format!("open {} first", page.display()));
    }
    let file = formats.file_of(Table::Findings).unwrap_or_default();
    findings(config, reading, &MoreFindings::File(file.clone()));
    unanswered(config, reading);
    incomplete(config, reading.status, &case.path.join(file).display().to_string());
}

/// After one case folder of a batch.
pub(super) fn after_source(config: &Config, reading: &Reading) {
    unanswered(config, reading);
    if config.verbose {
        findings(config, reading, &MoreFindings::Verbose);
    }
}

/// `1 log`, `2 logs`
fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The findings of the computers and times that the filters keep, the worst first: with `-v` all of them, else some.
fn findings(config: &Config, reading: &Reading, more: &MoreFindings) {
    if config.quiet {
        return;
    }
    let report = &reading.report;
    let kept = report.findings.iter().filter(|one| config.filter.keeps_finding(one, report));
    let mut kept: Vec<&Finding> = kept.collect();
    let color = Stream::Error.has_colors();
    if config.verbose {
        containers(reading);
    }
    if kept.is_empty() {
        return line("no findings");
    }
    let lines = match config.verbose {
        true => {
            output::worst_first(&mut kept);
            kept.iter().map(|finding| output::finding_line(finding, color)).collect()
        }
        false => output::most_important(&kept, color, more),
    };
    line(&format!("findings: {}", output::count_by_severity(kept.iter().copied())));
    lines.iter().for_each(|text| safe_line(text));
}

/// How much was read of each image and archive: only the blocks needed are.
fn containers(reading: &Reading) {
    for ContainerSummary { path, size, bytes_read, .. } in &reading.report.containers {
        line(&format!("{path}: {bytes_read} bytes read of {size}"));
    }
}

/// What was asked for that the evidence does not have: names, and times that no log covers.
fn unanswered(config: &Config, reading: &Reading) {
    let sentences = reading.unknown.iter().chain(&reading.report.uncovered);
    sentences.for_each(|sentence| line_unless_quiet(config, sentence));
}

/// Where to look when some evidence could not be read.
fn incomplete(config: &Config, status: Status, place: &str) {
    if status == Status::Incomplete {
        let text =
            format!("some evidence could not be read or verified: see {place} (exit code 3)");
        line_unless_quiet(config, &text);
    }
}
