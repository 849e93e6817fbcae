//! Attachments: from where was a desktop used, and when? An attachment is a period in which a
//! session was connected to the console or to a Remote Desktop client.
//!
//! Input: the sessions, and the records of reconnections, disconnections and locks. Output: the
//! attachments, locks and the time in use of each session.
//!
//! 4778 and 4779 name the session that they concern. A client that takes over a session makes a new
//! logon for a moment, but 4778 still names the old session; the logon type of that session may
//! stay 2 although it is remote now. The Local Session Manager records the same changes by session
//! number, even if Security does not audit them or lost the record.
//!
//! Example: a logon at the console at 09:00, 4779 at 12:00, 4778 from 10.0.0.5 at 13:00, 4647 at
//! 17:00: one attachment at the console from 09:00 to 12:00, and one from 10.0.0.5 from 13:00 to
//! 17:00.

use super::attached_client::AttachedClient;
use super::classes::is_remote_type;
use super::list::{SessionIndex, Sessions};
use super::{active_time, ends, terminals};
use crate::model::attempt::known_address;
use crate::model::event::{Client, LockAction, Terminal, TerminalAction};
use crate::model::session::{Attachment, AttachmentKind, Incident, MilestoneKind};
use crate::model::{
    Channel, Citation, Event, EventKind, Moment, Session, SessionClass, Span, Timestamp,
};
use crate::timeline::boot::adjusted_clock::AdjustedClock;
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::{TerminalSession, is_local};
use crate::timeline::limits::CHANGES_OF_A_TAKEOVER;
use crate::timeline::timing::{CONFIRMS_REVALIDATION, SAME_ATTACHMENT_CHANGE};
use std::collections::BTreeMap;

/// Reason in event 40 of the Local Session Manager: the user logged off. With other reasons the
/// session continues.
const LOGGED_OFF: u32 = 12;

/// One change of a desktop: it was connected, disconnected, locked or unlocked.
pub(super) struct Change<'a> {
    event: &'a Event,
    /// Its adjusted time.
    time: Timestamp,
    kind: MilestoneKind,
    client: &'a str,
    address: &'a str,
    /// Whether it was the console rather than a client. `None`: the record (40, or an empty
    /// address) does not say.
    console: Option<bool>,
    shown: ShownBy,
}

impl Change<'_> {
    /// The client that its record names.
    fn named_client(&self) -> Option<Client> {
        let is_named = !self.client.is_empty() || !self.address.is_empty();
        let is_client = self.console == Some(false) && is_named;
        is_client.then(|| Client { ip: self.address.into(), workstation: self.client.into() })
    }
}

/// What shows that a change happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShownBy {
    /// A record of the change.
    Record,
    /// Only a re-validation, at whose time it happened.
    Revalidation,
    /// Only a re-validation, which was followed by a disconnection of the desktop. The client was
    /// connected at some time after that disconnection.
    UndatedRevalidation,
    /// Only an unlock that names a client. It is a reconnection if the desktop was attached to something else.
    UnlockByClient,
    /// Only a re-validation that names no client, as at the console. It is a reconnection if the desktop was
    /// disconnected.
    UnlockAtConsole,
}

impl ShownBy {
    /// Does no record say when the user came, or whether the user left again?
    fn is_undated(self) -> bool {
        matches!(self, ShownBy::UnlockAtConsole | ShownBy::UndatedRevalidation)
    }
}

/// Gives desktops their attachments, locks and time in use.
pub(super) fn attach(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let mut changes = by_security(sessions, context);
    let mut logons: BTreeMap<SessionIndex, &str> = BTreeMap::new();
    for at in sessions.indices() {
        let builder = sessions.get_mut(at);
        let Some(terminal) = terminals::of(builder.terminal, context) else { continue };
        let audited = changes.entry(at).or_default();
        let own = by_session_manager(terminal, &context.clock);
        audited.extend(without_duplicates(own, audited, SAME_ATTACHMENT_CHANGE));
        logons.extend(terminal.logon_address().map(|address| (at, address)));
        terminal.disconnect_reasons().for_each(|event| builder.cite(event));
    }
    for (parent, revalidations) in by_revalidation(sessions, context) {
        let known = changes.entry(parent).or_default();
        fill_in_clients(known, &revalidations);
        known.extend(without_duplicates(revalidations, known, CONFIRMS_REVALIDATION));
    }
    for at in sessions.indices() {
        let own = changes.remove(&at).unwrap_or_default();
        let builder = sessions.get_mut(at);
        if builder.is_desktop() || !own.is_empty() {
            let address = logons.get(&at).copied();
            attach_session(&mut builder.session, address, own, context);
        }
    }
}

/// Fills in the client of a reconnection whose record does not name it, by the re-validation right
/// before it.
fn fill_in_clients<'a>(known: &mut [Change<'a>], revalidations: &[Change<'a>]) {
    let is_open =
        |change: &Change<'_>| change.kind == MilestoneKind::Reconnected && change.console.is_none();
    let mut by_client: Vec<&Change<'_>> =
        revalidations.iter().filter(|one| one.console == Some(false)).collect();
    by_client.sort_by_key(|one| one.time);
    for change in known.iter_mut().filter(|change| is_open(change)) {
        let until = by_client.partition_point(|one| one.time <= change.time);
        let latest = until.checked_sub(1).and_then(|at| by_client.get(at));
        let revalidation =
            latest.filter(|one| change.time.since(one.time) <= CONFIRMS_REVALIDATION);
        if let Some(revalidation) = revalidation {
            (change.console, change.address) = (revalidation.console, revalidation.address);
        }
    }
}

/// The reconnections that only their re-validations show: a client that takes over a desktop logs
/// on with type 10 for a moment. How long the client stayed is not known.
fn by_revalidation<'a>(
    sessions: &Sessions<'a>,
    context: &BootContext<'a>,
) -> BTreeMap<SessionIndex, Vec<Change<'a>>> {
    let mut changes: BTreeMap<SessionIndex, Vec<Change<'a>>> = BTreeMap::new();
    for (_, builder) in sessions.iter() {
        let session = &builder.session;
        let Some(event) = builder.start else { continue };
        let EventKind::Logon(logon) = &event.kind else { continue };
        let is_revalidation =
            session.class == SessionClass::Revalidation && !session.is_elevated_half();
        let parent = session.parent.and_then(|parent| sessions.of_key(parent));
        let Some(parent) = parent.filter(|_| is_revalidation) else { continue };
        let is_client = terminals::address_of_client(&logon.client.ip).is_some();
        let shown = match session.logon_type {
            logon_type if is_remote_type(logon_type) => ShownBy::Revalidation,
            // Windows 10 and Server 2016 also reconnect a client with an unlock.
            Some(7 | 13) if is_client => ShownBy::UnlockByClient,
            Some(2 | 7 | 11 | 13) if !is_client => ShownBy::UnlockAtConsole,
            _ => continue,
        };
        let is_console = shown == ShownBy::UnlockAtConsole;
        changes.entry(parent).or_default().push(Change {
            event,
            time: context.clock.time(event),
            kind: MilestoneKind::Reconnected,
            client: "",
            address: if is_console { "" } else { &logon.client.ip },
            console: Some(is_console),
            shown,
        });
    }
    changes
}

/// Gives one session its attachments, locks, screen savers and time in use.
pub(super) fn attach_session(
    session: &mut Session,
    address: Option<&str>,
    changes: Vec<Change<'_>>,
    context: &BootContext<'_>,
) {
    begin(session, address);
    let unknown = apply(session, changes);
    finish(session, context, unknown);
}

/// The changes by 4778 and 4779, and by 4800 to 4803, for each session.
fn by_security<'a>(
    sessions: &Sessions<'_>,
    context: &BootContext<'a>,
) -> BTreeMap<SessionIndex, Vec<Change<'a>>> {
    let mut changes: BTreeMap<SessionIndex, Vec<Change<'a>>> = BTreeMap::new();
    for event in context.records.of(Channel::Security) {
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
                    LockAction::ScreenSaverOn => MilestoneKind::ScreenSaverOn,
                    LockAction::ScreenSaverOff => MilestoneKind::ScreenSaverOff,
                };
                (lock.logon_id, kind, "", "", None)
            }
            _ => continue,
        };
        if let Some(at) = sessions.find_at(id, event.record_id) {
            let time = context.clock.time(event);
            let shown = ShownBy::Record;
            let change = Change { event, time, kind, client, address, console, shown };
            changes.entry(at).or_default().push(change);
        }
    }
    changes
}

/// The changes by the events 24 and 25 of the Local Session Manager, and by 40 if its 24 is
/// missing.
pub(super) fn by_session_manager<'a>(
    terminal: &TerminalSession<'a>,
    clock: &AdjustedClock,
) -> Vec<Change<'a>> {
    let is_logoff = |(_, terminal): &&(&Event, &Terminal)| terminal.detail == Some(LOGGED_OFF);
    let ends = terminal.attachment_changes.iter().filter(is_logoff).map(|(event, _)| *event);
    let ended = ends.chain(terminal.end).map(|event| clock.time(event)).min();
    let mut changes: Vec<Change<'a>> = Vec::new();
    let mut reasons: Vec<Change<'a>> = Vec::new();
    for (event, terminal) in &terminal.attachment_changes {
        let time = clock.time(event);
        // The Local Session Manager also reports a lost connection after the logoff.
        if ended.is_some_and(|end| time >= end) {
            continue;
        }
        // An empty address shows nothing. Seen when the enhanced session of a virtual machine was
        // reconnected.
        let console = (!terminal.address.is_empty()).then(|| is_local(&terminal.address));
        let (client, address) = ("", &*terminal.address);
        let shown = ShownBy::Record;
        let change = |kind| Change { event, time, kind, client, address, console, shown };
        match terminal.action {
            TerminalAction::Reconnected => changes.push(change(MilestoneKind::Reconnected)),
            TerminalAction::Disconnected => changes.push(change(MilestoneKind::Disconnected)),
            _ => reasons.push(Change { console: None, ..change(MilestoneKind::Disconnected) }),
        }
    }
    changes.extend(without_duplicates(reasons, &changes, SAME_ATTACHMENT_CHANGE));
    changes
}

/// The changes that are not in `known` yet. Two changes of the same kind within `distance` are one
/// change.
fn without_duplicates<'a>(
    list: Vec<Change<'a>>,
    known: &[Change<'_>],
    distance: Span,
) -> Vec<Change<'a>> {
    let mut times: Vec<(MilestoneKind, Timestamp)> =
        known.iter().map(|change| (change.kind, change.time)).collect();
    times.sort_unstable();
    let is_new = |change: &Change<'_>| {
        let from = (change.kind, change.time.plus(Span(-distance.0)));
        let at = times.partition_point(|known| *known < from);
        !times
            .get(at)
            .is_some_and(|(kind, time)| *kind == change.kind && time.since(change.time) <= distance)
    };
    list.into_iter().filter(is_new).collect()
}

/// Adds the attachment with which a session begins, by the address of the Local Session Manager or
/// else by the 4624; none if neither is known. Winlogon's 7001 says neither console nor client, and an
/// empty address shows nothing.
fn begin(session: &mut Session, address: Option<&str>) {
    session.attachments.clear();
    let Some(start) = &session.start else { return };
    if session.logon_type.is_none() && address.is_none_or(str::is_empty) {
        return;
    }
    let remote = address.filter(|address| !is_local(address));
    let is_console = remote.is_none() && session.class != SessionClass::RemoteDesktop;
    let ip = remote.unwrap_or(&session.client.ip);
    // The 4624 of a desktop names this computer as its workstation, not the client.
    session.attachments.push(Attachment {
        kind: if is_console { AttachmentKind::Console } else { AttachmentKind::Rdp },
        client: String::new(),
        address: if is_console { String::new() } else { ip.to_owned() },
        from: Some(start.time),
        from_record: Some(start.record),
        to: None,
    });
}

/// What the changes of a desktop leave unknown.
struct UnknownParts {
    /// How long the last attachment lasted is unknown, because only a re-validation shows it.
    last_end: bool,
    /// When a client took the desktop over, or when the one before it left, is unknown.
    takeover: bool,
}

/// Moves a takeover that only its re-validation shows after the disconnections that it caused. The
/// client first logs on, then the desktop is disconnected from where it was, and then the client is
/// connected to it.
fn put_takeovers_last(session: &Session, changes: &mut [Change<'_>]) {
    let mut is_open = session.attachments.last().is_some_and(|last| last.to.is_none());
    for at in 0..changes.len() {
        let Some(change) = changes.get(at) else { break };
        if is_open && change.shown == ShownBy::Revalidation {
            let until = change.time.plus(CONFIRMS_REVALIDATION);
            let later = changes.iter().skip(at + 1).take(CHANGES_OF_A_TAKEOVER);
            let later =
                later.take_while(|one| one.time <= until && one.kind != MilestoneKind::Reconnected);
            let kinds: Vec<MilestoneKind> = later.map(|one| one.kind).collect();
            let last = kinds.iter().rposition(|kind| *kind == MilestoneKind::Disconnected);
            if let Some(own) = last.and_then(|last| changes.get_mut(at..=at + 1 + last)) {
                own.rotate_left(1);
                let revalidations = own.iter_mut().filter(|one| one.shown == ShownBy::Revalidation);
                revalidations
                    .for_each(|revalidation| revalidation.shown = ShownBy::UndatedRevalidation);
            }
        }
        match changes.get(at).map(|change| change.kind) {
            Some(MilestoneKind::Reconnected) => is_open = true,
            Some(MilestoneKind::Disconnected) => is_open = false,
            _ => {}
        }
    }
}

/// Applies the changes to the session, in the order of their adjusted times.
fn apply(session: &mut Session, mut changes: Vec<Change<'_>>) -> UnknownParts {
    in_order(&mut changes, |change| (change.event.channel, change.event.record_id, change.time));
    put_takeovers_last(session, &mut changes);
    let mut attached = AttachedClient::of_logon(session);
    let mut was_left = false;
    let mut moved: Option<&Change<'_>> = None;
    for (at, change) in changes.iter().enumerate() {
        let time = change.event.time;
        if is_only_unlock(session, &changes, at, moved) {
            continue;
        }
        if matches!(change.kind, MilestoneKind::Reconnected | MilestoneKind::Disconnected) {
            moved = Some(change);
        }
        // The re-validation itself is an incident already.
        let is_dated = change.shown != ShownBy::UndatedRevalidation;
        // Nor may a record say when its user left the console again.
        was_left |= change.shown.is_undated();
        let client = attached.change(change.kind, change.named_client());
        if is_dated {
            let moment = Moment::from(change.event);
            session.incidents.push(Incident { kind: change.kind, moment, client });
        }
        let open = session.attachments.last_mut().filter(|last| last.to.is_none());
        match (change.kind, open) {
            (MilestoneKind::Disconnected, Some(last)) => {
                last.to = Some(time);
                // The record names what was disconnected, which is better than what the logon says.
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
                    // Another client may have left at any time before this one came.
                    let has_left =
                        last.kind == AttachmentKind::Rdp && change.shown != ShownBy::Record;
                    last.to = Some(time).filter(|_| !has_left);
                    was_left |= has_left;
                }
                let from = Some(time).filter(|_| is_dated);
                let new = attachment(change, from, None).filter(|_| says_where(session, change));
                session.attachments.extend(new);
            }
            _ => {}
        }
    }
    UnknownParts {
        last_end: moved.is_some_and(|last| last.shown != ShownBy::Record),
        takeover: was_left,
    }
}

/// Is the change at this index an unlock of a desktop that was attached already?
fn is_only_unlock(
    session: &Session,
    changes: &[Change<'_>],
    at: usize,
    moved: Option<&Change<'_>>,
) -> bool {
    changes.get(at).is_some_and(|change| match change.shown {
        ShownBy::UnlockByClient => is_attached(session.attachments.last(), change),
        ShownBy::UnlockAtConsole => !was_away(moved) || is_reconnected_after(changes, at),
        _ => false,
    })
}

/// Does a reconnection say whether the desktop is at the console? An unlock without a client does not, if a client had
/// the desktop before: that one may be back.
fn says_where(session: &Session, reconnected: &Change<'_>) -> bool {
    let last = session.attachments.last();
    reconnected.shown != ShownBy::UnlockAtConsole
        || last.is_none_or(|last| last.kind == AttachmentKind::Console)
}

/// Was the desktop disconnected by the last change that moved it?
fn was_away(moved: Option<&Change<'_>>) -> bool {
    moved.is_some_and(|last| last.kind == MilestoneKind::Disconnected)
}

/// Does a record say that the desktop was reconnected later, before it was disconnected again? Then it was disconnected
/// until that record.
fn is_reconnected_after(changes: &[Change<'_>], at: usize) -> bool {
    let mut later = changes.iter().skip(at + 1).filter(|one| one.shown == ShownBy::Record);
    let moves = |one: &&Change<'_>| {
        matches!(one.kind, MilestoneKind::Reconnected | MilestoneKind::Disconnected)
    };
    later.find(moves).is_some_and(|one| one.kind == MilestoneKind::Reconnected)
}

/// Is the desktop attached to the client of this change already?
fn is_attached(last: Option<&Attachment>, change: &Change<'_>) -> bool {
    last.is_some_and(|last| {
        let is_same = known_address(&last.address) == known_address(change.address);
        last.to.is_none() && last.kind == AttachmentKind::Rdp && is_same
    })
}

/// Sorts items by adjusted time. Items of one channel stay in record order, because the record of a
/// clock step may be lost.
fn in_order<T>(
    list: &mut (impl IntoIterator<Item = T> + Extend<T> + Default),
    key: impl Fn(&T) -> (Channel, u64, Timestamp),
) {
    let mut keyed: Vec<_> = std::mem::take(list).into_iter().map(|one| (key(&one), one)).collect();
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

/// Fills in a text that is empty.
fn fill(text: &mut String, from: &str) {
    if text.is_empty() {
        from.clone_into(text);
    }
}

/// The attachment that begins or ends with this change; `None` if the change does not say where it
/// was.
fn attachment(
    change: &Change<'_>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Option<Attachment> {
    let is_console = change.console?;
    let text = |text: &str| if is_console { String::new() } else { text.to_owned() };
    let kind = if is_console { AttachmentKind::Console } else { AttachmentKind::Rdp };
    let (client, address) = (text(change.client), text(change.address));
    let from_record = to.is_none().then(|| Citation::from(change.event));
    Some(Attachment { kind, client, address, from, from_record, to })
}

/// Ends the last attachment when the user left, unless it is unknown how long it lasted. Then
/// computes the time in use.
fn finish(session: &mut Session, context: &BootContext<'_>, unknown: UnknownParts) {
    let clock = &context.clock;
    let left = session.initiated.as_ref().map(|moment| moment.time).or(session.end.time);
    let open = session.attachments.last_mut().filter(|last| last.to.is_none());
    if let Some(last) = open.filter(|_| !unknown.last_end) {
        last.to = left;
    }
    // Re-validations were added before the other incidents.
    in_order(&mut session.incidents, |one| {
        let record = &one.moment.record;
        (record.channel, record.record_id, clock.moment(&one.moment))
    });
    session.active = active_time::of(session, &context.power, clock).filter(|_| !unknown.takeover);
    ends::seen_by_incidents(session, clock);
}
