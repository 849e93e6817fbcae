//! The records of a boot in Security before its first record of LSASS: the 1101 that reports the crash of the boot
//! before, those of the first processes, and the 4826 of the kernel.

use super::gaps::Coverage;
use super::start_marks::{SecurityStart, StartMark};
use crate::model::event_role::SessionRole;
use crate::model::{Event, EventKind, Span};
use crate::timeline::timing::{
    BOOT_SEQUENCE, FIRST_SECONDS, ONE_CRASH_REPORT, PRELUDE_RECORDS, QUARTER_HOUR, ZONES_APART,
};

/// The boot that begins with the record at `index`, with the records of its prelude. Before it there may be an
/// 1101 of another boot, and its 4826, of which a crash left no more than that: a boot of its own.
pub(super) fn with_prelude(
    events: &[Event],
    gaps: &Coverage,
    index: usize,
    mark: StartMark,
) -> (Option<SecurityStart>, SecurityStart) {
    let mut start =
        SecurityStart { index, from: index, mark, evidence: vec![index], dropped: None };
    // Its 4826 is the first record of a boot, but for an 1101.
    let mut has_first = false;
    for (before, earlier) in prelude(events, index) {
        match earlier.kind {
            EventKind::AuditDropped if is_of_lost_boot(events, gaps, before, index) => {
                return (Some(lone_crash_report(before)), start);
            }
            // The 1101 comes first of all.
            EventKind::AuditDropped if start.dropped.is_none() => {
                start.dropped = Some(before);
                start.from = before;
            }
            EventKind::AuditDropped if is_of_another_crash(events, start.dropped, earlier) => {
                return (Some(lone_crash_report(before)), start);
            }
            EventKind::BootConfiguration if start.dropped.is_some() => {
                return (crashed_before_lsass(events, before), start);
            }
            _ if start.dropped.is_some() || earlier.role().begins_a_file() => break,
            EventKind::BootConfiguration => {
                start.evidence.push(before);
                start.from = with_first_processes(events, before);
                has_first = true;
            }
            _ => {}
        }
        if !has_first && gaps.may_lack_records_before(events, before) {
            start.from = start.from.min(before);
        }
    }
    (None, start)
}

/// The boot at the end of the log of which a crash, or the collection, left no more than its 1101 and its 4826.
pub(super) fn last_configuration(events: &[Event]) -> Option<SecurityStart> {
    let last = events.last()?.record_id;
    let mut own = before(events, events.len(), last);
    let (at, _) = own.find(|(_, event)| matches!(event.kind, EventKind::BootConfiguration))?;
    crashed_before_lsass(events, at)
}

/// The boot of a 4826 behind which LSASS wrote nothing. The kernel writes one in each boot, and the event log
/// service reports the crash of the boot before right in front of it.
fn crashed_before_lsass(events: &[Event], configuration: usize) -> Option<SecurityStart> {
    let first = with_first_processes(events, configuration);
    let report = first.checked_sub(1)?;
    let is_report = |event: &Event| matches!(event.kind, EventKind::AuditDropped);
    events.get(report).filter(|event| is_report(event))?;
    let mut start = lone_crash_report(report);
    start.evidence.push(configuration);
    Some(start)
}

/// The boot of which an 1101 is the first record, and shows that it began.
fn lone_crash_report(report: usize) -> SecurityStart {
    SecurityStart {
        index: report,
        from: report,
        mark: StartMark::Dropped,
        evidence: vec![report],
        dropped: Some(report),
    }
}

/// Do two 1101 report two crashes? A boot writes its own at one moment.
fn is_of_another_crash(events: &[Event], own: Option<usize>, other: &Event) -> bool {
    let own = own.and_then(|at| events.get(at));
    own.is_some_and(|own| own.time.since(other.time).abs() > ONE_CRASH_REPORT)
}

/// Is this 1101 of a boot whose other records are missing? It is stamped in the first seconds of its boot. Where the
/// first record of LSASS is later by more than that, and the clock was not set back from one time zone to another in
/// between, that record is of another boot.
fn is_of_lost_boot(events: &[Event], gaps: &Coverage, report: usize, first: usize) -> bool {
    events.get(report).zip(events.get(first)).is_some_and(|(report, first)| {
        let later = first.time.since(report.time);
        let beyond = Span(later.0.saturating_neg().rem_euclid(QUARTER_HOUR.0));
        let is_in_two_zones = later <= ZONES_APART && beyond <= FIRST_SECONDS;
        later > BOOT_SEQUENCE.longest()
            && !is_in_two_zones
            && gaps.may_lack_records_between(report.record_id, first.record_id)
    })
}

/// A 4648 just before the first logon of a new LSASS is of the same LSASS; so is an 1100 before a
/// record that is older and was only recorded late.
pub(super) fn with_announcement(events: &[Event], index: usize) -> usize {
    let belongs = |before: &Event, first: &Event| {
        let same_process = before.process_id == first.process_id && before.process_id != 0;
        match before.kind {
            EventKind::ExplicitCredentials(..) => same_process,
            EventKind::Boundary if before.is_head_only() && before.event_id == 4648 => same_process,
            EventKind::EventLogShutdown => first.time <= before.time,
            _ => false,
        }
    };
    let first = events.get(index);
    let is_own = |at: &usize| events.get(*at).zip(first).is_some_and(|(b, f)| belongs(b, f));
    index.checked_sub(1).filter(is_own).unwrap_or(index)
}

/// The kernel writes its 4826 right after the records of its first two processes (4688 and 4696).
fn with_first_processes(events: &[Event], configuration: usize) -> usize {
    let Some(id) = events.get(configuration).map(|event| event.record_id) else {
        return configuration;
    };
    let is_own = |at: &usize| {
        events
            .get(*at)
            .is_some_and(|event| event.is_boundary() && event.record_id.saturating_add(2) >= id)
    };
    (configuration.saturating_sub(2)..configuration).find(is_own).unwrap_or(configuration)
}

/// The records just before a boot's first session record, newest first, back to the last record
/// that is surely of the old boot.
fn prelude(events: &[Event], index: usize) -> impl Iterator<Item = (usize, &Event)> {
    let first = events.get(index).map_or(0, |event| event.record_id);
    before(events, index, first)
}

/// The records before `end`, newest first, back to the last one that LSASS or the end of a boot left, and of the
/// length of a prelude. The last of them is followed by the record with the ID `next`.
fn before(events: &[Event], end: usize, next: u64) -> impl Iterator<Item = (usize, &Event)> {
    let is_of_old_boot = |event: &Event| {
        matches!(event.kind, EventKind::EventLogShutdown)
            || event.lsass_pid().is_some()
            || matches!(event.kind, EventKind::LsassStarted)
            || matches!(
                event.role().session,
                SessionRole::Starts | SessionRole::Ends | SessionRole::IsThere
            )
    };
    let before = (0..end).rev().filter_map(|at| events.get(at).map(|event| (at, event)));
    before
        .take_while(move |(_, event)| event.record_id.saturating_add(PRELUDE_RECORDS) >= next)
        .take_while(move |(_, event)| !is_of_old_boot(event))
}
