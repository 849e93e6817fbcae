//! How each session ended: the classes in their order of preference, each less certain than the
//! one before: 4634, 4647, the linked half, shutdown, crash, next boot, end of the log.

use super::coverage::Coverage;
use super::drafts::{Draft, Drafts};
use super::epochs::Epochs;
use super::facts::Facts;
use super::lineage::Streams;
use crate::model::session::{Basis, Confidence, End};
use crate::model::{
    Channel, Citation, EndCause, Event, Finding, FindingCode, SessionClass, Span, Timestamp,
};

/// How an epoch closed, for the sessions still open in it.
pub(super) struct Close<'a> {
    /// The last record of Security in it: what was open then had not ended.
    last: Option<&'a Event>,
    /// The first sure sign of the next boot, and its time by a clock that is not behind.
    next: Option<(&'a Event, Timestamp)>,
    /// The security log goes on after this epoch, or closed with it: no end can be missing.
    covered: bool,
    /// First record ID after the epoch, as far as Security goes.
    upto: u64,
}

impl Close<'_> {
    /// The end of a session that no record of Security tells of, by the way its epoch closed.
    pub(super) fn without_record(&self, facts: &Facts<'_>, seen: Option<Timestamp>) -> End {
        if let Some(stop) = facts.stops().next() {
            return End {
                time: Some(stop.time),
                basis: Some(Basis::Inferred),
                cause: EndCause::Shutdown,
                confidence: Confidence::Medium,
                not_before: seen,
                not_after: Some(stop.time).filter(|stop| seen.is_none_or(|seen| *stop >= seen)),
                record: Some(Citation::from(stop)),
            };
        }
        let Some((_, next)) = self.next else { return End::unknown(EndCause::Open, seen) };
        let crashed = !facts.crash.is_empty();
        End {
            time: seen,
            basis: seen.map(|_| Basis::Bounded),
            cause: if crashed { EndCause::Crash } else { EndCause::EpochEnd },
            confidence: if crashed { Confidence::Low } else { Confidence::VeryLow },
            not_before: seen,
            not_after: seen.and_then(|seen| upper_bound(next, seen)),
            record: None,
        }
    }
}

/// One per epoch.
pub(super) fn closes<'a>(
    streams: &'a Streams,
    epochs: &Epochs,
    facts: &[Facts<'a>],
) -> Vec<Close<'a>> {
    let all = facts;
    // The first record that Security has after each epoch.
    let mut following: Vec<Option<&Event>> = Vec::with_capacity(facts.len());
    for facts in facts.iter().skip(1).rev() {
        let later = following.last().copied().flatten();
        following.push(facts.security.map(|(first, _)| first).or(later));
    }
    following.reverse();
    facts
        .iter()
        .enumerate()
        .map(|(number, facts)| {
            let following = following.get(number).copied().flatten();
            let after = all.get(number + 1);
            let last = facts.security.or(facts.system).map(|(_, last)| last);
            let next = epochs.boots.get(number).and_then(|boot| boot.clock(streams));
            let behind = |next: &Event| after.map_or(Span(0), |facts| facts.was_behind(next.time));
            let next = next.map(|next| (next, next.time.plus(behind(next))));
            Close {
                last,
                next,
                covered: following.is_some() || facts.audit_stop.is_some(),
                upto: upto(facts, following),
            }
        })
        .collect()
}

/// The record ID before which an end of this epoch must stand: an 1100 closes it, else it goes on
/// until the next epoch's first record.
fn upto(facts: &Facts<'_>, following: Option<&Event>) -> u64 {
    let own = facts.security.map(|(_, last)| last.record_id.saturating_add(1));
    match following {
        _ if facts.audit_stop.is_some() => own.unwrap_or(u64::MAX),
        Some(next) => next.record_id,
        None => u64::MAX,
    }
}

/// Decides the end of every session of an epoch.
pub(super) fn decide(
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
    if facts.is_clean() && !outlives(facts, seen) {
        let stop = facts.stops().next();
        let not_after = facts.closed_by().filter(|stop| *stop >= seen);
        let cause = match lost {
            _ if hidden || !close.covered => EndCause::Censored,
            Some(_) => EndCause::Lost,
            None => EndCause::Shutdown,
        };
        let known = cause != EndCause::Censored;
        draft.session.end = End {
            time: stop.map(|stop| stop.time).filter(|_| known),
            basis: known.then_some(Basis::Inferred),
            cause,
            confidence: if known { Confidence::Medium } else { Confidence::None },
            not_before: Some(seen),
            not_after,
            record: stop.map(Citation::from).filter(|_| known),
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
    let Some((next, bound)) = close.next else {
        let cause = if hidden { EndCause::Censored } else { EndCause::Open };
        draft.session.end = End::unknown(cause, Some(last));
        return;
    };
    let (cause, confidence) = match (hidden || !close.covered, facts.crash.is_empty()) {
        (true, _) => (EndCause::Censored, Confidence::None),
        (false, false) => (EndCause::Crash, Confidence::Low),
        (false, true) => (EndCause::EpochEnd, Confidence::VeryLow),
    };
    let known = cause != EndCause::Censored;
    let not_after = upper_bound(bound, last);
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
    cited.extend(facts.crash.iter());
    cited.push(next);
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
        && stopped.is_some_and(|stop| seen.since(stop) > Span::seconds(60))
}

/// The next boot bounds the end, unless the clock was set back in between: then its reading says
/// nothing in the old boot's time.
fn upper_bound(next: Timestamp, last: Timestamp) -> Option<Timestamp> {
    (next >= last).then_some(next)
}

/// A desktop session logs a 4647 when the computer shuts down; the elevated half of a pair never.
fn expects_4647(draft: &Draft<'_>) -> bool {
    let session = &draft.session;
    matches!(session.class, SessionClass::Desktop | SessionClass::RemoteDesktop)
        && draft.is_user32()
        && session.account.is_ordinary()
        && !session.is_elevated_half()
}

impl super::epochs::Epoch {
    /// The record whose time is the boot's: Kernel-General 12, else 4608, else what there is.
    pub(super) fn clock<'a>(&self, streams: &'a Streams) -> Option<&'a Event> {
        let system = streams.get(&Channel::System);
        let by_system = self
            .system
            .as_ref()
            .and_then(|boot| system.and_then(|events| events.get(boot.clock())));
        let security = streams.get(&Channel::Security);
        by_system.or_else(|| self.security.as_ref().and_then(|start| security?.get(start.index)))
    }
}
