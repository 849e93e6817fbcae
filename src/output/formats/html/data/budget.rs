//! What a page holds of a large case: the sessions of people one by one, the rest as counts.

use crate::model::{Host, Session, SessionClass};
use crate::output::wording::is_person;

/// A page with more sessions than this counts those of services, computers and Windows itself.
const MOST_SESSIONS: usize = 100_000;
/// A page with more sessions of people than this counts their network logons and scheduled tasks too.
const MOST_OF_PEOPLE: usize = 400_000;

/// Which sessions a page has one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Budget {
    /// All.
    All,
    /// Those of people.
    People,
    /// Those that people had at a desktop.
    Desktops,
}

impl Budget {
    /// Of a page with these computers.
    pub(in super::super) fn of<'a>(hosts: impl Iterator<Item = &'a Host> + Clone) -> Budget {
        let sessions = hosts.flat_map(|host| &host.sessions);
        if sessions.clone().nth(MOST_SESSIONS).is_none() {
            Budget::All
        } else if sessions.filter(|session| is_person(session)).nth(MOST_OF_PEOPLE).is_none() {
            Budget::People
        } else {
            Budget::Desktops
        }
    }

    /// Whether a page has this session one by one.
    pub(super) fn has_in_full(self, session: &Session) -> bool {
        let is_short = matches!(session.class, SessionClass::Network | SessionClass::Batch);
        match self {
            Budget::All => true,
            // What belongs to a session of a person: a check at an unlock, a UAC prompt.
            _ if matches!(session.class, SessionClass::Elevation | SessionClass::Revalidation) => {
                true
            }
            Budget::People => is_person(session),
            Budget::Desktops => is_person(session) && !is_short,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn people_are_in_full_before_the_rest() {
        let host = sample::report().hosts.remove(0);
        assert_eq!(Budget::of([&host].into_iter()), Budget::All);
        let mut session = sample::full_session();
        let kept = |session: &Session| {
            [Budget::All, Budget::People, Budget::Desktops].map(|own| own.has_in_full(session))
        };
        assert_eq!(kept(&session), [true, true, true]);
        session.class = SessionClass::Network;
        assert_eq!(kept(&session), [true, true, false]);
        session.class = SessionClass::Service;
        assert_eq!(kept(&session), [true, false, false]);
        session.class = SessionClass::Revalidation;
        assert_eq!(kept(&session), [true, true, true]);
    }

    #[test]
    fn a_page_with_very_many_sessions_counts() {
        let mut host = sample::report().hosts.remove(0);
        let mut service = sample::full_session();
        service.class = SessionClass::Service;
        host.sessions = vec![service; MOST_SESSIONS];
        assert_eq!(Budget::of([&host].into_iter()), Budget::All);
        host.sessions.push(sample::full_session());
        assert_eq!(Budget::of([&host].into_iter()), Budget::People);
    }
}
