//! Did Windows audit logoffs on this computer? 4634 and 4647 are one audit subcategory, which may
//! be switched off.
//!
//! Input: all records of a computer with their boots. Output: [`LogoffAuditing`]. Without logoff
//! auditing, a session that has no 4634 and no 4647 may have ended at any time.
//!
//! Example: Security has a 4624 of bob at 09:00, no 4634 and no 4647 of anybody, and records until
//! 18:00. The Local Session Manager has a logoff (23) of bob at 12:00. So logoffs were not audited.

use super::partition::Assigned;
use crate::model::account::{same_name, without_domain};
use crate::model::event::TerminalAction;
use crate::model::{Account, Channel, Event, EventKind, Timestamp};
use crate::timeline::channel::gaps::Gaps;
use crate::timeline::hosts::grouping::{EventsByChannel, events_of};
use std::collections::{BTreeMap, BTreeSet};

/// A few logons may all still be open, but so many are not.
const MANY_LOGONS: usize = 50;

/// What is known of the auditing of logoffs on a computer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LogoffAuditing {
    /// Security has logoffs of sessions.
    On {
        /// The first and the last record ID of each period in which a 4719 says that they were not audited, in order.
        except: Vec<(u64, u64)>,
    },
    /// Security has no logoff, and nothing indicates that it should have one.
    Unknown,
    /// Security has no logoff, which is unlikely with so many logons, or with several desktops of
    /// one account.
    OffSuspected(String),
    /// Security has no logoff, but another channel recorded the logoff of a session that Security
    /// covers: this record.
    Off(Box<Event>),
}

impl LogoffAuditing {
    /// Were logoffs audited all the time from one record of Security to another?
    pub(crate) fn is_on_between(&self, first: u64, last: u64) -> bool {
        match self {
            LogoffAuditing::On { except } => {
                let next = except.partition_point(|(_, until)| *until < first);
                except.get(next).is_none_or(|(from, _)| last < *from)
            }
            _ => false,
        }
    }

    /// Were logoffs not audited, or probably not? Then it shows nothing about the end of a session
    /// that the session has no 4634 and no 4647.
    pub(crate) fn is_off(&self) -> bool {
        matches!(self, LogoffAuditing::OffSuspected(_) | LogoffAuditing::Off(_))
    }

    /// Decides from the records of a computer whether logoffs were audited.
    pub(crate) fn of(
        events: &EventsByChannel,
        assigned: &Assigned,
        security_gaps: &Gaps,
    ) -> LogoffAuditing {
        let security = events_of(events, Channel::Security);
        if security.iter().any(Event::is_logoff) {
            return LogoffAuditing::On { except: periods_without_audit(security) };
        }
        if security_gaps.selection {
            return LogoffAuditing::Unknown;
        }
        let records = assigned.records(events, Channel::Security);
        let covered = covered_desktops(records.clone(), security_gaps);
        let others = [Channel::System, Channel::LocalSessionManager].into_iter();
        let mut others = others.flat_map(|channel| assigned.records(events, channel));
        match others.find(|(event, boot)| proves(event, *boot, &covered)) {
            Some((proof, _)) => LogoffAuditing::Off(Box::new(proof.clone())),
            None => suspected(records),
        }
    }
}

/// The periods in which logoffs were not audited, as 4719 says: from a record that switched the audit off, or from the
/// beginning of the log, to the record that switched it on. A logoff shows that it was on already: policies are often
/// set once more without a change.
fn periods_without_audit(security: &[Event]) -> Vec<(u64, u64)> {
    let mut periods = Vec::new();
    let (mut off_since, mut is_on) = (None, false);
    for event in security.iter().filter(|event| !event.recovered) {
        match event.kind {
            EventKind::LogoffAudit(true) => {
                let since = off_since.take().or((!is_on).then_some(0));
                periods.extend(since.map(|since| (since, event.record_id)));
                is_on = true;
            }
            EventKind::LogoffAudit(false) => {
                off_since.get_or_insert(event.record_id);
            }
            _ if event.is_logoff() => {
                periods.extend(off_since.take().map(|since| (since, event.record_id)));
                is_on = true;
            }
            _ => {}
        }
    }
    periods.extend(off_since.map(|since| (since, u64::MAX)));
    periods
}

/// A desktop logon, and the last time until which Security has no gap in the boot.
struct CoveredDesktop<'a> {
    account: &'a Account,
    from: Timestamp,
    until: Timestamp,
}

/// The desktop logons of each boot after which Security has no gap until its last record of the
/// boot.
fn covered_desktops<'a>(
    security: impl Iterator<Item = (&'a Event, usize)> + Clone,
    security_gaps: &Gaps,
) -> BTreeMap<usize, Vec<CoveredDesktop<'a>>> {
    let mut last: BTreeMap<usize, (u64, Timestamp)> = BTreeMap::new();
    for (event, boot) in security.clone() {
        let until = last.get(&boot).map_or(event.time, |(_, time)| event.time.max(*time));
        last.insert(boot, (event.record_id, until));
    }
    let mut covered: BTreeMap<usize, Vec<CoveredDesktop<'a>>> = BTreeMap::new();
    for (event, boot) in security.filter(|(event, _)| !event.recovered) {
        if let (Some(account), Some((last, until))) = (desktop(event), last.get(&boot))
            && !security_gaps.misses_between(event.record_id, *last)
        {
            let own = CoveredDesktop { account, from: event.time, until: *until };
            covered.entry(boot).or_default().push(own);
        }
    }
    covered
}

/// The account of a desktop logon by Winlogon.
fn desktop(event: &Event) -> Option<&Account> {
    match &event.kind {
        EventKind::Logon(logon)
            if matches!(logon.logon_type, Some(2 | 10 | 11 | 12))
                && logon.method.is_user32()
                && logon.account.is_ordinary() =>
        {
            Some(&logon.account)
        }
        _ => None,
    }
}

/// Does this record of another channel state the logoff of a desktop that Security covers?
fn proves(event: &Event, boot: usize, covered: &BTreeMap<usize, Vec<CoveredDesktop<'_>>>) -> bool {
    let is_of = |account: &Account| match &event.kind {
        EventKind::Winlogon(notice) if event.event_id == 7002 => *notice.sid == *account.sid,
        EventKind::Terminal(terminal) if terminal.action == TerminalAction::Logoff => {
            let name = without_domain(&terminal.user);
            !name.is_empty() && same_name(name, &account.user)
        }
        _ => false,
    };
    let desktops = covered.get(&boot).into_iter().flatten();
    !event.recovered
        && desktops
            .into_iter()
            .any(|one| one.from <= event.time && event.time <= one.until && is_of(one.account))
}

/// Suspects that auditing was off if one account has several desktops in one boot, or if there are
/// very many logons, and none of them has an end.
fn suspected<'a>(security: impl Iterator<Item = (&'a Event, usize)> + Clone) -> LogoffAuditing {
    let mut desktops: BTreeMap<(usize, &str), BTreeSet<Timestamp>> = BTreeMap::new();
    for (event, boot) in security.clone() {
        if let Some(account) = desktop(event) {
            desktops.entry((boot, &account.sid)).or_default().insert(event.time);
        }
    }
    let several = desktops.values().map(BTreeSet::len).max().unwrap_or(0);
    let is_session = |(event, _): &(&Event, usize)| match &event.kind {
        EventKind::Logon(logon) => !logon.logon_id.is_well_known(),
        _ => false,
    };
    let logons = security.filter(is_session).count();
    match (several > 2, logons >= MANY_LOGONS) {
        (true, _) => LogoffAuditing::OffSuspected(format!(
            "{several} desktop logons of one account in one boot, and not one logoff event"
        )),
        (false, true) => {
            LogoffAuditing::OffSuspected(format!("{logons} logons and not one logoff event"))
        }
        (false, false) => LogoffAuditing::Unknown,
    }
}
