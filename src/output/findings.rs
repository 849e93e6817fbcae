//! findings.csv: what an examiner must know.

use super::rows::{Cell, Piece, Sink, columns, cut, number, time};
use crate::model::{Finding, LogId, Report};

columns! { row: (&'a Report, &'a Finding) => {
    severity: Cell::Made(&row.1.code.severity()),
    code: Cell::Text(row.1.code.word()),
    computer: Cell::Text(&row.1.computer),
    boot_epoch: number(row.1.boot_epoch),
    time: time(row.1.time),
    log_path: Cell::Text(log_path(row.0, row.1.log)),
    record_id: number(row.1.record_id),
    message: Cell::Text(&row.1.message),
} }

pub(super) fn pieces(report: &Report) -> Vec<Piece<'_>> {
    cut(&report.findings, move |finding, sink| write_row((report, finding), sink)).collect()
}

/// Path of a log; empty for none.
pub(super) fn log_path(report: &Report, log: Option<LogId>) -> &str {
    log.and_then(|id| report.logs.get(id.index())).map_or("", |log| log.path.as_str())
}
