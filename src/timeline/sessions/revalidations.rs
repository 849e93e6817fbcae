//! Unlocks and reconnects log on anew for a moment: such a logon is no session of its own, but
//! something that happened to the session that is open.

use crate::model::session::{Incident, MilestoneKind, Moment};
use crate::model::{Citation, LogonId, Session, SessionClass, Span};
use crate::timeline::boot::adjusted_clock::Clock;
use crate::timeline::channel::security_boots::LOGON_ID_TOLERANCE;
use crate::timeline::sessions::builder::{Draft, Drafts};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Longer than this a logon is a session (44 s of an RDP session that failed is the next longest).
const LONGEST: Span = Span::seconds(15);
/// What confirms a check follows it within this time (2 s seen over Remote Desktop).
const CONFIRMED_WITHIN: Span = Span::seconds(10);

/// Something that matters to whose session is open, in record order: at one record, ends come
/// before short logons, and short logons before sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Ends,
    Short,
    Begins,
}

/// Record, what happens there, to which draft.
type At = (u64, Turn, usize);

/// The logons of a boot by Logon ID, each with the last record of those up to it: IDs rise.
struct Given(Vec<(u64, u64)>);

impl Given {
    fn of(drafts: &Drafts<'_>) -> Given {
        let logon = |draft: &Draft<'_>| {
            Some((draft.session.logon_id?.0, draft.session.start.as_ref()?.record.record_id))
        };
        let mut all: Vec<(u64, u64)> = drafts.list.iter().filter_map(logon).collect();
        all.sort_unstable();
        let mut last = 0;
        for (_, record) in &mut all {
            last = last.max(*record);
            *record = last;
        }
        Given(all)
    }

    /// A session without its 4624 began after this record: lower IDs were given until then.
    fn before(&self, session: &Session) -> u64 {
        let id = session.logon_id.map_or(0, |id| id.0);
        let below =
            self.0.partition_point(|(known, _)| known.saturating_add(LOGON_ID_TOLERANCE) < id);
        below.checked_sub(1).and_then(|at| self.0.get(at)).map_or(0, |(_, record)| *record)
    }
}

/// Turns short logons of somebody whose session is open into re-validations of that session.
///
/// The rule: an interactive logon that ends with a 4634 and no 4647, within 15 s, while another
/// interactive session of the same SID is open in the same boot, which is no re-validation itself.
/// A desktop of some seconds may be that other one: its own online check falls into it.
pub(crate) fn attach(drafts: &mut Drafts<'_>) {
    let given = Given::of(drafts);
    // By SID.
    let mut turns: BTreeMap<&str, Vec<At>> = BTreeMap::new();
    for (at, draft) in drafts.list.iter().enumerate() {
        let session = &draft.session;
        let key = &*session.account.sid;
        let record = |moment: &Moment| moment.record.record_id;
        let short = is_candidate(draft);
        if short {
            turns.entry(key).or_default().push((draft.first.record_id, Turn::Short, at));
        } else if is_desktop(draft) && !is_short(draft) {
            let begins = session.start.as_ref().map_or_else(|| given.before(session), record);
            turns.entry(key).or_default().push((begins, Turn::Begins, at));
        }
        if short || is_desktop(draft) {
            let ends = [&session.initiated, &session.terminated];
            let ends = ends.into_iter().flatten().map(record).min();
            turns.entry(key).or_default().extend(ends.map(|record| (record, Turn::Ends, at)));
        }
    }
    let mut checks: Vec<(usize, usize)> = Vec::new();
    for list in turns.values_mut() {
        list.sort_unstable();
        // Of a pair, the filtered half is the one that the user works in.
        let mut open: BTreeSet<(bool, usize)> = BTreeSet::new();
        for &(_, turn, at) in list.iter() {
            let Some(draft) = drafts.list.get(at) else { continue };
            let key = (!draft.session.is_elevated_half(), at);
            // Its own other half may be among the open ones.
            let other = |(_, other): &&(bool, usize)| {
                drafts.list.get(*other).is_some_and(|other| !are_halves(draft, other))
            };
            match (turn, open.iter().rev().take(2).find(other)) {
                (Turn::Ends, _) => drop(open.remove(&key)),
                (Turn::Short, Some(&(_, parent))) => checks.push((at, parent)),
                (Turn::Short, None) if !is_desktop(draft) => {}
                (Turn::Short, None) | (Turn::Begins, _) => drop(open.insert(key)),
            }
        }
    }
    checks.sort_unstable();
    for (at, parent) in checks {
        let parent_id = drafts.list.get(parent).and_then(|draft| draft.session.logon_id);
        let Some(draft) = drafts.list.get_mut(at) else { continue };
        draft.session.class = SessionClass::Revalidation;
        draft.session.parent = parent_id;
        // The elevated half of the check says nothing new.
        let second_half = draft.session.is_elevated_half();
        let start = draft.session.start.filter(|_| !second_half);
        if let (Some(moment), Some(parent)) = (start, drafts.list.get_mut(parent)) {
            let kind = MilestoneKind::Revalidated;
            parent.session.incidents.push(Incident { kind, moment });
        }
    }
}

/// Says what a check was for, where another record does: 4801 of the session that was checked
/// confirms an unlock; 4778, or 25 of the Local Session Manager, a reconnect.
pub(crate) fn confirm(drafts: &mut Drafts<'_>, clock: &Clock) {
    let is_check = |draft: &Draft<'_>| draft.session.class == SessionClass::Revalidation;
    let checks: HashMap<u64, usize> = drafts
        .list
        .iter()
        .enumerate()
        .filter(|(_, draft)| is_check(draft))
        .map(|(at, draft)| (draft.first.record_id, at))
        .collect();
    let mut confirmed: Vec<(usize, &str, Citation)> = Vec::new();
    for draft in &drafts.list {
        let mut open: Vec<&Incident> = Vec::new();
        for incident in &draft.session.incidents {
            let word = match incident.kind {
                MilestoneKind::Revalidated => {
                    open.push(incident);
                    continue;
                }
                MilestoneKind::Unlocked => "unlock",
                MilestoneKind::Reconnected => "reconnect",
                _ => continue,
            };
            let time = clock.even_moment(&incident.moment);
            for check in open.drain(..) {
                let lag = time.since(clock.even_moment(&check.moment));
                let record = check.moment.record.record_id;
                if let Some(&at) = checks.get(&record).filter(|_| lag <= CONFIRMED_WITHIN) {
                    confirmed.push((at, word, incident.moment.record));
                }
            }
        }
    }
    for (at, word, record) in confirmed {
        if let Some(draft) = drafts.list.get_mut(at) {
            draft.flag(word);
            draft.session.evidence.push(record);
        }
    }
}

/// A session at a desktop, local or remote.
pub(crate) fn is_desktop(draft: &Draft<'_>) -> bool {
    matches!(draft.session.class, SessionClass::Desktop | SessionClass::RemoteDesktop)
}

/// The two halves of one logon; at one moment even where nothing links them.
fn are_halves(one: &Draft<'_>, other: &Draft<'_>) -> bool {
    let (one, other) = (&one.session, &other.session);
    let time = |start: &Option<Moment>| start.map(|moment| moment.time);
    let linked = one.linked.is_some() && one.linked == other.logon_id;
    linked || one.start.is_some() && time(&one.start) == time(&other.start)
}

fn is_candidate(draft: &Draft<'_>) -> bool {
    let process = &draft.session.method.logon_process;
    let by_winlogon =
        ["User32", "Negotiat", "Negotiate"].iter().any(|name| process.eq_ignore_ascii_case(name));
    matches!(draft.session.logon_type, Some(2 | 7 | 10 | 11 | 12 | 13))
        && by_winlogon
        && draft.start.is_some()
        && is_short(draft)
}

fn is_short(draft: &Draft<'_>) -> bool {
    let session = &draft.session;
    match (&session.start, &session.terminated, &session.initiated) {
        (Some(start), Some(end), None) => {
            let lasted = Span(end.time.since(start.time).0 - session.clock_correction.0);
            Span(0) <= lasted && lasted < LONGEST
        }
        _ => false,
    }
}

/// The session that a program's logon came out of: runas, NewCredentials, UAC prompts.
pub(crate) fn parents(drafts: &mut Drafts<'_>) {
    for draft in &mut drafts.list {
        let subject = match draft.start.map(|event| &event.kind) {
            Some(crate::model::EventKind::Logon(logon)) => logon.subject_logon_id,
            _ => LogonId(0),
        };
        let derived =
            matches!(draft.session.class, SessionClass::Secondary | SessionClass::Elevation);
        if derived && !subject.is_well_known() {
            draft.session.parent = Some(subject);
        }
    }
}
