//! findings.csv: what an examiner must know.

use super::log_path;
use super::row::{TableCell, columns, number, time};
use crate::model::{Finding, Report};

columns! { row: (&'a Report, &'a Finding) => {
    severity: TableCell::Word(row.1.severity.word()),
    code: TableCell::Word(row.1.code.word()),
    computer: TableCell::Text(&row.1.computer),
    boot_epoch as Unsigned: number(row.1.boot_epoch),
    time: time(row.1.time),
    log_path: TableCell::Text(log_path(row.0, row.1.log)),
    record_id as Unsigned: number(row.1.record_id),
    message: TableCell::Text(&row.1.message),
} }
