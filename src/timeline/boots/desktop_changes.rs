//! Finds the record of Security or System that reports the same logon or logoff at a desktop as a
//! given record of another channel. The clocks of the two records may differ; the logon or logoff
//! itself is the same.
//!
//! Input: records with a value that the caller knows of each, such as its boot. Output: for a
//! record, the values of the records that report the same logon or logoff.
//!
//! Example: Security has a 4647 of alice at 17:00:01, in boot 3. The 7002 of alice at 17:00:02 in
//! System reports the same logoff, so it is in boot 3 as well.

use crate::model::account::{same_name, without_domain};
use crate::model::event_role::DesktopChange;
use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::limits::LOGONS_NEARBY;
use crate::timeline::timing::{JITTER, SAME_LOGON};

/// Logons and logoffs at a desktop in the order of time, each with the value that the caller gave
/// it.
pub(crate) struct DesktopChanges<'a, V>(Vec<(Timestamp, V, &'a Event)>);

impl<'a, V: Copy + Ord> DesktopChanges<'a, V> {
    /// Keeps those of the records that state a logon or a logoff.
    pub(crate) fn of(records: impl Iterator<Item = (&'a Event, V)>) -> DesktopChanges<'a, V> {
        let changes = records.filter(|(event, _)| change_of(event).is_some());
        let mut all: Vec<_> = changes.map(|(event, value)| (event.time, value, event)).collect();
        all.sort_by_key(|(time, value, event)| (*time, *value, event.record_id));
        DesktopChanges(all)
    }

    /// All logons and logoffs, each with its value.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'a Event, V)> {
        self.0.iter().map(|(_, value, event)| (*event, *value))
    }

    /// The values of the logons or logoffs that this record may also report, in the order of time.
    pub(crate) fn of_same_change(&self, event: &Event) -> impl Iterator<Item = V> {
        let change = change_of(event);
        let from = event.time.plus(Span(-SAME_LOGON.0));
        let until = event.time.plus(JITTER);
        let from = self.0.partition_point(|(time, ..)| *time < from);
        let nearby = self.0.iter().skip(from).take(LOGONS_NEARBY);
        nearby
            .take_while(move |(time, ..)| *time <= until)
            .filter(move |(.., known)| change.is_some() && change_of(known) == change)
            .filter(|(.., known)| is_of_same_desktop(known, event))
            .map(|(_, value, _)| *value)
    }
}

/// The change (logon or logoff) that a record of Security, System or another channel states.
fn change_of(event: &Event) -> Option<DesktopChange> {
    match event.desktop_change() {
        Some((_, change)) => Some(change),
        None => event.confirmed_desktop_change(),
    }
}

/// Do both records name the same account, or the same Terminal Services session?
fn is_of_same_desktop(known: &Event, event: &Event) -> bool {
    let account = known.desktop_change().map(|(account, _)| account);
    let own = event.desktop_change().map(|(account, _)| account);
    match (&known.kind, &event.kind) {
        (EventKind::Winlogon(known), _) if own.is_some() => {
            own.is_some_and(|account| *account.sid == *known.sid)
        }
        (_, EventKind::Winlogon(notification)) => {
            account.is_some_and(|account| *account.sid == *notification.sid)
        }
        (EventKind::Winlogon(known), EventKind::Terminal(terminal)) => {
            known.session.is_some() && known.session == terminal.session
        }
        (EventKind::Winlogon(known), EventKind::Profile(profile)) => {
            !profile.sid.is_empty() && known.sid == profile.sid
        }
        (_, EventKind::Terminal(terminal)) => {
            let name = without_domain(&terminal.user);
            !name.is_empty() && account.is_some_and(|account| same_name(&account.user, name))
        }
        (_, EventKind::Profile(profile)) => {
            !profile.sid.is_empty() && account.is_some_and(|account| account.sid == profile.sid)
        }
        _ => false,
    }
}
