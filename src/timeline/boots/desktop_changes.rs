//! Desktop logons and logoffs whose place is known, by which a record of another channel that reports
//! the same one finds its own: its boot, or its interval between two steps of the clock.

use crate::model::account::{same_name, without_domain};
use crate::model::event_role::DesktopChange;
use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::limits::LOGONS_NEARBY;
use crate::timeline::timing::{JITTER, SAME_LOGON};

/// Desktop logons and logoffs by time, each with its place.
pub(crate) struct DesktopChanges<'a, P>(Vec<(Timestamp, P, &'a Event)>);

impl<'a, P: Copy + Ord> DesktopChanges<'a, P> {
    /// Of these records with their places those that state a logon or a logoff.
    pub(crate) fn of(records: impl Iterator<Item = (&'a Event, P)>) -> DesktopChanges<'a, P> {
        let changes = records.filter(|(event, _)| change_of(event).is_some());
        let mut all: Vec<_> = changes.map(|(event, place)| (event.time, place, event)).collect();
        all.sort_by_key(|(time, place, event)| (*time, *place, event.record_id));
        DesktopChanges(all)
    }

    /// All of them, each with its place.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'a Event, P)> {
        self.0.iter().map(|(_, place, event)| (*event, *place))
    }

    /// The places of the logons or logoffs that this record may report as well, by their time.
    pub(crate) fn places(&self, event: &Event) -> impl Iterator<Item = P> {
        let change = change_of(event);
        let from = event.time.plus(Span(-SAME_LOGON.0));
        let until = event.time.plus(JITTER);
        let from = self.0.partition_point(|(time, ..)| *time < from);
        let nearby = self.0.iter().skip(from).take(LOGONS_NEARBY);
        nearby
            .take_while(move |(time, ..)| *time <= until)
            .filter(move |(.., known)| change.is_some() && change_of(known) == change)
            .filter(|(.., known)| is_of_same_desktop(known, event))
            .map(|(_, place, _)| *place)
    }
}

/// The logon or logoff at a desktop that a record of Security or System states.
fn change_of(event: &Event) -> Option<DesktopChange> {
    match event.desktop_change() {
        Some((_, change)) => Some(change),
        None => event.confirmed_desktop_change(),
    }
}

/// Does this record name the account, or the session number, of a known one?
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
