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
        let shown = || match self {
            Stream::Output => columns_of(&io::stdout()),
            Stream::Error => columns_of(&io::stderr()),
        };
        given.or_else(shown).filter(|width| *width > 0)
    }
}

/// The columns that a terminal reports. Some terminals report 0 rows, for which the crate terminal_size gives no
/// columns either.
#[cfg(unix)]
fn columns_of(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col))
}

/// The columns that a terminal reports.
#[cfg(not(unix))]
fn columns_of(stream: &impl std::os::windows::io::AsHandle) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| usize::from(width.0))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::termios::{Winsize, tcsetwinsize};

    #[test]
    fn a_terminal_without_rows_has_columns() {
        // The controlling side of a pseudo-terminal, which no program uses.
        let terminal = std::fs::File::options().read(true).write(true).open("/dev/ptmx").unwrap();
        let size = Winsize { ws_row: 0, ws_col: 90, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&terminal, size).unwrap();
        assert_eq!(columns_of(&terminal), Some(90));
        let file = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(columns_of(&file), None, "no terminal");
    }
}
