//! What happened on a simulated host, and what its log files show of that.

use crate::catalogue::Account;
use crate::value::FileTime;
use std::collections::BTreeSet;

/// A simulated history: its log files, and the truth about it.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The seed: it determines everything else.
    pub seed: u64,
    /// The log files: path below the evidence folder, and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What happened.
    pub truth: Truth,
    /// The kinds of behaviour of real Windows that took place in it, and how it was collected.
    pub features: BTreeSet<&'static str>,
}

/// What happened on every computer.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The computers.
    pub computers: Vec<TrueComputer>,
}

/// What happened on one computer.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueComputer {
    /// The last name of the computer.
    pub name: String,
    /// All names of the computer, in order.
    pub names: Vec<String>,
    /// Whether the files show that all these names and records are of one computer.
    pub shown_as_one: bool,
    /// Every boot, including those that the files do not show.
    pub boots: Vec<TrueBoot>,
    /// Every session that a record in the files names, by boot, then by Logon ID.
    pub sessions: Vec<TrueSession>,
    /// Every desktop that no record in Security names, but a record of another log.
    pub inferred: Vec<TrueInferred>,
    /// The findings that a correct report holds or may hold.
    pub findings: Vec<TrueFinding>,
    /// Whether the files hold records of the Security log. Without them, sessions are known only
    /// from events of other logs.
    pub has_security_log: bool,
}

/// One boot.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueBoot {
    /// Its number, from 1. Every boot counts.
    pub number: u32,
    /// What the clock of the host showed when the kernel started.
    pub started: FileTime,
    /// What the clock showed when the boot ended; none while it continues.
    pub ended: Option<FileTime>,
    /// The end causes that the files allow.
    pub end_causes: Vec<&'static str>,
    /// The records of its start that the files hold: channel, record id, Event ID.
    pub start_records: Vec<(&'static str, u64, u16)>,
    /// Its records in the Security and System logs of the files, and those of its end that the
    /// next boot wrote: channel, record id. Empty if the files do not show the boot.
    pub records: Vec<(&'static str, u64)>,
    /// Whether a lower bound of its end can be compared: the clock was not changed from its start
    /// to its end.
    pub lower_bound_holds: bool,
    /// Whether an upper bound of its end can be compared: the clock was not changed from its end
    /// until the next visible boot was complete.
    pub upper_bound_holds: bool,
    /// Who requested its end, `DOMAIN\name`, if the files hold every 1074 of that.
    pub requested_by: Option<String>,
    /// Why a reader cannot distinguish this boot from the one before it, if that is so.
    pub undecided: Option<&'static str>,
}

/// One logon session.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueSession {
    /// Number of its boot.
    pub boot: u32,
    /// Logon ID.
    pub logon_id: u64,
    /// The account of its user.
    pub account: Account,
    /// Logon type.
    pub logon_type: u32,
    /// Its class; several ones if the files do not decide.
    pub classes: Vec<&'static str>,
    /// The record id of its 4624 in the Security log, if the files hold it.
    pub start: Option<u64>,
    /// The record id of its 4647.
    pub initiated: Option<u64>,
    /// The record id of its 4634.
    pub terminated: Option<u64>,
    /// The record ids of its other records: 4672, 4778, 4779, 4800, 4801.
    pub other_records: Vec<u64>,
    /// What the clock showed when it ended; none while it is open. A user's session ends when the
    /// logoff begins.
    pub ended: Option<FileTime>,
    /// Whether it ended without a record, although logoffs are audited.
    pub unrecorded_end: bool,
    /// Whether a lower bound of its end can be compared: no step of the clock is missing in the
    /// files from its start to its end.
    pub lower_bound_holds: bool,
    /// Whether an upper bound of its end can be compared: no step of the clock is missing in the
    /// files from its end until the next visible boot is complete.
    pub upper_bound_holds: bool,
    /// The end causes that the files allow.
    pub end_causes: Vec<&'static str>,
    /// The Logon ID of the other half of a split token, if the files show it.
    pub linked: Option<u64>,
    /// Whether the files show that other half, or there is none.
    pub linked_known: bool,
    /// For a re-validation: the Logon IDs of the session that it checks, both halves.
    pub revalidates: Vec<u64>,
    /// Whether the files surely name that session: no record is missing since they last show it. Else it
    /// may have ended, and another one may have begun.
    pub revalidates_surely: bool,
    /// The Logon ID of the session that requested this one.
    pub parent: Option<u64>,
    /// How its start is known: `exact`, `before-log`, `missing-4624`.
    pub start_cause: &'static str,
    /// The true time from its 4624 to the record of its end, in 100 ns units, if the files hold
    /// both and every step of the clock between them.
    pub duration: Option<u64>,
    /// What the files show of a desktop; none for other sessions and for the elevated half.
    pub desktop: Option<TrueDesktop>,
    /// Whether the files decide that. Records of other logs belong to a boot only by their time,
    /// and more than one boot may have had that time.
    pub desktop_decided: bool,
    /// The 4624 of every re-validation of this session; none if the files do not decide.
    pub checks: Option<Vec<u64>>,
    /// Every record of another log about this desktop: channel, record id.
    pub notices: BTreeSet<(&'static str, u64)>,
    /// Those of them that confirm a logon or logoff in Security.
    pub corroborating: BTreeSet<(&'static str, u64)>,
    /// Whether the files decide its class and its end.
    pub decidable: bool,
    /// The reasons if they do not.
    pub undecided: Vec<&'static str>,
}

/// A desktop that only Winlogon, the Local Session Manager or the profile service shows.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueInferred {
    /// Number of its boot.
    pub boot: u32,
    /// The account of its user.
    pub account: Account,
    /// Its records: channel, record id.
    pub notices: BTreeSet<(&'static str, u64)>,
    /// Whether a report must have a row for it: the files hold its 7001 or 21, and Security holds
    /// nothing of its boot up to then.
    pub required: bool,
    /// What the clock showed when it ended; none while it is open.
    pub ended: Option<FileTime>,
    /// Whether the files hold its 7002 or 23.
    pub end_recorded: bool,
    /// The time of the last System record of its boot, if it was open until the boot ended without
    /// a shutdown or the log ends, and the clock was not changed meanwhile: it did not end before.
    pub open_until: Option<FileTime>,
    /// As in [`TrueSession`].
    pub lower_bound_holds: bool,
    /// As in [`TrueSession`].
    pub upper_bound_holds: bool,
    /// Whether the files decide to which boot its records belong.
    pub decided: bool,
}

/// What the files show of a desktop apart from its start and end.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueDesktop {
    /// Locks and changes of attachment, in order: channel and id of the record, and the Event ID
    /// that Security has for this (4778, 4779, 4800, 4801).
    pub incidents: Vec<(&'static str, u64, u16)>,
    /// Where it was attached, in order.
    pub attachments: Vec<TrueAttachment>,
    /// The end of the session in Security, if the files hold it: the last attachment ends then.
    pub left: Option<FileTime>,
    /// The time in which it was neither locked nor disconnected, in 100 ns units, if anything
    /// interrupted it and the files hold its start, its end, and every step of the clock between.
    pub active: Option<u64>,
    /// The computer slept meanwhile: some of that time was not in use.
    pub slept: bool,
}

/// A time interval in which a desktop was attached to one place.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueAttachment {
    /// True for a client, false for the console.
    pub remote: bool,
    /// The name of the client, if a record gives it.
    pub client: String,
    /// The address of the client.
    pub address: String,
    /// The time of the record of its beginning.
    pub from: Option<FileTime>,
    /// The time of the record of its end, if it ended before the session.
    pub to: Option<FileTime>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueFinding {
    /// Its code in findings.csv.
    pub code: &'static str,
    /// The number of the boot that it concerns.
    pub boot: Option<u32>,
    /// The records that show it, of which the report names one; empty if it names none.
    pub records: Vec<(&'static str, u64)>,
    /// True if the report must hold it, false if it may.
    pub required: bool,
}
