//! Sleep, hibernation and Fast Startup, which are no boots.

use super::kinds::Kind;
use super::setup::Windows;
use super::simulator::{Role, Simulator, Unclean};
use crate::catalogue::winlogon::ShutdownRequest;
use crate::catalogue::{Account, kernel};
use crate::value::FileTime;

/// `SYSTEM_POWER_STATE` of S3, of hibernation, and of a shutdown.
const S3: u32 = 4;
const HIBERNATE: u32 = 5;
const SHUTDOWN: u32 = 6;

impl Simulator {
    /// The host sleeps (S1 to S3) and resumes.
    pub fn suspend(&mut self) {
        let state = *self.random.pick(&[2, S3]);
        let silent = self.setup.windows == Windows::Seven && self.does(Kind::SilentResume, 60);
        if !silent {
            self.log(kernel::entering_sleep(state, state, 7));
        }
        let slept = self.clock();
        let minutes = self.random.within(5..=900);
        self.sleep(minutes * 60_000);
        if silent {
            self.pass(30);
            let awake = self.clock();
            self.clock_change_in_system(slept, awake, 2, Role::SilentResume);
            return;
        }
        self.wake(slept, state, state, None);
    }

    /// The host hibernates and resumes. The sessions stay open.
    pub fn hibernate(&mut self) {
        self.log(kernel::entering_sleep(HIBERNATE, HIBERNATE, 0));
        let slept = self.clock();
        let hours = self.random.within(1..=60);
        self.sleep(hours * 3_600_000);
        self.wake(slept, HIBERNATE, HIBERNATE, Some(2));
    }

    /// Fast Startup: a user shuts down, which ends the desktops, but the kernel only hibernates.
    pub fn fast_startup(&mut self) {
        let has_fast_startup = self.setup.windows >= Windows::EightOne && !self.setup.server;
        if !has_fast_startup || !self.all_desktops_are_ready() {
            return;
        }
        let user = self.desktops.first().map(|desktop| desktop.person);
        let user = user.map_or_else(Account::system, |person| self.account(person));
        let request = ShutdownRequest::from_start_menu(&self.host.computer, &user, "power off");
        self.log(request.event());
        let window_stations: Vec<u32> =
            self.window_stations.iter().map(|window_station| window_station.number).collect();
        while let Some(desktop) = self.desktops.first().map(|desktop| desktop.number) {
            self.log_off_for_shutdown(desktop);
        }
        let caller = r"\Device\HarddiskVolume2\Windows\System32\winlogon.exe";
        self.later(2_000, move |simulator| {
            simulator.log(kernel::power_action_requested(caller, 6));
            let sleep = kernel::entering_sleep(SHUTDOWN, HIBERNATE, 4);
            // If the clock was set, the 6008 of the next boot may have a time of the clock before that.
            let (began, _) = simulator.boots.last().expect("a boot").started;
            let is_set = simulator.steps.iter().any(|step| step.at >= began);
            if !is_set && simulator.does(Kind::FastStartupNotResumed, 40) {
                simulator.write(sleep, Role::CleanEnd);
                simulator.end_all();
                simulator.power_down("power-off");
                simulator.boots.last_mut().expect("a boot").unclean = Unclean::Service;
                simulator.flush();
                return;
            }
            simulator.log(sleep);
            let slept = simulator.clock();
            let hours = simulator.random.within(1..=60);
            simulator.sleep(hours * 3_600_000);
            simulator.wake(slept, SHUTDOWN, HIBERNATE, Some(1));
            // The sessions of the old window stations are destroyed only now.
            let audited = simulator.random.chance(50);
            for window_station in window_stations {
                simulator.close_window_station(window_station, audited);
            }
            simulator.console = simulator.new_window_station();
        });
    }

    /// Writes the events of a resume.
    fn wake(&mut self, slept: FileTime, target: u32, effective: u32, boot_type: Option<u32>) {
        // Often the record still has the time from before the sleep.
        let resumed = if self.random.chance(60) { slept.plus_ms(400) } else { self.clock() };
        self.write_stamped(resumed, kernel::resumed(target, effective), Role::Plain);
        self.pass(30);
        let awake = self.clock();
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
