//! Sessions that only the Local Session Manager or Winlogon saw: without a Security log of their
//! boot there is no Logon ID, but who and when.

use super::drafts::{blank, moment};
use super::ends::Close;
use super::facts::Facts;
use super::terminal::Desktop;
use crate::model::event::TerminalAction;
use crate::model::session::{
    Attachment, AttachmentKind, Basis, Confidence, End, Incident, MilestoneKind, StartCause,
};
use crate::model::{Account, Citation, EndCause, Session, SessionClass, What};
use std::sync::Arc;

/// The sessions of boots that Security does not cover.
pub(super) fn sessions(
    desktops: &[Desktop<'_>],
    facts: &[Facts<'_>],
    closes: &[Close<'_>],
) -> Vec<Session> {
    desktops
        .iter()
        .filter(|desktop| {
            facts.get(desktop.epoch).is_some_and(|facts| facts.security.is_none())
                && (desktop.start.is_some() || desktop.end.is_some())
        })
        .map(|desktop| session(desktop, facts.get(desktop.epoch), closes.get(desktop.epoch)))
        .collect()
}

fn session(desktop: &Desktop<'_>, facts: Option<&Facts<'_>>, close: Option<&Close<'_>>) -> Session {
    let (domain, user) = desktop.user.split_once('\\').unwrap_or(("", desktop.user));
    let account = Account { sid: desktop.sid.into(), user: user.into(), domain: domain.into() };
    let mut session = blank(desktop.epoch, None, Arc::new(account));
    session.start = desktop.start.map(moment);
    session.start_cause = StartCause::Inferred;
    let address = address(desktop);
    let remote = !address.is_empty();
    session.class = if remote { SessionClass::RemoteDesktop } else { SessionClass::Desktop };
    session.attachments = vec![Attachment {
        kind: if remote { AttachmentKind::Rdp } else { AttachmentKind::Console },
        client: String::new(),
        address: address.clone(),
        from: session.start.as_ref().map(|start| start.time),
        to: None,
    }];
    session.origin =
        Arc::new(crate::model::event::Origin { ip: address.into(), workstation: "".into() });
    for (event, terminal) in &desktop.attachments {
        let kind = if terminal.action == TerminalAction::Reconnected {
            MilestoneKind::Reconnected
        } else {
            MilestoneKind::Disconnected
        };
        session.incidents.push(Incident { kind, moment: moment(event) });
    }
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
        None => match (facts, close) {
            (Some(facts), Some(close)) => {
                let seen = desktop.records.last().map(|event| event.time);
                close.without_record(facts, seen)
            }
            _ => End::unknown(EndCause::Open, None),
        },
    };
    session
}

/// The client's address at logon; empty for the console.
fn address(desktop: &Desktop<'_>) -> String {
    let given = desktop.start.and_then(|event| match &event.what {
        What::Terminal(terminal) => Some(&*terminal.address),
        _ => None,
    });
    given.filter(|address| !address.eq_ignore_ascii_case("local")).unwrap_or("").to_owned()
}
