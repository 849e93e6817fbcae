//! How a report is written. One output format is one file of this folder and one row in
//! [`Format::ALL`]. The case folder, `run.json` and the values of `-f` follow from that row.
//!
//! To add a format, write a file here that implements [`ReportFormat`], with its tests, add its
//! constant and its row in [`Format::ALL`] to this file, and describe it in `docs/outputs.md`.
//!
//! The table on a terminal ([`terminal`]) is no such format: it makes no file, and it depends on
//! how it is looked at.

mod bodyfile;
mod chunks;
pub(crate) mod csv;
mod events;
mod html;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "sqlite")]
mod sqlite;
pub(crate) mod terminal;
#[cfg(test)]
mod tests;
mod timesketch;
mod xlsx;

use super::tables::{Table, TableChunk, TimelineRows};
use super::totals::Totals;
use crate::error::Result;
use crate::model::Report;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

/// An output format.
pub(crate) trait ReportFormat: Sync {
    /// Its name, as `-f` takes it.
    fn name(&self) -> &'static str;

    /// Whether a case has it when no format is asked for.
    fn is_default(&self) -> bool {
        false
    }

    /// Whether its files are text, which may go to a terminal.
    fn is_text(&self) -> bool {
        true
    }

    /// Its files in a case folder.
    fn files(&self) -> Vec<OutputFile>;

    /// Writes what a report needs besides: a page for each computer, where there are too many for one.
    ///
    /// # Errors
    /// When one cannot be written.
    fn write_pages(&self, _input: &ReportInput<'_>, _pages: &dyn PageSink) -> Result<()> {
        Ok(())
    }
}

/// Takes the pages of computers, which lie in a folder of their own.
pub(crate) trait PageSink: Sync {
    /// Writes the page of this name by `write`.
    ///
    /// # Errors
    /// When it cannot be written.
    fn page(&self, name: &str, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<()>;
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
    /// The tables as an Excel workbook.
    pub const XLSX: Format = Format(&xlsx::Xlsx);
    /// The timeline as JSON lines for Timesketch.
    pub const TIMESKETCH: Format = Format(&timesketch::Timesketch);
    /// The timeline as a body file for mactime.
    pub const BODYFILE: Format = Format(&bodyfile::BodyFile);
    /// The tables in a SQLite database.
    #[cfg(feature = "sqlite")]
    pub const SQLITE: Format = Format(&sqlite::Sqlite);
    /// The tables as Parquet.
    #[cfg(feature = "parquet")]
    pub const PARQUET: Format = Format(&parquet::Parquet);

    /// What was read, so that the case can be read instead of its logs. It needs
    /// [`Analysis::keep_events`](crate::Analysis::keep_events).
    pub const EVENTS: Format = Format(&events::Events);

    /// Every output format that this build has.
    pub const ALL: &[Format] = &[
        Format::CSV,
        Format::JSONL,
        Format::HTML,
        Format::EVENTS,
        Format::XLSX,
        Format::TIMESKETCH,
        Format::BODYFILE,
        #[cfg(feature = "sqlite")]
        Format::SQLITE,
        #[cfg(feature = "parquet")]
        Format::PARQUET,
    ];

    /// The names of formats that this build leaves out, each behind a feature of its own name.
    pub const LEFT_OUT: &[&str] = &[
        #[cfg(not(feature = "sqlite"))]
        "sqlite",
        #[cfg(not(feature = "parquet"))]
        "parquet",
    ];

    /// Its name: `csv`, `jsonl`, …
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Whether a case has it when no format is asked for.
    pub fn is_default(self) -> bool {
        self.0.is_default()
    }

    /// Whether its files are text, which may go to a terminal.
    pub fn is_text(self) -> bool {
        self.0.is_text()
    }

    /// Whether it has a file for each table, so that one table alone can be written.
    pub fn has_tables(self) -> bool {
        self.0.files().iter().any(|file| file.table.is_some())
    }

    /// Its files in a case folder.
    pub(crate) fn files(self) -> Vec<OutputFile> {
        self.0.files()
    }

    /// Writes the pages of computers, where a report needs them.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(crate) fn write_pages(self, input: &ReportInput<'_>, pages: &dyn PageSink) -> Result<()> {
        self.0.write_pages(input, pages)
    }
}

/// What a format writes, and how.
pub(crate) struct ReportInput<'a> {
    pub(crate) report: &'a Report,
    /// What there was before a filter.
    pub(crate) found: Totals,
    pub(crate) options: OutputOptions,
}

impl<'a> ReportInput<'a> {
    /// The rows of a table, in pieces.
    fn chunks(&self, table: Table) -> Vec<TableChunk<'a>> {
        table.chunks(self.report, self.options.timeline_rows)
    }
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
    pub(crate) write: WriteReport,
}

/// Writes the content of a file.
pub(crate) enum WriteReport {
    /// From its beginning to its end.
    Stream(Box<StreamReport>),
    /// Into an empty file that is there already: for formats that go back to what they have written.
    File(Box<FileReport>),
}

type StreamReport = dyn Fn(&ReportInput<'_>, &mut dyn Write) -> io::Result<()> + Send + Sync;
type FileReport = dyn Fn(&ReportInput<'_>, &Path) -> io::Result<()> + Send + Sync;

/// The name of the database.
const SQLITE_FILE: &str = "winlast.sqlite";
/// What the names of Parquet files end in.
const PARQUET_EXTENSION: &str = "parquet";

/// The files of formats that another build of the program may have written.
pub(crate) fn files_of_other_builds() -> impl Iterator<Item = String> {
    let tables = Table::ALL.iter().map(|table| format!("{table}.{PARQUET_EXTENSION}"));
    let database = (!cfg!(feature = "sqlite")).then(|| SQLITE_FILE.to_owned());
    tables.filter(|_| !cfg!(feature = "parquet")).chain(database)
}

impl OutputFile {
    /// A file with the whole report.
    fn whole_report(
        name: &str,
        write: fn(&ReportInput<'_>, &mut dyn Write) -> io::Result<()>,
    ) -> OutputFile {
        let write = WriteReport::Stream(Box::new(write));
        OutputFile { name: name.to_owned(), table: None, write }
    }

    /// A file with the whole report, written by its path.
    fn by_path(name: &str, write: fn(&ReportInput<'_>, &Path) -> io::Result<()>) -> OutputFile {
        let write = WriteReport::File(Box::new(write));
        OutputFile { name: name.to_owned(), table: None, write }
    }

    /// A file for each table, named after it.
    fn one_per_table(
        extension: &str,
        write: fn(Table, &ReportInput<'_>, &mut dyn Write) -> io::Result<()>,
    ) -> Vec<OutputFile> {
        let file = |&table: &Table| OutputFile {
            name: format!("{table}.{extension}"),
            table: Some(table),
            write: WriteReport::Stream(Box::new(move |input, out| write(table, input, out))),
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
    let files = format.files();
    match files.iter().find(|file| file.table == Some(table)).map(|file| &file.write) {
        Some(WriteReport::Stream(write)) => write(&input, out),
        _ => Err(io::ErrorKind::Unsupported.into()),
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

    fn from_str(name: &str) -> std::result::Result<Format, String> {
        let format = Format::ALL.iter().copied().find(|format| format.name() == name);
        format.ok_or_else(|| match Format::LEFT_OUT.contains(&name) {
            true => format!("this build leaves it out; build with --features {name}"),
            false => format!("{name} is not an output format"),
        })
    }
}
