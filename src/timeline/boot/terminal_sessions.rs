//! Terminal Services sessions: what the Local Session Manager and Winlogon say about desktops,
//! beside what Security says.
//!
//! They number sessions (console 1, 2, …) and name users, but no Logon IDs. A number belongs to
//! one desktop from its logon (21) to its logoff (23); the joint to a Logon ID is the account and
//! the moment.

use crate::model::event::{Terminal, TerminalAction};
use crate::model::{Account, Channel, Event, EventKind};
use crate::timeline::boot::adjusted_clock::Clock;
use crate::timeline::boots::partition::Records;
use std::collections::BTreeMap;

/// One desktop by its session number.
#[derive(Debug, Clone)]
pub(crate) struct Desktop<'a> {
    /// `DOMAIN\name` as the Local Session Manager writes it; empty when only Winlogon speaks.
    pub(crate) user: &'a str,
    /// SID, from Winlogon; empty when only the Local Session Manager speaks.
    pub(crate) sid: &'a str,
    /// 21, 41 or 7001.
    pub(crate) start: Option<&'a Event>,
    /// 23 or 7002.
    pub(crate) end: Option<&'a Event>,
    /// 24, 25 and 40 in order.
    pub(crate) moves: Vec<(&'a Event, &'a Terminal)>,
    /// Everything that names it.
    pub(crate) records: Vec<&'a Event>,
}

impl Desktop<'_> {
    /// The same account? Names are compared without their domain where one side has none, and
    /// between NetBIOS and DNS form by the account's name alone.
    pub(crate) fn is_of(&self, account: &Account) -> bool {
        if !self.sid.is_empty() && !account.sid.is_empty() {
            return self.sid == &*account.sid;
        }
        let name = self.user.rsplit('\\').next().unwrap_or(self.user);
        !name.is_empty() && name.to_lowercase() == account.user.to_lowercase()
    }
}

impl<'a> Desktop<'a> {
    /// Where its user logged on from, as 21 says it.
    pub(crate) fn logon_address(&self) -> Option<&'a str> {
        match &self.start?.kind {
            EventKind::Terminal(terminal) => Some(&terminal.address),
            _ => None,
        }
    }

    /// 39 and 40: why it was disconnected.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = &'a Event> {
        self.records.iter().copied().filter(|event| matches!(event.event_id, 39 | 40))
    }
}

/// Finds the desktops of one epoch, in the order in which they began.
pub(crate) fn desktops<'a>(records: Records<'a>, clock: &Clock) -> Vec<Desktop<'a>> {
    let mut desktops: Vec<Desktop<'a>> = Vec::new();
    let mut open: BTreeMap<u32, usize> = BTreeMap::new();
    for event in of_both_channels(records, clock) {
        match &event.kind {
            EventKind::Terminal(terminal) => {
                let Some(number) = terminal.session else { continue };
                note(&mut desktops, &mut open, number, event, Some(terminal), "");
            }
            EventKind::Winlogon(notification) => {
                let Some(number) = notification.session else { continue };
                note(&mut desktops, &mut open, number, event, None, &notification.sid);
            }
            _ => {}
        }
    }
    desktops
}

/// Records of both channels by even time; within a channel by record.
fn of_both_channels<'a>(records: Records<'a>, clock: &Clock) -> Vec<&'a Event> {
    let is_ours = |event: &&Event| {
        matches!(event.kind, EventKind::Terminal(_) | EventKind::Winlogon(_)) && !event.recovered
    };
    let both = [Channel::LocalSessionManager, Channel::System].into_iter();
    let mut ours: Vec<&Event> =
        both.flat_map(|channel| records.of(channel)).filter(is_ours).collect();
    ours.sort_by_cached_key(|event| (clock.even(event), event.channel, event.record_id));
    ours
}

fn note<'a>(
    desktops: &mut Vec<Desktop<'a>>,
    open: &mut BTreeMap<u32, usize>,
    number: u32,
    event: &'a Event,
    terminal: Option<&'a Terminal>,
    sid: &'a str,
) {
    let begins = match terminal {
        Some(terminal) => {
            matches!(terminal.action, TerminalAction::Logon | TerminalAction::ArbitrationBegin)
        }
        None => event.event_id == 7001,
    };
    // A number is given again after its logoff, or after one that no record tells of.
    let twice = |desktop: &Desktop<'_>| {
        matches!(event.event_id, 21 | 7001)
            && desktop.records.iter().any(|known| known.event_id == event.event_id)
    };
    // One that was only reserved while somebody reconnected is given to the next who logs on.
    let another = |desktop: &Desktop<'_>| {
        terminal.is_some_and(|terminal| differ(&terminal.user, desktop.user))
    };
    // Moves without a beginning are all that is left of an earlier one.
    let moved = |desktop: &Desktop<'_>| desktop.start.is_none() && !desktop.moves.is_empty();
    let reused = |desktop: &Desktop<'_>| {
        begins && (desktop.end.is_some() || twice(desktop) || another(desktop) || moved(desktop))
    };
    let known = open.get(&number).copied().filter(|&at| !desktops.get(at).is_some_and(reused));
    let at = known.unwrap_or_else(|| {
        desktops.push(Desktop {
            user: "",
            sid: "",
            start: None,
            end: None,
            moves: Vec::new(),
            records: Vec::new(),
        });
        desktops.len() - 1
    });
    open.insert(number, at);
    let Some(desktop) = desktops.get_mut(at) else { return };
    desktop.records.push(event);
    if desktop.sid.is_empty() {
        desktop.sid = sid;
    }
    let Some(terminal) = terminal else {
        match event.event_id {
            7001 => desktop.start = desktop.start.or(Some(event)),
            _ => desktop.end = desktop.end.or(Some(event)),
        }
        return;
    };
    if desktop.user.is_empty() {
        desktop.user = &terminal.user;
    }
    match terminal.action {
        TerminalAction::Logon => desktop.start = Some(event),
        TerminalAction::Logoff => desktop.end = Some(event),
        TerminalAction::Disconnected
        | TerminalAction::Reconnected
        | TerminalAction::DisconnectReason => desktop.moves.push((event, terminal)),
        _ => {}
    }
}

/// Two users, as the Local Session Manager writes both.
fn differ(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && one.to_lowercase() != other.to_lowercase()
}
