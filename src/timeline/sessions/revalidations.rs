//! Re-validations: to unlock a desktop or to reconnect to it, its user logs on once more for a moment.
//! Such a logon is no session of its own, but an event of the session that is open.

use super::builder::SessionBuilder;
use super::list::{SessionIndex, Sessions};
use crate::model::session::{Incident, MilestoneKind, Moment};
use crate::model::{Citation, Flag, Session, SessionClass, Span};
use crate::timeline::boot::context::BootContext;
use crate::timeline::timing::{CONFIRMS_REVALIDATION, LOGON_ID_TOLERANCE, REVALIDATION};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Turns short logons of an account whose session is open into re-validations of that session.
///
/// The rule: an interactive logon that ends with a 4634 and no 4647, within 15 s, while another
/// interactive session of the same SID is open in the same boot, which is no re-validation itself. A
/// desktop of some seconds may be that other session: the online check of its own logon falls into
/// it.
pub(super) fn fold(sessions: &mut Sessions<'_>, _: &BootContext<'_>) {
    let mut turns = turns(sessions);
    let mut checks: Vec<(SessionIndex, SessionIndex)> = Vec::new();
    for list in turns.values_mut() {
        list.sort_unstable();
        // Of a pair, the user works in the filtered half.
        let mut open: BTreeSet<(bool, SessionIndex)> = BTreeSet::new();
        for &(_, turn, at) in list.iter() {
            let builder = sessions.get(at);
            let key = (!builder.session.is_elevated_half(), at);
            // Its own other half may be among the open ones.
            let is_other =
                |(_, other): &&(bool, SessionIndex)| !are_halves(builder, sessions.get(*other));
            let parent = open.iter().rev().take(2).find(is_other).copied();
            match (turn, parent) {
                (Turn::Ends, _) => drop(open.remove(&key)),
                (Turn::Short, Some((_, parent))) => checks.push((at, parent)),
                (Turn::Short, None) if !builder.is_desktop() => {}
                (Turn::Short, None) | (Turn::Begins, _) => drop(open.insert(key)),
            }
        }
    }
    checks.sort_unstable();
    for (at, parent) in checks {
        let parent_id = sessions.get(parent).session.logon_id;
        let session = &mut sessions.get_mut(at).session;
        session.class = SessionClass::Revalidation;
        session.parent = parent_id;
        // The elevated half of the check says nothing new.
        if let Some(moment) = session.start.filter(|_| !session.is_elevated_half()) {
            let incident = Incident { kind: MilestoneKind::Revalidated, moment };
            sessions.get_mut(parent).session.incidents.push(incident);
        }
    }
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

fn turns<'s>(sessions: &'s Sessions<'_>) -> Turns<'s> {
    let allocated = AllocatedIds::of(sessions);
    let record = |moment: &Moment| moment.record.record_id;
    let mut turns = Turns::new();
    for (at, builder) in sessions.iter() {
        let session = &builder.session;
        let own = turns.entry(&*session.account.sid).or_default();
        let is_short = is_candidate(builder);
        let is_desktop = builder.is_desktop();
        if is_short {
            own.push((builder.first.record_id, Turn::Short, at));
        } else if is_desktop && !has_ended_shortly(builder) {
            let begins = session.start.as_ref().map(record);
            let begins = begins.unwrap_or_else(|| allocated.before(session));
            own.push((begins, Turn::Begins, at));
        }
        if is_short || is_desktop {
            let ends = [&session.initiated, &session.terminated];
            let ends = ends.into_iter().flatten().map(record).min();
            own.extend(ends.map(|record| (record, Turn::Ends, at)));
        }
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

/// A logon that may be a re-validation: interactive, by Winlogon, and short.
fn is_candidate(builder: &SessionBuilder<'_>) -> bool {
    let process = &builder.session.method.logon_process;
    let is_by_winlogon =
        ["User32", "Negotiat", "Negotiate"].iter().any(|name| process.eq_ignore_ascii_case(name));
    matches!(builder.session.logon_type, Some(2 | 7 | 10 | 11 | 12 | 13))
        && is_by_winlogon
        && builder.start.is_some()
        && has_ended_shortly(builder)
}

fn has_ended_shortly(builder: &SessionBuilder<'_>) -> bool {
    let session = &builder.session;
    match (&session.start, &session.terminated, &session.initiated) {
        (Some(start), Some(end), None) => {
            let lasted = Span(end.time.since(start.time).0 - session.clock_correction.0);
            Span(0) <= lasted && lasted < REVALIDATION
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
