//! Sessions that only the Local Session Manager or Winlogon saw: where Security has nothing of their
//! time there is no Logon ID, but who and when.

use crate::model::session::{Basis, Confidence, End, StartCause};
use crate::model::{Account, Citation, EndCause, Session, SessionClass, Span};
use crate::timeline::boot::adjusted_clock::{self, Clock};
use crate::timeline::boot::ending::Close;
use crate::timeline::boot::facts::Facts;
use crate::timeline::boot::terminal_sessions::Desktop;
use crate::timeline::boots::epochs::BootStart;
use crate::timeline::sessions::attachments;
use crate::timeline::sessions::builder::{blank, moment};
use std::sync::Arc;

/// What Security writes of a logoff stands this near to what the others write of it.
const OF_ONE_LOGOFF: Span = Span::seconds(60);

/// The sessions of an epoch that Security does not cover: all, or those that had ended before its
/// first record of the epoch. Of one that lasts longer it may tell itself.
pub(crate) fn sessions(
    epoch: usize,
    boot: Option<&BootStart>,
    desktops: &[Desktop<'_>],
    facts: &Facts<'_>,
    close: &Close<'_>,
    clock: &Clock,
) -> Vec<Session> {
    let begins = facts.security.map(|(first, _)| clock.even(first));
    let whole = begins.is_some() && boot.is_some_and(|boot| boot.is_audited);
    let over = |desktop: &&Desktop<'_>| match begins {
        None => desktop.start.is_some() || desktop.end.is_some(),
        Some(begins) => {
            desktop.end.is_some_and(|end| !whole && begins.since(clock.even(end)) > OF_ONE_LOGOFF)
        }
    };
    let flag = if begins.is_none() { "no-security-log" } else { "before-security-log" };
    let told = desktops.iter().filter(over);
    told.map(|desktop| session(epoch, desktop, flag, close, clock)).collect()
}

fn session(
    epoch: usize,
    desktop: &Desktop<'_>,
    flag: &str,
    close: &Close<'_>,
    clock: &Clock,
) -> Session {
    let (domain, user) = desktop.user.split_once('\\').unwrap_or(("", desktop.user));
    let account = Account { sid: desktop.sid.into(), user: user.into(), domain: domain.into() };
    let mut session = blank(epoch, None, Arc::new(account));
    session.start = desktop.start.map(moment);
    session.start_cause = StartCause::Inferred;
    let given = desktop.logon_address().filter(|address| !address.eq_ignore_ascii_case("local"));
    let address = given.unwrap_or("").to_owned();
    let remote = !address.is_empty();
    session.class = if remote { SessionClass::RemoteDesktop } else { SessionClass::Desktop };
    session.client =
        Arc::new(crate::model::event::Client { ip: address.into(), workstation: "".into() });
    session.evidence = desktop.records.iter().map(|event| Citation::from(*event)).collect();
    session.flags.push(flag.into());
    session.end = match desktop.end {
        Some(event) => End {
            time: Some(event.time),
            basis: Some(Basis::Inferred),
            cause: EndCause::Initiated,
            confidence: Confidence::Medium,
            not_before: None,
            not_after: None,
            record: Some(Citation::from(event)),
        },
        None => close.without_record(desktop.records.last().map(|event| event.time)),
    };
    adjusted_clock::correct_one(&mut session, clock);
    attachments::begin(&mut session, desktop.logon_address());
    attachments::apply(&mut session, attachments::by_session_manager(desktop, clock));
    attachments::close(&mut session, clock);
    session
}
