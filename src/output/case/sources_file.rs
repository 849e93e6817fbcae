//! The list of the sources of a batch, which stands in the folder of their case folders.

use super::temporary_file::{TemporaryFile, unfinished};
use crate::error::Result;
use crate::model::hex;
use crate::output::formats::csv;
use crate::output::tables::TableChunk;
use crate::output::tables::sources::{self, SourceRow};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Its name.
pub const SOURCES_FILE: &str = "sources.csv";

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

/// The SHA-256 of `bytes` in hexadecimal digits, whose first ones tell folders of one name apart.
pub fn hex_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
