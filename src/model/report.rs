//! What a run found out: the one thing that every output is written from.

use super::{Boot, Channel, Citation, Event, Finding, LogId, LogSummary, Session, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Records that several logs hold, with the logs besides the one that is cited.
pub type Copies = BTreeMap<(Channel, u64), BTreeSet<LogId>>;

/// What the logs hold, before boots and sessions are built from it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventSet {
    /// Every event that means something to sessions, and boundary records; by location.
    pub events: Vec<Event>,
    /// One summary per log, by path; a `LogId` is the index.
    pub logs: Vec<LogSummary>,
    /// What could not be found or read.
    pub findings: Vec<Finding>,
    /// The images and archives read, by path.
    pub containers: Vec<ContainerSummary>,
    /// Live records of forms that Windows seldom writes, which the `evtx` crate read.
    pub records_by_crate: u64,
    /// How many session events were read. Those of SYSTEM that are not among the events, because
    /// their neighbours say as much, are counted as `well_known` already.
    pub accounting: Accounting,
}

impl EventSet {
    /// Takes in what was read of further logs.
    pub fn add(&mut self, mut more: EventSet) {
        let before = u32::try_from(self.logs.len()).unwrap_or(u32::MAX);
        more.renumber(|log| LogId(log.0.saturating_add(before)));
        if self.events.is_empty() {
            self.events = more.events;
        } else {
            self.events.append(&mut more.events);
        }
        self.logs.append(&mut more.logs);
        self.findings.append(&mut more.findings);
        self.containers.append(&mut more.containers);
        self.records_by_crate += more.records_by_crate;
        self.accounting.add(&more.accounting);
    }

    /// Puts everything in its order, whatever the order in which it was added.
    pub fn sort(&mut self) {
        let mut logs: Vec<(u32, LogSummary)> = (0..).zip(std::mem::take(&mut self.logs)).collect();
        logs.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
        let numbers: BTreeMap<u32, u32> =
            (0..).zip(&logs).map(|(new, (old, _))| (*old, new)).collect();
        self.renumber(|log| LogId(numbers.get(&log.0).copied().unwrap_or(log.0)));
        self.logs = logs.into_iter().map(|(_, log)| log).collect();
        self.events.sort_unstable_by_key(|event| event.location);
        self.containers.sort_by(|a, b| a.path.cmp(&b.path));
    }

    fn renumber(&mut self, number: impl Fn(LogId) -> LogId) {
        for event in &mut self.events {
            event.location.log = number(event.location.log);
        }
        for log in self.findings.iter_mut().filter_map(|finding| finding.log.as_mut()) {
            *log = number(*log);
        }
    }
}

/// What was read of an image or archive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContainerSummary {
    /// Path as given or found.
    pub path: String,
    /// Bytes of its file and of those that it is made of, without parents.
    pub size: u64,
    /// Bytes read of these files and of parents; what was read twice counts twice.
    pub bytes_read: u64,
}

/// Everything a run says about its evidence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// One host per computer lineage, by name.
    pub hosts: Vec<Host>,
    /// The logs read, by path.
    pub logs: Vec<LogSummary>,
    /// Findings in the order of findings.csv.
    pub findings: Vec<Finding>,
    /// The sum over all session events.
    pub accounting: Accounting,
    /// The images and archives read, by path.
    pub containers: Vec<ContainerSummary>,
    /// See [`EventSet::records_by_crate`].
    pub records_by_crate: u64,
}

impl Report {
    /// Some evidence could not be read or verified.
    pub fn is_incomplete(&self) -> bool {
        use super::{FindingCode, Severity};
        self.findings.iter().any(|finding| {
            finding.code.severity() == Severity::Error
                || matches!(
                    finding.code,
                    FindingCode::ChunkChecksum
                        | FindingCode::FileHeaderDamaged
                        | FindingCode::GhostRecord
                        | FindingCode::LogChanged
                )
        })
    }
}

/// The boots and sessions of one computer, through all its names.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// The last name it had, as logged; with `~2`, `~3` for further computers of that name.
    pub computer: Text,
    /// Its boots by epoch.
    pub boots: Vec<Boot>,
    /// Its sessions by epoch, then first record.
    pub sessions: Vec<Session>,
    /// Where records stand besides the log that is cited: archives, copies, snapshots.
    pub copies: Copies,
}

impl Host {
    /// Every log that holds a cited record, the cited one first.
    pub fn logs_of(&self, record: Citation) -> impl Iterator<Item = LogId> + Clone {
        let also = self.copies.get(&(record.channel, record.record_id));
        let others = also.into_iter().flatten().copied().filter(move |log| *log != record.log);
        std::iter::once(record.log).chain(others)
    }
}

/// Read = placed + well known + duplicates, for each of 4624, 4634 and 4647.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accounting {
    /// By Event ID.
    pub events: BTreeMap<u16, Tally>,
}

impl Accounting {
    /// The events of the Security channel that are accounted for.
    const EVENT_IDS: [u16; 3] = [4624, 4634, 4647];

    /// Counts the events that were read.
    pub(crate) fn add_read(&mut self, events: &[Event]) {
        let mut read = Accounting::EVENT_IDS.map(|event_id| (event_id, 0));
        for event in events.iter().filter(|event| event.channel == Channel::Security) {
            if let Some((_, count)) = read.iter_mut().find(|(id, _)| *id == event.event_id) {
                *count += 1;
            }
        }
        for (event_id, count) in read.into_iter().filter(|(_, count)| *count > 0) {
            self.events.entry(event_id).or_default().read += count;
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

    /// Adds the sums of other events.
    pub fn add(&mut self, other: &Accounting) {
        for (&event_id, tally) in &other.events {
            let sum = self.events.entry(event_id).or_default();
            sum.read += tally.read;
            sum.placed += tally.placed;
            sum.well_known += tally.well_known;
            sum.duplicates += tally.duplicates;
        }
    }
}

/// What became of the events of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Read from logs.
    pub read: u64,
    /// Standing in one session row.
    pub placed: u64,
    /// Of well-known Logon IDs: evidence of boots.
    pub well_known: u64,
    /// Copies of a record that another log holds.
    pub duplicates: u64,
}

impl Tally {
    /// Nothing lost.
    pub fn balances(&self) -> bool {
        self.read == self.placed + self.well_known + self.duplicates
    }
}
