//! The arguments of the command line, as `clap` parses them, and the text of `--help`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, CommandFactory, Parser, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use winlast::model::{SessionClass, Timestamp};
use winlast::output::{Choices, Format, Table, Zone};
use winlast::select::{NamePattern, parse_logon_type, parse_since, parse_until};

const FILTERS: &str = "Filters (a session is kept or dropped as a whole)";
const EXAMPLES: &str = "\
Examples:
  winlast Security.evtx                        who was logged on, newest boot first
  winlast /mnt/image/Windows/System32/winevt   every log below a folder
  winlast disk.E01 triage.zip                  logs inside of images and archives
  winlast logs -o case42                       CSV tables and a page in the folder case42
  winlast logs -o case42 -f csv,jsonl,html     JSON lines as well
  winlast hosts/* -o all --per-source          a case folder for each; again: the rest of them
  winlast logs --print timeline > t.csv        one table, for another program
  winlast logs --user 'CONTOSO\\b*' --since 2024-05-01
  winlast logs --tz Europe/Berlin              local times on the terminal

What -o writes (all times UTC; docs/outputs.md explains every column, docs/glossary.md the words):
  timeline.csv   a row for each start, initiated logoff and termination of a session
  sessions.csv   a row for each session: who, from where, from when to when, how sure
  boots.csv      a row for each boot: Logon IDs are unique only inside one
  logs.csv       a row for each log: what was read, what is missing
  findings.csv   what an examiner must know: cleared logs, gaps, damage, clock steps
  report.html    a picture of each computer in time, and the tables, for a browser
  run.json       version, arguments, hashes, counts: how this run was made

Exit codes:
  0  all evidence was read
  1  nothing could be produced: no event log found, or the output cannot be written
  2  the command line is wrong
  3  the output is complete, but some evidence could not be read or verified:
     see findings.csv";

/// Logon sessions from Windows event logs: who was on which computer, from when to when, how each
/// session ended and how sure that is.
///
/// Reads .evtx files, disk images (raw, E01, VMDK, VHD, VHDX, VDI, QCOW2) with their shadow copies,
/// archives (zip, 7z, tar, gzip, xz, bzip2, zstd), and folders with everything below them, identified by
/// their content. It works offline, never writes to the evidence, and reads what damaged logs hold.
#[derive(Debug, Parser)]
#[command(name = "winlast", version, after_long_help = EXAMPLES, after_help = "--help shows examples, files and exit codes.")]
pub(super) struct Arguments {
    /// Event logs, disk images, archives, and folders that hold them
    #[arg(required = true, value_name = "EVIDENCE")]
    pub(super) evidence: Vec<PathBuf>,

    /// Write all tables and a page into this folder
    #[arg(short, long, value_name = "CASE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    /// Replace an earlier case in a folder that is not empty; other files there stay
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(super) force: bool,
    /// One case folder for each EVIDENCE, in CASE; those already complete are skipped
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(super) per_source: bool,
    /// Print one table instead
    #[arg(
        long,
        value_name = "TABLE",
        value_parser = table_parser(),
        conflicts_with = "output",
        help_heading = "Output"
    )]
    pub(super) print: Option<Table>,
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_parser = format_parser(),
        value_delimiter = ',',
        help = help_of_format(),
        help_heading = "Output"
    )]
    pub(super) format: Vec<Format>,
    /// Rows of the timeline: start, initiated logoff and termination, or locks, reconnects and
    /// re-validations too
    #[arg(long, value_enum, default_value_t = RowChoice::Principal, help_heading = "Output")]
    pub(super) rows: RowChoice,
    /// CSV for spreadsheets: a byte order mark, and ' before cells that would run as formulas
    #[arg(long, help_heading = "Output")]
    pub(super) excel_safe: bool,

    /// Show sessions of services, machines and Windows itself too (terminal table)
    #[arg(long, help_heading = "Terminal table")]
    pub(super) all: bool,
    /// Time zone: UTC, local, +02:00 or a name like Europe/Berlin (terminal table)
    #[arg(
        long,
        value_name = "ZONE",
        default_value = "UTC",
        allow_hyphen_values = true,
        help_heading = "Terminal table"
    )]
    pub(super) tz: Zone,

    /// Sessions that were there, by the clock of their computer, at this time or later: 2024-05-02,
    /// 2024-05-02T08:11+02:00; UTC. Where no log covers the time, that is said
    #[arg(long, value_name = "TIME", value_parser = parse_since, help_heading = FILTERS)]
    pub(super) since: Option<Timestamp>,
    /// Sessions that were there at this time or earlier; a date means its end
    #[arg(long, value_name = "TIME", value_parser = parse_until, help_heading = FILTERS)]
    pub(super) until: Option<Timestamp>,
    /// Users: name, DOMAIN\name, name@domain or SID as the log spells them; * and ? fit any text
    #[arg(
        long,
        value_name = "USER",
        help_heading = FILTERS
    )]
    pub(super) user: Vec<NamePattern>,
    /// Computers: full name or its first part; * and ? fit any text
    #[arg(
        long,
        value_name = "NAME",
        help_heading = FILTERS
    )]
    pub(super) computer: Vec<NamePattern>,
    /// Logon types: 10 or RemoteInteractive, several with commas
    #[arg(long, value_name = "TYPE", value_delimiter = ',', value_parser = parse_logon_type, help_heading = FILTERS)]
    pub(super) logon_type: Vec<u32>,
    /// Classes: desktop, remote-desktop, network, service, …, several with commas
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = parse_class, help_heading = FILTERS)]
    pub(super) class: Vec<SessionClass>,

    /// Password for encrypted entries of zip and 7z archives; run.json does not show it
    #[arg(long, value_name = "PASSWORD", help_heading = "Reading")]
    pub(super) zip_password: Option<String>,
    /// Leave out the shadow copies of volumes in disk images
    #[arg(long, help_heading = "Reading")]
    pub(super) no_vss: bool,
    /// In disk images, find logs in any folder and of any name, deleted ones whose clusters still hold them,
    /// and archives and images
    #[arg(long, help_heading = "Reading")]
    pub(super) scan_mft: bool,
    /// SHA-256 of each log, in logs.csv
    #[arg(long, help_heading = "Reading")]
    pub(super) hash: bool,
    /// Recover records from free space and damaged chunks too; they are flagged
    #[arg(long, help_heading = "Reading")]
    pub(super) recover: bool,
    /// Worker threads; one per core unless given
    #[arg(long, value_name = "N", value_parser = parse_threads, help_heading = "Reading")]
    pub(super) threads: Option<usize>,

    /// Memory that unpacked archives and sessions may take, half of it each: 2G, 512M; 8G unless given.
    /// What does not fit is not read, and findings say so (exit code 3)
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Reading")]
    pub(super) memory: Option<u64>,

    /// Every finding on stderr, not only the first few
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Nothing on stderr but what ends the run or costs a whole source
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(super) quiet: bool,
}

/// The options given that shape what a case folder holds, for run.json. A batch that goes on
/// compares them.
pub(super) fn choices(matches: &ArgMatches) -> Choices {
    /// Arguments that do not shape it.
    const OTHERS: [&str; 10] = [
        "all",
        "evidence",
        "force",
        "output",
        "per_source",
        "print",
        "quiet",
        "threads",
        "tz",
        "verbose",
    ];
    let command = Arguments::command();
    let shaping = command.get_arguments().map(|argument| argument.get_id().as_str()).filter(|id| {
        !OTHERS.contains(id)
            && matches.try_contains_id(id).is_ok()
            && matches.value_source(id) == Some(ValueSource::CommandLine)
    });
    let values = |id| {
        let raw = matches.get_raw(id).into_iter().flatten();
        let mut values: Vec<String> = raw.map(|v| v.to_string_lossy().into_owned()).collect();
        values.sort();
        if id == "zip_password" { vec!["***".to_owned()] } else { values }
    };
    shaping.map(|id| (id.replace('_', "-"), values(id))).collect()
}

/// The arguments of this run without the program's name, as run.json may have them.
pub(super) fn without_password() -> Vec<String> {
    const OPTION: &str = "--zip-password";
    let mut hidden = false;
    let hide = |argument: OsString| {
        let argument = argument.to_string_lossy().into_owned();
        let secret = std::mem::replace(&mut hidden, argument == OPTION);
        if secret {
            return "***".to_owned();
        }
        match argument.split_once('=') {
            Some((OPTION, _)) => format!("{OPTION}=***"),
            _ => argument,
        }
    };
    std::env::args_os().skip(1).map(hide).collect()
}

/// `csv or jsonl`: the formats in which a table alone can be written.
pub(super) fn formats_of_tables() -> String {
    names(Format::ALL.iter().filter(|format| format.has_tables())).join(" or ")
}

fn help_of_format() -> String {
    let defaults = names(Format::ALL.iter().filter(|format| format.is_default())).join(",");
    let of_tables = formats_of_tables();
    format!(
        "Formats, several with commas: with -o {defaults} unless given; with --print {of_tables}"
    )
}

/// Parses the name of a format.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(names(Format::ALL.iter())).try_map(|name| name.parse::<Format>())
}

/// Parses the name of a table.
fn table_parser() -> impl TypedValueParser<Value = Table> {
    PossibleValuesParser::new(Table::ALL.iter().map(|table| table.name()))
        .try_map(|name| name.parse::<Table>())
}

fn names<'a>(formats: impl Iterator<Item = &'a Format>) -> Vec<&'static str> {
    formats.map(|format| format.name()).collect()
}

/// The argument of `--rows`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RowChoice {
    Principal,
    All,
}

fn parse_class(text: &str) -> Result<SessionClass, String> {
    SessionClass::ALL
        .iter()
        .copied()
        .find(|class| class.word().eq_ignore_ascii_case(text))
        .ok_or_else(|| {
            let words: Vec<&str> = SessionClass::ALL.iter().map(|class| class.word()).collect();
            format!("not a class; the classes are {}", words.join(", "))
        })
}

/// Bytes: a number with K, M, G or T behind it.
fn parse_size(text: &str) -> Result<u64, String> {
    let units = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let upper = text.to_ascii_uppercase();
    let upper = upper.strip_suffix('B').unwrap_or(&upper);
    let upper = upper.strip_suffix('I').unwrap_or(upper);
    let found = units.iter().find_map(|(unit, bits)| Some((upper.strip_suffix(*unit)?, *bits)));
    let bytes = found.and_then(|(number, bits)| {
        let number: u64 = number.trim_end().parse().ok()?;
        number.checked_mul(1 << bits)
    });
    bytes
        .filter(|bytes| *bytes >= 1 << 20)
        .ok_or_else(|| "give a number with M or G, from 1M: 512M, 8G".into())
}

fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=1024) => Ok(count),
        _ => Err("give a number from 1 to 1024".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        for (text, expected) in [
            ("512M", Some(512 << 20)),
            ("2g", Some(2 << 30)),
            ("4GiB", Some(4 << 30)),
            ("1 T", Some(1 << 40)),
            ("1024k", Some(1 << 20)),
            ("1023K", None),
            ("512", None),
            ("G", None),
            ("-1G", None),
            ("1.5G", None),
            ("99999999999T", None),
        ] {
            assert_eq!(parse_size(text).ok(), expected, "{text}");
        }
    }
}
