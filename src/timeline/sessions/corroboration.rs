//! Corroboration: the records of other channels that confirm a logon or a logoff, each with its lag
//! after the record of Security.

use super::builder::SessionBuilder;
use super::list::{SessionIndex, Sessions};
use crate::model::event_role::DesktopChange;
use crate::model::{Account, Channel, Citation, Event, EventKind, Span, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use crate::timeline::limits::PARTNERS_NEARBY;
use crate::timeline::timing::{CONFIRMS_LOGOFF, CONFIRMS_LOGON, SMALL_STEP};
use std::collections::{BTreeMap, BTreeSet};

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
/// likewise its logoff. A record confirms one session, and never one that had ended before it.
pub(super) fn cite(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let partners = partners(context);
    let mut pairs: Vec<Pair> = Vec::new();
    for (at, builder) in sessions.iter().filter(|(_, builder)| has_desktop(builder)) {
        let session = &builder.session;
        let logoff = session.initiated.as_ref().or(session.terminated.as_ref());
        let left = logoff.map(|moment| context.clock.moment(moment));
        let changes =
            [(session.start.as_ref(), DesktopChange::Logon), (logoff, DesktopChange::Logoff)];
        for (moment, change) in changes {
            let Some(moment) = moment else { continue };
            let times = Times { read: moment.time, adjusted: context.clock.moment(moment), left };
            let own = near(&session.account, &partners, times, change);
            pairs.extend(own.map(|(lag, number)| (lag.abs(), lag, at, number)));
        }
    }
    pairs.sort_unstable();
    let mut is_taken = vec![false; partners.len()];
    let mut served: BTreeSet<(SessionIndex, DesktopChange, Channel, u16)> = BTreeSet::new();
    let mut found: BTreeMap<SessionIndex, Vec<(DesktopChange, Span, &Event)>> = BTreeMap::new();
    for (_, lag, at, number) in pairs {
        let (Some(partner), Some(is_taken)) = (partners.get(number), is_taken.get_mut(number))
        else {
            continue;
        };
        let event = partner.event;
        if !*is_taken && served.insert((at, partner.confirms, event.channel, event.event_id)) {
            *is_taken = true;
            found.entry(at).or_default().push((partner.confirms, lag, event));
        }
    }
    for (at, mut list) in found {
        list.sort_by_key(|(change, lag, event)| (*change, *lag, event.record_id));
        let cited = list.into_iter().map(|(_, lag, event)| (Citation::from(event), lag));
        sessions.get_mut(at).session.corroboration = cited.collect();
    }
}

/// A record that confirms a change of a session: its distance, its lag, the session, and its index among
/// the partners.
type Pair = (Span, Span, SessionIndex, usize);

/// The time of a logon or a logoff as the clock read and as adjusted, and that at which the session ended.
#[derive(Clone, Copy)]
struct Times {
    read: Timestamp,
    adjusted: Timestamp,
    left: Option<Timestamp>,
}

/// The partners that may confirm a change, each with its lag and its index.
fn near<'p>(
    account: &'p Account,
    partners: &'p [Partner<'_>],
    times: Times,
    change: DesktopChange,
) -> impl Iterator<Item = (Span, usize)> + 'p {
    let Times { read, adjusted, left } = times;
    let (first, last) = match change {
        DesktopChange::Logon => CONFIRMS_LOGON.after(adjusted),
        DesktopChange::Logoff => CONFIRMS_LOGOFF.after(adjusted),
    };
    let last = match change {
        DesktopChange::Logon => left.map_or(last, |left| last.min(left)),
        DesktopChange::Logoff => last,
    };
    let from = partners.partition_point(|one| one.time < first.plus(Span(-SMALL_STEP.0)));
    let all = partners.iter().enumerate().skip(from).take(PARTNERS_NEARBY);
    let all = all.take_while(move |(_, one)| one.time <= last.plus(SMALL_STEP));
    all.filter(move |(_, one)| one.confirms == change && one.is_of(account)).filter_map(
        move |(number, one)| {
            if first <= one.time && one.time <= last {
                return Some((one.time.since(adjusted), number));
            }
            // Another channel has no record of a small step of the clock, so that nothing says on
            // which side of the step its record lies: then the readings themselves count.
            let lag = one.event.time.since(read);
            let is_near = first <= adjusted.plus(lag) && adjusted.plus(lag) <= last;
            (one.event.channel != Channel::System && is_near).then_some((lag, number))
        },
    )
}

/// The elevated half has no desktop of its own.
fn has_desktop(builder: &SessionBuilder<'_>) -> bool {
    builder.is_desktop() && !builder.session.is_elevated_half()
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
