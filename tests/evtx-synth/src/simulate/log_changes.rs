//! What happens to the logs while the host runs: clears, archives, copies.

use super::random::Random;
use super::simulator::{SavedLog, Simulator};
use crate::catalogue::{SECURITY, SYSTEM, Session, event_log, file_name};
use crate::event::Record;

/// A Security log that does not overwrite, and becomes full (2.2, 1104).
#[derive(Clone, Copy, Debug)]
pub(super) struct Filling {
    /// The boot in which it becomes full.
    boot: u32,
    /// When, in thousandths of the length of that boot.
    at: u64,
    /// When it is allowed to grow, in milliseconds after that. If the boot ends before, the log
    /// stays full until it is cleared or archived.
    grows_after: Option<u64>,
}

impl Filling {
    /// Draws this for one host in 25. It uses random numbers of its own, so that the histories of
    /// all other hosts stay as they were before logs could be full.
    pub fn draw(seed: u64, boots: usize) -> Option<Self> {
        let mut random = Random::new(seed ^ 0xf111_ed10);
        let boots = u64::try_from(boots).expect("few");
        random.chance(4).then(|| Self {
            boot: u32::try_from(random.within(1..=boots)).expect("few"),
            at: random.within(50..=900),
            grows_after: random.chance(50).then(|| random.within(60_000..=20_000_000)),
        })
    }
}

impl Simulator {
    /// Plans that the Security log becomes full in this boot, if it does. `lasting` is the length
    /// of the boot in milliseconds.
    pub fn plan_filling(&mut self, lasting: u64) {
        let Some(filling) = self.setup.filling.filter(|filling| filling.boot == self.boot) else {
            return;
        };
        self.later(lasting * filling.at / 1_000, move |simulator| {
            simulator.log(event_log::security_log_full());
            simulator.flush_channel(SECURITY);
            simulator.full = true;
            if let Some(ms) = filling.grows_after {
                simulator.later(ms, |simulator| simulator.full = false);
            }
        });
    }

    /// A user clears the Security log: 1102 is the first record of the new log.
    pub fn clear_security(&mut self) {
        let by = self.clearing_session();
        self.host.clear(SECURITY);
        self.full = false;
        self.log(event_log::security_log_cleared(&by));
        self.flush_channel(SECURITY);
    }

    /// A user clears the System log: 104.
    pub fn clear_system(&mut self) {
        let by = self.clearing_session();
        self.host.clear(SYSTEM);
        self.log(event_log::log_cleared(&by, SYSTEM, ""));
        self.flush_channel(SYSTEM);
    }

    fn clearing_session(&self) -> Session {
        match self.desktops.first() {
            Some(desktop) => self.catalogue_session(desktop.elevated.unwrap_or(desktop.session)),
            None => Session::system(),
        }
    }

    /// The Security log is archived. The archive is collected as well, or it is lost.
    pub fn archive_security(&mut self) {
        let [year, month, day, hour, minute, second] = self.clock().parts();
        let name = format!(
            "Archive-Security-{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}-000.evtx"
        );
        let records = self.host.records(SECURITY).to_vec();
        self.host.clear(SECURITY);
        self.full = false;
        let path = format!(r"C:\Windows\System32\Winevt\Logs\{name}");
        self.log(event_log::security_log_archived(&path));
        self.flush_channel(SECURITY);
        if self.random.chance(75) {
            self.save_log(name, records);
        }
    }

    /// The Security and the System log are copied while the host is off.
    pub fn copy_logs(&mut self) {
        for channel in [SECURITY, SYSTEM] {
            let name = format!("copy{}/{}", self.boot, file_name(channel));
            let records = self.host.records(channel).to_vec();
            self.save_log(name, records);
        }
    }

    /// Saves a copy of a log, unless it is empty.
    pub fn save_log(&mut self, name: String, records: Vec<Record>) {
        if !records.is_empty() {
            self.saved_logs.push(SavedLog { name, records });
        }
    }

    /// Removes the newest records of a channel, but none that are on disk.
    pub fn lose(&mut self, channel: &'static str, most: usize) {
        let floor = self.unflushed.get(channel).copied().unwrap_or(1);
        let ids: Vec<u64> = self.host.records(channel).iter().map(|record| record.id).collect();
        let lost: Vec<u64> =
            ids.into_iter().rev().take_while(|&id| id >= floor).take(most).collect();
        let Some(&first) = lost.last() else { return };
        self.host.lose(channel, lost.len());
        self.host.set_next_id(channel, first);
        for id in lost {
            self.written.remove(&(channel, id));
        }
    }

    /// Everything written so far is on disk now.
    pub fn flush(&mut self) {
        let channels: Vec<&'static str> = self.host.channels().collect();
        for channel in channels {
            self.flush_channel(channel);
        }
    }

    /// Everything written to the channel so far is on disk now.
    pub fn flush_channel(&mut self, channel: &'static str) {
        let written = self.written.range((channel, 0)..=(channel, u64::MAX)).next_back();
        if let Some((&(_, last), _)) = written {
            self.unflushed.insert(channel, last + 1);
        }
    }
}
