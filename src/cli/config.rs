//! The checked configuration: what the arguments mean together.

use super::arguments::{Arguments, Format, RowChoice, choices};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use std::path::PathBuf;
use winlast::output::{Choices, Formats, Rows, Table, TableFormat, Zone};
use winlast::select::Filter;

/// What the program is to do.
#[derive(Debug)]
pub(super) struct Config {
    /// The files and folders to read.
    pub(super) evidence: Vec<PathBuf>,
    pub(super) read_options: ReadOptions,
    /// The number of worker threads; 0: one for each core.
    pub(super) threads: usize,
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
    pub(super) rows: Rows,
    pub(super) format: TableFormat,
}

/// Where a case folder is written, and with which files.
#[derive(Debug)]
pub(super) struct CaseOutput {
    pub(super) path: PathBuf,
    pub(super) force: bool,
    pub(super) formats: Formats,
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
    let rows = match arguments.rows {
        RowChoice::Principal => Rows::Principal,
        RowChoice::All => Rows::All,
    };
    if let Some(path) = &arguments.output {
        let formats = formats(arguments, rows);
        let output = CaseOutput { path: path.clone(), force: arguments.force, formats };
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
        [] | [Format::Csv] => TableFormat::Csv { excel_safe: arguments.excel_safe },
        [Format::Jsonl] => TableFormat::Jsonl,
        _ => return Err("--print writes one table as csv or jsonl; give one of them to -f".into()),
    };
    Ok(Mode::PrintTable(PrintTable { table: table.into(), rows, format }))
}

/// The files of a case folder.
fn formats(arguments: &Arguments, rows: Rows) -> Formats {
    let given = &arguments.format;
    let has = |format, default| if given.is_empty() { default } else { given.contains(&format) };
    Formats {
        csv: has(Format::Csv, true),
        jsonl: has(Format::Jsonl, false),
        html: has(Format::Html, true),
        excel_safe: arguments.excel_safe,
        rows,
    }
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
        let Mode::WriteCase(CaseOutput { formats, .. }) = config("a.evtx -o case").unwrap().mode
        else {
            panic!()
        };
        assert!(formats.csv && formats.html && !formats.jsonl && formats.rows == Rows::Principal);
        let Mode::PrintTable(PrintTable { format, .. }) =
            config("a.evtx --print boots").unwrap().mode
        else {
            panic!()
        };
        assert_eq!(format, TableFormat::Csv { excel_safe: false });
    }

    #[test]
    fn given() {
        let Mode::WriteCase(CaseOutput { formats, force, .. }) =
            config("a -o case -f jsonl --force --rows all").unwrap().mode
        else {
            panic!()
        };
        assert!(formats.jsonl && !formats.csv && !formats.html && force);
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
