//! Who was at a computer at a moment, person by person.

use super::computer::ComputerState;
use super::coverage::Coverage;
use super::place::Place;
use super::stay::{Certainty, stays};
use crate::model::session::{Attachment, Incident, MilestoneKind, locks_without_a_begin};
use crate::model::{Account, Boot, Host, Session, SessionClass, Timestamp};
use foldhash::{HashMap, HashSet};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a session was used for at a moment, as far as the logs say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionUse {
    /// Nobody was connected to it.
    Disconnected,
    /// It was locked.
    Locked,
    /// Neither locked nor disconnected, as far as the logs say.
    Active,
}

/// A session that was there at a moment, or may have been.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SessionAt<'a> {
    /// The session.
    pub session: &'a Session,
    /// Whether it was there, or may have been.
    pub certainty: Certainty,
    /// Whether it was in use.
    pub used: SessionUse,
    /// Whether that use is sure, if the session was there. An unlock shows that the session had been locked, and not
    /// since when. Where it is not known whether the computer was asleep, nobody may have used it.
    pub use_certainty: Certainty,
    /// Since when that use lasted; `None` where the start is not known.
    pub since: Option<Timestamp>,
    /// The console or the client that it was attached to, or had been attached to last.
    pub attachment: Option<&'a Attachment>,
}

/// A person of a computer, at a moment.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PersonAt<'a> {
    /// The account, as its sessions spell it; [`Host::shown_account`].
    pub account: &'a Account,
    /// The sessions that were there or may have been, those in use first.
    pub sessions: Vec<SessionAt<'a>>,
    /// Of somebody without such a session: the last one that had ended.
    pub gone: Option<&'a Session>,
    /// Of somebody without either: the first one, which began later.
    pub later: Option<&'a Session>,
}

impl PersonAt<'_> {
    /// People who were there come first, then those who may have been, those who had gone, and those who
    /// came later.
    fn order(&self) -> (Reverse<Option<(Certainty, SessionUse)>>, bool, String) {
        let best = self.sessions.iter().map(|at| (at.certainty, at.used)).max();
        (Reverse(best), self.gone.is_none(), self.account.to_string().to_lowercase())
    }
}

/// A clock time, and the boots in which the clock showed it.
pub(super) struct TimeOfBoots {
    time: Timestamp,
    /// Sessions of boots before this one were over. `None`: no record says in which boot the clock showed the time.
    first: Option<u32>,
    /// Sessions of boots after this one had not begun.
    last: Option<u32>,
    /// The boots in which the computer was perhaps off or asleep.
    perhaps_away: Vec<u32>,
}

impl TimeOfBoots {
    pub(super) fn of(time: Timestamp, computer: &[ComputerState<'_>]) -> TimeOfBoots {
        // For each state: the first boot that was not over, and the last boot that had begun.
        let around = computer.iter().map(|state| match state {
            ComputerState::On(boot)
            | ComputerState::Away(boot, _)
            | ComputerState::PerhapsAway(boot, _)
            | ComputerState::Ending(boot) => (boot.epoch, boot.epoch),
            ComputerState::Off(before, after) | ComputerState::Between(before, after) => {
                (after.epoch, before.epoch)
            }
        });
        let (first, last) = (around.clone().map(|(first, _)| first), around.map(|(_, last)| last));
        let perhaps_away = computer.iter().filter_map(|state| match state {
            ComputerState::PerhapsAway(boot, _) => Some(boot.epoch),
            _ => None,
        });
        let perhaps_away = perhaps_away.collect();
        TimeOfBoots { time, first: first.min(), last: last.max(), perhaps_away }
    }

    /// Whether the session was over, or had not begun, by the order of boots. A clock that was set can show other
    /// times.
    fn is_over(&self, session: &Session) -> Option<bool> {
        let epoch = session.boot_epoch;
        let is_before = self.first.is_some_and(|first| epoch < first);
        (is_before || self.last.is_some_and(|last| epoch > last)).then_some(is_before)
    }

    /// How the session was used at this place.
    fn session_at<'a>(
        &self,
        session: &'a Session,
        boot: Option<&Boot>,
        certainty: Certainty,
        place: Place,
    ) -> SessionAt<'a> {
        let mut at = at_place(session, boot, certainty, place);
        if at.used == SessionUse::Active && self.perhaps_away.contains(&session.boot_epoch) {
            at.use_certainty = Certainty::Possible;
        }
        at
    }

    /// Whether the computer was, or may have been, in the boot of this session.
    fn may_be_of(&self, session: &Session) -> bool {
        self.first.is_some() && self.is_over(session).is_none()
    }
}

/// Every person who has a session on this computer, at a time of its clock.
pub(super) fn people<'a>(
    host: &'a Host,
    coverage: &Coverage,
    time: &TimeOfBoots,
) -> Vec<PersonAt<'a>> {
    let names = names_of_sids(host);
    let mut people: Vec<PersonAt<'a>> = Vec::new();
    let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
    // Sessions of one account share it in memory, so that its names are made once.
    let mut by_address: HashMap<usize, usize> = HashMap::default();
    for session in host.sessions.iter().filter(|session| is_shown(session)) {
        let account = &session.account;
        let at = *by_address.entry(Arc::as_ptr(account).addr()).or_insert_with(|| {
            let key = match &*account.sid {
                "" => name(account),
                sid => sid.to_owned(),
            };
            let key = names.get(&key).map_or(key, |sid| (*sid).to_owned());
            *by_key.entry(key).or_insert_with(|| {
                let account = host.shown_account(account);
                people.push(PersonAt { account, sessions: Vec::new(), gone: None, later: None });
                people.len() - 1
            })
        });
        if let Some(person) = people.get_mut(at) {
            note(person, host, session, coverage, time);
        }
    }
    for person in &mut people {
        person.sessions.sort_by_key(|at| Reverse((at.certainty, at.used)));
    }
    // Of people who are equal otherwise, the order of their keys decides.
    let mut places = vec![0; people.len()];
    for (place, at) in by_key.into_values().enumerate() {
        places.get_mut(at).into_iter().for_each(|own| *own = place);
    }
    let mut people: Vec<(usize, PersonAt<'a>)> = places.into_iter().zip(people).collect();
    people.sort_by_cached_key(|(place, person)| (person.order(), *place));
    people.into_iter().map(|(_, person)| person).collect()
}

/// A session in which somebody was there: a check of credentials is none, nor is the elevated half of a
/// logon.
fn is_shown(session: &Session) -> bool {
    session.is_of_person() && !session.is_elevated_half()
}

fn name(account: &Account) -> String {
    account.to_string().to_lowercase()
}

/// The SID of each name that has one: other records of the same account may lack it.
fn names_of_sids(host: &Host) -> BTreeMap<String, &str> {
    let mut seen: HashSet<usize> = HashSet::default();
    // The last one that has the name counts.
    let accounts = host.sessions.iter().rev().map(|session| &session.account);
    let accounts = accounts.filter(|account| seen.insert(Arc::as_ptr(account).addr()));
    let mut names = BTreeMap::new();
    for account in accounts.filter(|own| !own.sid.is_empty() && !own.user.is_empty()) {
        names.entry(name(account)).or_insert(&*account.sid);
    }
    for account in host.account_names.all() {
        names.entry(name(account)).or_insert(&*account.sid);
    }
    names
}

fn note<'a>(
    person: &mut PersonAt<'a>,
    host: &'a Host,
    session: &'a Session,
    coverage: &Coverage,
    of_boots: &TimeOfBoots,
) {
    let time = of_boots.time;
    let boot = boot_of(host, session);
    let all = stays(session, boot, coverage);
    let best = all.iter().filter_map(|stay| Some((stay.at(time)?, stay.place(time)))).max();
    if let Some((certainty, place)) = best {
        person.sessions.push(of_boots.session_at(session, boot, certainty, place));
        return;
    }
    let last = |session: &Session| session.end.not_after.or(session.end.time);
    let start = |session: &Session| session.start.map(|start| start.time);
    // An end before its start, by a clock that was set: what counts is the later clock time.
    let begun = start(session);
    let end = last(session).map(|end| end.max(begun.unwrap_or(end)));
    if end.is_none()
        && of_boots.may_be_of(session)
        && let Some(place) = place_after_start(session, boot, time)
    {
        // Nothing says until when it lasted.
        person.sessions.push(of_boots.session_at(session, boot, Certainty::Possible, place));
        return;
    }
    let is_over = of_boots.is_over(session).unwrap_or_else(|| end.is_some_and(|end| end < time));
    if is_over {
        let order = |session: &Session| (session.boot_epoch, last(session));
        if person.gone.is_none_or(|known| order(known) <= order(session)) {
            person.gone = Some(session);
        }
    } else if person
        .later
        .is_none_or(|known| (known.boot_epoch, start(known)) > (session.boot_epoch, start(session)))
    {
        person.later = Some(session);
    }
}

/// The place at which the clock of the boot showed this time, if the session had begun by then. Where no
/// record says that the clock showed it, only the times can be compared.
fn place_after_start(session: &Session, boot: Option<&Boot>, time: Timestamp) -> Option<Place> {
    let start = session.start.map(|start| Place::of(boot, &start));
    let had_begun = |place: &Place| start.is_none_or(|start| start <= *place);
    let mut places = boot.into_iter().flat_map(|boot| Place::shown(boot, time)).peekable();
    match places.peek() {
        Some(_) => places.find(had_begun),
        None => start.map_or(Some(Place { steps: 0, time }), |start| {
            (start.time <= time).then_some(Place { time, ..start })
        }),
    }
}

/// The boot of a session, where it has a row.
pub(super) fn boot_of<'a>(host: &'a Host, session: &Session) -> Option<&'a Boot> {
    let at = host.boots.binary_search_by_key(&session.boot_epoch, |boot| boot.epoch);
    at.ok().and_then(|at| host.boots.get(at))
}

/// How the session was used at this place.
fn at_place<'a>(
    session: &'a Session,
    boot: Option<&Boot>,
    certainty: Certainty,
    place: Place,
) -> SessionAt<'a> {
    let (mut is_locked, mut is_disconnected) = (false, false);
    let mut used = SessionUse::Active;
    let unknown: Vec<_> = locks_without_a_begin(&session.incidents).collect();
    let mut since = session.start.map(|start| start.time);
    for incident in &session.incidents {
        if Place::of(boot, &incident.moment) > place {
            break;
        }
        match incident.kind {
            MilestoneKind::Locked => is_locked = true,
            MilestoneKind::Unlocked => is_locked = false,
            MilestoneKind::Disconnected => is_disconnected = true,
            // Whoever reconnects has given the password: the desktop is unlocked.
            MilestoneKind::Reconnected => (is_disconnected, is_locked) = (false, false),
            _ => continue,
        }
        let now = match (is_disconnected, is_locked) {
            (true, _) => SessionUse::Disconnected,
            (_, true) => SessionUse::Locked,
            _ => SessionUse::Active,
        };
        // A lock follows each disconnection: it changes nothing.
        if now != used || unknown.iter().any(|(_, unlock)| std::ptr::eq(*unlock, incident)) {
            (used, since) = (now, Some(incident.moment.time));
        }
    }
    let attachment = attachment_at(session, boot, place);
    let mut at =
        SessionAt { session, certainty, used, use_certainty: Certainty::Sure, since, attachment };
    let is_here = |(before, unlock): &(Option<&Incident>, &Incident)| {
        before.is_none_or(|before| Place::of(boot, &before.moment) <= place)
            && place < Place::of(boot, &unlock.moment)
    };
    if unknown.iter().any(is_here) {
        (at.used, at.use_certainty, at.since) = (SessionUse::Locked, Certainty::Possible, None);
    }
    at
}

/// What the session was attached to at this place, or last before it.
fn attachment_at<'a>(
    session: &'a Session,
    boot: Option<&Boot>,
    place: Place,
) -> Option<&'a Attachment> {
    if !matches!(session.class, SessionClass::Desktop | SessionClass::RemoteDesktop) {
        return None;
    }
    let begun = |one: &&Attachment| match (one.from, &one.from_record) {
        (Some(from), Some(record)) => Place::at_record(boot, record, from) <= place,
        (Some(from), None) => from <= place.time,
        (None, _) => true,
    };
    session.attachments.iter().rev().find(begun)
}
