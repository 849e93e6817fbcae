//! The checked configuration: what the arguments mean together.

use super::arguments::{Arguments, RowChoice, choices, formats_of_tables};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use std::path::PathBuf;
use winlast::output::{
    CaseSettings, Choices, Format, Formats, OutputOptions, Table, TimelineRows, Zone,
};
use winlast::select::Filter;

/// What the program is to do.
#[derive(Debug)]
pub(super) struct Config {
    /// The files and folders to read.
    pub(super) evidence: Vec<PathBuf>,
    pub(super) read_options: ReadOptions,
    /// The number of worker threads; 0: one for each core.
    pub(super) threads: usize,
    /// Bytes of memory for archives and sessions; `None`: as many as the library gives.
    pub(super) memory: Option<u64>,
    pub(super) filter: Filter,
    /// The options given that shape a case.
    pub(super) choices: Choices,
    pub(super) mode: Mode,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

/// How evidence is read; see the methods of [`winlast::Analysis`].
#[derive(Debug)]
pub(super) struct ReadOptions {
    pub(super) zip_password: Option<String>,
    pub(super) shadow_copies: bool,
    pub(super) scan_mft: bool,
    pub(super) hash: bool,
    pub(super) recover: bool,
}

/// Where the result goes.
#[derive(Debug)]
pub(super) enum Mode {
    /// The table of boots and sessions to standard output, for people.
    ShowTable(ShowTable),
    /// One table to standard output, for programs.
    PrintTable(PrintTable),
    /// A case folder.
    WriteCase(CaseOutput),
    /// A folder with a case folder for each source.
    WriteCases(CaseOutput),
}

/// How the table for people is shown.
#[derive(Debug)]
pub(super) struct ShowTable {
    pub(super) all: bool,
    pub(super) zone: Zone,
}

/// Which table is printed, and how.
#[derive(Debug)]
pub(super) struct PrintTable {
    pub(super) table: Table,
    pub(super) format: Format,
    pub(super) options: OutputOptions,
}

/// Where a case folder is written, and with which files.
#[derive(Debug)]
pub(super) struct CaseOutput {
    pub(super) path: PathBuf,
    pub(super) force: bool,
    pub(super) settings: CaseSettings,
}

/// Reads the command line. When it is wrong, or asks for help, this ends the program.
pub(super) fn from_command_line() -> Config {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|why| why.exit());
    check(arguments, choices(&matches))
        .unwrap_or_else(|why| Arguments::command().error(ErrorKind::ValueValidation, why).exit())
}

/// Checks what no single argument can check.
///
/// # Errors
/// A sentence for the user: the command line is wrong.
fn check(arguments: Arguments, choices: Choices) -> Result<Config, String> {
    let mode = mode(&arguments)?;
    if let (Some(since), Some(until)) = (arguments.since, arguments.until)
        && since > until
    {
        return Err(format!("--since {since} is after --until {until}: nothing can match"));
    }
    Ok(Config {
        evidence: arguments.evidence,
        read_options: ReadOptions {
            zip_password: arguments.zip_password,
            shadow_copies: !arguments.no_vss,
            scan_mft: arguments.scan_mft,
            hash: arguments.hash,
            recover: arguments.recover,
        },
        threads: arguments.threads.unwrap_or(0),
        memory: arguments.memory,
        filter: Filter {
            since: arguments.since,
            until: arguments.until,
            users: arguments.user,
            computers: arguments.computer,
            logon_types: arguments.logon_type,
            classes: arguments.class,
        },
        choices,
        mode,
        quiet: arguments.quiet,
        verbose: arguments.verbose,
    })
}

/// # Errors
/// As [`check`].
fn mode(arguments: &Arguments) -> Result<Mode, String> {
    let timeline_rows = match arguments.rows {
        RowChoice::Principal => TimelineRows::Principal,
        RowChoice::All => TimelineRows::All,
    };
    let options = OutputOptions { timeline_rows, excel_safe: arguments.excel_safe };
    if let Some(path) = &arguments.output {
        let settings = CaseSettings { formats: formats(&arguments.format), options };
        let output = CaseOutput { path: path.clone(), force: arguments.force, settings };
        return Ok(match arguments.per_source {
            true => Mode::WriteCases(output),
            false => Mode::WriteCase(output),
        });
    }
    let Some(table) = arguments.print else {
        if arguments.format.is_empty() {
            let zone = arguments.tz.clone();
            return Ok(Mode::ShowTable(ShowTable { all: arguments.all, zone }));
        }
        return Err("-f needs -o CASE or --print TABLE".into());
    };
    let format = match arguments.format.as_slice() {
        [] => Format::CSV,
        [format] if format.has_tables() => *format,
        _ => {
            let formats = formats_of_tables();
            return Err(format!("--print writes one table as {formats}; give one of them to -f"));
        }
    };
    Ok(Mode::PrintTable(PrintTable { table, format, options }))
}

/// The formats of a case folder.
fn formats(given: &[Format]) -> Formats {
    if given.is_empty() { Formats::default() } else { given.iter().copied().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn config(arguments: &str) -> Result<Config, String> {
        let words = std::iter::once("winlast").chain(arguments.split_whitespace());
        Arguments::try_parse_from(words)
            .map_err(|why| why.to_string())
            .and_then(|arguments| check(arguments, Choices::new()))
    }

    #[test]
    fn clap_agrees_with_itself() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn defaults() {
        let plain = config("a.evtx").unwrap();
        assert!(
            matches!(plain.mode, Mode::ShowTable(ShowTable { all: false, .. }))
                && plain.filter.is_empty()
        );
        let Mode::WriteCase(CaseOutput { settings, .. }) = config("a.evtx -o case").unwrap().mode
        else {
            panic!()
        };
        let has = |format| settings.formats.contains(format);
        assert!(has(Format::CSV) && has(Format::HTML) && !has(Format::JSONL));
        assert_eq!(settings.options.timeline_rows, TimelineRows::Principal);
        let Mode::PrintTable(PrintTable { format, options, .. }) =
            config("a.evtx --print boots").unwrap().mode
        else {
            panic!()
        };
        assert_eq!((format, options.excel_safe), (Format::CSV, false));
    }

    #[test]
    fn given() {
        let Mode::WriteCase(CaseOutput { settings, force, .. }) =
            config("a -o case -f jsonl --force --rows all").unwrap().mode
        else {
            panic!()
        };
        let has = |format| settings.formats.contains(format);
        assert!(has(Format::JSONL) && !has(Format::CSV) && !has(Format::HTML) && force);
        assert_eq!(settings.options.timeline_rows, TimelineRows::All);
        let config =
            config(r"a --user CONTOSO\b* --logon-type 10,Network --class Desktop --tz -05:00")
                .unwrap();
        assert_eq!(config.filter.logon_types, [10, 3]);
        assert!(config.filter.users[0].matches("contoso\\bob"));
        assert!(matches!(config.mode, Mode::ShowTable(show) if show.zone.to_string() == "-05:00"));
    }

    #[test]
    fn refused() {
        for bad in [
            "",
            "a --force",
            "a --per-source",
            "a -f csv",
            "a --print boots -f html",
            "a --print boots -f csv,jsonl",
            "a --print boots -o case",
            "a --since 7d",
            "a --since 2024-05-02 --until 2024-05-01",
            "a --class person",
            "a --logon-type rdp",
            "a --tz Mars",
            "a --threads 0",
            "a -v -q",
        ] {
            assert!(config(bad).is_err(), "{bad}");
        }
        assert!(config("a --since 2024-05-02 --until 2024-05-02").is_ok());
    }
}
