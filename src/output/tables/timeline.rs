//! timeline.csv: one row per milestone, in time order within each boot of each computer.

use super::row::{ROWS_PER_CHUNK, TableCell, TableChunk, columns, logon_id, number, time};
use super::{TimelineRows, log_path};
use crate::model::session::{Basis, MilestoneKind, logon_type_name};
use crate::model::{Confidence, Host, LogonId, Milestone, Report, Session, Timestamp};
use crate::output::lazy_text::list;
use crate::output::wording;

/// What a row is made of.
struct TimelineRow<'a> {
    report: &'a Report,
    host: &'a Host,
    session: &'a Session,
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
        let end = &self.session.end;
        (self.milestone.basis == Basis::Bounded).then_some((end.not_before, end.not_after))
    }

    /// How sure this row is: the end's confidence where the row is not logged.
    fn confidence(&self) -> Confidence {
        match (self.milestone.basis, self.milestone.kind) {
            (Basis::Logged, _) => Confidence::High,
            (_, MilestoneKind::Terminated) => self.session.end.confidence,
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
    boot_epoch: TableCell::Number(row.session.boot_epoch.into()),
    session_id: TableCell::LazyText(&row.session.id(&row.host.computer)),
    logon_id: logon_id(row.session.logon_id),
    linked_logon_id: logon_id(row.session.linked),
    user_name: TableCell::Text(&row.session.account.user),
    user_domain: TableCell::Text(&row.session.account.domain),
    user_sid: TableCell::Text(&row.session.account.sid),
    logon_type: number(row.session.logon_type),
    logon_type_name: TableCell::Text(row.session.logon_type.map_or("", logon_type_name)),
    session_class: TableCell::Text(row.session.class.word()),
    source_ip: TableCell::Text(&row.session.client.ip),
    source_port: number((row.session.port > 0).then_some(row.session.port)),
    workstation: TableCell::Text(&row.session.client.workstation),
    basis: TableCell::Text(row.milestone.basis.word()),
    confidence: TableCell::Text(row.confidence().word()),
    end_cause: TableCell::Text(row.session.end.cause.word()),
    not_before: time(row.bounds().and_then(|bounds| bounds.0)),
    not_after: time(row.bounds().and_then(|bounds| bounds.1)),
    event_id: number(row.milestone.record.map(|record| record.event_id)),
    record_id: number(row.milestone.record.map(|record| record.record_id)),
    channel: TableCell::Text(row.milestone.record.map_or("", |record| record.channel.name())),
    log_path: TableCell::LazyText(&list(row.log_paths())),
    recovered: TableCell::Truth(row.milestone.recovered),
    notes: TableCell::LazyText(&list(wording::notes(row.session, &row.milestone))),
} }

pub(super) fn chunks(report: &Report, rows: TimelineRows) -> Vec<TableChunk<'_>> {
    report.hosts.iter().flat_map(|host| chunks_of(report, host, rows)).collect()
}

fn chunks_of<'a>(report: &'a Report, host: &'a Host, rows: TimelineRows) -> Vec<TableChunk<'a>> {
    let chunk = |part: &[(&'a Session, usize)]| -> TableChunk<'a> {
        let part = part.to_vec();
        Box::new(move |sink| {
            part.iter().try_for_each(|&(session, index)| {
                let milestone = session.milestones().nth(index);
                milestone.map_or(Ok(()), |milestone| {
                    write_row(TimelineRow { report, host, session, milestone }, sink)
                })
            })
        })
    };
    in_order(host, rows).chunks(ROWS_PER_CHUNK).map(chunk).collect()
}

/// What rows are sorted by. Milestones of the same 100 ns keep the order in which they were
/// recorded. The rest of the key makes the order total, so that it is the same in every run.
type TimelineOrder = (u32, Timestamp, Option<u64>, Option<LogonId>, MilestoneKind);

/// The milestones of one computer as (session, number among its milestones), in the order of rows.
/// A milestone is made a second time for its row, because the list holds no milestones: a number has
/// a tenth of their size.
fn in_order(host: &Host, rows: TimelineRows) -> Vec<(&Session, usize)> {
    let mut keyed: Vec<(TimelineOrder, &Session, usize)> =
        Vec::with_capacity(2 * host.sessions.len());
    for session in &host.sessions {
        for (index, milestone) in session.milestones().enumerate() {
            if rows == TimelineRows::All || milestone.kind.is_principal() {
                let record = milestone.record.as_ref().map(|record| record.record_id);
                let key =
                    (session.boot_epoch, milestone.time, record, session.logon_id, milestone.kind);
                keyed.push((key, session, index));
            }
        }
    }
    // A stable sort: rows with equal keys stay in the order of the sessions.
    keyed.sort_by_key(|row| row.0);
    keyed.into_iter().map(|(_, session, index)| (session, index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    fn order(sessions: Vec<Session>, rows: TimelineRows) -> Vec<String> {
        let host =
            Host { computer: "H".into(), boots: vec![], sessions, copies: Default::default() };
        in_order(&host, rows)
            .into_iter()
            .map(|(session, index)| {
                let kind = session.milestones().nth(index).unwrap().kind;
                format!("{}/{} {kind}", session.boot_epoch, session.logon_id.unwrap())
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
                let row =
                    TimelineRow { report: &report, host: &host, session: &session, milestone };
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
