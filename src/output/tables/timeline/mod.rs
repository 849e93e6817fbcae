//! timeline.csv: one row per milestone, of a session, of the computer or of an attempt, in time order over all
//! computers.

mod order;

use super::row::{TableCell, columns, logon_id, number, time};
use super::{ROWS_PER_CHUNK, TimelineRows, log_path};
use crate::model::append::{AppendText, LazyText, list};
use crate::model::event::Client;
use crate::model::session::SessionId;
use crate::model::session::{Basis, MilestoneKind, logon_type_name};
use crate::model::{
    Account, Attempt, Confidence, EndCause, Host, LogonId, Milestone, Report, Session, Timestamp,
};
use crate::output::sentences;
use crate::output::wording::{self, Note};
use order::{Row, RowSource};
use std::sync::Arc;

/// What a row is made of.
pub(super) struct TimelineRow<'a> {
    report: &'a Report,
    host: &'a Host,
    source: RowSource<'a>,
    milestone: Milestone,
}

impl<'a> TimelineRow<'a> {
    /// The logs that hold the record.
    fn log_paths(&self) -> impl Iterator<Item = &'a str> + Clone {
        let (host, report) = (self.host, self.report);
        let records = self.milestone.record.into_iter();
        records.flat_map(|record| host.logs_of(record)).map(|log| log_path(report, Some(log)))
    }

    /// The bounds of an end of which only an interval is known.
    fn bounds(&self) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
        if self.milestone.basis != Basis::Bounded {
            return None;
        }
        match self.source {
            RowSource::BootFinish(boot) => Some((boot.end_not_before, boot.end_not_after)),
            source => {
                source.session().map(|session| (session.end.not_before, session.end.not_after))
            }
        }
    }

    /// A cell of the session.
    fn cell(&self, cell: impl FnOnce(&'a Session) -> TableCell<'a>) -> TableCell<'a> {
        self.source.session().map_or(TableCell::Empty, cell)
    }

    fn attempt(&self) -> Option<&'a Attempt> {
        match self.source {
            RowSource::Attempt(attempt) => Some(attempt),
            _ => None,
        }
    }

    /// Who was logged on or tried.
    fn account(&self) -> Option<&'a Account> {
        let of_session = self.source.session().map(|session| &*session.account);
        of_session.or(self.attempt().map(|attempt| &**attempt.detail.account()))
    }

    /// The client that the session was attached to at this moment, else that of its logon; or the client
    /// of an attempt.
    fn client(&self) -> Option<&'a Client> {
        let of_incident = self.source.incident().map(|incident| &*incident.client);
        let of_session = || self.source.session().map(|session| &*session.client);
        let of_attempt = || self.attempt().map(|attempt| attempt.detail.client());
        of_incident.or_else(of_session).or_else(of_attempt)
    }

    /// The port of a logon or an attempt. That of a later connection is not recorded.
    fn port(&self) -> Option<u16> {
        let is_logon = |_: &&Session| self.source.incident().is_none();
        let of_session = self.source.session().filter(is_logon).map(|session| session.port);
        of_session.or(self.attempt().map(|attempt| attempt.port)).filter(|port| *port > 0)
    }

    fn logon_id(&self) -> Option<LogonId> {
        match self.source.session() {
            Some(session) => session.logon_id,
            None => self.attempt()?.session?.logon_id(),
        }
    }

    fn logon_type(&self) -> Option<u32> {
        match self.source.session() {
            Some(session) => session.logon_type,
            None => self.attempt()?.detail.logon_type(),
        }
    }

    fn notes(&self) -> impl Iterator<Item = Note> + Clone {
        let of_session = |session| wording::notes(session, &self.milestone);
        let flags = self.attempt().map_or(&[][..], |attempt| &attempt.flags);
        let of_attempt = flags.iter().copied().map(Note::Flag);
        self.source.session().into_iter().flat_map(of_session).chain(of_attempt)
    }

    /// The session: its own, or the one that an attempt came from.
    fn session_id(&self) -> Option<SessionId<'a>> {
        let computer = &*self.host.computer;
        match self.source {
            RowSource::Session(session, _) => Some(session.id(computer)),
            RowSource::Attempt(attempt) => attempt.session_id(computer),
            _ => None,
        }
    }

    /// How sure this row is: the end's confidence where the row is not logged.
    fn confidence(&self) -> Confidence {
        match (self.milestone.basis, self.milestone.kind, self.source) {
            (Basis::Logged, _, _) => Confidence::High,
            (_, MilestoneKind::Terminated, RowSource::Session(session, _)) => {
                session.end.confidence
            }
            (_, _, RowSource::BootBegin(boot)) => boot.start_confidence,
            (_, _, RowSource::BootFinish(boot)) => boot.confidence,
            _ => Confidence::Medium,
        }
    }

    fn message(&self) -> impl AppendText {
        LazyText(move |out: &mut Vec<u8>| match self.source {
            RowSource::BootBegin(boot) | RowSource::BootFinish(boot) => {
                sentences::of_boot(self.host, boot, self.milestone).append_to(out);
            }
            RowSource::Incident(boot, index) => {
                let incident = boot.incidents.get(index as usize);
                incident.map(|incident| &incident.message).append_to(out);
            }
            RowSource::Attempt(attempt) => sentences::of_attempt(self.host, attempt).append_to(out),
            source => {
                let client = source.incident().map(|incident| &*incident.client);
                wording::sentence(self.host, source.session(), &self.milestone, client)
                    .append_to(out);
            }
        })
    }
}

columns! { row: TimelineRow<'a> => {
    datetime: time(Some(row.milestone.time)),
    timestamp_desc: TableCell::Word(row.milestone.kind.description()),
    message: TableCell::LazyText(&row.message()),
    milestone: TableCell::Word(row.milestone.kind.word()),
    computer: TableCell::Text(&row.host.computer),
    boot_epoch as Unsigned: TableCell::Number(row.source.boot_epoch().into()),
    session_id: TableCell::LazyText(&row.session_id()),
    logon_id: logon_id(row.logon_id()),
    linked_logon_id: row.cell(|session| logon_id(session.linked)),
    user_name: TableCell::Text(row.account().map_or("", |account| &account.user)),
    user_domain: TableCell::Text(row.account().map_or("", |account| &account.domain)),
    user_sid: TableCell::Text(row.account().map_or("", |account| &account.sid)),
    logon_type as Unsigned: number(row.logon_type()),
    logon_type_name: TableCell::Word(row.logon_type().map_or("", logon_type_name)),
    session_class: row.cell(|session| TableCell::Word(session.class.word())),
    source_ip: TableCell::Text(row.client().map_or("", |client| &client.ip)),
    source_port as Unsigned: number(row.port()),
    workstation: TableCell::Text(row.client().map_or("", |client| &client.workstation)),
    basis: TableCell::Word(row.milestone.basis.word()),
    confidence: TableCell::Word(row.confidence().word()),
    end_cause: row.cell(|session| TableCell::Word(EndCause::word(session.end.cause))),
    not_before: time(row.bounds().and_then(|bounds| bounds.0)),
    not_after: time(row.bounds().and_then(|bounds| bounds.1)),
    event_id as Unsigned: number(row.milestone.record.map(|record| record.event_id)),
    record_id as Unsigned: number(row.milestone.record.map(|record| record.record_id)),
    channel: TableCell::Word(row.milestone.record.map_or("", |record| record.channel.name())),
    log_path: TableCell::LazyText(&list(row.log_paths())),
    recovered as Truth: TableCell::Truth(row.milestone.recovered),
    notes: TableCell::LazyText(&list(row.notes())),
} }

/// Consecutive rows.
pub(crate) struct TimelineChunk<'a> {
    report: &'a Report,
    /// The rows of the whole table.
    all: Arc<Vec<Row<'a>>>,
    from: usize,
}

impl<'a> TimelineChunk<'a> {
    pub(super) fn rows(&self) -> impl Iterator<Item = TimelineRow<'a>> {
        let report = self.report;
        let part = self.all.iter().skip(self.from).take(ROWS_PER_CHUNK).copied();
        part.filter_map(|row| {
            let host = report.hosts.get(row.host as usize)?;
            let milestone = row.source.milestone()?;
            Some(TimelineRow { report, host, source: row.source, milestone })
        })
    }
}

pub(super) fn chunks(
    report: &Report,
    rows: TimelineRows,
) -> impl Iterator<Item = TimelineChunk<'_>> {
    let all: Arc<Vec<Row<'_>>> = Arc::new(order::in_order(&report.hosts, rows));
    let starts = (0..all.len()).step_by(ROWS_PER_CHUNK);
    starts.map(move |from| TimelineChunk { report, all: Arc::clone(&all), from })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    /// The cells of the rows of no session, by the word of each.
    #[test]
    fn rows_of_attempts_name_the_account_and_the_session_that_asked() {
        let report = sample::report();
        let host = &report.hosts[0];
        let row = |attempt| {
            let source = RowSource::Attempt(attempt);
            TimelineRow { report: &report, host, source, milestone: source.milestone().unwrap() }
        };
        let failed = row(&host.attempts[0]);
        assert_eq!(&*failed.account().unwrap().user, sample::HOSTILE);
        assert_eq!((failed.logon_type(), &*failed.client().unwrap().ip), (Some(3), "10.0.0.5"));
        assert!(failed.session_id().is_none());
        let used = row(&host.attempts[1]);
        assert_eq!(&*used.account().unwrap().user, "eve");
        assert_eq!(used.session_id().unwrap().to_string(), "DC01.contoso.local/2/0x29b379");
        assert_eq!(used.port(), Some(445));
    }

    #[test]
    fn only_a_bounded_end_has_bounds() {
        let mut session = sample::full_session();
        sample::crash(&mut session);
        let report = Report::default();
        let host = Host {
            computer: "H".into(),
            uid: Default::default(),
            boots: vec![],
            sessions: vec![],
            attempts: vec![],
            copies: Default::default(),
            account_names: Default::default(),
        };
        let rows: Vec<_> = session
            .milestones()
            .map(|milestone| {
                let source = RowSource::Session(&session, 0);
                let row = TimelineRow { report: &report, host: &host, source, milestone };
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
