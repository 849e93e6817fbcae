//! Terminal Services sessions: what the Local Session Manager and Winlogon recorded of desktops,
//! besides Security.
//!
//! They number the sessions (the console has 1, 2, …) and name the users, but they give no Logon ID.
//! A number belongs to one desktop from its logon (21) to its logoff (23). The account and the time
//! relate the desktop to a Logon ID.

use super::adjusted_clock::AdjustedClock;
use crate::model::account::{same_name, without_domain};
use crate::model::event::{Terminal, TerminalAction};
use crate::model::{Account, Channel, Event, EventKind};
use crate::timeline::boots::partition::BootEvents;
use std::collections::BTreeMap;

/// One desktop by its session number.
#[derive(Debug, Clone, Default)]
pub(crate) struct TerminalSession<'a> {
    /// Its number, which a later session may have again.
    pub(crate) number: u32,
    /// `DOMAIN\name` as the Local Session Manager writes it; empty when only Winlogon recorded it.
    pub(crate) user: &'a str,
    /// SID, from Winlogon; empty when only the Local Session Manager recorded it.
    pub(crate) sid: &'a str,
    /// 21 or 7001.
    pub(crate) start: Option<&'a Event>,
    /// 23 or 7002.
    pub(crate) end: Option<&'a Event>,
    /// 24, 25 and 40 in order.
    pub(crate) attachment_changes: Vec<(&'a Event, &'a Terminal)>,
    /// Every record of it.
    pub(crate) records: Vec<&'a Event>,
}

impl<'a> TerminalSession<'a> {
    /// The same account? By SID where both have one. Else by the account's name alone, since the
    /// domain may be missing, or given in NetBIOS form on one side and in DNS form on the other.
    pub(crate) fn is_of(&self, account: &Account) -> bool {
        if !self.sid.is_empty() && !account.sid.is_empty() {
            return self.sid == &*account.sid;
        }
        let name = without_domain(self.user);
        !name.is_empty() && same_name(name, &account.user)
    }

    /// Where its user logged on from, by the address in its 21.
    pub(crate) fn logon_address(&self) -> Option<&'a str> {
        match &self.start?.kind {
            EventKind::Terminal(terminal) => Some(&terminal.address),
            _ => None,
        }
    }

    /// Only Winlogon recorded it.
    pub(crate) fn is_by_winlogon_alone(&self) -> bool {
        self.records.iter().all(|event| matches!(event.kind, EventKind::Winlogon(_)))
    }

    /// 39 and 40: why it was disconnected.
    pub(crate) fn disconnect_reasons(&self) -> impl Iterator<Item = &'a Event> {
        self.records.iter().copied().filter(|event| matches!(event.event_id, 39 | 40))
    }
}

/// The Terminal Services sessions of one boot, in the order in which they began.
pub(crate) fn of<'a>(records: BootEvents<'a>, clock: &AdjustedClock) -> Vec<TerminalSession<'a>> {
    let mut sessions = LatestSessions::default();
    for event in in_order(records, clock) {
        match &event.kind {
            EventKind::Terminal(terminal) => {
                if let Some(session) = sessions.of(terminal.session, event, Some(terminal)) {
                    session.note(event, "");
                    session.note_terminal(event, terminal);
                }
            }
            EventKind::Winlogon(winlogon) => {
                if let Some(session) = sessions.of(winlogon.session, event, None) {
                    session.note(event, &winlogon.sid);
                    session.note_winlogon(event);
                }
            }
            _ => {}
        }
    }
    sessions.list
}

/// The records of both channels by adjusted time; within a channel by record.
fn in_order<'a>(records: BootEvents<'a>, clock: &AdjustedClock) -> Vec<&'a Event> {
    let is_ours = |event: &&Event| {
        matches!(event.kind, EventKind::Terminal(_) | EventKind::Winlogon(_)) && !event.recovered
    };
    let both = [Channel::LocalSessionManager, Channel::System].into_iter();
    let mut ours: Vec<&Event> =
        both.flat_map(|channel| records.of(channel)).filter(is_ours).collect();
    ours.sort_by_cached_key(|event| (clock.time(event), event.channel, event.record_id));
    ours
}

#[derive(Default)]
struct LatestSessions<'a> {
    list: Vec<TerminalSession<'a>>,
    /// The index of the latest session of each number.
    latest: BTreeMap<u32, usize>,
}

impl<'a> LatestSessions<'a> {
    /// The session of this number to which the record belongs: the latest one, or a new one. A record
    /// without a number belongs to none.
    fn of(
        &mut self,
        number: Option<u32>,
        event: &Event,
        terminal: Option<&Terminal>,
    ) -> Option<&mut TerminalSession<'a>> {
        let number = number?;
        let is_over = |at: &usize| {
            self.list.get(*at).is_some_and(|session| session.is_over_at(event, terminal))
        };
        let known = self.latest.get(&number).copied().filter(|at| !is_over(at));
        let at = known.unwrap_or_else(|| {
            self.list.push(TerminalSession { number, ..TerminalSession::default() });
            self.list.len() - 1
        });
        self.latest.insert(number, at);
        self.list.get_mut(at)
    }
}

impl<'a> TerminalSession<'a> {
    /// Does this record give the number to another session? That needs the record of a logon, and
    /// that this session had ended, that it has such a record already (a number is reserved once, by
    /// its 41), that it was only reserved while somebody reconnected and another user gets it, or that changes without a beginning are
    /// all that is left of it.
    fn is_over_at(&self, event: &Event, terminal: Option<&Terminal>) -> bool {
        let begins = match terminal {
            Some(terminal) => {
                matches!(terminal.action, TerminalAction::Logon | TerminalAction::ArbitrationBegin)
            }
            None => event.event_id == 7001,
        };
        let has_already = |ids: &[u16]| self.records.iter().any(|one| ids.contains(&one.event_id));
        let has_logon_already = match event.event_id {
            41 => has_already(&[41, 21]),
            21 | 7001 => has_already(&[event.event_id]),
            _ => false,
        };
        let has_other_user = terminal.is_some_and(|terminal| {
            let both_known = !terminal.user.is_empty() && !self.user.is_empty();
            both_known && !same_name(&terminal.user, self.user)
        });
        let is_rest = self.start.is_none() && !self.attachment_changes.is_empty();
        begins && (self.end.is_some() || has_logon_already || has_other_user || is_rest)
    }

    fn note(&mut self, event: &'a Event, sid: &'a str) {
        self.records.push(event);
        if self.sid.is_empty() {
            self.sid = sid;
        }
    }

    fn note_winlogon(&mut self, event: &'a Event) {
        match event.event_id {
            7001 => self.start = self.start.or(Some(event)),
            _ => self.end = self.end.or(Some(event)),
        }
    }

    fn note_terminal(&mut self, event: &'a Event, terminal: &'a Terminal) {
        if self.user.is_empty() {
            self.user = &terminal.user;
        }
        match terminal.action {
            TerminalAction::Logon => self.start = Some(event),
            TerminalAction::Logoff => self.end = Some(event),
            TerminalAction::Disconnected
            | TerminalAction::Reconnected
            | TerminalAction::DisconnectReason => self.attachment_changes.push((event, terminal)),
            _ => {}
        }
    }
}
