//! What `--help` shows behind the options. A test holds its answers against those of the program.

pub(super) const LONG: &str = include_str!("help.txt").trim_ascii_end();
