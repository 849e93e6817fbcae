//! The records of one computer that matter to hops: a list for each kind, in the order of time.

use crate::model::event::ExplicitCredentials;
use crate::model::hop::{Connection, HopChannel, LogonDetail, NtlmCheck, ProcessStart, Ticket};
use crate::model::{HopRecord, HopRecordKind, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// What one record says.
#[derive(Debug, Clone)]
pub(super) struct Fact<T> {
    pub(super) time: Timestamp,
    /// The record.
    pub(super) channel: HopChannel,
    pub(super) record_id: u64,
    pub(super) says: T,
}

/// What the records of one computer say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) connections: Vec<Fact<Box<Connection>>>,
    pub(super) credentials: Vec<Fact<Arc<ExplicitCredentials>>>,
    pub(super) tickets: Vec<Fact<Box<Ticket>>>,
    pub(super) checks: Vec<Fact<Box<NtlmCheck>>>,
    /// By process ID, each list by time.
    processes: HashMap<u64, Vec<Fact<Box<ProcessStart>>>>,
    /// By the record ID of the 4624 and its time. The ID alone is not enough: a new log may begin with 1 again.
    details: HashMap<(u64, Timestamp), Box<LogonDetail>>,
    /// The first and the last record of Security, by time. Sysmon has a log of its own, which may reach further back.
    pub(super) security_times: Option<(Timestamp, Timestamp)>,
}

impl Facts {
    /// The records may come in any order; a copy counts once.
    pub(super) fn of(mut records: Vec<HopRecord>) -> Facts {
        records.sort_by_key(|one| (one.time, one.channel, one.record_id, one.location));
        records.dedup_by_key(|one| (one.time, one.channel, one.record_id, one.event_id));
        let mut facts = Facts::default();
        for record in records {
            facts.add(record);
        }
        facts
    }

    fn add(&mut self, record: HopRecord) {
        let HopRecord { time, channel, record_id, kind, .. } = record;
        if channel == HopChannel::Security {
            let (first, _) = self.security_times.unwrap_or((time, time));
            self.security_times = Some((first, time));
        }
        macro_rules! fact {
            ($says:expr) => {
                Fact { time, channel, record_id, says: $says }
            };
        }
        match kind {
            HopRecordKind::Connection(own) => self.connections.push(fact!(own)),
            HopRecordKind::Credentials(own, _) => self.credentials.push(fact!(own)),
            HopRecordKind::Ticket(own) => self.tickets.push(fact!(own)),
            HopRecordKind::NtlmCheck(own) => self.checks.push(fact!(own)),
            HopRecordKind::ProcessStart(own) => {
                self.processes.entry(own.process_id).or_default().push(fact!(own));
            }
            HopRecordKind::LogonDetail(own) => {
                self.details.insert((record_id, time), own);
            }
        }
    }

    /// The process that had this ID at a moment: the last one that began with it.
    pub(super) fn process(&self, id: u64, time: Timestamp) -> Option<&Fact<Box<ProcessStart>>> {
        let all = self.processes.get(&id)?;
        let after = all.partition_point(|one| one.time <= time);
        all.get(after.checked_sub(1)?)
    }

    /// What the 4624 with this number and time says besides what its session keeps.
    pub(super) fn detail(&self, record_id: u64, time: Timestamp) -> Option<&LogonDetail> {
        self.details.get(&(record_id, time)).map(|own| &**own)
    }

    /// Whether it gives out tickets: a domain controller.
    pub(super) fn is_of_domain_controller(&self) -> bool {
        !self.tickets.is_empty()
    }
}

/// The facts of a list from one moment to another.
pub(super) fn between<T>(all: &[Fact<T>], from: Timestamp, to: Timestamp) -> &[Fact<T>] {
    let start = all.partition_point(|one| one.time < from);
    let end = all.partition_point(|one| one.time <= to);
    all.get(start..end.max(start)).unwrap_or_default()
}
