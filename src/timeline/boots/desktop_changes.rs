//! The desktop logons and logoffs of Security and System, by which a record of another channel that
//! reports the same one finds its boot.

use super::partition::Assigned;
use crate::model::account::{same_name, without_domain};
use crate::model::event_role::DesktopChange;
use crate::model::{Channel, Event, EventKind, Span, Timestamp};
use crate::timeline::hosts::grouping::EventsByChannel;
use crate::timeline::limits::LOGONS_NEARBY;
use crate::timeline::timing::{JITTER, SAME_LOGON};

/// The desktop logons and logoffs in Security and System by time, each with its boot.
pub(super) struct DesktopChanges<'a>(Vec<(Timestamp, usize, &'a Event)>);

impl<'a> DesktopChanges<'a> {
    pub(super) fn of(events: &'a EventsByChannel, assigned: &Assigned) -> DesktopChanges<'a> {
        let mut all = Vec::new();
        for channel in [Channel::Security, Channel::System] {
            let numbers = assigned.get(&channel).into_iter().flatten();
            let events = events.get(&channel).into_iter().flatten();
            let changes = events.zip(numbers).filter(|(event, _)| change_of(event).is_some());
            all.extend(changes.map(|(event, boot)| (event.time, *boot, event)));
        }
        all.sort_by_key(|(time, boot, event)| (*time, *boot, event.record_id));
        DesktopChanges(all)
    }

    /// The boots of the logons or logoffs that this record may report as well, by their time.
    pub(super) fn boots(&self, event: &Event) -> impl Iterator<Item = usize> {
        let change = event.confirmed_desktop_change();
        let from = event.time.plus(Span(-SAME_LOGON.0));
        let until = event.time.plus(JITTER);
        let from = self.0.partition_point(|(time, ..)| *time < from);
        let nearby = self.0.iter().skip(from).take(LOGONS_NEARBY);
        nearby
            .take_while(move |(time, ..)| *time <= until)
            .filter(move |(.., known)| change.is_some() && change_of(known) == change)
            .filter(|(.., known)| is_of_same_desktop(known, event))
            .map(|(_, boot, _)| *boot)
    }
}

/// The logon or logoff at a desktop that a record of Security or System states.
fn change_of(event: &Event) -> Option<DesktopChange> {
    match event.desktop_change() {
        Some((_, change)) => Some(change),
        None => event.confirmed_desktop_change(),
    }
}

/// Does a record of another channel name the account, or the session number, of a record of Security or
/// System?
fn is_of_same_desktop(known: &Event, event: &Event) -> bool {
    let account = known.desktop_change().map(|(account, _)| account);
    match (&known.kind, &event.kind) {
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
