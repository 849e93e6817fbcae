//! Events for scenarios, written down shortly.

use crate::model::event::*;
use crate::model::{
    Account, Accounting, Channel, Event, EventKind, LogId, LogSummary, LogonId, RecordLocation,
    Timestamp,
};
use std::sync::Arc;

/// Collects the events of one computer's log.
pub(super) struct Scene {
    pub(super) events: Vec<Event>,
    pub(super) logs: Vec<LogSummary>,
    computer: &'static str,
    channel: Channel,
    lsass: u32,
}

/// Seconds after a fixed moment.
pub(super) fn at(seconds: f64) -> Timestamp {
    let base = Timestamp::parse("2024-05-02T08:00:00Z").unwrap();
    base.plus(crate::model::Span((seconds * 10_000_000.0).round() as i64))
}

pub(super) fn account(user: &str) -> Arc<Account> {
    // A SID made from the name: the same person has the same SID everywhere.
    let number: u32 = user.bytes().map(u32::from).sum::<u32>() + 1000;
    let sid = match (user, user.split_once('-')) {
        ("SYSTEM", _) => "S-1-5-18".to_owned(),
        (_, Some(("DWM", session))) => format!("S-1-5-90-0-{session}"),
        (_, Some(("UMFD", session))) => format!("S-1-5-96-0-{session}"),
        _ => format!("S-1-5-21-1-2-3-{number}"),
    };
    Arc::new(Account { sid: sid.into(), user: user.into(), domain: "CORP".into() })
}

impl Scene {
    pub(super) fn new(computer: &'static str) -> Scene {
        Scene { events: vec![], logs: vec![], computer, channel: Channel::Security, lsass: 600 }
            .log("Security.evtx", Channel::Security)
    }

    /// What follows is written to this log.
    pub(super) fn log(mut self, path: &str, channel: Channel) -> Scene {
        self.logs.push(LogSummary {
            path: format!("{}/{path}", self.computer),
            channels: [channel.name().to_owned()].into(),
            ..LogSummary::default()
        });
        self.channel = channel;
        self
    }

    /// LSASS's process ID from here on.
    pub(super) fn lsass(mut self, pid: u32) -> Scene {
        self.lsass = pid;
        self
    }

    pub(super) fn event(mut self, record: u64, seconds: f64, id: u16, what: EventKind) -> Scene {
        let log = LogId(u32::try_from(self.logs.len() - 1).unwrap());
        self.events.push(Event {
            record_id: record,
            time: at(seconds),
            computer: self.computer.into(),
            channel: self.channel,
            event_id: id,
            process_id: if self.channel == Channel::Security { self.lsass } else { 4 },
            location: RecordLocation { log, chunk: 0, offset: u32::try_from(record).unwrap() },
            recovered: false,
            forwarded: false,
            detail: Detail::Full,
            kind: what,
        });
        let summary = self.logs.last_mut().unwrap();
        let (low, high) = summary.record_ids.unwrap_or((record, record));
        summary.record_ids = Some((low.min(record), high.max(record)));
        self
    }

    /// An event of LSASS of which only the head was kept.
    pub(super) fn head_only(self, record: u64, seconds: f64, id: u16) -> Scene {
        let mut scene = self.event(record, seconds, id, EventKind::Boundary);
        scene.events.last_mut().unwrap().detail = Detail::HeadOnly;
        scene
    }

    /// 4608, the type 0 logon and 4902, at three records.
    pub(super) fn boot(self, record: u64, seconds: f64) -> Scene {
        self.event(record, seconds, 4608, EventKind::LsassStarted)
            .logon(record + 1, seconds + 0.1, 0x3e7, "SYSTEM", 0, |_| {})
            .event(record + 2, seconds + 0.2, 4902, EventKind::AuditPolicyTable(LogonId(0x4000)))
    }

    pub(super) fn logon(
        self,
        record: u64,
        seconds: f64,
        id: u64,
        user: &str,
        logon_type: u32,
        change: impl Fn(&mut Logon),
    ) -> Scene {
        let process = match logon_type {
            2 | 7 | 10 | 11 => "User32",
            3 => "NtLmSsp",
            _ => "Advapi",
        };
        let mut logon = Logon {
            logon_id: LogonId(id),
            linked: None,
            account: account(user),
            subject: account("SYSTEM"),
            subject_logon_id: LogonId(0x3e7),
            logon_type,
            version: 2,
            elevated: None,
            caller_process_id: 900,
            method: Arc::new(LogonMethod {
                logon_process: process.into(),
                package: "Negotiate".into(),
                process_name: r"C:\Windows\System32\svchost.exe".into(),
            }),
            client: Arc::new(Client::default()),
            port: 0,
            outbound: None,
        };
        change(&mut logon);
        self.event(record, seconds, 4624, EventKind::Logon(Arc::new(logon)))
    }

    fn ended(id: u64, user: &str) -> SessionRef {
        SessionRef { logon_id: LogonId(id), account: account(user), logon_type: None }
    }

    /// 4647
    pub(super) fn initiated(self, record: u64, seconds: f64, id: u64, user: &str) -> Scene {
        let what = EventKind::LogoffInitiated(Scene::ended(id, user));
        self.event(record, seconds, 4647, what)
    }

    /// 4634
    pub(super) fn terminated(self, record: u64, seconds: f64, id: u64, user: &str) -> Scene {
        let what = EventKind::Terminated(Scene::ended(id, user));
        self.event(record, seconds, 4634, what)
    }

    pub(super) fn build(mut self) -> super::super::Built {
        build(self.events, &mut self.logs)
    }
}

/// Builds the hosts of events that are all that was read.
pub(super) fn build(events: Vec<Event>, logs: &mut [LogSummary]) -> super::super::Built {
    let mut accounting = Accounting::default();
    accounting.add_read(&events);
    super::super::build(events, accounting, logs)
}

/// A log was cleared, by alice.
pub(super) fn cleared() -> EventKind {
    let account = (*account("alice")).clone();
    EventKind::LogCleared(Box::new(LogCleared { account, logon_id: None, channel: "".into() }))
}

/// A program set the clock.
pub(super) fn clock_set(from: f64, to: f64, reason: Option<u32>) -> EventKind {
    let (previous, new) = (Some(at(from)), Some(at(to)));
    let process = r"C:\Windows\System32\svchost.exe".into();
    EventKind::ClockChanged(Box::new(ClockChange { previous, new, reason, process }))
}

/// 6008 that does not say when the boot before was last alive.
pub(super) fn unexpected() -> EventKind {
    EventKind::UnexpectedShutdown(UnexpectedShutdown { last_alive: None, uptime: None })
}
