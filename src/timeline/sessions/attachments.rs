//! Where a desktop was worked from: console or client, with reconnects and locks.
//!
//! A session is the one that 4778 names, whatever new logon the client made to reach it; its logon
//! type may stay 2 although it is now remote. The Local Session Manager tells of the same moves by
//! the desktop's number, also where Security does not audit them or has lost the record.

use crate::model::event::{LockAction, Terminal, TerminalAction};
use crate::model::session::{Attachment, AttachmentKind, Basis, Incident, MilestoneKind};
use crate::model::{Channel, Event, EventKind, Session, SessionClass, Span, Timestamp};
use crate::timeline::boot::adjusted_clock::Clock;
use crate::timeline::boot::terminal_sessions::Desktop;
use crate::timeline::boots::partition::Records;
use crate::timeline::sessions::builder::{Drafts, moment};
use crate::timeline::sessions::revalidations::is_desktop;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// LSM 21 follows the 4624 within this time (49 s seen over Remote Desktop).
const LOGON_LAG: (Span, Span) = (Span::seconds(-1), Span::seconds(60));
/// Records of one move follow each other within this time (15 s seen at a logoff).
const ONE_MOVE: Span = Span::seconds(5);
/// LSM 40: the user logged off. Other reasons leave the session as it is.
const LOGGED_OFF: u32 = 12;

/// One change of a desktop's attachment or lock.
pub(crate) struct Change<'a> {
    event: &'a Event,
    /// Its time by an even clock.
    even: Timestamp,
    kind: MilestoneKind,
    client: &'a str,
    address: &'a str,
    /// From or to the console, rather than a client; 40 does not say.
    console: Option<bool>,
}

/// Gives desktops their attachments, locks and time in use.
pub(crate) fn attach(
    drafts: &mut Drafts<'_>,
    records: Records<'_>,
    desktops: &[Desktop<'_>],
    clock: &Clock,
) {
    let mut changes = by_security(drafts, records, clock);
    let mut logons: BTreeMap<usize, &str> = BTreeMap::new();
    for (at, desktop) in joints(drafts, desktops, clock) {
        let audited = changes.entry(at).or_default();
        let own = by_session_manager(desktop, clock);
        audited.extend(without_twins(own, audited));
        logons.extend(desktop.logon_address().map(|address| (at, address)));
        if let Some(draft) = drafts.list.get_mut(at) {
            desktop.reasons().for_each(|event| draft.cite(event));
        }
    }
    for (at, draft) in drafts.list.iter_mut().enumerate() {
        let list = changes.remove(&at).unwrap_or_default();
        if is_desktop(draft) || !list.is_empty() {
            begin(&mut draft.session, logons.get(&at).copied());
            apply(&mut draft.session, list);
            close(&mut draft.session, clock);
        }
    }
}

/// 4778 and 4779, 4800 and 4801, by session.
fn by_security<'a>(
    drafts: &Drafts<'_>,
    records: Records<'a>,
    clock: &Clock,
) -> BTreeMap<usize, Vec<Change<'a>>> {
    let mut changes: BTreeMap<usize, Vec<Change<'a>>> = BTreeMap::new();
    for event in records.of(Channel::Security) {
        let (id, kind, client, address, console) = match &event.kind {
            EventKind::WindowStation(station) => (
                station.logon_id,
                if station.reconnected {
                    MilestoneKind::Reconnected
                } else {
                    MilestoneKind::Disconnected
                },
                &*station.client.workstation,
                &*station.client.ip,
                Some(station.session_name.eq_ignore_ascii_case("console")),
            ),
            EventKind::Lock(lock) => {
                let kind = match lock.action {
                    LockAction::Locked => MilestoneKind::Locked,
                    LockAction::Unlocked => MilestoneKind::Unlocked,
                    LockAction::ScreenSaverOn | LockAction::ScreenSaverOff => continue,
                };
                (lock.logon_id, kind, "", "", None)
            }
            _ => continue,
        };
        if let Some(at) = drafts.find(id) {
            let even = clock.even(event);
            let change = Change { event, even, kind, client, address, console };
            changes.entry(at).or_default().push(change);
        }
    }
    changes
}

/// LSM 24 and 25, and 40 where its 24 is missing.
pub(crate) fn by_session_manager<'a>(desktop: &Desktop<'a>, clock: &Clock) -> Vec<Change<'a>> {
    let logged_off = |(_, terminal): &&(&Event, &Terminal)| terminal.detail == Some(LOGGED_OFF);
    let ends = desktop.moves.iter().filter(logged_off).map(|(event, _)| *event).chain(desktop.end);
    let ended = ends.map(|event| clock.even(event)).min();
    let mut changes: Vec<Change<'a>> = Vec::new();
    let mut reasons: Vec<Change<'a>> = Vec::new();
    for (event, terminal) in &desktop.moves {
        let even = clock.even(event);
        // The manager reports the torn connection after the logoff as well.
        if ended.is_some_and(|end| even >= end) {
            continue;
        }
        let console = Some(is_local(&terminal.address));
        let (client, address) = ("", &*terminal.address);
        let change = |kind| Change { event, even, kind, client, address, console };
        match terminal.action {
            TerminalAction::Reconnected => changes.push(change(MilestoneKind::Reconnected)),
            TerminalAction::Disconnected => changes.push(change(MilestoneKind::Disconnected)),
            _ => reasons.push(Change { console: None, ..change(MilestoneKind::Disconnected) }),
        }
    }
    changes.extend(without_twins(reasons, &changes));
    changes
}

/// What other records have not told: the same kind of change at the same moment.
fn without_twins<'a>(list: Vec<Change<'a>>, known: &[Change<'_>]) -> Vec<Change<'a>> {
    let mut times: Vec<(MilestoneKind, Timestamp)> =
        known.iter().map(|change| (change.kind, change.even)).collect();
    times.sort_unstable();
    let is_new = |change: &Change<'_>| {
        let from = (change.kind, change.even.plus(Span(-ONE_MOVE.0)));
        let at = times.partition_point(|known| *known < from);
        !times
            .get(at)
            .is_some_and(|(kind, time)| *kind == change.kind && time.since(change.even) <= ONE_MOVE)
    };
    list.into_iter().filter(is_new).collect()
}

fn is_local(address: &str) -> bool {
    address.is_empty() || address.eq_ignore_ascii_case("local")
}

/// Which draft a numbered desktop is: same account, logged on just before.
fn joints<'a, 'b>(
    drafts: &Drafts<'_>,
    desktops: &'b [Desktop<'a>],
    clock: &Clock,
) -> Vec<(usize, &'b Desktop<'a>)> {
    let mut list: Vec<(Timestamp, usize)> = Vec::new();
    for (at, draft) in drafts.list.iter().enumerate() {
        let session = &draft.session;
        if let Some(start) = session.start.as_ref().filter(|_| is_desktop(draft))
            && !session.is_elevated_half()
        {
            list.push((clock.even_moment(start), at));
        }
    }
    list.sort_unstable();
    let mut joints = Vec::new();
    for desktop in desktops {
        let Some(start) = desktop.start else { continue };
        let start = clock.even(start);
        let from = list.partition_point(|(time, _)| start.since(*time) > LOGON_LAG.1);
        let near = list.iter().skip(from).take_while(|(time, _)| LOGON_LAG.0 <= start.since(*time));
        let same = near.filter(|(_, at)| {
            drafts.list.get(*at).is_some_and(|draft| desktop.is_of(&draft.session.account))
        });
        // Of two halves that nothing links the second is the one worked in.
        let best = same.min_by_key(|(time, at)| (start.since(*time).abs(), Reverse(*at)));
        joints.extend(best.map(|(_, at)| (*at, desktop)));
    }
    joints
}

/// The attachment that a session begins with, by the manager's address or the 4624 itself; none
/// where neither is there.
pub(crate) fn begin(session: &mut Session, address: Option<&str>) {
    session.attachments.clear();
    let Some(start) = &session.start else { return };
    let given = address.filter(|address| !is_local(address));
    let console = given.is_none() && session.class != SessionClass::RemoteDesktop;
    let ip = given.unwrap_or(&session.client.ip);
    // The 4624 of a desktop names this computer as its workstation, not the client.
    session.attachments.push(Attachment {
        kind: if console { AttachmentKind::Console } else { AttachmentKind::Rdp },
        client: String::new(),
        address: if console { String::new() } else { ip.to_owned() },
        from: Some(start.time),
        to: None,
    });
}

/// Lets the changes happen to the session, in their order by an even clock.
pub(crate) fn apply(session: &mut Session, mut changes: Vec<Change<'_>>) {
    in_order(&mut changes, |change| (change.event.channel, change.event.record_id, change.even));
    for change in &changes {
        let time = change.event.time;
        session.incidents.push(Incident { kind: change.kind, moment: moment(change.event) });
        let open = session.attachments.last_mut().filter(|last| last.to.is_none());
        match (change.kind, open) {
            (MilestoneKind::Disconnected, Some(last)) => {
                last.to = Some(time);
                // What was cut off names itself: better than what the logon said.
                if last.kind == AttachmentKind::Rdp && change.console == Some(false) {
                    fill(&mut last.client, change.client);
                    fill(&mut last.address, change.address);
                }
            }
            (MilestoneKind::Disconnected, None) => {
                session.attachments.extend(attachment(change, None, Some(time)));
            }
            (MilestoneKind::Reconnected, open) => {
                if let Some(last) = open {
                    last.to = Some(time);
                }
                session.attachments.extend(attachment(change, Some(time), None));
            }
            _ => {}
        }
    }
}

/// Sorts what has a channel, a record and an even time by time; the records of one channel stay in
/// their own order, for a step of the clock may be lost.
fn in_order<T>(list: &mut Vec<T>, of: impl Fn(&T) -> (Channel, u64, Timestamp)) {
    let mut keyed: Vec<_> = list.drain(..).map(|one| (of(&one), one)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    for run in keyed.chunk_by_mut(|(one, _), (other, _)| one.0 == other.0) {
        let mut latest = None;
        for (key, _) in run {
            key.2 = latest.map_or(key.2, |latest| key.2.max(latest));
            latest = Some(key.2);
        }
    }
    keyed.sort_by_key(|(key, _)| (key.2, key.1));
    list.extend(keyed.into_iter().map(|(_, one)| one));
}

fn fill(text: &mut String, from: &str) {
    if text.is_empty() {
        from.clone_into(text);
    }
}

fn attachment(
    change: &Change<'_>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Option<Attachment> {
    let console = change.console?;
    let own = |text: &str| if console { String::new() } else { text.to_owned() };
    let kind = if console { AttachmentKind::Console } else { AttachmentKind::Rdp };
    Some(Attachment { kind, client: own(change.client), address: own(change.address), from, to })
}

/// The last attachment lasts until the user left; then the time in use can be told, if locks or
/// disconnects were logged at all and the end is known better than by bounds.
pub(crate) fn close(session: &mut Session, clock: &Clock) {
    let left = session.initiated.as_ref().map(|moment| moment.time).or(session.end.time);
    if let Some(last) = session.attachments.last_mut().filter(|a| a.to.is_none()) {
        last.to = left;
    }
    // Re-validations were noted before the other incidents.
    in_order(&mut session.incidents, |one| {
        let record = &one.moment.record;
        (record.channel, record.record_id, clock.even_moment(&one.moment))
    });
    let interrupted = session.incidents.iter().any(|i| i.kind != MilestoneKind::Revalidated);
    let (Some(start), false) = (&session.start, session.is_elevated_half()) else { return };
    let start = clock.even_moment(start);
    let left = match (&session.initiated, session.end.time, session.end.basis) {
        (Some(moment), _, _) => Some(clock.even_moment(moment)),
        (None, _, None | Some(Basis::Bounded)) => None,
        // Even: the start, and what truly passed since then.
        (None, _, _) => session.corrected_duration().map(|span| start.plus(span)),
    };
    if let (true, Some(left)) = (interrupted, left) {
        let away = idle(session, left, |moment| clock.even_moment(moment));
        let active = Span(left.since(start).0.saturating_sub(away.0));
        // A step of the clock that no record tells of may make it less than nothing: no telling.
        session.active = Some(active).filter(|active| *active >= Span(0));
    }
}

/// Time locked or disconnected, overlaps counted once.
fn idle(
    session: &Session,
    end: Timestamp,
    even: impl Fn(&crate::model::session::Moment) -> Timestamp,
) -> Span {
    let (mut locked, mut gone) = (false, false);
    let mut since: Option<Timestamp> = None;
    let mut total = 0_i64;
    for incident in &session.incidents {
        match incident.kind {
            MilestoneKind::Locked => locked = true,
            MilestoneKind::Unlocked => locked = false,
            MilestoneKind::Disconnected => gone = true,
            // Whoever reconnects has given the password: the desktop is unlocked.
            MilestoneKind::Reconnected => (gone, locked) = (false, false),
            _ => continue,
        }
        let time = even(&incident.moment);
        match (since, locked || gone) {
            (None, true) => since = Some(time),
            (Some(from), false) => {
                total = total.saturating_add(time.since(from).0.max(0));
                since = None;
            }
            _ => {}
        }
    }
    let rest = since.map_or(0, |from| end.since(from).0.max(0));
    Span(total.saturating_add(rest))
}
