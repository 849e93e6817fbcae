//! The program: arguments → checked configuration → one of five modes → exit code.

mod arguments;
mod batch;
mod case;
mod clock;
mod config;
mod exit_code;
mod help;
mod interrupt;
mod messages;
mod open_files;
mod progress_bar;
mod questions;
mod read;
mod stdout;
mod terminal;

use config::{Config, Mode};
use exit_code::Status;
use progress_bar::Bar;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use winlast::Pool;
use winlast::error::Result;
use winlast::progress::{Progress, Silent};

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let config = config::from_command_line(clock::now());
    interrupt::on_interrupt_remove_unfinished_files(config.quiet);
    let status = run(&config).unwrap_or_else(|why| {
        messages::failure(&why);
        Status::Failed
    });
    status.into()
}

/// Does what the command line asks for.
///
/// # Errors
/// When nothing could be produced.
fn run(config: &Config) -> Result<Status> {
    let bar = (!config.quiet && io::stderr().is_terminal()).then(Bar::new);
    let progress: &dyn Progress = bar.as_ref().map_or(&Silent, |bar| bar);
    let pool = pool(config)?;
    let done = match &config.mode {
        Mode::ShowTable(view) => stdout::show_table(config, view, &pool, progress),
        Mode::ShowPeople(at, view) => stdout::show_people(config, *at, view, &pool, progress),
        Mode::PrintTable(table) => stdout::print_table(config, table, &pool, progress),
        Mode::WriteCase(case) => case::write(config, case, &pool, progress),
        Mode::WriteCases(cases) => batch::write(config, cases, &pool, bar.as_ref()),
    };
    progress.done();
    done
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
