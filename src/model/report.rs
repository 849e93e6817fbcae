//! What an analysis found: the one thing that every output is written from.

use super::account::computer_label;
use super::event::Detail;
use super::{
    Account, AccountNames, Attempt, Boot, Channel, Citation, Event, EventKind, Finding, HopRecord,
    Hops, LogId, LogSummary, Session, Text, Uid, UidOf,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Records that several logs hold, by channel and `EventRecordID`, with the logs besides the one
/// that is cited.
pub type Copies = BTreeMap<(Channel, u64), BTreeSet<LogId>>;

/// What the logs hold, before boots and sessions are built from it: the answer of
/// [`Analysis::events`](crate::Analysis::events).
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct EventSet {
    /// Every event that means something to sessions, and boundary records. The order is that of
    /// the logs, and in a log that of the records' places, not of their times.
    pub events: Vec<Event>,
    /// What the logs say of hops, where that was asked for, in the order of the events.
    pub hop_records: Vec<HopRecord>,
    /// One summary for each log, by path; a [`LogId`] is the index.
    pub logs: Vec<LogSummary>,
    /// What could not be found or read.
    pub findings: Vec<Finding>,
    /// The images and archives read, by path.
    pub containers: Vec<ContainerSummary>,
}

impl EventSet {
    /// Takes in what was read of further logs.
    pub(crate) fn add(&mut self, mut more: EventSet) {
        let before = u32::try_from(self.logs.len()).unwrap_or(u32::MAX);
        more.renumber(|log| LogId(log.0.saturating_add(before)));
        if self.events.is_empty() {
            self.events = more.events;
        } else {
            self.events.append(&mut more.events);
        }
        self.hop_records.append(&mut more.hop_records);
        self.logs.append(&mut more.logs);
        self.findings.append(&mut more.findings);
        self.containers.append(&mut more.containers);
    }

    /// Puts everything in its order, whatever the order in which it was added.
    pub(crate) fn sort(&mut self) {
        let mut logs: Vec<(u32, LogSummary)> = (0..).zip(std::mem::take(&mut self.logs)).collect();
        // Cases may have given different logs one path.
        let order = |log: &LogSummary| {
            let LogSummary { path, size, record_ids, times, sha256, case_mark, .. } = log;
            (path.clone(), *size, *record_ids, *times, sha256.clone(), case_mark.clone())
        };
        logs.sort_by_cached_key(|(_, log)| order(log));
        let numbers: BTreeMap<u32, u32> =
            (0..).zip(&logs).map(|(new, (old, _))| (*old, new)).collect();
        self.renumber(|log| LogId(numbers.get(&log.0).copied().unwrap_or(log.0)));
        self.logs = logs.into_iter().map(|(_, log)| log).collect();
        self.events.sort_unstable_by_key(|event| event.location);
        self.hop_records.sort_by_key(|record| record.location);
        let order = |one: &ContainerSummary| (one.path.clone(), one.case_mark.clone());
        self.containers.sort_by_cached_key(order);
        self.findings.sort();
    }

    /// The events of a log, once they are [in order](EventSet::sort).
    pub(crate) fn events_of(&self, log: LogId) -> &[Event] {
        let start = self.events.partition_point(|event| event.location.log < log);
        let rest = self.events.get(start..).unwrap_or_default();
        let end = rest.partition_point(|event| event.location.log == log);
        rest.get(..end).unwrap_or_default()
    }

    /// Removes logs with all that was read of them.
    pub(crate) fn remove_logs(&mut self, logs: &BTreeSet<LogId>) {
        if logs.is_empty() {
            return;
        }
        self.events.retain(|event| !logs.contains(&event.location.log));
        self.hop_records.retain(|record| !logs.contains(&record.location.log));
        self.findings.retain(|finding| finding.log.is_none_or(|log| !logs.contains(&log)));
        let mut numbers = BTreeMap::new();
        let mut all = (0..).map(LogId);
        self.logs.retain(|_| {
            let kept = all.next().filter(|log| !logs.contains(log));
            let number = LogId(u32::try_from(numbers.len()).unwrap_or(u32::MAX));
            numbers.extend(kept.map(|log| (log, number)));
            kept.is_some()
        });
        self.renumber(|log| numbers.get(&log).copied().unwrap_or(log));
    }

    fn renumber(&mut self, number: impl Fn(LogId) -> LogId) {
        for event in &mut self.events {
            event.location.log = number(event.location.log);
        }
        for record in &mut self.hop_records {
            record.location.log = number(record.location.log);
        }
        for log in self.findings.iter_mut().filter_map(|finding| finding.log.as_mut()) {
            *log = number(*log);
        }
    }
}

/// What was read of all evidence, packed as a case keeps it: `docs/events-file.md`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StoredEvents {
    /// The members of the gzip file.
    pub(crate) members: Vec<Vec<u8>>,
}

/// How much was read of one image or archive.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ContainerSummary {
    /// The path as it was given or found.
    pub path: String,
    /// The size in bytes of its file and of the further files that it is made of. The parents of a
    /// differencing image do not count.
    pub size: u64,
    /// The number of bytes that this run read of these files and of parents. A byte that was read twice counts
    /// twice. It depends on the number of threads, so a case does not keep it: of a container that a case has in
    /// place of its logs, nothing is read.
    #[serde(skip)]
    pub bytes_read: u64,
    /// As that of [a log](LogSummary::case_mark).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_mark: Option<String>,
}

/// Everything that an analysis says about its evidence.
///
/// ```
/// let report = winlast::Analysis::of(["sample-evtx/ws01"]).run()?;
///
/// assert_eq!(report.hosts.len(), 1);
/// assert_eq!(report.logs.len(), 3, "Security, System, Local Session Manager");
/// assert!(!report.is_incomplete(), "all of it could be read");
/// # Ok::<(), winlast::Error>(())
/// ```
///
/// A report and everything in it can be serialised with serde: times and Logon IDs as they print,
/// lengths of time in seconds, words as in the tables.
///
/// ```
/// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
/// let (_, session) = report
///     .sessions()
///     .find(|(_, session)| session.initiated.is_some())
///     .expect("the sample holds one 4647");
///
/// let json = serde_json::to_value(session).expect("no map has keys other than text");
/// assert_eq!(json["initiated"]["record"]["record_id"], 230_200);
/// assert_eq!(json["logon_id"], "0x29b379");
/// assert_eq!(json["initiated"]["record"]["channel"], "Security");
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Report {
    /// One host for each computer, by name.
    pub hosts: Vec<Host>,
    /// The logs read, by path; a [`LogId`] is the index.
    pub logs: Vec<LogSummary>,
    /// The findings, in the order of findings.csv: by computer, boot epoch and time.
    pub findings: Vec<Finding>,
    /// What became of every logon and logoff event.
    pub accounting: Accounting,
    /// The images and archives read, by path.
    pub containers: Vec<ContainerSummary>,
    /// What was read, where [`Analysis::keep_events`](crate::Analysis::keep_events) asked for it. Filters
    /// leave it whole.
    #[serde(skip)]
    pub stored_events: Option<StoredEvents>,
    /// Where the sessions came from, where [`Analysis::hops`](crate::Analysis::hops) asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hops: Option<Hops>,
    /// Once a filter by time was applied: a sentence for each computer of which no log covers the time
    /// that was asked for, so that nothing is known of that time.
    pub uncovered: Vec<String>,
}

impl Report {
    /// Every session, with the computer that it ran on: by computer, then by boot epoch, then by
    /// first record.
    ///
    /// ```
    /// use winlast::model::SessionClass;
    ///
    /// let report = winlast::Analysis::of(["sample-evtx/ws01"]).run()?;
    ///
    /// // A Logon ID means nothing without its boot epoch: 0x5a41c is alice first, then bob.
    /// let desktops: Vec<String> = report
    ///     .sessions()
    ///     .filter(|(_, session)| session.logon_id.is_some_and(|id| id.0 == 0x5a41c))
    ///     .inspect(|(_, session)| assert_eq!(session.class, SessionClass::Desktop))
    ///     .map(|(host, session)| format!("{} {}", session.id(&host.computer), session.account))
    ///     .collect();
    /// assert_eq!(desktops, [r"WS01/1/0x5a41c WS01\alice", r"WS01/2/0x5a41c WS01\bob"]);
    /// # Ok::<(), winlast::Error>(())
    /// ```
    pub fn sessions(&self) -> impl Iterator<Item = (&Host, &Session)> {
        self.hosts.iter().flat_map(|host| host.sessions.iter().map(move |session| (host, session)))
    }

    /// Every boot epoch, with its computer: by computer, then by epoch.
    ///
    /// ```
    /// use winlast::model::BootEnd;
    ///
    /// let report = winlast::Analysis::of(["sample-evtx/ws01"]).run()?;
    /// let ends: Vec<BootEnd> = report.boots().map(|(_, boot)| boot.end_cause).collect();
    /// assert_eq!(
    ///     ends,
    ///     [BootEnd::PowerOff, BootEnd::Restart, BootEnd::Crash, BootEnd::Shutdown, BootEnd::LogEnd]
    /// );
    /// # Ok::<(), winlast::Error>(())
    /// ```
    pub fn boots(&self) -> impl Iterator<Item = (&Host, &Boot)> {
        self.hosts.iter().flat_map(|host| host.boots.iter().map(move |boot| (host, boot)))
    }

    /// The log that a [`Citation`] or a [`Finding`] names.
    ///
    /// ```
    /// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
    /// let (_, session) = report.sessions().next().expect("the sample has sessions");
    /// let logon = session.start.as_ref().expect("its 4624 is in the log");
    /// let log = report.log(logon.record.log).expect("every cited log is in the report");
    /// assert_eq!(log.path, "sample-evtx/dc01/Security.evtx");
    /// # Ok::<(), winlast::Error>(())
    /// ```
    pub fn log(&self, id: LogId) -> Option<&LogSummary> {
        self.logs.get(id.index())
    }

    /// The sum of [`LogSummary::records_by_crate`] over all logs.
    pub fn records_by_crate(&self) -> u64 {
        self.logs.iter().map(|log| log.records_by_crate).sum()
    }

    /// Whether some evidence could not be read or verified: some finding [is a loss](Finding::is_loss).
    pub fn is_incomplete(&self) -> bool {
        self.findings.iter().any(Finding::is_loss)
    }
}

/// The boots and sessions of one computer, through all its names. It prints as its name.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Host {
    /// The last name that it had, as `System/Computer` of its records says. Where several computers
    /// had the same name, the further ones have `~2`, `~3`, … behind it.
    pub computer: Text,
    /// Its identifier: of its newest record. A log of older records does not change it, and another computer
    /// of the same name has another one.
    pub uid: Uid,
    /// Its boots, by epoch.
    pub boots: Vec<Boot>,
    /// Its sessions, by epoch, then by first record.
    pub sessions: Vec<Session>,
    /// Failed logons and explicit credentials, by epoch, then by first record.
    pub attempts: Vec<Attempt>,
    /// Which records are in further logs, besides the log that is cited: in archived logs, in
    /// copies, in shadow copies.
    #[serde(skip)]
    pub copies: Copies,
    /// The names of the accounts to which its records give several.
    #[serde(skip)]
    pub account_names: AccountNames,
}

impl Host {
    /// Every name that records of this computer give to the account: its own first.
    pub fn names_of<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a Account> {
        let others = self.account_names.of_sid(&account.sid).iter().map(|name| &**name);
        std::iter::once(account).chain(others.filter(move |name| *name != account))
    }

    /// The account under the name by which it is shown: the local name of a Microsoft or Entra account, where records
    /// give it one, in the place of its mail address.
    pub fn shown_account<'a>(&'a self, account: &'a Account) -> &'a Account {
        self.account_names.shown(account, |domain| self.has_label(domain))
    }

    /// The identifier of a session of this computer: of its start, or of the first record that shows it, by
    /// the name that the computer had in its boot. No other log changes it, but for one that holds the start
    /// of a session whose start was not known.
    pub fn session_uid(&self, session: &Session) -> Uid {
        let boots = self.boots.binary_search_by_key(&session.boot_epoch, |boot| boot.epoch);
        let boot = boots.ok().and_then(|index| self.boots.get(index));
        let name = boot.and_then(|boot| boot.computer_names.last());
        let (record, time) = session.first_record();
        Uid::new(
            UidOf::Session(session.logon_id),
            name.map_or(self.last_name(), |name| &**name),
            record.map(|record| (record.channel, record.record_id)),
            time,
        )
    }

    /// The last name that it had.
    fn last_name(&self) -> &str {
        self.computer.split_once('~').map_or(&*self.computer, |(name, _)| name)
    }

    /// Every name that its records give it; the last one first. A name may come more than once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let last = self.last_name();
        let all = self.boots.iter().flat_map(|boot| &boot.computer_names);
        std::iter::once(last).chain(all.map(|name| &**name))
    }

    /// Whether a record that gives the first label of a name means this computer. NetBIOS names have at
    /// most 15 characters, and letters of either case are the same.
    pub fn has_label(&self, label: &str) -> bool {
        let wanted = computer_label(label);
        !wanted.is_empty() && self.names().any(|name| computer_label(name) == wanted)
    }

    /// Every log that holds a cited record, the cited log first.
    pub fn logs_of(&self, record: Citation) -> impl Iterator<Item = LogId> + Clone {
        let also = self.copies.get(&(record.channel, record.record_id));
        let others = also.into_iter().flatten().copied().filter(move |log| *log != record.log);
        std::iter::once(record.log).chain(others)
    }
}

/// The name of the computer, as it was logged.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.computer)
    }
}

/// What became of every logon event (4624), every logoff event (4634, 4647), and every event of a failed
/// logon or of explicit credentials (4625, 4648, and 4768, 4771 and 4776 that report a failure).
///
/// ```
/// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
///
/// let logons = report.accounting.events[&4624];
/// assert_eq!((logons.read, logons.placed), (12, 12));
/// assert!(report.accounting.events.values().all(|tally| tally.balances()));
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Accounting {
    /// The sums, by Event ID.
    pub events: BTreeMap<u16, Tally>,
}

impl Accounting {
    /// The events of the Security channel that are accounted for.
    const EVENT_IDS: [u16; 8] = [4624, 4625, 4634, 4647, 4648, 4768, 4771, 4776];

    /// Are events of this Event ID and channel accounted for?
    pub(crate) fn counts(event_id: u16, channel: Channel) -> bool {
        channel == Channel::Security && Accounting::EVENT_IDS.contains(&event_id)
    }

    /// Counts records with these Event IDs that are not the events of this name, because another provider
    /// wrote them: each is a finding.
    pub(crate) fn add_reported(&mut self, by_event_id: &BTreeMap<u16, u64>) {
        for (&event_id, &count) in by_event_id {
            let tally = self.events.entry(event_id).or_default();
            tally.read += count;
            tally.reported += count;
        }
    }

    /// Counts the events that were read.
    pub(crate) fn add_read<'e>(&mut self, events: impl IntoIterator<Item = &'e Event>) {
        let mut read = Accounting::EVENT_IDS.map(|event_id| (event_id, 0));
        // A record of another provider may be kept because it bounds a boot in time: it is no event.
        let is_event = |event: &&Event| {
            event.channel == Channel::Security
                && !(event.kind == EventKind::Boundary && event.detail == Detail::Full)
        };
        for event in events.into_iter().filter(is_event) {
            if let Some((_, count)) = read.iter_mut().find(|(id, _)| *id == event.event_id) {
                *count += 1;
            }
        }
        for (event_id, count) in read.into_iter().filter(|(_, count)| *count > 0) {
            self.events.entry(event_id).or_default().read += count;
        }
    }

    /// Takes what was counted as read elsewhere out of the count of what was read.
    pub(crate) fn remove_read(&mut self, removed: &Accounting) {
        for (event_id, tally) in &mut self.events {
            let count = removed.events.get(event_id).map_or(0, |removed| removed.read);
            tally.read = tally.read.saturating_sub(count);
        }
    }

    /// Counts an event that was read and is not kept, because it is of a well-known Logon ID.
    pub(crate) fn add_left_out(&mut self, event: &Event) {
        if Accounting::EVENT_IDS.contains(&event.event_id) {
            let tally = self.events.entry(event.event_id).or_default();
            tally.read += 1;
            tally.well_known += 1;
        }
    }

    /// Counts a copy of a record that another log holds.
    pub(crate) fn add_duplicate(&mut self, event: &Event) {
        if Accounting::counts(event.event_id, event.channel) {
            self.events.entry(event.event_id).or_default().duplicates += 1;
        }
    }

    /// Adds the sums of other events.
    pub(crate) fn add(&mut self, other: &Accounting) {
        for (&event_id, tally) in &other.events {
            let sum = self.events.entry(event_id).or_default();
            sum.read += tally.read;
            sum.placed += tally.placed;
            sum.well_known += tally.well_known;
            sum.duplicates += tally.duplicates;
            sum.reported += tally.reported;
        }
    }
}

/// What became of the events of one Event ID, as numbers of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Tally {
    /// Read from logs.
    pub read: u64,
    /// Standing in exactly one session, or in exactly one [`Attempt`].
    pub placed: u64,
    /// Of a [well-known Logon ID](super::LogonId::is_well_known): evidence of boots, not of
    /// sessions. Of 4648: those with which [Windows itself](super::event::ExplicitCredentials::is_of_windows)
    /// logs somebody on.
    pub well_known: u64,
    /// Copies of a record that another log holds.
    pub duplicates: u64,
    /// Of a provider that does not write this event: in no session, but a finding
    /// ([`ProviderForeign`](super::FindingCode::ProviderForeign)).
    pub reported: u64,
}

impl Tally {
    /// Whether no event was lost: those read are exactly those placed, well known, duplicate or reported.
    pub fn balances(&self) -> bool {
        self.read == self.placed + self.well_known + self.duplicates + self.reported
    }
}
