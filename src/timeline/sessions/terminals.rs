//! Which Terminal Services session each session of Security is: the one of the same account whose
//! record of the logon follows its 4624.

use super::list::{SessionIndex, Sessions};
use crate::model::{Event, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use crate::timeline::limits::LOGONS_NEARBY;
use crate::timeline::timing::SESSION_MANAGER_LOGON;
use std::cmp::Reverse;

/// Gives each desktop its Terminal Services session: each of these serves one session, the nearest.
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
        // Of two halves that nothing links, the user works in the second.
        pairs.extend(
            own.map(|(time, at)| (clock.time(start).since(*time).abs(), Reverse(*at), number)),
        );
    }
    pairs.sort_unstable();
    let mut is_taken = vec![false; context.terminal_sessions.len()];
    for (_, Reverse(at), number) in pairs {
        let builder = sessions.get_mut(at);
        if let Some(is_taken) = is_taken.get_mut(number).filter(|is_taken| !**is_taken)
            && builder.terminal.is_none()
        {
            *is_taken = true;
            builder.terminal = Some(number);
        }
    }
}

/// A record of a logon is never of a session that had ended before it.
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

/// The Terminal Services session of a session.
pub(super) fn of<'c, 'a>(
    number: Option<usize>,
    context: &'c BootContext<'a>,
) -> Option<&'c TerminalSession<'a>> {
    context.terminal_sessions.get(number?)
}
