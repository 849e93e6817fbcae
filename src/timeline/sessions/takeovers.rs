//! Takeovers: which records say that a client or the console took over a session?
//!
//! Example: a 4778 for 0x5a000 at 13:00:02 says that the session 0x5a000 was taken over. A logon of the same user from
//! 13:00:00 to 13:00:03 only checked the password for that.

use super::builder::SessionBuilder;
use super::terminals;
use crate::model::account::without_domain;
use crate::model::event::TerminalAction;
use crate::model::{Channel, Event, EventKind, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::timing::TAKEOVER;

/// Reason in event 40 of the Local Session Manager: the session was taken over by another connection.
const REPLACED: u32 = 5;

/// The records that say that a session was taken over, in adjusted time: 4778 by Logon ID, and the events 25 and 40
/// (reason 5) of the Local Session Manager by session number.
pub(super) struct Takeovers {
    by_logon_id: Vec<(u64, Timestamp)>,
    by_number: Vec<(u32, Timestamp)>,
    /// The user names of event 25, in lower case.
    by_user: Vec<(String, Timestamp)>,
}

impl Takeovers {
    /// Collects them from the records of a boot.
    pub(super) fn of(context: &BootContext<'_>) -> Takeovers {
        let mut by_logon_id = Vec::new();
        for event in context.records.of(Channel::Security) {
            if let EventKind::WindowStation(station) = &event.kind
                && station.reconnected
            {
                by_logon_id.push((station.logon_id.0, context.clock.time(event)));
            }
        }
        let (mut by_number, mut by_user) = (Vec::new(), Vec::new());
        for event in context.records.of(Channel::LocalSessionManager) {
            let EventKind::Terminal(terminal) = &event.kind else { continue };
            let time = context.clock.time(event);
            let number = terminal.session.filter(|_| is_takeover(event));
            by_number.extend(number.map(|number| (number, time)));
            if terminal.action == TerminalAction::Reconnected {
                let name = without_domain(&terminal.user);
                by_user.push((name.to_lowercase(), time));
            }
        }
        by_logon_id.sort_unstable();
        by_number.sort_unstable();
        by_user.sort_unstable();
        Takeovers { by_logon_id, by_number, by_user }
    }

    /// Does a record of a takeover name this desktop, while the logon that re-validates its user lasted? It may be
    /// a 4778, or a record of the Local Session Manager about the same session.
    pub(super) fn names(
        &self,
        desktop: &SessionBuilder<'_>,
        (from, until): (Timestamp, Timestamp),
        context: &BootContext<'_>,
    ) -> bool {
        let times = takeover_times(from, until);
        let logon_id = desktop.session.logon_id;
        let terminal = terminals::of(desktop.terminal, context);
        let own = terminal.into_iter().flat_map(|terminal| &terminal.records);
        let mut takeovers = own.filter(|event| is_takeover(event));
        logon_id.is_some_and(|id| has(&self.by_logon_id, &id.0, times))
            || takeovers.any(|event| (times.0..=times.1).contains(&context.clock.time(event)))
    }

    /// Was the session of this user, with this Logon ID and this number, taken over while the logon lasted?
    pub(super) fn any(
        &self,
        user: &str,
        logon_id: Option<u64>,
        number: Option<u32>,
        from: Timestamp,
        until: Timestamp,
    ) -> bool {
        let times = takeover_times(from, until);
        let user = (!user.is_empty()).then(|| user.to_lowercase());
        logon_id.is_some_and(|id| has(&self.by_logon_id, &id, times))
            || number.is_some_and(|number| has(&self.by_number, &number, times))
            || user.is_some_and(|user| has(&self.by_user, &user, times))
    }
}

/// Does this record of the Local Session Manager say that its session was taken over?
fn is_takeover(event: &Event) -> bool {
    let EventKind::Terminal(terminal) = &event.kind else { return false };
    match terminal.action {
        TerminalAction::Reconnected => true,
        TerminalAction::DisconnectReason => terminal.detail == Some(REPLACED),
        _ => false,
    }
}

/// The first and the last time at which a takeover is recorded that belongs to a logon from `from` until `until`.
fn takeover_times(from: Timestamp, until: Timestamp) -> (Timestamp, Timestamp) {
    (TAKEOVER.earliest_after(from), TAKEOVER.after(from.max(until)).1)
}

/// Has the sorted list an entry with this key between two times?
fn has<K: Ord>(list: &[(K, Timestamp)], key: &K, (first, last): (Timestamp, Timestamp)) -> bool {
    let at = list.partition_point(|(other, time)| (other, *time) < (key, first));
    list.get(at).is_some_and(|(other, time)| other == key && *time <= last)
}
