//! Logon sessions: one row of sessions.csv, and the milestones of timeline.csv.

mod clock;
mod end;
mod incident;
mod milestone;

use super::append::{self, AppendText, append};
use super::event::{Client, LogonMethod};
use super::words::words;
use super::{Account, Citation, Event, Flag, InferredBy, LogonId, RareList, Span, Timestamp};
use std::fmt;
use std::sync::Arc;

pub use clock::{ClockReadings, ClockStepReadings};
pub use end::{Basis, Confidence, End, EndCause};
pub(crate) use incident::locks_without_a_begin;
pub use incident::{Attachment, AttachmentKind, Incident};
pub use milestone::{Milestone, MilestoneKind};

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
        /// A short logon by Windows itself, for example while it is set up.
        Auxiliary = "auxiliary",
        /// The Desktop Window Manager or the font driver host.
        WindowManager = "window-manager",
        /// A machine account.
        Machine = "machine",
        /// ANONYMOUS LOGON.
        Anonymous = "anonymous",
        /// SYSTEM and other accounts that Windows brings along, with a Logon ID of their own.
        System = "system",
        /// No record says of which kind it was: only one that refers to the session (4672) is there, or only a 4634 of
        /// type 2 or 11, which may be that of a desktop, an elevation or a re-validation.
        Unknown = "",
    }
}

words! {
    /// What is known of a session's start.
    StartCause {
        /// Its 4624 was read.
        Exact = "exact",
        /// It began before the log does.
        BeforeLog = "before-log",
        /// The log has its boot, but not its 4624.
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

/// The name of a logon type: 2 `Interactive`, 3 `Network`, …; empty for a number without one.
/// Source: Microsoft's reference of event 4624, field `LogonType`.
///
/// ```
/// use winlast::model::session::logon_type_name;
///
/// assert_eq!(logon_type_name(10), "RemoteInteractive");
/// assert_eq!(logon_type_name(6), "");
/// ```
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

/// A moment of a session, with the record that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Moment {
    /// The time of the record, as the clock showed.
    pub time: Timestamp,
    /// The record.
    pub record: Citation,
    /// The record was recovered: from free space, from within another record, or from a damaged chunk.
    pub recovered: bool,
}

impl From<&Event> for Moment {
    /// The time of a record, and the record itself.
    fn from(event: &Event) -> Moment {
        Moment { time: event.time, record: Citation::from(event), recovered: event.recovered }
    }
}

/// One logon session: all that the logs say of one Logon ID in one boot epoch of one computer. One
/// row of sessions.csv.
///
/// The fields from events have the meaning of Microsoft's reference of that event.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Session {
    /// The number of its boot epoch; 0 is before the first known boot.
    pub boot_epoch: u32,
    /// Its Logon ID: `TargetLogonId` of the 4624. `None` when the session is known only from
    /// channels that do not name it.
    pub logon_id: Option<LogonId>,
    /// Another session of its boot has the same Logon ID, and began before it. Then the name of this one
    /// also has the ID of its 4624.
    pub is_repeated: bool,
    /// The other half of a linked logon: `TargetLinkedLogonId` of the 4624, or inferred where the
    /// event has no such field.
    pub linked: Option<LogonId>,
    /// Who was logged on.
    pub account: Arc<Account>,
    /// The logon type of the 4624, else of the 4634; see [`logon_type_name`].
    pub logon_type: Option<u32>,
    /// What kind of session it was.
    pub class: SessionClass,
    /// The logon: its 4624, or the record of another channel that it was inferred from.
    pub start: Option<Moment>,
    /// What is known of the start.
    pub start_cause: StartCause,
    /// The user asked to log off: its 4647.
    pub initiated: Option<Moment>,
    /// The session no longer exists: its 4634.
    pub terminated: Option<Moment>,
    /// When and why it ended.
    pub end: End,
    /// By how much the clock was set between start and end to correct an error of the clock. This
    /// is no time that passed.
    pub clock_correction: Span,
    /// The steps of the clock within the session, with what the clock showed on both sides of each. Where
    /// the start is not known, those from the start of its boot on.
    pub clock_readings: ClockReadings,
    /// The time in use: the session was neither locked nor disconnected, and the computer neither asleep nor off. `None`
    /// where locks and disconnects are not logged, where the end is known by bounds only, or where no record says for how
    /// long the computer slept.
    pub active: Option<Span>,
    /// Where the logon came from.
    pub client: Arc<Client>,
    /// The TCP port on the client; 0 when it is not given.
    pub port: u16,
    /// How the logon was made.
    pub method: Arc<LogonMethod>,
    /// `ElevatedToken` of the 4624: the elevated half of a linked logon, or a token that is always
    /// full. `None` where no event says so.
    pub elevated: Option<bool>,
    /// The session that this one came out of, in the same boot epoch. It always has a row.
    pub parent: Option<SessionKey>,
    /// The rule by which it is a re-validation; `None` for other sessions.
    pub revalidated_by: Option<InferredBy>,
    /// The consoles and clients that it was attached to, in order.
    pub attachments: RareList<Attachment>,
    /// Locks, reconnects, disconnects and re-validations, in record order.
    pub incidents: RareList<Incident>,
    /// The records used besides `start`, `initiated` and `terminated`.
    pub evidence: RareList<Citation>,
    /// The records of other channels that say the same as the start or the end, with the time by
    /// which they follow it.
    pub corroboration: RareList<(Citation, Span)>,
    /// Remarks besides how the start is known, in the order of the `flags` column.
    pub flags: RareList<Flag>,
}

/// Which session of a boot epoch: the last part of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(untagged)]
pub enum SessionKey {
    /// Its Logon ID.
    LogonId(LogonId),
    /// Its Logon ID, and the ID of its 4624, where an earlier session has the same Logon ID.
    Repeated(LogonId, u64),
    /// The first record of a session whose Logon ID is not known.
    Record(Citation),
}

impl SessionKey {
    /// Its Logon ID, where that is known.
    pub const fn logon_id(self) -> Option<LogonId> {
        match self {
            SessionKey::LogonId(id) | SessionKey::Repeated(id, _) => Some(id),
            SessionKey::Record(_) => None,
        }
    }
}

/// `0x29b379`, `0x29b379#230189`, `System#185`
impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for SessionKey {
    fn append_to(&self, out: &mut Vec<u8>) {
        match self {
            SessionKey::LogonId(id) => append!(out, id),
            SessionKey::Repeated(id, record) => append!(out, id, "#", record),
            SessionKey::Record(record) => append!(out, record),
        }
    }
}

/// The name of a session. It prints as `COMPUTER/BOOT/LOGONID`, with `#RECORD` behind it where an
/// earlier session of the boot has the same Logon ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId<'a> {
    computer: &'a str,
    boot_epoch: u32,
    key: Option<SessionKey>,
}

impl<'a> SessionId<'a> {
    /// The name of a session of a boot epoch of a computer.
    pub fn new(computer: &'a str, boot_epoch: u32, key: SessionKey) -> SessionId<'a> {
        SessionId { computer, boot_epoch, key: Some(key) }
    }
}

impl fmt::Display for SessionId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for SessionId<'_> {
    fn append_to(&self, out: &mut Vec<u8>) {
        append!(out, self.computer, "/", self.boot_epoch, "/");
        match self.key {
            Some(key) => append!(out, key),
            None => append!(out, "-"),
        }
    }
}

impl Session {
    /// Its name, `COMPUTER/BOOT/LOGONID`, which the same evidence always gives. A session without a
    /// Logon ID has its first record in its place.
    pub fn id<'a>(&self, computer: &'a str) -> SessionId<'a> {
        SessionId { computer, boot_epoch: self.boot_epoch, key: self.key() }
    }

    /// Which session of its boot epoch it is; `None` where it has neither a Logon ID nor a record.
    pub fn key(&self) -> Option<SessionKey> {
        match (self.logon_id, self.start.filter(|_| self.is_repeated)) {
            (Some(id), Some(start)) => Some(SessionKey::Repeated(id, start.record.record_id)),
            (Some(id), None) => Some(SessionKey::LogonId(id)),
            (None, _) => self.evidence.first().copied().map(SessionKey::Record),
        }
    }

    /// The rules by which it, its class or its end was inferred.
    pub fn inferred_by(&self) -> impl Iterator<Item = InferredBy> + Clone {
        let is_linked_by_time = self.flags.contains(&Flag::LinkInferred);
        let linked = is_linked_by_time.then_some(InferredBy::PairByTime);
        let (start, end) = (self.start_inferred_by(), self.end_inferred_by());
        [start, linked, self.revalidated_by, end].into_iter().flatten()
    }

    /// The rule by which its start was inferred; `None` where the start is logged.
    pub fn start_inferred_by(&self) -> Option<InferredBy> {
        (self.start_cause == StartCause::Inferred).then_some(InferredBy::OtherChannel)
    }

    /// The rule by which its end was inferred; `None` where the end is logged or not known at all.
    pub fn end_inferred_by(&self) -> Option<InferredBy> {
        match (self.end.cause, self.end.basis) {
            (EndCause::Inherited, _) => Some(InferredBy::LinkedHalf),
            (EndCause::Initiated, Some(Basis::Inferred)) => Some(InferredBy::LogoffInOtherChannel),
            (EndCause::Shutdown | EndCause::Lost, _) => Some(InferredBy::OrderlyShutdown),
            (EndCause::Crash, _) => Some(InferredBy::CrashReport),
            (EndCause::EpochEnd, _) => Some(InferredBy::NextBoot),
            _ => None,
        }
    }

    /// Adds a flag, unless the session has it already.
    pub(crate) fn flag(&mut self, flag: Flag) {
        if !self.flags.contains(&flag) {
            self.flags.push(flag);
        }
    }

    /// Gives back the memory that its lists do not use: nothing is added to them any more.
    pub(crate) fn shrink(&mut self) {
        self.attachments.shrink_to_fit();
        self.incidents.shrink_to_fit();
        self.evidence.shrink_to_fit();
        self.corroboration.shrink_to_fit();
        self.flags.shrink_to_fit();
    }

    /// Whether it is the elevated half of a linked logon. The user's desktop runs in the other half.
    pub fn is_elevated_half(&self) -> bool {
        self.linked.is_some() && self.elevated == Some(true)
    }

    /// Whether it is a desktop of which no record says whether it was used at the console or remotely.
    pub fn is_of_unknown_desktop(&self) -> bool {
        let is_desktop = self.class == SessionClass::Desktop;
        is_desktop && self.logon_type.is_none() && self.attachments.iter().next().is_none()
    }

    /// Whether it is a session that a reader asks for first: of a person, or of an account that was given
    /// to a service.
    pub fn is_of_person(&self) -> bool {
        let account = &self.account;
        match self.class {
            SessionClass::Desktop | SessionClass::RemoteDesktop | SessionClass::Secondary => true,
            SessionClass::Network | SessionClass::Batch => {
                !account.is_machine() && (account.is_ordinary() || account.sid.is_empty())
            }
            _ => false,
        }
    }

    /// What `start` is based on: logged by a 4624, or inferred from another channel.
    pub fn start_basis(&self) -> Basis {
        match self.start_cause {
            StartCause::Inferred => Basis::Inferred,
            _ => Basis::Logged,
        }
    }

    /// The time from start to end, as the clock showed. `None` where one of them is not known; where
    /// the end is known by bounds only, the time to the earliest end.
    ///
    /// ```
    /// use winlast::model::Span;
    ///
    /// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
    /// let (_, session) = report
    ///     .sessions()
    ///     .find(|(_, session)| session.logon_id.is_some_and(|id| id.0 == 0x29b379))
    ///     .expect("the sample holds this session");
    /// // From 02:47:52.6130417 to 03:08:41.0590714; nobody set the clock meanwhile.
    /// assert_eq!(session.duration(), Some(Span(12_484_460_297)));
    /// assert_eq!(session.corrected_duration(), session.duration());
    /// # Ok::<(), winlast::Error>(())
    /// ```
    pub fn duration(&self) -> Option<Span> {
        match (&self.start, self.end.time) {
            (Some(start), Some(end)) => Some(end.since(start.time)),
            _ => None,
        }
    }

    /// The time that really passed: [`duration`](Session::duration) without `clock_correction`. `None` if that is unknown.
    pub fn corrected_duration(&self) -> Option<Span> {
        let raw = self.duration().filter(|_| !self.flags.contains(&Flag::ClockStepUnknown))?;
        Some(Span(raw.0.saturating_sub(self.clock_correction.0)))
    }

    /// Its start, else the first time that a record shows it, else the earliest that is known of its end.
    pub fn first_time(&self) -> Option<Timestamp> {
        let time = |moment: &Moment| moment.time;
        let incidents = self.incidents.iter().map(|incident| incident.moment.time);
        let ends = [&self.initiated, &self.terminated].into_iter().flatten().map(time);
        let shown = || incidents.chain(ends).min();
        let end = [self.end.not_before, self.end.time, self.end.not_after];
        self.start.as_ref().map(time).or_else(shown).or_else(|| end.into_iter().flatten().next())
    }

    /// Its start with the time, else the first record that shows it, and the time of that where it is known.
    pub(crate) fn first_record(&self) -> (Option<Citation>, Option<Timestamp>) {
        let shown = || self.initiated.as_ref().or(self.terminated.as_ref());
        match (self.start.as_ref().or_else(shown), self.evidence.first()) {
            (Some(moment), _) => (Some(moment.record), Some(moment.time)),
            (None, first) => (first.copied(), None),
        }
    }

    /// Its rows of timeline.csv, in the order in which they happened.
    ///
    /// ```
    /// use winlast::model::MilestoneKind::{InitiatedLogoff, Start, Terminated};
    ///
    /// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
    /// let (_, session) = report
    ///     .sessions()
    ///     .find(|(_, session)| session.logon_id.is_some_and(|id| id.0 == 0x29b379))
    ///     .expect("the sample holds this session");
    /// let rows: Vec<_> = session
    ///     .milestones()
    ///     .map(|row| (row.kind, row.record.map(|record| record.record_id)))
    ///     .collect();
    /// assert_eq!(
    ///     rows,
    ///     [(Start, Some(230_189)), (InitiatedLogoff, Some(230_200)), (Terminated, Some(230_201))]
    /// );
    /// # Ok::<(), winlast::Error>(())
    /// ```
    pub fn milestones(&self) -> impl Iterator<Item = Milestone> {
        (0..).map_while(|number| self.milestone(number))
    }

    /// The milestone of this number, from 0. A session may have hundreds of thousands of incidents, so no
    /// other milestone is made for it.
    pub(crate) fn milestone(&self, number: usize) -> Option<Milestone> {
        let logged = Milestone::logged;
        let start = self.start.filter(|_| number == 0);
        if let Some(moment) = start {
            let start = logged(MilestoneKind::Start, &moment);
            return Some(Milestone { basis: self.start_basis(), ..start });
        }
        if let Some(incident) = self.incident(number) {
            return Some(logged(incident.kind, &incident.moment));
        }
        let initiated =
            self.initiated.map(|moment| logged(MilestoneKind::InitiatedLogoff, &moment));
        let before = self.incidents.len() + usize::from(self.start.is_some());
        initiated.into_iter().chain(self.end_milestone()).nth(number.checked_sub(before)?)
    }

    /// The incident that the milestone of this number shows; `None` for the start and the end.
    pub(crate) fn incident(&self, number: usize) -> Option<&Incident> {
        self.incidents.get(number.checked_sub(usize::from(self.start.is_some()))?)
    }

    /// Whether it has a `terminated` row.
    pub(crate) fn has_end_milestone(&self) -> bool {
        self.end_milestone().is_some()
    }

    /// The `terminated` row: where the end is logged, inherited, inferred, or bounded on both sides.
    fn end_milestone(&self) -> Option<Milestone> {
        if let Some(moment) = &self.terminated {
            return Some(Milestone::logged(MilestoneKind::Terminated, moment));
        }
        // A 4647 has its own row. When the session was terminated after that is not known.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A report has millions of them.
    #[test]
    fn sessions_are_small() {
        assert!(size_of::<Session>() <= 344, "{}", size_of::<Session>());
    }
}
