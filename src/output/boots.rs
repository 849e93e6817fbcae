//! boots.csv: each boot of each computer.

use super::table::{Cell, Sink, columns, list, number, seconds, shown, text, time, truth};
use crate::model::{Boot, History, Report};
use std::io;

columns! { row: (&History, &Boot) => {
    computer: text(&*row.0.computer),
    boot_epoch: Cell::Number(row.1.epoch.into()),
    start: time(row.1.start),
    start_basis: shown(row.1.start_basis),
    start_evidence: list(&row.1.start_evidence),
    end: time(row.1.end),
    end_basis: shown(row.1.end_basis),
    end_cause: shown(Some(row.1.end_cause)),
    end_not_before: time(row.1.end_not_before),
    end_not_after: time(row.1.end_not_after),
    requested_by: text(&*row.1.requested_by),
    reason: text(&*row.1.reason),
    clean: truth(row.1.clean),
    boot_id: number(row.1.boot_id),
    lsass_pid: number(row.1.lsass_pid),
    power_segments: Cell::Number(row.1.power_segments.into()),
    sleeps: Cell::Number(row.1.sleeps.into()),
    clock_steps: Cell::Number(row.1.clock_steps.into()),
    clock_step_seconds: seconds(Some(row.1.clock_step)),
    computer_names: list(&row.1.computer_names),
    sessions: Cell::Number(row.1.sessions),
    first_record: shown(row.1.first_record.as_ref()),
    last_record: shown(row.1.last_record.as_ref()),
    flags: list(&row.1.flags),
} }

pub(super) fn each_row(report: &Report, sink: &mut Sink<'_>) -> io::Result<()> {
    for history in &report.histories {
        for boot in &history.boots {
            sink(&cells(&(history, boot)))?;
        }
    }
    Ok(())
}
