//! The findings, as the page shows them: in a list, and as marks on the axis.

use super::clock::{ClockIntervals, TimeBase};
use super::columns::Exact;
use crate::model::{Channel, Citation, Finding, Report};
use crate::output::escape::visible;
use crate::output::tables::log_path;
use serde::Serialize;

/// One finding.
#[derive(Debug, Serialize)]
pub(super) struct FindingRow {
    severity: &'static str,
    code: &'static str,
    message: String,
    log: String,
    /// `Security#230200`, or the number alone where the log holds several channels.
    record: String,
    /// The index of the boot, where it is about one.
    boot: Option<usize>,
    /// The time, and the interval of the clock of that boot in which it lies.
    place: Option<(Exact, usize)>,
}

/// A finding about a computer; `boot` is the boot that it is about, by index.
pub(super) fn row(
    report: &Report,
    finding: &Finding,
    boot: Option<(usize, &ClockIntervals<'_>)>,
    base: TimeBase,
) -> FindingRow {
    let record = citation(report, finding);
    let interval = |clock: &ClockIntervals<'_>, time| match &record {
        Some(record) => clock.at_record(record),
        None => clock.at_reading(0, time),
    };
    let place = finding.time.map(|time| {
        let at = boot.map_or(0, |(_, clock)| interval(clock, time));
        (base.exact(time), at)
    });
    let number = finding.record_id.map_or(String::new(), |id| format!("#{id}"));
    FindingRow {
        severity: finding.severity.word(),
        code: finding.code.word(),
        message: visible(&finding.message).into_owned(),
        log: visible(log_path(report, finding.log)).into_owned(),
        record: record.map_or(number, |record| record.to_string()),
        boot: boot.map(|(index, _)| index),
        place,
    }
}

/// The record of a finding, where its log holds one channel, so that this is known.
fn citation(report: &Report, finding: &Finding) -> Option<Citation> {
    let log = finding.log?;
    let [channel] = &report.log(log)?.channels.iter().collect::<Vec<_>>()[..] else { return None };
    let channel = Channel::from_name(channel)?;
    Some(Citation { channel, record_id: finding.record_id?, log, event_id: 0 })
}
