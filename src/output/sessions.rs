//! sessions.csv: one row per session.

use super::rows::{
    Cell, Piece, columns, cut, list, logon_id, number, record, seconds, text, time, truth,
};
use crate::model::session::{Attachment, Basis, MilestoneKind, StartCause, logon_type_name};
use crate::model::{History, Report, Session};

columns! { row: (&'a History, &'a Session) => {
    session_id: text(row.1.id(&row.0.computer)),
    computer: text(&*row.0.computer),
    boot_epoch: Cell::Number(row.1.boot_epoch.into()),
    logon_id: logon_id(row.1.logon_id),
    linked_logon_id: logon_id(row.1.linked),
    user_name: text(&*row.1.account.user),
    user_domain: text(&*row.1.account.domain),
    user_sid: text(&*row.1.account.sid),
    logon_type: number(row.1.logon_type),
    logon_type_name: text(row.1.logon_type.map_or("", logon_type_name)),
    session_class: text(row.1.class.word()),
    start: time(row.1.start.map(|moment| moment.time)),
    start_basis: text(start_basis(row.1).map_or("", Basis::word)),
    initiated_logoff: time(row.1.initiated.map(|moment| moment.time)),
    terminated: time(row.1.terminated.map(|moment| moment.time)),
    end: time(row.1.end.time),
    end_basis: text(row.1.end.basis.map_or("", Basis::word)),
    end_cause: text(row.1.end.cause.word()),
    confidence: text(row.1.end.confidence.word()),
    end_not_before: time(row.1.end.not_before),
    end_not_after: time(row.1.end.not_after),
    duration_seconds: seconds(row.1.duration()),
    corrected_duration_seconds: seconds(row.1.corrected_duration()),
    active_seconds: seconds(row.1.active),
    source_ip: text(&*row.1.origin.ip),
    source_port: number((row.1.port > 0).then_some(row.1.port)),
    workstation: text(&*row.1.origin.workstation),
    logon_process: text(&*row.1.how.logon_process),
    authentication_package: text(&*row.1.how.package),
    process_name: text(&*row.1.how.process_name),
    elevated: truth(row.1.elevated),
    parent_session: text(row.1.parent.map_or(String::new(), |id| {
        format!("{}/{}/{id}", row.0.computer, row.1.boot_epoch)
    })),
    attachments: list(row.1.attachments.iter().map(attachment)),
    revalidations: list(revalidations(row.1)),
    start_record: record(row.1.start.map(|moment| moment.record)),
    initiated_record: record(row.1.initiated.map(|moment| moment.record)),
    terminated_record: record(row.1.terminated.map(|moment| moment.record)),
    evidence: list(other_evidence(row.1)),
    flags: list(flags(row.1)),
} }

pub(super) fn pieces(report: &Report) -> Vec<Piece<'_>> {
    let histories = report.histories.iter();
    histories.flat_map(|h| cut(&h.sessions, move |session| cells((h, session)))).collect()
}

fn start_basis(session: &Session) -> Option<Basis> {
    session.start.as_ref().map(|_| session.start_basis())
}

/// `rdp 10.0.0.5 CLIENT 2024-…Z..2024-…Z`
fn attachment(attachment: &Attachment) -> String {
    let moment = |time: Option<_>| time.map_or(String::new(), |t| format!("{t}"));
    let mut parts = vec![attachment.kind.to_string()];
    parts.extend(
        [&attachment.address, &attachment.client].into_iter().filter(|p| !p.is_empty()).cloned(),
    );
    if attachment.from.is_some() || attachment.to.is_some() {
        parts.push(format!("{}..{}", moment(attachment.from), moment(attachment.to)));
    }
    parts.join(" ")
}

fn revalidations(session: &Session) -> impl Iterator<Item = String> {
    session
        .incidents
        .iter()
        .filter(|incident| incident.kind == MilestoneKind::Revalidated)
        .map(|incident| format!("{} {}", incident.moment.time, incident.moment.record))
}

/// The records used that have no column of their own: those the row rests on, then those of other
/// channels that say the same, with the seconds by which they follow: `System#736 (+0.13 s)`.
fn other_evidence(session: &Session) -> impl Iterator<Item = String> {
    let principal = [&session.start, &session.initiated, &session.terminated];
    let used = session.evidence.iter().filter(move |citation| {
        !principal.iter().any(|moment| moment.as_ref().is_some_and(|m| m.record == **citation))
    });
    let beside = session.corroboration.iter().map(|(record, lag)| {
        let sign = if lag.0 < 0 { "" } else { "+" };
        format!("{record} ({sign}{lag} s)")
    });
    used.map(ToString::to_string).chain(beside)
}

/// The session's flags, with a word for a start that is not exact.
fn flags(session: &Session) -> impl Iterator<Item = &str> {
    let start = session.start_cause.word();
    let add = session.start_cause != StartCause::Exact
        && !session.flags.iter().any(|flag| &**flag == start);
    add.then_some(start).into_iter().chain(session.flags.iter().map(|flag| &**flag))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn row(session: &Session) -> Vec<(&'static str, String)> {
        let history = History {
            computer: "DC01".into(),
            boots: vec![],
            sessions: vec![],
            copies: Default::default(),
        };
        let text = |cell: &Cell<'_>| cell.text(&mut String::new()).to_owned();
        COLUMNS.iter().copied().zip(cells((&history, session)).iter().map(text)).collect()
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
    }

    #[test]
    fn a_start_that_is_not_exact_is_flagged() {
        let mut session = sample::full_session();
        (session.start, session.start_cause) = (None, StartCause::BeforeLog);
        session.flags = vec!["odd".into()];
        assert_eq!(flags(&session).collect::<Vec<_>>(), ["before-log", "odd"]);
        session.flags = vec!["before-log".into()];
        assert_eq!(flags(&session).collect::<Vec<_>>(), ["before-log"]);
    }
}
