//! What befalls the logs while the machine runs: clears, archives, copies (event-semantics 3.4).

use super::world::World;
use crate::catalogue::{SECURITY, SYSTEM, Session, event_log, file_name};

impl World {
    /// Somebody clears the Security log: 1102 is the first record of the new one.
    pub fn clear_security(&mut self) {
        let by = self.clearer();
        self.host.clear(SECURITY);
        self.log(event_log::security_log_cleared(&by));
        self.flush_channel(SECURITY);
    }

    /// Somebody clears the System log: 104.
    pub fn clear_system(&mut self) {
        let by = self.clearer();
        self.host.clear(SYSTEM);
        self.log(event_log::log_cleared(&by, SYSTEM, ""));
        self.flush_channel(SYSTEM);
    }

    fn clearer(&self) -> Session {
        match self.desktops.first() {
            Some(desktop) => self.session(desktop.elevated.unwrap_or(desktop.life)),
            None => Session::system(),
        }
    }

    /// The Security log is full and archived; the archive is collected too, or lost.
    pub fn archive_security(&mut self) {
        let [year, month, day, hour, minute, second] = self.reading().parts();
        let name = format!(
            "Archive-Security-{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}-000.evtx"
        );
        let records = self.host.records(SECURITY).to_vec();
        self.host.clear(SECURITY);
        let path = format!(r"C:\Windows\System32\Winevt\Logs\{name}");
        self.log(event_log::security_log_archived(&path));
        self.flush_channel(SECURITY);
        if self.random.chance(75) {
            self.put_aside(name, records);
        }
    }

    /// Somebody copies a log while the machine is off.
    pub fn copy_logs(&mut self) {
        for channel in [SECURITY, SYSTEM] {
            let name = format!("copy{}/{}", self.boot, file_name(channel));
            let records = self.host.records(channel).to_vec();
            self.put_aside(name, records);
        }
    }
}
