//! Which rows of hops.csv a page has: all of them, or those of one computer with the steps before and after.

use crate::model::{Hop, Host, Report, Session};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// The page of one computer has at most so many steps that are not its own.
const MOST_STEPS: usize = 200;

/// The rows of hops.csv by what they name, so that each page finds its own at once.
pub(super) struct HopIndex<'a> {
    hops: &'a [Hop],
    by_computer: HashMap<&'a str, Vec<usize>>,
    by_target: HashMap<&'a str, usize>,
    by_source: HashMap<&'a str, Vec<usize>>,
    /// The sessions that rows name, by their ID.
    sessions: HashMap<&'a str, (&'a Host, &'a Session)>,
}

impl<'a> HopIndex<'a> {
    /// Of a report; `None` where hops were not asked for.
    pub(super) fn of(report: &'a Report) -> Option<HopIndex<'a>> {
        let hops = &report.hops.as_ref()?.hops;
        let mut index = HopIndex {
            hops,
            by_computer: HashMap::new(),
            by_target: HashMap::new(),
            by_source: HashMap::new(),
            sessions: HashMap::new(),
        };
        let mut named: HashSet<&str> = HashSet::new();
        for (at, hop) in hops.iter().enumerate() {
            for computer in hop.computers() {
                index.by_computer.entry(computer).or_default().push(at);
            }
            index.by_target.insert(&hop.target_session, at);
            named.insert(&hop.target_session);
            if !hop.source_session.is_empty() {
                index.by_source.entry(&hop.source_session).or_default().push(at);
                named.insert(&hop.source_session);
            }
        }
        for (host, session) in report.sessions() {
            let id = session.id(&host.computer).to_string();
            if let Some(id) = named.get(&*id) {
                index.sessions.insert(id, (host, session));
            }
        }
        Some(index)
    }

    /// All rows.
    pub(super) fn all(&self) -> Vec<&'a Hop> {
        self.hops.iter().collect()
    }

    /// The rows that name a computer, and the steps of people that lead to them or on from them, by time.
    pub(super) fn of_computer(&self, name: &str) -> Vec<&'a Hop> {
        let own = self.by_computer.get(name).map_or(&[][..], |own| own);
        let mut found: BTreeSet<usize> = own.iter().copied().collect();
        let people: Vec<usize> = own.iter().copied().filter(|at| self.is_of_person(*at)).collect();
        self.follow(&people, &mut found, |hop| {
            self.by_target.get(&*hop.source_session).into_iter().copied().collect()
        });
        self.follow(&people, &mut found, |hop| {
            self.by_source.get(&*hop.target_session).cloned().unwrap_or_default()
        });
        found.into_iter().filter_map(|at| self.hops.get(at)).collect()
    }

    fn is_of_person(&self, at: usize) -> bool {
        self.hops.get(at).is_some_and(|hop| !hop.account.is_machine())
    }

    /// Adds what `next` gives for these rows, what it gives for those, and so on, as far as there is room.
    fn follow(
        &self,
        from: &[usize],
        found: &mut BTreeSet<usize>,
        next: impl Fn(&Hop) -> Vec<usize>,
    ) {
        let mut room = MOST_STEPS / 2;
        let mut left: VecDeque<usize> = from.iter().copied().collect();
        while let Some(hop) = left.pop_front().and_then(|at| self.hops.get(at)) {
            for at in next(hop) {
                if room > 0 && found.insert(at) {
                    room -= 1;
                    left.push_back(at);
                }
            }
        }
    }

    /// A session that a row names, where it has a row of its own.
    pub(super) fn session(&self, id: &str) -> Option<(&'a Host, &'a Session)> {
        self.sessions.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HopFlag, sample};

    /// A row from a session to a session, as `COMPUTER/NUMBER`.
    fn hop(source: &str, target: &str) -> Hop {
        let computer = |session: &str| session.split('/').next().unwrap_or_default().into();
        Hop {
            target_session: target.into(),
            target_computer: computer(target),
            source_session: source.into(),
            source_computer: computer(source),
            ..sample::hops().hops.remove(0)
        }
    }

    fn index_of(hops: Vec<Hop>) -> Report {
        let mut report = sample::report();
        report.hops.as_mut().unwrap().hops = hops;
        report
    }

    #[test]
    fn a_page_of_one_computer_has_the_steps_before_and_after_its_own() {
        let mut doubtful = hop("", "E/1");
        doubtful.flags = vec![HopFlag::Contradicting];
        doubtful.candidates = vec!["C (connection)".into(), "Z (y) (ticket)".into()];
        let report = index_of(vec![
            hop("A/1", "B/1"),
            hop("A/1", "X/1"),
            hop("B/1", "C/1"),
            hop("C/1", "D/1"),
            hop("Q/1", "D/2"),
            doubtful,
        ]);
        let index = HopIndex::of(&report).unwrap();
        let of = |name| -> Vec<&str> {
            index.of_computer(name).into_iter().map(|hop| &*hop.target_session).collect()
        };
        assert_eq!(of("C"), ["B/1", "C/1", "D/1", "E/1"]);
        assert_eq!(of("Z (y)"), ["E/1"]);
        assert_eq!(of("nobody"), [""; 0]);
    }

    #[test]
    fn a_page_of_one_computer_has_few_rows_of_others() {
        let on = |number| hop("B/1", &format!("C{number}/1"));
        let hops = std::iter::once(hop("A/1", "B/1")).chain((0..1_000).map(on)).collect();
        let report = index_of(hops);
        assert_eq!(HopIndex::of(&report).unwrap().of_computer("A").len(), 1 + MOST_STEPS / 2);
    }

    #[test]
    fn a_session_is_found_by_its_name() {
        let mut report = sample::report();
        let id = report.hosts[0].sessions[0].id(&report.hosts[0].computer).to_string();
        report.hops.as_mut().unwrap().hops = vec![hop("A/1", &id)];
        let index = HopIndex::of(&report).unwrap();
        assert!(index.session(&id).is_some() && index.session("A/1").is_none());
    }
}
