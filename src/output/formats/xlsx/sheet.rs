//! The rows of a table in as many sheets as they need.

use super::cells::{HEADER_STYLE, column_name, push_cell, push_text};
use super::parts::{opening, sheet_part};
use super::{Sheet, Workbook};
use crate::output::tables::Table;
use crate::output::tables::row::{RowSink, TableCell};
use std::fmt::Write as _;
use std::io::{self, Seek, Write};

/// How much a sheet may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct SheetLimits {
    /// Rows with the header. Source: Excel specifications and limits.
    pub(super) rows: u32,
    /// Bytes of XML, about: below the 4 GiB from which an archive needs ZIP64, which not every reader knows.
    pub(super) bytes: u64,
}

impl SheetLimits {
    pub(super) const EXCEL: SheetLimits = SheetLimits { rows: 1_048_576, bytes: 3 << 30 };
}

/// The widths of the columns stand before the rows: they are those of so many rows.
const ROWS_MEASURED: u32 = 1000;
/// Long rows are not kept in memory for that.
const MEASURED_BYTES: usize = 8 << 20;
/// The narrowest and the widest column, in characters.
const WIDTHS: (usize, usize) = (6, 60);
/// Room for the button of the filter.
const BUTTON: usize = 3;
/// Rows go to the archive when they have so many bytes.
const PENDING_BYTES: usize = 1 << 16;

/// Writes rows into sheets.
pub(super) struct SheetRows<'w, W: Write + Seek> {
    workbook: &'w mut Workbook<W>,
    table: Table,
    limits: SheetLimits,
    /// The names of the columns: A, B, …
    columns: Vec<String>,
    /// The characters of the widest cell in each column.
    widths: Vec<usize>,
    /// Sheets of this table that are complete.
    complete: u32,
    /// Rows of the sheet, with the header.
    rows: u32,
    /// Whether the part of the sheet is begun: its columns have their widths.
    is_begun: bool,
    /// Rows that are not written yet.
    pending: String,
    /// Bytes of the sheet that are written.
    bytes: u64,
    /// The column of the next cell.
    next: usize,
    /// Where the text of a cell is put together.
    buffer: Vec<u8>,
}

impl<'w, W: Write + Seek> SheetRows<'w, W> {
    pub(super) fn of(
        table: Table,
        limits: SheetLimits,
        workbook: &'w mut Workbook<W>,
    ) -> SheetRows<'w, W> {
        let columns: Vec<String> = (0..table.columns().len()).map(column_name).collect();
        let mut rows = SheetRows {
            workbook,
            table,
            limits,
            widths: Vec::new(),
            columns,
            complete: 0,
            rows: 0,
            is_begun: false,
            pending: String::new(),
            bytes: 0,
            next: 0,
            buffer: Vec::new(),
        };
        rows.header();
        rows
    }

    /// The names of the columns, as the first row.
    fn header(&mut self) {
        self.pending.push_str("<row r=\"1\">");
        self.widths.clear();
        for (column, name) in self.columns.iter().zip(self.table.columns()) {
            let width = push_text(column, 1, name, HEADER_STYLE, &mut self.pending);
            self.widths.push(width + BUTTON);
        }
        self.pending.push_str("</row>");
        self.rows = 1;
    }

    /// Begins the part, with the widths known by now.
    fn begin(&mut self) -> io::Result<()> {
        if self.is_begun {
            return Ok(());
        }
        self.is_begun = true;
        self.workbook.begin(&sheet_part(self.workbook.sheets.len() + 1))?;
        let mut xml = opening("worksheet");
        xml.push_str(
            "<sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" \
             activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><cols>",
        );
        for (number, width) in (1..).zip(&self.widths) {
            let width = *width.clamp(&WIDTHS.0, &WIDTHS.1);
            // Writing to a String cannot fail.
            let _ = write!(
                xml,
                "<col min=\"{number}\" max=\"{number}\" width=\"{width}\" customWidth=\"1\"/>"
            );
        }
        xml.push_str("</cols><sheetData>");
        self.workbook.zip.write_all(xml.as_bytes())
    }

    fn write_pending(&mut self) -> io::Result<()> {
        self.begin()?;
        self.workbook.zip.write_all(self.pending.as_bytes())?;
        self.bytes += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Completes the last sheet.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.finish_sheet()
    }

    fn finish_sheet(&mut self) -> io::Result<()> {
        self.write_pending()?;
        let last = self.columns.last().map_or("A", String::as_str);
        let end = format!("</sheetData><autoFilter ref=\"A1:{last}{}\"/></worksheet>", self.rows);
        self.workbook.zip.write_all(end.as_bytes())?;
        self.complete += 1;
        let name = match self.complete {
            1 => self.table.name().to_owned(),
            number => format!("{} ({number})", self.table),
        };
        let range = format!("$A$1:${last}${}", self.rows);
        self.workbook.sheets.push(Sheet { name, range });
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows >= self.limits.rows || self.bytes >= self.limits.bytes
    }
}

impl<W: Write + Seek> RowSink for SheetRows<'_, W> {
    fn cell(&mut self, _: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        if self.next == 0 {
            if self.is_full() {
                self.finish_sheet()?;
                self.is_begun = false;
                self.bytes = 0;
                self.header();
            }
            self.rows += 1;
            let _ = write!(self.pending, "<row r=\"{}\">", self.rows);
        }
        let value = cell.value(&mut self.buffer);
        let (column, width) = (self.columns.get(self.next), self.widths.get_mut(self.next));
        if let (Some(column), Some(width)) = (column, width) {
            *width = push_cell(column, self.rows, &value, &mut self.pending).max(*width);
        }
        self.next += 1;
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.pending.push_str("</row>");
        self.next = 0;
        let is_measured =
            self.is_begun || self.rows >= ROWS_MEASURED || self.pending.len() >= MEASURED_BYTES;
        match is_measured && self.pending.len() >= PENDING_BYTES {
            true => self.write_pending(),
            false => Ok(()),
        }
    }
}
