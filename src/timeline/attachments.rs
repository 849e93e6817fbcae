//! Where a desktop was worked from: console or client, with reconnects and locks.
//!
//! A session is the one that 4778 names, whatever new logon the client made to reach it; its logon
//! type may stay 2 although it is now remote.

use super::drafts::{Drafts, moment};
use super::revalidation::is_desktop;
use super::terminal::Desktop;
use crate::model::event::{LockAction, TerminalAction};
use crate::model::session::{Attachment, AttachmentKind, Incident, MilestoneKind};
use crate::model::{Event, Session, SessionClass, Span, Timestamp, What};
use std::collections::BTreeMap;

/// LSM 21 follows the 4624 within this time (49 s seen over Remote Desktop).
const LOGON_LAG: (Span, Span) = (Span::seconds(-1), Span::seconds(60));

/// One change of a desktop's attachment or lock.
struct Change<'a> {
    event: &'a Event,
    kind: MilestoneKind,
    client: &'a str,
    address: &'a str,
    console: bool,
}

/// Gives desktops their attachments, locks and time in use.
pub(super) fn attach(
    drafts: &mut Drafts<'_>,
    security: &[Event],
    epochs: &[usize],
    desktops: &[Desktop<'_>],
) {
    let mut changes = by_security(drafts, security, epochs);
    let audited: Vec<usize> = changes.keys().copied().collect();
    for (at, desktop) in joints(drafts, desktops) {
        // Where Security audits reconnects it names the session itself.
        if audited.binary_search(&at).is_err() {
            changes.entry(at).or_default().extend(by_session_manager(desktop));
        }
        let first = desktop.start.and_then(|event| match &event.what {
            What::Terminal(terminal) => Some(&*terminal.address),
            _ => None,
        });
        if let Some(draft) = drafts.list.get_mut(at) {
            begin(&mut draft.session, first);
        }
    }
    for draft in drafts.list.iter_mut().filter(|draft| is_desktop(draft)) {
        if draft.session.attachments.is_empty() {
            begin(&mut draft.session, None);
        }
    }
    for (at, list) in changes {
        if let Some(draft) = drafts.list.get_mut(at) {
            apply(&mut draft.session, &list);
        }
    }
    for draft in drafts.list.iter_mut().filter(|draft| is_desktop(draft)) {
        close(&mut draft.session);
    }
}

/// 4778 and 4779, 4800 and 4801, by session.
fn by_security<'a>(
    drafts: &Drafts<'_>,
    events: &'a [Event],
    epochs: &[usize],
) -> BTreeMap<usize, Vec<Change<'a>>> {
    let mut changes: BTreeMap<usize, Vec<Change<'a>>> = BTreeMap::new();
    for (event, &epoch) in events.iter().zip(epochs) {
        let (id, kind, client, address, console) = match &event.what {
            What::WindowStation(station) => (
                station.logon_id,
                if station.reconnected {
                    MilestoneKind::Reconnected
                } else {
                    MilestoneKind::Disconnected
                },
                &*station.origin.workstation,
                &*station.origin.ip,
                station.session_name.eq_ignore_ascii_case("console"),
            ),
            What::Lock(lock) => {
                let kind = match lock.action {
                    LockAction::Locked => MilestoneKind::Locked,
                    LockAction::Unlocked => MilestoneKind::Unlocked,
                    LockAction::ScreenSaverOn | LockAction::ScreenSaverOff => continue,
                };
                (lock.logon_id, kind, "", "", false)
            }
            _ => continue,
        };
        if let Some(at) = drafts.find(epoch, id) {
            let change = Change { event, kind, client, address, console };
            changes.entry(at).or_default().push(change);
        }
    }
    changes
}

/// LSM 24 and 25.
fn by_session_manager<'a>(desktop: &Desktop<'a>) -> Vec<Change<'a>> {
    let ended = desktop.end.map(|event| event.record_id);
    desktop
        .attachments
        .iter()
        // The manager reports the torn connection after the logoff as well.
        .filter(|(event, _)| ended.is_none_or(|end| event.record_id < end))
        .map(|(event, terminal)| Change {
            event,
            kind: if terminal.action == TerminalAction::Reconnected {
                MilestoneKind::Reconnected
            } else {
                MilestoneKind::Disconnected
            },
            client: "",
            address: &terminal.address,
            console: is_local(&terminal.address),
        })
        .collect()
}

fn is_local(address: &str) -> bool {
    address.is_empty() || address.eq_ignore_ascii_case("local")
}

/// Which draft a numbered desktop is: same account, logged on just before.
fn joints<'a, 'b>(
    drafts: &Drafts<'_>,
    desktops: &'b [Desktop<'a>],
) -> Vec<(usize, &'b Desktop<'a>)> {
    let mut by_epoch: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, draft) in drafts.list.iter().enumerate() {
        if is_desktop(draft) && !draft.session.is_elevated_half() {
            by_epoch.entry(draft.session.boot_epoch as usize).or_default().push(at);
        }
    }
    let mut joints = Vec::new();
    for desktop in desktops {
        let Some(start) = desktop.start else { continue };
        let near = |at: &usize| {
            let draft = drafts.list.get(*at)?;
            let logon = draft.session.start.as_ref()?;
            let lag = start.time.since(logon.time);
            let fits =
                desktop.is_of(&draft.session.account) && LOGON_LAG.0 <= lag && lag <= LOGON_LAG.1;
            fits.then_some((lag.abs(), *at))
        };
        let best = by_epoch.get(&desktop.epoch).into_iter().flatten().filter_map(near).min();
        joints.extend(best.map(|(_, at)| (at, desktop)));
    }
    joints
}

/// The attachment that a session begins with, by the manager's address or the 4624 itself.
fn begin(session: &mut Session, address: Option<&str>) {
    let remote = session.class == SessionClass::RemoteDesktop;
    let given = address.filter(|address| !is_local(address));
    let console = given.is_none() && !remote;
    session.attachments.clear();
    session.attachments.push(Attachment {
        kind: if console { AttachmentKind::Console } else { AttachmentKind::Rdp },
        client: if console { String::new() } else { session.origin.workstation.to_string() },
        address: if console {
            String::new()
        } else {
            given.unwrap_or(&session.origin.ip).to_owned()
        },
        from: session.start.as_ref().map(|start| start.time),
        to: None,
    });
}

fn apply(session: &mut Session, changes: &[Change<'_>]) {
    for change in changes {
        let time = change.event.time;
        session.incidents.push(Incident { kind: change.kind, moment: moment(change.event) });
        match change.kind {
            MilestoneKind::Disconnected => {
                if let Some(last) = session.attachments.last_mut().filter(|a| a.to.is_none()) {
                    last.to = Some(time);
                    // What was cut off names itself: better than what the logon said.
                    if !change.console && last.address.is_empty() {
                        last.address = change.address.to_owned();
                        last.client = change.client.to_owned();
                    }
                }
            }
            MilestoneKind::Reconnected => {
                if let Some(last) = session.attachments.last_mut().filter(|a| a.to.is_none()) {
                    last.to = Some(time);
                }
                let console = change.console;
                session.attachments.push(Attachment {
                    kind: if console { AttachmentKind::Console } else { AttachmentKind::Rdp },
                    client: if console { String::new() } else { change.client.to_owned() },
                    address: if console { String::new() } else { change.address.to_owned() },
                    from: Some(time),
                    to: None,
                });
            }
            _ => {}
        }
    }
    session.incidents.sort_by_key(|incident| incident.moment.time);
}

/// The last attachment lasts until the user left; then the time in use can be told, if locks or
/// disconnects were logged at all.
fn close(session: &mut Session) {
    let left = session.initiated.as_ref().map(|moment| moment.time).or(session.end.time);
    if let Some(last) = session.attachments.last_mut().filter(|a| a.to.is_none()) {
        last.to = left;
    }
    let interrupted = session.incidents.iter().any(|i| i.kind != MilestoneKind::Revalidated);
    if let (true, Some(end), Some(start)) = (interrupted, left, &session.start) {
        let elapsed = Span(end.since(start.time).0.saturating_sub(session.clock_correction.0));
        session.active = Some(Span(elapsed.0.saturating_sub(idle(session, end).0)));
    }
}

/// Time locked or disconnected, overlaps counted once.
fn idle(session: &Session, end: Timestamp) -> Span {
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
        let time = incident.moment.time;
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
