//! Writes a [`Report`](crate::model::Report).
//!
//! - [`Table`]: what is written, with columns and rows.
//! - [`Format`]: how it is written, one file and one row for each format.
//! - [`CaseFolder`]: where it is written, together with `run.json`.
//! - [`write_terminal`]: the table on a terminal; [`write_people`]: who was there at a moment;
//!   [`write_trail`]: the steps from computer to computer;
//!   [`write_explanations`]: what a session is based on.
//!
//! The same report gives the same bytes, except in `run.json`: all that differs from run to run
//! stands there.

mod attempt_line;
mod case;
mod device_name;
mod escape;
mod explanation;
mod finding_lines;
mod formats;
mod safe_names;
mod sentences;
mod tables;
mod totals;
mod wording;
mod wrap;

pub use crate::time_zone::Zone;
pub use attempt_line::failed_logons;
pub use case::{
    CaseFolder, CaseSettings, Choices, EarlierCase, EvidencePaths, RunFacts, SOURCE_COLUMNS,
    SOURCES_FILE, earlier_case, remove_unfinished, write_sources,
};
pub use escape::visible;
pub use explanation::{Explanation, write_explanations};
pub use finding_lines::{
    MoreFindings, count_by_severity, finding_line, most_important, worst_first,
};
pub use formats::terminal::{SortKey, TerminalView, write_people, write_terminal, write_trail};
pub use formats::{Format, Formats, OutputOptions, write_html, write_table};
pub use safe_names::{NameRules, WantedName, hex_hash, safe_names};
pub use tables::sources::{CaseOutcome, SourceRow};
pub use tables::{Table, TimelineRows};
pub use totals::Totals;
pub use wrap::wrapped;
