//! An Excel workbook: a sheet for each table, with a frozen header, a filter and fitting widths. Every cell that
//! is no number is text, never a formula. Source: ECMA-376, part 1, chapter 18 (SpreadsheetML).

mod cells;
mod parts;
mod sheet;
#[cfg(test)]
mod tests;

use super::{OutputFile, ReportFormat, ReportInput};
use crate::output::tables::Table;
use sheet::{SheetLimits, SheetRows};
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// The tables in a workbook.
pub(super) struct Xlsx;

impl ReportFormat for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn is_text(&self) -> bool {
        false
    }

    fn files(&self) -> Vec<OutputFile> {
        vec![OutputFile::by_path("winlast.xlsx", write)]
    }
}

fn write(input: &ReportInput<'_>, path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().write(true).truncate(true).open(path)?;
    let mut out = BufWriter::with_capacity(1 << 16, file);
    write_workbook(input, SheetLimits::EXCEL, &mut out)?;
    out.flush()
}

/// Writes the sheets as the rows come, then what lists them.
fn write_workbook(
    input: &ReportInput<'_>,
    limits: SheetLimits,
    out: impl Write + Seek,
) -> io::Result<()> {
    let mut workbook = Workbook { zip: ZipWriter::new(out), sheets: Vec::new() };
    for table in Table::ALL.iter().copied().filter(|table| table.is_of(input.report)) {
        let mut rows = SheetRows::of(table, limits, &mut workbook);
        let chunks = input.chunks(table);
        chunks.iter().try_for_each(|chunk| chunk.write_to(&mut rows))?;
        rows.finish()?;
    }
    workbook.finish()
}

/// A sheet that is complete.
struct Sheet {
    name: String,
    /// The cells that the filter is for: `$A$1:$AC$5`.
    range: String,
}

/// What of a workbook is written.
struct Workbook<W: Write + Seek> {
    zip: ZipWriter<W>,
    sheets: Vec<Sheet>,
}

impl<W: Write + Seek> Workbook<W> {
    /// Begins a part, with the time of no run and the name of no system.
    fn begin(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .system(System::Unix);
        Ok(self.zip.start_file(name, options)?)
    }

    fn finish(mut self) -> io::Result<()> {
        for (name, content) in parts::all(&self.sheets) {
            self.begin(&name)?;
            self.zip.write_all(content.as_bytes())?;
        }
        self.zip.finish()?;
        Ok(())
    }
}
