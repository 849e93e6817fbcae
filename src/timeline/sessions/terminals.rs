//! Which Terminal Services session belongs to each session of Security? It is the one of the same
//! account whose logon was recorded right after the 4624. If the session began before Security's first
//! record, it is the one whose logoff was recorded right after the 4647, or, over Remote Desktop, right before a 4634
//! without a 4647; its logon is the start.
//!
//! Example: a 4624 of alice at 09:00:00 and event 21 of alice with number 2 at 09:00:01: the
//! session has the number 2.

use super::builder::SessionBuilder;
use super::classes::is_remote_type;
use super::list::{SessionIndex, Sessions};
use crate::model::attempt::known_address;
use crate::model::event::Client;
use crate::model::session::StartCause;
use crate::model::{Event, Moment, SessionClass, Span, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use crate::timeline::limits::LOGONS_NEARBY;
use crate::timeline::timing::{SAME_LOGOFF, SESSION_MANAGER_LOGON};
use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

/// Gives each desktop its Terminal Services session. Each of these belongs to one session only, the
/// nearest one.
pub(super) fn assign(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let clock = &context.clock;
    let mut starts: Vec<(Timestamp, SessionIndex)> = Vec::new();
    for (at, builder) in sessions.iter().filter(|(_, builder)| builder.is_desktop()) {
        let start = builder.session.start.as_ref();
        let start = start.filter(|_| !builder.session.is_elevated_half());
        starts.extend(start.map(|start| (clock.moment(start), at)));
    }
    starts.sort_unstable();
    let mut pairs = Vec::new();
    for (number, terminal) in context.terminal_sessions.iter().enumerate() {
        let Some((start, logon)) = terminal.start.zip(terminal.first_of_logon()) else { continue };
        let logon = clock.time(logon);
        let (first, last) = SESSION_MANAGER_LOGON.before(logon);
        let from = starts.partition_point(|(time, _)| *time < first);
        let near = starts.iter().skip(from).take_while(|(time, _)| *time <= last);
        let own = near.take(LOGONS_NEARBY).filter(|(_, at)| {
            let builder = sessions.get(*at);
            terminal.is_of(&builder.session.account)
                && begins_before_end(sessions, *at, start, context)
        });
        // If the account logs on from two clients at once, the addresses decide. Of two sessions that nothing
        // links, the user works in the second one.
        pairs.extend(own.map(|(time, at)| {
            let is_of_another = names_another_client(terminal, sessions.get(*at));
            (is_of_another, logon.since(*time).abs(), Reverse(*at), number)
        }));
    }
    pairs.sort_unstable();
    let mut is_used = vec![false; context.terminal_sessions.len()];
    let mut give = |sessions: &mut Sessions<'_>, at: SessionIndex, number: usize| {
        let builder = sessions.get_mut(at);
        let is_used = is_used.get_mut(number).filter(|is_used| !**is_used);
        let is_free = builder.terminal.is_none() && is_used.is_some();
        if let Some(is_used) = is_used.filter(|_| is_free) {
            *is_used = true;
            builder.terminal = Some(number);
        }
        is_free
    };
    for (_, _, Reverse(at), number) in pairs {
        give(sessions, at, number);
    }
    for (_, at, number) in by_logoff(sessions, context) {
        if give(sessions, at, number)
            && let Some(terminal) = context.terminal_sessions.get(number)
        {
            take_start(sessions.get_mut(at), terminal);
        }
    }
}

/// Do the Local Session Manager and the 4624 name two clients?
fn names_another_client(terminal: &TerminalSession<'_>, builder: &SessionBuilder<'_>) -> bool {
    let one = terminal.client_address().and_then(known_address);
    let other = address_of_client(&builder.session.client.ip);
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// The address of another computer that a 4624 gives. At the console it gives the loopback address.
pub(super) fn address_of_client(address: &str) -> Option<IpAddr> {
    known_address(address).filter(|address| !address.is_loopback())
}

/// The desktops that began before Security's first record, with the Terminal Services session whose logoff was
/// recorded when they were left: the nearest ones first.
fn by_logoff(
    sessions: &Sessions<'_>,
    context: &BootContext<'_>,
) -> Vec<(Span, SessionIndex, usize)> {
    let clock = &context.clock;
    let is_headless = |builder: &SessionBuilder<'_>| {
        builder.is_desktop() && builder.session.start_cause == StartCause::BeforeLog
    };
    let numbered = context.terminal_sessions.iter().enumerate();
    let ends = numbered.filter_map(|(number, own)| Some((clock.time(own.end?), number)));
    let mut ends: Vec<(Timestamp, usize)> = ends.collect();
    ends.sort_unstable();
    let mut pairs = Vec::new();
    for (at, builder) in sessions.iter().filter(|(_, builder)| is_headless(builder)) {
        // Only desktops have a 4647. A 4634 alone may be that of an elevation, unless its type is that of Remote
        // Desktop: a session that an administrator or a time limit ends has no 4647.
        let session = &builder.session;
        let terminated = session.terminated.filter(|_| is_remote_type(session.logon_type));
        let Some(left) = session.initiated.or(terminated) else { continue };
        let (left, first) = (clock.moment(&left), clock.time(builder.first));
        let from = left.plus(Span(-SAME_LOGOFF.0));
        let from = ends.partition_point(|(end, _)| *end < from);
        let near = ends.iter().skip(from).take_while(|(end, _)| end.since(left) <= SAME_LOGOFF);
        for &(end, number) in near.take(LOGONS_NEARBY) {
            let is_its = context.terminal_sessions.get(number).is_some_and(|terminal| {
                terminal.start.is_some_and(|start| clock.time(start) < first)
                    && terminal.is_of(&builder.session.account)
            });
            if is_its {
                pairs.push((end.since(left).abs(), at, number));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Gives a desktop that began before Security's first record the start that another channel recorded.
fn take_start(builder: &mut SessionBuilder<'_>, terminal: &TerminalSession<'_>) {
    let session = &mut builder.session;
    session.start = terminal.start.map(Moment::from);
    session.start_cause = StartCause::Inferred;
    if let Some(address) = terminal.client_address() {
        session.class = SessionClass::RemoteDesktop;
        session.client = Arc::new(Client { ip: address.into(), workstation: "".into() });
    }
}

/// Was the session still open when this logon was recorded?
fn begins_before_end(
    sessions: &Sessions<'_>,
    at: SessionIndex,
    start: &Event,
    context: &BootContext<'_>,
) -> bool {
    let session = &sessions.get(at).session;
    let ends = [&session.initiated, &session.terminated].into_iter().flatten();
    let time = context.clock.time(start);
    ends.map(|moment| context.clock.moment(moment)).all(|end| time <= end)
}

/// The Terminal Services session with this index.
pub(super) fn of<'c, 'a>(
    number: Option<usize>,
    context: &'c BootContext<'a>,
) -> Option<&'c TerminalSession<'a>> {
    context.terminal_sessions.get(number?)
}
