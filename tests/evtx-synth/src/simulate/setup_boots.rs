//! The boots of Windows Setup: the first one is reset, and the second one has no event log service,
//! so that the next boot records its System events.

use super::kinds::Kind;
use super::simulator::{Role, SimulatedBoot, Simulator};
use crate::catalogue::winlogon::ShutdownRequest;
use crate::catalogue::{Account, kernel};

impl Simulator {
    /// Runs both boots.
    pub fn run_setup_boots(&mut self) {
        self.features.insert(Kind::SetupBoot.name());
        self.start_boot();
        let lasting = self.extra.within(18_000..=60_000);
        self.later(lasting, Self::reset);
        self.run_until_down();
        let off = self.extra.within(9_000..=30_000);
        self.pass(off);

        self.start_boot();
        let lasting = self.extra.within(18_000..=60_000);
        self.later(lasting, Self::restart_by_setup);
        self.run_until_down();
        let off = self.extra.within(3_000..=9_000);
        self.pass(off);
    }

    /// Whether the present boot is one of Windows Setup, or the one that records their events.
    pub fn is_setup_boot(&self) -> bool {
        self.features.contains(Kind::SetupBoot.name()) && self.boot <= 3
    }

    /// Whether the present boot is the one without an event log service.
    pub fn lacks_service(&self) -> bool {
        self.features.contains(Kind::SetupBoot.name()) && self.boot == 2
    }

    /// Setup resets the computer: no record tells how the boot ended.
    fn reset(&mut self) {
        self.pass(50);
        self.end_all();
        self.power_down("unknown");
        self.flush();
    }

    fn restart_by_setup(&mut self) {
        let user = Account::system();
        let request = ShutdownRequest {
            process: format!(r"C:\Windows\system32\oobe\Setup.exe ({})", self.host.computer),
            ..ShutdownRequest::from_start_menu(&self.host.computer, &user, "restart")
        };
        self.request_shutdown(&request);
        self.end_all();
        let (begins, ends) = (self.clock_in(70), self.clock_in(220));
        self.pass(220);
        let held = self.held_events.take().unwrap_or_default();
        self.shutdown_events = held;
        self.shutdown_events.extend([
            (begins, kernel::shutdown_transition(5, 5), Role::EndAction),
            (ends, kernel::stopping(ends), Role::CleanEnd),
        ]);
        self.power_down("restart");
        self.flush();
    }

    /// The System log of the boot without an event log service: only the kernel's start is written.
    pub fn boot_system_without_service(&mut self, boot: &SimulatedBoot) {
        let (_, build) = self.setup.windows.build();
        let started = kernel::started(boot.started.1, build.parse().expect("a number"), 1_000);
        self.write_stamped(boot.started.1, started, Role::BootStart);
        self.held_events = Some(Vec::new());
        self.kernel_boot(boot.started.1, false);
    }
}
