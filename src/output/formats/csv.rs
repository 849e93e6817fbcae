//! CSV: a file for each table, RFC 4180 in UTF-8 with LF at the end of each row.

use super::chunks::{CHUNK_BYTES, write_in_parallel};
use super::{OutputFile, ReportFormat, ReportInput};
use crate::output::escape::{spreadsheet_safe, visible};
use crate::output::tables::Table;
use crate::output::tables::row::{RowSink, TableCell, TableChunk};
use std::io::{self, Write};

/// Tables as CSV.
pub(super) struct Csv;

impl ReportFormat for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn is_default(&self) -> bool {
        true
    }

    fn files(&self) -> Vec<OutputFile> {
        OutputFile::one_per_table("csv", write_table)
    }
}

fn write_table(table: Table, input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    let chunks = input.chunks(table);
    write(table.columns(), &chunks, input.options.excel_safe, out)
}

/// Writes the columns and the rows of a table. With `excel_safe` there is a byte order mark, and `'`
/// before cells that a spreadsheet would run as a formula.
pub(crate) fn write(
    columns: &[&str],
    chunks: &[TableChunk<'_>],
    excel_safe: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if excel_safe {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let mut header = ::csv::Writer::from_writer(&mut *out);
    header.write_record(columns)?;
    header.flush()?;
    drop(header);
    write_in_parallel(chunks, |chunk| rows(chunk, excel_safe), out)
}

fn rows(chunk: &TableChunk<'_>, excel_safe: bool) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CHUNK_BYTES);
    let out = ::csv::Writer::from_writer(&mut bytes);
    let mut sink = CsvRows { out, buffer: String::new(), excel_safe };
    chunk(&mut sink)?;
    sink.out.flush()?;
    drop(sink);
    Ok(bytes)
}

/// Encodes rows as CSV.
struct CsvRows<'o> {
    out: ::csv::Writer<&'o mut Vec<u8>>,
    /// Where the text of a cell is put together.
    buffer: String,
    excel_safe: bool,
}

impl RowSink for CsvRows<'_> {
    fn cell(&mut self, _: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        let text = cell.text(&mut self.buffer);
        let text = match cell.may_be_hostile() {
            true if self.excel_safe => spreadsheet_safe(visible(text)),
            true => visible(text),
            false => text.into(),
        };
        Ok(self.out.write_field(text.as_bytes())?)
    }

    fn end_row(&mut self) -> io::Result<()> {
        Ok(self.out.write_record(None::<&[u8]>)?)
    }
}
