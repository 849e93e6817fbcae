//! The five tables: what a cell is, and how rows become CSV or JSON lines.

use super::text::{spreadsheet_safe, visible};
use super::{boots, findings, logs, sessions, timeline};
use crate::model::{Report, Span, Timestamp};
use std::borrow::Cow;
use std::fmt::Display;
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

/// Which milestones timeline rows are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// Start, initiated logoff and termination.
    #[default]
    Principal,
    /// Locks, reconnects and re-validations too.
    All,
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

/// Writes one table of `report`.
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
    match format {
        TableFormat::Csv { excel_safe } => write_csv(report, table, rows, excel_safe, out),
        TableFormat::Jsonl => {
            each_row(report, table, rows, &mut |cells| write_object(table.columns(), cells, out))?;
            out.flush()
        }
    }
}

fn write_csv(
    report: &Report,
    table: Table,
    rows: Rows,
    excel_safe: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if excel_safe {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let mut csv = csv::WriterBuilder::new().from_writer(out);
    csv.write_record(table.columns())?;
    each_row(report, table, rows, &mut |cells| {
        for cell in cells {
            let text = match cell {
                Cell::Text(text) if excel_safe => spreadsheet_safe(visible(text)),
                Cell::Text(text) => visible(text),
                Cell::Empty => Cow::Borrowed(""),
                Cell::Number(number) => Cow::Owned(number.to_string()),
                Cell::Seconds(span) => Cow::Owned(span.to_string()),
                Cell::Truth(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            };
            csv.write_field(text.as_bytes())?;
        }
        csv.write_record(None::<&[u8]>)?;
        Ok(())
    })?;
    csv.flush()
}

fn write_object(columns: &[&str], cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
    for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
        out.write_all(if index == 0 { b"{\"" } else { b",\"" })?;
        write!(out, "{column}\":")?;
        match cell {
            Cell::Empty => out.write_all(b"null")?,
            Cell::Text(text) => serde_json::to_writer(&mut *out, text)?,
            Cell::Number(number) => write!(out, "{number}")?,
            Cell::Seconds(span) => write!(out, "{span}")?,
            Cell::Truth(truth) => write!(out, "{truth}")?,
        }
    }
    out.write_all(b"}\n")
}

/// Takes rows, one after another.
pub(super) type Sink<'s> = dyn FnMut(&[Cell<'_>]) -> io::Result<()> + 's;

fn each_row(report: &Report, table: Table, rows: Rows, sink: &mut Sink<'_>) -> io::Result<()> {
    match table {
        Table::Timeline => timeline::each_row(report, rows, sink),
        Table::Sessions => sessions::each_row(report, sink),
        Table::Boots => boots::each_row(report, sink),
        Table::Logs => logs::each_row(report, sink),
        Table::Findings => findings::each_row(report, sink),
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    /// Unknown or not applicable.
    Empty,
    /// Text, from evidence or ours.
    Text(Cow<'a, str>),
    /// A count or identifier.
    Number(u64),
    /// A length of time.
    Seconds(Span),
    /// Yes or no.
    Truth(bool),
}

/// The columns of a table and the cells of its rows, side by side so that they cannot part.
macro_rules! columns {
    ($row:ident: $type:ty => { $($name:ident: $cell:expr,)+ }) => {
        /// The columns, in order.
        pub(super) const COLUMNS: &[&str] = &[$(stringify!($name)),+];

        fn cells<'a>($row: &'a $type) -> Vec<Cell<'a>> {
            vec![$($cell),+]
        }
    };
}
pub(super) use columns;

/// Text; empty text is unknown.
pub(super) fn text<'a>(value: impl Into<Cow<'a, str>>) -> Cell<'a> {
    let value = value.into();
    if value.is_empty() { Cell::Empty } else { Cell::Text(value) }
}

/// A value by its `Display`.
pub(super) fn shown<'a>(value: Option<impl Display>) -> Cell<'a> {
    value.map_or(Cell::Empty, |value| text(value.to_string()))
}

/// A moment.
pub(super) fn time<'a>(value: Option<Timestamp>) -> Cell<'a> {
    shown(value)
}

/// A number.
pub(super) fn number<'a>(value: Option<impl Into<u64>>) -> Cell<'a> {
    value.map_or(Cell::Empty, |value| Cell::Number(value.into()))
}

/// A length of time.
pub(super) fn seconds<'a>(value: Option<Span>) -> Cell<'a> {
    value.map_or(Cell::Empty, Cell::Seconds)
}

/// Yes or no.
pub(super) fn truth<'a>(value: Option<bool>) -> Cell<'a> {
    value.map_or(Cell::Empty, Cell::Truth)
}

/// Several values in one cell: `a; b`.
pub(super) fn list<'a>(values: impl IntoIterator<Item = impl Display>) -> Cell<'a> {
    let mut joined = String::new();
    for value in values {
        if !joined.is_empty() {
            joined.push_str("; ");
        }
        joined.push_str(&value.to_string());
    }
    text(joined)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

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
