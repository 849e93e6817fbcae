//! The checked configuration: what the arguments mean together.

pub(super) use super::arguments::ShowProgress;
use super::arguments::{Arguments, RowChoice, can_be_printed, choices, formats_of_tables};
use super::live;
use super::questions::Questions;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use clap_complete::Shell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use winlast::Zone;
use winlast::model::Timestamp;
use winlast::output::{
    CaseSettings, Choices, Format, Formats, OutputOptions, SortKey, Table, TimelineRows,
};
use winlast::select::{Filter, SessionPattern, TrailPattern, WatchList};

/// What the program is to do.
#[derive(Debug)]
pub(super) struct Config {
    /// The files and folders to read.
    pub(super) evidence: Vec<PathBuf>,
    /// Whether the logs of this computer are among them.
    pub(super) live: bool,
    /// What the first ones of them are called in the output.
    pub(super) names: Vec<String>,
    /// The folder that the paths of evidence begin behind in the output.
    pub(super) evidence_root: Option<PathBuf>,
    pub(super) read_options: ReadOptions,
    /// The number of worker threads; 0: one for each core.
    pub(super) threads: usize,
    /// Bytes of memory for archives and sessions; `None`: as many as the library gives.
    pub(super) memory: Option<u64>,
    pub(super) filter: Filter,
    /// What to flag.
    pub(super) watch: WatchList,
    /// The options given that shape a case.
    pub(super) choices: Choices,
    pub(super) mode: Mode,
    pub(super) progress: ShowProgress,
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
    pub(super) hops: bool,
}

/// Where the result goes.
#[derive(Debug)]
pub(super) enum Mode {
    /// The table of boots and sessions to standard output, for people.
    ShowTable(ShowTable),
    /// Who was there at a moment, to standard output, for people.
    ShowPeople(Timestamp, ShowTable),
    /// The steps from computer to computer, to standard output, for people.
    ShowTrail(TrailPattern, ShowTable),
    /// What sessions are based on, to standard output, for people.
    Explain(SessionPattern),
    /// One table to standard output, for programs.
    PrintTable(PrintTable),
    /// A case folder.
    WriteCase(CaseOutput),
    /// A folder with a case folder for each source.
    WriteCases(CaseOutput),
    /// A folder with so many case folders, each with some of the computers of many cases.
    WritePartitions(CaseOutput, u32),
    /// The script that lets a shell complete the options, to standard output.
    WriteCompletions(Shell),
    /// The man page, to standard output.
    WriteManPage,
}

impl Mode {
    /// Whether everything that is read is written too.
    pub(super) fn keeps_events(&self) -> bool {
        match self {
            Mode::WriteCase(output)
            | Mode::WriteCases(output)
            | Mode::WritePartitions(output, _) => output.settings.formats.contains(Format::EVENTS),
            Mode::ShowTable(_)
            | Mode::ShowPeople(..)
            | Mode::ShowTrail(..)
            | Mode::Explain(_)
            | Mode::PrintTable(_)
            | Mode::WriteCompletions(_)
            | Mode::WriteManPage => false,
        }
    }
}

/// How the table for people is shown.
#[derive(Debug)]
pub(super) struct ShowTable {
    pub(super) all: bool,
    pub(super) flat: bool,
    pub(super) sort: Option<SortKey>,
    pub(super) limit: Option<usize>,
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

/// Reads the command line, at this moment. When it is wrong, or asks for help, this ends the program.
pub(super) fn from_command_line(now: Timestamp) -> Config {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|why| why.exit());
    check(arguments, choices(&matches), now)
        .unwrap_or_else(|why| Arguments::command().error(ErrorKind::ValueValidation, why).exit())
}

/// Checks what no single argument can check.
///
/// # Errors
/// A sentence for the user: the command line is wrong.
fn check(arguments: Arguments, mut choices: Choices, now: Timestamp) -> Result<Config, String> {
    let Questions { at, since, until, off_hours, watch, resolved } =
        Questions::of(&arguments, now)?;
    choices.extend(resolved);
    let mode = mode(&arguments, at)?;
    // What `--at` answers to people says who came later and who had gone.
    let at = at.filter(|_| !matches!(mode, Mode::ShowPeople(..)));
    check_names(&arguments)?;
    let live = if arguments.live { Some(live::logs_folder()?) } else { None };
    Ok(Config {
        live: live.is_some(),
        evidence: arguments.evidence.into_iter().chain(live).collect(),
        names: arguments.name,
        evidence_root: arguments.evidence_root,
        read_options: ReadOptions {
            zip_password: arguments.zip_password,
            shadow_copies: !arguments.no_vss,
            scan_mft: arguments.scan_mft,
            hash: arguments.hash,
            recover: arguments.recover,
            hops: arguments.hops
                || arguments.trail.is_some()
                || arguments.print.is_some_and(Table::is_of_hops),
        },
        threads: arguments.threads.unwrap_or(0),
        memory: arguments.memory,
        filter: Filter {
            since: since.or(at),
            until: until.or(at),
            users: arguments.user,
            computers: arguments.computer,
            sources: arguments.source,
            logon_types: arguments.logon_type,
            classes: arguments.class,
            open: arguments.open,
            min_length: arguments.min_length,
            off_hours,
        },
        watch,
        choices,
        mode,
        progress: arguments.progress,
        quiet: arguments.quiet,
        verbose: arguments.verbose,
    })
}

/// # Errors
/// As [`check`].
fn check_names(
    Arguments { name: names, evidence, evidence_root, .. }: &Arguments,
) -> Result<(), String> {
    if !names.is_empty() && names.len() != evidence.len() {
        let (names, evidence) = (names.len(), evidence.len());
        return Err(format!(
            "--name was given {names} times for {evidence} EVIDENCE: give one for each, in their order"
        ));
    }
    let mut known = BTreeSet::new();
    for name in names {
        if name.is_empty() {
            return Err("--name: a name must not be empty".into());
        }
        if !known.insert(name) {
            return Err(format!("--name {name}: two EVIDENCE cannot have one name"));
        }
    }
    match evidence_root {
        Some(root) if !root.is_dir() => {
            Err(format!("--evidence-root {}: there is no such folder", root.display()))
        }
        _ => Ok(()),
    }
}

/// # Errors
/// As [`check`].
fn mode(arguments: &Arguments, at: Option<Timestamp>) -> Result<Mode, String> {
    let timeline_rows = match arguments.rows {
        RowChoice::Principal => TimelineRows::Principal,
        RowChoice::All => TimelineRows::All,
    };
    let options = OutputOptions { timeline_rows, excel_safe: arguments.excel_safe };
    if let Some(shell) = arguments.completions {
        return Ok(Mode::WriteCompletions(shell));
    }
    if arguments.man {
        return Ok(Mode::WriteManPage);
    }
    if let Some(path) = &arguments.output {
        let settings = CaseSettings { formats: formats(&arguments.format), options };
        let output = CaseOutput { path: path.clone(), force: arguments.force, settings };
        return Ok(match (arguments.partitions, arguments.per_source) {
            (Some(count), _) => Mode::WritePartitions(output, count),
            (None, true) => Mode::WriteCases(output),
            (None, false) => Mode::WriteCase(output),
        });
    }
    let Some(table) = arguments.print else {
        if arguments.format.is_empty() {
            let show = show_table(arguments);
            if let Some(trail) = &arguments.trail {
                return Ok(Mode::ShowTrail(trail.clone(), show));
            }
            return Ok(match (at, &arguments.explain) {
                (Some(at), _) => Mode::ShowPeople(at, show),
                (None, Some(sessions)) => Mode::Explain(sessions.clone()),
                (None, None) => Mode::ShowTable(show),
            });
        }
        return Err("-f needs -o CASE or --print TABLE".into());
    };
    let format = match arguments.format.as_slice() {
        [] => Format::CSV,
        [format] if can_be_printed(*format) => *format,
        _ => {
            let formats = formats_of_tables();
            return Err(format!("--print writes one table as {formats}; give one of them to -f"));
        }
    };
    Ok(Mode::PrintTable(PrintTable { table, format, options }))
}

fn show_table(arguments: &Arguments) -> ShowTable {
    ShowTable {
        all: arguments.all,
        flat: arguments.flat,
        sort: arguments.sort,
        limit: arguments.limit,
        zone: arguments.tz.clone(),
    }
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
            .and_then(|arguments| check(arguments, Choices::new(), time("2024-05-02T09:30:00Z")))
    }

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
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
    fn questions() {
        let asked = config(
            "a --user bob,CONTOSO\\eve --computer ws*,dc01 --class rdp,network --source 10.0.0.0/8,pc1 \
             --since -7d --until yesterday --tz +02:00 --open --min-length 8h --off-hours 19-7,weekend",
        )
        .unwrap();
        let filter = &asked.filter;
        assert_eq!((filter.users.len(), filter.computers.len(), filter.sources.len()), (2, 2, 2));
        assert_eq!((filter.classes.len(), filter.open), (2, true));
        assert_eq!(filter.since, Some(time("2024-04-25T09:30:00Z")));
        assert_eq!(filter.until, Some(time("2024-05-01T21:59:59.9999999Z")));
        // A batch goes on only where the times mean the same.
        assert_eq!(asked.choices["since"], ["2024-04-25T09:30:00.0000000Z"]);
        assert_eq!(asked.choices["off-hours"], ["19-7,weekend", "+02:00"]);
        let people = config("a --at today").unwrap();
        let midnight = time("2024-05-02T00:00:00Z");
        assert!(matches!(people.mode, Mode::ShowPeople(at, _) if at == midnight));
        assert_eq!((people.filter.since, people.filter.until), (None, None));
        let rows = config("a --at today --print sessions").unwrap().filter;
        assert_eq!((rows.since, rows.until), (Some(midnight), Some(midnight)));
        let Mode::ShowTable(show) = config("a --flat --sort length -n 3").unwrap().mode else {
            panic!()
        };
        assert_eq!((show.flat, show.sort, show.limit), (true, Some(SortKey::Length), Some(3)));
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
            "a --since soon",
            "a --at now --since today",
            "a --since now --until -1s",
            "a --source 10.0.0.0/33",
            "a --min-length 90",
            "a --off-hours night",
            "a --watch /no/such/file",
            "a --sort age",
            "a -n 0",
            "a --since 2024-05-02 --until 2024-05-01",
            "a --class person",
            "a --logon-type rdp",
            "a --tz Mars",
            "a --threads 0",
            "a -v -q",
            "a --partitions 4",
            "a --partitions 0 -o case",
            "a --partitions 4 --per-source -o case",
            "a b --name x",
            "a b --name x --name x",
            "a --name x --evidence-root .",
            "a --name x --per-source -o case",
            "a --evidence-root /no/such/folder",
        ] {
            assert!(config(bad).is_err(), "{bad}");
        }
        assert!(config("a --since 2024-05-02 --until 2024-05-02").is_ok());
    }
}
