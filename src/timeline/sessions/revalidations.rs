//! Re-validations: to unlock a desktop or to reconnect to it, its user logs on once more for a moment.
//! Such a logon is no session of its own, but an event of the session that is open.
//!
//! The rule: an interactive logon that ends with a 4634 and no 4647, while another interactive session
//! of the same account is open in the same boot, which is no re-validation itself. It is not one where
//! Winlogon or the Local Session Manager recorded the logon of a desktop (7001, 21). Then one of these
//! has to say that it is one ([`InferredBy`]): a record of a takeover; that Winlogon recorded the other
//! desktop of the account, and not this one; or, for a logon at the console, that it was short. A logon
//! over Remote Desktop that nothing but its length speaks for stays a session: it may be an intruder's.
//!
//! Where records are missing, the desktop that was open may be another one than the last that is known, or
//! none may be known. Then a short logon at the console is still a re-validation, but no session is named.

use super::builder::SessionBuilder;
use super::classes::is_remote_type;
use super::list::{SessionIndex, Sessions};
use super::terminals;
use crate::model::account::{same_name, without_domain};
use crate::model::event::TerminalAction;
use crate::model::session::{Incident, MilestoneKind, Moment};
use crate::model::{
    Channel, Citation, Event, EventKind, Flag, InferredBy, Session, SessionClass, Span, Timestamp,
};
use crate::timeline::boot::context::BootContext;
use crate::timeline::limits::OPEN_DESKTOPS;
use crate::timeline::timing::{
    CONFIRMS_REVALIDATION, LOGON_ID_TOLERANCE, LONG_REVALIDATION, RECORDS_BEFORE_LOGON,
    REVALIDATION, TAKEOVER,
};
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// LSM 40: the session was replaced by another connection.
const REPLACED: u32 = 5;

/// The session that a re-validation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Parent {
    OfSecurity(SessionIndex),
    /// One that only other channels show, by its index.
    Uncovered(usize),
}

/// Turns short logons of an account whose session is open into re-validations of that session.
pub(super) fn fold(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let takeovers = Takeovers::of(context);
    let mut turns = turns(sessions, context);
    let mut checks: Vec<(SessionIndex, Option<Parent>, InferredBy)> = Vec::new();
    for list in turns.values_mut() {
        list.sort_unstable();
        // Of a pair, the user works in the filtered half.
        let mut open: BTreeSet<(bool, SessionIndex)> = BTreeSet::new();
        for &(_, turn, at) in &*list {
            let builder = sessions.get(at);
            let key = (!builder.session.is_elevated_half(), at);
            if turn == Turn::Ends {
                open.remove(&key);
                continue;
            }
            let check = (turn == Turn::Short).then(|| {
                let times = begun_and_ended(builder, context)?;
                let known = OpenDesktop::of(sessions, &open, builder, context);
                let parent = known.as_ref().map(|known| Parent::OfSecurity(known.latest));
                let parent = parent.or_else(|| uncovered_parent(sessions, builder, context));
                let Some(parent) = parent else {
                    let is_check =
                        is_short(builder, times) && desktop_may_be_missing(builder, context);
                    return is_check.then_some((None, InferredBy::ShortLogon));
                };
                let rule = decide(sessions, builder, times, parent, &takeovers, context)?;
                let is_sure = known.is_none_or(|known| {
                    known.is_sure || takeovers.name(sessions.get(known.latest), times, context)
                });
                // A client that logged on has its own row, if that of no desktop shows it.
                let is_shown = is_sure || !is_remote_type(builder.session.logon_type);
                is_shown.then_some((Some(parent).filter(|_| is_sure), rule))
            });
            match check.flatten() {
                Some((parent, rule)) => checks.push((at, parent, rule)),
                None if !builder.is_desktop() => {}
                None => drop(open.insert(key)),
            }
        }
    }
    checks.sort_unstable();
    checks.into_iter().for_each(|check| note(sessions, check));
}

/// Turns a session into a re-validation of its parent, where that is known.
fn note(
    sessions: &mut Sessions<'_>,
    (at, parent, rule): (SessionIndex, Option<Parent>, InferredBy),
) {
    let parent_key = parent.and_then(|parent| match parent {
        Parent::OfSecurity(parent) => sessions.get(parent).session.key(),
        Parent::Uncovered(number) => {
            sessions.without_security.get(number).and_then(|one| one.session.key())
        }
    });
    let session = &mut sessions.get_mut(at).session;
    session.class = SessionClass::Revalidation;
    session.parent = parent_key;
    session.revalidated_by = Some(rule);
    // The elevated half of the check says nothing new.
    if let Some(moment) = session.start.filter(|_| !session.is_elevated_half()) {
        let incident = Incident { kind: MilestoneKind::Revalidated, moment };
        match parent {
            Some(Parent::OfSecurity(parent)) => {
                sessions.get_mut(parent).session.incidents.push(incident);
            }
            Some(Parent::Uncovered(number)) => {
                if let Some(one) = sessions.without_security.get_mut(number) {
                    one.session.incidents.push(incident);
                }
            }
            None => {}
        }
    }
}

/// The desktop of an account that was open at a logon of it.
struct OpenDesktop {
    /// The one that was opened last.
    latest: SessionIndex,
    /// No other one may have been meant.
    is_sure: bool,
}

impl OpenDesktop {
    /// Of the desktops that were not seen to end before this logon. Where records are missing since the
    /// latest one was last seen, its end may be among them: then it may be one that was open before, or one
    /// that was opened since. The start of another boot may be among them too, before a desktop that is first
    /// seen behind them.
    fn of(
        sessions: &Sessions<'_>,
        open: &BTreeSet<(bool, SessionIndex)>,
        check: &SessionBuilder<'_>,
        context: &BootContext<'_>,
    ) -> Option<OpenDesktop> {
        let others = open.iter().rev().take(OPEN_DESKTOPS);
        let mut others =
            others.filter(|(_, other)| !are_halves(check, sessions.get(*other))).map(|(_, at)| *at);
        let latest = others.next()?;
        let builder = sessions.get(latest);
        // The elevated half of a pair logs no end: it is open as long as the other half is.
        let has_rival = others
            .map(|other| sessions.get(other))
            .any(|other| !other.session.is_elevated_half() && !are_halves(builder, other));
        let coverage = &context.host.coverage;
        let missing = |from, to| coverage.count_missing_between(from, to);
        let now = check.first.record_id;
        let may_be_another = match missing(builder.last.record_id, now) {
            0 => false,
            _ if has_rival => true,
            // The end of one and the start of another are two records. A selection has all 4624.
            count => count > 1 && !coverage.selection,
        };
        let may_be_of_next_boot = context.facts.doubtful.holds(builder.first)
            && missing(now, builder.first.record_id) > 0;
        let last = builder.last.record_id;
        let may_be_of_boot_before = now.saturating_sub(last) >= RECORDS_BEFORE_LOGON
            && context.host.certain.may_begin_between(Channel::Security, last, now);
        let is_sure = !may_be_another && !may_be_of_next_boot && !may_be_of_boot_before;
        Some(OpenDesktop { latest, is_sure })
    }
}

/// Was a desktop of the account perhaps opened where the log does not reach, or where records are missing?
fn desktop_may_be_missing(builder: &SessionBuilder<'_>, context: &BootContext<'_>) -> bool {
    let first = context.first_of_security().map_or(0, |first| first.record_id);
    !context.is_audited_from_start()
        || context.host.coverage.misses_between(first, builder.first.record_id)
}

/// A session that only other channels show, of the same account, open when this one began.
fn uncovered_parent(
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
    open.map(Parent::Uncovered)
}

/// When a logon began and ended, by the adjusted clock.
fn begun_and_ended(
    builder: &SessionBuilder<'_>,
    context: &BootContext<'_>,
) -> Option<(Timestamp, Timestamp)> {
    let moment = |moment: &Option<Moment>| Some(context.clock.moment(moment.as_ref()?));
    Some((moment(&builder.session.start)?, moment(&builder.session.terminated)?))
}

/// By which rule the session, which lasted from `from` until `until`, is a re-validation of its parent; `None`: it
/// is a session of its own.
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
        Parent::Uncovered(number) => {
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

/// The records that say that a session was taken over: 4778 by its Logon ID, and 25 and 40 (reason 5)
/// of the Local Session Manager by its number, by adjusted time.
struct Takeovers {
    by_logon_id: Vec<(u64, Timestamp)>,
    by_number: Vec<(u32, Timestamp)>,
    /// 25 names the user, in lower case.
    by_user: Vec<(String, Timestamp)>,
}

impl Takeovers {
    fn of(context: &BootContext<'_>) -> Takeovers {
        let mut by_logon_id = Vec::new();
        for event in context.records.of(Channel::Security) {
            if let EventKind::WindowStation(station) = &event.kind
                && station.reconnected
            {
                by_logon_id.push((station.logon_id.0, context.clock.time(event)));
            }
        }
        let (mut by_number, mut by_user) = (Vec::new(), Vec::new());
        for event in context.records.of(Channel::LocalSessionManager) {
            let EventKind::Terminal(terminal) = &event.kind else { continue };
            let time = context.clock.time(event);
            let number = terminal.session.filter(|_| is_takeover(event));
            by_number.extend(number.map(|number| (number, time)));
            if terminal.action == TerminalAction::Reconnected {
                let name = without_domain(&terminal.user);
                by_user.push((name.to_lowercase(), time));
            }
        }
        by_logon_id.sort_unstable();
        by_number.sort_unstable();
        by_user.sort_unstable();
        Takeovers { by_logon_id, by_number, by_user }
    }

    /// Does a record of a takeover name this desktop, while the logon that re-validates its user lasted: a 4778,
    /// or one that the Local Session Manager has of the same session?
    fn name(
        &self,
        desktop: &SessionBuilder<'_>,
        (from, until): (Timestamp, Timestamp),
        context: &BootContext<'_>,
    ) -> bool {
        let times = takeover_times(from, until);
        let logon_id = desktop.session.logon_id;
        let terminal = terminals::of(desktop.terminal, context);
        let own = terminal.into_iter().flat_map(|terminal| &terminal.records);
        let mut takeovers = own.filter(|event| is_takeover(event));
        logon_id.is_some_and(|id| has(&self.by_logon_id, &id.0, times))
            || takeovers.any(|event| (times.0..=times.1).contains(&context.clock.time(event)))
    }

    /// Was the session of this user, with this Logon ID and this number, taken over while the logon lasted?
    fn any(
        &self,
        user: &str,
        logon_id: Option<u64>,
        number: Option<u32>,
        from: Timestamp,
        until: Timestamp,
    ) -> bool {
        let times = takeover_times(from, until);
        let user = (!user.is_empty()).then(|| user.to_lowercase());
        logon_id.is_some_and(|id| has(&self.by_logon_id, &id, times))
            || number.is_some_and(|number| has(&self.by_number, &number, times))
            || user.is_some_and(|user| has(&self.by_user, &user, times))
    }
}

/// Does the Local Session Manager say with this record that its session was taken over?
fn is_takeover(event: &Event) -> bool {
    let EventKind::Terminal(terminal) = &event.kind else { return false };
    match terminal.action {
        TerminalAction::Reconnected => true,
        TerminalAction::DisconnectReason => terminal.detail == Some(REPLACED),
        _ => false,
    }
}

/// When a takeover is recorded for which a logon lasted from `from` until `until`.
fn takeover_times(from: Timestamp, until: Timestamp) -> (Timestamp, Timestamp) {
    (TAKEOVER.earliest_after(from), TAKEOVER.after(from.max(until)).1)
}

/// Has the list, which is in order, an entry of this key between two moments?
fn has<K: Ord>(list: &[(K, Timestamp)], key: &K, (first, last): (Timestamp, Timestamp)) -> bool {
    let at = list.partition_point(|(other, time)| (other, *time) < (key, first));
    list.get(at).is_some_and(|(other, time)| other == key && *time <= last)
}

/// What happens to a session that matters to whose session is open. At one record, ends come before
/// short logons, and short logons before other starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Ends,
    Short,
    Begins,
}

/// The turns of each SID: the record ID, what happens there, and to which session.
type Turns<'s> = BTreeMap<&'s str, Vec<(u64, Turn, SessionIndex)>>;

fn turns<'s>(sessions: &'s Sessions<'_>, context: &BootContext<'_>) -> Turns<'s> {
    // Only desktops without their 4624 need them.
    let allocated = LazyCell::new(|| AllocatedIds::of(sessions));
    let record = |moment: &Moment| moment.record.record_id;
    let mut turns = Turns::new();
    for (at, builder) in sessions.iter() {
        let session = &builder.session;
        let is_short = is_candidate(builder);
        if !is_short && !builder.is_desktop() {
            continue;
        }
        let own = turns.entry(&*session.account.sid).or_default();
        if is_short {
            own.push((builder.first.record_id, Turn::Short, at));
        } else {
            let begins = session.start.as_ref().map(record);
            // Where another boot may have begun before its first record, it may be of that one.
            let doubtful = context.facts.doubtful;
            let is_doubtful = doubtful.holds(builder.first);
            let earliest = if is_doubtful { doubtful.security.saturating_sub(1) } else { 0 };
            let begins = begins.unwrap_or_else(|| allocated.before(session).max(earliest));
            own.push((begins, Turn::Begins, at));
        }
        let ends = [&session.initiated, &session.terminated];
        let ends = ends.into_iter().flatten().map(record).min();
        own.extend(ends.map(|record| (record, Turn::Ends, at)));
    }
    turns
}

/// The Logon IDs of a boot in order, each with the last record of a 4624 up to it: IDs rise.
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

    /// The record after which a session without its 4624 began: lower IDs were allocated until then.
    fn before(&self, session: &Session) -> u64 {
        let id = session.logon_id.map_or(0, |id| id.0);
        let is_below = |(known, _): &(u64, u64)| known.saturating_add(LOGON_ID_TOLERANCE) < id;
        let below = self.0.partition_point(is_below);
        below.checked_sub(1).and_then(|at| self.0.get(at)).map_or(0, |(_, record)| *record)
    }
}

/// The two halves of one logon; at one moment even where nothing links them.
fn are_halves(one: &SessionBuilder<'_>, other: &SessionBuilder<'_>) -> bool {
    let (one, other) = (&one.session, &other.session);
    let time = |start: &Option<Moment>| start.map(|moment| moment.time);
    let are_linked = one.linked.is_some() && one.linked == other.logon_id;
    are_linked || one.start.is_some() && time(&one.start) == time(&other.start)
}

/// A logon that may be a re-validation: interactive, by Winlogon, ended by a 4634 alone and within two
/// minutes, and no desktop of its own by the records of other channels.
fn is_candidate(builder: &SessionBuilder<'_>) -> bool {
    let session = &builder.session;
    let process = &session.method.logon_process;
    let is_by_winlogon =
        ["User32", "Negotiat", "Negotiate"].iter().any(|name| process.eq_ignore_ascii_case(name));
    matches!(session.logon_type, Some(2 | 7 | 10 | 11 | 12 | 13))
        && is_by_winlogon
        && builder.start.is_some()
        && builder.terminal.is_none()
        && lasted_shortly(session)
}

fn lasted_shortly(session: &Session) -> bool {
    match (&session.start, &session.terminated, &session.initiated) {
        (Some(start), Some(end), None) => {
            let lasted = Span(end.time.since(start.time).0 - session.clock_correction.0);
            Span(0) <= lasted && lasted < LONG_REVALIDATION
        }
        _ => false,
    }
}

/// Says what a re-validation was for, where another record does: 4801 of the session confirms an
/// unlock; 4778, or 25 of the Local Session Manager, a reconnect.
pub(super) fn confirm(sessions: &mut Sessions<'_>, context: &BootContext<'_>) {
    let clock = &context.clock;
    let is_check =
        |builder: &SessionBuilder<'_>| builder.session.class == SessionClass::Revalidation;
    let checks: HashMap<u64, SessionIndex> = sessions
        .iter()
        .filter(|(_, builder)| is_check(builder))
        .map(|(at, builder)| (builder.first.record_id, at))
        .collect();
    let mut confirmed: Vec<(SessionIndex, Flag, Citation)> = Vec::new();
    for (_, builder) in sessions.iter() {
        let mut pending: Vec<&Incident> = Vec::new();
        for incident in &builder.session.incidents {
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
            for check in pending.drain(..) {
                let lag = time.since(clock.moment(&check.moment));
                let check = checks.get(&check.moment.record.record_id);
                if let Some(&at) = check.filter(|_| lag <= CONFIRMS_REVALIDATION) {
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
