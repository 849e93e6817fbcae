//! The program: arguments → checked configuration → one of the modes → exit code.

mod arguments;
mod batch;
mod case;
mod clock;
mod config;
mod exit_code;
mod for_packages;
mod help;
mod interrupt;
mod live;
mod messages;
mod open_files;
mod partitions;
mod progress;
mod questions;
mod read;
mod stdout;
mod terminal;

use config::{Config, Mode, ShowProgress};
use exit_code::Status;
use progress::RunProgress;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use winlast::Pool;
use winlast::error::Result;
use winlast::progress::{Progress, Silent};

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let config = config::from_command_line(clock::now());
    interrupt::on_interrupt_remove_unfinished_files(config.quiet);
    interrupt::on_panic_remove_unfinished_files();
    let progress = progress(&config);
    let status = run(&config, progress.as_ref()).unwrap_or_else(|why| {
        messages::failure(&why);
        Status::Failed
    });
    progress.inspect(|progress| progress.ended(status.code()));
    status.into()
}

/// How progress is shown, if at all.
fn progress(config: &Config) -> Option<RunProgress> {
    match config.progress {
        ShowProgress::Json => Some(RunProgress::json_lines()),
        ShowProgress::Auto if !config.quiet && io::stderr().is_terminal() => {
            Some(RunProgress::bar())
        }
        ShowProgress::Auto | ShowProgress::None => None,
    }
}

/// Does what the command line asks for.
///
/// # Errors
/// When nothing could be produced.
fn run(config: &Config, shown: Option<&RunProgress>) -> Result<Status> {
    let progress: &dyn Progress = shown.map_or(&Silent, |shown| shown);
    let pool = pool(config)?;
    if config.live {
        messages::line_unless_quiet(config, live::WARNING);
    }
    let printer = stdout::Printer { config, pool: &pool, progress };
    let done = match &config.mode {
        Mode::ShowTable(view) => printer.table(view),
        Mode::ShowPeople(at, view) => printer.people(*at, view),
        Mode::ShowTrail(trail, view) => printer.trail(trail, view),
        Mode::Explain(sessions) => printer.explanations(sessions),
        Mode::PrintTable(table) => printer.rows(table),
        Mode::WriteCase(case) => case::write(config, case, &pool, progress),
        Mode::WriteCases(cases) => batch::write(config, cases, &pool, shown),
        Mode::WritePartitions(fleet, count) => {
            partitions::write(config, fleet, *count, &pool, shown)
        }
        Mode::WriteCompletions(shell) => {
            stdout::write_text(|out| for_packages::write_completions(*shell, out))
        }
        Mode::WriteManPage => stdout::write_text(for_packages::write_man_page),
    };
    // Each mode ends it before it says anything; what failed has not come so far.
    done.inspect_err(|_| progress.done())
}

/// The threads and the memory that the command line gives, and the files that the system lets it open.
///
/// # Errors
/// When threads cannot be started.
fn pool(config: &Config) -> Result<Pool> {
    let mut pool = Pool::new(config.threads)?;
    if let Some(bytes) = config.memory {
        pool = pool.memory(bytes);
    }
    if let Some(files) = open_files::limit() {
        pool = pool.open_files(files);
    }
    Ok(pool)
}
