//! The list of the sources of a batch, which is in the folder of their case folders.

use super::temporary_file::{TemporaryFile, unfinished};
use crate::error::Result;
use crate::output::formats::csv;
use crate::output::tables::TableChunk;
use crate::output::tables::sources::{self, SourceRow};
use std::path::Path;

pub use crate::model::case_files::SOURCES_FILE;

/// Its columns, in order.
pub const SOURCE_COLUMNS: &[&str] = sources::COLUMNS;

/// Writes sources.csv into `folder`, in place of an earlier one, with `excel_safe` as the tables of a
/// case.
///
/// # Errors
/// When it cannot be written: then an earlier one is as it was.
pub fn write_sources(folder: &Path, rows: &[SourceRow], excel_safe: bool) -> Result<()> {
    let (file, _) = TemporaryFile::write(folder, SOURCES_FILE, &|out| {
        csv::write(SOURCE_COLUMNS, &[TableChunk::Sources(rows)], excel_safe, out)
    })?;
    file.finish(&mut unfinished())
}
