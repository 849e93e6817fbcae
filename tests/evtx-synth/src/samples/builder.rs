//! A host that a scenario runs on. It keeps the truth about its boots and sessions.

use super::truth::{BootRow, End, INITIATED, RecordRef, SessionRow, TERMINATED, Truth};
use crate::catalogue::{Logon, Session, kernel, security};
use crate::event::Event;
use crate::host::Host;
use crate::value::FileTime;

/// Logon IDs below this one are reserved: they are evidence of boots, not sessions.
const FIRST_SESSION_ID: u64 = 0x3e9;

/// A host, with the truth about it.
pub(super) struct SampleBuilder {
    pub host: Host,
    pub truth: Truth,
    /// Version of 4624 that this Windows writes.
    pub logon_version: u8,
    /// The number of the present boot; 0 before the first boot in the logs.
    pub boot: u32,
    /// The session of the computer account: the subject of most logons.
    pub machine: Session,
    /// The channels that were collected; events of other channels are not written.
    channels: &'static [&'static str],
    /// The last events of the kernel in the boot before, which the next boot records.
    pub shutdown_events: Vec<(FileTime, Event)>,
}

impl SampleBuilder {
    pub fn new(computer: &str, domain: &str, channels: &'static [&'static str]) -> Self {
        Self {
            host: Host::new(computer),
            truth: Truth::default(),
            logon_version: 2,
            boot: 0,
            machine: Session::machine(computer, domain),
            channels,
            shutdown_events: Vec::new(),
        }
    }

    /// Writes an event, and returns its record id; 0 if its channel was not collected.
    pub fn log(&mut self, time: FileTime, event: Event) -> u64 {
        if self.channels.contains(&event.channel) { self.host.log(time, event) } else { 0 }
    }

    /// Writes a 4624.
    pub fn logon(&mut self, time: FileTime, logon: &Logon) {
        let version = self.logon_version;
        let record = self.log(time, Logon { version, ..logon.clone() }.event());
        if logon.target.logon_id >= FIRST_SESSION_ID {
            let row = self.row(&logon.target);
            row.logon_type = Some(logon.logon_type);
            row.start = Some(RecordRef { record, time });
        }
    }

    /// Writes a 4647.
    pub fn initiated(&mut self, time: FileTime, session: &Session) {
        let record = self.log(time, security::user_logoff(session));
        let row = self.row(session);
        row.initiated = Some(RecordRef { record, time });
        row.end = Some(INITIATED);
    }

    /// Writes a 4634.
    pub fn terminated(&mut self, time: FileTime, session: &Session, logon_type: u32) {
        let record = self.log(time, security::logoff(session, logon_type));
        let row = self.row(session);
        row.logon_type.get_or_insert(logon_type);
        row.terminated = Some(RecordRef { record, time });
        row.end = Some(TERMINATED);
    }

    /// States how a session of this boot ended that has no record of its end.
    pub fn ends(&mut self, session: &Session, end: End) {
        self.row(session).end = Some(end);
    }

    /// States how all other sessions of this boot ended.
    pub fn all_others_end(&mut self, end: End) {
        let boot = self.boot;
        for row in self.truth.sessions.iter_mut().filter(|row| row.boot == boot) {
            row.end.get_or_insert(end);
        }
    }

    /// Begins the next boot, whose kernel started at this time.
    pub fn begins_boot(&mut self, start: FileTime) {
        self.boot += 1;
        let computer = self.host.computer.clone();
        self.truth.boots.push(BootRow {
            computer,
            boot: self.boot,
            start,
            end: None,
            end_cause: "log-end",
        });
    }

    /// States how this boot ended.
    pub fn boot_ends(&mut self, end: Option<FileTime>, end_cause: &'static str) {
        let boot = self.truth.boots.last_mut().expect("a boot has begun");
        (boot.end, boot.end_cause) = (end, end_cause);
    }

    /// The kernel stops: the next boot records the events of that.
    pub fn kernel_stops(&mut self, time: FileTime, action: u32) {
        self.shutdown_events = vec![
            (time.minus_ms(1_713), kernel::shutdown_transition(action, 5)),
            (time, kernel::stopping(time)),
        ];
    }

    /// The row of a session; a new one if the session has none yet.
    fn row(&mut self, session: &Session) -> &mut SessionRow {
        let boot = self.boot;
        let rows = &mut self.truth.sessions;
        let known = rows
            .iter()
            .position(|row| row.boot == boot && row.session.logon_id == session.logon_id);
        let index = known.unwrap_or(rows.len());
        if known.is_none() {
            rows.push(SessionRow {
                computer: self.host.computer.clone(),
                boot,
                session: session.clone(),
                logon_type: None,
                start: None,
                initiated: None,
                terminated: None,
                end: None,
            });
        }
        &mut rows[index]
    }
}
