//! A body file (TSK 3.x) for mactime: a line for each row of the timeline.
//! Source: `wiki.sleuthkit.org`, "Body file", and the script `mactime` of The Sleuth Kit 4.11.

use super::chunks::{CHUNK_BYTES, write_in_parallel};
use super::{OutputFile, ReportFormat, ReportInput};
use crate::model::Flag;
use crate::output::escape::visible;
use crate::output::tables::row::{RowSink, TableCell};
use crate::output::tables::{Table, TableChunk};
use std::borrow::Cow;
use std::io::{self, Write};

/// The timeline as a body file.
pub(super) struct BodyFile;

impl ReportFormat for BodyFile {
    fn name(&self) -> &'static str {
        "bodyfile"
    }

    fn files(&self) -> Vec<OutputFile> {
        vec![OutputFile::whole_report("timeline.body", write)]
    }
}

fn write(input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    let chunks = input.chunks(Table::Timeline);
    write_in_parallel(&chunks, rows, out)
}

fn rows(chunk: &TableChunk<'_>) -> io::Result<Vec<u8>> {
    let mut sink = BodyRows { out: Vec::with_capacity(CHUNK_BYTES), ..BodyRows::default() };
    chunk.write_to(&mut sink)?;
    Ok(sink.out)
}

/// Encodes rows of the timeline as lines.
#[derive(Default)]
struct BodyRows {
    out: Vec<u8>,
    /// What the row says.
    name: String,
    /// It matches a line of the watch list.
    is_watched: bool,
    /// Its record; 0: none.
    record_id: u64,
    /// Seconds since 1970.
    seconds: i64,
    /// Where the text of a cell is put together.
    buffer: Vec<u8>,
}

impl RowSink for BodyRows {
    fn cell(&mut self, column: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        match (column, cell) {
            ("datetime", TableCell::Time(time)) => {
                self.seconds = time.unix_microseconds().div_euclid(1_000_000);
            }
            ("timestamp_desc", cell) => {
                self.name.push_str(&escaped(cell.text(&mut self.buffer)));
                self.name.push_str(": ");
            }
            ("message", cell) => self.name.push_str(&escaped(cell.text(&mut self.buffer))),
            ("notes", cell) => {
                let notes = cell.text(&mut self.buffer);
                self.is_watched = notes.split("; ").any(|note| note == Flag::Watched.word());
            }
            ("record_id", TableCell::Number(number)) => self.record_id = number,
            _ => {}
        }
        Ok(())
    }

    /// MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime
    ///
    /// A row has one time, and mactime lists what has none at 1970: so all four are that time, and mactime
    /// shows one line, with `macb`.
    fn end_row(&mut self) -> io::Result<()> {
        let BodyRows { out, name, is_watched, record_id, seconds, .. } = self;
        let mark = if *is_watched { " [watched]" } else { "" };
        writeln!(
            out,
            "0|{name}{mark}|{record_id}|0|0|0|0|{seconds}|{seconds}|{seconds}|{seconds}"
        )?;
        self.name.clear();
        (self.is_watched, self.record_id) = (false, 0);
        Ok(())
    }
}

/// Text in which nothing acts, with `|` and `%` written as mactime reads them: by `%` and two digits.
fn escaped(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    match text.contains(['|', '%']) {
        true => text.replace('%', "%25").replace('|', "%7C").into(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{report_of, written, written_of};
    use super::*;
    use crate::model::sample;

    #[test]
    fn a_row_is_a_line_of_eleven_fields() {
        let body = written("bodyfile", "timeline.body");
        let lines: Vec<Vec<&str>> = body.lines().map(|line| line.split('|').collect()).collect();
        assert_eq!(body.lines().count(), written("csv", "timeline.csv").lines().count() - 1);
        assert!(lines.iter().all(|fields| fields.len() == 11));
        // 2015-09-09T03:08:39.1268908Z, by date(1).
        let logoff = lines.iter().find(|fields| fields[1].starts_with("Logoff initiated")).unwrap();
        let time = "1441768119";
        assert_eq!(logoff[2..], ["230200", "0", "0", "0", "0", time, time, time, time]);
    }

    #[test]
    fn rows_on_the_watch_list_are_marked() {
        let mut session = sample::full_session();
        session.flags = vec![Flag::Watched].into();
        let body = written_of(&report_of(session), "bodyfile", "timeline.body");
        let marked = body.lines().filter(|line| line.contains(" [watched]|")).count();
        assert!(
            marked >= 3 && !written("bodyfile", "timeline.body").contains("[watched]"),
            "{body}"
        );
    }

    #[test]
    fn names_end_neither_field_nor_line() {
        assert_eq!(escaped("a|b%7C\n\r\0c\u{202e}"), "a%7Cb%257C\\n\\r\\u{0}c\\u{202e}");
        let body = written("bodyfile", "timeline.body");
        assert!(body.contains(r#"=cmd%7C' /C calc'!A0\n"quoted",\u{202e}gnp logged on"#), "{body}");
    }
}
