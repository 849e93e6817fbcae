//! CSV: a file for each table, RFC 4180 in UTF-8 with LF at the end of each row.

use super::chunks::{CHUNK_BYTES, write_in_parallel};
use super::{OutputFile, ReportFormat, ReportInput};
use crate::output::escape::{spreadsheet_safe, visible};
use crate::output::tables::row::{RowSink, TableCell};
use crate::output::tables::{Table, TableChunk};
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
    let mut sink = CsvRows { out: Vec::with_capacity(CHUNK_BYTES), excel_safe };
    chunk.write_to(&mut sink)?;
    Ok(sink.out)
}

/// Encodes rows as CSV. Each cell is appended as it is, and then looked at once.
struct CsvRows {
    out: Vec<u8>,
    excel_safe: bool,
}

impl RowSink for CsvRows {
    #[inline(always)]
    fn cell(&mut self, _: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        let start = self.out.len();
        cell.append_to(&mut self.out);
        if cell.may_be_hostile() {
            self.make_safe(start);
        }
        debug_assert!(
            !matches!(cell, TableCell::Word(word) if needs(word.as_bytes()) > 0),
            "a word needs quotes"
        );
        self.out.push(b',');
        Ok(())
    }

    /// The comma behind the last cell becomes the end of the row.
    fn end_row(&mut self) -> io::Result<()> {
        if let Some(last) = self.out.last_mut() {
            *last = b'\n';
        }
        Ok(())
    }
}

impl CsvRows {
    /// Escapes what acts in the cell that begins at `start`, and quotes it where that is needed.
    fn make_safe(&mut self, start: usize) {
        let needs = needs(self.out.get(start..).unwrap_or_default());
        match needs {
            0 if !self.excel_safe => {}
            QUOTES if !self.excel_safe => {
                self.out.insert(start, b'"');
                self.out.push(b'"');
            }
            _ => {
                let cell = self.out.split_off(start);
                self.append_safe(&String::from_utf8_lossy(&cell));
            }
        }
    }

    fn append_safe(&mut self, cell: &str) {
        let text = match self.excel_safe {
            true => spreadsheet_safe(visible(cell)),
            false => visible(cell),
        };
        if needs(text.as_bytes()) & (QUOTES | DOUBLING) == 0 {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.out.push(b'"');
            self.out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
            self.out.push(b'"');
        }
    }
}

/// The cell is quoted.
const QUOTES: u8 = 1;
/// The cell is quoted, and each quote in it is doubled.
const DOUBLING: u8 = 2;
/// Not all of the cell is printable ASCII: a character may act.
const LOOK: u8 = 4;

/// What the bytes of a cell ask for. They are looked at eight at a time, and the last eight once more where their number
/// is no multiple of that.
fn needs(cell: &[u8]) -> u8 {
    let Some(last) = cell.last_chunk::<8>() else {
        return cell
            .iter()
            .fold(0, |needs, byte| needs | NEEDS.get(usize::from(*byte)).unwrap_or(&0));
    };
    let (mut quotes, mut doubling, mut look) = (0, 0, 0);
    for block in cell.as_chunks::<8>().0.iter().chain([last]) {
        let block = u64::from_le_bytes(*block);
        quotes |= holds(block, b',');
        doubling |= holds(block, b'"');
        // The highest bit of a byte is set in the first where it is below 32, in the second where it is 127, in the
        // third where it is above that.
        look |= block.wrapping_sub(each(b' ')) | block.wrapping_add(each(1)) | block;
    }
    let flag = |bits: u64, flag| if bits & each(0x80) == 0 { 0 } else { flag };
    flag(quotes, QUOTES) | flag(doubling, DOUBLING) | flag(look, LOOK)
}

/// What each byte asks for.
static NEEDS: [u8; 256] = {
    let mut needs = [LOOK; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        // An index out of range would not compile.
        #[expect(clippy::indexing_slicing)]
        {
            needs[byte as usize] = match byte {
                b',' => QUOTES,
                b'"' => DOUBLING,
                _ => 0,
            };
        }
        byte += 1;
    }
    needs
};

/// Eight times this byte.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Sets the highest bit of some byte exactly where one of the eight is this one: only 0 both gives a carry and had none.
const fn holds(block: u64, byte: u8) -> u64 {
    let differences = block ^ each(byte);
    differences.wrapping_sub(each(1)) & !differences & each(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::append::AppendText;
    use crate::model::{Span, Timestamp};

    /// Texts that act, break rows or cells, or begin a formula, alone and with text before and behind them.
    fn hostile_texts() -> Vec<String> {
        let parts = [
            "",
            " ",
            ",",
            "\"",
            "\"\"",
            ",\"",
            "\r",
            "\n",
            "\r\n",
            "\t",
            "\0",
            "\u{7f}",
            "\u{9b}",
            "'",
            ";",
            "=1+1",
            "+1",
            "-1",
            "@A1",
            "\u{ff1d}1",
            ";=1",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\u{feff}",
            "\u{e0041}",
            "\u{fffd}",
            "山",
            "🦀",
            "é",
            "~",
            "\\",
            "a,\u{202e}\"b\"",
        ];
        let around = |part: &str| {
            [
                part.to_owned(),
                format!("{part}x"),
                format!("x{part}"),
                format!("name {part}, \"it\""),
            ]
        };
        // A lone surrogate, as it comes out of the UTF-16 of a record.
        let lone = String::from_utf16_lossy(&[0x61, 0xd800, 0x2c]);
        parts.iter().flat_map(|part| around(part)).chain([lone]).collect()
    }

    /// A row as the csv crate writes it, of cells that were made safe one by one.
    fn by_crate(cells: &[String]) -> Vec<u8> {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(cells).unwrap();
        writer.into_inner().unwrap()
    }

    fn by_sink(cells: &[TableCell<'_>], excel_safe: bool) -> Vec<u8> {
        let mut sink = CsvRows { out: Vec::new(), excel_safe };
        cells.iter().try_for_each(|cell| sink.cell("any", *cell)).unwrap();
        sink.end_row().unwrap();
        sink.out
    }

    #[test]
    fn hostile_rows_are_as_the_csv_crate_writes_them() {
        let texts = hostile_texts();
        for excel_safe in [false, true] {
            let safe = |text: &String| match excel_safe {
                true => spreadsheet_safe(visible(text)).into_owned(),
                false => visible(text).into_owned(),
            };
            for (first, second) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
                let lazy: &dyn AppendText = second;
                let cells =
                    [TableCell::Text(first), TableCell::LazyText(lazy), TableCell::Text(first)];
                let expected = by_crate(&[safe(first), safe(second), safe(first)]);
                let (expected, written) = (
                    String::from_utf8(expected).unwrap(),
                    String::from_utf8(by_sink(&cells, excel_safe)).unwrap(),
                );
                assert_eq!(written, expected, "{first:?} {second:?} {excel_safe}");
            }
        }
    }

    /// Each byte at each place among eight, and behind them.
    #[test]
    fn every_byte_is_looked_at() {
        for byte in 0..=255 {
            let expected = match byte {
                b',' => QUOTES,
                b'"' => DOUBLING,
                b' '..=b'~' => 0,
                _ => LOOK,
            };
            for (length, at) in (1..20).flat_map(|length| (0..length).map(move |at| (length, at))) {
                for around in [b' ', b'~', b'a'] {
                    let mut cell = vec![around; length];
                    cell[at] = byte;
                    assert_eq!(needs(&cell), expected, "{byte} at {at} of {length}");
                }
            }
        }
        assert_eq!(needs(b""), 0);
        assert_eq!(needs("\u{1},\"\u{ff}".as_bytes()), QUOTES | DOUBLING | LOOK);
    }

    #[test]
    fn other_cells_are_as_the_csv_crate_writes_them() {
        let (time, span) = (Timestamp::from_filetime(u64::MAX), Span(-15_000_000));
        let id = crate::model::LogonId(u64::MAX);
        let cells = [
            TableCell::Empty,
            TableCell::Number(u64::MAX),
            TableCell::Signed(i64::MIN),
            TableCell::Seconds(span),
            TableCell::Time(time),
            TableCell::LogonId(id),
            TableCell::Truth(false),
            TableCell::Empty,
        ];
        let expected = by_crate(&[
            String::new(),
            u64::MAX.to_string(),
            i64::MIN.to_string(),
            "-1.5".into(),
            "60056-05-28T05:36:10.9551615Z".into(),
            "0xffffffffffffffff".into(),
            "false".into(),
            String::new(),
        ]);
        assert_eq!(by_sink(&cells, false), expected);
        // Only its own cells are made safe: a negative number is no formula.
        assert_eq!(by_sink(&cells, true), expected);
    }
}
