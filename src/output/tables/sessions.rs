//! sessions.csv: one row per session.

use super::row::{TableCell, columns, logon_id, number, record, seconds, time, truth};
use super::session_texts::{attachments, flags, other_evidence, revalidations};
use crate::model::append::{AppendText, LazyText, append, list};
use crate::model::session::{Basis, logon_type_name};
use crate::model::{Host, Session};

columns! { row: (&'a Host, &'a Session) => {
    session_id: TableCell::LazyText(&row.1.id(&row.0.computer)),
    computer: TableCell::Text(&row.0.computer),
    boot_epoch as Unsigned: TableCell::Number(row.1.boot_epoch.into()),
    logon_id: logon_id(row.1.logon_id),
    linked_logon_id: logon_id(row.1.linked),
    user_name: TableCell::Text(&row.1.account.user),
    user_domain: TableCell::Text(&row.1.account.domain),
    user_sid: TableCell::Text(&row.1.account.sid),
    logon_type as Unsigned: number(row.1.logon_type),
    logon_type_name: TableCell::Word(row.1.logon_type.map_or("", logon_type_name)),
    session_class: TableCell::Word(row.1.class.word()),
    start: time(row.1.start.map(|moment| moment.time)),
    start_basis: TableCell::Word(start_basis(row.1).map_or("", Basis::word)),
    initiated_logoff: time(row.1.initiated.map(|moment| moment.time)),
    terminated: time(row.1.terminated.map(|moment| moment.time)),
    end: time(row.1.end.time),
    end_basis: TableCell::Word(row.1.end.basis.map_or("", Basis::word)),
    end_cause: TableCell::Word(row.1.end.cause.word()),
    confidence: TableCell::Word(row.1.end.confidence.word()),
    end_not_before: time(row.1.end.not_before),
    end_not_after: time(row.1.end.not_after),
    duration_seconds as Real: seconds(row.1.duration()),
    corrected_duration_seconds as Real: seconds(row.1.corrected_duration()),
    active_seconds as Real: seconds(row.1.active),
    source_ip: TableCell::Text(&row.1.client.ip),
    source_port as Unsigned: number((row.1.port > 0).then_some(row.1.port)),
    workstation: TableCell::Text(&row.1.client.workstation),
    logon_process: TableCell::Text(&row.1.method.logon_process),
    authentication_package: TableCell::Text(&row.1.method.package),
    process_name: TableCell::Text(&row.1.method.process_name),
    elevated as Truth: truth(row.1.elevated),
    parent_session: TableCell::LazyText(&parent(row.0, row.1)),
    attachments: TableCell::LazyText(&attachments(row.1)),
    revalidations: TableCell::LazyText(&revalidations(row.1)),
    start_record: record(row.1.start.map(|moment| moment.record)),
    initiated_record: record(row.1.initiated.map(|moment| moment.record)),
    terminated_record: record(row.1.terminated.map(|moment| moment.record)),
    evidence: TableCell::LazyText(&other_evidence(row.1)),
    flags: TableCell::LazyText(&flags(row.1)),
    inferred_by: TableCell::LazyText(&list(row.1.inferred_by())),
    primary as Truth: TableCell::Truth(!row.1.is_elevated_half()),
    datetime: time(row.1.first_time()),
    session_uid: TableCell::Uid(row.0.session_uid(row.1)),
    computer_uid: TableCell::Uid(row.0.uid),
} }

fn start_basis(session: &Session) -> Option<Basis> {
    session.start.as_ref().map(|_| session.start_basis())
}

/// The session that this one came out of, by its ID.
fn parent(host: &Host, session: &Session) -> impl AppendText {
    LazyText(move |out: &mut Vec<u8>| {
        if let Some(id) = session.parent {
            append!(out, host.computer, "/", session.boot_epoch, "/", id);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::row::RowSink;
    use super::*;
    use crate::model::Flag;
    use crate::model::sample;
    use crate::model::session::StartCause;

    struct CollectedRow(Vec<(&'static str, String)>);

    impl RowSink for CollectedRow {
        fn cell(&mut self, column: &'static str, cell: TableCell<'_>) -> std::io::Result<()> {
            self.0.push((column, cell.text(&mut Vec::new()).to_owned()));
            Ok(())
        }

        fn end_row(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn row(session: &Session) -> Vec<(&'static str, String)> {
        let host = Host {
            computer: "DC01".into(),
            uid: Default::default(),
            boots: vec![],
            sessions: vec![],
            attempts: vec![],
            copies: Default::default(),
            account_names: Default::default(),
        };
        let mut row = CollectedRow(Vec::new());
        write_row((&host, session), &mut row).unwrap();
        row.0
    }

    #[test]
    fn each_fact_stands_in_its_column() {
        let session = sample::full_session();
        let row = row(&session);
        let cell = |name: &str| row.iter().find(|(column, _)| *column == name).unwrap().1.clone();
        assert_eq!(cell("session_id"), "DC01/2/0x29b379");
        assert_eq!(cell("linked_logon_id"), "0x29b3a0");
        assert_eq!(cell("logon_type_name"), "Interactive");
        assert_eq!(cell("start"), "2015-09-09T03:00:00.0000000Z");
        assert_eq!(cell("start_basis"), "logged");
        assert_eq!(cell("initiated_logoff"), "2015-09-09T03:08:39.1268908Z");
        assert_eq!(cell("terminated"), "2015-09-09T03:08:40.0000000Z");
        // 8 min 40 s by the clock, of which 10 s are a step of the clock.
        assert_eq!(cell("duration_seconds"), "520");
        assert_eq!(cell("corrected_duration_seconds"), "510");
        assert_eq!(cell("source_port"), "");
        assert_eq!(cell("parent_session"), "DC01/2/0x1000");
        assert_eq!(
            cell("attachments"),
            "rdp 10.0.0.5 CLIENT 2015-09-09T03:00:01.0000000Z..; console"
        );
        assert_eq!(cell("revalidations"), "2015-09-09T03:05:00.0000000Z Security#230150");
        assert_eq!(cell("start_record"), "Security#230000");
        assert_eq!(cell("initiated_record"), "Security#230200");
        assert_eq!(cell("terminated_record"), "Security#230201");
        assert_eq!(
            cell("evidence"),
            "System#77; \
             Microsoft-Windows-TerminalServices-LocalSessionManager/Operational#5 (+0.25 s)"
        );
        assert_eq!(cell("flags"), "");
        assert_eq!((&*cell("inferred_by"), &*cell("primary")), ("", "true"));
    }

    #[test]
    fn every_session_has_a_moment_on_a_time_line() {
        let moment = |session: &Session| session.first_time().map(|time| time.to_string());
        let mut session = sample::full_session();
        assert_eq!(moment(&session).as_deref(), Some("2015-09-09T03:00:00.0000000Z"));
        session.start = None;
        assert_eq!(moment(&session).as_deref(), Some("2015-09-09T03:05:00.0000000Z"));
        session.incidents.clear();
        assert_eq!(moment(&session).as_deref(), Some("2015-09-09T03:08:39.1268908Z"));
        sample::open(&mut session);
        assert_eq!(moment(&session).as_deref(), Some("2015-09-09T04:00:00.0000000Z"));
        let row = row(&sample::full_session());
        assert!(row.contains(&("datetime", "2015-09-09T03:00:00.0000000Z".to_owned())));
    }

    #[test]
    fn a_row_says_what_was_inferred_and_which_half_counts() {
        let mut session = sample::full_session();
        sample::crash(&mut session);
        session.start_cause = StartCause::Inferred;
        session.elevated = Some(true);
        let row = row(&session);
        let cell = |name: &str| row.iter().find(|(column, _)| *column == name).unwrap().1.clone();
        assert_eq!(cell("inferred_by"), "other-channel; crash-report");
        assert_eq!(cell("primary"), "false");
    }

    #[test]
    fn a_start_that_is_not_exact_is_flagged() {
        let mut session = sample::full_session();
        (session.start, session.start_cause) = (None, StartCause::BeforeLog);
        session.flags = vec![Flag::TerminalSession(3)].into();
        assert_eq!(flags(&session).to_string(), "before-log; terminal-session-3");
        session.flags = vec![Flag::BeforeLog].into();
        assert_eq!(flags(&session).to_string(), "before-log");
    }
}
