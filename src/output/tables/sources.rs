//! sources.csv: what became of each source of a batch.

use super::row::{TableCell, columns, number};

/// One row of sources.csv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// The source as given.
    pub source: String,
    /// The name of its case folder.
    pub folder: String,
    /// The case that was made of it, or why there is none.
    pub outcome: Result<CaseOutcome, String>,
}

/// What a complete case folder says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseOutcome {
    /// The exit code that a run on this source alone would have had.
    pub exit_code: u8,
    /// Rows of sessions.csv.
    pub sessions: u64,
    /// Rows of findings.csv.
    pub findings: u64,
}

/// The exit code of a run that produced nothing.
const NOTHING_PRODUCED: u8 = 1;

columns! { row: &'a SourceRow => {
    source: TableCell::Text(&row.source),
    folder: TableCell::Text(&row.folder),
    exit_code as Unsigned: number(Some(row.done().map_or(NOTHING_PRODUCED, |done| done.exit_code))),
    sessions as Unsigned: number(row.done().map(|done| done.sessions)),
    findings as Unsigned: number(row.done().map(|done| done.findings)),
    message: TableCell::Text(row.outcome.as_ref().err().map_or("", String::as_str)),
} }

impl SourceRow {
    fn done(&self) -> Option<&CaseOutcome> {
        self.outcome.as_ref().ok()
    }
}
