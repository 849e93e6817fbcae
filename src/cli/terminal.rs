//! What the terminal can show: its columns, and whether it has colours.

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use std::io;

/// A standard stream of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Output,
    Error,
}

impl Stream {
    /// Whether to write colours: to a terminal that has them, unless `NO_COLOR` is set or `TERM` is `dumb`.
    pub(super) fn has_colors(self) -> bool {
        fn of(stream: &impl RawStream) -> bool {
            AutoStream::choice(stream) != ColorChoice::Never
        }
        match self {
            Stream::Output => of(&io::stdout()),
            Stream::Error => of(&io::stderr()),
        }
    }

    /// The columns of a line: what `COLUMNS` says, else what the terminal says. `None`: it is no terminal,
    /// so that a line may have any length.
    pub(super) fn width(self) -> Option<usize> {
        let given = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
        let size = || match self {
            Stream::Output => terminal_size::terminal_size_of(io::stdout()),
            Stream::Error => terminal_size::terminal_size_of(io::stderr()),
        };
        let shown = || size().map(|(width, _)| usize::from(width.0));
        given.or_else(shown).filter(|width| *width > 0)
    }
}
