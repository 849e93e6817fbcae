//! What a row is made of: cells, and the columns that they stand in. A case can have millions of
//! rows, so no row is put together in memory of its own: its cells go to a [`RowSink`] one by one, and what
//! a table and a format do with a cell is compiled as one function.

use crate::model::append::AppendText;
use crate::model::time::TICKS_PER_SECOND;
use crate::model::{Citation, LogonId, Span, Timestamp, Uid};
use crate::output::escape::visible;
use std::borrow::Cow;
use std::io;

/// Takes rows, cell by cell; an output format implements it.
pub(crate) trait RowSink {
    /// Takes the next cell of a row, with the name of its column.
    fn cell(&mut self, column: &'static str, cell: TableCell<'_>) -> io::Result<()>;

    /// The row is complete.
    fn end_row(&mut self) -> io::Result<()>;
}

/// What the cells of a column are, where they are not empty: for formats that have a type for each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Text, times, Logon IDs and records.
    Text,
    /// Counts and identifiers.
    Unsigned,
    /// Numbers that may be below 0.
    Signed,
    /// Durations in seconds.
    Real,
    /// Yes or no.
    Truth,
}

impl ColumnKind {
    /// The kind that is given; none stands for text.
    pub(crate) const fn or_text(given: &[ColumnKind]) -> ColumnKind {
        match given {
            [kind] => *kind,
            _ => ColumnKind::Text,
        }
    }
}

/// The columns of a table and the cells of its rows, side by side so that they always agree. A column
/// that is no text says what it is: `boot_epoch as Unsigned: …`.
macro_rules! columns {
    ($row:ident: $type:ty => { $($name:ident $(as $kind:ident)?: $cell:expr,)+ }) => {
        /// The columns, in order.
        pub(crate) const COLUMNS: &[&str] = &[$(stringify!($name)),+];

        /// What each of them holds. No format with types has sources.csv, and a build may have no such format.
        #[allow(dead_code)]
        pub(crate) const KINDS: &[$crate::output::tables::row::ColumnKind] =
            &[$($crate::output::tables::row::ColumnKind::or_text(
                &[$($crate::output::tables::row::ColumnKind::$kind)?]
            )),+];

        pub(super) fn write_row<'a, S: $crate::output::tables::row::RowSink>(
            $row: $type,
            sink: &mut S,
        ) -> std::io::Result<()> {
            $(sink.cell(stringify!($name), $cell)?;)+
            sink.end_row()
        }
    };
}
pub(super) use columns;

/// One value of a row.
#[derive(Clone, Copy)]
pub(crate) enum TableCell<'a> {
    /// Unknown or not applicable.
    Empty,
    /// Text, from the evidence or ours; empty text means unknown.
    Text(&'a str),
    /// A word of ours, in which nothing acts, and which no format needs to quote: printable ASCII without `,`
    /// and `"`.
    Word(&'static str),
    /// Text that is put together when it is written.
    LazyText(&'a dyn AppendText),
    /// A count or an identifier.
    Number(u64),
    /// A number that may be below 0.
    Signed(i64),
    /// A duration.
    Seconds(Span),
    /// Yes or no.
    Truth(bool),
    /// A moment.
    Time(Timestamp),
    /// A Logon ID.
    LogonId(LogonId),
    /// A record.
    Record(Citation),
    /// An identifier that further logs do not change.
    Uid(Uid),
}

impl<'a> TableCell<'a> {
    /// Appends the text of the cell.
    #[inline(always)]
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) {
        match *self {
            TableCell::Empty => {}
            TableCell::Text(text) | TableCell::Word(text) => text.append_to(out),
            TableCell::Truth(truth) => if truth { "true" } else { "false" }.append_to(out),
            TableCell::LazyText(text) => text.append_to(out),
            TableCell::Number(number) => number.append_to(out),
            TableCell::Signed(number) => number.append_to(out),
            TableCell::Seconds(span) => span.append_to(out),
            TableCell::Time(time) => time.append_to(out),
            TableCell::LogonId(id) => id.append_to(out),
            TableCell::Record(record) => record.append_to(out),
            TableCell::Uid(uid) => uid.append_to(out),
        }
    }

    /// The text of the cell. It is written to `buffer` where it has to be put together.
    pub(crate) fn text<'c>(&self, buffer: &'c mut Vec<u8>) -> &'c str
    where
        'a: 'c,
    {
        buffer.clear();
        match *self {
            TableCell::Text(text) | TableCell::Word(text) => text,
            _ => {
                self.append_to(buffer);
                // All that is appended is text.
                str::from_utf8(buffer).unwrap_or_default()
            }
        }
    }

    /// Whether its text may come from the evidence, so that it has to be escaped.
    pub(crate) fn may_be_hostile(&self) -> bool {
        matches!(self, TableCell::Text(_) | TableCell::LazyText(_))
    }
}

/// The value of a cell, as formats with types have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CellValue<'c> {
    /// Unknown or not applicable.
    Empty,
    /// Text in which nothing acts: it is as CSV has it.
    Text(Cow<'c, str>),
    /// A count or an identifier.
    Unsigned(u64),
    /// A number that may be below 0.
    Signed(i64),
    /// Seconds.
    Real(f64),
    /// Yes or no.
    Truth(bool),
}

impl<'a> TableCell<'a> {
    /// Its value. A text is written to `buffer` where it has to be put together.
    pub(crate) fn value<'c>(&self, buffer: &'c mut Vec<u8>) -> CellValue<'c>
    where
        'a: 'c,
    {
        match *self {
            TableCell::Number(number) => CellValue::Unsigned(number),
            TableCell::Signed(number) => CellValue::Signed(number),
            TableCell::Seconds(span) => CellValue::Real(span.0 as f64 / TICKS_PER_SECOND as f64),
            TableCell::Truth(truth) => CellValue::Truth(truth),
            _ => match self.text(buffer) {
                "" => CellValue::Empty,
                text if self.may_be_hostile() => CellValue::Text(visible(text)),
                text => CellValue::Text(text.into()),
            },
        }
    }
}

/// A moment, if it is known.
pub(super) fn time<'a>(value: Option<Timestamp>) -> TableCell<'a> {
    value.map_or(TableCell::Empty, TableCell::Time)
}

/// A Logon ID, if there is one.
pub(super) fn logon_id<'a>(value: Option<LogonId>) -> TableCell<'a> {
    value.map_or(TableCell::Empty, TableCell::LogonId)
}

/// A record, if there is one.
pub(super) fn record<'a>(value: Option<Citation>) -> TableCell<'a> {
    value.map_or(TableCell::Empty, TableCell::Record)
}

/// A number, if it is known.
pub(super) fn number<'a>(value: Option<impl Into<u64>>) -> TableCell<'a> {
    value.map_or(TableCell::Empty, |value| TableCell::Number(value.into()))
}

/// A duration, if it is known.
pub(super) fn seconds<'a>(value: Option<Span>) -> TableCell<'a> {
    value.map_or(TableCell::Empty, TableCell::Seconds)
}

/// Yes or no, if it is known.
pub(super) fn truth<'a>(value: Option<bool>) -> TableCell<'a> {
    value.map_or(TableCell::Empty, TableCell::Truth)
}
