//! The course of a history: one boot after the other, and the activities in each.

use super::kinds::Kind;
use super::machine::BootEnding;
use super::simulator::Simulator;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

impl Simulator {
    /// Runs all boots.
    pub fn run_all_boots(&mut self) {
        let setup = self.setup.boots > 2 && self.setup.kinds.has(Kind::SetupBoot);
        if setup {
            self.run_setup_boots();
        }
        for number in if setup { 3 } else { 1 }..=self.setup.boots {
            self.start_boot();
            let lasting = *self.random.pick(&[20 * MINUTE, 2 * HOUR, 9 * HOUR, 60 * HOUR]);
            self.plan(lasting);
            self.plan_filling(lasting);
            let last = number == self.setup.boots;
            if last && self.random.chance(65) {
                self.later(lasting, |simulator| simulator.up = false);
                self.run_until_down();
                break;
            }
            let how = match self.random.within(0..=99) {
                0..=29 => BootEnding::Restart,
                30..=39 => BootEnding::Shutdown,
                40..=69 => BootEnding::PowerOff,
                _ => BootEnding::Crash,
            };
            self.later(lasting, move |simulator| simulator.end_boot(how));
            self.run_until_down();
            if !last {
                self.between_boots();
            }
        }
    }

    /// The host is off: time passes, logs may be copied, the computer may be renamed.
    fn between_boots(&mut self) {
        self.stay_off();
        if self.random.chance(8) {
            self.copy_logs();
        }
        if !self.setup.renames {
            return;
        }
        match self.random.within(0..=39) {
            0 => self.setup.name = format!("NEW-{}", self.random.within(100..=999)),
            1 => self.setup.domain = Some(("CONTOSO", "contoso.local")),
            _ => return,
        }
        let name = self.setup.computer();
        if name != self.host.computer {
            self.host.computer.clone_from(&name);
            self.names.push(name);
            self.renamed_at = self.boot + 1;
        }
    }

    /// Decides which activities take place in this boot, and when.
    fn plan(&mut self, lasting: u64) {
        if self.boot == 1 && self.random.chance(20) {
            self.later(9_000, Self::setup_logon);
        }
        if self.random.chance(40) {
            self.later(12_000, Self::start_service);
        }
        for _ in 0..self.random.count(0..=self.setup.activities) {
            let at = self.random.within(15_000..=lasting);
            let act = self.draw_activity();
            self.later(at, act);
        }
    }

    fn draw_activity(&mut self) -> fn(&mut Simulator) {
        if self.does(Kind::TerminalServer, 35) {
            return Self::remote_logon;
        }
        match self.random.within(0..=99) {
            0..=16 => Self::console_logon,
            17..=29 => Self::remote_logon,
            30..=40 => |simulator| simulator.on_some_desktop(Self::log_off),
            41..=49 => |simulator| simulator.on_some_desktop(Self::lock),
            50..=53 => |simulator| simulator.on_some_desktop(Self::disconnect),
            54..=57 => |simulator| simulator.on_some_desktop(Self::run_as),
            58..=60 => |simulator| simulator.on_some_desktop(Self::new_credentials),
            61..=64 => |simulator| simulator.on_some_desktop(Self::elevate),
            65..=81 => Self::network_logon,
            82..=83 => Self::crossing_network_logons,
            84..=87 => Self::run_task,
            88..=89 => Self::failed_logon,
            90..=92 => Self::suspend,
            93 => Self::hibernate,
            94..=95 => Self::fast_startup,
            96 => Self::move_clock,
            97 => Self::clear_security,
            98 => |simulator| {
                if simulator.random.chance(40) {
                    simulator.clear_system();
                }
            },
            _ => Self::archive_security,
        }
    }

    fn draw_person(&mut self) -> usize {
        self.random.count(0..=self.setup.people.len() - 1)
    }

    fn console_logon(&mut self) {
        let person = self.draw_person();
        self.log_on_at_console(person);
    }

    fn remote_logon(&mut self) {
        let person = self.draw_person();
        self.log_on_remotely(person);
    }

    /// Runs an activity on one of the open desktops.
    fn on_some_desktop(&mut self, act: fn(&mut Simulator, u32)) {
        if !self.desktops.is_empty() {
            let at = self.random.count(0..=self.desktops.len() - 1);
            act(self, self.desktops[at].number);
        }
    }
}
