//! The course of a history: boot after boot, and what happens in each.

use super::machine::Leave;
use super::world::World;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

impl World {
    /// Lives through all boots.
    pub fn live(&mut self) {
        for number in 1..=self.setup.boots {
            self.boot_up();
            let lasting = *self.random.pick(&[20 * MINUTE, 2 * HOUR, 9 * HOUR, 60 * HOUR]);
            self.plan(lasting);
            self.plan_filling(lasting);
            let last = number == self.setup.boots;
            if last && self.random.chance(65) {
                self.later(lasting, |world| world.up = false);
                self.run();
                break;
            }
            let how = match self.random.within(0..=99) {
                0..=29 => Leave::Restart,
                30..=39 => Leave::Shutdown,
                40..=69 => Leave::PowerOff,
                _ => Leave::Crash,
            };
            self.later(lasting, move |world| world.leave(how));
            self.run();
            if !last {
                self.between_boots();
            }
        }
    }

    /// The machine is off: time passes, logs may be copied, the machine may get another name.
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

    /// Decides what happens in this boot, and when.
    fn plan(&mut self, lasting: u64) {
        if self.boot == 1 && self.random.chance(20) {
            self.later(9_000, Self::set_up);
        }
        if self.random.chance(40) {
            self.later(12_000, Self::start_service);
        }
        for _ in 0..self.random.count(0..=self.setup.busy) {
            let at = self.random.within(15_000..=lasting);
            let act = self.draw_act();
            self.later(at, act);
        }
    }

    fn draw_act(&mut self) -> fn(&mut World) {
        match self.random.within(0..=99) {
            0..=16 => Self::somebody_at_console,
            17..=29 => Self::somebody_remote,
            30..=40 => |world| world.somebody(Self::log_off),
            41..=49 => |world| world.somebody(Self::lock),
            50..=53 => |world| world.somebody(Self::disconnect),
            54..=57 => |world| world.somebody(Self::run_as),
            58..=60 => |world| world.somebody(Self::new_credentials),
            61..=64 => |world| world.somebody(Self::elevate),
            65..=81 => Self::visit,
            82..=83 => Self::crossing_visits,
            84..=87 => Self::run_task,
            88..=89 => Self::fail,
            90..=92 => Self::suspend,
            93 => Self::hibernate,
            94..=95 => Self::fast_startup,
            96 => Self::play_with_clock,
            97 => Self::clear_security,
            98 => |world| {
                if world.random.chance(40) {
                    world.clear_system();
                }
            },
            _ => Self::archive_security,
        }
    }

    fn draw_person(&mut self) -> usize {
        self.random.count(0..=self.setup.people.len() - 1)
    }

    fn somebody_at_console(&mut self) {
        let person = self.draw_person();
        self.come_to_console(person);
    }

    fn somebody_remote(&mut self) {
        let person = self.draw_person();
        self.come_remotely(person);
    }

    /// Does something to one of the desktops that last.
    fn somebody(&mut self, act: fn(&mut World, u32)) {
        if !self.desktops.is_empty() {
            let at = self.random.count(0..=self.desktops.len() - 1);
            act(self, self.desktops[at].number);
        }
    }
}
