//! The rows of timeline.csv in their order: by time, over all computers.

use super::TimelineRows;
use crate::model::session::{Incident, MilestoneKind};
use crate::model::{Attempt, Boot, BootIncident, Host, LogonId, Milestone, Session, Timestamp};
use rayon::prelude::*;
use std::cmp::Ordering;

/// Where a row comes from. Its milestone is made a second time for the row, because the list holds no
/// milestones: a number has a tenth of their size.
#[derive(Clone, Copy)]
pub(super) enum RowSource<'a> {
    /// The milestone of this number of a session.
    Session(&'a Session, u32),
    /// The computer went off or to sleep: the interval of this number of a boot begins.
    PowerBegin(&'a Boot, u32),
    /// That interval ends.
    PowerEnd(&'a Boot, u32),
    /// A boot begins.
    BootBegin(&'a Boot),
    /// A boot ends.
    BootFinish(&'a Boot),
    /// What happened to the computer: the incident of this number of a boot.
    Incident(&'a Boot, u32),
    /// Failed logons or explicit credentials.
    Attempt(&'a Attempt),
}

impl<'a> RowSource<'a> {
    pub(super) fn milestone(self) -> Option<Milestone> {
        match self {
            RowSource::Session(session, index) => session.milestone(index as usize),
            RowSource::PowerBegin(boot, index) => boot.power.get(index as usize)?.begin(),
            RowSource::PowerEnd(boot, index) => boot.power.get(index as usize)?.end(),
            RowSource::BootBegin(boot) => boot.begin(),
            RowSource::BootFinish(boot) => boot.finish(),
            RowSource::Incident(boot, index) => {
                boot.incidents.get(index as usize).map(BootIncident::milestone)
            }
            RowSource::Attempt(attempt) => Some(attempt.milestone()),
        }
    }

    pub(super) fn boot_epoch(self) -> u32 {
        match self {
            RowSource::Session(session, _) => session.boot_epoch,
            RowSource::Attempt(attempt) => attempt.boot_epoch,
            RowSource::PowerBegin(boot, _)
            | RowSource::PowerEnd(boot, _)
            | RowSource::BootBegin(boot)
            | RowSource::BootFinish(boot)
            | RowSource::Incident(boot, _) => boot.epoch,
        }
    }

    pub(super) fn session(self) -> Option<&'a Session> {
        match self {
            RowSource::Session(session, _) => Some(session),
            _ => None,
        }
    }

    /// What happened to a session between its start and its end.
    pub(super) fn incident(self) -> Option<&'a Incident> {
        match self {
            RowSource::Session(session, index) => session.incident(index as usize),
            _ => None,
        }
    }

    /// What rows of one moment and one computer are sorted by: those of 100 ns keep the order in which they
    /// were recorded. The rest of the key makes the order total, so that it is the same in every run.
    fn order(self) -> (u32, Option<u64>, Option<LogonId>, Option<MilestoneKind>) {
        let milestone = self.milestone();
        let record = milestone.and_then(|own| own.record).map(|record| record.record_id);
        let logon_id = self.session().and_then(|session| session.logon_id);
        (self.boot_epoch(), record, logon_id, milestone.map(|own| own.kind))
    }
}

/// A row, with what decides its place in most cases.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    time: Timestamp,
    /// The number of its record; 0 where no record gives the time.
    record: u64,
    /// The number of its computer in the report.
    pub(super) host: u32,
    pub(super) source: RowSource<'a>,
}

impl Row<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        let by_time = (self.time, self.host).cmp(&(other.time, other.host));
        let recorded = |row: &Self| (row.source.boot_epoch(), row.record);
        by_time
            .then_with(|| recorded(self).cmp(&recorded(other)))
            .then_with(|| self.source.order().cmp(&other.source.order()))
    }
}

/// The rows of all computers, in their order.
pub(super) fn in_order<'a>(hosts: &'a [Host], rows: TimelineRows) -> Vec<Row<'a>> {
    let sessions: usize = hosts.iter().map(|host| host.sessions.len()).sum();
    let mut all = Vec::with_capacity(2 * sessions);
    for (number, host) in (0..).zip(hosts) {
        let mut add = |source: RowSource<'a>, milestone: Option<Milestone>| {
            all.extend(milestone.map(|own| Row {
                time: own.time,
                record: own.record.map_or(0, |record| record.record_id),
                host: number,
                source,
            }));
        };
        for session in &host.sessions {
            for (index, milestone) in (0..).zip(session.milestones()) {
                if rows == TimelineRows::All || milestone.kind.is_principal() {
                    add(RowSource::Session(session, index), Some(milestone));
                }
            }
        }
        if rows == TimelineRows::All {
            sources_without_session(host).for_each(|source| add(source, source.milestone()));
        }
    }
    // A stable sort: rows with equal keys stay in the order of the sessions.
    all.par_sort_by(Row::compare);
    all
}

/// The rows of a computer that are of no session.
fn sources_without_session(host: &Host) -> impl Iterator<Item = RowSource<'_>> {
    let attempts = host.attempts.iter().map(RowSource::Attempt);
    host.boots.iter().flat_map(sources_of_boot).chain(attempts)
}

fn sources_of_boot(boot: &Boot) -> impl Iterator<Item = RowSource<'_>> {
    let power = numbers(&boot.power).flat_map(move |index| {
        [RowSource::PowerBegin(boot, index), RowSource::PowerEnd(boot, index)]
    });
    let incidents = numbers(&boot.incidents).map(move |index| RowSource::Incident(boot, index));
    let ends = [RowSource::BootBegin(boot), RowSource::BootFinish(boot)];
    ends.into_iter().chain(power).chain(incidents)
}

fn numbers<T>(list: &[T]) -> impl Iterator<Item = u32> + use<T> {
    0..u32::try_from(list.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Span, sample};

    fn host(sessions: Vec<Session>) -> Host {
        let mut host = sample::report().hosts.remove(0);
        (host.boots, host.attempts, host.sessions) = (vec![], vec![], sessions);
        host
    }

    fn order(sessions: Vec<Session>, rows: TimelineRows) -> Vec<String> {
        order_of(&[host(sessions)], rows)
    }

    fn order_of(hosts: &[Host], rows: TimelineRows) -> Vec<String> {
        let text = |row: &Row<'_>| {
            let id = row.source.session().map(|own| own.logon_id.unwrap().to_string());
            let (epoch, id) = (row.source.boot_epoch(), id.unwrap_or_default());
            format!("{epoch}/{id} {}", row.source.milestone().unwrap().kind)
        };
        in_order(hosts, rows).iter().map(text).collect()
    }

    #[test]
    fn rows_go_by_time_then_boot_then_record() {
        let (mut early, mut late) = (sample::full_session(), sample::full_session());
        late.logon_id = Some(LogonId(0x5));
        late.initiated = None;
        // The same instant as the other's termination, but recorded before it.
        let tie = early.terminated.as_ref().unwrap().time;
        late.terminated.as_mut().unwrap().record.record_id = 230_100;
        late.start.as_mut().unwrap().time = tie;
        early.incidents.clear();
        let mut next_boot = sample::full_session();
        (next_boot.boot_epoch, next_boot.initiated, next_boot.terminated) = (3, None, None);
        sample::open(&mut next_boot);
        next_boot.start.as_mut().unwrap().time = tie;
        // Given in any order, the rows come out in one.
        let expected = [
            "2/0x29b379 start",
            "2/0x29b379 initiated-logoff",
            "2/0x5 start",
            "2/0x5 terminated",
            "2/0x29b379 terminated",
            "3/0x29b379 start",
        ];
        let sessions = [early, late, next_boot];
        for turn in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let turned = turn.map(|index| sessions[index].clone()).to_vec();
            assert_eq!(order(turned, TimelineRows::Principal), expected);
        }
    }

    /// The second computer's session began an hour before that of the first, and ended a second after it.
    #[test]
    fn rows_of_all_computers_go_by_time() {
        let (mut first, mut second) = (sample::full_session(), sample::full_session());
        for session in [&mut first, &mut second] {
            session.incidents.clear();
            session.initiated = None;
        }
        second.logon_id = Some(LogonId(0x5));
        let start = second.start.as_mut().unwrap();
        start.time = start.time.plus(Span::seconds(-3600));
        let end = second.terminated.as_mut().unwrap();
        end.time = end.time.plus(Span::seconds(1));
        let hosts = [host(vec![first]), host(vec![second])];
        let expected =
            ["2/0x5 start", "2/0x29b379 start", "2/0x29b379 terminated", "2/0x5 terminated"];
        assert_eq!(order_of(&hosts, TimelineRows::Principal), expected);
    }

    #[test]
    fn one_record_may_end_two_sessions() {
        let (mut one, mut two) = (sample::full_session(), sample::full_session());
        (one.logon_id, two.logon_id) = (Some(LogonId(0x2000)), Some(LogonId(0x1000)));
        for session in [&mut one, &mut two] {
            session.incidents.clear();
            (session.start, session.initiated) = (None, None);
        }
        let expected = ["2/0x1000 terminated", "2/0x2000 terminated"];
        assert_eq!(order(vec![one.clone(), two.clone()], TimelineRows::Principal), expected);
        assert_eq!(order(vec![two, one], TimelineRows::Principal), expected);
    }

    #[test]
    fn other_milestones_only_when_asked_for() {
        let session = || vec![sample::full_session()];
        assert_eq!(order(session(), TimelineRows::Principal).len(), 3);
        assert_eq!(order(session(), TimelineRows::All)[1], "2/0x29b379 revalidated");
    }

    /// The boot lasts from two to six. Logons fail from 02:55 on, and the session uses the credentials of
    /// another at 03:04; the log is cleared at half past three, and the computer is off from four to five.
    #[test]
    fn what_happens_to_the_computer_stands_among_its_sessions() {
        let mut hosts = sample::report().hosts;
        let host = &mut hosts[0];
        host.boots.truncate(1);
        host.boots[0].power = vec![sample::night()];
        host.boots[0].incidents = vec![sample::cleared()];
        host.sessions.truncate(1);
        host.sessions[0].incidents.clear();
        assert_eq!(order_of(&hosts, TimelineRows::Principal).len(), 3);
        let expected = [
            "2/ boot-start",
            "2/ failed-logon",
            "2/0x29b379 start",
            "2/ explicit-credentials",
            "2/0x29b379 initiated-logoff",
            "2/0x29b379 terminated",
            "2/ log-cleared",
            "2/ off",
            "2/ on",
            "2/ boot-end",
        ];
        assert_eq!(order_of(&hosts, TimelineRows::All), expected);
    }
}
