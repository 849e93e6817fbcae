//! One writer per format over one [`Report`](crate::model::Report): the tables as CSV or JSON
//! lines, the page, the table on a terminal, the case folder.
//!
//! The same report gives the same bytes, except in `run.json`, where all that differs from run
//! to run has its place.

mod aside;
mod boots;
mod case;
mod findings;
mod html;
mod logs;
mod rows;
mod run;
mod sessions;
mod sources;
mod table;
mod terminal;
mod text;
mod timeline;
mod words;
mod zone;

pub use aside::remove_unfinished;
pub use case::{CaseFolder, Formats};
pub use html::write_html;
pub use rows::Rows;
pub use run::{Choices, RunFacts, Totals};
pub use sources::{
    Earlier, Outcome, SOURCE_COLUMNS, SOURCES_FILE, SourceRow, earlier_case, short_hash,
    write_sources,
};
pub use table::{Table, TableFormat, write_table};
pub use terminal::{View, count_by_severity, finding_line, most_important, write_terminal};
pub use text::visible;
pub use zone::Zone;

use words::is_person;
