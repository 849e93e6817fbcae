//! What befalls the logs while the machine runs: clears, archives, copies (event-semantics 3.4).

use super::random::Random;
use super::world::World;
use crate::catalogue::{SECURITY, SYSTEM, Session, event_log, file_name};

/// The Security log does not overwrite, and becomes full (2.2, 1104).
#[derive(Clone, Copy, Debug)]
pub(super) struct Filling {
    /// The boot in which it does.
    boot: u32,
    /// After so many thousandths of that boot.
    at: u64,
    /// It is allowed to grow so many milliseconds later, if the boot lasts so long: else it stays
    /// full until it is cleared or archived.
    grows_after: Option<u64>,
}

impl Filling {
    /// Draws it for one host in 25, from numbers of its own: all others live as they did before
    /// logs could be full.
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

impl World {
    /// Lets the Security log become full in this boot of such a length, if it is to.
    pub fn plan_filling(&mut self, lasting: u64) {
        let Some(filling) = self.setup.filling.filter(|filling| filling.boot == self.boot) else {
            return;
        };
        self.later(lasting * filling.at / 1_000, move |world| {
            world.log(event_log::security_log_full());
            world.flush_channel(SECURITY);
            world.full = true;
            if let Some(ms) = filling.grows_after {
                world.later(ms, |world| world.full = false);
            }
        });
    }

    /// Somebody clears the Security log: 1102 is the first record of the new one.
    pub fn clear_security(&mut self) {
        let by = self.clearer();
        self.host.clear(SECURITY);
        self.full = false;
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
        self.full = false;
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
