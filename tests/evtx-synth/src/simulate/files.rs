//! The collection of the logs: the files, and the records that they hold.

use std::collections::BTreeSet;

use super::damaged_files::without_last_chunks;
use super::kinds::Kind;
use super::setup::Setup;
use super::simulator::Simulator;
use crate::catalogue::{SECURITY, SYSTEM, file_name};
use crate::event::Record;
use crate::value::FileTime;
use crate::writer::{Form, HeaderForm, LogFile, LogOptions, LogWriter};

/// How the logs of a host reach the examiner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    /// The log files as they are.
    Files,
    /// The Security log as somebody exported it: logons and logoffs only.
    Selection,
    /// One log of a collector that subscribed to some events.
    Forwarded,
}

/// The collected files, and what they hold.
#[derive(Default)]
pub(super) struct Collected {
    pub files: Vec<(String, Vec<u8>)>,
    /// Channel and id of every record in them.
    pub records: BTreeSet<(&'static str, u64)>,
    /// Whether they show that they are of one computer.
    pub shown_as_one: bool,
    /// The channels of which a file lacks its last chunks.
    pub cut: BTreeSet<&'static str>,
}

/// The first and the last record of a file, which show whether it continues another file.
struct FileBounds {
    channel: &'static str,
    first: (u64, FileTime),
    last: (u64, FileTime),
    names: BTreeSet<String>,
    folder: String,
}

impl FileBounds {
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

    /// Whether the names of the computer and the record ids show that both files are of one
    /// computer. In one folder, a common name is enough. In different folders, one file must also
    /// continue where the other ends, or hold some of its records.
    fn belongs_with(&self, other: &Self) -> bool {
        let [earlier, later] = self.in_order(other);
        let continues = self.channel == other.channel && later.first.0 <= earlier.last.0 + 1;
        let same = self.names.len() == 1 && self.names == other.names;
        let shared = !self.names.is_disjoint(&other.names);
        same || (shared && (self.folder == other.folder || continues))
    }

    fn in_order<'a>(&'a self, other: &'a Self) -> [&'a Self; 2] {
        if self.first.0 <= other.first.0 { [self, other] } else { [other, self] }
    }

    /// Whether the files may be of two computers with the same name: records between them are
    /// missing, and the clock goes back by more than a day.
    fn contradicts(&self, other: &Self) -> bool {
        let day = 86_400 * 10_000_000;
        let [earlier, later] = self.in_order(other);
        self.channel == other.channel
            && later.first.0 > earlier.last.0 + 1
            && later.first.1.0 + day < earlier.last.1.0
    }
}

/// Whether all files belong together, and no two of them contradict that.
fn shown_as_one(files: &[FileBounds]) -> bool {
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
    let contradiction = files.iter().any(|one| files.iter().any(|other| one.contradicts(other)));
    reached.len() == files.len() && !contradiction
}

/// The Event IDs that the collector subscribed to.
const SUBSCRIPTION: &[u16] = &[4608, 4624, 4634, 4647, 4672, 4778, 4779, 4800, 4801, 1100, 1102];

impl Simulator {
    /// Collects the logs.
    pub fn collect(&mut self, collection: Collection) -> Collected {
        match collection {
            Collection::Files => self.collect_files(),
            Collection::Selection => {
                let records = self.exported();
                let header = HeaderForm::Exported(FileTime::parse("2026-01-05T09:00:00Z"));
                let options = LogOptions { header, ..options(&self.setup) };
                let file = ("Export.evtx".to_owned(), encode(&records, options));
                Collected {
                    files: vec![file],
                    records: ids(&records),
                    shown_as_one: true,
                    ..Collected::default()
                }
            }
            Collection::Forwarded => {
                let records = self.forwarded();
                Collected { records: ids(&records), shown_as_one: true, ..Collected::default() }
            }
        }
    }

    fn collect_files(&mut self) -> Collected {
        let mut collected = Collected { shown_as_one: true, ..Collected::default() };
        let mut bounds = Vec::new();
        let mut add = |simulator: &mut Self, name: String, records: &[Record]| {
            if records.is_empty() {
                return;
            }
            let file = log_file(records, options(&simulator.setup));
            let lost = simulator.chunks_lost(&file);
            let (bytes, kept) = without_last_chunks(file, lost);
            let records = &records[..kept];
            collected.records.extend(ids(records));
            collected.cut.extend((lost > 0).then(|| records[0].event.channel));
            bounds.extend(FileBounds::of(&name, records));
            collected.files.push((name, bytes));
        };
        let live_copy = self.random.chance(6);
        for channel in self.setup.channels.clone() {
            let mut records = self.host.records(channel).to_vec();
            if self.random.chance(7) && records.len() > 10 {
                // The log was full: its oldest records were overwritten.
                let gone = self.random.count(1..=records.len() * 6 / 10);
                records.drain(..gone);
            }
            if channel == SECURITY {
                self.begin_late(&mut records);
                self.leave_gaps(&mut records);
            }
            add(self, file_name(channel), &records);
            if live_copy {
                add(self, format!("again/{}", file_name(channel)), &records);
            }
        }
        for saved in self.saved_logs.clone() {
            let channel = saved.records.first().map(|record| record.event.channel);
            if channel.is_some_and(|channel| self.setup.channels.contains(&channel)) {
                add(self, saved.name, &saved.records);
            }
        }
        for (kind, shows) in [
            (Kind::WinlogonAlone, self.setup.channels == [SYSTEM]),
            (Kind::NoPrivilegeAudit, !self.setup.audits_privileges),
        ] {
            if shows {
                self.features.insert(kind.name());
            }
        }
        collected.shown_as_one = shown_as_one(&bounds);
        collected
    }

    /// The logons and logoffs of real sessions, as an examiner filters them.
    fn exported(&self) -> Vec<Record> {
        let records = self.host.records(SECURITY).iter();
        let of_session = |record: &&Record| {
            let written = &self.written[&(SECURITY, record.id)];
            matches!(written.event_id, 4624 | 4634 | 4647)
                && matches!(written.role, super::simulator::Role::Session(..))
        };
        records.filter(of_session).cloned().collect()
    }

    /// The records that a collector receives from this host.
    pub fn forwarded(&self) -> Vec<Record> {
        let records = self.host.records(SECURITY).iter();
        records.filter(|record| SUBSCRIPTION.contains(&record.event.id)).cloned().collect()
    }
}

/// The log of a collector: records of several hosts, in the order in which they arrived.
pub(super) fn forwarded_log(hosts: &[Simulator]) -> Vec<u8> {
    let mut queue: Vec<(u64, u64, Record)> = Vec::new();
    for simulator in hosts {
        for record in simulator.forwarded() {
            let at = simulator.written[&(SECURITY, record.id)].at;
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
    log_file(records, options).to_bytes()
}

fn log_file(records: &[Record], options: LogOptions) -> LogFile {
    let first_number = match options.header {
        HeaderForm::Native => records.first().map_or(1, |record| record.id),
        HeaderForm::Exported(_) => 1,
    };
    let mut writer = LogWriter::new(LogOptions { first_number, ..options });
    records.iter().for_each(|record| writer.push(record));
    writer.finish()
}

/// The channels that can show a boot.
pub(super) const BOOT_CHANNELS: [&str; 2] = [SECURITY, SYSTEM];
