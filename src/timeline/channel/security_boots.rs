//! Boots in the Security channel: where the records of one LSASS end and those of the next begin.
//!
//! Some records prove a boot: 4608, the type 0 logon of SYSTEM, another process ID of LSASS, a Logon
//! ID that an earlier 4624 has given to another session. Others only speak for one: Logon IDs that
//! start again from a lower value, a second audit policy table (4902). These need a place where the
//! record of the start could be missing, and nothing that speaks against a boot there; else they are
//! a suspicion, and no boot.

use super::gaps::Coverage;
use super::prelude::{last_configuration, with_announcement, with_prelude};
use super::session_spans::{SessionSpans, account_logon, is_ordinary_logon, named_session};
use super::start_marks::{SecurityStart, StartMark};
use crate::model::{Event, EventKind, LogonId};
use crate::timeline::timing::{FIRST_SECONDS, LOGON_ID_TOLERANCE, RECORDS_BEFORE_LOGON};
use foldhash::HashMap;
use std::ops::Range;

/// A place where a boot may have begun, although too little says so: it is a finding and no boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SuspectedBoot {
    /// The record before which the boot may have begun.
    pub(crate) index: usize,
    /// Why it may be one, and why it is none.
    pub(crate) why: &'static str,
}

/// The boots of the Security channel.
#[derive(Debug, Default)]
pub(crate) struct SecurityBoots {
    pub(crate) starts: Vec<SecurityStart>,
    pub(crate) suspected: Vec<SuspectedBoot>,
}

/// Finds the boots in the Security channel (by record ID); `gaps` are those of its log, and `spans`
/// the sessions that its records name.
pub(crate) fn boots(events: &[Event], gaps: &Coverage, spans: &SessionSpans) -> SecurityBoots {
    let audits = events.iter().enumerate().filter(|(_, event)| !event.recovered);
    let start_audits = audits.filter_map(|(at, event)| match event.kind {
        EventKind::StartAudit(is_on) => Some((at, is_on)),
        _ => None,
    });
    let start_audits = start_audits.collect();
    let no_4608 = !events.iter().any(logs_start);
    let search = BootSearch { events, gaps, spans, no_4608, start_audits };
    let mut found = SecurityBoots::default();
    let mut boot = BootSoFar::default();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| !event.recovered) {
        match search.judge(&boot, index, event) {
            Verdict::SameBoot => {
                boot.may_hide_a_start |= search.hides_a_start(index);
                boot.note(index, event);
                // Behind missing records it may be of another boot.
                if let Some(start) = found.starts.last_mut()
                    && boot.is_start_record(event)
                    && !boot.may_hide_a_start
                {
                    start.evidence.push(index);
                }
            }
            Verdict::Suspected(why) => {
                found.suspected.push(SuspectedBoot { index, why });
                boot.suspected = Some(index);
                boot.may_hide_a_start |= search.hides_a_start(index);
                boot.note(index, event);
            }
            Verdict::Boot(mark, first) => {
                // What was a suspicion is a boot now.
                let is_confirmed = |one: &SuspectedBoot| first <= one.index && one.index <= index;
                found.suspected.retain(|one| !is_confirmed(one));
                search.begin(&mut found.starts, &boot, first, mark);
                boot = BootSoFar { begun: true, ..BootSoFar::default() };
                boot.system_logon = !mark.is_logged();
                let own = events.iter().enumerate().take(index + 1).skip(first);
                let own = own.filter(|(_, event)| !event.recovered);
                own.for_each(|(at, event)| boot.note(at, event));
                // Where its own start is missing, no other one is.
                boot.may_hide_a_start = false;
                boot.after = index + 1;
            }
        }
    }
    found.starts.extend(last_configuration(events));
    found
}

/// What a record says of the boot that it is of.
enum Verdict {
    /// It is of the boot of the records before it, as far as it says.
    SameBoot,
    /// It may be the first of another boot, and too little says so.
    Suspected(&'static str),
    /// A boot has begun: what shows it, and its first record that may concern a session.
    Boot(StartMark, usize),
}

/// The records in which boots are looked for.
struct BootSearch<'a> {
    events: &'a [Event],
    gaps: &'a Coverage,
    spans: &'a SessionSpans,
    /// The log has no record of the start of LSASS at all: these are not audited, or left out.
    no_4608: bool,
    /// Where the audit of these starts was switched on or off (4719).
    start_audits: Vec<(usize, bool)>,
}

impl BootSearch<'_> {
    /// Judges the record at `index` after the records of the boot so far.
    fn judge(&self, boot: &BootSoFar, index: usize, event: &Event) -> Verdict {
        if let Some(mark) = boot.begins_surely(event) {
            return Verdict::Boot(mark, index);
        }
        if let Some(mark) = once_per_boot(event) {
            return self.judge_once_per_boot(boot, index, mark);
        }
        let Some(id) = account_logon(event).filter(|id| id.0 <= boot.highest) else {
            return Verdict::SameBoot;
        };
        // Where each place since then lies within a session, the Logon ID was only allocated early. A window
        // manager of the new boot may have logged on before this account.
        if (boot.after..=index).all(|at| self.spans.cross(at)) {
            return Verdict::SameBoot;
        }
        if let Some(opened) = self.opened_before(boot, id, event) {
            let suspected = boot.suspected.filter(|suspected| *suspected > opened);
            return Verdict::Boot(StartMark::LogonIdRepeated, suspected.unwrap_or(index));
        }
        self.judge_fall(boot, index, boot.highest - id.0)
    }

    /// A second record of a kind that each boot writes once is of another boot, if there is a place where
    /// the beginning of that boot could be missing.
    fn judge_once_per_boot(&self, boot: &BootSoFar, index: usize, mark: StartMark) -> Verdict {
        let (was_seen, why) = match mark {
            StartMark::FontDriver => (
                boot.font_driver || boot.has_sessions(),
                "the font driver of session 0 logged on again, but no record is missing before it",
            ),
            _ => (
                boot.policy_table,
                "a second audit policy table (4902) was made, but no record is missing before it",
            ),
        };
        if self.spans.cross(index) || boot.begun && !was_seen {
            Verdict::SameBoot
        } else if !boot.begun && !boot.has_sessions() || self.may_hide_a_start(boot, index) {
            Verdict::Boot(mark, index)
        } else if was_seen && boot.suspected.is_none() {
            Verdict::Suspected(why)
        } else {
            Verdict::SameBoot
        }
    }

    /// A Logon ID lies by `fall` below one that was allocated before. Logon IDs are allocated before
    /// they are audited, so that the size of the fall alone proves nothing.
    fn judge_fall(&self, boot: &BootSoFar, index: usize, fall: u64) -> Verdict {
        let suspect = |why| match boot.suspected {
            None => Verdict::Suspected(why),
            Some(_) => Verdict::SameBoot,
        };
        let is_large = fall > LOGON_ID_TOLERANCE;
        let next = self.spans.next_logon(index).and_then(|next| self.events.get(next));
        let next = next.and_then(account_logon);
        let rises_again = next.is_some_and(|next| next.0 > boot.highest);
        // A boot that begins at the next Logon ID does not begin here as well.
        let falls_again = next.is_some_and(|next| {
            next.0.saturating_add(fall).saturating_add(LOGON_ID_TOLERANCE) < boot.highest
        });
        let may_hide =
            self.may_hide_a_start(boot, index) && (is_large || self.has_room(boot, index));
        match (may_hide, is_large) {
            (false, false) => Verdict::SameBoot,
            (false, true) => {
                suspect("Logon IDs start again from a lower value, but no record is missing")
            }
            (true, false) if rises_again || falls_again => Verdict::SameBoot,
            (true, true) if rises_again => {
                suspect("one Logon ID lies far below those before it, but the next one does not")
            }
            (true, false) if next.is_none() => suspect(
                "the last Logon ID lies a little below those before it, where records are missing",
            ),
            (true, _) => Verdict::Boot(StartMark::LogonIdFell, index),
        }
    }

    /// The record by which this boot has opened a session of this Logon ID before. A copy of the same
    /// record, under another record ID, proves nothing.
    fn opened_before(&self, boot: &BootSoFar, id: LogonId, event: &Event) -> Option<usize> {
        let at = *boot.opened.get(&id)?;
        let before = self.events.get(at)?;
        (before.time != event.time || before.kind != event.kind).then_some(at)
    }

    /// May the record of a boot's start be missing since the last record that names a session?
    fn may_hide_a_start(&self, boot: &BootSoFar, index: usize) -> bool {
        self.no_4608 || boot.may_hide_a_start || self.hides_a_start(index)
    }

    /// Do the record IDs since the last record that names a session leave room for what a boot writes before the
    /// first logon of an account that Windows does not bring along? Records that a log could not take have none.
    fn has_room(&self, boot: &BootSoFar, index: usize) -> bool {
        let first = boot.after.saturating_sub(1);
        let last = self.events.get(first).filter(|_| boot.has_sessions());
        let Some((last, event)) = last.zip(self.events.get(index)) else { return true };
        let loses_records = |event: &Event| {
            let is_lost = matches!(
                event.kind,
                EventKind::LogFull | EventKind::AuditDropped | EventKind::EventLost(_)
            );
            is_lost || event.role().begins_a_file()
        };
        let is_near = event.record_id.saturating_sub(last.record_id) < RECORDS_BEFORE_LOGON;
        !is_near
            || !is_ordinary_logon(event)
            || self.events.iter().take(index).skip(first).any(loses_records)
    }

    /// May the record of a boot's start be missing right before this one?
    fn hides_a_start(&self, index: usize) -> bool {
        let hides = self.events.get(index).is_some_and(|event| {
            let is_lost =
                matches!(event.kind, EventKind::AuditDropped | EventKind::EventLost(0 | 4608));
            is_lost || event.role().begins_a_file()
        });
        let audits = self.start_audits.partition_point(|(at, _)| *at < index);
        let audit = audits.checked_sub(1).and_then(|at| self.start_audits.get(at));
        let is_not_audited = audit.is_some_and(|(_, is_on)| !is_on);
        // A record that another one hides was read all the same, but it is not relied on.
        let before = index.checked_sub(1).and_then(|at| self.events.get(at));
        let is_hidden = before.is_some_and(|before| before.recovered && logs_start(before));
        hides
            || is_not_audited
            || is_hidden
            || self.gaps.may_lack_records_before(self.events, index)
    }

    /// Adds the boot whose first record that may concern a session is the one at `index`; `before` is
    /// the boot before it.
    fn begin(
        &self,
        starts: &mut Vec<SecurityStart>,
        before: &BootSoFar,
        index: usize,
        mark: StartMark,
    ) {
        let (lone_crash_report, mut start) = with_prelude(self.events, self.gaps, index, mark);
        starts.extend(lone_crash_report);
        // Its 4826 is the first record of a boot.
        let is_first = |at: &usize| {
            let event = self.events.get(*at);
            event.is_some_and(|event| matches!(event.kind, EventKind::BootConfiguration))
        };
        if !mark.is_logged() && !start.evidence.iter().any(is_first) {
            let floor = match mark {
                StartMark::LsassProcess => before.after_lsass,
                _ => before.after,
            };
            let floor = floor.max(starts.last().map_or(0, |start| start.index + 1));
            let floor = if mark.has_time() { self.near_start(floor..index) } else { floor };
            let last = self.first_of_new_boot(before, floor..index);
            let floor = self.behind_higher_ids(floor..last);
            start.from = self
                .after_missing_records(floor..last)
                .unwrap_or_else(|| with_announcement(self.events, index));
        }
        starts.push(start);
    }

    /// The first record in the range, which ends with a record of the first seconds of a boot, that may be of
    /// these seconds too: its clock is not set before the event log service runs.
    fn near_start(&self, range: Range<usize>) -> usize {
        let time = |at: usize| self.events.get(at).map(|event| event.time);
        let near = range.clone().rev().take_while(|at| {
            let both = time(*at).zip(time(range.end));
            both.is_some_and(|(time, start)| start.since(time).abs() <= FIRST_SECONDS)
        });
        near.last().unwrap_or(range.end)
    }

    /// The first record in the range that is surely of the new boot: by its Logon ID, which lies far below
    /// those of the boot before. Window managers log on before the first account does.
    fn first_of_new_boot(&self, before: &BootSoFar, range: Range<usize>) -> usize {
        let is_new = |at: &usize| match self.events.get(*at).map(|event| &event.kind) {
            Some(EventKind::Logon(logon)) => {
                let id = logon.logon_id;
                !id.is_well_known() && id.0.saturating_add(LOGON_ID_TOLERANCE) < before.highest
            }
            _ => false,
        };
        range.clone().find(is_new).unwrap_or(range.end)
    }

    /// The first record in the range, which ends with a Logon ID of the new boot, behind all Logon IDs that lie
    /// far above that one: within a boot they rise.
    fn behind_higher_ids(&self, range: Range<usize>) -> usize {
        let logon_id = |at: usize| match self.events.get(at).map(|event| &event.kind) {
            Some(EventKind::Logon(logon)) if !logon.logon_id.is_well_known() => {
                Some(logon.logon_id.0)
            }
            _ => None,
        };
        let Some(first) = logon_id(range.end) else { return range.start };
        let most = first.saturating_add(LOGON_ID_TOLERANCE);
        let higher = range.clone().rev().find(|at| logon_id(*at).is_some_and(|id| id > most));
        higher.map_or(range.start, |at| at + 1)
    }

    /// Where a boot shows without a record of its start, that record is among those that are missing:
    /// all records that follow the gap are of this boot. Of several gaps it is the one over which the
    /// clock moved most.
    fn after_missing_records(&self, range: Range<usize>) -> Option<usize> {
        let time = |at: usize| self.events.get(at).map(|event| event.time);
        let jump = |at: usize| {
            let before = at.checked_sub(1).and_then(time);
            before.zip(time(at)).map_or(i64::MAX, |(before, own)| own.since(before).abs().0)
        };
        let is_gap = |at: &usize| self.gaps.may_lack_records_before(self.events, *at);
        // An 1100 is of the boot that ended, if records are missing behind it.
        let own = self.events.get(range.clone()).unwrap_or_default();
        let stop = own.iter().rposition(|event| matches!(event.kind, EventKind::EventLogShutdown));
        let after_stop = stop.map_or(range.start, |stop| range.start + stop + 1);
        let last = (after_stop..=range.end).filter(is_gap).max_by_key(|at| (jump(*at), *at));
        last.or_else(|| (range.start..after_stop).filter(is_gap).max_by_key(|at| (jump(*at), *at)))
    }
}

/// A record that every start of LSASS writes.
fn logs_start(event: &Event) -> bool {
    matches!(event.kind, EventKind::LsassStarted) || event.is_system_logon()
}

/// What a record of a kind that each boot writes once shows: 4902, and the logon of the font driver of
/// session 0, which is there as long as the computer runs. Seen: one of these in 35 of 35 boots.
fn once_per_boot(event: &Event) -> Option<StartMark> {
    match &event.kind {
        EventKind::AuditPolicyTable(_) => Some(StartMark::PolicyTable),
        EventKind::Logon(logon) if logon.account.window_session() == Some(0) => {
            Some(StartMark::FontDriver)
        }
        _ => None,
    }
}

/// What is known of the boot whose records are being read.
#[derive(Default)]
struct BootSoFar {
    /// Its first record shows that a boot began.
    begun: bool,
    lsass: Option<u32>,
    /// Where what follows the last record that LSASS wrote begins.
    after_lsass: usize,
    /// The highest Logon ID of an account so far, and the record of each.
    highest: u64,
    opened: HashMap<LogonId, usize>,
    /// Where what follows the last record that names a session begins.
    after: usize,
    /// The record of another start may be missing since then.
    may_hide_a_start: bool,
    /// Another boot may have begun here.
    suspected: Option<usize>,
    /// The type 0 logon of SYSTEM has been seen, or is not expected any more.
    system_logon: bool,
    policy_table: bool,
    font_driver: bool,
    service_logons: u8,
}

impl BootSoFar {
    /// Does this record prove by itself that a new boot has begun?
    fn begins_surely(&self, event: &Event) -> Option<StartMark> {
        match &event.kind {
            EventKind::LsassStarted => return Some(StartMark::LsassStarted),
            // The boot's own type 0 logon comes right after its 4608.
            EventKind::Logon(_) if event.is_system_logon() => {
                let of_another_boot = self.system_logon || !self.begun || self.has_sessions();
                return of_another_boot.then_some(StartMark::SystemLogon);
            }
            _ => {}
        }
        match (self.lsass, event.lsass_pid()) {
            (Some(old), Some(new)) if old != new => Some(StartMark::LsassProcess),
            _ => None,
        }
    }

    /// Ordinary sessions have begun: the boot phase is over.
    fn has_sessions(&self) -> bool {
        self.highest > 0
    }

    fn note(&mut self, index: usize, event: &Event) {
        if let Some(pid) = event.lsass_pid() {
            self.lsass = self.lsass.or(Some(pid));
            self.after_lsass = index + 1;
        }
        let logon = account_logon(event);
        // Window managers log on with Logon IDs that say nothing.
        let is_of_this_boot = match logon {
            Some(_) => true,
            None => named_session(event).is_some_and(|(id, _)| self.opened.contains_key(&id)),
        };
        if is_of_this_boot {
            self.after = index + 1;
            self.may_hide_a_start = false;
        }
        if let Some(id) = logon {
            self.highest = self.highest.max(id.0);
            self.opened.insert(id, index);
        }
        match &event.kind {
            EventKind::AuditPolicyTable(_) => self.policy_table = true,
            EventKind::Logon(logon) if logon.account.window_session() == Some(0) => {
                self.font_driver = true;
            }
            EventKind::Logon(logon) if logon.logon_type == Some(0) => self.system_logon = true,
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
                logon.logon_type == Some(0) || first_services
            }
            _ => false,
        }
    }
}
