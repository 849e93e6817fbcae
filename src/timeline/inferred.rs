//! Sessions that only the Local Session Manager or Winlogon saw: without a Security log of their
//! boot there is no Logon ID, but who and when.

use super::attachments;
use super::clock::{self, Clock};
use super::close::Close;
use super::drafts::{blank, moment};
use super::facts::Facts;
use super::terminal::Desktop;
use crate::model::session::{Basis, Confidence, End, StartCause};
use crate::model::{Account, Citation, EndCause, Session, SessionClass};
use std::sync::Arc;

/// The sessions of an epoch that Security does not cover.
pub(super) fn sessions(
    epoch: usize,
    desktops: &[Desktop<'_>],
    facts: &Facts<'_>,
    close: &Close<'_>,
    clock: &Clock,
) -> Vec<Session> {
    if facts.security.is_some() {
        return Vec::new();
    }
    desktops
        .iter()
        .filter(|desktop| desktop.start.is_some() || desktop.end.is_some())
        .map(|desktop| session(epoch, desktop, close, clock))
        .collect()
}

fn session(epoch: usize, desktop: &Desktop<'_>, close: &Close<'_>, clock: &Clock) -> Session {
    let (domain, user) = desktop.user.split_once('\\').unwrap_or(("", desktop.user));
    let account = Account { sid: desktop.sid.into(), user: user.into(), domain: domain.into() };
    let mut session = blank(epoch, None, Arc::new(account));
    session.start = desktop.start.map(moment);
    session.start_cause = StartCause::Inferred;
    let given = desktop.logon_address().filter(|address| !address.eq_ignore_ascii_case("local"));
    let address = given.unwrap_or("").to_owned();
    let remote = !address.is_empty();
    session.class = if remote { SessionClass::RemoteDesktop } else { SessionClass::Desktop };
    session.origin =
        Arc::new(crate::model::event::Origin { ip: address.into(), workstation: "".into() });
    session.evidence = desktop.records.iter().map(|event| Citation::from(*event)).collect();
    session.flags.push("no-security-log".into());
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
    clock::correct_one(&mut session, clock);
    attachments::begin(&mut session, desktop.logon_address());
    attachments::apply(&mut session, attachments::by_session_manager(desktop, clock));
    attachments::close(&mut session, clock);
    session
}
