//! attempts.csv: failed logons, refused credentials and explicit credentials.

use super::log_path;
use super::row::{TableCell, columns, logon_id, number, time};
use crate::model::append::list;
use crate::model::attempt::Status;
use crate::model::session::logon_type_name;
use crate::model::{Account, Attempt, Host, Report};

/// What a row is made of.
pub(super) struct AttemptRow<'a> {
    pub(super) report: &'a Report,
    pub(super) host: &'a Host,
    pub(super) attempt: &'a Attempt,
}

impl<'a> AttemptRow<'a> {
    fn subject(&self) -> Option<&'a Account> {
        self.attempt.detail.subject().map(|(subject, _)| subject)
    }

    /// The logs that hold the first record and the last one, each once.
    fn log_paths(&self) -> impl Iterator<Item = &'a str> + Clone {
        let (host, report) = (self.host, self.report);
        let (first, last) = (self.attempt.first.record, self.attempt.last.record);
        let of_first = host.logs_of(first);
        let known = of_first.clone();
        let more = host.logs_of(last).filter(move |log| !known.clone().any(|own| own == *log));
        of_first.chain(more).map(|log| log_path(report, Some(log)))
    }
}

fn words<'a>(status: Option<Status>) -> TableCell<'a> {
    TableCell::Text(status.map_or("", Status::words))
}

columns! { row: AttemptRow<'a> => {
    computer: TableCell::Text(&row.host.computer),
    boot_epoch as Unsigned: TableCell::Number(row.attempt.boot_epoch.into()),
    attempt: TableCell::Word(row.attempt.kind().word()),
    event_id as Unsigned: TableCell::Number(row.attempt.first.record.event_id.into()),
    count as Unsigned: TableCell::Number(row.attempt.count),
    first: TableCell::Time(row.attempt.first.time),
    last: TableCell::Time(row.attempt.last.time),
    first_record: TableCell::Record(row.attempt.first.record),
    last_record: TableCell::Record(row.attempt.last.record),
    user_name: TableCell::Text(&row.attempt.detail.account().user),
    user_domain: TableCell::Text(&row.attempt.detail.account().domain),
    user_sid: TableCell::Text(&row.attempt.detail.account().sid),
    source_ip: TableCell::Text(&row.attempt.detail.client().ip),
    source_port as Unsigned: number((row.attempt.port > 0).then_some(row.attempt.port)),
    workstation: TableCell::Text(&row.attempt.detail.client().workstation),
    logon_type as Unsigned: number(row.attempt.detail.logon_type()),
    logon_type_name: TableCell::Word(row.attempt.detail.logon_type().map_or("", logon_type_name)),
    status: TableCell::LazyText(&row.attempt.status()),
    status_meaning: words(row.attempt.status()),
    sub_status: TableCell::LazyText(&row.attempt.sub_status()),
    sub_status_meaning: words(row.attempt.sub_status()),
    target_server: TableCell::Text(row.attempt.detail.target_server()),
    subject_user_name: TableCell::Text(row.subject().map_or("", |subject| &subject.user)),
    subject_user_domain: TableCell::Text(row.subject().map_or("", |subject| &subject.domain)),
    subject_user_sid: TableCell::Text(row.subject().map_or("", |subject| &subject.sid)),
    subject_logon_id: logon_id(
        row.attempt.detail.subject().map(|(_, id)| id).filter(|id| id.0 != 0)
    ),
    session_id: TableCell::LazyText(&row.attempt.session_id(&row.host.computer)),
    process_name: TableCell::Text(row.attempt.detail.process_name()),
    logon_process: TableCell::Text(row.attempt.detail.method().map_or("", |own| &own.logon_process)),
    authentication_package: TableCell::Text(
        row.attempt.detail.method().map_or("", |own| &own.package)
    ),
    success_session_id: TableCell::LazyText(&row.attempt.success_id(&row.host.computer)),
    success_time: time(row.attempt.success.map(|success| success.start.time)),
    channel: TableCell::Word(row.attempt.first.record.channel.name()),
    log_path: TableCell::LazyText(&list(row.log_paths())),
    recovered as Truth: TableCell::Truth(row.attempt.first.recovered || row.attempt.last.recovered),
    flags: TableCell::LazyText(&list(&row.attempt.flags)),
    computer_uid: TableCell::Uid(row.host.uid),
} }
