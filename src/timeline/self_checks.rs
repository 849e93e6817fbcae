//! Self-checks: conditions that are true for every correct result. If one is not true, the evidence
//! contradicts itself or this program is wrong, and a finding says so.

use super::boot::context::BootContext;
use super::sessions::Sessions;
use super::timing::{AFTER_STOP, WHOLE_SECOND};
use crate::model::session::{AttachmentKind, Basis};
use crate::model::{
    Accounting, Boot, BootIndex, Citation, Event, Finding, FindingCode, Session, SessionKey, Span,
    Timestamp,
};
use std::collections::BTreeSet;

/// Checks the rows of one boot and its sessions.
pub(crate) fn of_boot(
    sessions: &[Session],
    row: Option<&Boot>,
    context: &BootContext<'_>,
) -> Vec<Finding> {
    let epoch = context.boot.number();
    let mut findings = Vec::new();
    let mut report = |session: &Session, message: &dyn Fn(&str) -> String| {
        let name = session.key().map_or_else(|| "-".to_owned(), |key| key.to_string());
        let message = message(&name);
        let record = session.start.map(|start| start.record).or(session.evidence.first().copied());
        findings.push(Finding {
            boot_epoch: Some(epoch),
            time: session.start.map(|start| start.time),
            log: record.map(|record| record.log),
            record_id: record.map(|record| record.record_id),
            ..Finding::new(FindingCode::SelfCheck, message)
        });
    };
    // Few boots have a session with a parent.
    let has_parents = sessions.iter().any(|session| session.parent.is_some());
    let with_keys = sessions.iter().filter(|_| has_parents);
    let keys: BTreeSet<SessionKey> = with_keys.filter_map(Session::key).collect();
    let mut confirming: BTreeSet<Citation> = BTreeSet::new();
    // Times before and after a clock step cannot be compared.
    let bounds = row.filter(|boot| boot.clock_steps == 0 && !context.facts.has_unknown_step);
    for session in sessions {
        if session.corrected_duration().is_some_and(|lasted| lasted < Span(0)) {
            report(session, &|name| format!("session {name} ends before it begins"));
        }
        if session.parent.is_some_and(|parent| !keys.contains(&parent)) {
            report(session, &|name| format!("the parent of session {name} has no row"));
        }
        if session.corroboration.iter().any(|(record, _)| !confirming.insert(*record)) {
            report(session, &|name| {
                format!("one record confirms session {name} and another session")
            });
        }
        if bounds.is_some_and(|boot| is_outside(session, boot)) {
            report(session, &|name| format!("session {name} lies outside of its boot"));
        }
    }
    if let Some(session) = two_consoles(sessions).filter(|_| bounds.is_some()) {
        report(session, &|name| {
            format!(
                "two sessions, {name} and another, are connected to the console at the same time"
            )
        });
    }
    findings
}

/// Checks conditions that are true for every undamaged log: only sessions of User32 have a 4647,
/// LSASS has one process ID in a boot, Logon IDs rise, and the audit policy table is made before the
/// first session.
pub(crate) fn of_sessions(sessions: &Sessions<'_>, context: &BootContext<'_>) -> Vec<Finding> {
    let facts = context.facts;
    let mut findings = Vec::new();
    let mut report = |event: &Event, message: String| {
        let boot = Some(context.boot.number());
        findings.push(Finding::about(FindingCode::SelfCheck, boot, event, message));
    };
    let initiated = sessions.iter().map(|(_, builder)| builder);
    for builder in initiated.filter(|builder| builder.session.initiated.is_some()) {
        if builder.start.is_some() && !builder.is_user32() {
            let process = &builder.session.method.logon_process;
            let message = format!(
                "session of logon process {process:?} has a 4647, which Windows writes only for User32"
            );
            report(builder.first, message);
        }
        if builder.session.is_elevated_half() {
            report(builder.first, "a 4647 for the elevated half of a pair".to_owned());
        }
    }
    if let (true, Some((first, _))) = (facts.lsass.len() > 1, facts.security) {
        let count = facts.lsass.len();
        let message = format!(
            "LSASS has {count} process IDs in this boot: records of other boots or computers may \
             be among them"
        );
        report(first, message);
    }
    // Before the first known boot there may have been several boots.
    if let Some(event) = facts.service_again.filter(|_| context.boot > BootIndex::BEFORE_FIRST) {
        let message =
            "NETWORK SERVICE or LOCAL SERVICE logged on twice in this boot: there may be two boots";
        report(event, message.to_owned());
    }
    let first = sessions.iter().find(|(_, builder)| builder.start.is_some());
    if let Some((_, first)) = first
        && let Some(id) = first.session.logon_id
        && let Some(table) = facts.policy_table.filter(|table| *table >= id)
    {
        let message =
            format!("Logon ID {id} is below {table}, the LUID of this boot's audit policy table");
        report(first.first, message);
    }
    if sessions.wrong_indices() > 0 {
        let message = format!(
            "{} references to sessions of this boot were wrong: a fault of this program, please \
             report it",
            sessions.wrong_indices()
        );
        let boot_epoch = Some(context.boot.number());
        findings.push(Finding { boot_epoch, ..Finding::new(FindingCode::SelfCheck, message) });
    }
    findings
}

/// Does the session begin before its boot, or end after it? Legacy records carry whole seconds.
fn is_outside(session: &Session, boot: &Boot) -> bool {
    let is_logged = boot.start_basis == Some(Basis::Logged);
    let starts_early = session
        .start
        .zip(boot.start.filter(|_| is_logged))
        .is_some_and(|(session, boot)| session.time.plus(AFTER_STOP) < boot);
    let ends_late =
        session.end.time.zip(boot.end.filter(|_| boot.end_basis == Some(Basis::Logged)));
    starts_early || ends_late.is_some_and(|(session, boot)| session.since(boot) > AFTER_STOP)
}

/// A session that is connected to the console, according to a record, while another one is too.
fn two_consoles(sessions: &[Session]) -> Option<&Session> {
    let mut held: Vec<(Timestamp, Timestamp, usize)> = Vec::new();
    for (at, session) in sessions.iter().enumerate() {
        let consoles = session.attachments.iter().filter(|one| {
            // A reconnection names the console; for a logon at it, the console is only inferred.
            let is_recorded = session.start.is_some_and(|start| Some(start.time) != one.from);
            one.kind == AttachmentKind::Console && is_recorded
        });
        held.extend(consoles.filter_map(|one| Some((one.from?, one.to?, at))));
    }
    held.sort_unstable();
    let mut until: Option<(Timestamp, usize)> = None;
    for (from, to, at) in held {
        if until.is_some_and(|(last, other)| other != at && last.since(from) > WHOLE_SECOND) {
            return sessions.get(at);
        }
        until = until.max(Some((to, at)));
    }
    None
}

/// Checks that every session event that was read is in a row, a duplicate, or of a well-known Logon
/// ID.
pub(crate) fn of_accounting(accounting: &Accounting) -> Vec<Finding> {
    let unbalanced = accounting.events.iter().filter(|(_, tally)| !tally.balances());
    let finding = |event_id: &u16| {
        let message = format!(
            "the events {event_id} that were read are not all accounted for: a fault of this \
             program, please report it"
        );
        Finding::new(FindingCode::SelfCheck, message)
    };
    unbalanced.map(|(event_id, _)| finding(event_id)).collect()
}
