//! What is true of a simulated host, and what its files let a reader know.

use crate::catalogue::Account;
use crate::value::FileTime;
use std::collections::BTreeSet;

/// A simulated history: its log files, and the truth about it.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The number that determines all of it.
    pub seed: u64,
    /// Path below the evidence folder, and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What happened.
    pub truth: Truth,
}

/// What happened on every computer.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The computers.
    pub computers: Vec<TrueComputer>,
}

/// One computer.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueComputer {
    /// The last name it had.
    pub name: String,
    /// All names it had, in order.
    pub names: Vec<String>,
    /// Whether the files show that all of this is one computer.
    pub tied: bool,
    /// Every boot, also those that the files do not show.
    pub boots: Vec<TrueBoot>,
    /// Every session that a record in the files names, by boot, then by Logon ID.
    pub sessions: Vec<TrueSession>,
    /// What an examiner must be told.
    pub findings: Vec<TrueFinding>,
    /// Whether the files hold audit records of this computer: without, sessions are known only
    /// from notices in other logs.
    pub has_security_log: bool,
}

/// One boot.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueBoot {
    /// Number from 1, counting every boot.
    pub number: u32,
    /// The host's clock when the kernel started.
    pub started: FileTime,
    /// The host's clock when the boot ended; none while it lasts.
    pub ended: Option<FileTime>,
    /// The words that the law allows for the end, given what the files hold.
    pub end_causes: Vec<&'static str>,
    /// Records that mark the start and stand in the files: channel, record id, Event ID.
    pub marks: Vec<(&'static str, u64, u16)>,
    /// Records of the boot in the Security and System logs of the files, with what the next
    /// boot wrote of its end: channel, record id. Empty where the files do not show the boot.
    pub records: Vec<(&'static str, u64)>,
    /// Whether the clock ran evenly from start to end.
    pub steady_before_end: bool,
    /// Whether the clock ran evenly from the end until the next visible boot was up.
    pub steady_after_end: bool,
    /// Why a reader cannot tell this boot from the one before it, where that is so.
    pub undecided: Option<&'static str>,
}

/// One logon session.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueSession {
    /// Number of its boot.
    pub boot: u32,
    /// Logon ID.
    pub logon_id: u64,
    /// Whose.
    pub account: Account,
    /// Logon type.
    pub logon_type: u32,
    /// What kind of session; several words where the files do not tell.
    pub classes: Vec<&'static str>,
    /// Record id of the 4624 in the Security log, if the files hold it.
    pub start: Option<u64>,
    /// Of the 4647.
    pub initiated: Option<u64>,
    /// Of the 4634.
    pub terminated: Option<u64>,
    /// Of further records of the session: 4672, 4778, 4779, 4800, 4801.
    pub others: Vec<u64>,
    /// The host's clock when it truly ended (for a user: when the logoff began); none while open.
    pub ended: Option<FileTime>,
    /// It ended and nothing was written about it, although logoffs are audited.
    pub silent: bool,
    /// Whether the clock ran evenly from start to end: else a lower bound says nothing.
    pub steady_before_end: bool,
    /// Whether the clock ran evenly from the end until the next visible boot was up: else an
    /// upper bound says nothing.
    pub steady_after_end: bool,
    /// The end causes that the law allows, given what the files hold.
    pub end_causes: Vec<&'static str>,
    /// Logon ID of the other half of a split token, where the files tell it.
    pub partner: Option<u64>,
    /// Whether the files tell that other half, or that there is none.
    pub partner_known: bool,
    /// For a re-validation: Logon IDs of the session it is of, both halves.
    pub revalidates: Vec<u64>,
    /// Logon ID of the session that asked for this one.
    pub parent: Option<u64>,
    /// How its start is known: `exact`, `before-log`, `missing-4624`.
    pub start_cause: &'static str,
    /// True time from the 4624 to the record of the end, in 100 ns, where both stand in the files
    /// and every change of the clock between them does.
    pub lasted: Option<u64>,
    /// What the files tell of a desktop; none for other sessions and for the elevated half.
    pub desk: Option<TrueDesk>,
    /// Whether they tell it: readings of the clock alone say of which boot another log's record is.
    pub desk_decided: bool,
    /// The 4624 of every check of this session; none where the files do not tell.
    pub checks: Option<Vec<u64>>,
    /// Every record of another log that speaks of this desktop: channel, record id.
    pub notices: BTreeSet<(&'static str, u64)>,
    /// Those that tell of a coming or going that Security tells, too.
    pub partners: BTreeSet<(&'static str, u64)>,
    /// Whether the files decide class and end.
    pub decidable: bool,
    /// Why not.
    pub undecided: Vec<&'static str>,
}

/// What the files tell of a desktop beside its start and end.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueDesk {
    /// Locks and moves in order: channel and id of the record that tells of it, and the Event ID
    /// that Security has for it (4778, 4779, 4800, 4801).
    pub incidents: Vec<(&'static str, u64, u16)>,
    /// Where it was shown.
    pub attachments: Vec<TrueAttachment>,
    /// When its user left, where a record of Security says so: the last attachment ends then.
    pub left: Option<FileTime>,
    /// Time neither locked nor disconnected, in 100 ns, where something interrupted it and the
    /// files tell start, end, and every change of the clock between them.
    pub active: Option<u64>,
}

/// A stretch of time during which a desktop was shown somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueAttachment {
    /// On a client, rather than at the console.
    pub remote: bool,
    /// The client's name, where a record gives it.
    pub client: String,
    /// Its address.
    pub address: String,
    /// Stamp of the record that tells of its beginning.
    pub from: Option<FileTime>,
    /// Stamp of the record that tells of its end, before the session's own.
    pub to: Option<FileTime>,
}

/// Something an examiner must be told.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueFinding {
    /// Its code in findings.csv.
    pub code: &'static str,
    /// Number of the boot it is about.
    pub boot: Option<u32>,
    /// The records that tell of it, one of which is to be named; empty where none is.
    pub records: Vec<(&'static str, u64)>,
    /// It must be there; else it may.
    pub sure: bool,
}
