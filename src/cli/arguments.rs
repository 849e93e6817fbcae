//! The arguments of the command line, as `clap` parses them, and the text of `--help`.

use super::help;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, CommandFactory, Parser, ValueEnum};
use clap_complete::Shell;
use std::ffi::OsString;
use std::path::PathBuf;
use winlast::Zone;
use winlast::model::Span;
use winlast::output::{Choices, Format, SortKey, Table};
use winlast::select::{
    ClassPattern, NamePattern, SessionPattern, SourcePattern, TrailPattern, parse_length,
    parse_logon_type,
};

const FILTERS: &str = "Filters (a session is shown as a whole or not at all)";
const QUESTIONS: &str =
    "Questions (sessions that only possibly match are shown too: see the column confidence)";
const TABLE: &str = "Terminal table";
const HOSTS: &str = "From computer to computer";

/// The version of the package, and the commit that it was built from.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("WINLAST_COMMIT"), ")");

/// Logon sessions from Windows event logs: who was logged on to which computer, from when to when, how each
/// session ended and how certain that is.
///
/// Reads .evtx files, disk images (raw, E01, VMDK, VHD, VHDX, VDI, QCOW2) with their shadow copies,
/// archives (zip, 7z, tar, gzip, xz, bzip2, zstd), and everything in folders. Files are identified by their
/// content. It works offline, never writes to the evidence, and reads damaged logs as far as possible.
#[derive(Debug, Parser)]
#[command(name = "winlast", version = VERSION, after_long_help = help::LONG, after_help = "--help shows examples with their answers, files and exit codes.")]
pub(super) struct Arguments {
    /// Event logs, disk images, archives, and folders that hold them
    #[arg(required_unless_present = "live", value_name = "EVIDENCE")]
    pub(super) evidence: Vec<PathBuf>,

    /// Write all tables and a page for the browser (report.html) into this folder: the case folder
    #[arg(short, long, value_name = "CASE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    /// Replace an earlier case in this folder; files that are not of winlast stay
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(super) force: bool,
    /// Write one case folder for each EVIDENCE, inside CASE; those already complete are skipped
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(super) per_source: bool,
    /// Join many cases: EVIDENCE are case folders, or folders that hold them. Their computers are divided
    /// into N case folders inside CASE; only one of these is in memory at a time
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_partitions,
        requires = "output",
        conflicts_with_all = ["per_source", "live"],
        help_heading = "Output"
    )]
    pub(super) partitions: Option<u32>,
    /// Print this table to standard output instead, as CSV or, with -f jsonl, as JSON lines
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
    /// Rows of timeline.csv. principal: the start, the request to log off and the end of each session. all: also
    /// locks, reconnects, password checks for them (re-validations), failed logons, boots, cleared logs and clock
    /// changes
    #[arg(long, value_enum, default_value_t = RowChoice::Principal, help_heading = "Output")]
    pub(super) rows: RowChoice,
    /// Make CSV safe for spreadsheets: a byte order mark, and ' before cells that a spreadsheet would run
    /// as formulas
    #[arg(long, help_heading = "Output")]
    pub(super) excel_safe: bool,

    /// Also show sessions of services, computers and Windows itself
    #[arg(long, help_heading = TABLE)]
    pub(super) all: bool,
    /// One line for each session, with its computer and boot, so that grep can search it
    #[arg(long, help_heading = TABLE)]
    pub(super) flat: bool,
    /// Order of the sessions: the newest or the longest first, names from A to Z. Each line then has its
    /// computer and boot, as with --flat
    #[arg(long, value_name = "ORDER", value_parser = sort_parser(), help_heading = TABLE)]
    pub(super) sort: Option<SortKey>,
    /// Show at most N sessions: the first ones by --sort, else the newest
    #[arg(short = 'n', long, value_name = "N", value_parser = parse_limit, help_heading = TABLE)]
    pub(super) limit: Option<usize>,
    /// Time zone of the table and of the times in other options: UTC, local, +02:00 or a name like
    /// Europe/Berlin
    #[arg(
        long,
        value_name = "ZONE",
        default_value = "UTC",
        allow_hyphen_values = true,
        help_heading = TABLE
    )]
    pub(super) tz: Zone,

    /// Who was logged on at this time (active, locked, disconnected or gone), and whether the computer was
    /// on. With -o or --print: the sessions of that time. Times as for --since
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        conflicts_with_all = ["since", "until", "limit", "sort"],
        help_heading = QUESTIONS
    )]
    pub(super) at: Option<String>,
    /// Why a session is shown as it is: the rules that were used, why no other end was chosen, and each
    /// record with its log, offset, SHA-256 and XML. SESSION is COMPUTER/BOOT/LOGONID as in the column
    /// session_id, or COMPUTER/BOOT/USER
    #[arg(
        long,
        value_name = "SESSION",
        conflicts_with_all = [
            "all", "at", "class", "computer", "flat", "limit", "logon_type", "min_length", "off_hours",
            "open", "output", "print", "since", "sort", "source", "until", "user", "watch",
        ],
        help_heading = QUESTIONS
    )]
    pub(super) explain: Option<SessionPattern>,
    /// Sessions that existed at this time or later, by the clock of their computer: 2024-05-02,
    /// 2024-05-02T08, 2024-05-02T08:11+02:00, today, 'yesterday 18:30', now, -7d or 2h (seven days ago, two hours
    /// ago). Without an offset, times are in the zone of --tz
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = QUESTIONS)]
    pub(super) since: Option<String>,
    /// Sessions that existed at this time or earlier; a date or an hour stands for its last moment
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = QUESTIONS)]
    pub(super) until: Option<String>,
    /// Sessions from an address, a network (10.0.0.0/8) or a client with this name; several with commas
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', help_heading = QUESTIONS)]
    pub(super) source: Vec<SourcePattern>,
    /// Sessions that were still open at the end of the log
    #[arg(long, help_heading = QUESTIONS)]
    pub(super) open: bool,
    /// Sessions that lasted at least this long, or may have: 90s, 30m, 8h, 2d
    #[arg(long, value_name = "LENGTH", value_parser = parse_length, help_heading = QUESTIONS)]
    pub(super) min_length: Option<Span>,
    /// Sessions in which somebody logged on, reconnected, unlocked or began to log off at these hours:
    /// 19:00-07:00,weekend; in the zone of --tz
    #[arg(long, value_name = "HOURS", help_heading = QUESTIONS)]
    pub(super) off_hours: Option<String>,
    /// Flag the sessions of the accounts, SIDs, addresses, networks and computers that are in this file,
    /// one in each line. The flag is `watched`; no session is left out
    #[arg(long, value_name = "FILE", help_heading = QUESTIONS)]
    pub(super) watch: Option<PathBuf>,

    /// Users, several with commas: name, DOMAIN\name, name@domain or SID as the log spells them; * stands for
    /// any text, ? for one character
    #[arg(long, value_name = "USER", value_delimiter = ',', help_heading = FILTERS)]
    pub(super) user: Vec<NamePattern>,
    /// Computers, several with commas: the full name or its first part; * and ? as in --user
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = FILTERS)]
    pub(super) computer: Vec<NamePattern>,
    /// Logon types: 10 or RemoteInteractive, several with commas
    #[arg(long, value_name = "TYPE", value_delimiter = ',', value_parser = parse_logon_type, help_heading = FILTERS)]
    pub(super) logon_type: Vec<u32>,
    /// Classes of sessions, several with commas: rdp and console (how a desktop was used), desktop,
    /// remote-desktop, network, service, … (docs/outputs.md)
    #[arg(
        long,
        value_name = "CLASS",
        value_delimiter = ',',
        ignore_case = true,
        hide_possible_values = true,
        value_parser = PossibleValuesParser::new(ClassPattern::words())
            .try_map(|word| word.parse::<ClassPattern>()),
        help_heading = FILTERS
    )]
    pub(super) class: Vec<ClassPattern>,

    /// Also find out which computer each session came from and, where possible, which session there:
    /// hops.csv and hosts.csv. Reads more events (5156, 4688, 4769, Sysmon 1 and 3, …)
    #[arg(long, help_heading = HOSTS)]
    pub(super) hops: bool,
    /// The path of an account, a computer or a session (COMPUTER/BOOT/LOGONID) from computer to computer: each
    /// step with its evidence and its confidence. Turns on --hops
    #[arg(
        long,
        value_name = "NAME",
        value_parser = parse_trail,
        conflicts_with_all = [
            "all", "at", "explain", "flat", "limit", "output", "print", "sort", "watch",
        ],
        help_heading = HOSTS
    )]
    pub(super) trail: Option<TrailPattern>,

    /// Name of EVIDENCE in all output, instead of its path; one for each EVIDENCE, in their order
    #[arg(long, value_name = "NAME", conflicts_with_all = ["per_source", "evidence_root"], help_heading = "Reading")]
    pub(super) name: Vec<String>,
    /// Write the paths of evidence in all output relative to this folder
    #[arg(long, value_name = "FOLDER", help_heading = "Reading")]
    pub(super) evidence_root: Option<PathBuf>,
    /// On Windows: also read the logs of this computer. Nothing is written into their folder
    #[arg(long, help_heading = "Reading")]
    pub(super) live: bool,
    /// Password for encrypted entries of zip and 7z archives; run.json does not show it
    #[arg(long, value_name = "PASSWORD", help_heading = "Reading")]
    pub(super) zip_password: Option<String>,
    /// Leave out the shadow copies of volumes in disk images
    #[arg(long, help_heading = "Reading")]
    pub(super) no_vss: bool,
    /// In disk images, also find logs in any folder and with any name, deleted logs whose data is still on the
    /// disk, and archives and images
    #[arg(long, help_heading = "Reading")]
    pub(super) scan_mft: bool,
    /// Write the SHA-256 of each log into logs.csv
    #[arg(long, help_heading = "Reading")]
    pub(super) hash: bool,
    /// Also recover records from the free space of logs and from damaged chunks; the column `recovered` marks them
    #[arg(long, help_heading = "Reading")]
    pub(super) recover: bool,
    /// Number of threads; by default one for each core
    #[arg(long, value_name = "N", value_parser = parse_threads, help_heading = "Reading")]
    pub(super) threads: Option<usize>,

    /// Memory for unpacked archives and for sessions, half of it for each of the two: 2G, 512M; by default 8G. Evidence that
    /// does not fit is not read, and findings say so (exit code 3)
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Reading")]
    pub(super) memory: Option<u64>,

    /// The script that lets a shell complete the options, to standard output
    #[arg(long, value_name = "SHELL", exclusive = true, hide = true)]
    pub(super) completions: Option<Shell>,
    /// The man page, to standard output
    #[arg(long, exclusive = true, hide = true)]
    pub(super) man: bool,

    /// Progress on stderr: a bar on a terminal (auto), none, or JSON lines for another program
    /// (docs/outputs.md); -q hides only the bar
    #[arg(long, value_name = "HOW", value_enum, default_value_t = ShowProgress::Auto)]
    pub(super) progress: ShowProgress,
    /// Show every finding on stderr, not only the most important ones, and how many bytes were read of each image and
    /// archive
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Show on stderr only errors that end the run, and each EVIDENCE of which nothing was read
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(super) quiet: bool,
}

/// The options given that shape what a case folder holds, for run.json. A batch that goes on
/// compares them.
pub(super) fn choices(matches: &ArgMatches) -> Choices {
    /// Arguments that do not shape it.
    const OTHERS: [&str; 19] = [
        "all",
        "completions",
        "evidence",
        "explain",
        "flat",
        "force",
        "limit",
        "live",
        "man",
        "output",
        "per_source",
        "print",
        "progress",
        "quiet",
        "sort",
        "threads",
        "trail",
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

/// Whether `--print` can have a format: it writes a table alone, as text.
pub(super) fn can_be_printed(format: Format) -> bool {
    format.has_tables() && format.is_text()
}

/// `csv or jsonl`: the formats that `--print` can have.
pub(super) fn formats_of_tables() -> String {
    names(Format::ALL.iter().filter(|format| can_be_printed(**format))).join(" or ")
}

fn help_of_format() -> String {
    let defaults = names(Format::ALL.iter().filter(|format| format.is_default())).join(",");
    let of_tables = formats_of_tables();
    format!("Formats, several with commas; by default {defaults}. With --print: {of_tables}")
}

/// Parses the name of a format. One that this build leaves out is named, and says so when it is asked for.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    let known = names(Format::ALL.iter()).into_iter().chain(Format::LEFT_OUT.iter().copied());
    PossibleValuesParser::new(known.collect::<Vec<_>>()).try_map(|name| name.parse::<Format>())
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

/// The argument of `--progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowProgress {
    Auto,
    None,
    Json,
}

/// Parses the name of an order.
fn sort_parser() -> impl TypedValueParser<Value = SortKey> {
    PossibleValuesParser::new(SortKey::ALL.iter().map(|key| key.name()))
        .try_map(|name| name.parse::<SortKey>())
}

fn parse_trail(text: &str) -> Result<TrailPattern, String> {
    let Ok(pattern) = text.parse();
    if text.is_empty() { Err("give a name".into()) } else { Ok(pattern) }
}

fn parse_limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("give a number from 1".into()),
    }
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

fn parse_partitions(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(count @ 1..=4096) => Ok(count),
        _ => Err("give a number from 1 to 4096".into()),
    }
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
