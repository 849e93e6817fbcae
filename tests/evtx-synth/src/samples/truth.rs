//! What is true of the sample logs, as their author knows it, in two tables.

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
/// The end may stand in a record that is missing.
pub(super) const CENSORED: End = ("censored", "none");

/// A record that says something about a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub record: u64,
    pub time: FileTime,
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct SessionRow {
    pub computer: String,
    pub boot: u32,
    pub session: Session,
    /// Unknown where only a 4647 is left.
    pub logon_type: Option<u32>,
    pub start: Option<Mark>,
    pub initiated: Option<Mark>,
    pub terminated: Option<Mark>,
    pub end: Option<End>,
}

/// A boot. Its end is empty where no record gives it.
#[derive(Clone, Debug)]
pub(super) struct BootRow {
    pub computer: String,
    pub boot: u32,
    pub start: FileTime,
    pub end: Option<FileTime>,
    pub end_cause: &'static str,
}

/// All that is true.
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
            let marks = [row.start, row.initiated, row.terminated];
            let records = marks.map(|mark| text(mark.map(|mark| mark.record))).join(",");
            let times = marks.map(|mark| text(mark.map(|mark| mark.time))).join(",");
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
