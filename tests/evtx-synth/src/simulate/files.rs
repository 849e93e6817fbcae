//! What is collected in the end: files, and which records they hold.

use std::collections::BTreeSet;

use super::setup::Setup;
use super::world::World;
use crate::catalogue::{SECURITY, SYSTEM, file_name};
use crate::event::Record;
use crate::value::FileTime;
use crate::writer::{Form, HeaderForm, LogOptions, LogWriter};

/// How the logs of a host reach the examiner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    /// The log files as they are.
    Files,
    /// The Security log as somebody exported it: logons and logoffs only.
    Selection,
    /// Through a collector that subscribed to some events.
    Forwarded,
}

/// Collected files, and what they hold.
pub(super) struct Collected {
    pub files: Vec<(String, Vec<u8>)>,
    /// Channel and id of every record in them.
    pub records: BTreeSet<(&'static str, u64)>,
    /// Whether they can be told to be of one computer.
    pub tied: bool,
}

/// The first and last record of a file, for what ties it to others.
struct Edges {
    channel: &'static str,
    first: (u64, FileTime),
    last: (u64, FileTime),
    names: BTreeSet<String>,
    folder: String,
}

impl Edges {
    fn of(path: &str, records: &[Record]) -> Option<Self> {
        let (first, last) = (records.first()?, records.last()?);
        Some(Self {
            channel: first.event.channel,
            first: (first.id, first.time),
            last: (last.id, last.time),
            names: records.iter().map(|record| record.computer.clone()).collect(),
            folder: path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
        })
    }

    /// Names and numbers tie the two: in one folder a common name will do; elsewhere one of them
    /// must also go on where the other ends, or hold records of it.
    fn belongs_with(&self, other: &Self) -> bool {
        let [earlier, later] = self.in_order(other);
        let goes_on = self.channel == other.channel && later.first.0 <= earlier.last.0 + 1;
        let same = self.names.len() == 1 && self.names == other.names;
        let shared = !self.names.is_disjoint(&other.names);
        same || (shared && (self.folder == other.folder || goes_on))
    }

    fn in_order<'a>(&'a self, other: &'a Self) -> [&'a Self; 2] {
        if self.first.0 <= other.first.0 { [self, other] } else { [other, self] }
    }

    /// Between the two records are missing, and the clock goes back by more than a day: it may be
    /// another computer that had the same name.
    fn strange(&self, other: &Self) -> bool {
        let day = 86_400 * 10_000_000;
        let [earlier, later] = self.in_order(other);
        self.channel == other.channel
            && later.first.0 > earlier.last.0 + 1
            && later.first.1.0 + day < earlier.last.1.0
    }
}

/// Whether names tie every file to the others, and nothing speaks against it.
fn tied(files: &[Edges]) -> bool {
    let mut reached: Vec<usize> = if files.is_empty() { Vec::new() } else { vec![0] };
    let mut at = 0;
    while at < reached.len() {
        for (index, file) in files.iter().enumerate() {
            if !reached.contains(&index) && file.belongs_with(&files[reached[at]]) {
                reached.push(index);
            }
        }
        at += 1;
    }
    let strange = files.iter().any(|one| files.iter().any(|other| one.strange(other)));
    reached.len() == files.len() && !strange
}

/// Events that a collector is sent.
const SUBSCRIPTION: &[u16] = &[4608, 4624, 4634, 4647, 4672, 4778, 4779, 4800, 4801, 1100, 1102];

impl World {
    /// Collects the logs.
    pub fn collect(&mut self, collection: Collection) -> Collected {
        match collection {
            Collection::Files => self.collect_files(),
            Collection::Selection => {
                let records = self.exported();
                let header = HeaderForm::Exported(FileTime::parse("2026-01-05T09:00:00Z"));
                let options = LogOptions { header, ..options(&self.setup) };
                let file = ("Export.evtx".to_owned(), encode(&records, options));
                Collected { files: vec![file], records: ids(&records), tied: true }
            }
            Collection::Forwarded => {
                let records = self.forwarded();
                Collected { files: Vec::new(), records: ids(&records), tied: true }
            }
        }
    }

    fn collect_files(&mut self) -> Collected {
        let mut collected = Collected { files: Vec::new(), records: BTreeSet::new(), tied: true };
        let mut edges = Vec::new();
        let mut add = |name: String, records: &[Record], options: LogOptions| {
            if records.is_empty() {
                return;
            }
            collected.records.extend(ids(records));
            edges.extend(Edges::of(&name, records));
            collected.files.push((name, encode(records, options)));
        };
        let live_copy = self.random.chance(6);
        for channel in self.setup.channels.clone() {
            let mut records = self.host.records(channel).to_vec();
            if self.random.chance(7) && records.len() > 10 {
                // The log was full: the oldest records gave way.
                let gone = self.random.count(1..=records.len() * 6 / 10);
                records.drain(..gone);
            }
            add(file_name(channel), &records, options(&self.setup));
            if live_copy {
                add(format!("again/{}", file_name(channel)), &records, options(&self.setup));
            }
        }
        for aside in &self.asides {
            let channel = aside.records.first().map(|record| record.event.channel);
            if channel.is_some_and(|channel| self.setup.channels.contains(&channel)) {
                add(aside.name.clone(), &aside.records, options(&self.setup));
            }
        }
        collected.tied = tied(&edges);
        collected
    }

    /// Logons and logoffs of real sessions, as an examiner filters them.
    fn exported(&self) -> Vec<Record> {
        let records = self.host.records(SECURITY).iter();
        let of_session = |record: &&Record| {
            let written = &self.written[&(SECURITY, record.id)];
            matches!(written.event_id, 4624 | 4634 | 4647)
                && matches!(written.role, super::world::Role::Of(..))
        };
        records.filter(of_session).cloned().collect()
    }

    /// What a collector has of this host.
    pub fn forwarded(&self) -> Vec<Record> {
        let records = self.host.records(SECURITY).iter();
        records.filter(|record| SUBSCRIPTION.contains(&record.event.id)).cloned().collect()
    }
}

/// Records of several hosts as a collector stores them, in the order in which they came in.
pub(super) fn forwarded_log(worlds: &[World]) -> Vec<u8> {
    let mut queue: Vec<(u64, u64, Record)> = Vec::new();
    for world in worlds {
        for record in world.forwarded() {
            let at = world.written[&(SECURITY, record.id)].at;
            queue.push((at, record.id, record));
        }
    }
    queue.sort_by_key(|(at, id, _)| (*at, *id));
    let records: Vec<Record> = queue.into_iter().map(|(_, _, record)| record).collect();
    let header = HeaderForm::Exported(FileTime::parse("2026-01-05T09:00:00Z"));
    encode(&records, LogOptions { form: Form::Literal, header, ..LogOptions::default() })
}

fn ids(records: &[Record]) -> BTreeSet<(&'static str, u64)> {
    records.iter().map(|record| (record.event.channel, record.id)).collect()
}

fn options(setup: &Setup) -> LogOptions {
    LogOptions { build: setup.windows.encoding(), ..LogOptions::default() }
}

fn encode(records: &[Record], options: LogOptions) -> Vec<u8> {
    let first_number = match options.header {
        HeaderForm::Native => records.first().map_or(1, |record| record.id),
        HeaderForm::Exported(_) => 1,
    };
    let mut writer = LogWriter::new(LogOptions { first_number, ..options });
    records.iter().for_each(|record| writer.push(record));
    writer.finish().to_bytes()
}

/// Channels in which a boot counts as visible.
pub(super) const BOOT_CHANNELS: [&str; 2] = [SECURITY, SYSTEM];
