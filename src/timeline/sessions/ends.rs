//! How did each session end?
//!
//! Input: the sessions, and the ending of their boot. Output: the end of each session: time, basis,
//! cause, confidence and bounds.
//!
//! The causes are tried in this order, each less certain than the one before: 4634, 4647, the end
//! of the linked logon, the logoff that another channel recorded, an orderly shutdown, a crash, the
//! next boot, the end of the log.
//!
//! Example: a session without 4634 and 4647, whose boot ends with an 1100 at 17:00 and a
//! Kernel-General 13 at 17:00:05, ended with the shutdown, at 17:00:05 at the latest.

use super::builder::SessionBuilder;
use super::list::Sessions;
use super::terminals;
use crate::model::session::{Basis, Confidence, End, MilestoneKind};
use crate::model::{
    Citation, EndCause, Event, FindingCode, Flag, Session, SessionClass, Timestamp,
};
use crate::timeline::boot::adjusted_clock::AdjustedClock;
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::ending::FollowedBy;
use crate::timeline::boot::facts::RelyOn;
use crate::timeline::timing::{AFTER_STOP, SAME_LOGOFF};

/// Decides the end of every session of a boot.
pub(super) fn decide(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    for builder in sessions.iter_mut() {
        builder.session.end = logged(builder);
        if context.host.logoff_auditing.is_off() {
            builder.flag(Flag::LogoffNotAudited);
        }
    }
    inherit(sessions);
    for builder in sessions.iter_mut().filter(|builder| is_undecided(builder)) {
        if let Some(end) = by_other_channel(builder, context) {
            builder.session.end = end;
        }
    }
    inherit(sessions);
    for at in sessions.indices() {
        let builder = sessions.get_mut(at);
        if !is_undecided(builder) {
            continue;
        }
        by_boot(builder, context).apply(builder);
        if lacks_4647(builder, context) {
            builder.flag(Flag::InitiatedExpected);
            let message = format!(
                "desktop session {} of {} was open at an orderly shutdown, but no 4647 was logged",
                builder.session.logon_id.map_or_else(String::new, |id| id.to_string()),
                builder.session.account.user
            );
            let first = builder.first;
            sessions.report(FindingCode::InitiatedExpected, first, message);
        }
    }
}

/// Is no logoff known, neither of the session nor of the other session of its linked logon?
fn has_no_logoff(builder: &SessionBuilder<'_>) -> bool {
    builder.is_open() && !has_logoff(builder) && builder.session.end.cause != EndCause::Inherited
}

/// Does it end with its own logoff, recorded in any channel?
fn has_logoff(builder: &SessionBuilder<'_>) -> bool {
    matches!(builder.session.end.cause, EndCause::Terminated | EndCause::Initiated)
}

/// Is the end of this session not decided yet?
fn is_undecided(builder: &SessionBuilder<'_>) -> bool {
    builder.is_open() && builder.session.end.cause == EndCause::Open
}

/// The end by the session's own 4634 or 4647.
fn logged(builder: &SessionBuilder<'_>) -> End {
    let session = &builder.session;
    let (moment, cause) = match (&session.terminated, &session.initiated) {
        (Some(moment), _) => (moment, EndCause::Terminated),
        (None, Some(moment)) => (moment, EndCause::Initiated),
        (None, None) => return End::unknown(EndCause::Open, Some(builder.last.time)),
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

/// The end by the logoff that Winlogon (7002) or the Local Session Manager (23) recorded, if
/// Security has none. Both also record logoffs at a shutdown; those add nothing to the shutdown.
fn by_other_channel(builder: &SessionBuilder<'_>, context: &BootContext<'_>) -> Option<End> {
    let terminal = terminals::of(builder.terminal, context)?;
    let logoff = terminal.end_by_logoff(context.facts.doubtful)?;
    let by_boot = by_boot(builder, context).end;
    let is_of_shutdown = matches!(by_boot.cause, EndCause::Shutdown | EndCause::Lost)
        && by_boot
            .time
            .zip(logoff.time)
            .is_some_and(|(stop, left)| stop.since(left).abs() <= SAME_LOGOFF);
    (!is_of_shutdown).then_some(logoff)
}

/// A session of a linked logon that has no end of its own ends with the other session.
fn inherit(sessions: &mut Sessions<'_>) {
    for at in sessions.indices() {
        let builder = sessions.get(at);
        let partner = Some(builder).filter(|half| has_no_logoff(half));
        let partner = partner.and_then(|half| sessions.other_half(half));
        let partner = partner.map(|partner| sessions.get(partner));
        if let Some(end) = partner.filter(|other| has_logoff(other)).map(|other| other.session.end)
        {
            let session = &mut sessions.get_mut(at).session;
            session.end = End {
                basis: Some(Basis::Inherited),
                cause: EndCause::Inherited,
                confidence: Confidence::Medium,
                ..end
            };
            session.evidence.extend(end.record);
        }
    }
}

/// Why the record of the end of a session may be missing.
struct EndMayBeMissing<'a> {
    /// Records are missing between its last record and the end of the boot.
    by_missing_records: bool,
    /// Records are missing between the end of the boot and the next one, or the log ends with the
    /// boot. The last records of a boot often follow its 1100, and nothing shows that all of them
    /// are there.
    behind_the_end: bool,
    /// The record which says that an event could not be written. That event may have been the end.
    lost: Option<&'a Event>,
}

impl<'a> EndMayBeMissing<'a> {
    /// Collects the reasons for one session.
    fn of(builder: &SessionBuilder<'_>, context: &BootContext<'a>) -> EndMayBeMissing<'a> {
        let from = builder.last.record_id;
        let logs_4647 = builder.is_user32() || builder.start.is_none();
        let ending = &context.ending;
        let until = match ending.next_begins.filter(|_| builder.is_user32()) {
            Some(next) => next.max(ending.ends_before),
            None => ending.ends_before,
        };
        let is_missing = context.host.security_gaps.misses_between(from, until);
        let last = ending.ends_before.saturating_sub(1);
        let misses_until = |next: u64| context.host.security_gaps.misses_between(last, next);
        // If System ends with the same shutdown, the computer was off when its logs were collected.
        let ends_alone =
            || context.facts.kernel_stop.is_none() || ending.followed_by != FollowedBy::Nothing;
        let behind_the_end = ending.next_begins.map_or_else(ends_alone, misses_until);
        let is_audited = !context.host.logoff_auditing.is_off();
        // It may be the elevated half of a linked logon, whose end is not logged.
        let may_be_half = builder.start.is_none() && builder.is_privileged;
        EndMayBeMissing {
            by_missing_records: is_missing
                || context.facts.lost.full_after(from)
                || !is_audited
                || may_be_half,
            behind_the_end,
            lost: context.facts.lost.after(from, logs_4647),
        }
    }

    /// May the record be missing before the end of the boot?
    fn is_within_boot(&self) -> bool {
        self.by_missing_records || self.lost.is_some()
    }
}

/// The end of a session, by the ending of its boot.
struct EndByBoot<'a> {
    end: End,
    /// The records that show it.
    cited: Vec<&'a Event>,
    /// The clock may have been set back before the next boot, so that no latest time is known.
    is_clock_set_back: bool,
}

impl<'a> EndByBoot<'a> {
    fn new(end: End, cited: Vec<&'a Event>) -> EndByBoot<'a> {
        EndByBoot { end, cited, is_clock_set_back: false }
    }

    /// Gives the session this end.
    fn apply(self, builder: &mut SessionBuilder<'_>) {
        builder.session.end = self.end;
        for event in self.cited {
            builder.cite(event);
        }
        if self.is_clock_set_back {
            builder.flag(Flag::ClockSetBack);
        }
    }
}

/// Decides the end of a session without its own end, by the ending of its boot.
fn by_boot<'a>(builder: &SessionBuilder<'_>, context: &BootContext<'a>) -> EndByBoot<'a> {
    let missing = EndMayBeMissing::of(builder, context);
    match context.ending.orderly_stop_of_sessions() {
        Some(stop) if !outlives(stop, builder.last.time, context) => {
            at_shutdown(builder, context, stop, &missing)
        }
        _ if context.ending.followed_by == FollowedBy::Nothing => {
            still_open(builder, context, &missing)
        }
        _ => before_next_boot(builder, context, &missing),
    }
}

/// The session was open when the computer shut down.
fn at_shutdown<'a>(
    builder: &SessionBuilder<'_>,
    context: &BootContext<'a>,
    stop: &'a Event,
    missing: &EndMayBeMissing<'a>,
) -> EndByBoot<'a> {
    let facts = context.facts;
    let seen = builder.last.time;
    let cause = match missing.lost {
        _ if missing.by_missing_records || !context.ending.is_covered => EndCause::Censored,
        Some(_) => EndCause::Lost,
        None => EndCause::Shutdown,
    };
    let is_known = cause != EndCause::Censored;
    // A desktop that lacks its 4647 shows that a record is missing.
    let is_incomplete =
        missing.behind_the_end || cause == EndCause::Shutdown && logs_4647(builder, context);
    let unfinished = context.ending.unfinished();
    let end = End {
        time: is_known.then_some(stop.time),
        basis: is_known.then_some(Basis::Inferred),
        cause,
        confidence: match (is_known, is_incomplete || unfinished.is_some()) {
            (false, _) => Confidence::None,
            (true, true) => Confidence::Low,
            (true, false) => Confidence::Medium,
        },
        not_before: Some(seen),
        not_after: context.ending.down_by(stop).filter(|down| *down >= seen),
        record: is_known.then_some(Citation::from(stop)),
    };
    let lost = missing.lost.filter(|_| cause == EndCause::Lost);
    let others = [facts.transition, facts.request, lost, unfinished];
    let cited = facts.stops(RelyOn::SecurityToo).chain(others.into_iter().flatten());
    EndByBoot::new(end, cited.collect())
}

/// The session was open when the log ended. If another channel shows a later shutdown, of this boot or of one that
/// began among missing records, the session had ended by then.
fn still_open<'a>(
    builder: &SessionBuilder<'_>,
    context: &BootContext<'a>,
    missing: &EndMayBeMissing<'a>,
) -> EndByBoot<'a> {
    let ended_later = missing.is_within_boot() || context.ending.possible_stop().is_some();
    let cause = if ended_later { EndCause::Censored } else { context.ending.followed_by.cause() };
    let seen = last_seen(builder, context, missing);
    EndByBoot::new(End::unknown(cause, Some(seen)), Vec::new())
}

/// The session was open at the last record of its boot, and then the next boot began.
fn before_next_boot<'a>(
    builder: &SessionBuilder<'_>,
    context: &BootContext<'a>,
    missing: &EndMayBeMissing<'a>,
) -> EndByBoot<'a> {
    let ending = &context.ending;
    let last = last_seen(builder, context, missing);
    let may_be_missing = missing.is_within_boot();
    let is_known = !may_be_missing && ending.is_covered;
    let (cause, confidence) = if is_known {
        (ending.followed_by.cause(), ending.followed_by.confidence())
    } else {
        (EndCause::Censored, Confidence::None)
    };
    let not_after = ending.not_after(last);
    let end = End {
        time: is_known.then_some(last),
        basis: is_known.then_some(Basis::Bounded),
        cause,
        confidence,
        not_before: Some(last),
        not_after,
        record: None,
    };
    let cited = ending.last.into_iter().chain(context.facts.crash).chain(ending.next);
    EndByBoot { is_clock_set_back: not_after.is_none(), ..EndByBoot::new(end, cited.collect()) }
}

/// The last time at which the session was certainly open: that of the last record that Security has
/// of the boot, unless the record of an end may be missing, or would not have been written. The
/// elevated half of a linked logon has no logged end, and a session without a 4624 may be one.
fn last_seen(
    builder: &SessionBuilder<'_>,
    context: &BootContext<'_>,
    missing: &EndMayBeMissing<'_>,
) -> Timestamp {
    let seen = builder.last;
    let may_be_missing = missing.is_within_boot();
    let logs_its_end = audits_logoffs(context) && builder.start.is_some();
    let last = context.ending.last.filter(|_| !may_be_missing && logs_its_end);
    last.filter(|last| last.record_id > seen.record_id).map_or(seen.time, |last| last.time)
}

/// Were logoffs audited all the time in this boot?
fn audits_logoffs(context: &BootContext<'_>) -> bool {
    context.facts.security.is_some_and(|(first, last)| {
        context.host.logoff_auditing.is_on_between(first.record_id, last.record_id)
    })
}

/// Was the session seen after the orderly end of its boot? This matters if only System shows that
/// end and nobody set the clock: then the session is of a later boot that no record shows.
fn outlives(stop: &Event, seen: Timestamp, context: &BootContext<'_>) -> bool {
    context.facts.audit_stop.is_none()
        && context.facts.steps.is_empty()
        && seen.since(stop.time) > AFTER_STOP
}

/// Does this session lack a 4647? A desktop session logs one when the computer shuts down; the
/// elevated half of a linked logon never does.
fn lacks_4647(builder: &SessionBuilder<'_>, context: &BootContext<'_>) -> bool {
    builder.session.end.cause == EndCause::Shutdown
        && logs_4647(builder, context)
        && !builder.session.is_elevated_half()
}

/// Is a 4647 expected for this session, or for the other session of its linked logon?
fn logs_4647(builder: &SessionBuilder<'_>, context: &BootContext<'_>) -> bool {
    let session = &builder.session;
    audits_logoffs(context)
        && matches!(session.class, SessionClass::Desktop | SessionClass::RemoteDesktop)
        && builder.is_user32()
        && session.account.is_ordinary()
}

/// A session whose end has only bounds was still there at its last lock, disconnection or reconnection. Where
/// the clock was set, the two times cannot be compared.
pub(super) fn seen_by_incidents(session: &mut Session, clock: &AdjustedClock) {
    // That a re-validation belongs to this session is inferred.
    let recorded = session.incidents.iter().rfind(|one| one.kind != MilestoneKind::Revalidated);
    let last = recorded.map(|incident| incident.moment.time);
    let end = &mut session.end;
    if clock.sums().is_some() || end.record.is_some() {
        return;
    }
    let is_later = |seen: &Timestamp| {
        end.not_before.is_some_and(|known| known < *seen)
            && end.not_after.is_none_or(|after| *seen <= after)
    };
    if let Some(seen) = last.filter(is_later) {
        end.not_before = Some(seen);
        if end.basis == Some(Basis::Bounded) {
            end.time = Some(seen);
        }
    }
}
