//! How each session ended: the classes in their order of preference, each less certain than the
//! one before: 4634, 4647, the linked half, shutdown, crash, next boot, end of the log.

use crate::model::session::{Basis, Confidence, End};
use crate::model::{Citation, EndCause, Event, Finding, FindingCode, SessionClass, Timestamp};
use crate::timeline::boot::ending::{After, Close};
use crate::timeline::boot::facts::Facts;
use crate::timeline::channel::gaps::Coverage;
use crate::timeline::channel::security_boots::AFTER_STOP;
use crate::timeline::sessions::builder::{Draft, Drafts};

/// Decides the end of every session of an epoch.
pub(crate) fn decide(
    drafts: &mut Drafts<'_>,
    facts: &Facts<'_>,
    close: &Close<'_>,
    coverage: &Coverage,
    logoffs_audited: bool,
) {
    for draft in &mut drafts.list {
        draft.session.end = logged(draft);
    }
    inherit(drafts);
    for at in 0..drafts.list.len() {
        let Some(draft) = drafts.list.get_mut(at).filter(|draft| is_undecided(draft)) else {
            continue;
        };
        at_close(draft, facts, close, coverage, logoffs_audited);
        if draft.session.end.cause == EndCause::Shutdown && logoffs_audited && expects_4647(draft) {
            draft.flag("initiated-expected");
            let message = format!(
                "desktop session {} of {} was open at an orderly shutdown, but no 4647 was logged",
                draft.session.logon_id.map_or_else(String::new, |id| id.to_string()),
                draft.session.account.user
            );
            let epoch = Some(draft.session.boot_epoch);
            let code = FindingCode::InitiatedExpected;
            drafts.findings.push(Finding::about(code, epoch, draft.first, message));
        }
    }
}

fn is_undecided(draft: &Draft<'_>) -> bool {
    draft.is_open() && draft.session.end.cause == EndCause::Open
}

/// By its own 4634 or 4647.
fn logged(draft: &Draft<'_>) -> End {
    let session = &draft.session;
    let (moment, cause) = match (&session.terminated, &session.initiated) {
        (Some(moment), _) => (moment, EndCause::Terminated),
        (None, Some(moment)) => (moment, EndCause::Initiated),
        (None, None) => return End::unknown(EndCause::Open, Some(draft.last.time)),
    };
    End {
        time: Some(moment.time),
        basis: Some(Basis::Logged),
        cause,
        confidence: Confidence::High,
        not_before: None,
        not_after: None,
        record: Some(moment.record),
    }
}

/// A half of a pair without an end of its own ends with the other.
fn inherit(drafts: &mut Drafts<'_>) {
    for at in 0..drafts.list.len() {
        let Some(draft) = drafts.list.get(at).filter(|draft| draft.is_open()) else { continue };
        let Some(linked) = draft.session.linked else { continue };
        let partner = drafts.find(linked).and_then(|index| drafts.list.get(index));
        let Some(partner) = partner.filter(|partner| !partner.is_open()) else { continue };
        let (end, record) = (partner.session.end, partner.session.end.record);
        let Some(draft) = drafts.list.get_mut(at) else { continue };
        draft.session.end = End {
            basis: Some(Basis::Inherited),
            cause: EndCause::Inherited,
            confidence: Confidence::Medium,
            ..end
        };
        draft.session.evidence.extend(record);
    }
}

/// By the way its epoch closed.
fn at_close(
    draft: &mut Draft<'_>,
    facts: &Facts<'_>,
    close: &Close<'_>,
    coverage: &Coverage,
    logoffs_audited: bool,
) {
    let seen = draft.last.time;
    let from = draft.last.record_id;
    let lost = facts.lost.after(from, draft.is_user32() || draft.start.is_none());
    let hidden = coverage.misses_between(from, close.upto) || facts.lost.full_after(from);
    if let Some(stop) = close.stop.filter(|_| !outlives(facts, seen)) {
        let not_after = facts.closed_by().filter(|stop| *stop >= seen);
        let cause = match lost {
            _ if hidden || !close.covered => EndCause::Censored,
            Some(_) => EndCause::Lost,
            None => EndCause::Shutdown,
        };
        let known = cause != EndCause::Censored;
        draft.session.end = End {
            time: known.then_some(stop.time),
            basis: known.then_some(Basis::Inferred),
            cause,
            confidence: if known { Confidence::Medium } else { Confidence::None },
            not_before: Some(seen),
            not_after,
            record: known.then_some(Citation::from(stop)),
        };
        let lost = lost.filter(|_| cause == EndCause::Lost);
        let asked = [facts.transition, facts.request];
        let cited: Vec<&Event> =
            facts.stops().chain(asked.into_iter().flatten()).chain(lost).collect();
        for event in cited {
            draft.cite(event);
        }
        return;
    }
    let hidden = hidden || lost.is_some();
    // Open at the last record that Security has of the epoch, unless an end may be missing or
    // would not have been written at all: no end is logged for the elevated half of a pair, and
    // what lacks its 4624 may be one.
    let known = logoffs_audited && draft.start.is_some();
    let told = close.last.filter(|_| !hidden && known);
    let last = told.filter(|last| last.record_id > from).map_or(seen, |last| last.time);
    if close.after == After::Nothing {
        let cause = if hidden { EndCause::Censored } else { close.after.cause() };
        draft.session.end = End::unknown(cause, Some(last));
        return;
    }
    let (cause, confidence) = match hidden || !close.covered {
        true => (EndCause::Censored, Confidence::None),
        false => (close.after.cause(), close.after.confidence()),
    };
    let known = cause != EndCause::Censored;
    let not_after = close.not_after(last);
    if not_after.is_none() {
        draft.flag("clock-set-back");
    }
    draft.session.end = End {
        time: known.then_some(last),
        basis: known.then_some(Basis::Bounded),
        cause,
        confidence,
        not_before: Some(last),
        not_after,
        record: None,
    };
    let mut cited: Vec<&Event> = close.last.into_iter().collect();
    cited.extend(facts.crash);
    cited.extend(close.next);
    for event in cited {
        draft.cite(event);
    }
}

/// The session was seen after the orderly end that only System tells of, by an even clock: it is
/// of a later boot that no record marks.
fn outlives(facts: &Facts<'_>, seen: Timestamp) -> bool {
    let stopped = facts.closed_by();
    facts.audit_stop.is_none()
        && facts.steps.is_empty()
        && stopped.is_some_and(|stop| seen.since(stop) > AFTER_STOP)
}

/// A desktop session logs a 4647 when the computer shuts down; the elevated half of a pair never.
fn expects_4647(draft: &Draft<'_>) -> bool {
    let session = &draft.session;
    matches!(session.class, SessionClass::Desktop | SessionClass::RemoteDesktop)
        && draft.is_user32()
        && session.account.is_ordinary()
        && !session.is_elevated_half()
}
