//! The boots of one computer: their clock, when it was off or asleep, what the logs cover.

use super::clock::{ClockIntervals, TimeBase};
use super::columns::Exact;
use crate::model::append::list;
use crate::model::{Boot, Channel, ChannelCoverage, Moment, PowerInterval};
use crate::output::escape::visible;
use serde::Serialize;

/// One boot. `docs/report-format.md` describes each field.
#[derive(Debug, Serialize)]
pub(super) struct BootRow {
    epoch: u32,
    cause: &'static str,
    confidence: &'static str,
    start: Option<Exact>,
    end: Option<Exact>,
    not_before: Option<Exact>,
    not_after: Option<Exact>,
    by: String,
    reason: String,
    start_evidence: String,
    end_evidence: String,
    records: [String; 2],
    names: String,
    flags: String,
    sessions: u64,
    /// The first and the last clock time between two steps of the clock.
    intervals: Vec<[Exact; 2]>,
    power: Vec<PowerRow>,
    coverage: Vec<CoverageRow>,
}

#[derive(Debug, Serialize)]
struct PowerRow {
    kind: &'static str,
    from: Option<Place>,
    to: Option<Place>,
    records: String,
}

#[derive(Debug, Serialize)]
struct CoverageRow {
    channel: &'static str,
    first: Place,
    last: Place,
    gaps: Vec<GapRow>,
}

#[derive(Debug, Serialize)]
struct GapRow {
    records: [Exact; 2],
    after: Option<Place>,
    before: Place,
}

/// A time, and the interval of the clock of its boot in which it lies.
pub(super) type Place = (Exact, usize);

/// The row of a boot; of one without a row of its own, with the number of its epoch alone.
pub(super) fn row(
    epoch: u32,
    boot: Option<&Boot>,
    clock: &ClockIntervals<'_>,
    base: TimeBase,
) -> BootRow {
    let time = |time: Option<crate::model::Timestamp>| time.map(|time| base.exact(time));
    let record = |record: Option<crate::model::Citation>| {
        record.map_or(String::new(), |record| record.to_string())
    };
    let shown = |text: Option<&String>| text.map_or(String::new(), |text| visible(text).into());
    let names = boot.map(|boot| list(&boot.computer_names).to_string());
    let intervals = clock.readings.iter().map(|readings| {
        let (first, last) = readings.unwrap_or_default();
        [base.exact(first), base.exact(last)]
    });
    let has_time = clock.readings.iter().any(Option::is_some);
    BootRow {
        epoch,
        cause: boot.map_or("", |boot| boot.end_cause.word()),
        confidence: boot.map_or("", |boot| boot.confidence.word()),
        start: time(boot.and_then(|boot| boot.start)),
        end: time(boot.and_then(|boot| boot.end)),
        not_before: time(boot.and_then(|boot| boot.end_not_before)),
        not_after: time(boot.and_then(|boot| boot.end_not_after)),
        by: shown(boot.map(|boot| &boot.requested_by)),
        reason: shown(boot.map(|boot| &boot.reason)),
        start_evidence: boot.map_or(String::new(), |boot| list(&boot.start_evidence).to_string()),
        end_evidence: boot.map_or(String::new(), |boot| list(&boot.end_evidence).to_string()),
        records: [
            record(boot.and_then(|boot| boot.first_record)),
            record(boot.and_then(|boot| boot.last_record)),
        ],
        names: shown(names.as_ref()),
        flags: boot.map_or(String::new(), |boot| list(&boot.flags).to_string()),
        sessions: boot.map_or(0, |boot| boot.sessions),
        intervals: if has_time { intervals.collect() } else { Vec::new() },
        power: boot.map_or(Vec::new(), |boot| {
            boot.power.iter().map(|own| power_row(own, clock, base)).collect()
        }),
        coverage: boot.map_or(Vec::new(), |boot| {
            boot.coverage.iter().map(|own| coverage_row(own, clock, base)).collect()
        }),
    }
}

fn place(moment: &Moment, clock: &ClockIntervals<'_>, base: TimeBase) -> Place {
    (base.exact(moment.time), clock.at_record(&moment.record))
}

fn power_row(own: &PowerInterval, clock: &ClockIntervals<'_>, base: TimeBase) -> PowerRow {
    PowerRow {
        kind: own.kind.word(),
        from: own.from.as_ref().map(|moment| place(moment, clock, base)),
        to: own.to.as_ref().map(|moment| place(moment, clock, base)),
        records: list(&own.records).to_string(),
    }
}

fn coverage_row(own: &ChannelCoverage, clock: &ClockIntervals<'_>, base: TimeBase) -> CoverageRow {
    let channel: Channel = own.channel;
    let gaps = own.gaps.iter().map(|gap| GapRow {
        records: [Exact(gap.records.0.into()), Exact(gap.records.1.into())],
        after: gap.after.as_ref().map(|moment| place(moment, clock, base)),
        before: place(&gap.before, clock, base),
    });
    CoverageRow {
        channel: channel.name(),
        first: place(&own.first, clock, base),
        last: place(&own.last, clock, base),
        gaps: gaps.collect(),
    }
}
