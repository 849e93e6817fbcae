//! What `--help` shows behind the options.

pub(super) const LONG: &str = "\
Examples:
TODO";
