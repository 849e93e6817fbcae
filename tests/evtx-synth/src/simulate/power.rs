//! What is not a boot: sleep, hibernation, Fast Startup (event-semantics 3.4).

use super::setup::Windows;
use super::world::{Role, World};
use crate::catalogue::winlogon::ShutdownRequest;
use crate::catalogue::{Account, kernel};
use crate::value::FileTime;

/// `SYSTEM_POWER_STATE` of S3, of hibernation, and of a shutdown.
const S3: u32 = 4;
const HIBERNATE: u32 = 5;
const SHUTDOWN: u32 = 6;

impl World {
    /// S1 to S3.
    pub fn suspend(&mut self) {
        let state = *self.random.pick(&[2, S3]);
        self.log(kernel::entering_sleep(state, state, 7));
        let slept = self.reading();
        let minutes = self.random.within(5..=900);
        self.sleep(minutes * 60_000);
        self.wake(slept, state, state, None);
    }

    /// The content of memory goes to disk; sessions stay open.
    pub fn hibernate(&mut self) {
        self.log(kernel::entering_sleep(HIBERNATE, HIBERNATE, 0));
        let slept = self.reading();
        let hours = self.random.within(1..=60);
        self.sleep(hours * 3_600_000);
        self.wake(slept, HIBERNATE, HIBERNATE, Some(2));
    }

    /// The user shuts down, but only the desktops end: the kernel goes on later.
    pub fn fast_startup(&mut self) {
        if self.setup.windows < Windows::EightOne || self.setup.server {
            return;
        }
        let user = self.desktops.first().map(|desktop| desktop.person);
        let user = user.map_or_else(Account::system, |person| self.account(person));
        let request = ShutdownRequest::from_start_menu(&self.host.computer, &user, "power off");
        self.log(request.event());
        let stations: Vec<u32> = self.stations.iter().map(|station| station.number).collect();
        while let Some(desktop) = self.desktops.first().map(|desktop| desktop.number) {
            self.log_off_for_shutdown(desktop);
        }
        let caller = r"\Device\HarddiskVolume2\Windows\System32\winlogon.exe";
        self.later(2_000, move |world| {
            world.log(kernel::power_action_requested(caller, 6));
            world.log(kernel::entering_sleep(SHUTDOWN, HIBERNATE, 4));
            let slept = world.reading();
            let hours = world.random.within(1..=60);
            world.sleep(hours * 3_600_000);
            world.wake(slept, SHUTDOWN, HIBERNATE, Some(1));
            // What served the old desktops is destroyed only now.
            let audited = world.random.chance(50);
            for station in stations {
                world.close_station(station, audited);
            }
            world.console = world.new_station();
        });
    }

    fn wake(&mut self, slept: FileTime, target: u32, effective: u32, boot_type: Option<u32>) {
        // Its clock is still that of before the sleep, now and then.
        let resumed = if self.random.chance(60) { slept.plus_ms(400) } else { self.reading() };
        self.write_stamped(resumed, kernel::resumed(target, effective), Role::Plain);
        self.pass(30);
        let awake = self.reading();
        self.clock_change_in_system(slept, awake, 2, Role::Plain);
        if let Some(boot_type) = boot_type
            && self.setup.windows >= Windows::EightOne
        {
            self.log(kernel::boot_menu_policy());
            let early = self.setup.windows == Windows::EightOne;
            let event =
                if early { kernel::boot_type_v0(boot_type) } else { kernel::boot_type(boot_type) };
            self.log(event);
        }
        self.pass(900);
        self.log(kernel::woke_up(slept, awake, target, effective));
    }
}
