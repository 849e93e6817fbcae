//! A computer that adds to events what Windows adds: record ids, process ids, its name.

use std::collections::BTreeMap;

use crate::event::{Event, Process, Record};
use crate::value::FileTime;
use crate::writer::{LogFile, LogOptions, LogWriter};

/// A computer and its logs.
///
/// The fields may be changed between two events, as a boot or a rename changes them.
#[derive(Clone, Debug)]
pub struct Host {
    /// The computer name that each record gets when it is written.
    pub computer: String,
    /// Whether the event log service runs; what is logged while it does not is buffered.
    pub service_runs: bool,
    /// Process id of LSASS: constant within a boot, usually another one in the next.
    pub lsass_pid: u32,
    /// Process id of the event log service.
    pub event_log_pid: u32,
    /// Process id of the local session manager.
    pub session_manager_pid: u32,
    /// Process id of the logon process.
    pub winlogon_pid: u32,
    logs: BTreeMap<&'static str, Vec<Record>>,
    next_ids: BTreeMap<&'static str, u64>,
}

impl Host {
    /// A computer with empty logs.
    pub fn new(computer: impl Into<String>) -> Self {
        Self {
            computer: computer.into(),
            service_runs: true,
            lsass_pid: 640,
            event_log_pid: 1108,
            session_manager_pid: 752,
            winlogon_pid: 600,
            logs: BTreeMap::new(),
            next_ids: BTreeMap::new(),
        }
    }

    /// Writes an event to its channel and returns the record id.
    pub fn log(&mut self, time: FileTime, event: Event) -> u64 {
        let next = self.next_ids.entry(event.channel).or_insert(1);
        let id = *next;
        *next += 1;
        let process_id = match event.process {
            Process::Lsass => self.lsass_pid,
            Process::Kernel => 4,
            Process::EventLog => self.event_log_pid,
            Process::SessionManager => self.session_manager_pid,
            Process::Winlogon => self.winlogon_pid,
            Process::Unknown => 0,
            Process::Id(id) => id,
        };
        // Some thread of the process; thread ids are multiples of four.
        let thread_id = if process_id == 0 {
            0
        } else {
            process_id + 4 + 4 * u32::try_from(id % 16).unwrap_or(0)
        };
        let record = Record {
            time,
            id,
            process_id,
            thread_id,
            computer: self.computer.clone(),
            buffered: !self.service_runs,
            event,
        };
        self.logs.entry(record.event.channel).or_default().push(record);
        id
    }

    /// Sets the id of the next record of a channel: for logs that do not begin at 1, and for the
    /// ids that Windows uses again after a crash.
    pub fn set_next_id(&mut self, channel: &'static str, id: u64) {
        self.next_ids.insert(channel, id);
    }

    /// Removes all records of a channel, as clearing a log does. The record ids continue.
    pub fn clear(&mut self, channel: &str) {
        self.logs.remove(channel);
    }

    /// Removes the newest records of a channel, as a crash removes what was not yet on the disk.
    /// Their record ids are used again.
    pub fn lose(&mut self, channel: &'static str, records: usize) {
        let Some(log) = self.logs.get_mut(channel) else { return };
        log.truncate(log.len().saturating_sub(records));
        if let Some(last) = log.last() {
            self.next_ids.insert(channel, last.id + 1);
        }
    }

    /// The records of a channel, in the order they were written.
    pub fn records(&self, channel: &str) -> &[Record] {
        self.logs.get(channel).map_or(&[], Vec::as_slice)
    }

    /// The channels that hold records.
    pub fn channels(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.logs.keys().copied()
    }

    /// A channel as a log file, ready to be damaged.
    pub fn log_file(&self, channel: &str, options: &LogOptions) -> LogFile {
        let mut writer = LogWriter::new(options.clone());
        for record in self.records(channel) {
            writer.push(record);
        }
        writer.finish()
    }

    /// A channel as the bytes of an `.evtx` file.
    pub fn evtx(&self, channel: &str, options: &LogOptions) -> Vec<u8> {
        self.log_file(channel, options).to_bytes()
    }
}
