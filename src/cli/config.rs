//! Checked configuration: what the arguments mean together.

use super::cli::{Cli, Format, RowChoice};
use std::path::PathBuf;
use winlast::Options;
use winlast::output::{Choices, Formats, Rows, Table, TableFormat, Zone};
use winlast::select::Filter;

/// What the program is to do.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) options: Options,
    pub(super) filter: Filter,
    /// The options given that shape a case.
    pub(super) choices: Choices,
    pub(super) job: Job,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

/// Where the result goes.
#[derive(Debug)]
pub(super) enum Job {
    /// The table on the terminal.
    Show { all: bool, zone: Zone },
    /// One table to stdout.
    Print { table: Table, rows: Rows, format: TableFormat },
    /// A case folder.
    Case { path: PathBuf, force: bool, formats: Formats },
    /// A folder with a case folder for each source.
    Batch { path: PathBuf, force: bool, formats: Formats },
}

/// Checks what no single argument can check.
///
/// # Errors
/// A sentence for the user: the command line is wrong.
pub(super) fn check(cli: Cli, choices: Choices) -> Result<Config, String> {
    let job = job(&cli)?;
    if let (Some(since), Some(until)) = (cli.since, cli.until)
        && since > until
    {
        return Err(format!("--since {since} is after --until {until}: nothing can match"));
    }
    Ok(Config {
        options: Options {
            evidence: cli.evidence,
            zip_password: cli.zip_password,
            no_shadow_copies: cli.no_vss,
            scan_mft: cli.scan_mft,
            threads: cli.threads,
            hash: cli.hash,
            recover: cli.recover,
        },
        filter: Filter {
            since: cli.since,
            until: cli.until,
            users: cli.user,
            computers: cli.computer,
            logon_types: cli.logon_type,
            classes: cli.class,
        },
        choices,
        job,
        quiet: cli.quiet,
        verbose: cli.verbose,
    })
}

fn job(cli: &Cli) -> Result<Job, String> {
    let rows = match cli.rows {
        RowChoice::Principal => Rows::Principal,
        RowChoice::All => Rows::All,
    };
    let csv = TableFormat::Csv { excel_safe: cli.excel_safe };
    if let Some(path) = &cli.output {
        let has = |format, default| {
            if cli.format.is_empty() { default } else { cli.format.contains(&format) }
        };
        let formats = Formats {
            csv: has(Format::Csv, true),
            jsonl: has(Format::Jsonl, false),
            html: has(Format::Html, true),
            excel_safe: cli.excel_safe,
            rows,
        };
        let (path, force) = (path.clone(), cli.force);
        return Ok(if cli.per_source {
            Job::Batch { path, force, formats }
        } else {
            Job::Case { path, force, formats }
        });
    }
    let Some(table) = cli.print else {
        if cli.format.is_empty() {
            return Ok(Job::Show { all: cli.all, zone: cli.tz.clone() });
        }
        return Err("-f needs -o CASE or --print TABLE".into());
    };
    let format = match cli.format.as_slice() {
        [] | [Format::Csv] => csv,
        [Format::Jsonl] => TableFormat::Jsonl,
        _ => return Err("--print writes one table as csv or jsonl; give one of them to -f".into()),
    };
    Ok(Job::Print { table: table.into(), rows, format })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    fn config(arguments: &str) -> Result<Config, String> {
        let words = std::iter::once("winlast").chain(arguments.split_whitespace());
        Cli::try_parse_from(words)
            .map_err(|why| why.to_string())
            .and_then(|cli| check(cli, Choices::new()))
    }

    #[test]
    fn clap_agrees_with_itself() {
        Cli::command().debug_assert();
    }

    #[test]
    fn defaults() {
        let plain = config("a.evtx").unwrap();
        assert!(matches!(plain.job, Job::Show { all: false, .. }) && plain.filter.is_empty());
        let Job::Case { formats, .. } = config("a.evtx -o case").unwrap().job else { panic!() };
        assert!(formats.csv && formats.html && !formats.jsonl && formats.rows == Rows::Principal);
        let Job::Print { format, .. } = config("a.evtx --print boots").unwrap().job else {
            panic!()
        };
        assert_eq!(format, TableFormat::Csv { excel_safe: false });
    }

    #[test]
    fn given() {
        let Job::Case { formats, force, .. } =
            config("a -o case -f jsonl --force --rows all").unwrap().job
        else {
            panic!()
        };
        assert!(formats.jsonl && !formats.csv && !formats.html && force);
        let config =
            config(r"a --user CONTOSO\b* --logon-type 10,Network --class Desktop --tz -05:00")
                .unwrap();
        assert_eq!(config.filter.logon_types, [10, 3]);
        assert!(config.filter.users[0].matches("contoso\\bob"));
        assert!(matches!(config.job, Job::Show { zone, .. } if zone.to_string() == "-05:00"));
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
