//! Logon sessions: one row of sessions.csv, and the milestones of timeline.csv.

use super::event::{Client, LogonMethod};
use super::words::words;
use super::{Account, Citation, Flag, LogonId, Span, Timestamp};
use std::fmt;
use std::sync::Arc;

words! {
    /// What kind of session a logon made.
    SessionClass {
        /// A person at the desktop (logon types 2 and 11).
        Desktop = "desktop",
        /// A person over Remote Desktop (logon types 10 and 12).
        RemoteDesktop = "remote-desktop",
        /// A logon over the network (logon types 3 and 8).
        Network = "network",
        /// A service (logon type 5) with a Logon ID of its own.
        Service = "service",
        /// A scheduled task (logon type 4).
        Batch = "batch",
        /// A secondary logon: runas, or NewCredentials (logon type 9).
        Secondary = "secondary",
        /// A logon from the credential prompt of User Account Control (UAC).
        Elevation = "elevation",
        /// The check of an unlock or a reconnect of an open session.
        Revalidation = "revalidation",
        /// Windows setup and the like.
        Auxiliary = "auxiliary",
        /// The Desktop Window Manager or the font driver host.
        WindowManager = "window-manager",
        /// A machine account.
        Machine = "machine",
        /// ANONYMOUS LOGON.
        Anonymous = "anonymous",
        /// SYSTEM and other accounts that Windows brings along, with a Logon ID of their own.
        System = "system",
        /// Only a record that refers to the session (4672) is there, which does not say of which
        /// kind it was.
        Unknown = "",
    }
}

words! {
    /// What a time rests on.
    Basis {
        /// The event itself.
        Logged = "logged",
        /// The other half of a linked pair.
        Inherited = "inherited",
        /// A clean shutdown, or another channel.
        Inferred = "inferred",
        /// Only an interval is known; the time given is its beginning.
        Bounded = "bounded",
    }
}

words! {
    /// Why a session is taken to have ended. The order is the order of preference.
    EndCause {
        /// A 4634 is logged.
        Terminated = "terminated",
        /// A 4647 is logged and no 4634; the token may have lived longer.
        Initiated = "initiated",
        /// The linked half ended.
        Inherited = "inherited",
        /// The session was open when the computer shut down.
        Shutdown = "shutdown",
        /// As `shutdown`, and an event that may be its logoff is known to be lost.
        Lost = "lost",
        /// The session was open when the computer crashed.
        Crash = "crash",
        /// The session was open when the next boot began, and nothing else is known.
        EpochEnd = "epoch-end",
        /// The session was open when the log ended.
        Open = "open",
        /// The end may lie in records that are missing.
        Censored = "censored",
    }
}

words! {
    /// How sure the end is.
    Confidence {
        /// The end is logged.
        High = "high",
        /// The end follows from other records.
        Medium = "medium",
        /// Only an interval is known.
        Low = "low",
        /// Only an interval is known, without evidence of what happened.
        VeryLow = "very low",
        /// The end is not known.
        None = "none",
    }
}

words! {
    /// What is known of a session's start.
    StartCause {
        /// Its 4624 is there.
        Exact = "exact",
        /// It began before the log does.
        BeforeLog = "before-log",
        /// Its boot is in the log, its 4624 is not.
        Missing4624 = "missing-4624",
        /// It is known only from another channel.
        Inferred = "inferred",
    }
}

impl StartCause {
    /// The remark that says so in the `flags` column of sessions.csv.
    pub const fn flag(self) -> Option<Flag> {
        match self {
            StartCause::Exact => None,
            StartCause::BeforeLog => Some(Flag::BeforeLog),
            StartCause::Missing4624 => Some(Flag::Missing4624),
            StartCause::Inferred => Some(Flag::StartInferred),
        }
    }
}

words! {
    /// What a row of timeline.csv marks.
    MilestoneKind {
        /// The logon.
        Start = "start",
        /// A client was attached to the session again.
        Reconnected = "reconnected",
        /// The client was detached from the session.
        Disconnected = "disconnected",
        /// The workstation was locked.
        Locked = "locked",
        /// The workstation was unlocked.
        Unlocked = "unlocked",
        /// The credentials were checked again, for an unlock or a reconnect.
        Revalidated = "revalidated",
        /// The user asked to log off; only where a 4647 exists.
        InitiatedLogoff = "initiated-logoff",
        /// The session ended.
        Terminated = "terminated",
    }
}

impl MilestoneKind {
    /// The same in words, for importers that want a description of the time.
    pub const fn description(self) -> &'static str {
        match self {
            MilestoneKind::Start => "Logon",
            MilestoneKind::Reconnected => "Session reconnected",
            MilestoneKind::Disconnected => "Session disconnected",
            MilestoneKind::Locked => "Workstation locked",
            MilestoneKind::Unlocked => "Workstation unlocked",
            MilestoneKind::Revalidated => "Credentials re-validated",
            MilestoneKind::InitiatedLogoff => "Logoff initiated",
            MilestoneKind::Terminated => "Logon session ended",
        }
    }

    /// One of the three that every run writes; the others come with `--rows all`.
    pub const fn is_principal(self) -> bool {
        use MilestoneKind::{InitiatedLogoff, Start, Terminated};
        matches!(self, Start | InitiatedLogoff | Terminated)
    }
}

/// The field's name for a logon type: 2 `Interactive`, 3 `Network`, …; empty for others.
/// Source: Microsoft's reference of event 4624.
pub const fn logon_type_name(logon_type: u32) -> &'static str {
    match logon_type {
        0 => "System",
        2 => "Interactive",
        3 => "Network",
        4 => "Batch",
        5 => "Service",
        7 => "Unlock",
        8 => "NetworkCleartext",
        9 => "NewCredentials",
        10 => "RemoteInteractive",
        11 => "CachedInteractive",
        12 => "CachedRemoteInteractive",
        13 => "CachedUnlock",
        _ => "",
    }
}

/// A moment of a session with the record that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub time: Timestamp,
    /// Which record.
    pub record: Citation,
    /// The record was carved from free space.
    pub recovered: bool,
}

/// When and why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The end, or the earliest moment it can have been when only bounds are known.
    pub time: Option<Timestamp>,
    /// What `time` rests on; none when there is no time.
    pub basis: Option<Basis>,
    /// Why.
    pub cause: EndCause,
    /// How sure.
    pub confidence: Confidence,
    /// The session was still there at this moment.
    pub not_before: Option<Timestamp>,
    /// The session was gone by this moment.
    pub not_after: Option<Timestamp>,
    /// The record that `time` comes from.
    pub record: Option<Citation>,
}

impl End {
    /// Nothing is known of the end but that the session was there at `not_before`.
    pub fn unknown(cause: EndCause, not_before: Option<Timestamp>) -> End {
        End {
            time: None,
            basis: None,
            cause,
            confidence: Confidence::None,
            not_before,
            not_after: None,
            record: None,
        }
    }
}

/// An interval in which a session was attached to a console or client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// `console` or `rdp`.
    pub kind: AttachmentKind,
    /// Client name, empty for the console.
    pub client: String,
    /// Client address, empty for the console.
    pub address: String,
    /// From.
    pub from: Option<Timestamp>,
    /// To; none while attached.
    pub to: Option<Timestamp>,
}

words! {
    /// To what a session was attached.
    AttachmentKind {
        /// Keyboard and screen of the computer, or a virtual machine's console.
        Console = "console",
        /// Remote Desktop.
        Rdp = "rdp",
    }
}

/// One more thing that happened to a session: lock, unlock, reconnect, disconnect, re-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident {
    /// What.
    pub kind: MilestoneKind,
    /// When, and the record.
    pub moment: Moment,
}

/// One session: what sessions.csv says of a (computer, boot epoch, Logon ID).
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Boot epoch; 0 is before the first known boot.
    pub boot_epoch: u32,
    /// Logon ID; none when the session is known only from channels that do not name it.
    pub logon_id: Option<LogonId>,
    /// The other half of a UAC pair.
    pub linked: Option<LogonId>,
    /// Whose.
    pub account: Arc<Account>,
    /// Logon type of the 4624, else of the 4634.
    pub logon_type: Option<u32>,
    /// What kind.
    pub class: SessionClass,
    /// 4624.
    pub start: Option<Moment>,
    /// What is known of the start.
    pub start_cause: StartCause,
    /// 4647.
    pub initiated: Option<Moment>,
    /// 4634.
    pub terminated: Option<Moment>,
    /// How it ended.
    pub end: End,
    /// Clock corrections between start and end that were errors of the clock, not elapsed time.
    pub clock_correction: Span,
    /// Time in use, without locked and disconnected time; none when unknown.
    pub active: Option<Span>,
    /// Where from.
    pub client: Arc<Client>,
    /// TCP port on the client; 0: not given.
    pub port: u16,
    /// How.
    pub method: Arc<LogonMethod>,
    /// Elevated half of a UAC pair, or a token that is always full.
    pub elevated: Option<bool>,
    /// The session that this one came out of.
    pub parent: Option<LogonId>,
    /// Console and client attachments.
    pub attachments: Vec<Attachment>,
    /// Locks, reconnects and re-validations in record order.
    pub incidents: Vec<Incident>,
    /// Records used besides start, initiated and terminated.
    pub evidence: Vec<Citation>,
    /// Records of other channels that say the same as a start or end, with their lag after it.
    pub corroboration: Vec<(Citation, Span)>,
    /// Remarks besides how the start is known, in the order of the `flags` column.
    pub flags: Vec<Flag>,
}

/// What a session is called; it prints as `COMPUTER/EPOCH/LOGONID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId<'a> {
    computer: &'a str,
    boot_epoch: u32,
    logon_id: Option<LogonId>,
    record: Option<Citation>,
}

impl fmt::Display for SessionId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/", self.computer, self.boot_epoch)?;
        match (self.logon_id, self.record) {
            (Some(logon_id), _) => write!(f, "{logon_id}"),
            (None, Some(record)) => write!(f, "{record}"),
            (None, None) => f.write_str("-"),
        }
    }
}

impl Session {
    /// `COMPUTER/EPOCH/LOGONID`; sessions without a Logon ID carry their first record instead.
    pub fn id<'a>(&self, computer: &'a str) -> SessionId<'a> {
        let record = self.evidence.first().copied();
        SessionId { computer, boot_epoch: self.boot_epoch, logon_id: self.logon_id, record }
    }

    /// Gives back memory that its lists do not use: it is finished.
    pub fn shrink(&mut self) {
        self.attachments.shrink_to_fit();
        self.incidents.shrink_to_fit();
        self.evidence.shrink_to_fit();
        self.corroboration.shrink_to_fit();
        self.flags.shrink_to_fit();
    }

    /// The elevated half of a UAC pair: the user works in the other.
    pub fn is_elevated_half(&self) -> bool {
        self.linked.is_some() && self.elevated == Some(true)
    }

    /// What `start` rests on: a 4624, or another channel.
    pub fn start_basis(&self) -> Basis {
        match self.start_cause {
            StartCause::Inferred => Basis::Inferred,
            _ => Basis::Logged,
        }
    }

    /// Raw time between start and end by the clock's own readings.
    pub fn duration(&self) -> Option<Span> {
        match (&self.start, self.end.time) {
            (Some(start), Some(end)) => Some(end.since(start.time)),
            _ => None,
        }
    }

    /// [`Session::duration`] without the steps of the clock that were errors.
    pub fn corrected_duration(&self) -> Option<Span> {
        self.duration().map(|raw| Span(raw.0.saturating_sub(self.clock_correction.0)))
    }

    /// The session's rows of timeline.csv, in the order in which they happened to it.
    pub fn milestones(&self) -> impl Iterator<Item = Milestone> {
        let logged = |kind, moment: &Moment| Milestone {
            kind,
            time: moment.time,
            basis: Basis::Logged,
            record: Some(moment.record),
            recovered: moment.recovered,
        };
        let start = self.start.map(|moment| Milestone {
            basis: self.start_basis(),
            ..logged(MilestoneKind::Start, &moment)
        });
        let incidents = self.incidents.iter().map(move |i| logged(i.kind, &i.moment));
        let initiated =
            self.initiated.map(|moment| logged(MilestoneKind::InitiatedLogoff, &moment));
        start.into_iter().chain(incidents).chain(initiated).chain(self.end_milestone())
    }

    /// The `terminated` row: where the end is logged, inherited, inferred, or bounded on both sides.
    fn end_milestone(&self) -> Option<Milestone> {
        if let Some(moment) = &self.terminated {
            return Some(Milestone {
                kind: MilestoneKind::Terminated,
                time: moment.time,
                basis: Basis::Logged,
                record: Some(moment.record),
                recovered: moment.recovered,
            });
        }
        // A 4647 has its own row; that the token went later is not known.
        if self.initiated.is_some() && self.end.cause == EndCause::Initiated {
            return None;
        }
        let (time, basis) = (self.end.time?, self.end.basis?);
        if basis == Basis::Bounded && self.end.not_after.is_none() {
            return None;
        }
        Some(Milestone {
            kind: MilestoneKind::Terminated,
            time,
            basis,
            record: self.end.record,
            recovered: false,
        })
    }
}

/// One row of timeline.csv.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// What.
    pub kind: MilestoneKind,
    /// When.
    pub time: Timestamp,
    /// What the time rests on.
    pub basis: Basis,
    /// The record that gives the time.
    pub record: Option<Citation>,
    /// That record was carved from free space.
    pub recovered: bool,
}
