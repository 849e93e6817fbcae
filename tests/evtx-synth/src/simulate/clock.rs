//! The clock: wrong at boot, set back between boots, changed within a boot (event-semantics 3.4).

use super::setup::Windows;
use super::simulator::{Role, Simulator};
use crate::catalogue::kernel::ClockChange;
use crate::catalogue::{Account, Session, audit};
use crate::value::FileTime;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

impl Simulator {
    /// By how many milliseconds the hardware clock is wrong at this boot until it is corrected.
    /// The clock may also be set wrong here without a correction later.
    pub fn draw_wrong_clock(&mut self) -> i64 {
        if self.boot > 1 && self.random.chance(5) {
            // It was set in the firmware while the host was off, and nothing corrects it later.
            let ms = *self.random.pick(&[-24 * 60_000, -2 * HOUR, 35 * 60_000]);
            self.shift_clock(ms);
        }
        if self.random.chance(15) {
            *self.random.pick(&[-10 * HOUR, 2 * HOUR, 3 * HOUR, -HOUR])
        } else {
            0
        }
    }

    /// Sets the clock forward or back, unless by 0.
    pub fn shift_clock_if(&mut self, ms: i64) {
        if ms != 0 {
            self.shift_clock(ms);
        }
    }

    /// A program sets the clock: 4616 and Kernel-General 1, both with the new time.
    pub fn set_clock(&mut self, by_ms: i64) {
        let old = self.clock();
        self.shift_clock(by_ms);
        let role = Role::Step(self.steps.len() - 1);
        let new = self.clock();
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
