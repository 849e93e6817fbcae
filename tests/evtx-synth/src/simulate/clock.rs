//! The clock: wrong at boot, set back between boots, changed within a boot.

use super::kinds::Kind;
use super::setup::Windows;
use super::simulator::{Role, Simulator};
use crate::catalogue::kernel::ClockChange;
use crate::catalogue::{Account, Session, audit};
use crate::value::FileTime;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A clock that is wrong when a boot begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrongClock {
    /// By how many milliseconds it is wrong until it is corrected; 0 if it is right, or stays wrong.
    pub by: i64,
    /// It is corrected before the event log service starts.
    pub corrected_early: bool,
}

impl Simulator {
    /// By how many milliseconds the hardware clock is wrong at this boot until it is corrected.
    /// The clock may also be set wrong here without a correction later.
    pub fn draw_wrong_clock(&mut self) -> WrongClock {
        let setup = self.features.contains(Kind::SetupBoot.name()) && self.boot <= 3;
        if self.boot > 1 && self.random.chance(5) && !setup {
            // It was set in the firmware while the host was off, and nothing corrects it later.
            let ms = *self.random.pick(&[-24 * 60_000, -2 * HOUR, 35 * 60_000]);
            self.shift_clock(ms);
        }
        let by = if self.random.chance(15) {
            *self.random.pick(&[-10 * HOUR, 2 * HOUR, 3 * HOUR, -HOUR])
        } else {
            0
        };
        if let Some(of_kind) = self.wrong_clock_of_kind() {
            return of_kind;
        }
        if by != 0 {
            self.shift_clock(by);
        }
        WrongClock { by, corrected_early: false }
    }

    /// The wrong clock of a first boot in another zone, or of a dead battery.
    fn wrong_clock_of_kind(&mut self) -> Option<WrongClock> {
        // The records of a Setup boot lie between those of the next one. Only their times tell them
        // apart, so the clock has to be of one kind there.
        if self.features.contains(Kind::SetupBoot.name()) && self.boot <= 3 {
            return Some(WrongClock { by: 0, corrected_early: false });
        }
        if self.wrong_zone != 0 {
            // Setup ends: Windows takes the zone that the user chose, before the service starts.
            let by = std::mem::take(&mut self.wrong_zone);
            return Some(WrongClock { by, corrected_early: true });
        }
        if self.boot == 1 && self.does(Kind::WrongZone, 100) {
            let hours = i64::try_from(self.extra.within(9..=26)).expect("small");
            let by = if self.extra.chance(50) { hours * HOUR } else { -hours * HOUR };
            self.shift_clock(by);
            let stays = self.setup.boots > 1 && self.extra.chance(60);
            if stays {
                self.wrong_zone = by;
                return Some(WrongClock { by: 0, corrected_early: false });
            }
            return Some(WrongClock { by, corrected_early: true });
        }
        if self.does(Kind::DeadClock, 45) {
            let year = self.extra.within(2002..=2019);
            let begins = FileTime::parse(&format!("{year}-01-01T00:00:00Z"));
            let ticks = i128::from(begins.0) - i128::from(self.clock().0);
            let by = i64::try_from(ticks / 10_000).expect("years");
            self.shift_clock(by);
            return Some(WrongClock { by, corrected_early: self.extra.chance(50) });
        }
        None
    }

    /// The clock is wrong by this many milliseconds, and is corrected. Steps of size zero may stand
    /// before the real one.
    pub fn correct_clock(&mut self, wrong_by: i64) {
        if self.does(Kind::ZeroSteps, 80) {
            for _ in 0..self.extra.count(1..=3) {
                let now = self.clock();
                self.write_clock_change(now, now, Role::ZeroStep);
                self.pass(40);
            }
        }
        self.set_clock(-wrong_by);
    }

    /// A program sets the clock: 4616 and Kernel-General 1, both with the new time.
    pub fn set_clock(&mut self, by_ms: i64) {
        let old = self.clock();
        self.shift_clock(by_ms);
        let role = Role::Step(self.steps.len() - 1);
        let new = self.clock();
        self.write_clock_change(old, new, role);
    }

    /// 4616 and Kernel-General 1 by a program.
    fn write_clock_change(&mut self, old: FileTime, new: FileTime, role: Role) {
        let service = Session::new(Account::local_service(), 0x3e5);
        let process = r"C:\Windows\System32\svchost.exe";
        let event = if self.setup.windows == Windows::Seven {
            let [before, after] = [local(old), local(new)];
            audit::clock_changed_v0(&service, (&before.0, &before.1), (&after.0, &after.1), process)
        } else {
            audit::clock_changed(&service, old, new, process)
        };
        self.write(event, role);
        self.clock_change_in_system(old, new, 1, role);
    }

    /// Writes Kernel-General 1. `reason` is 1 for a program, 2 for a resume.
    pub fn clock_change_in_system(
        &mut self,
        old: FileTime,
        new: FileTime,
        reason: u32,
        role: Role,
    ) {
        let by_program = reason == 1;
        let change = ClockChange {
            version: self.setup.windows.clock_change_version(),
            old,
            new,
            reason,
            process_name: if by_program {
                r"\Device\HarddiskVolume2\Windows\System32\svchost.exe".into()
            } else {
                String::new()
            },
            process_id: if by_program { 1_132 } else { 0 },
        };
        if self.host.service_runs {
            self.write(change.event(), role);
        } else {
            self.early_events.push((new, change.event(), role));
        }
    }

    /// A user sets the clock months forward or back, and mostly corrects it later.
    pub fn move_clock(&mut self) {
        let by = *self.random.pick(&[184 * DAY, -120 * DAY, -30 * DAY, 400 * DAY, 90_000, -7_000]);
        self.set_clock(by);
        let back = self.random.within(60_000..=900_000);
        if self.random.chance(85) {
            self.later(back, move |simulator| simulator.set_clock(-by));
        }
    }
}

/// The date and the time as 4616 version 0 gives them: local, in American form, in UTC+1.
fn local(time: FileTime) -> (String, String) {
    let [year, month, day, hour, minute, second] = time.plus_ms(3_600_000).parts();
    let half = if hour < 12 { "AM" } else { "PM" };
    (
        format!("{month}/{day}/{year}"),
        format!("{}:{minute:02}:{second:02} {half}", (hour + 11) % 12 + 1),
    )
}
