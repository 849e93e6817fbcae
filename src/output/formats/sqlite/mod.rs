//! A SQLite database: each table as it is in CSV, with indices, and views for the usual questions
//! (`views.sql`).

use super::{OutputFile, ReportFormat, ReportInput, SQLITE_FILE};
use crate::output::tables::Table;
use crate::output::tables::row::{CellValue, ColumnKind, RowSink, TableCell};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ToSql};
use std::io;
use std::path::Path;

/// The tables in a database.
pub(super) struct Sqlite;

impl ReportFormat for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn is_text(&self) -> bool {
        false
    }

    fn files(&self) -> Vec<OutputFile> {
        vec![OutputFile::by_path(SQLITE_FILE, write)]
    }
}

/// How a database is made that nobody else has open, and that is removed if it is not completed: without a
/// journal, and without files elsewhere. What shapes its bytes is said here, whatever SQLite would choose.
const SETTINGS: &str = "
    PRAGMA encoding = 'UTF-8';
    PRAGMA page_size = 4096;
    PRAGMA auto_vacuum = NONE;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -32768;
";

/// Indices and views, made when the tables are full.
const VIEWS: &str = include_str!("views.sql");

fn write(input: &ReportInput<'_>, path: &Path) -> io::Result<()> {
    // No SQLITE_OPEN_URI: a path is never taken for an address.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut database = Connection::open_with_flags(path, flags).map_err(failed)?;
    database.execute_batch(SETTINGS).map_err(failed)?;
    let transaction = database.transaction().map_err(failed)?;
    for table in Table::ALL.iter().copied().filter(|table| table.is_of(input.report)) {
        transaction.execute_batch(&definition(table)).map_err(failed)?;
        let insert = transaction.prepare(&insertion(table)).map_err(failed)?;
        let mut sink = SqlRows { insert, filled: 0, buffer: Vec::new() };
        let chunks = input.chunks(table);
        chunks.iter().try_for_each(|chunk| chunk.write_to(&mut sink))?;
    }
    transaction.execute_batch(VIEWS).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    database.close().map_err(|(_, why)| failed(why))
}

/// `CREATE TABLE "logs" ("path" TEXT, "size" INTEGER, …)`
fn definition(table: Table) -> String {
    let columns = table.columns().iter().zip(table.kinds());
    let columns: Vec<String> =
        columns.map(|(name, kind)| format!("\"{name}\" {}", type_of(*kind))).collect();
    format!("CREATE TABLE \"{table}\" ({})", columns.join(", "))
}

fn type_of(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "TEXT",
        ColumnKind::Unsigned | ColumnKind::Signed | ColumnKind::Truth => "INTEGER",
        ColumnKind::Real => "REAL",
    }
}

/// `INSERT INTO "logs" VALUES (?, ?, …)`
fn insertion(table: Table) -> String {
    let places = vec!["?"; table.columns().len()];
    format!("INSERT INTO \"{table}\" VALUES ({})", places.join(", "))
}

fn failed(why: rusqlite::Error) -> io::Error {
    match why.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => io::ErrorKind::StorageFull.into(),
        _ => io::Error::other(why),
    }
}

/// Inserts rows.
struct SqlRows<'d> {
    insert: Statement<'d>,
    /// Cells of the row that have their place.
    filled: usize,
    /// Where the text of a cell is put together.
    buffer: Vec<u8>,
}

impl SqlRows<'_> {
    fn bind(insert: &mut Statement<'_>, place: usize, value: impl ToSql) -> io::Result<()> {
        insert.raw_bind_parameter(place, value).map_err(failed)
    }
}

impl RowSink for SqlRows<'_> {
    fn cell(&mut self, _: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        self.filled += 1;
        let (insert, place) = (&mut self.insert, self.filled);
        match cell.value(&mut self.buffer) {
            CellValue::Empty => SqlRows::bind(insert, place, rusqlite::types::Null),
            CellValue::Text(text) => SqlRows::bind(insert, place, text.as_ref()),
            CellValue::Unsigned(number) => match i64::try_from(number) {
                Ok(number) => SqlRows::bind(insert, place, number),
                // No integer of SQLite: as a text it would become a floating point number, which is not
                // exact. A blob stays as it is, and sorts behind all numbers.
                Err(_) => SqlRows::bind(insert, place, number.to_string().as_bytes()),
            },
            CellValue::Signed(number) => SqlRows::bind(insert, place, number),
            CellValue::Real(number) => SqlRows::bind(insert, place, number),
            CellValue::Truth(truth) => SqlRows::bind(insert, place, truth),
        }
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.filled = 0;
        self.insert.raw_execute().map_err(failed).map(|_| ())
    }
}

#[cfg(test)]
mod tests;
