//! Which records of a boot come before the first record of LSASS in Security?
//!
//! These are the 1101 that reports the crash of the boot before, the records of the first processes
//! (4688, 4696), and the 4826 of the kernel. They belong to the new boot, although the 4608 comes
//! after them.
//!
//! Example: 4634 of the old boot; 1101; 4826; 4608. The new boot begins with the 1101.

use super::gaps::Gaps;
use super::security_start::{SecurityStart, StartIndicator};
use crate::model::event_role::SessionRole;
use crate::model::{Event, EventKind};
use crate::timeline::timing::{
    BOOT_SEQUENCE, FIRST_SECONDS, LEADING_RECORDS, ONE_CRASH_REPORT, lag_across_time_zones,
};

/// The boot whose first record of LSASS is at `index`, with the records before it that belong to
/// it. Before these there may be an 1101 and a 4826 of yet another boot, which crashed before it
/// wrote more: then that boot is returned first.
pub(super) fn with_leading_records(
    events: &[Event],
    gaps: &Gaps,
    index: usize,
    indicator: StartIndicator,
) -> (Option<SecurityStart>, SecurityStart) {
    let mut start =
        SecurityStart { index, from: index, indicator, evidence: vec![index], dropped: None };
    // The 4826 is the first record of a boot, except for an 1101.
    let mut has_first = false;
    for (before, earlier) in leading_records(events, index) {
        match earlier.kind {
            EventKind::AuditDropped if is_of_lost_boot(events, gaps, before, index) => {
                return (Some(boot_of_crash_report(before)), start);
            }
            // The 1101 is the very first record.
            EventKind::AuditDropped if start.dropped.is_none() => {
                start.dropped = Some(before);
                start.from = before;
            }
            EventKind::AuditDropped if is_of_another_crash(events, start.dropped, earlier) => {
                return (Some(boot_of_crash_report(before)), start);
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

/// The boot at the end of the log that has only its 1101 and its 4826, because it crashed or
/// because the log was collected then.
pub(super) fn boot_at_end_of_log(events: &[Event]) -> Option<SecurityStart> {
    let last = events.last()?.record_id;
    let mut own = before(events, events.len(), last);
    let (at, _) = own.find(|(_, event)| matches!(event.kind, EventKind::BootConfiguration))?;
    crashed_before_lsass(events, at)
}

/// The boot of a 4826 after which LSASS wrote nothing. The kernel writes a 4826 in each boot, and
/// the event log service reports the crash of the boot before right before it.
fn crashed_before_lsass(events: &[Event], configuration: usize) -> Option<SecurityStart> {
    let first = with_first_processes(events, configuration);
    let report = first.checked_sub(1)?;
    let is_report = |event: &Event| matches!(event.kind, EventKind::AuditDropped);
    events.get(report).filter(|event| is_report(event))?;
    let mut start = boot_of_crash_report(report);
    start.evidence.push(configuration);
    Some(start)
}

/// The boot that begins with this 1101, and that only the 1101 shows.
fn boot_of_crash_report(report: usize) -> SecurityStart {
    SecurityStart {
        index: report,
        from: report,
        indicator: StartIndicator::AuditDropped,
        evidence: vec![report],
        dropped: Some(report),
    }
}

/// Do two 1101 report two crashes? A boot writes all its 1101 at one moment.
fn is_of_another_crash(events: &[Event], own: Option<usize>, other: &Event) -> bool {
    let own = own.and_then(|at| events.get(at));
    own.is_some_and(|own| own.time.since(other.time).abs() > ONE_CRASH_REPORT)
}

/// Is this 1101 of a boot whose other records are missing? Its time is in the first seconds of its boot. If the first
/// record of LSASS is much later, and the clock was not set back from one time zone to another in between, that record
/// is of another boot.
fn is_of_lost_boot(events: &[Event], gaps: &Gaps, report: usize, first: usize) -> bool {
    events.get(report).zip(events.get(first)).is_some_and(|(report, first)| {
        let later = first.time.since(report.time);
        let lag = lag_across_time_zones(report.time.since(first.time));
        later > BOOT_SEQUENCE.longest()
            && lag.is_none_or(|lag| lag > FIRST_SECONDS)
            && gaps.may_lack_records_between(report.record_id, first.record_id)
    })
}

/// Includes the record right before the first logon of a new LSASS, if it belongs to the same boot:
/// a 4648 of the same LSASS, or an 1100 that is not older than the logon, which then was only
/// recorded late.
pub(super) fn with_preceding_record(events: &[Event], index: usize) -> usize {
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

/// Includes the records of the first two processes (4688 and 4696), which come right before the
/// 4826.
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

/// The records right before the first session record of a boot, newest first, back to the last
/// record that certainly belongs to the old boot.
fn leading_records(events: &[Event], index: usize) -> impl Iterator<Item = (usize, &Event)> {
    let first = events.get(index).map_or(0, |event| event.record_id);
    before(events, index, first)
}

/// The records before `end`, newest first, back to the last record of LSASS or of the end of a
/// boot, and at most as many as a boot has before its first start record. The record after them has
/// the ID `next`.
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
        .take_while(move |(_, event)| event.record_id.saturating_add(LEADING_RECORDS) >= next)
        .take_while(move |(_, event)| !is_of_old_boot(event))
}
