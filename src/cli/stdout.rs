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

/// A run that writes to standard output. Every method fails when there is nothing to read, or standard output
/// cannot be written.
pub(super) struct Printer<'a> {
    pub(super) config: &'a Config,
    pub(super) pool: &'a Pool,
    pub(super) progress: &'a dyn Progress,
}

impl Printer<'_> {
    /// Shows the table of boots and sessions.
    pub(super) fn table(&self, show: &ShowTable) -> Result<Status> {
        let reading = self.read()?;
        let view = self.view(show);
        let mut shown = 0;
        let reader = self.print(|out| {
            shown = output::write_terminal(&reading.report, &view, out)?;
            Ok(())
        })?;
        let say = |config: &Config, reading: &Reading| {
            messages::after_table(config, reading, shown, &view);
        };
        Ok(self.done(reader, reading, say))
    }

    /// Shows who was there at a moment.
    pub(super) fn people(&self, at: Timestamp, show: &ShowTable) -> Result<Status> {
        let reading = self.read()?;
        let hosts = HostAt::all(&reading.report, at);
        let view = self.view(show);
        let reader = self.print(|out| output::write_people(&hosts, &view, out))?;
        Ok(self.done(reader, reading, messages::after_people))
    }

    /// Shows the steps of somebody from computer to computer.
    pub(super) fn trail(&self, trail: &TrailPattern, show: &ShowTable) -> Result<Status> {
        let reading = self.read()?;
        let steps = trail.steps(&reading.report);
        let view = self.view(show);
        let reader = self.print(|out| output::write_trail(&steps, &view, out))?;
        let (count, unknown) = (steps.len(), trail.unknown_name(&reading.report));
        let say = |config: &Config, reading: &Reading| {
            messages::after_trail(config, reading, count, unknown);
        };
        Ok(self.done(reader, reading, say))
    }

    /// Prints one table as CSV or JSON lines.
    pub(super) fn rows(&self, print: &PrintTable) -> Result<Status> {
        let reading = self.read()?;
        let PrintTable { table, format, options } = *print;
        let write =
            |out: &mut dyn Write| output::write_table(&reading.report, table, format, options, out);
        let reader = self.print(write)?;
        let say = |config: &Config, reading: &Reading| {
            messages::after_printing(config, table, reading);
        };
        Ok(self.done(reader, reading, say))
    }

    /// Explains sessions.
    pub(super) fn explanations(&self, sessions: &SessionPattern) -> Result<Status> {
        let config = self.config;
        let analysis = analysis(config, &config.evidence, self.pool, self.progress);
        let (report, quotes) = analysis.run_and_quote(|report| {
            let asked = asked_for(report, sessions);
            asked.into_iter().flat_map(Explanation::records).collect()
        })?;
        self.progress.done();
        let asked = asked_for(&report, sessions);
        let width = Stream::Output.width();
        let write =
            |out: &mut dyn Write| output::write_explanations(&asked, &report, &quotes, width, out);
        if self.print(write)? == Reader::Left {
            return Ok(Status::Complete);
        }
        let status = Status::of(&report);
        messages::after_explaining(config, asked.len(), status);
        Ok(status)
    }

    fn read(&self) -> Result<Reading> {
        let evidence = Source::Paths(&self.config.evidence);
        let reading = read(self.config, &evidence, self.pool, self.progress)?;
        self.progress.done();
        Ok(reading)
    }

    /// Writes with the threads of the pool.
    fn print(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send) -> Result<Reader> {
        self.pool.install(|| to_stdout(write))
    }

    /// Says on standard error what is to be said after everything was printed, and what the program ends with.
    fn done(
        &self,
        reader: Reader,
        reading: Reading,
        say: impl FnOnce(&Config, &Reading),
    ) -> Status {
        if reader == Reader::Left {
            return Status::Complete;
        }
        say(self.config, &reading);
        let status = reading.status;
        // The process ends, and the system takes back its memory at once: the sessions are not dropped one by one.
        std::mem::forget(reading);
        status
    }

    /// How standard output is written for people.
    fn view(&self, show: &ShowTable) -> TerminalView {
        let filter = &self.config.filter;
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
}

fn asked_for<'a>(report: &'a Report, sessions: &SessionPattern) -> Vec<Explanation<'a>> {
    let asked = report.sessions().filter(|(host, session)| sessions.matches(host, session));
    asked.map(|(host, session)| Explanation::of(host, session)).collect()
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
