//! boots.csv: each boot of each computer.

use super::rows::{Cell, Piece, Sink, columns, cut, list, number, record, seconds, time, truth};
use crate::model::session::Basis;
use crate::model::{Boot, Host, Report};

columns! { row: (&'a Host, &'a Boot) => {
    computer: Cell::Text(&row.0.computer),
    boot_epoch: Cell::Number(row.1.epoch.into()),
    start: time(row.1.start),
    start_basis: Cell::Text(row.1.start_basis.map_or("", Basis::word)),
    start_evidence: Cell::Made(&list(&row.1.start_evidence)),
    end: time(row.1.end),
    end_basis: Cell::Text(row.1.end_basis.map_or("", Basis::word)),
    end_cause: Cell::Text(row.1.end_cause.word()),
    end_not_before: time(row.1.end_not_before),
    end_not_after: time(row.1.end_not_after),
    requested_by: Cell::Text(&row.1.requested_by),
    reason: Cell::Text(&row.1.reason),
    clean: truth(row.1.clean),
    boot_id: number(row.1.boot_id),
    lsass_pid: number(row.1.lsass_pid),
    power_segments: Cell::Number(row.1.power_segments.into()),
    sleeps: Cell::Number(row.1.sleeps.into()),
    clock_steps: Cell::Number(row.1.clock_steps.into()),
    clock_step_seconds: seconds(Some(row.1.clock_step)),
    computer_names: Cell::Made(&list(&row.1.computer_names)),
    sessions: Cell::Number(row.1.sessions),
    first_record: record(row.1.first_record),
    last_record: record(row.1.last_record),
    flags: Cell::Made(&list(&row.1.flags)),
} }

pub(super) fn pieces(report: &Report) -> Vec<Piece<'_>> {
    let hosts = report.hosts.iter();
    hosts.flat_map(|h| cut(&h.boots, move |boot, sink| write_row((h, boot), sink))).collect()
}
