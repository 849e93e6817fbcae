//! Boots in the Security channel: where one LSASS ends and the next begins.
//!
//! Evidence by rank: 4608 (A1), the type 0 logon of SYSTEM (A2), a new LSASS process ID (B1), a
//! Logon ID that falls back (B2), a second audit policy table (B3).

use super::coverage::Coverage;
use crate::model::event::Detail;
use crate::model::{Account, Event, EventKind, LogonId, Span, Timestamp};

/// Logon IDs rise within a boot; bursts may swap a few (79 is the most ever seen).
pub(super) const LOGON_ID_TOLERANCE: u64 = 1024;
/// The boot's own records before its 4608: 4826, and 1101 after a crash (14 are the most seen).
const PRELUDE: usize = 24;

/// Security's last records may come so long after the event log service said that it stops.
pub(super) const AFTER_STOP: Span = Span::seconds(60);
/// Records of one moment lie this close.
const ONE_MOMENT: Span = Span::seconds(60);

/// What shows that a boot began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StartMark {
    /// 4608
    LsassStarted,
    /// 4624 type 0
    SystemLogon,
    /// LSASS has another process ID
    LsassProcess,
    /// A Logon ID far below those already given
    LogonIdFell,
    /// A second 4902
    PolicyTable,
    /// An 1101 that another boot's follows
    Dropped,
    /// Records are missing before it, and the boot before had ended
    Unmarked,
    /// The System log alone
    SystemLog,
}

/// Where a boot begins in the Security stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecurityStart {
    /// First record of the boot that may concern a session.
    pub(super) index: usize,
    /// First record of the boot at all: its 4826, or the 1101 that tells of a crash.
    pub(super) from: usize,
    /// What shows it.
    pub(super) mark: StartMark,
    /// Records that prove the boot, strongest first, as indices.
    pub(super) evidence: Vec<usize>,
    /// A 1101 in the boot's prelude: audit events were dropped, the mark of a crash.
    pub(super) dropped: Option<usize>,
}

/// Finds the boots in a Security stream (by record ID); `holes` are those of its log.
pub(super) fn starts(events: &[Event], holes: &Coverage) -> Vec<SecurityStart> {
    let mut found: Vec<SecurityStart> = Vec::new();
    let mut epoch = State::default();
    for (index, event) in events.iter().enumerate() {
        if event.recovered {
            continue;
        }
        let Some(mark) = epoch.begins_anew(event) else {
            epoch.note(event);
            if let Some(start) = found.last_mut()
                && epoch.is_boot_record(event)
            {
                start.evidence.push(index);
            }
            continue;
        };
        epoch =
            State { booted: true, system_logon: mark > StartMark::SystemLogon, ..State::default() };
        epoch.note(event);
        let mut start =
            SecurityStart { index, from: index, mark, evidence: vec![index], dropped: None };
        for (before, earlier) in prelude(events, index) {
            match earlier.kind {
                // 1101 comes first of all.
                EventKind::AuditDropped if start.dropped.is_none() => {
                    start.dropped = Some(before);
                    start.from = before;
                }
                // Of this boot another crash left no more than that.
                EventKind::AuditDropped if is_apart(events, start.dropped, earlier) => {
                    found.push(SecurityStart {
                        index: before,
                        from: before,
                        mark: StartMark::Dropped,
                        evidence: vec![before],
                        dropped: Some(before),
                    });
                    break;
                }
                _ if start.dropped.is_some() => break,
                EventKind::LogCleared(_) | EventKind::LogArchived(_) => break,
                EventKind::BootConfiguration => {
                    start.evidence.push(before);
                    start.from = with_first_processes(events, before);
                }
                _ => {}
            }
            if holes.torn(events, before) {
                start.from = before;
                break;
            }
        }
        if mark > StartMark::SystemLogon {
            let floor = found.last().map_or(0, |start: &SecurityStart| start.index + 1);
            start.from = after_lost_records(events, holes, floor..index, mark)
                .unwrap_or_else(|| with_announcement(events, index));
        }
        found.push(start);
    }
    found
}

/// Do two 1101 speak of two crashes? A boot writes its own in one moment.
fn is_apart(events: &[Event], own: Option<usize>, other: &Event) -> bool {
    let own = own.and_then(|at| events.get(at));
    own.is_some_and(|own| own.time.since(other.time).abs() > ONE_MOMENT)
}

/// Where a boot shows without a record of its start, that record is among those that are missing:
/// all that follows them is of this boot, unless another LSASS wrote it.
fn after_lost_records(
    events: &[Event],
    holes: &Coverage,
    range: std::ops::Range<usize>,
    mark: StartMark,
) -> Option<usize> {
    let pid = |at: usize| events.get(at).and_then(lsass_pid);
    let end = range.end;
    let own = |at: &usize| mark != StartMark::LsassProcess || *at == end || pid(*at).is_none();
    (range.start..=end).rev().take_while(own).find(|at| holes.torn(events, *at))
}

/// A 4648 just before the first logon of a new LSASS is of the same LSASS; so is an 1100 before a
/// record that is older and only came late.
fn with_announcement(events: &[Event], index: usize) -> usize {
    let belongs = |before: usize| {
        let (before, first) = (events.get(before)?, events.get(index)?);
        let same = before.process_id == first.process_id && before.process_id != 0;
        match before.kind {
            EventKind::ExplicitCredentials(_) => same.then_some(()),
            EventKind::Boundary if before.detail == Detail::HeadOnly && before.event_id == 4648 => {
                same.then_some(())
            }
            EventKind::EventLogShutdown => (first.time <= before.time).then_some(()),
            _ => None,
        }
    };
    index.checked_sub(1).filter(|before| belongs(*before).is_some()).unwrap_or(index)
}

/// The kernel writes its 4826 right after the records of its first two processes (4688 and 4696).
fn with_first_processes(events: &[Event], configuration: usize) -> usize {
    let Some(id) = events.get(configuration).map(|event| event.record_id) else {
        return configuration;
    };
    let own = |at: &usize| {
        events.get(*at).is_some_and(|event| {
            event.kind == EventKind::Boundary
                && event.detail == Detail::Full
                && event.record_id.saturating_add(2) >= id
        })
    };
    (configuration.saturating_sub(2)..configuration).find(own).unwrap_or(configuration)
}

/// The records just before a boot's first session record, newest first, back to the last record
/// that is surely the old boot's.
fn prelude(events: &[Event], index: usize) -> impl Iterator<Item = (usize, &Event)> {
    let old_boot = |event: &Event| {
        matches!(event.kind, EventKind::EventLogShutdown | EventKind::LsassStarted)
            || lsass_pid(event).is_some()
            || matches!(
                event.kind,
                EventKind::Logon(_)
                    | EventKind::Terminated(_)
                    | EventKind::LogoffInitiated(_)
                    | EventKind::SessionReference(_)
            )
    };
    let floor = index.saturating_sub(PRELUDE);
    (floor..index)
        .rev()
        .filter_map(|at| events.get(at).map(|event| (at, event)))
        .take_while(move |(_, event)| !old_boot(event))
}

/// What is known of the epoch at hand.
#[derive(Default)]
struct State {
    /// It began with evidence of a boot.
    booted: bool,
    lsass: Option<u32>,
    highest: u64,
    system_logon: bool,
    policy_table: bool,
    services: u8,
}

impl State {
    /// Does this record show that a new boot has begun?
    fn begins_anew(&self, event: &Event) -> Option<StartMark> {
        match &event.kind {
            EventKind::LsassStarted => return Some(StartMark::LsassStarted),
            // The boot's own comes right after its 4608.
            EventKind::Logon(logon)
                if logon.logon_type == 0 && logon.logon_id == LogonId::SYSTEM =>
            {
                return (self.system_logon || !self.booted || self.lived())
                    .then_some(StartMark::SystemLogon);
            }
            EventKind::AuditPolicyTable(_) if self.policy_table || !self.booted => {
                return Some(StartMark::PolicyTable);
            }
            _ => {}
        }
        if let (Some(old), Some(new)) = (self.lsass, lsass_pid(event))
            && old != new
        {
            return Some(StartMark::LsassProcess);
        }
        match &event.kind {
            EventKind::Logon(logon)
                if !logon.logon_id.is_well_known()
                    && logon.logon_id.0 < self.highest.saturating_sub(LOGON_ID_TOLERANCE) =>
            {
                Some(StartMark::LogonIdFell)
            }
            _ => None,
        }
    }

    /// Ordinary sessions have begun: the boot phase is over.
    fn lived(&self) -> bool {
        self.highest > 0
    }

    fn note(&mut self, event: &Event) {
        if self.lsass.is_none() {
            self.lsass = lsass_pid(event);
        }
        match &event.kind {
            EventKind::AuditPolicyTable(_) => self.policy_table = true,
            EventKind::Logon(logon) if logon.logon_type == 0 => self.system_logon = true,
            EventKind::Logon(logon) if !logon.logon_id.is_well_known() => {
                self.highest = self.highest.max(logon.logon_id.0);
            }
            EventKind::Logon(logon) if is_boot_service(logon.logon_id) => {
                self.services = self.services.saturating_add(1);
            }
            _ => {}
        }
    }

    /// One of the records that every boot writes once: type 0 logon, 4902, the first logons of
    /// NETWORK SERVICE and LOCAL SERVICE.
    fn is_boot_record(&self, event: &Event) -> bool {
        match &event.kind {
            EventKind::AuditPolicyTable(_) => true,
            EventKind::Logon(logon) => {
                logon.logon_type == 0 || (is_boot_service(logon.logon_id) && self.services <= 2)
            }
            _ => false,
        }
    }
}

fn is_boot_service(id: LogonId) -> bool {
    matches!(id.0, 0x3e4 | 0x3e5)
}

/// Whose logon (`true`) or logoff at a desktop does Security tell of?
pub(super) fn at_desktop(event: &Event) -> Option<(&Account, bool)> {
    match &event.kind {
        EventKind::Logon(logon) if matches!(logon.logon_type, 2 | 10 | 11) => {
            Some((&logon.account, true))
        }
        EventKind::LogoffInitiated(ended) => Some((&ended.account, false)),
        _ => None,
    }
}

/// LSASS's process ID as its own events carry it; `None` for other events, and where the record
/// has none.
pub(super) fn lsass_pid(event: &Event) -> Option<u32> {
    let own = match &event.kind {
        EventKind::LsassStarted
        | EventKind::Logon(_)
        | EventKind::FailedLogon(_)
        | EventKind::Terminated(_)
        | EventKind::LogoffInitiated(_) => true,
        EventKind::SessionReference(_) => event.event_id == 4672,
        EventKind::Boundary => event.detail == Detail::HeadOnly && event.event_id != 4648,
        _ => false,
    };
    (own && event.process_id != 0).then_some(event.process_id)
}

/// Does this record show that at `stop` only the event log service had stopped, and not Windows?
/// LSASS writes no more so long after a shutdown.
pub(super) fn reopens(event: &Event, stop: Timestamp) -> bool {
    lsass_pid(event).is_some() && event.time.since(stop) > AFTER_STOP
}
