//! The truth about the sample logs, as their author knows it, in two tables.

use std::fmt::Write as _;

use crate::catalogue::Session;
use crate::value::FileTime;

/// How a session ended and how sure that is.
pub(super) type End = (&'static str, &'static str);

pub(super) const TERMINATED: End = ("terminated", "high");
pub(super) const INITIATED: End = ("initiated", "high");
pub(super) const INHERITED: End = ("inherited", "medium");
pub(super) const SHUTDOWN: End = ("shutdown", "medium");
pub(super) const LOST: End = ("lost", "medium");
pub(super) const CRASH: End = ("crash", "low");
pub(super) const OPEN: End = ("open", "none");
/// The record of the end may be missing in the log.
pub(super) const CENSORED: End = ("censored", "none");

/// A record about a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordRef {
    pub record: u64,
    pub time: FileTime,
}

/// A row of the table of sessions.
#[derive(Clone, Debug)]
pub(super) struct SessionRow {
    pub computer: String,
    pub boot: u32,
    pub session: Session,
    /// None if the log holds only a 4647.
    pub logon_type: Option<u32>,
    pub start: Option<RecordRef>,
    pub initiated: Option<RecordRef>,
    pub terminated: Option<RecordRef>,
    pub end: Option<End>,
}

/// A row of the table of boots. The end is empty if no record gives it.
#[derive(Clone, Debug)]
pub(super) struct BootRow {
    pub computer: String,
    pub boot: u32,
    pub start: FileTime,
    pub end: Option<FileTime>,
    pub end_cause: &'static str,
}

/// Both tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    pub sessions: Vec<SessionRow>,
    pub boots: Vec<BootRow>,
}

impl Truth {
    pub fn append(&mut self, mut other: Self) {
        self.sessions.append(&mut other.sessions);
        self.boots.append(&mut other.boots);
    }

    pub fn sessions_csv(&self) -> String {
        let mut out = String::from(
            "computer,boot_epoch,logon_id,user_name,user_domain,logon_type,start_record,initiated_record,\
             terminated_record,start,initiated_logoff,terminated,end_cause,confidence\n",
        );
        for row in &self.sessions {
            let (cause, confidence) = row.end.expect("the scenario says how every session ended");
            let account = &row.session.account;
            let records_of_row = [row.start, row.initiated, row.terminated];
            let records =
                records_of_row.map(|record| text(record.map(|record| record.record))).join(",");
            let times =
                records_of_row.map(|record| text(record.map(|record| record.time))).join(",");
            let _ = writeln!(
                out,
                "{},{},{:#x},{},{},{},{records},{times},{cause},{confidence}",
                row.computer,
                row.boot,
                row.session.logon_id,
                account.name,
                account.domain,
                text(row.logon_type),
            );
        }
        out
    }

    pub fn boots_csv(&self) -> String {
        let mut out = String::from("computer,boot_epoch,start,end,end_cause\n");
        for row in &self.boots {
            let (computer, boot, start, cause) =
                (&row.computer, row.boot, row.start, row.end_cause);
            let _ = writeln!(out, "{computer},{boot},{start},{},{cause}", text(row.end));
        }
        out
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
