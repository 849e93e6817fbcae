//! The sessions that Security shows: one for each Logon ID of a boot.
//!
//! Input: the Security records of a boot. Output: sessions that have their 4624, 4647 and 4634, and
//! the records that only refer to them. The passes after this step decide what these records mean.

use super::builder::{Origin, SessionBuilder, blank};
use super::classes;
use super::list::Sessions;
use crate::model::event::{Logon, SessionRef};
use crate::model::session::StartCause;
use crate::model::{
    Channel, Citation, Event, EventKind, FindingCode, Flag, LogonId, Moment, SessionClass,
};
use crate::timeline::boot::context::BootContext;

/// Makes the sessions of a boot, before any pass.
pub(super) fn sessions<'a>(context: &BootContext<'a>) -> Sessions<'a> {
    let events = context.records.of(Channel::Security);
    let is_session = |event: &&Event| matches!(&event.kind, EventKind::Logon(logon) if !logon.logon_id.is_well_known());
    let mut sessions = Sessions::new(context, events.iter().filter(is_session).count());
    let without_start = if context.is_audited_from_start() {
        StartCause::Missing4624
    } else {
        StartCause::BeforeLog
    };
    for event in events {
        let id = match &event.kind {
            EventKind::Logon(logon) => logon.logon_id,
            EventKind::LogoffInitiated(ended) | EventKind::Terminated(ended) => ended.logon_id,
            EventKind::Boundary if event.is_head_only() && event.event_id == 4624 => {
                LogonId::SYSTEM
            }
            _ => continue,
        };
        let tally = sessions.accounting.events.entry(event.event_id).or_default();
        if id.is_well_known() {
            tally.well_known += 1;
            continue;
        }
        tally.placed += 1;
        match &event.kind {
            EventKind::Logon(logon) => start(&mut sessions, event, logon),
            EventKind::LogoffInitiated(ended) | EventKind::Terminated(ended) => {
                end(&mut sessions, event, ended, without_start);
            }
            _ => {}
        }
    }
    // A record that only refers to a session may come before its 4624.
    events.iter().for_each(|event| refer(&mut sessions, event, without_start));
    for builder in sessions.iter_mut() {
        if context.facts.doubtful.includes(builder.first) {
            builder.flag(Flag::BootUncertain);
        }
    }
    sessions
}

/// Handles a 4624: a session starts. A second 4624 with the Logon ID of a session of the boot shows
/// an error in the log or in the boots that were found. It gets a row of its own, and there is a
/// finding.
fn start<'a>(sessions: &mut Sessions<'a>, event: &'a Event, logon: &Logon) {
    let id = logon.logon_id;
    let known = sessions.latest(id);
    if let Some(known) = known {
        sessions.get_mut(known).flag(Flag::LogonRepeated);
        let message = format!("a second logon with Logon ID {id} in one boot");
        sessions.report(FindingCode::LogonRepeated, event, message);
    }
    let origin = Origin { client: logon.client.clone(), method: logon.method.clone() };
    let mut session = blank(sessions.boot, Some(id), logon.account.clone(), origin);
    if known.is_some() {
        session.is_repeated = true;
        session.flags.push(Flag::LogonRepeated);
    }
    session.linked = logon.linked;
    session.logon_type = logon.logon_type;
    session.class = classes::of_logon(logon);
    session.start = Some(Moment::from(event));
    session.start_cause = StartCause::Exact;
    session.port = logon.port;
    session.elevated = logon.elevated;
    // A window manager works for one Terminal Services session; this number connects it with other
    // channels.
    session.flags.extend(logon.account.window_session().map(Flag::TerminalSession));
    sessions.add(id, SessionBuilder { start: Some(event), ..SessionBuilder::new(session, event) });
}

/// Makes a session that has no 4624.
fn without_4624<'a>(
    sessions: &Sessions<'a>,
    event: &'a Event,
    ended: &SessionRef,
    start_cause: StartCause,
) -> SessionBuilder<'a> {
    let (id, account) = (Some(ended.logon_id), ended.account.clone());
    let mut session = blank(sessions.boot, id, account, Origin::default());
    session.logon_type = ended.logon_type;
    session.class = classes::of_end(ended);
    session.start_cause = start_cause;
    SessionBuilder::new(session, event)
}

/// Handles a 4647 or a 4634.
fn end<'a>(
    sessions: &mut Sessions<'a>,
    event: &'a Event,
    ended: &SessionRef,
    without_start: StartCause,
) {
    let id = ended.logon_id;
    let at = sessions.latest(id).unwrap_or_else(|| {
        let session = without_4624(sessions, event, ended, without_start);
        sessions.add(id, session)
    });
    let builder = sessions.get_mut(at);
    builder.last = event;
    let session = &mut builder.session;
    if builder.start.is_none() {
        session.logon_type = session.logon_type.or(ended.logon_type);
        // A 4647 only says that it was a desktop; the 4634 also gives the logon type.
        if classes::is_remote_type(ended.logon_type) || session.class == SessionClass::Unknown {
            session.class = classes::of_end(ended);
        }
    }
    if !session.account.is(&ended.account) {
        builder.flag(Flag::AccountDiffers);
    }
    let session = &mut builder.session;
    let is_initiated = matches!(event.kind, EventKind::LogoffInitiated(_));
    let column = if is_initiated { &mut session.initiated } else { &mut session.terminated };
    let is_repeated = column.is_some();
    let superseded = match column {
        // The first 4647 is when the user left, and the last 4634 is when the session ended.
        Some(_) if is_initiated => Some(Citation::from(event)),
        _ => column.replace(Moment::from(event)).map(|old| old.record),
    };
    session.evidence.extend(superseded);
    if is_repeated {
        builder.flag(Flag::EndRepeated);
        let message = format!("a second {} for Logon ID {id} in one boot", event.event_id);
        sessions.report(FindingCode::EndRepeated, event, message);
    }
}

/// Handles a record that refers to a session without starting or ending it. It is evidence of the
/// session. A session that has no other record gets a row for it.
fn refer<'a>(sessions: &mut Sessions<'a>, event: &'a Event, without_start: StartCause) {
    let (id, account) = match &event.kind {
        EventKind::SessionReference(reference) => (reference.logon_id, &reference.account),
        EventKind::WindowStation(station) => (station.logon_id, &station.account),
        EventKind::Lock(lock) => (lock.logon_id, &lock.account),
        // The logon of a program names the session out of which it came. That session may have no
        // other record.
        EventKind::Logon(logon)
            if !logon.subject_logon_id.is_well_known()
                && classes::is_derived(classes::of_logon(logon))
                && sessions.latest(logon.subject_logon_id).is_none() =>
        {
            (logon.subject_logon_id, &logon.subject)
        }
        _ => return,
    };
    if id.is_well_known() {
        return;
    }
    let at = sessions.find_at(id, event.record_id).unwrap_or_else(|| {
        let ended = SessionRef { logon_id: id, account: account.clone(), logon_type: None };
        let mut builder = without_4624(sessions, event, &ended, without_start);
        builder.session.class = SessionClass::Unknown;
        sessions.add(id, builder)
    });
    let builder = sessions.get_mut(at);
    // The first record that shows the class decides.
    if builder.session.class == SessionClass::Unknown && builder.start.is_none() {
        builder.session.class = match &event.kind {
            EventKind::WindowStation(station) => classes::of_window_station(&station.session_name),
            EventKind::Lock(_) => classes::of_desktop(account),
            _ => classes::of_reference(account),
        };
    }
    if event.record_id > builder.last.record_id {
        builder.last = event;
    }
    builder.is_privileged |= event.event_id == 4672;
    builder.cite(event);
}
