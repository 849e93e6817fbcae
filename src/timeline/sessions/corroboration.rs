//! Corroboration: which records of other channels confirm a logon or a logoff that Security
//! recorded, and by how many seconds do they follow it?
//!
//! Example: a 4647 of alice at 17:00:00.0 and a 7002 of the same SID at 17:00:00.1: the 7002
//! confirms the logoff, with a lag of 0.1 seconds.

use super::builder::SessionBuilder;
use super::list::{SessionIndex, Sessions};
use crate::model::event_role::DesktopChange;
use crate::model::{Account, Channel, Citation, Event, EventKind, Span, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use crate::timeline::limits::CONFIRMING_RECORDS_NEARBY;
use crate::timeline::timing::{CONFIRMS_LOGOFF, CONFIRMS_LOGON, SMALL_STEP};
use std::collections::{BTreeMap, BTreeSet};

/// A record of another channel that may confirm a logon or a logoff.
struct ConfirmingRecord<'a> {
    event: &'a Event,
    /// Its adjusted time.
    time: Timestamp,
    /// Its Terminal Services session; `None` for a record of the User Profile Service.
    terminal: Option<&'a TerminalSession<'a>>,
    sid: &'a str,
    confirms: DesktopChange,
}

impl ConfirmingRecord<'_> {
    /// Is this record about that account?
    fn is_of(&self, account: &Account) -> bool {
        match self.terminal {
            Some(terminal) => terminal.is_of(account),
            None => !self.sid.is_empty() && *self.sid == *account.sid,
        }
    }
}

/// For every desktop session, cites the nearest record of each kind that confirms its logon, and
/// likewise its logoff. A record confirms one session only, and never a session that had ended
/// before it.
pub(super) fn cite(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let confirming = confirming(context);
    let mut pairs: Vec<Pair> = Vec::new();
    for (at, builder) in sessions.iter().filter(|(_, builder)| has_desktop(builder)) {
        let session = &builder.session;
        let logoff = session.initiated.as_ref().or(session.terminated.as_ref());
        let left = logoff.map(|moment| context.clock.moment(moment));
        let changes =
            [(session.start.as_ref(), DesktopChange::Logon), (logoff, DesktopChange::Logoff)];
        for (moment, change) in changes {
            let Some(moment) = moment else { continue };
            let times = Times { raw: moment.time, adjusted: context.clock.moment(moment), left };
            let own = near(&session.account, &confirming, times, change);
            pairs.extend(own.map(|(lag, number)| (lag.abs(), lag, at, number)));
        }
    }
    pairs.sort_unstable();
    let mut is_used = vec![false; confirming.len()];
    let mut confirmed: BTreeSet<(SessionIndex, DesktopChange, Channel, u16)> = BTreeSet::new();
    let mut found: BTreeMap<SessionIndex, Vec<(DesktopChange, Span, &Event)>> = BTreeMap::new();
    for (_, lag, at, number) in pairs {
        let (Some(record), Some(is_used)) = (confirming.get(number), is_used.get_mut(number))
        else {
            continue;
        };
        let event = record.event;
        if !*is_used && confirmed.insert((at, record.confirms, event.channel, event.event_id)) {
            *is_used = true;
            found.entry(at).or_default().push((record.confirms, lag, event));
        }
    }
    for (at, mut list) in found {
        list.sort_by_key(|(change, lag, event)| (*change, *lag, event.record_id));
        let cited = list.into_iter().map(|(_, lag, event)| (Citation::from(event), lag));
        sessions.get_mut(at).session.corroboration = cited.collect();
    }
}

/// A possible confirmation: the distance, the lag, the session, and the index of the confirming
/// record.
type Pair = (Span, Span, SessionIndex, usize);

/// The raw and the adjusted time of a logon or a logoff, and the adjusted time of the session's
/// logoff.
#[derive(Clone, Copy)]
struct Times {
    raw: Timestamp,
    adjusted: Timestamp,
    left: Option<Timestamp>,
}

/// The records that may confirm a logon or a logoff, each with its lag and its index.
fn near<'p>(
    account: &'p Account,
    confirming: &'p [ConfirmingRecord<'_>],
    times: Times,
    change: DesktopChange,
) -> impl Iterator<Item = (Span, usize)> + 'p {
    let Times { raw, adjusted, left } = times;
    let (first, last) = match change {
        DesktopChange::Logon => CONFIRMS_LOGON.after(adjusted),
        DesktopChange::Logoff => CONFIRMS_LOGOFF.after(adjusted),
    };
    let last = match change {
        DesktopChange::Logon => left.map_or(last, |left| last.min(left)),
        DesktopChange::Logoff => last,
    };
    let from = confirming.partition_point(|one| one.time < first.plus(Span(-SMALL_STEP.0)));
    let all = confirming.iter().enumerate().skip(from).take(CONFIRMING_RECORDS_NEARBY);
    let all = all.take_while(move |(_, one)| one.time <= last.plus(SMALL_STEP));
    all.filter(move |(_, one)| one.confirms == change && one.is_of(account)).filter_map(
        move |(number, one)| {
            if first <= one.time && one.time <= last {
                return Some((one.time.since(adjusted), number));
            }
            // Another channel has no record of a small clock step, so nothing shows on which side
            // of the step its record is. Then the raw times are compared.
            let lag = one.event.time.since(raw);
            let is_near = first <= adjusted.plus(lag) && adjusted.plus(lag) <= last;
            (one.event.channel != Channel::System && is_near).then_some((lag, number))
        },
    )
}

/// Has the session a desktop of its own? The elevated half of a linked logon has none.
fn has_desktop(builder: &SessionBuilder<'_>) -> bool {
    builder.is_desktop() && !builder.session.is_elevated_half()
}

/// All records of a boot that may confirm a logon or a logoff, in the order of adjusted time.
fn confirming<'c>(context: &'c BootContext<'_>) -> Vec<ConfirmingRecord<'c>> {
    let mut confirming: Vec<ConfirmingRecord<'c>> = Vec::new();
    let mut add = |event: &'c Event, terminal: Option<&'c TerminalSession<'c>>, sid: &'c str| {
        if let Some(confirms) = event.confirmed_desktop_change() {
            let time = context.clock.time(event);
            confirming.push(ConfirmingRecord { event, time, terminal, sid, confirms });
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
    confirming.sort_by_key(|record| record.time);
    confirming
}
