//! The modes that write to standard output: the table for people, and one table for programs.

use super::config::{Config, PrintTable, ShowTable};
use super::exit_code::Status;
use super::messages;
use super::read::read;
use std::io::{self, BufWriter, IsTerminal, Write};
use winlast::Pool;
use winlast::error::{Error, Result};
use winlast::output::{self, TerminalView};
use winlast::progress::Progress;

/// Shows the table of boots and sessions.
///
/// # Errors
/// When there is nothing to read, or standard output cannot be written.
pub(super) fn show_table(
    config: &Config,
    show: &ShowTable,
    pool: &Pool,
    progress: &dyn Progress,
) -> Result<Status> {
    let reading = read(config, &config.evidence, pool, progress)?;
    progress.done();
    let filter = &config.filter;
    let view = TerminalView {
        // Classes and types that were asked for are not hidden again.
        all: show.all || !filter.classes.is_empty() || !filter.logon_types.is_empty(),
        zone: show.zone.clone(),
        color: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        only_boots_with_sessions: filter.selects_sessions(),
        total_sessions: reading.found.sessions,
    };
    let write = |out: &mut dyn Write| output::write_terminal(&reading.report, &view, out);
    if pool.install(|| to_stdout(write))? == Reader::Left {
        return Ok(Status::Complete);
    }
    messages::after_table(config, &reading.report, reading.status);
    Ok(reading.status)
}

/// Prints one table as CSV or JSON lines.
///
/// # Errors
/// As [`show_table`].
pub(super) fn print_table(
    config: &Config,
    print: &PrintTable,
    pool: &Pool,
    progress: &dyn Progress,
) -> Result<Status> {
    let reading = read(config, &config.evidence, pool, progress)?;
    progress.done();
    let PrintTable { table, format, options } = *print;
    let write =
        |out: &mut dyn Write| output::write_table(&reading.report, table, format, options, out);
    if pool.install(|| to_stdout(write))? == Reader::Left {
        return Ok(Status::Complete);
    }
    messages::after_printing(config, table, &reading.report, reading.status);
    Ok(reading.status)
}

/// Whoever reads standard output.
#[derive(Debug, PartialEq)]
enum Reader {
    /// Took everything.
    Stayed,
    /// Went away before the end, as `head` does, which is no error.
    Left,
}

/// # Errors
/// When standard output cannot be written.
fn to_stdout(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<Reader> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Stayed),
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(source) => Err(Error::Output { path: "standard output".into(), source }),
    }
}
