//! A host on which a scenario is played, and which notes the truth about its sessions.

use super::truth::{BootRow, End, INITIATED, Mark, SessionRow, TERMINATED, Truth};
use crate::catalogue::{Logon, Session, kernel, security};
use crate::event::Event;
use crate::host::Host;
use crate::value::FileTime;

/// Logon IDs below this one are reserved: evidence of boots, not sessions.
const FIRST_SESSION_ID: u64 = 0x3e9;

/// A host with its truth.
pub(super) struct Stage {
    pub host: Host,
    pub truth: Truth,
    /// Version of 4624 that this Windows writes.
    pub logon_version: u8,
    /// Number of the running boot; 0 before the first that the logs know.
    pub boot: u32,
    /// The computer's own session: subject of most logons.
    pub machine: Session,
    /// Logs that were collected; events for others are not written.
    channels: &'static [&'static str],
    /// What the kernel wrote at the end of the last boot, for the next one to record.
    pub unrecorded: Vec<(FileTime, Event)>,
}

impl Stage {
    pub fn new(computer: &str, domain: &str, channels: &'static [&'static str]) -> Self {
        Self {
            host: Host::new(computer),
            truth: Truth::default(),
            logon_version: 2,
            boot: 0,
            machine: Session::machine(computer, domain),
            channels,
            unrecorded: Vec::new(),
        }
    }

    /// Writes an event; 0 where its log was not collected.
    pub fn log(&mut self, time: FileTime, event: Event) -> u64 {
        if self.channels.contains(&event.channel) { self.host.log(time, event) } else { 0 }
    }

    /// 4624.
    pub fn logon(&mut self, time: FileTime, logon: &Logon) {
        let version = self.logon_version;
        let record = self.log(time, Logon { version, ..logon.clone() }.event());
        if logon.target.logon_id >= FIRST_SESSION_ID {
            let row = self.row(&logon.target);
            row.logon_type = Some(logon.logon_type);
            row.start = Some(Mark { record, time });
        }
    }

    /// 4647.
    pub fn initiated(&mut self, time: FileTime, session: &Session) {
        let record = self.log(time, security::user_logoff(session));
        let row = self.row(session);
        row.initiated = Some(Mark { record, time });
        row.end = Some(INITIATED);
    }

    /// 4634.
    pub fn terminated(&mut self, time: FileTime, session: &Session, logon_type: u32) {
        let record = self.log(time, security::logoff(session, logon_type));
        let row = self.row(session);
        row.logon_type.get_or_insert(logon_type);
        row.terminated = Some(Mark { record, time });
        row.end = Some(TERMINATED);
    }

    /// States how a session of this boot ended that no record of its own ends.
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

    /// The next boot, whose kernel started at this time.
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

    /// What the kernel writes when it stops, kept for the next boot to record.
    pub fn kernel_stops(&mut self, time: FileTime, action: u32) {
        self.unrecorded = vec![
            (time.minus_ms(1_713), kernel::shutdown_transition(action, 5)),
            (time, kernel::stopping(time)),
        ];
    }

    /// The session's row; a new one where the log does not show its beginning.
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
