//! The files by which a case is known, and read instead of its logs.

/// How the run was made, and the SHA-256 of every other file. It is written last.
pub(crate) const RUN_FILE: &str = "run.json";
/// The folder with a page for each computer, where a case has too many for one page.
pub(crate) const PAGES_FOLDER: &str = "report";
/// Everything that was read.
pub(crate) const EVENTS_FILE: &str = "events.jsonl.gz";
