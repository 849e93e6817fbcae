//! The list of the sources of a batch, which stands in the folder of their case folders.

use super::temporary_file::TemporaryFile;
use crate::error::Result;
use crate::output::formats::csv;
use crate::output::tables::sources::{self, SourceRow};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Its name.
pub const SOURCES_FILE: &str = "sources.csv";

/// Its columns, in order.
pub const SOURCE_COLUMNS: &[&str] = sources::COLUMNS;

/// Writes sources.csv into `folder`, in place of an earlier one.
///
/// # Errors
/// When it cannot be written: then an earlier one is as it was.
pub fn write_sources(folder: &Path, rows: &[SourceRow]) -> Result<()> {
    let (file, _) = TemporaryFile::write(folder, SOURCES_FILE, &|out| {
        csv::write(SOURCE_COLUMNS, &[sources::chunk(rows)], false, out)
    })?;
    file.finish()
}

/// Eight hexadecimal digits of the SHA-256 of `bytes`, by which two folders of one name differ.
pub fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
