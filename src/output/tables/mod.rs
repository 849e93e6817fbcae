//! What is written: the tables, with their columns and rows.

mod attempts;
mod boots;
mod findings;
mod hops;
mod hosts;
mod logs;
pub(crate) mod row;
pub(crate) mod session_texts;
mod sessions;
pub(crate) mod sources;
mod timeline;

use crate::model::{
    Attempt, Boot, Finding, Hop, Host, HostAddress, LogId, LogSummary, Report, Session,
};
#[cfg(any(feature = "sqlite", feature = "parquet", test))]
use row::ColumnKind;
use row::RowSink;
use sources::SourceRow;
use std::fmt;
use std::io;
use std::str::FromStr;

/// One of the tables that a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One row per milestone of a session.
    Timeline,
    /// One row per session.
    Sessions,
    /// One row per boot of a computer.
    Boots,
    /// One row for failed logons, and for explicit credentials, that are alike and follow each other soon.
    Attempts,
    /// One row per session that somebody began from elsewhere. Only where hops were asked for.
    Hops,
    /// One row per computer and address. Only where hops were asked for.
    Hosts,
    /// One row per log.
    Logs,
    /// One row per finding.
    Findings,
}

/// The milestones that timeline.csv has rows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimelineRows {
    /// Start, initiated logoff and termination.
    #[default]
    Principal,
    /// Locks, reconnects and re-validations too, and what happens to the computer, failed logons and explicit
    /// credentials.
    All,
}

impl Table {
    /// All tables, in the order in which they are written.
    pub const ALL: &[Table] = &[
        Table::Timeline,
        Table::Sessions,
        Table::Boots,
        Table::Attempts,
        Table::Hops,
        Table::Hosts,
        Table::Logs,
        Table::Findings,
    ];

    /// Its name, which is that of its file without the extension.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Timeline => "timeline",
            Table::Sessions => "sessions",
            Table::Boots => "boots",
            Table::Attempts => "attempts",
            Table::Hops => "hops",
            Table::Hosts => "hosts",
            Table::Logs => "logs",
            Table::Findings => "findings",
        }
    }

    /// Its columns, in order.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Table::Timeline => timeline::COLUMNS,
            Table::Sessions => sessions::COLUMNS,
            Table::Boots => boots::COLUMNS,
            Table::Attempts => attempts::COLUMNS,
            Table::Hops => hops::COLUMNS,
            Table::Hosts => hosts::COLUMNS,
            Table::Logs => logs::COLUMNS,
            Table::Findings => findings::COLUMNS,
        }
    }

    /// What each of its columns holds.
    #[cfg(any(feature = "sqlite", feature = "parquet", test))]
    pub(crate) const fn kinds(self) -> &'static [ColumnKind] {
        match self {
            Table::Timeline => timeline::KINDS,
            Table::Sessions => sessions::KINDS,
            Table::Boots => boots::KINDS,
            Table::Attempts => attempts::KINDS,
            Table::Hops => hops::KINDS,
            Table::Hosts => hosts::KINDS,
            Table::Logs => logs::KINDS,
            Table::Findings => findings::KINDS,
        }
    }

    /// Whether the report has it: two tables are there only where they were asked for.
    pub(crate) fn is_of(self, report: &Report) -> bool {
        report.hops.is_some() || !self.is_of_hops()
    }

    /// Whether it needs [`Analysis::hops`](crate::Analysis::hops).
    pub const fn is_of_hops(self) -> bool {
        matches!(self, Table::Hops | Table::Hosts)
    }

    /// Its rows, in order.
    pub(crate) fn chunks(self, report: &Report, rows: TimelineRows) -> Vec<TableChunk<'_>> {
        let hosts = report.hosts.iter();
        match self {
            Table::Timeline => timeline::chunks(report, rows).map(TableChunk::Timeline).collect(),
            Table::Sessions => hosts
                .flat_map(|host| {
                    host.sessions
                        .chunks(ROWS_PER_CHUNK)
                        .map(move |part| TableChunk::Sessions(host, part))
                })
                .collect(),
            Table::Boots => hosts
                .flat_map(|host| {
                    host.boots.chunks(ROWS_PER_CHUNK).map(move |part| TableChunk::Boots(host, part))
                })
                .collect(),
            Table::Attempts => hosts
                .flat_map(|host| {
                    host.attempts
                        .chunks(ROWS_PER_CHUNK)
                        .map(move |part| TableChunk::Attempts(report, host, part))
                })
                .collect(),
            Table::Hops => {
                let all = report.hops.as_ref().map_or(&[][..], |own| &own.hops);
                all.chunks(ROWS_PER_CHUNK).map(TableChunk::Hops).collect()
            }
            Table::Hosts => {
                let all = report.hops.as_ref().map_or(&[][..], |own| &own.hosts);
                all.chunks(ROWS_PER_CHUNK).map(TableChunk::Hosts).collect()
            }
            Table::Logs => report.logs.chunks(ROWS_PER_CHUNK).map(TableChunk::Logs).collect(),
            Table::Findings => {
                let parts = report.findings.chunks(ROWS_PER_CHUNK);
                parts.map(|part| TableChunk::Findings(report, part)).collect()
            }
        }
    }
}

/// Rows that one thread makes at a time. With so many, the cost of waking a thread does not count.
pub(crate) const ROWS_PER_CHUNK: usize = 1024;

/// Consecutive rows of a table: what they are made of.
pub(crate) enum TableChunk<'a> {
    Timeline(timeline::TimelineChunk<'a>),
    Sessions(&'a Host, &'a [Session]),
    Boots(&'a Host, &'a [Boot]),
    Attempts(&'a Report, &'a Host, &'a [Attempt]),
    Hops(&'a [Hop]),
    Hosts(&'a [HostAddress]),
    Logs(&'a [LogSummary]),
    Findings(&'a Report, &'a [Finding]),
    /// Of sources.csv, which a batch has in addition to the tables of its cases.
    Sources(&'a [SourceRow]),
}

impl TableChunk<'_> {
    /// Gives its rows to a sink.
    pub(crate) fn write_to(&self, sink: &mut impl RowSink) -> io::Result<()> {
        match self {
            TableChunk::Timeline(own) => {
                own.rows().try_for_each(|row| timeline::write_row(row, sink))
            }
            TableChunk::Sessions(host, part) => {
                part.iter().try_for_each(|own| sessions::write_row((host, own), sink))
            }
            TableChunk::Boots(host, part) => {
                part.iter().try_for_each(|own| boots::write_row((host, own), sink))
            }
            TableChunk::Attempts(report, host, part) => part.iter().try_for_each(|attempt| {
                attempts::write_row(attempts::AttemptRow { report, host, attempt }, sink)
            }),
            TableChunk::Hops(part) => part.iter().try_for_each(|own| hops::write_row(own, sink)),
            TableChunk::Hosts(part) => part.iter().try_for_each(|own| hosts::write_row(own, sink)),
            TableChunk::Logs(part) => part.iter().try_for_each(|own| logs::write_row(own, sink)),
            TableChunk::Findings(report, part) => {
                part.iter().try_for_each(|own| findings::write_row((report, own), sink))
            }
            TableChunk::Sources(part) => {
                part.iter().try_for_each(|own| sources::write_row(own, sink))
            }
        }
    }
}

/// Its name.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From its name.
impl FromStr for Table {
    type Err = String;

    fn from_str(name: &str) -> Result<Table, String> {
        let table = Table::ALL.iter().copied().find(|table| table.name() == name);
        table.ok_or_else(|| format!("{name} is not a table"))
    }
}

/// The path of a log; empty for none.
pub(crate) fn log_path(report: &Report, log: Option<LogId>) -> &str {
    log.and_then(|id| report.logs.get(id.index())).map_or("", |log| log.path.as_str())
}
