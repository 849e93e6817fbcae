//! boots.csv: each boot of each computer.

use super::row::{TableCell, columns, number, record, seconds, time, truth};
use crate::model::append::list;
use crate::model::session::Basis;
use crate::model::{Boot, Host};

columns! { row: (&'a Host, &'a Boot) => {
    computer: TableCell::Text(&row.0.computer),
    boot_epoch as Unsigned: TableCell::Number(row.1.epoch.into()),
    start: time(row.1.start),
    start_basis: TableCell::Word(row.1.start_basis.map_or("", Basis::word)),
    start_evidence: TableCell::LazyText(&list(&row.1.start_evidence)),
    end: time(row.1.end),
    end_basis: TableCell::Word(row.1.end_basis.map_or("", Basis::word)),
    end_cause: TableCell::Word(row.1.end_cause.word()),
    end_not_before: time(row.1.end_not_before),
    end_not_after: time(row.1.end_not_after),
    requested_by: TableCell::Text(&row.1.requested_by),
    reason: TableCell::Text(&row.1.reason),
    clean as Truth: truth(row.1.clean),
    boot_id as Unsigned: number(row.1.boot_id),
    lsass_pid as Unsigned: number(row.1.lsass_pid),
    power_segments as Unsigned: TableCell::Number(row.1.power_segments.into()),
    sleeps as Unsigned: TableCell::Number(row.1.sleeps.into()),
    clock_steps as Unsigned: TableCell::Number(row.1.clock_steps.into()),
    clock_step_seconds as Real: seconds(Some(row.1.clock_step)),
    computer_names: TableCell::LazyText(&list(&row.1.computer_names)),
    sessions as Unsigned: TableCell::Number(row.1.sessions),
    first_record: record(row.1.first_record),
    last_record: record(row.1.last_record),
    flags: TableCell::LazyText(&list(&row.1.flags)),
    confidence: TableCell::Word(row.1.confidence.word()),
    start_confidence: TableCell::Word(row.1.start_confidence.word()),
    inferred_by: TableCell::LazyText(&list(row.1.inferred_by())),
    power: TableCell::LazyText(&list(&row.1.power)),
    utc_offset_minutes as Signed: row.1.time_zone.as_ref().map_or(TableCell::Empty, |zone| {
        TableCell::Signed(zone.utc_offset_minutes.into())
    }),
    time_zone: TableCell::Text(row.1.time_zone.as_ref().map_or("", |zone| &zone.name)),
    utc_offset_in_use_minutes as Signed: row
        .1
        .utc_offset_in_use
        .map_or(TableCell::Empty, |minutes| TableCell::Signed(minutes.into())),
    computer_uid: TableCell::Uid(row.0.uid),
} }
