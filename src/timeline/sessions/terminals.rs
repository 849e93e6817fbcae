//! Which Terminal Services session belongs to each session of Security? It is the one of the same
//! account whose logon was recorded right after the 4624.
//!
//! Example: a 4624 of alice at 09:00:00 and event 21 of alice with number 2 at 09:00:01: the
//! session has the number 2.

use super::list::{SessionIndex, Sessions};
use crate::model::{Event, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use crate::timeline::limits::LOGONS_NEARBY;
use crate::timeline::timing::SESSION_MANAGER_LOGON;
use std::cmp::Reverse;

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
        let Some(start) = terminal.start else { continue };
        let (first, last) = SESSION_MANAGER_LOGON.before(clock.time(start));
        let from = starts.partition_point(|(time, _)| *time < first);
        let near = starts.iter().skip(from).take_while(|(time, _)| *time <= last);
        let own = near.take(LOGONS_NEARBY).filter(|(_, at)| {
            let builder = sessions.get(*at);
            terminal.is_of(&builder.session.account)
                && begins_before_end(sessions, *at, start, context)
        });
        // Of two sessions that nothing links, the user works in the second one.
        pairs.extend(
            own.map(|(time, at)| (clock.time(start).since(*time).abs(), Reverse(*at), number)),
        );
    }
    pairs.sort_unstable();
    let mut is_used = vec![false; context.terminal_sessions.len()];
    for (_, Reverse(at), number) in pairs {
        let builder = sessions.get_mut(at);
        if let Some(is_used) = is_used.get_mut(number).filter(|is_used| !**is_used)
            && builder.terminal.is_none()
        {
            *is_used = true;
            builder.terminal = Some(number);
        }
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
