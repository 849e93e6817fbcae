//! The program: arguments, progress bars, exit codes.

mod batch;
mod cli;
mod config;
mod progress;

use clap::{CommandFactory, FromArgMatches};
use config::{Config, Job};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};
use winlast::error::{Error, Result};
use winlast::model::{ContainerSummary, Report, Span, Timestamp};
use winlast::output::{self, CaseFolder, Formats, RunFacts, Table, Totals, View};
use winlast::progress::{Progress, Silent};
use winlast::{Options, Pool};

/// All evidence was read.
const READ: u8 = 0;
/// Nothing could be produced.
const FAILED: u8 = 1;
/// The output is complete, the evidence is not.
const INCOMPLETE: u8 = 3;
/// Ended by Ctrl-C, as shells report it.
const INTERRUPTED: i32 = 130;
/// Findings on stderr without `-v`.
const FINDINGS_TOLD: usize = 5;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let matches = cli::Cli::command().get_matches();
    let cli = cli::Cli::from_arg_matches(&matches).unwrap_or_else(|why| why.exit());
    let config = match config::check(cli, cli::choices(&matches)) {
        Ok(config) => config,
        Err(why) => cli::Cli::command().error(clap::error::ErrorKind::ValueValidation, why).exit(),
    };
    // Without a handler Ctrl-C still ends the program, but leaves unfinished files.
    let quiet = config.quiet;
    let _ = ctrlc::set_handler(move || {
        let _held_to_the_end = output::remove_unfinished();
        if !quiet {
            let _ = writeln!(io::stderr());
            tell("interrupted: files that were not finished are removed");
        }
        std::process::exit(INTERRUPTED);
    });
    match run(&config) {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            tell(&why.to_string());
            if matches!(&why, Error::Output { source, .. } if source.kind() == io::ErrorKind::StorageFull)
            {
                tell("free some space or choose another place; no unfinished file was kept");
            }
            ExitCode::from(FAILED)
        }
    }
}

fn run(config: &Config) -> Result<u8> {
    let bar = (!config.quiet && io::stderr().is_terminal()).then(progress::Bar::new);
    let progress: &dyn Progress = bar.as_ref().map_or(&Silent, |bar| bar);
    let options = &config.options;
    let pool = Pool::new(options.threads)?;
    let done = match &config.job {
        Job::Batch { path, force, formats } => {
            return batch::run(config, &pool, path, *force, formats, bar.as_ref());
        }
        Job::Case { path, force, formats } => CaseFolder::prepare(path, &options.evidence, *force)
            .and_then(|folder| write_case(config, &pool, options, folder, formats, progress))
            .map(|(report, exit_code)| Some((report, exit_code))),
        job => read(config, &pool, options, progress).and_then(|(report, exit_code, found)| {
            progress.done();
            let write = || to_stdout(|out| write_job(job, &report, config, found, out));
            let goes_on = pool.install(write)?;
            Ok(goes_on.then_some((report, exit_code)))
        }),
    };
    progress.done();
    let Some((report, exit_code)) = done? else { return Ok(READ) };
    report_findings(config, &report, exit_code);
    Ok(exit_code)
}

/// Reads and filters: the report, the exit code, and the counts before the filter.
fn read(
    config: &Config,
    pool: &Pool,
    options: &Options,
    progress: &dyn Progress,
) -> Result<(Report, u8, Totals)> {
    let mut report = pool.triage(options, progress)?;
    let exit_code = if report.is_incomplete() { INCOMPLETE } else { READ };
    let found = Totals::of(&report);
    config.filter.apply(&mut report);
    Ok((report, exit_code, found))
}

/// Reads the evidence of `options` and writes its case folder.
fn write_case(
    config: &Config,
    pool: &Pool,
    options: &Options,
    folder: CaseFolder,
    formats: &Formats,
    progress: &dyn Progress,
) -> Result<(Report, u8)> {
    let (started, clock) = (now(), Instant::now());
    let (report, exit_code, found) = match read(config, pool, options, progress) {
        Ok(read) => read,
        Err(why) => {
            folder.abandon();
            return Err(why);
        }
    };
    let facts = RunFacts {
        arguments: without_password(
            std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()),
        ),
        choices: config.choices.clone(),
        evidence: options.evidence.iter().map(|path| absolute(path)).collect(),
        started,
        taken: clock.elapsed(),
        exit_code,
    };
    pool.install(|| folder.write(&report, formats, &facts, found, progress))?;
    Ok((report, exit_code))
}

fn write_job(
    job: &Job,
    report: &Report,
    config: &Config,
    found: Totals,
    out: &mut dyn Write,
) -> io::Result<()> {
    match job {
        Job::Print { table, rows, format } => {
            output::write_table(report, *table, *rows, *format, out)
        }
        Job::Show { all, zone } => {
            let view = View {
                // Classes and types that were asked for are not hidden again.
                all: *all
                    || !config.filter.classes.is_empty()
                    || !config.filter.logon_types.is_empty(),
                zone: zone.clone(),
                color: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
                only_boots_with_sessions: config.filter.selects_sessions(),
                total_sessions: found.sessions,
            };
            output::write_terminal(report, &view, out)
        }
        Job::Case { .. } | Job::Batch { .. } => Ok(()),
    }
}

/// Writes to stdout. `false`: the reader went away, as `head` does, which is no error.
fn to_stdout(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<bool> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(source) => Err(Error::Output { path: "standard output".into(), source }),
    }
}

fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.to_string_lossy().into_owned()
}

/// Arguments as they may be written down.
fn without_password(arguments: impl Iterator<Item = String>) -> Vec<String> {
    const OPTION: &str = "--zip-password";
    let mut hidden = false;
    let hide = |argument: String| {
        let secret = std::mem::replace(&mut hidden, argument == OPTION);
        if secret {
            return "***".to_owned();
        }
        match argument.split_once('=') {
            Some((OPTION, _)) => format!("{OPTION}=***"),
            _ => argument,
        }
    };
    arguments.map(hide).collect()
}

fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ticks = i64::try_from(since_1970.as_nanos() / 100).unwrap_or(i64::MAX);
    Timestamp::from_civil((1970, 1, 1), (0, 0, 0), 0).unwrap_or_default().plus(Span(ticks))
}

/// Findings on stderr, except below the terminal's table, which lists them itself.
fn report_findings(config: &Config, report: &Report, exit_code: u8) {
    let shown_already = matches!(config.job, Job::Show { .. });
    let printed_already = matches!(config.job, Job::Print { table: Table::Findings, .. });
    if config.verbose {
        report.containers.iter().for_each(|container| tell(&bytes_read(container)));
    }
    if config.verbose && !printed_already {
        report.findings.iter().for_each(|finding| tell(&output::finding_line(finding, false)));
    } else if !config.quiet && !shown_already && !printed_already {
        let important = output::most_important(&report.findings, FINDINGS_TOLD);
        if !important.is_empty() {
            tell(&format!("findings: {}", output::count_by_severity(&report.findings)));
        }
        important.iter().for_each(|finding| tell(&output::finding_line(finding, false)));
    }
    if exit_code == INCOMPLETE && !config.quiet {
        let place = match &config.job {
            Job::Case { path, formats, .. } if formats.csv => {
                path.join("findings.csv").display().to_string()
            }
            Job::Case { path, formats, .. } if formats.jsonl => {
                path.join("findings.jsonl").display().to_string()
            }
            Job::Case { path, .. } => path.join("report.html").display().to_string(),
            _ => "--print findings".into(),
        };
        tell(&format!("some evidence could not be read or verified: see {place} (exit code 3)"));
    }
}

/// That only the blocks needed are read.
fn bytes_read(container: &ContainerSummary) -> String {
    let ContainerSummary { path, size, bytes_read } = container;
    format!("{path}: {bytes_read} bytes read, {size} in its files")
}

/// One line on stderr. What cannot be told changes nothing about the result.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "winlast: {}", output::visible(line));
}
