//! A computer of a domain: its clock, addresses, audit policy, desktops, and the records to come.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Account, Session, file_name};
use crate::event::Event;
use crate::host::Host;
use crate::value::FileTime;
use crate::writer::{LogOptions, LogWriter};

/// What a computer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Controller,
    Server,
    Workstation,
}

/// What a computer records besides logons.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Audits {
    /// 5156, at both ends.
    pub connections: bool,
    /// 4688.
    pub processes: bool,
    /// Sysmon 1 and 3.
    pub sysmon: bool,
    /// 4648.
    pub explicit_credentials: bool,
    /// 4768 and 4769, on a controller.
    pub tickets: bool,
    /// 4776.
    pub validations: bool,
    /// RDPClient 1024, on a client.
    pub remote_desktop_client: bool,
}

/// A clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// By how many milliseconds it is ahead of the true time.
    pub offset: i64,
    /// When it is set, and by how much.
    pub step: Option<(u64, i64)>,
}

/// A session of a user that can start programs.
#[derive(Clone, Debug)]
pub(super) struct Desktop {
    pub session: Session,
    /// True times of its begin and its end.
    pub from: u64,
    pub to: u64,
}

/// A record to be written: its true time, its place among those of the same time, and the index of the session whose
/// 4624 it is.
#[derive(Clone, Debug)]
struct Pending {
    at: u64,
    order: usize,
    event: Event,
    session: Option<usize>,
}

/// A computer.
#[derive(Clone, Debug)]
pub(super) struct Computer {
    /// Its name without the domain.
    pub name: String,
    /// Its name as its logs have it.
    pub full_name: String,
    /// Its account in the domain.
    pub account: Account,
    pub role: Role,
    pub audits: Audits,
    pub clock: Clock,
    /// Its addresses, each from this true time on.
    pub leases: Vec<(u64, String)>,
    /// The address of a second network card, over which some computers are reached.
    pub second_address: Option<String>,
    /// The router behind which it stands.
    pub behind: Option<usize>,
    pub desktops: Vec<Desktop>,
    pub collected: bool,
    /// What was recorded before this true time is overwritten.
    pub kept_from: u64,
    next_process: u32,
    /// Each computer counts from another port.
    pub next_port: u16,
    logon_ids: BTreeSet<u64>,
    pending: Vec<Pending>,
}

impl Computer {
    pub fn new(name: &str, full_name: String, account: Account, role: Role, address: &str) -> Self {
        Self {
            name: name.to_owned(),
            full_name,
            account,
            role,
            audits: Audits::default(),
            clock: Clock::default(),
            leases: vec![(0, address.to_owned())],
            second_address: None,
            behind: None,
            desktops: Vec::new(),
            collected: true,
            kept_from: 0,
            next_process: 3_000,
            next_port: 49_700,
            logon_ids: BTreeSet::new(),
            pending: Vec::new(),
        }
    }

    /// Its address at a true time.
    pub fn address(&self, at: u64) -> &str {
        let held = self.leases.iter().rev().find(|(from, _)| *from <= at);
        &held.unwrap_or(&self.leases[0]).1
    }

    /// Its address towards another computer.
    pub fn address_towards(&self, other: usize, at: u64) -> &str {
        match &self.second_address {
            Some(second) if other % 2 == 1 => second,
            _ => self.address(at),
        }
    }

    /// The session of SYSTEM under the computer's name.
    pub fn machine(&self) -> Session {
        Session::machine(&self.name, &self.account.domain)
    }

    /// A new process id.
    pub fn process(&mut self) -> u32 {
        self.next_process += 4 * 7;
        self.next_process
    }

    /// A new port for an outbound connection.
    pub fn port(&mut self) -> u16 {
        self.next_port = if self.next_port > 64_000 { 49_700 } else { self.next_port + 3 };
        self.next_port
    }

    /// A new Logon ID. They grow with the time, as Windows counts them.
    pub fn logon_id(&mut self, at: u64) -> u64 {
        let mut id = 0x1_0000 + at * 3;
        while !self.logon_ids.insert(id) {
            id += 1;
        }
        id
    }

    /// By how much the clock is ahead at a true time, in milliseconds.
    pub fn clock_offset(&self, at: u64) -> i64 {
        self.clock.offset + self.clock.step.filter(|(when, _)| *when <= at).map_or(0, |(_, by)| by)
    }

    /// The time that the clock shows at a true time. `start` is that of the true time 0.
    pub fn shows(&self, start: FileTime, at: u64) -> FileTime {
        let true_time = start.plus_ms(at);
        FileTime(true_time.0.wrapping_add_signed(self.clock_offset(at) * 10_000))
    }

    /// Records an event at a true time. `session` is the index of the session whose 4624 it is.
    pub fn record(&mut self, at: u64, event: Event, session: Option<usize>) {
        let order = self.pending.len();
        self.pending.push(Pending { at, order, event, session });
    }

    /// Writes the logs. `place` gets the index of each session with the record ID of its 4624. What comes after `end`
    /// is not written yet.
    pub fn files(
        &mut self,
        start: FileTime,
        end: u64,
        mut place: impl FnMut(usize, u64),
    ) -> Vec<(String, Vec<u8>)> {
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_by_key(|record| (record.at, record.order));
        let mut host = Host::new(self.full_name.clone());
        host.lsass_pid = 696;
        let mut kept: BTreeMap<&'static str, u64> = BTreeMap::new();
        for record in pending.into_iter().filter(|record| record.at <= end) {
            let time = self.shows(start, record.at);
            // Ticks below a millisecond, so that few records have the same time.
            let time = time.plus_ticks(u64::try_from(record.order % 9_973).expect("small"));
            let channel = record.event.channel;
            let id = host.log(time, record.event);
            if record.at < self.kept_from {
                continue;
            }
            kept.entry(channel).or_insert(id);
            if let Some(session) = record.session {
                place(session, id);
            }
        }
        let log = |(channel, first): (&'static str, u64)| {
            let mut writer = LogWriter::new(LogOptions::default());
            let records = host.records(channel).iter().filter(|record| record.id >= first);
            records.for_each(|record| writer.push(record));
            (format!("{}/{}", self.name, file_name(channel)), writer.finish().to_bytes())
        };
        kept.into_iter().map(log).collect()
    }
}
