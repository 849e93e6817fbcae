//! Re-validations: which logons only checked a password?
//!
//! To unlock a desktop, or to reconnect to it, its user logs on once more for a moment. Such a logon is no session
//! of its own, but an event of the session that is open.
//!
//! Input: the sessions with their ends. Output: the class `revalidation`, and the session to which it belongs.
//!
//! A logon is a re-validation if all of this is true:
//!
//! - It is interactive, and it ends with a 4634 and without a 4647.
//! - Another interactive session of the same account is open in the same boot, which is no re-validation itself.
//! - Neither Winlogon (7001) nor the Local Session Manager (21) recorded the logon of a desktop for it.
//! - One of the rules in [`InferredBy`] applies: a record of a takeover; or Winlogon recorded the other desktop of
//!   the account, but not this one; or, for a logon at the console, it was short. A short logon over Remote Desktop
//!   without other evidence stays a session, because it may be that of an intruder.
//!
//! If records are missing, the desktop that was open may be another one than the last known one, or none may be
//! known. Then a short logon at the console is still a re-validation, but its session is not named.
//!
//! Example: a desktop of alice is open since 09:00. A 4624 of type 7 of alice at 13:00:00 ends with a 4634 at
//! 13:00:01: it is a re-validation of that desktop (an unlock).

use super::builder::SessionBuilder;
use super::classes::is_remote_type;
use super::list::{SessionIndex, Sessions};
use super::takeovers::Takeovers;
use super::terminals;
use crate::model::account::same_name;
use crate::model::session::{Incident, MilestoneKind, Moment};
use crate::model::{
    Channel, Citation, EndCause, Flag, InferredBy, Session, SessionClass, Span, Timestamp,
};
use crate::timeline::boot::context::BootContext;
use crate::timeline::limits::OPEN_DESKTOPS;
use crate::timeline::timing::{
    CONFIRMS_REVALIDATION, LOGON_ID_TOLERANCE, LONG_REVALIDATION, RECORDS_BEFORE_LOGON,
    REVALIDATION,
};
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The session to which a re-validation belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Parent {
    OfSecurity(SessionIndex),
    /// A session that only other channels show, by its index.
    WithoutSecurity(usize),
}

/// Finds the re-validations among the short logons, and adds each to the session to which it belongs.
pub(super) fn find(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let takeovers = Takeovers::of(context);
    let mut desktop_events = desktop_events(sessions, context);
    let mut revalidations: Vec<(SessionIndex, Option<Parent>, InferredBy)> = Vec::new();
    for list in desktop_events.values_mut() {
        list.sort_unstable();
        // Of a linked logon, the user works in the filtered half.
        let mut open: BTreeSet<(bool, SessionIndex)> = BTreeSet::new();
        for &(_, what, at) in &*list {
            let builder = sessions.get(at);
            let key = (!builder.session.is_elevated_half(), at);
            let found = match what {
                DesktopEvent::Ends => {
                    open.remove(&key);
                    continue;
                }
                DesktopEvent::ShortLogon => {
                    as_revalidation(sessions, builder, &open, &takeovers, context)
                }
                DesktopEvent::Begins => None,
            };
            match found {
                Some((parent, rule)) => revalidations.push((at, parent, rule)),
                None if !builder.is_desktop() => {}
                None => drop(open.insert(key)),
            }
        }
    }
    revalidations.sort_unstable();
    revalidations.into_iter().for_each(|revalidation| note(sessions, revalidation));
}

/// Is this short logon a re-validation? If it is: the session to which it belongs, if that is certain, and the rule
/// that shows it.
fn as_revalidation(
    sessions: &Sessions<'_>,
    builder: &SessionBuilder<'_>,
    open: &BTreeSet<(bool, SessionIndex)>,
    takeovers: &Takeovers,
    context: &BootContext<'_>,
) -> Option<(Option<Parent>, InferredBy)> {
    let times = begun_and_ended(builder, context)?;
    let is_taken_over = |at: SessionIndex| takeovers.names(sessions.get(at), times, context);
    let known = OpenDesktop::of(sessions, open, builder, is_taken_over, context);
    let parent = known.as_ref().map(|known| Parent::OfSecurity(known.desktop));
    let parent = parent.or_else(|| parent_without_security(sessions, builder, context));
    let Some(parent) = parent else {
        let is_revalidation = is_short(builder, times) && desktop_may_be_missing(builder, context);
        return is_revalidation.then_some((None, InferredBy::ShortLogon));
    };
    let rule = decide(sessions, builder, times, parent, takeovers, context)?;
    let is_sure = known.is_none_or(|known| known.is_sure);
    // A logon by a client keeps its own row, unless the row of a desktop shows it.
    let is_shown = is_sure || !is_remote_type(builder.session.logon_type);
    is_shown.then_some((Some(parent).filter(|_| is_sure), rule))
}

/// Makes a session a re-validation of its parent, if that is known.
fn note(
    sessions: &mut Sessions<'_>,
    (at, parent, rule): (SessionIndex, Option<Parent>, InferredBy),
) {
    let parent_key = parent.and_then(|parent| match parent {
        Parent::OfSecurity(parent) => sessions.get(parent).session.key(),
        Parent::WithoutSecurity(number) => {
            sessions.without_security.get(number).and_then(|one| one.session.key())
        }
    });
    let session = &mut sessions.get_mut(at).session;
    session.class = SessionClass::Revalidation;
    session.parent = parent_key;
    session.revalidated_by = Some(rule);
    // The elevated half of the re-validation adds nothing.
    if let Some(moment) = session.start.filter(|_| !session.is_elevated_half()) {
        let client = Arc::clone(&session.client);
        let incident = Incident { kind: MilestoneKind::Revalidated, moment, client };
        match parent {
            Some(Parent::OfSecurity(parent)) => {
                sessions.get_mut(parent).session.incidents.push(incident);
            }
            Some(Parent::WithoutSecurity(number)) => {
                if let Some(one) = sessions.without_security.get_mut(number) {
                    one.session.incidents.push(incident);
                }
            }
            None => {}
        }
    }
}

/// The desktop of an account that was open when the account logged on.
struct OpenDesktop {
    /// The desktop that a record of a takeover names; else the one that was opened last.
    desktop: SessionIndex,
    /// It is certainly the one to which the logon belongs.
    is_sure: bool,
}

impl OpenDesktop {
    /// Chooses among the desktops that had not ended before this logon, as far as the log shows. Records may be
    /// missing since the latest desktop was last seen. Then its end may be among them, and the logon may belong to
    /// a desktop that was opened before it or after it. The start of another boot may also be among missing
    /// records, before a desktop that is first seen after them.
    fn of(
        sessions: &Sessions<'_>,
        open: &BTreeSet<(bool, SessionIndex)>,
        revalidation: &SessionBuilder<'_>,
        is_taken_over: impl Fn(SessionIndex) -> bool,
        context: &BootContext<'_>,
    ) -> Option<OpenDesktop> {
        let others = open.iter().rev().take(OPEN_DESKTOPS);
        let is_other = |other: &SessionBuilder<'_>| {
            !are_halves(revalidation, other) && !ends_with(other, revalidation)
        };
        let mut others = others.map(|(_, at)| *at).filter(|other| is_other(sessions.get(*other)));
        if let Some(desktop) = others.clone().find(|other| is_taken_over(*other)) {
            return Some(OpenDesktop { desktop, is_sure: true });
        }
        let desktop = others.next()?;
        let builder = sessions.get(desktop);
        // The elevated half of a linked logon logs no end: it is open as long as the other half is.
        let has_other = others
            .map(|other| sessions.get(other))
            .any(|other| !other.session.is_elevated_half() && !are_halves(builder, other));
        let gaps = &context.host.security_gaps;
        let missing = |from, to| gaps.count_missing_between(from, to);
        let now = revalidation.first.record_id;
        let may_be_another = match missing(builder.last.record_id, now) {
            0 => false,
            _ if has_other => true,
            // The end of one desktop and the start of another are two records. A selection has all 4624.
            count => count > 1 && !gaps.selection,
        };
        let may_be_of_next_boot = context.facts.doubtful.includes(builder.first)
            && missing(now, builder.first.record_id) > 0;
        let last = builder.last.record_id;
        let may_be_of_boot_before = now.saturating_sub(last) >= RECORDS_BEFORE_LOGON
            && context.host.certain.may_begin_between(Channel::Security, last, now);
        let is_sure = !may_be_another && !may_be_of_next_boot && !may_be_of_boot_before;
        Some(OpenDesktop { desktop, is_sure })
    }
}

/// May a desktop of the account have been opened before the log begins, or among missing records?
fn desktop_may_be_missing(builder: &SessionBuilder<'_>, context: &BootContext<'_>) -> bool {
    let first = context.first_of_security().map_or(0, |first| first.record_id);
    !context.is_audited_from_start()
        || context.host.security_gaps.misses_between(first, builder.first.record_id)
}

/// The session of the same account that only other channels show, and that was open when this one began.
fn parent_without_security(
    sessions: &Sessions<'_>,
    builder: &SessionBuilder<'_>,
    context: &BootContext<'_>,
) -> Option<Parent> {
    let time = context.clock.moment(builder.session.start.as_ref()?);
    let open = sessions.without_security.iter().rposition(|one| {
        let account = &one.session.account;
        let is_same = match account.sid.is_empty() {
            true => same_name(&account.user, &builder.session.account.user),
            false => account.sid == builder.session.account.sid,
        };
        let had_begun = one.from.is_some_and(|from| from <= time);
        is_same && had_begun && one.until.is_none_or(|until| time <= until)
    });
    open.map(Parent::WithoutSecurity)
}

/// When a logon began and ended, in adjusted time.
fn begun_and_ended(
    builder: &SessionBuilder<'_>,
    context: &BootContext<'_>,
) -> Option<(Timestamp, Timestamp)> {
    let moment = |moment: &Option<Moment>| Some(context.clock.moment(moment.as_ref()?));
    Some((moment(&builder.session.start)?, moment(&builder.session.terminated)?))
}

/// The rule by which the session, from `from` until `until`, is a re-validation of its parent. `None`: it is a
/// session of its own.
fn decide(
    sessions: &Sessions<'_>,
    builder: &SessionBuilder<'_>,
    (from, until): (Timestamp, Timestamp),
    parent: Parent,
    takeovers: &Takeovers,
    context: &BootContext<'_>,
) -> Option<InferredBy> {
    let (parent_id, parent_terminal) = match parent {
        Parent::OfSecurity(parent) => {
            let parent = sessions.get(parent);
            (parent.session.logon_id, terminals::of(parent.terminal, context))
        }
        Parent::WithoutSecurity(number) => {
            let one = sessions.without_security.get(number)?;
            (None, terminals::of(Some(one.terminal), context))
        }
    };
    let number = parent_terminal.map(|terminal| terminal.number);
    let user = &builder.session.account.user;
    if takeovers.any(user, parent_id.map(|id| id.0), number, from, until) {
        return Some(InferredBy::TakeoverRecord);
    }
    let recorded = parent_terminal
        .and_then(|terminal| terminal.records.iter().find(|event| event.event_id == 7001));
    let is_covered = recorded.is_some_and(|logon| context.system_covers(logon, until));
    if is_covered && until.since(from) < LONG_REVALIDATION {
        return Some(InferredBy::NoWinlogonLogon);
    }
    is_short(builder, (from, until)).then_some(InferredBy::ShortLogon)
}

/// Is this a short logon at the console?
fn is_short(builder: &SessionBuilder<'_>, (from, until): (Timestamp, Timestamp)) -> bool {
    until.since(from) < REVALIDATION && !is_remote_type(builder.session.logon_type)
}

/// An event that matters for the question which desktops are open. At one record, ends come before short logons,
/// and short logons before other beginnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum DesktopEvent {
    Ends,
    ShortLogon,
    Begins,
}

/// The events of each SID: the record ID, what happens there, and the session.
type DesktopEvents<'s> = BTreeMap<&'s str, Vec<(u64, DesktopEvent, SessionIndex)>>;

/// Collects the events of all desktops and short logons.
fn desktop_events<'s>(sessions: &'s Sessions<'_>, context: &BootContext<'_>) -> DesktopEvents<'s> {
    // Only desktops without a 4624 need them.
    let allocated = LazyCell::new(|| AllocatedIds::of(sessions));
    let record = |moment: &Moment| moment.record.record_id;
    let mut desktop_events = DesktopEvents::new();
    for (at, builder) in sessions.iter() {
        let session = &builder.session;
        let is_short = is_candidate(sessions, builder);
        if !is_short && !builder.is_desktop() {
            continue;
        }
        let own = desktop_events.entry(&*session.account.sid).or_default();
        if is_short {
            own.push((builder.first.record_id, DesktopEvent::ShortLogon, at));
        } else {
            let begins = session.start.as_ref().map(record);
            // If another boot may have begun before its first record, the desktop may be of that boot.
            let doubtful = context.facts.doubtful;
            let is_doubtful = doubtful.includes(builder.first);
            let earliest = if is_doubtful { doubtful.security.saturating_sub(1) } else { 0 };
            let begins = begins.unwrap_or_else(|| allocated.before(session).max(earliest));
            own.push((begins, DesktopEvent::Begins, at));
        }
        let ends = [&session.initiated, &session.terminated];
        // The elevated half of a linked logon logs no end: it ends with the other half.
        let inherited = session.end.record.filter(|record| {
            session.end.cause == EndCause::Inherited && record.channel == Channel::Security
        });
        let ends = ends.into_iter().flatten().map(record).min();
        let ends = ends.or(inherited.map(|record| record.record_id));
        own.extend(ends.map(|record| (record, DesktopEvent::Ends, at)));
    }
    desktop_events
}

/// The Logon IDs of a boot in ascending order, each with the last record of a 4624 up to it. Logon IDs rise during
/// a boot.
struct AllocatedIds(Vec<(u64, u64)>);

impl AllocatedIds {
    fn of(sessions: &Sessions<'_>) -> AllocatedIds {
        let logon = |session: &Session| {
            Some((session.logon_id?.0, session.start.as_ref()?.record.record_id))
        };
        let mut all: Vec<(u64, u64)> =
            sessions.iter().filter_map(|(_, builder)| logon(&builder.session)).collect();
        all.sort_unstable();
        let mut last = 0;
        for (_, record) in &mut all {
            last = last.max(*record);
            *record = last;
        }
        AllocatedIds(all)
    }

    /// The record after which a session without a 4624 began: until then lower Logon IDs were allocated.
    fn before(&self, session: &Session) -> u64 {
        let id = session.logon_id.map_or(0, |id| id.0);
        let is_below = |(known, _): &(u64, u64)| known.saturating_add(LOGON_ID_TOLERANCE) < id;
        let below = self.0.partition_point(is_below);
        below.checked_sub(1).and_then(|at| self.0.get(at)).map_or(0, |(_, record)| *record)
    }
}

/// Are these the two sessions of one linked logon? Two logons at the same time are taken for one even if nothing
/// links them.
fn are_halves(one: &SessionBuilder<'_>, other: &SessionBuilder<'_>) -> bool {
    let (one, other) = (&one.session, &other.session);
    let time = |start: &Option<Moment>| start.map(|moment| moment.time);
    let are_linked = one.linked.is_some() && one.linked == other.logon_id;
    are_linked || one.start.is_some() && time(&one.start) == time(&other.start)
}

/// Does this session, of which only a 4634 is known, end right after a re-validation? Then it may be another one: an
/// unlock can log on twice, and the second time as a linked logon.
fn ends_with(other: &SessionBuilder<'_>, revalidation: &SessionBuilder<'_>) -> bool {
    let end = |builder: &SessionBuilder<'_>| Some(builder.session.terminated.as_ref()?.time);
    let lag = end(other).zip(end(revalidation)).map(|(other, own)| other.since(own));
    other.start.is_none()
        && other.session.initiated.is_none()
        && lag.is_some_and(|lag| lag.abs() <= CONFIRMS_REVALIDATION)
}

/// May this logon be a re-validation? It is interactive, made by Winlogon, ended by a 4634 alone and within two
/// minutes, and no record of another channel shows a desktop of its own or of the other half of its linked logon.
fn is_candidate(sessions: &Sessions<'_>, builder: &SessionBuilder<'_>) -> bool {
    let session = &builder.session;
    let process = &session.method.logon_process;
    let is_by_winlogon =
        ["User32", "Negotiat", "Negotiate"].iter().any(|name| process.eq_ignore_ascii_case(name));
    let other = sessions.other_half(builder);
    let has_terminal = |at: SessionIndex| sessions.get(at).terminal.is_some();
    matches!(session.logon_type, Some(2 | 7 | 10 | 11 | 12 | 13))
        && is_by_winlogon
        && builder.start.is_some()
        && builder.terminal.is_none()
        && !other.is_some_and(has_terminal)
        && lasted_shortly(session)
}

/// Did the session end with a 4634 alone, within two minutes?
fn lasted_shortly(session: &Session) -> bool {
    match (&session.start, &session.terminated, &session.initiated) {
        (Some(start), Some(end), None) => {
            let lasted = Span(end.time.since(start.time).0 - session.clock_correction.0);
            Span(0) <= lasted && lasted < LONG_REVALIDATION
        }
        _ => false,
    }
}

/// Notes the purpose of a re-validation if another record shows it: a 4801 of the session confirms an unlock; a
/// 4778, or event 25 of the Local Session Manager, confirms a reconnect.
pub(super) fn confirm(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let clock = &context.clock;
    let is_revalidation =
        |builder: &SessionBuilder<'_>| builder.session.class == SessionClass::Revalidation;
    let revalidations: HashMap<u64, SessionIndex> = sessions
        .iter()
        .filter(|(_, builder)| is_revalidation(builder))
        .map(|(at, builder)| (builder.first.record_id, at))
        .collect();
    let mut confirmed: Vec<(SessionIndex, Flag, Citation)> = Vec::new();
    let of_security = sessions.iter().map(|(_, builder)| &builder.session);
    let without_security = sessions.without_security.iter().map(|one| &one.session);
    for session in of_security.chain(without_security) {
        let mut pending: Vec<&Incident> = Vec::new();
        for incident in &session.incidents {
            let flag = match incident.kind {
                MilestoneKind::Revalidated => {
                    pending.push(incident);
                    continue;
                }
                MilestoneKind::Unlocked => Flag::Unlock,
                MilestoneKind::Reconnected => Flag::Reconnect,
                _ => continue,
            };
            let time = clock.moment(&incident.moment);
            for revalidation in pending.drain(..) {
                let lag = time.since(clock.moment(&revalidation.moment));
                let revalidation = revalidations.get(&revalidation.moment.record.record_id);
                if let Some(&at) = revalidation.filter(|_| lag <= CONFIRMS_REVALIDATION) {
                    confirmed.push((at, flag, incident.moment.record));
                }
            }
        }
    }
    for (at, flag, record) in confirmed {
        let builder = sessions.get_mut(at);
        builder.flag(flag);
        builder.session.evidence.push(record);
    }
}
