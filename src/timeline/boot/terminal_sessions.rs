//! The Terminal Services sessions of one boot: what the Local Session Manager and Winlogon recorded
//! of desktops.
//!
//! Both give the number of the session (the console has 1, 2, ...) and the user, but no Logon ID. A
//! number belongs to one session from its logon (21) to its logoff (23). The account and the time
//! connect it with a Logon ID of Security.
//!
//! Example: 21 of alice with number 1 at 09:00, 24 with number 1 at 12:00, 23 with number 1 at
//! 17:00: one session, from 09:00 to 17:00, that was disconnected at 12:00.

use super::adjusted_clock::AdjustedClock;
use super::facts::DoubtfulFrom;
use crate::model::account::{same_name, without_domain};
use crate::model::event::{Terminal, TerminalAction};
use crate::model::event_role::DesktopChange;
use crate::model::session::{Basis, Confidence, End};
use crate::model::{
    Account, Channel, Citation, EndCause, Event, EventKind, SidsOfNames, Timestamp,
};
use crate::timeline::boots::partition::BootEvents;
use crate::timeline::timing::{FIRST_LOGON, SESSION_MANAGER_LOGON};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// One Terminal Services session.
#[derive(Debug, Clone, Default)]
pub(crate) struct TerminalSession<'a> {
    /// Its number. A later session may have the same number.
    pub(crate) number: u32,
    /// `DOMAIN\name` as the Local Session Manager writes it; empty if only Winlogon recorded the
    /// session.
    pub(crate) user: &'a str,
    /// The SIDs to which records give the name of the user, if they also give other names to them.
    sids_of_user: Vec<&'a str>,
    /// The SID, from Winlogon; empty if only the Local Session Manager recorded the session.
    pub(crate) sid: &'a str,
    /// The record of the logon: 21 or 7001.
    pub(crate) start: Option<&'a Event>,
    /// The record of the logoff: 23 or 7002.
    pub(crate) end: Option<&'a Event>,
    /// The records 24, 25 and 40, in order.
    pub(crate) attachment_changes: Vec<(&'a Event, &'a Terminal)>,
    /// All its records.
    pub(crate) records: Vec<&'a Event>,
    /// The adjusted time of the latest record of its logon. A logon leaves the records 41, 21 and
    /// 7001 within seconds.
    logon_seen: Option<Timestamp>,
}

impl<'a> TerminalSession<'a> {
    /// Is this a session of that account? The SIDs decide if both have one. Otherwise the name
    /// alone decides, because the domain may be missing, or be in NetBIOS form on one side and in
    /// DNS form on the other. Of a Microsoft account, 4624 gives another name: then a record that gives the user's name
    /// to its SID decides.
    pub(crate) fn is_of(&self, account: &Account) -> bool {
        if !self.sid.is_empty() && !account.sid.is_empty() {
            return self.sid == &*account.sid;
        }
        let name = without_domain(self.user);
        !name.is_empty() && same_name(name, &account.user)
            || !account.sid.is_empty() && self.sids_of_user.contains(&&*account.sid)
    }

    /// The first record of its logon. A 41 and a 7001 follow the 4624 at once; the 21 may come much later.
    pub(crate) fn first_of_logon(&self) -> Option<&'a Event> {
        self.records.iter().copied().find(|event| is_of_logon(event))
    }

    /// The address from which its user logged on, by its 21.
    pub(crate) fn logon_address(&self) -> Option<&'a str> {
        match &self.start?.kind {
            EventKind::Terminal(terminal) => Some(&terminal.address),
            _ => None,
        }
    }

    /// The address of the client from which its user logged on; `None` at the console, and where no record says.
    pub(crate) fn client_address(&self) -> Option<&'a str> {
        self.logon_address().filter(|address| !address.is_empty() && !is_local(address))
    }

    /// The end of the session by its logoff, if that is recorded.
    pub(crate) fn end_by_logoff(&self, doubtful: DoubtfulFrom) -> Option<End> {
        let logoff = self.end?;
        // It may be the logoff of another session of the account, in a boot that began among missing records.
        let may_be_of_two_boots =
            doubtful.includes(logoff) && self.start.is_some_and(|start| !doubtful.includes(start));
        Some(End {
            time: Some(logoff.time),
            basis: Some(Basis::Inferred),
            cause: EndCause::Initiated,
            confidence: if may_be_of_two_boots { Confidence::Low } else { Confidence::Medium },
            not_before: None,
            not_after: None,
            record: Some(Citation::from(logoff)),
        })
    }

    /// The records 39 and 40, which say why it was disconnected.
    pub(crate) fn disconnect_reasons(&self) -> impl Iterator<Item = &'a Event> {
        self.records.iter().copied().filter(|event| matches!(event.event_id, 39 | 40))
    }
}

/// Does this address of the Local Session Manager mean the console? It writes LOCAL in the language
/// of Windows, so everything that is no IP address is the console. Seen: 137 addresses in real
/// logs, among them `YEREL` and `ローカル`.
pub(crate) fn is_local(address: &str) -> bool {
    // Removes brackets, port and zone, as in `[fe80::1%5]:3389`.
    let bare = match address.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => address,
    };
    let bare = bare.split('%').next().unwrap_or(bare);
    bare.parse::<IpAddr>().is_err() && bare.parse::<SocketAddr>().is_err()
}

/// The Terminal Services sessions of one boot, in the order in which they began.
pub(crate) fn of<'a>(
    records: BootEvents<'a>,
    clock: &AdjustedClock,
    sids: &SidsOfNames<'a>,
) -> Vec<TerminalSession<'a>> {
    let mut sessions = LatestSessions::default();
    for event in in_order(records, clock) {
        let time = clock.time(event);
        match &event.kind {
            EventKind::Terminal(terminal) => {
                if let Some(session) = sessions.of(terminal.session, event, time, Some(terminal)) {
                    session.note(event, time, "");
                    session.note_terminal(event, terminal);
                }
            }
            EventKind::Winlogon(winlogon) => {
                if let Some(session) = sessions.of(winlogon.session, event, time, None) {
                    session.note(event, time, &winlogon.sid);
                    session.note_winlogon(event);
                }
            }
            _ => {}
        }
    }
    for session in &mut sessions.list {
        session.sids_of_user = sids.of(session.user);
    }
    sessions.list
}

/// The records of both channels in the order of adjusted time. Those of one channel stay in record
/// order, which is right even if the clock was set and no record says so.
fn in_order<'a>(records: BootEvents<'a>, clock: &AdjustedClock) -> Vec<&'a Event> {
    let is_ours = |event: &&Event| {
        matches!(event.kind, EventKind::Terminal(_) | EventKind::Winlogon(_)) && !event.recovered
    };
    let mut ours: Vec<(Timestamp, &Event)> = Vec::new();
    for channel in [Channel::LocalSessionManager, Channel::System] {
        let mut earliest = Timestamp::from_filetime(u64::MAX);
        for event in records.of(channel).iter().rev().filter(is_ours) {
            earliest = earliest.min(clock.time(event));
            ours.push((earliest, event));
        }
    }
    ours.sort_by_key(|(time, event)| (*time, event.channel, event.record_id));
    ours.into_iter().map(|(_, event)| event).collect()
}

/// Is it one of the records that a logon leaves (41, 21, 7001)?
fn is_of_logon(event: &Event) -> bool {
    event.confirmed_desktop_change() == Some(DesktopChange::Logon)
}

/// The sessions so far, and the latest session of each number.
#[derive(Default)]
struct LatestSessions<'a> {
    list: Vec<TerminalSession<'a>>,
    /// The index of the latest session of each number.
    latest: BTreeMap<u32, usize>,
}

impl<'a> LatestSessions<'a> {
    /// The session of this number to which the record belongs: the latest one, or a new one. A
    /// record without a number belongs to no session.
    fn of(
        &mut self,
        number: Option<u32>,
        event: &Event,
        time: Timestamp,
        terminal: Option<&Terminal>,
    ) -> Option<&mut TerminalSession<'a>> {
        let number = number?;
        let is_over = |at: &usize| {
            self.list.get(*at).is_some_and(|session| session.is_over_at(event, time, terminal))
        };
        let known = self.latest.get(&number).copied().filter(|at| !is_over(at));
        let at = known.unwrap_or_else(|| {
            self.list.push(TerminalSession { number, ..TerminalSession::default() });
            self.list.len() - 1
        });
        // A single record of another user does not end the session that has the number.
        if is_of_logon(event) || !self.latest.contains_key(&number) {
            self.latest.insert(number, at);
        }
        self.list.get_mut(at)
    }
}

impl<'a> TerminalSession<'a> {
    /// Is this a record of another session, to which the number was given later? It is one if it
    /// names another user. A record of a logon is also one in each of these cases: this session had
    /// ended; it has such a record already (a number is reserved once, by its 41); its logon was too
    /// long ago; or only disconnections and reconnections are left of it.
    fn is_over_at(&self, event: &Event, time: Timestamp, terminal: Option<&Terminal>) -> bool {
        let has_already = |ids: &[u16]| self.records.iter().any(|one| ids.contains(&one.event_id));
        let has_logon_already = match event.event_id {
            41 => has_already(&[41, 21]),
            21 | 7001 => has_already(&[event.event_id]),
            _ => false,
        };
        // The first logon of a user on a computer may take minutes: the 21 waits for the profile.
        let longest = match event.event_id {
            21 => FIRST_LOGON,
            _ => SESSION_MANAGER_LOGON.longest(),
        };
        let logon_is_over = self.logon_seen.is_some_and(|logon| time.since(logon) > longest);
        let has_other_user = terminal.is_some_and(|terminal| {
            let both_known = !terminal.user.is_empty() && !self.user.is_empty();
            both_known && !same_name(&terminal.user, self.user)
        });
        let is_rest = self.start.is_none() && !self.attachment_changes.is_empty();
        let is_over = self.end.is_some() || has_logon_already || logon_is_over;
        has_other_user || is_of_logon(event) && (is_over || is_rest)
    }

    /// Adds a record to the session.
    fn note(&mut self, event: &'a Event, time: Timestamp, sid: &'a str) {
        self.records.push(event);
        if is_of_logon(event) {
            self.logon_seen = Some(time);
        }
        if self.sid.is_empty() {
            self.sid = sid;
        }
    }

    /// Notes a 7001 as the logon, and a 7002 as the logoff.
    fn note_winlogon(&mut self, event: &'a Event) {
        match event.event_id {
            7001 => self.start = self.start.or(Some(event)),
            _ => self.end = self.end.or(Some(event)),
        }
    }

    /// Notes what a record of the Local Session Manager says.
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
