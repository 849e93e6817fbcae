//! What other channels say of the same logon or logoff, with the lag after the Security event.

use crate::model::event::TerminalAction;
use crate::model::{Channel, Citation, Event, EventKind, Span, Timestamp};
use crate::timeline::boot::adjusted_clock::Clock;
use crate::timeline::boot::terminal_sessions::Desktop;
use crate::timeline::boots::partition::Records;
use crate::timeline::sessions::builder::{Draft, Drafts};
use crate::timeline::sessions::revalidations::is_desktop;
use std::collections::BTreeMap;

/// Partners of a logon follow within this time (49 s seen for Remote Desktop).
const AFTER_LOGON: Span = Span::seconds(60);
/// Partners of a logoff follow within this time (15 s seen).
const AFTER_LOGOFF: Span = Span::seconds(20);
/// Clocks are read in different processes: a partner may seem a little earlier.
const BEFORE: Span = Span::seconds(-1);

/// A record of another channel, its even time, which account it names, and whether it tells of a logon.
struct Partner<'a> {
    event: &'a Event,
    even: Timestamp,
    desktop: Option<&'a Desktop<'a>>,
    sid: &'a str,
    logon: bool,
}

/// Cites, for every desktop session, the nearest record of each kind beside its logon and logoff.
pub(crate) fn cite<'a>(
    drafts: &mut Drafts<'_>,
    records: Records<'a>,
    desktops: &'a [Desktop<'a>],
    clock: &Clock,
) {
    let mut partners: Vec<Partner<'a>> = Vec::new();
    for desktop in desktops {
        for event in &desktop.records {
            if let Some(logon) = tells_logon(&event.kind, event.event_id) {
                let (even, sid) = (clock.even(event), desktop.sid);
                partners.push(Partner { event, even, desktop: Some(desktop), sid, logon });
            }
        }
    }
    for event in records.of(Channel::UserProfile) {
        if let (EventKind::Profile(notification), Some(logon)) =
            (&event.kind, tells_logon(&event.kind, event.event_id))
        {
            let (even, sid) = (clock.even(event), &*notification.sid);
            partners.push(Partner { event, even, desktop: None, sid, logon });
        }
    }
    partners.sort_by_key(|partner| partner.even);
    // The elevated half has no desktop of its own.
    let has_desktop =
        |draft: &&mut Draft<'_>| is_desktop(draft) && !draft.session.is_elevated_half();
    for draft in drafts.list.iter_mut().filter(has_desktop) {
        let even = |moment| clock.even_moment(moment);
        let start = draft.session.start.as_ref().map(even);
        let left = draft.session.initiated.as_ref().or(draft.session.terminated.as_ref());
        let left = left.map(even);
        let mut found = Vec::new();
        found.extend(start.into_iter().flat_map(|time| nearest(draft, &partners, time, true)));
        found.extend(left.into_iter().flat_map(|time| nearest(draft, &partners, time, false)));
        draft.session.corroboration = found;
    }
}

/// Does it tell of a logon (`true`), of a logoff (`false`), or of neither?
fn tells_logon(what: &EventKind, event_id: u16) -> Option<bool> {
    match what {
        EventKind::Terminal(terminal) => match terminal.action {
            TerminalAction::Logon | TerminalAction::ArbitrationBegin => Some(true),
            TerminalAction::Logoff => Some(false),
            _ => None,
        },
        EventKind::Winlogon(_) => Some(event_id == 7001),
        EventKind::Profile(_) => match event_id {
            1 | 67 => Some(true),
            3 | 4 => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The nearest partner of each kind (channel and Event ID), with its lag.
fn nearest(
    draft: &Draft<'_>,
    partners: &[Partner<'_>],
    time: Timestamp,
    logon: bool,
) -> Vec<(Citation, Span)> {
    let account = &draft.session.account;
    let from = partners.partition_point(|p| p.even.since(time) < BEFORE);
    let limit = if logon { AFTER_LOGON } else { AFTER_LOGOFF };
    let mut best: BTreeMap<(Channel, u16), (Span, &Event)> = BTreeMap::new();
    for partner in partners.iter().skip(from) {
        let lag = partner.even.since(time);
        if lag > limit {
            break;
        }
        let same = match partner.desktop {
            Some(desktop) => desktop.is_of(account),
            None => !partner.sid.is_empty() && *partner.sid == *account.sid,
        };
        if partner.logon != logon || !same {
            continue;
        }
        let kind = (partner.event.channel, partner.event.event_id);
        let closer = best.get(&kind).is_none_or(|(known, _)| lag.abs() < known.abs());
        if closer {
            best.insert(kind, (lag, partner.event));
        }
    }
    let mut found: Vec<(Span, &Event)> = best.into_values().collect();
    found.sort_by_key(|(lag, event)| (*lag, event.record_id));
    found.into_iter().map(|(lag, event)| (Citation::from(event), lag)).collect()
}
