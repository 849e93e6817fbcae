//! What rows are made of: cells, and the columns that they stand in. Millions of rows are written:
//! none is put together in memory of its own.

use crate::model::{Citation, LogonId, Span, Timestamp};
use std::fmt::{self, Display, Formatter, Write};
use std::io;

/// Rows that are made by one thread at a time: enough that to wake it costs little beside them.
pub(super) const ROWS_AT_A_TIME: usize = 4096;

/// Which milestones timeline rows are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// Start, initiated logoff and termination.
    #[default]
    Principal,
    /// Locks, reconnects and re-validations too.
    All,
}

/// Takes rows, cell by cell.
pub(super) trait Sink {
    /// The next cell of a row, and its column.
    fn cell(&mut self, column: &'static str, cell: Cell<'_>) -> io::Result<()>;

    /// The row is complete.
    fn end(&mut self) -> io::Result<()>;
}

/// Some rows of a table, one behind the other: gives them to a sink.
pub(super) type Piece<'a> = Box<dyn Fn(&mut dyn Sink) -> io::Result<()> + Send + Sync + 'a>;

/// Cuts what rows are made of into pieces.
pub(super) fn cut<'a, T: Sync>(
    items: &'a [T],
    row: impl Fn(&'a T, &mut dyn Sink) -> io::Result<()> + Copy + Send + Sync + 'a,
) -> impl Iterator<Item = Piece<'a>> {
    items.chunks(ROWS_AT_A_TIME).map(move |some| -> Piece<'a> {
        Box::new(move |sink| some.iter().try_for_each(|item| row(item, sink)))
    })
}

/// One value of a row.
#[derive(Clone, Copy)]
pub(super) enum Cell<'a> {
    /// Unknown or not applicable.
    Empty,
    /// Text, from evidence or ours; empty text is unknown.
    Text(&'a str),
    /// The same, put together when it is written.
    Made(&'a dyn Display),
    /// A count or identifier.
    Number(u64),
    /// A length of time.
    Seconds(Span),
    /// Yes or no.
    Truth(bool),
    /// A moment.
    Time(Timestamp),
    /// A Logon ID.
    LogonId(LogonId),
    /// A record.
    Record(Citation),
}

impl<'a> Cell<'a> {
    /// Its text, which is made in `room` where it is not at hand.
    pub(super) fn text<'c>(&self, room: &'c mut String) -> &'c str
    where
        'a: 'c,
    {
        room.clear();
        // Writing to a String cannot fail.
        let _ = match *self {
            Cell::Empty => return "",
            Cell::Text(text) => return text,
            Cell::Truth(truth) => return if truth { "true" } else { "false" },
            Cell::Made(made) => write!(room, "{made}"),
            Cell::Number(number) => write!(room, "{number}"),
            Cell::Seconds(span) => write!(room, "{span}"),
            Cell::Time(time) => write!(room, "{time}"),
            Cell::LogonId(id) => write!(room, "{id}"),
            Cell::Record(record) => write!(room, "{record}"),
        };
        room
    }

    /// Its text may come from the evidence.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Cell::Text(_) | Cell::Made(_))
    }
}

/// The columns of a table and the cells of its rows, side by side so that they cannot part.
macro_rules! columns {
    ($row:ident: $type:ty => { $($name:ident: $cell:expr,)+ }) => {
        /// The columns, in order.
        pub(super) const COLUMNS: &[&str] = &[$(stringify!($name)),+];

        fn write_row<'a>($row: $type, sink: &mut dyn Sink) -> std::io::Result<()> {
            $(sink.cell(stringify!($name), $cell)?;)+
            sink.end()
        }
    };
}
pub(super) use columns;

/// Text that is put together where it is written.
pub(super) struct Written<F>(pub(super) F);

impl<F: Fn(&mut Formatter<'_>) -> fmt::Result> Display for Written<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

/// Several values in one cell: `a; b`.
pub(super) fn list(values: impl IntoIterator<Item = impl Display> + Clone) -> impl Display {
    Written(move |f: &mut Formatter<'_>| {
        for (index, value) in values.clone().into_iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{value}")?;
        }
        Ok(())
    })
}

/// A moment.
pub(super) fn time<'a>(value: Option<Timestamp>) -> Cell<'a> {
    value.map_or(Cell::Empty, Cell::Time)
}

/// A Logon ID.
pub(super) fn logon_id<'a>(value: Option<LogonId>) -> Cell<'a> {
    value.map_or(Cell::Empty, Cell::LogonId)
}

/// A record.
pub(super) fn record<'a>(value: Option<Citation>) -> Cell<'a> {
    value.map_or(Cell::Empty, Cell::Record)
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
