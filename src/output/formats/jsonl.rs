//! JSON lines: a file for each table, with one object for each row. Its texts are exactly
//! as in the evidence; characters that act are written by their numbers, which JSON allows.

use super::chunks::{CHUNK_BYTES, write_in_parallel};
use super::{OutputFile, ReportFormat, ReportInput};
use crate::model::safe_json;
use crate::output::tables::row::{RowSink, TableCell};
use crate::output::tables::{Table, TableChunk};
use std::io::{self, Write};

/// Tables as JSON lines.
pub(super) struct JsonLines;

impl ReportFormat for JsonLines {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn files(&self) -> Vec<OutputFile> {
        OutputFile::one_per_table("jsonl", write_table)
    }
}

fn write_table(table: Table, input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_in_parallel(&input.chunks(table), rows, out)
}

fn rows(chunk: &TableChunk<'_>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CHUNK_BYTES);
    chunk.write_to(&mut JsonRows { out: &mut bytes, buffer: Vec::new() })?;
    Ok(bytes)
}

/// Encodes rows as JSON objects.
struct JsonRows<'o> {
    out: &'o mut Vec<u8>,
    /// Where the text of a cell is put together.
    buffer: Vec<u8>,
}

impl RowSink for JsonRows<'_> {
    fn cell(&mut self, column: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        let is_first = matches!(self.out.last(), None | Some(b'\n'));
        self.out.extend_from_slice(if is_first { b"{\"" } else { b",\"" });
        self.out.extend_from_slice(column.as_bytes());
        self.out.extend_from_slice(b"\":");
        push_value(&cell, cell.text(&mut self.buffer), self.out)
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.out.extend_from_slice(b"}\n");
        Ok(())
    }
}

/// Writes the value of a cell that has this text.
pub(super) fn push_value(cell: &TableCell<'_>, text: &str, out: &mut Vec<u8>) -> io::Result<()> {
    match (cell, text) {
        (_, "") => out.extend_from_slice(b"null"),
        (
            TableCell::Number(_)
            | TableCell::Signed(_)
            | TableCell::Seconds(_)
            | TableCell::Truth(_),
            text,
        ) => out.extend_from_slice(text.as_bytes()),
        (_, text) => {
            let quoted = serde_json::to_string(text)?;
            out.extend_from_slice(safe_json(quoted.into()).as_bytes());
        }
    }
    Ok(())
}
