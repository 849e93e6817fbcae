//! How a report is written. One output format is one file of this folder and one row in
//! [`Format::ALL`]. The case folder, `run.json` and the values of `-f` follow from that row.
//!
//! To add a format, write a file here that implements [`ReportFormat`], with its tests, add its
//! constant and its row in [`Format::ALL`] to this file, and describe it in `docs/outputs.md`.
//!
//! The table on a terminal ([`terminal`]) is no such format: it makes no file, and it depends on
//! how it is looked at.

mod chunks;
pub(crate) mod csv;
mod events;
mod html;
mod jsonl;
pub(crate) mod terminal;
#[cfg(test)]
mod tests;

use super::tables::{Table, TimelineRows};
use super::totals::Totals;
use crate::model::Report;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

/// An output format.
pub(crate) trait ReportFormat: Sync {
    /// Its name, as `-f` takes it.
    fn name(&self) -> &'static str;

    /// Whether a case has it when no format is asked for.
    fn is_default(&self) -> bool;

    /// Its files in a case folder.
    fn files(&self) -> Vec<OutputFile>;
}

/// An output format: a row of the table of formats.
#[derive(Clone, Copy)]
pub struct Format(&'static dyn ReportFormat);

impl Format {
    /// The tables as CSV.
    pub const CSV: Format = Format(&csv::Csv);
    /// The tables as JSON lines.
    pub const JSONL: Format = Format(&jsonl::JsonLines);
    /// A page for reading and printing.
    pub const HTML: Format = Format(&html::Html);

    /// What was read, so that the case can stand for its logs. It needs
    /// [`Analysis::keep_events`](crate::Analysis::keep_events).
    pub const EVENTS: Format = Format(&events::Events);

    /// Every output format.
    pub const ALL: &[Format] = &[Format::CSV, Format::JSONL, Format::HTML, Format::EVENTS];

    /// Its name: `csv`, `jsonl`, …
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Whether a case has it when no format is asked for.
    pub fn is_default(self) -> bool {
        self.0.is_default()
    }

    /// Whether it has a file for each table, so that one table alone can be written.
    pub fn has_tables(self) -> bool {
        self.0.files().iter().any(|file| file.table.is_some())
    }

    /// Its files in a case folder.
    pub(crate) fn files(self) -> Vec<OutputFile> {
        self.0.files()
    }
}

/// What a format writes, and how.
pub(crate) struct ReportInput<'a> {
    pub(crate) report: &'a Report,
    /// What there was before a filter.
    pub(crate) found: Totals,
    pub(crate) options: OutputOptions,
}

/// Choices that every format takes into account where they concern it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputOptions {
    /// The milestones that the timeline has rows for.
    pub timeline_rows: TimelineRows,
    /// CSV for spreadsheets: with a byte order mark, and `'` before cells that a spreadsheet would
    /// run as a formula.
    pub excel_safe: bool,
}

/// A file of one format in a case folder.
pub(crate) struct OutputFile {
    pub(crate) name: String,
    /// The table that it holds; none if it holds the whole report.
    pub(crate) table: Option<Table>,
    pub(crate) write: Box<WriteReport>,
}

/// Writes the content of a file.
type WriteReport = dyn Fn(&ReportInput<'_>, &mut dyn Write) -> io::Result<()> + Send + Sync;

impl OutputFile {
    /// A file for each table, named after it.
    fn one_per_table(
        extension: &str,
        write: fn(Table, &ReportInput<'_>, &mut dyn Write) -> io::Result<()>,
    ) -> Vec<OutputFile> {
        let file = |&table: &Table| OutputFile {
            name: format!("{table}.{extension}"),
            table: Some(table),
            write: Box::new(move |input, out| write(table, input, out)),
        };
        Table::ALL.iter().map(file).collect()
    }
}

/// The formats of a case folder: a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats(Vec<Format>);

impl Formats {
    /// The formats, in the order of [`Format::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Format> {
        self.0.iter().copied()
    }

    /// Whether `format` is one of them.
    pub fn contains(&self, format: Format) -> bool {
        self.0.contains(&format)
    }

    /// Their files in a case folder.
    pub(crate) fn files(&self) -> Vec<OutputFile> {
        self.iter().flat_map(Format::files).collect()
    }

    /// The name of the file in which a table stands: its own, if there is one.
    pub fn file_of(&self, table: Table) -> Option<String> {
        let files = self.files();
        let table = files.iter().find(|file| file.table == Some(table));
        table.or(files.first()).map(|file| file.name.clone())
    }
}

/// The formats that a case has when none is asked for.
impl Default for Formats {
    fn default() -> Formats {
        Format::ALL.iter().copied().filter(|format| format.is_default()).collect()
    }
}

impl FromIterator<Format> for Formats {
    fn from_iter<I: IntoIterator<Item = Format>>(formats: I) -> Formats {
        let wanted: Vec<Format> = formats.into_iter().collect();
        Formats(Format::ALL.iter().copied().filter(|format| wanted.contains(format)).collect())
    }
}

/// Writes one table of `report`. Its rows are made in parallel, by the threads of the current pool.
///
/// # Errors
/// When `out` cannot be written. [`io::ErrorKind::Unsupported`]: `format` has no files for tables.
pub fn write_table(
    report: &Report,
    table: Table,
    format: Format,
    options: OutputOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let input = ReportInput { report, found: Totals::of(report), options };
    match format.files().iter().find(|file| file.table == Some(table)) {
        Some(file) => (file.write)(&input, out),
        None => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Writes report.html: one page for reading and printing, without anything from outside.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_html(report: &Report, found: Totals, out: &mut dyn Write) -> io::Result<()> {
    html::write(&ReportInput { report, found, options: OutputOptions::default() }, out)
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.name()).finish()
    }
}

/// Its name.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From its name.
impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        let format = Format::ALL.iter().copied().find(|format| format.name() == name);
        format.ok_or_else(|| format!("{name} is not an output format"))
    }
}
