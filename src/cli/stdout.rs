//! The modes that write to standard output: the table for people, and one table for programs.

use super::config::{Config, PrintTable, ShowTable};
use super::exit_code::Status;
use super::messages;
use super::read::{Reading, Source, analysis, read};
use super::terminal::Stream;
use std::io::{self, BufWriter, Write};
use winlast::Pool;
use winlast::error::{Error, Result};
use winlast::model::{Report, Timestamp};
use winlast::output::{self, Explanation, TerminalView};
use winlast::presence::HostAt;
use winlast::progress::Progress;
use winlast::select::{ClassPattern, SessionPattern, TrailPattern};

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
    let reading = read(config, &Source::Paths(&config.evidence), pool, progress)?;
    progress.done();
    let view = view(config, show);
    let mut shown = 0;
    let write = |out: &mut dyn Write| {
        shown = output::write_terminal(&reading.report, &view, out)?;
        Ok(())
    };
    if pool.install(|| to_stdout(write))? == Reader::Left {
        return Ok(Status::Complete);
    }
    messages::after_table(config, &reading, shown, view.all);
    Ok(at_the_end(reading))
}

/// What the program ends with. The process ends, and the system takes back its memory at once: the sessions are not
/// dropped one by one.
fn at_the_end(reading: Reading) -> Status {
    let status = reading.status;
    std::mem::forget(reading);
    status
}

/// Shows who was there at a moment.
///
/// # Errors
/// As [`show_table`].
pub(super) fn show_people(
    config: &Config,
    at: Timestamp,
    show: &ShowTable,
    pool: &Pool,
    progress: &dyn Progress,
) -> Result<Status> {
    let reading = read(config, &Source::Paths(&config.evidence), pool, progress)?;
    progress.done();
    let hosts = HostAt::all(&reading.report, at);
    let view = view(config, show);
    let write = |out: &mut dyn Write| output::write_people(&hosts, &view, out);
    if pool.install(|| to_stdout(write))? == Reader::Left {
        return Ok(Status::Complete);
    }
    messages::after_people(config, &reading);
    Ok(at_the_end(reading))
}

/// Shows the steps of somebody from computer to computer.
///
/// # Errors
/// As [`show_table`].
pub(super) fn show_trail(
    config: &Config,
    trail: &TrailPattern,
    show: &ShowTable,
    pool: &Pool,
    progress: &dyn Progress,
) -> Result<Status> {
    let reading = read(config, &Source::Paths(&config.evidence), pool, progress)?;
    progress.done();
    let steps = trail.steps(&reading.report);
    let view = view(config, show);
    let write = |out: &mut dyn Write| output::write_trail(&steps, &view, out);
    if to_stdout(write)? == Reader::Left {
        return Ok(Status::Complete);
    }
    messages::after_trail(config, &reading, steps.len(), trail.unknown_name(&reading.report));
    Ok(reading.status)
}

/// Explains sessions.
///
/// # Errors
/// As [`show_table`].
pub(super) fn explain(
    config: &Config,
    sessions: &SessionPattern,
    pool: &Pool,
    progress: &dyn Progress,
) -> Result<Status> {
    let analysis = analysis(config, &config.evidence, pool, progress);
    let (report, quotes) = analysis.run_and_quote(|report| {
        let asked = asked_for(report, sessions);
        asked.into_iter().flat_map(Explanation::records).collect()
    })?;
    progress.done();
    let asked = asked_for(&report, sessions);
    let width = Stream::Output.width();
    let write =
        |out: &mut dyn Write| output::write_explanations(&asked, &report, &quotes, width, out);
    if to_stdout(write)? == Reader::Left {
        return Ok(Status::Complete);
    }
    let status = Status::of(&report);
    messages::after_explaining(config, asked.len(), status);
    Ok(status)
}

fn asked_for<'a>(report: &'a Report, sessions: &SessionPattern) -> Vec<Explanation<'a>> {
    let asked = report.sessions().filter(|(host, session)| sessions.matches(host, session));
    asked.map(|(host, session)| Explanation::of(host, session)).collect()
}

/// How standard output is written for people.
fn view(config: &Config, show: &ShowTable) -> TerminalView {
    let filter = &config.filter;
    let has_class = filter.classes.iter().any(|class| matches!(class, ClassPattern::Class(_)));
    TerminalView {
        // Classes and types that were asked for are not hidden again.
        all: show.all || has_class || !filter.logon_types.is_empty(),
        flat: show.flat,
        sort: show.sort,
        limit: show.limit,
        zone: show.zone.clone(),
        color: Stream::Output.has_colors(),
        width: Stream::Output.width(),
        only_boots_with_sessions: filter.selects_sessions(),
    }
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
    let reading = read(config, &Source::Paths(&config.evidence), pool, progress)?;
    progress.done();
    let PrintTable { table, format, options } = *print;
    let write =
        |out: &mut dyn Write| output::write_table(&reading.report, table, format, options, out);
    if pool.install(|| to_stdout(write))? == Reader::Left {
        return Ok(Status::Complete);
    }
    messages::after_printing(config, table, &reading);
    Ok(reading.status)
}

/// Writes text that does not depend on any evidence.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn write_text(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Status> {
    to_stdout(write).map(|_| Status::Complete)
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
fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Reader> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Stayed),
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(source) => Err(Error::Output { path: "standard output".into(), source }),
    }
}
