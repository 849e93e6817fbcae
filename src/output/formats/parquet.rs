//! Parquet: a file for each table, with the columns and the texts of CSV, and a type for each column. Source:
//! the Parquet format specification, "Logical types".

use super::{OutputFile, PARQUET_EXTENSION, ReportFormat, ReportInput};
use crate::output::tables::Table;
use crate::output::tables::row::{CellValue, ColumnKind, RowSink, TableCell};
use ::parquet::basic::{Compression, GzipLevel, LogicalType, Repetition, Type as PhysicalType};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::{Type, TypePtr};
use std::io::{self, Write};
use std::sync::Arc;

/// Tables as Parquet.
pub(super) struct Parquet;

impl ReportFormat for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn is_text(&self) -> bool {
        false
    }

    fn files(&self) -> Vec<OutputFile> {
        OutputFile::one_per_table(PARQUET_EXTENSION, write_table)
    }
}

/// A group of rows is in memory until it is written, with some 2 KB for each row; it has at least so many, if there
/// are so many.
const ROWS_PER_GROUP: usize = 1 << 14;

/// Who made a file. The time is no part of it.
const CREATED_BY: &str = concat!("winlast version ", env!("CARGO_PKG_VERSION"));

fn write_table(table: Table, input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    let chunks = input.chunks(table);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema(table)?, properties().into())
        .map_err(failed)?;
    let mut rows = ParquetRows::of(table);
    for chunk in &chunks {
        chunk.write_to(&mut rows)?;
        if rows.count >= ROWS_PER_GROUP {
            rows.write_group(&mut writer)?;
            drain(&mut writer, out)?;
        }
    }
    rows.write_group(&mut writer)?;
    writer.finish().map_err(failed)?;
    drain(&mut writer, out)?;
    out.flush()
}

/// The writer needs an output that it may send to another thread, which ours need not be: it writes to
/// memory, and what is complete goes on from there.
fn drain(writer: &mut SerializedFileWriter<Vec<u8>>, out: &mut dyn Write) -> io::Result<()> {
    writer.flush()?;
    out.write_all(writer.inner())?;
    writer.inner_mut().clear();
    Ok(())
}

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::GZIP(GzipLevel::default()))
        .build()
}

/// Columns that may be empty, with their types.
fn schema(table: Table) -> io::Result<TypePtr> {
    let column = |(name, kind): (&&str, &ColumnKind)| {
        let (physical, logical) = match kind {
            ColumnKind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            ColumnKind::Unsigned => {
                let unsigned = LogicalType::integer(64, false);
                (PhysicalType::INT64, Some(unsigned))
            }
            ColumnKind::Signed => (PhysicalType::INT64, None),
            ColumnKind::Real => (PhysicalType::DOUBLE, None),
            ColumnKind::Truth => (PhysicalType::BOOLEAN, None),
        };
        let column = Type::primitive_type_builder(name, physical);
        let column = column.with_repetition(Repetition::OPTIONAL).with_logical_type(logical);
        column.build().map(Arc::new)
    };
    let columns: Result<Vec<TypePtr>, ParquetError> =
        table.columns().iter().zip(table.kinds()).map(column).collect();
    let fields = columns.map_err(failed)?;
    let schema = Type::group_type_builder(table.name()).with_fields(fields).build();
    schema.map(Arc::new).map_err(failed)
}

fn failed(why: ParquetError) -> io::Error {
    match why {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => *source,
            Err(source) => io::Error::other(source),
        },
        why => io::Error::other(why),
    }
}

/// The rows of a group, by columns.
struct ParquetRows {
    columns: Vec<Column>,
    /// Complete rows.
    count: usize,
    /// The column of the next cell.
    next: usize,
    /// Where the text of a cell is put together.
    buffer: Vec<u8>,
}

/// A column of a group.
struct Column {
    values: Values,
    /// For each row: 1 where it has a value, 0 where it is empty.
    levels: Vec<i16>,
}

/// The values of a column that are not empty.
enum Values {
    Text(Vec<ByteArray>),
    /// Above `i64::MAX` an unsigned number has the bits of a negative one, as the format wants it.
    Integer(Vec<i64>),
    Real(Vec<f64>),
    Truth(Vec<bool>),
}

impl Values {
    fn of(kind: ColumnKind) -> Values {
        match kind {
            ColumnKind::Text => Values::Text(Vec::new()),
            ColumnKind::Unsigned | ColumnKind::Signed => Values::Integer(Vec::new()),
            ColumnKind::Real => Values::Real(Vec::new()),
            ColumnKind::Truth => Values::Truth(Vec::new()),
        }
    }

    /// Adds a value. `false`: it is of another type.
    fn push(&mut self, value: CellValue<'_>) -> bool {
        match (self, value) {
            (Values::Text(all), CellValue::Text(text)) => {
                all.push(ByteArray::from(text.as_bytes().to_vec()));
            }
            (Values::Integer(all), CellValue::Unsigned(number)) => all.push(number.cast_signed()),
            (Values::Integer(all), CellValue::Signed(number)) => all.push(number),
            (Values::Real(all), CellValue::Real(number)) => all.push(number),
            (Values::Truth(all), CellValue::Truth(truth)) => all.push(truth),
            _ => return false,
        }
        true
    }
}

impl ParquetRows {
    fn of(table: Table) -> ParquetRows {
        let column = |&kind| Column { values: Values::of(kind), levels: Vec::new() };
        let columns = table.kinds().iter().map(column).collect();
        ParquetRows { columns, count: 0, next: 0, buffer: Vec::new() }
    }

    /// Writes the rows as a group, if there are any, and forgets them.
    fn write_group(&mut self, writer: &mut SerializedFileWriter<Vec<u8>>) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let mut group = writer.next_row_group().map_err(failed)?;
        for column in &mut self.columns {
            let Some(mut out) = group.next_column().map_err(failed)? else { break };
            column.write(&mut out).map_err(failed)?;
            out.close().map_err(failed)?;
        }
        group.close().map_err(failed)?;
        self.count = 0;
        Ok(())
    }
}

impl Column {
    fn write(&mut self, out: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = std::mem::take(&mut self.levels);
        match &mut self.values {
            Values::Text(all) => batch::<ByteArrayType>(&std::mem::take(all), &levels, out),
            Values::Integer(all) => batch::<Int64Type>(&std::mem::take(all), &levels, out),
            Values::Real(all) => batch::<DoubleType>(&std::mem::take(all), &levels, out),
            Values::Truth(all) => batch::<BoolType>(&std::mem::take(all), &levels, out),
        }
    }
}

fn batch<T: DataType>(
    values: &[T::T],
    levels: &[i16],
    out: &mut SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    out.typed::<T>().write_batch(values, Some(levels), None).map(|_| ())
}

impl RowSink for ParquetRows {
    fn cell(&mut self, column: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        let value = cell.value(&mut self.buffer);
        let Some(own) = self.columns.get_mut(self.next) else { return Ok(()) };
        self.next += 1;
        let is_given = value != CellValue::Empty;
        if is_given && !own.values.push(value) {
            return Err(io::Error::other(format!("{column} holds a value of another type")));
        }
        own.levels.push(is_given.into());
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.next = 0;
        self.count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NAMES, hostile_report, report_of, written_file, written_of};
    use super::*;
    use crate::model::sample;
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::{Field, Row};
    use std::fs::File;

    fn rows(report: &crate::model::Report, file: &str) -> Vec<Row> {
        let written = written_file(report, "parquet", file);
        let reader = SerializedFileReader::new(File::open(&written.0).unwrap()).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    fn field<'r>(row: &'r Row, column: &str) -> &'r Field {
        row.get_column_iter().find(|(name, _)| *name == column).unwrap().1
    }

    #[test]
    fn columns_have_types_and_empty_cells_are_null() {
        let report = report_of(sample::full_session());
        let sessions = rows(&report, "sessions.parquet");
        let row = sessions.first().unwrap();
        for (column, expected) in [
            ("session_id", Field::Str("DC01.contoso.local/2/0x29b379".into())),
            ("boot_epoch", Field::ULong(2)),
            ("start", Field::Str("2015-09-09T03:00:00.0000000Z".into())),
            ("duration_seconds", Field::Double(520.0)),
            ("elevated", Field::Bool(false)),
            ("source_port", Field::Null),
            ("source_ip", Field::Null),
        ] {
            assert_eq!(field(row, column), &expected, "{column}");
        }
    }

    #[test]
    fn numbers_keep_all_their_bits() {
        let mut report = report_of(sample::full_session());
        report.findings[1].record_id = Some(u64::MAX);
        report.hosts[0].boots[0].time_zone =
            Some(crate::model::event::TimeZone { name: "X".into(), utc_offset_minutes: -150 });
        let findings = rows(&report, "findings.parquet");
        assert_eq!(field(&findings[1], "record_id"), &Field::ULong(u64::MAX));
        let boots = rows(&report, "boots.parquet");
        assert_eq!(field(&boots[0], "utc_offset_minutes"), &Field::Long(-150));
    }

    #[test]
    fn hostile_names_are_as_in_csv() {
        let sessions = rows(&hostile_report(), "sessions.parquet");
        let names: Vec<&Field> = sessions.iter().map(|row| field(row, "user_name")).collect();
        let expected = NAMES.iter().map(|(_, shown)| Field::Str((*shown).into()));
        assert_eq!(names, expected.collect::<Vec<_>>().iter().collect::<Vec<_>>());
    }

    /// Several groups, and the rows of many chunks in one.
    #[test]
    fn no_row_is_lost_between_groups() {
        let mut report = report_of(sample::full_session());
        let finding = report.findings[0].clone();
        report.findings = (0..=2 * ROWS_PER_GROUP as u64)
            .map(|number| crate::model::Finding { record_id: Some(number), ..finding.clone() })
            .collect();
        let findings = rows(&report, "findings.parquet");
        assert_eq!(findings.len(), 2 * ROWS_PER_GROUP + 1);
        for (number, row) in (0..).zip(&findings) {
            assert_eq!(field(row, "record_id"), &Field::ULong(number));
        }
    }

    #[test]
    fn a_table_without_rows_is_a_file_with_columns() {
        assert!(rows(&crate::model::Report::default(), "boots.parquet").is_empty());
        let bytes = written_of(&crate::model::Report::default(), "parquet", "boots.parquet");
        assert!(bytes.starts_with("PAR1") && bytes.ends_with("PAR1"));
    }
}
