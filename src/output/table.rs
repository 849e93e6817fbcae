//! The five tables, and how their rows become CSV or JSON lines.

use super::rows::{Cell, Piece, ROWS_AT_A_TIME, Rows, Sink};
use super::text::{spreadsheet_safe, visible};
use super::{boots, findings, logs, sessions, timeline};
use crate::model::Report;
use rayon::prelude::*;
use std::io::{self, Write};

/// One of the tables that a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// One row per milestone of a session.
    Timeline,
    /// One row per session.
    Sessions,
    /// One row per boot of a computer.
    Boots,
    /// One row per log.
    Logs,
    /// One row per finding.
    Findings,
}

impl Table {
    /// All, in the order in which they are written.
    pub const ALL: &[Table] =
        &[Table::Timeline, Table::Sessions, Table::Boots, Table::Logs, Table::Findings];

    /// Its name, and that of its file without the ending.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Timeline => "timeline",
            Table::Sessions => "sessions",
            Table::Boots => "boots",
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
            Table::Logs => logs::COLUMNS,
            Table::Findings => findings::COLUMNS,
        }
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// RFC 4180 with LF, UTF-8.
    Csv {
        /// With a byte order mark, and `'` before cells that a spreadsheet would run.
        excel_safe: bool,
    },
    /// One JSON object per line; text exactly as in the evidence.
    Jsonl,
}

/// Writes one table of `report`. Rows are made in parallel, by the threads at hand.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_table(
    report: &Report,
    table: Table,
    rows: Rows,
    format: TableFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let TableFormat::Csv { excel_safe } = format {
        if excel_safe {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let mut header = csv::Writer::from_writer(&mut *out);
        header.write_record(table.columns())?;
        header.flush()?;
    }
    let pieces = pieces(report, table, rows);
    // A few pieces for each thread, so that no more of a table than that is in memory.
    for some in pieces.chunks(2 * rayon::current_num_threads()) {
        let made: Vec<Vec<u8>> =
            some.par_iter().map(|piece| rows_of(piece, format)).collect::<io::Result<_>>()?;
        made.iter().try_for_each(|bytes| out.write_all(bytes))?;
    }
    out.flush()
}

/// Makes the rows of one piece.
fn rows_of(piece: &Piece<'_>, format: TableFormat) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512 * ROWS_AT_A_TIME);
    match format {
        TableFormat::Jsonl => piece(&mut Objects { out: &mut bytes, room: String::new() })?,
        TableFormat::Csv { excel_safe } => {
            let out = csv::Writer::from_writer(&mut bytes);
            let mut csv = Csv { out, room: String::new(), excel_safe };
            piece(&mut csv)?;
            csv.out.flush()?;
        }
    }
    Ok(bytes)
}

struct Csv<'o> {
    out: csv::Writer<&'o mut Vec<u8>>,
    /// Where the text of a cell is made.
    room: String,
    excel_safe: bool,
}

impl Sink for Csv<'_> {
    fn cell(&mut self, _: &'static str, cell: Cell<'_>) -> io::Result<()> {
        let text = cell.text(&mut self.room);
        let text = match cell.is_text() {
            true if self.excel_safe => spreadsheet_safe(visible(text)),
            true => visible(text),
            false => text.into(),
        };
        Ok(self.out.write_field(text.as_bytes())?)
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(self.out.write_record(None::<&[u8]>)?)
    }
}

struct Objects<'o> {
    out: &'o mut Vec<u8>,
    room: String,
}

impl Sink for Objects<'_> {
    fn cell(&mut self, column: &'static str, cell: Cell<'_>) -> io::Result<()> {
        let begun = !matches!(self.out.last(), None | Some(b'\n'));
        self.out.extend_from_slice(if begun { b",\"" } else { b"{\"" });
        self.out.extend_from_slice(column.as_bytes());
        self.out.extend_from_slice(b"\":");
        match (cell, cell.text(&mut self.room)) {
            (_, "") => self.out.extend_from_slice(b"null"),
            (Cell::Number(_) | Cell::Seconds(_) | Cell::Truth(_), text) => {
                self.out.extend_from_slice(text.as_bytes());
            }
            (_, text) => serde_json::to_writer(&mut *self.out, text)?,
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.extend_from_slice(b"}\n");
        Ok(())
    }
}

fn pieces(report: &Report, table: Table, rows: Rows) -> Vec<Piece<'_>> {
    match table {
        Table::Timeline => timeline::pieces(report, rows),
        Table::Sessions => sessions::pieces(report),
        Table::Boots => boots::pieces(report),
        Table::Logs => logs::pieces(report),
        Table::Findings => findings::pieces(report),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    fn written(table: Table, format: TableFormat) -> String {
        let mut bytes = Vec::new();
        write_table(&sample::report(), table, Rows::Principal, format, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// The lists of the design, written out once more: a column is added at the end or not at all.
    #[test]
    fn columns_are_those_of_the_design() {
        let lists = [
            (
                Table::Timeline,
                "datetime, timestamp_desc, message, milestone, computer, boot_epoch, session_id, logon_id, linked_logon_id, user_name, user_domain, user_sid, logon_type, logon_type_name, session_class, source_ip, source_port, workstation, basis, confidence, end_cause, not_before, not_after, event_id, record_id, channel, log_path, recovered, notes",
            ),
            (
                Table::Sessions,
                "session_id, computer, boot_epoch, logon_id, linked_logon_id, user_name, user_domain, user_sid, logon_type, logon_type_name, session_class, start, start_basis, initiated_logoff, terminated, end, end_basis, end_cause, confidence, end_not_before, end_not_after, duration_seconds, corrected_duration_seconds, active_seconds, source_ip, source_port, workstation, logon_process, authentication_package, process_name, elevated, parent_session, attachments, revalidations, start_record, initiated_record, terminated_record, evidence, flags",
            ),
            (
                Table::Boots,
                "computer, boot_epoch, start, start_basis, start_evidence, end, end_basis, end_cause, end_not_before, end_not_after, requested_by, reason, clean, boot_id, lsass_pid, power_segments, sleeps, clock_steps, clock_step_seconds, computer_names, sessions, first_record, last_record, flags",
            ),
            (
                Table::Logs,
                "path, size, sha256, computers, channels, chunks, records_read, records_recovered, records_unreadable, first_record_id, last_record_id, first_time, last_time, record_gaps, records_missing, missing_record_ids, duplicates, header, checksum_failures, verdict, flags, collector_host",
            ),
            (
                Table::Findings,
                "severity, code, computer, boot_epoch, time, log_path, record_id, message",
            ),
        ];
        for (table, list) in lists {
            assert_eq!(table.columns().join(", "), list, "{}", table.name());
            let csv = written(table, TableFormat::Csv { excel_safe: false });
            assert_eq!(csv.lines().next().unwrap(), list.replace(", ", ","));
        }
    }

    #[test]
    fn each_row_is_one_line_in_both_formats() {
        for &table in Table::ALL {
            let csv = written(table, TableFormat::Csv { excel_safe: false });
            let jsonl = written(table, TableFormat::Jsonl);
            assert!(!csv.contains('\r') && csv.ends_with('\n'));
            assert_eq!(csv.lines().count(), jsonl.lines().count() + 1, "{}", table.name());
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            for (record, line) in reader.records().zip(jsonl.lines()) {
                let (record, object) =
                    (record.unwrap(), line.parse::<serde_json::Value>().unwrap());
                assert_eq!(record.len(), table.columns().len());
                assert_eq!(object.as_object().unwrap().len(), table.columns().len());
            }
        }
    }

    #[test]
    fn csv_escapes_and_json_is_exact() {
        // The sample holds a user named `=cmd|' /C calc'!A0`, a line break and a quote behind it.
        let name = sample::HOSTILE;
        let csv = written(Table::Sessions, TableFormat::Csv { excel_safe: false });
        assert!(csv.contains(r#""=cmd|' /C calc'!A0\n""quoted"",\u{202e}gnp""#), "{csv}");
        let safe = written(Table::Sessions, TableFormat::Csv { excel_safe: true });
        assert!(safe.starts_with('\u{feff}'));
        assert!(safe.contains(r#""'=cmd|' /C calc'!A0\n""quoted"",\u{202e}gnp""#), "{safe}");
        let jsonl = written(Table::Sessions, TableFormat::Jsonl);
        let names: Vec<String> = jsonl
            .lines()
            .map(|line| line.parse::<serde_json::Value>().unwrap()["user_name"].to_string())
            .collect();
        assert!(names.contains(&serde_json::to_string(name).unwrap()));
    }

    #[test]
    fn a_full_disk_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for format in [TableFormat::Jsonl, TableFormat::Csv { excel_safe: false }] {
            let failed =
                write_table(&sample::report(), Table::Sessions, Rows::All, format, &mut Full);
            assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        }
    }
}
