//! Which boots does the Security channel show, and with which record does each begin?
//!
//! Input: the records of Security, its gaps, and the ranges of its sessions. Output:
//! [`SecurityBoots`].
//!
//! Some records prove a boot by themselves: 4608, the type 0 logon of SYSTEM, another process ID of
//! LSASS, and a Logon ID that an earlier 4624 gave to another session. Other records only suggest
//! one: Logon IDs that start again from a lower value, and a second audit policy table (4902).
//! These count only if records may be missing, so that the start of a boot could be among them, and
//! if nothing speaks against a boot there. Otherwise they are reported as a suspected boot.
//!
//! Example: a 4624 with Logon ID 0x9a000, then a gap in the record IDs, then a 4624 with Logon ID
//! 0x21000: a boot began in the gap. Without the gap, the second 4624 would only be a suspicion.

use super::gaps::Gaps;
use super::leading_records::{boot_at_end_of_log, with_leading_records, with_preceding_record};
use super::security_start::{SecurityStart, StartIndicator};
use super::session_ranges::{
    SessionRanges, account_logon, is_ordinary_logon, logs_start, named_session,
};
use crate::model::{Event, EventKind, LogonId};
use crate::timeline::timing::{FIRST_SECONDS, LOGON_ID_TOLERANCE, RECORDS_BEFORE_LOGON};
use foldhash::HashMap;
use std::ops::Range;

/// A position at which a boot may have begun, but the evidence is too weak: it is a finding and no
/// boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SuspectedBoot {
    /// The record before which the boot may have begun.
    pub(crate) index: usize,
    /// Why it may be a boot, and why it is not counted as one.
    pub(crate) why: &'static str,
}

/// The boots of the Security channel.
#[derive(Debug, Default)]
pub(crate) struct SecurityBoots {
    pub(crate) starts: Vec<SecurityStart>,
    pub(crate) suspected: Vec<SuspectedBoot>,
}

/// Finds the boots in the Security channel, whose records are in the order of record IDs; `gaps`
/// are those of its log, and `ranges` are the ranges of records of its sessions.
pub(crate) fn boots(events: &[Event], gaps: &Gaps, ranges: &SessionRanges) -> SecurityBoots {
    let audits = events.iter().enumerate().filter(|(_, event)| !event.recovered);
    let start_audits = audits.filter_map(|(at, event)| match event.kind {
        EventKind::StartAudit(is_on) => Some((at, is_on)),
        _ => None,
    });
    let start_audits = start_audits.collect();
    let no_4608 = !events.iter().any(logs_start);
    let search = BootSearch { events, gaps, ranges, no_4608, start_audits };
    let mut found = SecurityBoots::default();
    let mut boot = BootSoFar::default();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| !event.recovered) {
        match search.judge(&boot, index, event) {
            Verdict::SameBoot => {
                boot.start_may_be_missing |= search.start_may_be_missing_at(index);
                boot.note(index, event);
                // After missing records this record may belong to another boot.
                if let Some(start) = found.starts.last_mut()
                    && boot.is_start_record(event)
                    && !boot.start_may_be_missing
                {
                    start.evidence.push(index);
                }
            }
            Verdict::Suspected(why) => {
                found.suspected.push(SuspectedBoot { index, why });
                boot.suspected = Some(index);
                boot.start_may_be_missing |= search.start_may_be_missing_at(index);
                boot.note(index, event);
            }
            Verdict::Boot(indicator, first) => {
                // A suspected boot at this position is a real one now.
                let is_confirmed = |one: &SuspectedBoot| first <= one.index && one.index <= index;
                found.suspected.retain(|one| !is_confirmed(one));
                search.begin(&mut found.starts, &boot, first, indicator);
                boot = BootSoFar { starts_with_a_boot: true, ..BootSoFar::default() };
                boot.is_past_system_logon = !indicator.is_logged();
                let own = events.iter().enumerate().take(index + 1).skip(first);
                let own = own.filter(|(_, event)| !event.recovered);
                own.for_each(|(at, event)| boot.note(at, event));
                // The start of this boot is missing; no other start is missing as well.
                boot.start_may_be_missing = false;
                boot.after_last_session = index + 1;
            }
        }
    }
    found.starts.extend(boot_at_end_of_log(events));
    found
}

/// What a record says about its boot.
enum Verdict {
    /// It belongs to the same boot as the records before it, as far as it shows.
    SameBoot,
    /// It may be the first record of another boot, but the evidence is too weak.
    Suspected(&'static str),
    /// A boot has begun: what shows it, and the index of its first record that may concern a
    /// session.
    Boot(StartIndicator, usize),
}

/// The records in which boots are searched for.
struct BootSearch<'a> {
    events: &'a [Event],
    gaps: &'a Gaps,
    ranges: &'a SessionRanges,
    /// The log has no record of any start of LSASS: these are not audited, or they were left out.
    no_4608: bool,
    /// The records that switched the audit of these starts on or off (4719).
    start_audits: Vec<(usize, bool)>,
}

impl BootSearch<'_> {
    /// Decides what the record at `index` says, after the records of the boot so far.
    fn judge(&self, boot: &BootSoFar, index: usize, event: &Event) -> Verdict {
        if let Some(indicator) = boot.proves_start(event) {
            return Verdict::Boot(indicator, index);
        }
        if let Some(indicator) = once_per_boot(event) {
            return self.judge_repeated_start_record(boot, index, indicator);
        }
        let Some(id) = account_logon(event).filter(|id| id.0 <= boot.highest_logon_id) else {
            return Verdict::SameBoot;
        };
        // If all records since the last one that names a session are between two records of one
        // session, no boot began here: the Logon ID was only allocated early. All of them are
        // examined, because a window manager of a new boot may have logged on before this account.
        if (boot.after_last_session..=index).all(|at| self.ranges.reach_across(at)) {
            return Verdict::SameBoot;
        }
        if let Some(opened) = self.opened_before(boot, id, event) {
            let suspected = boot.suspected.filter(|suspected| *suspected > opened);
            return Verdict::Boot(StartIndicator::LogonIdRepeated, suspected.unwrap_or(index));
        }
        self.judge_lower_logon_id(boot, index, boot.highest_logon_id - id.0)
    }

    /// A record that each boot writes only once appears a second time. It belongs to another boot
    /// if the start of that boot may be among missing records.
    fn judge_repeated_start_record(
        &self,
        boot: &BootSoFar,
        index: usize,
        indicator: StartIndicator,
    ) -> Verdict {
        let (was_seen, why) = match indicator {
            StartIndicator::FontDriver => (
                boot.font_driver || boot.has_sessions(),
                "the font driver of session 0 logged on again, but no record is missing before it",
            ),
            _ => (
                boot.policy_table,
                "a second audit policy table (4902) was made, but no record is missing before it",
            ),
        };
        if self.ranges.reach_across(index) || boot.starts_with_a_boot && !was_seen {
            Verdict::SameBoot
        } else if !boot.starts_with_a_boot && !boot.has_sessions()
            || self.start_may_be_missing_since(boot, index)
        {
            Verdict::Boot(indicator, index)
        } else if was_seen && boot.suspected.is_none() {
            Verdict::Suspected(why)
        } else {
            Verdict::SameBoot
        }
    }

    /// A Logon ID is lower, by `fall`, than an earlier one. Windows allocates Logon IDs before it
    /// audits them, so the size of the difference alone proves nothing.
    fn judge_lower_logon_id(&self, boot: &BootSoFar, index: usize, fall: u64) -> Verdict {
        let suspect = |why| match boot.suspected {
            None => Verdict::Suspected(why),
            Some(_) => Verdict::SameBoot,
        };
        let is_large = fall > LOGON_ID_TOLERANCE;
        let next = self.ranges.next_logon(index).and_then(|next| self.events.get(next));
        let next = next.and_then(account_logon);
        let rises_again = next.is_some_and(|next| next.0 > boot.highest_logon_id);
        // If a boot begins at the next Logon ID, none begins here.
        let falls_again = next.is_some_and(|next| {
            next.0.saturating_add(fall).saturating_add(LOGON_ID_TOLERANCE) < boot.highest_logon_id
        });
        let may_hide = self.start_may_be_missing_since(boot, index)
            && (is_large || self.has_ids_for_a_start(boot, index));
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
            (true, _) => Verdict::Boot(StartIndicator::LogonIdFell, index),
        }
    }

    /// The record in this boot that opened a session with this Logon ID before. A copy of the same
    /// record under another record ID does not count.
    fn opened_before(&self, boot: &BootSoFar, id: LogonId, event: &Event) -> Option<usize> {
        let at = *boot.opened.get(&id)?;
        let before = self.events.get(at)?;
        (before.time != event.time || before.kind != event.kind).then_some(at)
    }

    /// May the record of a boot's start be missing since the last record that names a session?
    fn start_may_be_missing_since(&self, boot: &BootSoFar, index: usize) -> bool {
        self.no_4608 || boot.start_may_be_missing || self.start_may_be_missing_at(index)
    }

    /// Are there enough record IDs, since the last record that names a session, for all that a boot
    /// writes before the first logon of an ordinary account? Records that a full or cleared log
    /// lost have no record IDs; they are counted as enough.
    fn has_ids_for_a_start(&self, boot: &BootSoFar, index: usize) -> bool {
        let first = boot.after_last_session.saturating_sub(1);
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

    /// May the record of a boot's start be missing right before this record?
    fn start_may_be_missing_at(&self, index: usize) -> bool {
        let hides = self.events.get(index).is_some_and(|event| {
            let is_lost =
                matches!(event.kind, EventKind::AuditDropped | EventKind::EventLost(0 | 4608));
            is_lost || event.role().begins_a_file()
        });
        let audits = self.start_audits.partition_point(|(at, _)| *at < index);
        let audit = audits.checked_sub(1).and_then(|at| self.start_audits.get(at));
        let is_not_audited = audit.is_some_and(|(_, is_on)| !is_on);
        // A start record that was hidden inside another record is read, but nothing is concluded
        // from it.
        let before = index.checked_sub(1).and_then(|at| self.events.get(at));
        let is_hidden = before.is_some_and(|before| before.recovered && logs_start(before));
        hides
            || is_not_audited
            || is_hidden
            || self.gaps.may_lack_records_before(self.events, index)
    }

    /// Adds the boot whose first record that may concern a session is at `index`; `before` is the
    /// boot before it.
    fn begin(
        &self,
        starts: &mut Vec<SecurityStart>,
        before: &BootSoFar,
        index: usize,
        indicator: StartIndicator,
    ) {
        let (boot_of_crash_report, mut start) =
            with_leading_records(self.events, self.gaps, index, indicator);
        starts.extend(boot_of_crash_report);
        // The 4826 is the first record of a boot.
        let is_first = |at: &usize| {
            let event = self.events.get(*at);
            event.is_some_and(|event| matches!(event.kind, EventKind::BootConfiguration))
        };
        if !indicator.is_logged() && !start.evidence.iter().any(is_first) {
            let floor = match indicator {
                StartIndicator::LsassProcess => before.after_last_of_lsass,
                _ => before.after_last_session,
            };
            let floor = floor.max(starts.last().map_or(0, |start| start.index + 1));
            let floor = if indicator.has_time() { self.near_start(floor..index) } else { floor };
            let last = self.first_of_new_boot(before, floor..index);
            let floor = self.after_higher_ids(floor..last);
            start.from = self
                .after_missing_records(floor..last)
                .unwrap_or_else(|| with_preceding_record(self.events, index));
        }
        starts.push(start);
    }

    /// The range ends with a record of the first seconds of a boot. Returns the first record in it
    /// that may be of these seconds too: the clock is not set before the event log service runs.
    fn near_start(&self, range: Range<usize>) -> usize {
        let time = |at: usize| self.events.get(at).map(|event| event.time);
        let near = range.clone().rev().take_while(|at| {
            let both = time(*at).zip(time(range.end));
            both.is_some_and(|(time, start)| start.since(time).abs() <= FIRST_SECONDS)
        });
        near.last().unwrap_or(range.end)
    }

    /// The first record in the range that certainly belongs to the new boot, because its Logon ID
    /// is far below those of the boot before. Window managers log on before the first account does.
    fn first_of_new_boot(&self, before: &BootSoFar, range: Range<usize>) -> usize {
        let is_new = |at: &usize| match self.events.get(*at).map(|event| &event.kind) {
            Some(EventKind::Logon(logon)) => {
                let id = logon.logon_id;
                !id.is_well_known()
                    && id.0.saturating_add(LOGON_ID_TOLERANCE) < before.highest_logon_id
            }
            _ => false,
        };
        range.clone().find(is_new).unwrap_or(range.end)
    }

    /// The range ends with a Logon ID of the new boot. Returns the first record after all Logon IDs
    /// that are far above that one: within a boot Logon IDs rise.
    fn after_higher_ids(&self, range: Range<usize>) -> usize {
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

    /// If a boot has no start record, that record is among the missing ones, and all records after
    /// the gap belong to this boot. If there are several gaps, it is the gap over which the clock
    /// changed most.
    fn after_missing_records(&self, range: Range<usize>) -> Option<usize> {
        let time = |at: usize| self.events.get(at).map(|event| event.time);
        let jump = |at: usize| {
            let before = at.checked_sub(1).and_then(time);
            before.zip(time(at)).map_or(i64::MAX, |(before, own)| own.since(before).abs().0)
        };
        let is_gap = |at: &usize| self.gaps.may_lack_records_before(self.events, *at);
        // An 1100 belongs to the boot that ended, if records are missing after it.
        let own = self.events.get(range.clone()).unwrap_or_default();
        let stop = own.iter().rposition(|event| matches!(event.kind, EventKind::EventLogShutdown));
        let after_stop = stop.map_or(range.start, |stop| range.start + stop + 1);
        let last = (after_stop..=range.end).filter(is_gap).max_by_key(|at| (jump(*at), *at));
        last.or_else(|| (range.start..after_stop).filter(is_gap).max_by_key(|at| (jump(*at), *at)))
    }
}

/// The record that each boot writes only once: 4902, and the logon of the font driver of session 0,
/// which runs as long as the computer does. Seen: one of these in 35 of 35 boots.
fn once_per_boot(event: &Event) -> Option<StartIndicator> {
    match &event.kind {
        EventKind::AuditPolicyTable(_) => Some(StartIndicator::PolicyTable),
        EventKind::Logon(logon) if logon.account.window_session() == Some(0) => {
            Some(StartIndicator::FontDriver)
        }
        _ => None,
    }
}

/// What is known so far of the boot whose records are being examined.
#[derive(Default)]
struct BootSoFar {
    /// Its first record shows that a boot began.
    starts_with_a_boot: bool,
    lsass: Option<u32>,
    /// The index after the last record that LSASS wrote.
    after_last_of_lsass: usize,
    /// The highest Logon ID of an account so far.
    highest_logon_id: u64,
    /// The record of the last logon with each Logon ID.
    opened: HashMap<LogonId, usize>,
    /// The index after the last record that names a session.
    after_last_session: usize,
    /// The start record of another boot may be missing since then.
    start_may_be_missing: bool,
    /// The record at which another boot may have begun.
    suspected: Option<usize>,
    /// The type 0 logon of SYSTEM has been seen, or is no longer expected.
    is_past_system_logon: bool,
    policy_table: bool,
    font_driver: bool,
    service_logons: u8,
}

impl BootSoFar {
    /// Does this record prove by itself that a new boot has begun?
    fn proves_start(&self, event: &Event) -> Option<StartIndicator> {
        match &event.kind {
            EventKind::LsassStarted => return Some(StartIndicator::LsassStarted),
            // The type 0 logon of a boot comes right after its 4608.
            EventKind::Logon(_) if event.is_system_logon() => {
                let of_another_boot =
                    self.is_past_system_logon || !self.starts_with_a_boot || self.has_sessions();
                return of_another_boot.then_some(StartIndicator::SystemLogon);
            }
            _ => {}
        }
        match (self.lsass, event.lsass_pid()) {
            (Some(old), Some(new)) if old != new => Some(StartIndicator::LsassProcess),
            _ => None,
        }
    }

    /// Ordinary sessions have begun, so the start of the boot is over.
    fn has_sessions(&self) -> bool {
        self.highest_logon_id > 0
    }

    /// Adds a record to what is known of the boot.
    fn note(&mut self, index: usize, event: &Event) {
        if let Some(pid) = event.lsass_pid() {
            self.lsass = self.lsass.or(Some(pid));
            self.after_last_of_lsass = index + 1;
        }
        let logon = account_logon(event);
        // The Logon IDs of window managers are not in order, so they show nothing.
        let is_of_this_boot = match logon {
            Some(_) => true,
            None => named_session(event).is_some_and(|(id, _)| self.opened.contains_key(&id)),
        };
        if is_of_this_boot {
            self.after_last_session = index + 1;
            self.start_may_be_missing = false;
        }
        if let Some(id) = logon {
            self.highest_logon_id = self.highest_logon_id.max(id.0);
            self.opened.insert(id, index);
        }
        match &event.kind {
            EventKind::AuditPolicyTable(_) => self.policy_table = true,
            EventKind::Logon(logon) if logon.account.window_session() == Some(0) => {
                self.font_driver = true;
            }
            EventKind::Logon(logon) if logon.logon_type == Some(0) => {
                self.is_past_system_logon = true
            }
            EventKind::Logon(logon) if logon.logon_id.is_boot_service() => {
                self.service_logons = self.service_logons.saturating_add(1);
            }
            _ => {}
        }
    }

    /// Is this one of the records that every boot writes once: the type 0 logon, 4902, or the first
    /// logons of NETWORK SERVICE and LOCAL SERVICE?
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
