//! What `--help` shows behind the options. A test compares its answers with those of the program.

pub(super) const LONG: &str = include_str!("help.txt").trim_ascii_end();
