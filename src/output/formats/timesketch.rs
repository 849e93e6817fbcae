//! JSON lines for Timesketch: an object for each row of the timeline, with the field names that plaso gives
//! events of Windows where it has one for the same thing. `docs/outputs.md` lists them.

use super::chunks::{CHUNK_BYTES, write_in_parallel};
use super::jsonl::push_value;
use super::{OutputFile, ReportFormat, ReportInput};
use crate::model::session::Basis;
use crate::model::{AttemptKind, Flag};
use crate::output::tables::row::{RowSink, TableCell};
use crate::output::tables::{Table, TableChunk};
use std::io::{self, Write};

/// The timeline for Timesketch.
pub(super) struct Timesketch;

impl ReportFormat for Timesketch {
    fn name(&self) -> &'static str {
        "timesketch"
    }

    fn files(&self) -> Vec<OutputFile> {
        vec![OutputFile::whole_report("timesketch.jsonl", write)]
    }
}

/// What a row of a session is, that of a failed logon or of explicit credentials, and any other.
const OF_SESSION: &str = "windows:evtx:session";
const OF_ATTEMPT: &str = "windows:evtx:attempt";
const OF_COMPUTER: &str = "windows:evtx:computer";

/// Columns of the timeline that plaso has another name for.
const NAMES: &[(&str, &str)] = &[
    ("computer", "computer_name"),
    ("user_name", "username"),
    ("event_id", "event_identifier"),
    ("record_id", "record_number"),
    ("log_path", "display_name"),
];

fn write(input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    let chunks = input.chunks(Table::Timeline);
    write_in_parallel(&chunks, rows, out)
}

fn rows(chunk: &TableChunk<'_>) -> io::Result<Vec<u8>> {
    let mut sink = TimesketchRows { out: Vec::with_capacity(CHUNK_BYTES), ..Default::default() };
    chunk.write_to(&mut sink)?;
    Ok(sink.out)
}

/// Encodes rows as JSON objects.
#[derive(Default)]
struct TimesketchRows {
    out: Vec<u8>,
    /// Where the text of a cell is put together.
    buffer: Vec<u8>,
    /// What the row is, where it is known.
    data_type: Option<&'static str>,
    tags: Vec<String>,
}

impl TimesketchRows {
    /// Nothing for a cell without text.
    fn write_cell(&mut self, column: &str, cell: &TableCell<'_>, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.tag(column, cell, text);
        let name = NAMES.iter().find(|(own, _)| *own == column).map_or(column, |(_, name)| name);
        self.field(name, cell, text)
    }

    fn field(&mut self, name: &str, cell: &TableCell<'_>, text: &str) -> io::Result<()> {
        let is_first = matches!(self.out.last(), None | Some(b'\n'));
        self.out.extend_from_slice(if is_first { b"{\"" } else { b",\"" });
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        push_value(cell, text, &mut self.out)
    }

    /// What the row is, and what somebody filters by: the class, what the time is based on where no record states it, and what makes
    /// a row stand out.
    fn tag(&mut self, column: &str, cell: &TableCell<'_>, text: &str) {
        let watched = Flag::Watched.word();
        let is_attempt = |text: &str| AttemptKind::ALL.iter().any(|kind| kind.word() == text);
        match column {
            "session_class" => self.data_type = Some(OF_SESSION),
            "milestone" if is_attempt(text) => self.data_type = Some(OF_ATTEMPT),
            _ => {}
        }
        let tag = match column {
            "session_class" => text,
            "basis" if text != Basis::Logged.word() => text,
            "recovered" if matches!(cell, TableCell::Truth(true)) => column,
            "notes" if text.split("; ").any(|note| note == watched) => watched,
            _ => "",
        };
        if !tag.is_empty() {
            self.tags.push(tag.to_owned());
        }
    }
}

impl RowSink for TimesketchRows {
    fn cell(&mut self, column: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        // The buffer is lent to the text, and comes back.
        let mut buffer = std::mem::take(&mut self.buffer);
        let written = self.write_cell(column, &cell, cell.text(&mut buffer));
        self.buffer = buffer;
        written?;
        match cell {
            TableCell::Time(time) if column == "datetime" => {
                let microseconds = time.unix_microseconds();
                let cell = TableCell::Signed(microseconds);
                self.field("timestamp", &cell, &microseconds.to_string())
            }
            _ => Ok(()),
        }
    }

    fn end_row(&mut self) -> io::Result<()> {
        let data_type = self.data_type.take().unwrap_or(OF_COMPUTER);
        self.field("data_type", &TableCell::Text(data_type), data_type)?;
        writeln!(self.out, ",\"tag\":{}}}", serde_json::to_string(&self.tags)?)?;
        self.tags.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{report_of, written, written_of};
    use super::*;
    use crate::model::sample;
    use serde_json::{Value, json};

    fn objects(text: &str) -> Vec<Value> {
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    #[test]
    fn rows_have_the_fields_that_timesketch_needs() {
        let rows = objects(&written("timesketch", "timesketch.jsonl"));
        assert_eq!(rows.len(), written("csv", "timeline.csv").lines().count() - 1);
        let logoff = rows.iter().find(|row| row["milestone"] == "initiated-logoff").unwrap();
        for (field, value) in [
            ("datetime", json!("2015-09-09T03:08:39.1268908Z")),
            // By date(1): 1441768119.
            ("timestamp", json!(1_441_768_119_126_890_i64)),
            ("timestamp_desc", json!("Logoff initiated")),
            ("data_type", json!("windows:evtx:session")),
            ("tag", json!(["desktop"])),
            ("computer_name", json!("DC01.contoso.local")),
            ("username", json!("dadmin")),
            ("event_identifier", json!(4647)),
            ("record_number", json!(230_200)),
            ("display_name", json!("case/Security.evtx")),
            ("not_before", Value::Null),
        ] {
            assert_eq!(logoff[field], value, "{field}");
        }
        assert!(logoff["message"].as_str().unwrap().contains("dadmin began to log off"));
        assert!(rows.iter().any(|row| row["username"] == sample::HOSTILE));
        assert!(rows.iter().any(|row| row["tag"] == json!(["remote-desktop", "bounded"])));
    }

    #[test]
    fn what_stands_out_is_tagged() {
        let mut session = sample::full_session();
        session.flags = vec![Flag::Watched, Flag::Unlock].into();
        session.start.as_mut().unwrap().recovered = true;
        let rows = objects(&written_of(&report_of(session), "timesketch", "timesketch.jsonl"));
        let tags = |milestone| {
            let mut rows = rows.iter();
            rows.find(|row| row["milestone"] == milestone).unwrap()["tag"].clone()
        };
        assert_eq!(tags("start"), json!(["desktop", "recovered", "watched"]));
        assert_eq!(tags("initiated-logoff"), json!(["desktop", "watched"]));
    }

    #[test]
    fn rows_of_the_computer_are_told_apart() {
        let mut report = report_of(sample::full_session());
        report.hosts[0].boots[0].power = vec![sample::night()];
        report.hosts[0].attempts = vec![sample::failed_logons("eve", 3)];
        let rows = objects(&written_of(&report, "timesketch", "timesketch.jsonl"));
        let off = rows.iter().find(|row| row["milestone"] == "off").unwrap();
        assert_eq!((&off["data_type"], &off["tag"]), (&json!("windows:evtx:computer"), &json!([])));
        let failed = rows.iter().find(|row| row["milestone"] == "failed-logon").unwrap();
        assert_eq!(failed["data_type"], json!("windows:evtx:attempt"));
    }
}
