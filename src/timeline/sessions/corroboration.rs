//! Corroboration: the records of other channels that confirm a logon or a logoff, each with its lag
//! after the record of Security.

use super::builder::SessionBuilder;
use super::list::Sessions;
use crate::model::event_role::DesktopChange;
use crate::model::{Account, Channel, Citation, Event, EventKind, Span, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use crate::timeline::timing::{CONFIRMS_LOGOFF, CONFIRMS_LOGON};
use std::collections::BTreeMap;

/// A record of another channel that confirms a logon or a logoff.
struct Partner<'a> {
    event: &'a Event,
    /// Its adjusted time.
    time: Timestamp,
    /// Its Terminal Services session; `None` for a record of the User Profile Service.
    terminal: Option<&'a TerminalSession<'a>>,
    sid: &'a str,
    confirms: DesktopChange,
}

impl Partner<'_> {
    fn is_of(&self, account: &Account) -> bool {
        match self.terminal {
            Some(terminal) => terminal.is_of(account),
            None => !self.sid.is_empty() && *self.sid == *account.sid,
        }
    }
}

/// Cites, for every desktop session, the nearest record of each kind that confirms its logon, and
/// likewise its logoff.
pub(super) fn cite(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let partners = partners(context);
    // The elevated half has no desktop of its own.
    let has_desktop =
        |one: &&mut SessionBuilder<'_>| one.is_desktop() && !one.session.is_elevated_half();
    for builder in sessions.iter_mut().filter(has_desktop) {
        let session = &builder.session;
        let start = session.start.as_ref();
        let left = session.initiated.as_ref().or(session.terminated.as_ref());
        let mut found = Vec::new();
        for (moment, change) in [(start, DesktopChange::Logon), (left, DesktopChange::Logoff)] {
            let time = moment.map(|moment| context.clock.moment(moment));
            found.extend(
                time.into_iter()
                    .flat_map(|time| nearest(&session.account, &partners, time, change)),
            );
        }
        builder.session.corroboration = found;
    }
}

/// All partners of a boot, by adjusted time.
fn partners<'c>(context: &'c BootContext<'_>) -> Vec<Partner<'c>> {
    let mut partners: Vec<Partner<'c>> = Vec::new();
    let mut add = |event: &'c Event, terminal: Option<&'c TerminalSession<'c>>, sid: &'c str| {
        if let Some(confirms) = event.confirmed_desktop_change() {
            let time = context.clock.time(event);
            partners.push(Partner { event, time, terminal, sid, confirms });
        }
    };
    for terminal in &context.terminal_sessions {
        for event in &terminal.records {
            add(event, Some(terminal), terminal.sid);
        }
    }
    for event in context.records.of(Channel::UserProfile) {
        if let EventKind::Profile(profile) = &event.kind {
            add(event, None, &profile.sid);
        }
    }
    partners.sort_by_key(|partner| partner.time);
    partners
}

/// The nearest partner of each kind (channel and Event ID), with its lag.
fn nearest(
    account: &Account,
    partners: &[Partner<'_>],
    time: Timestamp,
    change: DesktopChange,
) -> Vec<(Citation, Span)> {
    let window = match change {
        DesktopChange::Logon => CONFIRMS_LOGON,
        DesktopChange::Logoff => CONFIRMS_LOGOFF,
    };
    let (first, last) = window.after(time);
    let from = partners.partition_point(|partner| partner.time < first);
    let near = partners.iter().skip(from).take_while(|partner| partner.time <= last);
    let mut best: BTreeMap<(Channel, u16), (Span, &Event)> = BTreeMap::new();
    for partner in near.filter(|one| one.confirms == change && one.is_of(account)) {
        let lag = partner.time.since(time);
        let kind = (partner.event.channel, partner.event.event_id);
        if best.get(&kind).is_none_or(|(known, _)| lag.abs() < known.abs()) {
            best.insert(kind, (lag, partner.event));
        }
    }
    let mut found: Vec<(Span, &Event)> = best.into_values().collect();
    found.sort_by_key(|(lag, event)| (*lag, event.record_id));
    found.into_iter().map(|(lag, event)| (Citation::from(event), lag)).collect()
}
