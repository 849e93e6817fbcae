//! Boots in the Security channel: where the records of one LSASS end and those of the next begin.
//!
//! The evidence by rank: 4608, the type 0 logon of SYSTEM, a new process ID of LSASS, a Logon ID far
//! below an earlier one, a second audit policy table (4902).

use super::gaps::Coverage;
use crate::model::event_role::SessionRole;
use crate::model::{Event, EventKind, LogonId};
use crate::timeline::timing::{LOGON_ID_TOLERANCE, ONE_CRASH_REPORT, PRELUDE_RECORDS};
use std::ops::Range;

/// What shows that a boot began, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StartMark {
    /// 4608.
    LsassStarted,
    /// 4624 of type 0.
    SystemLogon,
    /// LSASS has another process ID.
    LsassProcess,
    /// A Logon ID far below those allocated before.
    LogonIdFell,
    /// A second 4902.
    PolicyTable,
    /// An 1101 that is followed by the 1101 of another boot.
    Dropped,
    /// Records are missing before it, and the boot before had ended.
    Unmarked,
    /// The System log alone.
    SystemLog,
}

impl StartMark {
    /// A record says that the boot began; a lower rank concludes it from what follows.
    pub(crate) fn is_logged(self) -> bool {
        self <= StartMark::SystemLogon
    }
}

/// Where a boot begins in the Security channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecurityStart {
    /// First record of the boot that may concern a session.
    pub(crate) index: usize,
    /// First record of the boot at all: its 4826, or the 1101 that reports a crash.
    pub(crate) from: usize,
    /// What shows it.
    pub(crate) mark: StartMark,
    /// Records that prove the boot, strongest first, as indices.
    pub(crate) evidence: Vec<usize>,
    /// The 1101 in the boot's prelude: audit events were dropped, which shows a crash.
    pub(crate) dropped: Option<usize>,
}

/// Finds the boots in the Security channel (by record ID); `gaps` are those of its log.
pub(crate) fn starts(events: &[Event], gaps: &Coverage) -> Vec<SecurityStart> {
    let mut found: Vec<SecurityStart> = Vec::new();
    let mut boot = BootSoFar::default();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| !event.recovered) {
        let Some(mark) = boot.begins_anew(event) else {
            boot.note(event);
            if let Some(start) = found.last_mut()
                && boot.is_start_record(event)
            {
                start.evidence.push(index);
            }
            continue;
        };
        boot = BootSoFar { begun: true, system_logon: !mark.is_logged(), ..BootSoFar::default() };
        boot.note(event);
        let (lone_crash_report, mut start) = with_prelude(events, gaps, index, mark);
        found.extend(lone_crash_report);
        if !mark.is_logged() {
            let floor = found.last().map_or(0, |start| start.index + 1);
            start.from = after_missing_records(events, gaps, floor..index, mark)
                .unwrap_or_else(|| with_announcement(events, index));
        }
        found.push(start);
    }
    found
}

/// The boot that begins with the record at `index`, with the records of its prelude. Before it there
/// may be an 1101 of another boot, of which a crash left no more than that: a boot of its own.
fn with_prelude(
    events: &[Event],
    gaps: &Coverage,
    index: usize,
    mark: StartMark,
) -> (Option<SecurityStart>, SecurityStart) {
    let mut start =
        SecurityStart { index, from: index, mark, evidence: vec![index], dropped: None };
    for (before, earlier) in prelude(events, index) {
        match earlier.kind {
            // The 1101 comes first of all.
            EventKind::AuditDropped if start.dropped.is_none() => {
                start.dropped = Some(before);
                start.from = before;
            }
            EventKind::AuditDropped if is_of_another_crash(events, start.dropped, earlier) => {
                let lone = SecurityStart {
                    index: before,
                    from: before,
                    mark: StartMark::Dropped,
                    evidence: vec![before],
                    dropped: Some(before),
                };
                return (Some(lone), start);
            }
            _ if start.dropped.is_some() || earlier.role().begins_a_file() => break,
            EventKind::BootConfiguration => {
                start.evidence.push(before);
                start.from = with_first_processes(events, before);
            }
            _ => {}
        }
        if gaps.may_lack_records_before(events, before) {
            start.from = before;
            break;
        }
    }
    (None, start)
}

/// Do two 1101 report two crashes? A boot writes its own at one moment.
fn is_of_another_crash(events: &[Event], own: Option<usize>, other: &Event) -> bool {
    let own = own.and_then(|at| events.get(at));
    own.is_some_and(|own| own.time.since(other.time).abs() > ONE_CRASH_REPORT)
}

/// Where a boot shows without a record of its start, that record is among those that are missing:
/// all records that follow the gap are of this boot, unless another LSASS wrote them.
fn after_missing_records(
    events: &[Event],
    gaps: &Coverage,
    range: Range<usize>,
    mark: StartMark,
) -> Option<usize> {
    let pid = |at: usize| events.get(at).and_then(Event::lsass_pid);
    let end = range.end;
    let is_own = |at: &usize| mark != StartMark::LsassProcess || *at == end || pid(*at).is_none();
    (range.start..=end)
        .rev()
        .take_while(is_own)
        .find(|at| gaps.may_lack_records_before(events, *at))
}

/// A 4648 just before the first logon of a new LSASS is of the same LSASS; so is an 1100 before a
/// record that is older and was only recorded late.
fn with_announcement(events: &[Event], index: usize) -> usize {
    let belongs = |before: &Event, first: &Event| {
        let same_process = before.process_id == first.process_id && before.process_id != 0;
        match before.kind {
            EventKind::ExplicitCredentials(_) => same_process,
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
    let is_of_old_boot = |event: &Event| {
        matches!(event.kind, EventKind::EventLogShutdown)
            || event.lsass_pid().is_some()
            || matches!(event.kind, EventKind::LsassStarted)
            || matches!(
                event.role().session,
                SessionRole::Starts | SessionRole::Ends | SessionRole::IsThere
            )
    };
    let records = usize::try_from(PRELUDE_RECORDS).unwrap_or(usize::MAX);
    (index.saturating_sub(records)..index)
        .rev()
        .filter_map(|at| events.get(at).map(|event| (at, event)))
        .take_while(move |(_, event)| !is_of_old_boot(event))
}

/// What is known of the boot whose records are being read.
#[derive(Default)]
struct BootSoFar {
    /// Its first record shows that a boot began.
    begun: bool,
    lsass: Option<u32>,
    /// The highest Logon ID so far.
    highest: u64,
    /// The type 0 logon of SYSTEM has been seen, or is not expected any more.
    system_logon: bool,
    policy_table: bool,
    service_logons: u8,
}

impl BootSoFar {
    /// Does this record show that a new boot has begun?
    fn begins_anew(&self, event: &Event) -> Option<StartMark> {
        match &event.kind {
            EventKind::LsassStarted => return Some(StartMark::LsassStarted),
            // The boot's own type 0 logon comes right after its 4608.
            EventKind::Logon(_) if event.is_system_logon() => {
                let of_another_boot = self.system_logon || !self.begun || self.has_sessions();
                return of_another_boot.then_some(StartMark::SystemLogon);
            }
            EventKind::AuditPolicyTable(_) if self.policy_table || !self.begun => {
                return Some(StartMark::PolicyTable);
            }
            _ => {}
        }
        if let (Some(old), Some(new)) = (self.lsass, event.lsass_pid())
            && old != new
        {
            return Some(StartMark::LsassProcess);
        }
        match &event.kind {
            EventKind::Logon(logon) if self.is_far_below(logon.logon_id) => {
                Some(StartMark::LogonIdFell)
            }
            _ => None,
        }
    }

    fn is_far_below(&self, id: LogonId) -> bool {
        !id.is_well_known() && id.0 < self.highest.saturating_sub(LOGON_ID_TOLERANCE)
    }

    /// Ordinary sessions have begun: the boot phase is over.
    fn has_sessions(&self) -> bool {
        self.highest > 0
    }

    fn note(&mut self, event: &Event) {
        if self.lsass.is_none() {
            self.lsass = event.lsass_pid();
        }
        match &event.kind {
            EventKind::AuditPolicyTable(_) => self.policy_table = true,
            EventKind::Logon(logon) if logon.logon_type == 0 => self.system_logon = true,
            EventKind::Logon(logon) if !logon.logon_id.is_well_known() => {
                self.highest = self.highest.max(logon.logon_id.0);
            }
            EventKind::Logon(logon) if logon.logon_id.is_boot_service() => {
                self.service_logons = self.service_logons.saturating_add(1);
            }
            _ => {}
        }
    }

    /// One of the records that every boot writes once: the type 0 logon, 4902, the first logons of
    /// NETWORK SERVICE and LOCAL SERVICE.
    fn is_start_record(&self, event: &Event) -> bool {
        match &event.kind {
            EventKind::AuditPolicyTable(_) => true,
            EventKind::Logon(logon) => {
                let first_services = logon.logon_id.is_boot_service() && self.service_logons <= 2;
                logon.logon_type == 0 || first_services
            }
            _ => false,
        }
    }
}
