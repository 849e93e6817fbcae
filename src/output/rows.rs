//! What rows are made of: cells, and the columns that they stand in.

use crate::model::{Citation, LogonId, Span, Timestamp};
use std::borrow::Cow;
use std::fmt::{Display, Write};
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

/// Takes rows, one after another.
pub(super) type Sink<'s> = dyn FnMut(&[Cell<'_>]) -> io::Result<()> + 's;

/// Some rows of a table, one behind the other: gives them to a sink.
pub(super) type Piece<'a> = Box<dyn Fn(&mut Sink<'_>) -> io::Result<()> + Send + Sync + 'a>;

/// Cuts what rows are made of into pieces.
pub(super) fn cut<'a, T: Sync>(
    items: &'a [T],
    cells: impl Fn(&'a T) -> Vec<Cell<'a>> + Copy + Send + Sync + 'a,
) -> impl Iterator<Item = Piece<'a>> {
    items.chunks(ROWS_AT_A_TIME).map(move |some| -> Piece<'a> {
        Box::new(move |sink| some.iter().try_for_each(|item| sink(&cells(item))))
    })
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
    /// A moment.
    Time(Timestamp),
    /// A Logon ID.
    LogonId(LogonId),
    /// A record.
    Record(Citation),
}

impl Cell<'_> {
    /// Its text, which is made in `room` where it is not at hand.
    pub(super) fn text<'c>(&'c self, room: &'c mut String) -> &'c str {
        room.clear();
        // Writing to a String cannot fail.
        let _ = match self {
            Cell::Empty => return "",
            Cell::Text(text) => return text,
            Cell::Truth(truth) => return if *truth { "true" } else { "false" },
            Cell::Number(number) => write!(room, "{number}"),
            Cell::Seconds(span) => write!(room, "{span}"),
            Cell::Time(time) => write!(room, "{time}"),
            Cell::LogonId(id) => write!(room, "{id}"),
            Cell::Record(record) => write!(room, "{record}"),
        };
        room
    }
}

/// The columns of a table and the cells of its rows, side by side so that they cannot part.
macro_rules! columns {
    ($row:ident: $type:ty => { $($name:ident: $cell:expr,)+ }) => {
        /// The columns, in order.
        pub(super) const COLUMNS: &[&str] = &[$(stringify!($name)),+];

        fn cells<'a>($row: $type) -> Vec<Cell<'a>> {
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

/// Several values in one cell: `a; b`.
pub(super) fn list<'a>(values: impl IntoIterator<Item = impl Display>) -> Cell<'a> {
    let mut joined = String::new();
    for value in values {
        if joined.is_empty() {
            joined.reserve(128);
        } else {
            joined.push_str("; ");
        }
        // Writing to a String cannot fail.
        let _ = write!(joined, "{value}");
    }
    text(joined)
}
