//! What the colours on a terminal mean.

use std::fmt::{self, Display, Formatter};

/// What a text on a terminal is about; each has a colour of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tone {
    #[default]
    Plain,
    /// A heading: bold.
    Heading,
    /// A crash, or an entry of the watch list: red.
    Alarm,
    /// What is known by bounds only, or not at all: yellow.
    Uncertain,
    /// A session that goes on: green.
    Open,
    /// Remote Desktop: cyan.
    Remote,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Heading => "\u{1b}[1m",
            Tone::Alarm => "\u{1b}[31m",
            Tone::Uncertain => "\u{1b}[33m",
            Tone::Open => "\u{1b}[32m",
            Tone::Remote => "\u{1b}[36m",
        }
    }

    /// The text in its colour, if there is to be any.
    pub(super) fn paint(self, text: &str, color: bool) -> impl Display {
        let is_plain = !color || self == Tone::Plain || text.is_empty();
        Painted { text, code: if is_plain { "" } else { self.code() } }
    }
}

struct Painted<'a> {
    text: &'a str,
    code: &'static str,
}

impl Display for Painted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let end = if self.code.is_empty() { "" } else { "\u{1b}[0m" };
        write!(f, "{}{}{end}", self.code, self.text)
    }
}
