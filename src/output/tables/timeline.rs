//! timeline.csv: one row per milestone, of a session or of the computer, in time order within each boot of
//! each computer.

use super::row::{ROWS_PER_CHUNK, TableCell, TableChunk, columns, logon_id, number, time};
use super::{TimelineRows, log_path};
use crate::model::session::{Basis, MilestoneKind, logon_type_name};
use crate::model::{
    Boot, Confidence, EndCause, Host, LogonId, Milestone, Report, Session, Timestamp,
};
use crate::output::lazy_text::{LazyText, list};
use crate::output::wording::{self, Note};
use std::fmt::{Display, Formatter};

/// What a row is made of.
struct TimelineRow<'a> {
    report: &'a Report,
    host: &'a Host,
    boot_epoch: u32,
    /// `None` where it is of the computer.
    session: Option<&'a Session>,
    milestone: Milestone,
}

impl<'a> TimelineRow<'a> {
    /// The logs that hold the record.
    fn log_paths(&self) -> impl Iterator<Item = &'a str> + Clone {
        let (host, report) = (self.host, self.report);
        let records = self.milestone.record.into_iter();
        records.flat_map(|record| host.logs_of(record)).map(|log| log_path(report, Some(log)))
    }

    /// The bounds of a termination of which only an interval is known.
    fn bounds(&self) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
        let end = &self.session?.end;
        (self.milestone.basis == Basis::Bounded).then_some((end.not_before, end.not_after))
    }

    /// A cell of the session.
    fn cell(&self, cell: impl FnOnce(&'a Session) -> TableCell<'a>) -> TableCell<'a> {
        self.session.map_or(TableCell::Empty, cell)
    }

    fn notes(&self) -> impl Iterator<Item = Note> + Clone {
        let of_session = |session| wording::notes(session, &self.milestone);
        self.session.into_iter().flat_map(of_session)
    }

    fn session_id(&self) -> impl Display {
        LazyText(|f: &mut Formatter<'_>| {
            self.session.map_or(Ok(()), |session| session.id(&self.host.computer).fmt(f))
        })
    }

    /// How sure this row is: the end's confidence where the row is not logged.
    fn confidence(&self) -> Confidence {
        match (self.milestone.basis, self.milestone.kind, self.session) {
            (Basis::Logged, _, _) => Confidence::High,
            (_, MilestoneKind::Terminated, Some(session)) => session.end.confidence,
            _ => Confidence::Medium,
        }
    }
}

columns! { row: TimelineRow<'a> => {
    datetime: time(Some(row.milestone.time)),
    timestamp_desc: TableCell::Text(row.milestone.kind.description()),
    message: TableCell::LazyText(&wording::sentence(row.host, row.session, &row.milestone)),
    milestone: TableCell::Text(row.milestone.kind.word()),
    computer: TableCell::Text(&row.host.computer),
    boot_epoch as Unsigned: TableCell::Number(row.boot_epoch.into()),
    session_id: TableCell::LazyText(&row.session_id()),
    logon_id: row.cell(|session| logon_id(session.logon_id)),
    linked_logon_id: row.cell(|session| logon_id(session.linked)),
    user_name: row.cell(|session| TableCell::Text(&session.account.user)),
    user_domain: row.cell(|session| TableCell::Text(&session.account.domain)),
    user_sid: row.cell(|session| TableCell::Text(&session.account.sid)),
    logon_type as Unsigned: row.cell(|session| number(session.logon_type)),
    logon_type_name: row.cell(|session| {
        TableCell::Text(session.logon_type.map_or("", logon_type_name))
    }),
    session_class: row.cell(|session| TableCell::Text(session.class.word())),
    source_ip: row.cell(|session| TableCell::Text(&session.client.ip)),
    source_port as Unsigned: row.cell(|session| number((session.port > 0).then_some(session.port))),
    workstation: row.cell(|session| TableCell::Text(&session.client.workstation)),
    basis: TableCell::Text(row.milestone.basis.word()),
    confidence: TableCell::Text(row.confidence().word()),
    end_cause: row.cell(|session| TableCell::Text(EndCause::word(session.end.cause))),
    not_before: time(row.bounds().and_then(|bounds| bounds.0)),
    not_after: time(row.bounds().and_then(|bounds| bounds.1)),
    event_id as Unsigned: number(row.milestone.record.map(|record| record.event_id)),
    record_id as Unsigned: number(row.milestone.record.map(|record| record.record_id)),
    channel: TableCell::Text(row.milestone.record.map_or("", |record| record.channel.name())),
    log_path: TableCell::LazyText(&list(row.log_paths())),
    recovered as Truth: TableCell::Truth(row.milestone.recovered),
    notes: TableCell::LazyText(&list(row.notes())),
} }

pub(super) fn chunks(report: &Report, rows: TimelineRows) -> Vec<TableChunk<'_>> {
    report.hosts.iter().flat_map(|host| chunks_of(report, host, rows)).collect()
}

fn chunks_of<'a>(report: &'a Report, host: &'a Host, rows: TimelineRows) -> Vec<TableChunk<'a>> {
    let chunk = |part: &[RowSource<'a>]| -> TableChunk<'a> {
        let part = part.to_vec();
        Box::new(move |sink| {
            part.iter().try_for_each(|source| {
                let (boot_epoch, session) = source.owner();
                source.milestone().map_or(Ok(()), |milestone| {
                    write_row(TimelineRow { report, host, boot_epoch, session, milestone }, sink)
                })
            })
        })
    };
    in_order(host, rows).chunks(ROWS_PER_CHUNK).map(chunk).collect()
}

/// Where a row comes from. Its milestone is made a second time for the row, because the list holds no
/// milestones: a number has a tenth of their size.
#[derive(Clone, Copy)]
enum RowSource<'a> {
    /// The milestone of this number of a session.
    Session(&'a Session, u32),
    /// The computer went off or to sleep: the interval of this number of a boot begins.
    PowerBegin(&'a Boot, u32),
    /// That interval ends.
    PowerEnd(&'a Boot, u32),
}

impl<'a> RowSource<'a> {
    fn milestone(self) -> Option<Milestone> {
        match self {
            RowSource::Session(session, index) => session.milestones().nth(index as usize),
            RowSource::PowerBegin(boot, index) => boot.power.get(index as usize)?.begin(),
            RowSource::PowerEnd(boot, index) => boot.power.get(index as usize)?.end(),
        }
    }

    /// The boot, and the session.
    fn owner(self) -> (u32, Option<&'a Session>) {
        match self {
            RowSource::Session(session, _) => (session.boot_epoch, Some(session)),
            RowSource::PowerBegin(boot, _) | RowSource::PowerEnd(boot, _) => (boot.epoch, None),
        }
    }

    fn order(self, milestone: &Milestone) -> TimelineOrder {
        let (epoch, session) = self.owner();
        let record = milestone.record.as_ref().map(|record| record.record_id);
        let logon_id = session.and_then(|session| session.logon_id);
        (epoch, milestone.time, record, logon_id, milestone.kind)
    }
}

/// What rows are sorted by. Milestones of the same 100 ns keep the order in which they were
/// recorded. The rest of the key makes the order total, so that it is the same in every run.
type TimelineOrder = (u32, Timestamp, Option<u64>, Option<LogonId>, MilestoneKind);

/// The rows of one computer, in their order.
fn in_order(host: &Host, rows: TimelineRows) -> Vec<RowSource<'_>> {
    let mut keyed: Vec<(TimelineOrder, RowSource<'_>)> =
        Vec::with_capacity(2 * host.sessions.len());
    for session in &host.sessions {
        for (index, milestone) in (0..).zip(session.milestones()) {
            if rows == TimelineRows::All || milestone.kind.is_principal() {
                let source = RowSource::Session(session, index);
                keyed.push((source.order(&milestone), source));
            }
        }
    }
    for boot in host.boots.iter().filter(|_| rows == TimelineRows::All) {
        for (index, interval) in (0..).zip(&boot.power) {
            let begin = interval.begin().map(|own| (RowSource::PowerBegin(boot, index), own));
            let end = interval.end().map(|own| (RowSource::PowerEnd(boot, index), own));
            let both = begin.into_iter().chain(end);
            keyed.extend(both.map(|(source, milestone)| (source.order(&milestone), source)));
        }
    }
    // A stable sort: rows with equal keys stay in the order of the sessions.
    keyed.sort_by_key(|row| row.0);
    keyed.into_iter().map(|(_, source)| source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    fn order(sessions: Vec<Session>, rows: TimelineRows) -> Vec<String> {
        let boots = vec![];
        order_of(&Host { computer: "H".into(), boots, sessions, copies: Default::default() }, rows)
    }

    fn order_of(host: &Host, rows: TimelineRows) -> Vec<String> {
        in_order(host, rows)
            .into_iter()
            .map(|source| {
                let (epoch, session) = source.owner();
                let id = session.map_or(String::new(), |own| own.logon_id.unwrap().to_string());
                format!("{epoch}/{id} {}", source.milestone().unwrap().kind)
            })
            .collect()
    }

    #[test]
    fn rows_go_by_boot_then_time_then_record() {
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

    /// The session lasts from 03:00 to 05:30, the computer was off from four to five.
    #[test]
    fn power_stands_among_the_sessions_of_its_boot() {
        let mut host = sample::report().hosts.remove(0);
        host.boots[0].power = vec![sample::night()];
        host.sessions.truncate(1);
        host.sessions[0].incidents.clear();
        assert_eq!(order_of(&host, TimelineRows::Principal).len(), 3);
        let all = order_of(&host, TimelineRows::All);
        let own: Vec<&str> =
            all.iter().map(String::as_str).filter(|row| row.contains("/ ")).collect();
        assert_eq!(own, ["2/ off", "2/ on"]);
    }

    #[test]
    fn only_a_bounded_end_has_bounds() {
        let mut session = sample::full_session();
        sample::crash(&mut session);
        let report = Report::default();
        let host = Host {
            computer: "H".into(),
            boots: vec![],
            sessions: vec![],
            copies: Default::default(),
        };
        let rows: Vec<_> = session
            .milestones()
            .map(|milestone| {
                let (boot_epoch, session) = (session.boot_epoch, Some(&session));
                let row =
                    TimelineRow { report: &report, host: &host, boot_epoch, session, milestone };
                (milestone.kind, row.bounds().is_some(), row.confidence())
            })
            .collect();
        assert_eq!(
            rows,
            [
                (MilestoneKind::Start, false, Confidence::High),
                (MilestoneKind::Revalidated, false, Confidence::High),
                (MilestoneKind::Terminated, true, Confidence::Low),
            ]
        );
    }
}
