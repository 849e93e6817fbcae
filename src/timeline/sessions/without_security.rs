//! Sessions that only the Local Session Manager or Winlogon recorded: where Security has nothing of
//! their time, there is no Logon ID, but who was on and when.

use super::builder::{blank, moment};
use super::{attachments, clock_corrections};
use crate::model::event::Client;
use crate::model::session::{Basis, Confidence, End, StartCause};
use crate::model::{Account, Citation, EndCause, Flag, Session, SessionClass};
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use crate::timeline::timing::SAME_LOGOFF;
use std::sync::Arc;

/// The sessions of a boot that Security does not cover: all of them, or those that had ended before
/// its first record of the boot. A session that lasts longer may have records in Security itself.
pub(super) fn sessions(context: &BootContext<'_>) -> Vec<Session> {
    let clock = &context.clock;
    let begins = context.first_of_security().map(|first| clock.time(first));
    let is_uncovered = |session: &&TerminalSession<'_>| match begins {
        None => session.start.is_some() || session.end.is_some(),
        Some(begins) => session.end.is_some_and(|end| {
            !context.is_audited_from_start() && begins.since(clock.time(end)) > SAME_LOGOFF
        }),
    };
    let flag = if begins.is_none() { Flag::NoSecurityLog } else { Flag::BeforeSecurityLog };
    let uncovered = context.terminal_sessions.iter().filter(is_uncovered);
    uncovered.map(|terminal| session(terminal, flag, context)).collect()
}

fn session(terminal: &TerminalSession<'_>, flag: Flag, context: &BootContext<'_>) -> Session {
    let (domain, user) = terminal.user.split_once('\\').unwrap_or(("", terminal.user));
    let account = Account { sid: terminal.sid.into(), user: user.into(), domain: domain.into() };
    let mut session = blank(context.boot, None, Arc::new(account));
    session.start = terminal.start.map(moment);
    session.start_cause = StartCause::Inferred;
    let address = terminal.logon_address().filter(|address| !attachments::is_local(address));
    let address = address.unwrap_or("");
    let is_remote = !address.is_empty();
    session.class = if is_remote { SessionClass::RemoteDesktop } else { SessionClass::Desktop };
    session.client = Arc::new(Client { ip: address.into(), workstation: "".into() });
    session.evidence = terminal.records.iter().map(|event| Citation::from(*event)).collect();
    session.flags.push(flag);
    session.end = match terminal.end {
        Some(event) => End {
            time: Some(event.time),
            basis: Some(Basis::Inferred),
            cause: EndCause::Initiated,
            confidence: Confidence::Medium,
            not_before: None,
            not_after: None,
            record: Some(Citation::from(event)),
        },
        None => {
            let seen = terminal.records.last().map(|event| event.time);
            context.ending.of_session_without_security(seen)
        }
    };
    clock_corrections::correct_session(&mut session, &context.clock);
    let changes = attachments::by_session_manager(terminal, &context.clock);
    attachments::attach_session(&mut session, terminal.logon_address(), changes, &context.clock);
    // Winlogon says neither console nor client: on a server several at once are remote.
    if terminal.is_by_winlogon_alone() {
        session.attachments.clear();
    }
    session
}
