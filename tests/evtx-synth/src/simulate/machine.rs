//! How a boot begins and ends, and what each channel records of it.

use super::kinds::Kind;
use super::setup::Windows;
use super::simulator::{Role, SimulatedBoot, Simulator, Unclean};
use crate::catalogue::winlogon::ShutdownRequest;
use crate::catalogue::{
    Account, Logon, SECURITY, SESSION_MANAGER, SYSTEM, Session, USER_PROFILE, audit, event_log,
    kernel, security,
};

const EARLY_PROCESSES: &[&str] =
    &["smss.exe", "csrss.exe", "wininit.exe", "services.exe", "lsass.exe"];

/// How a boot ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BootEnding {
    Restart,
    Shutdown,
    PowerOff,
    Crash,
}

impl BootEnding {
    /// `ShutdownActionType` of Kernel-Power 109, the action in the text of 1074, and the name of
    /// the end cause.
    fn action(self) -> (u32, &'static str, &'static str) {
        match self {
            Self::Restart => (5, "restart", "restart"),
            Self::Shutdown => (4, "shutdown", "shutdown"),
            Self::PowerOff => (6, "power off", "power-off"),
            Self::Crash => unreachable!("nobody requests a crash"),
        }
    }
}

impl Simulator {
    /// Begins the next boot: sets the clock, then writes the Security and the System events.
    pub fn start_boot(&mut self) {
        let before = self.boots.last().map_or(Unclean::No, |boot| boot.unclean);
        let crashed = self.boots.last().filter(|boot| boot.unclean == Unclean::Service).cloned();
        self.boot += 1;
        self.boot_counter += 1;
        if self.boot == 1 || self.random.chance(86) {
            self.host.lsass_pid = u32::try_from(4 * self.random.within(120..=260)).expect("small");
        }
        let wrong_clock = self.draw_wrong_clock();
        let started = self.clock();
        self.boots.push(SimulatedBoot {
            started: (self.now, started),
            ended: None,
            cause: "",
            counter: self.boot_counter,
            requested_by: None,
            requests: 0,
            service_stopped: None,
            unclean: Unclean::No,
        });
        self.up = true;
        self.host.service_runs = false;
        self.desktops.clear();
        self.window_stations.clear();
        (self.console, self.next_window_station) = (1, 2);

        let correct_early =
            wrong_clock.by != 0 && (wrong_clock.corrected_early || self.random.chance(30));
        self.boot_security(crashed.is_some());
        if correct_early {
            self.correct_clock(wrong_clock.by);
        }
        self.own_services();
        let delay = self.random.within(1_000..=9_000);
        self.pass(delay);
        if self.lacks_service() {
            let boot = self.boots.last().expect("a boot").clone();
            self.boot_system_without_service(&boot);
        } else {
            self.boot_system(started, crashed.as_ref(), before);
            self.host.service_runs = true;
        }
        if wrong_clock.by != 0 && !correct_early {
            let delay = *self.random.pick(&[3_000, 40_000, 400_000]);
            self.later(delay, move |simulator| simulator.correct_clock(wrong_clock.by));
        }
    }

    /// The Security log of a boot up to LSASS and the logon screen.
    fn boot_security(&mut self, after_crash: bool) {
        let (mut lsass, service) = (self.random.within(1_400..=6_000), 16_000);
        if !self.is_setup_boot() && self.does(Kind::DiskCheck, 40) {
            lsass += self.extra.within(300_000..=3_600_000);
        }
        if after_crash && self.random.chance(90) {
            // It is the first record of the boot, but it has the time at which the service started.
            let time = self.clock_in(lsass + service);
            self.write_stamped(time, event_log::audit_events_dropped(0), Role::CrashSign);
        }
        let nobody = Session::new(Account::new(Account::system().sid, "-", "-"), 0x3e7);
        let early = (lsass / 2).min(3_000);
        self.pass(early);
        if self.setup.windows >= Windows::Ten {
            self.log(audit::process_created(&nobody, 0x5c, "Registry", ""));
            self.log(audit::token_assigned(&nobody, 0x5c, "Registry"));
            self.log(audit::boot_configuration(&nobody));
            for (number, name) in (0..).zip(EARLY_PROCESSES) {
                let path = format!(r"C:\Windows\System32\{name}");
                self.log(audit::process_created(&nobody, 0x200 + 8 * number, &path, ""));
            }
        }
        self.pass(lsass / 2 * 2 - early);
        self.write(audit::windows_starting(), Role::BootStart);
        self.pass(13);
        let version = self.setup.windows.logon_version();
        self.write(Logon { version, ..Logon::system_start() }.event(), Role::BootStart);
        self.pass(44);
        let policy = self.restart_luids();
        self.log(audit::per_user_audit_policy(policy));
        self.draw_luid(0x20..=0x400);
        self.own_service(Session::system());
        if self.setup.windows >= Windows::Ten {
            self.font_driver(0);
        }
        self.open_window_station(1);
    }

    /// The services that run as Windows' own accounts.
    fn own_services(&mut self) {
        self.own_service(Session::new(Account::network_service(), 0x3e4));
        self.pass(290);
        self.own_service(Session::new(Account::local_service(), 0x3e5));
        for _ in 0..self.random.within(0..=3) {
            self.pass(170);
            self.own_service(Session::system());
        }
    }

    fn own_service(&mut self, session: Session) {
        let version = self.setup.windows.logon_version();
        let logon = Logon { version, ..Logon::service(self.machine(), session.clone()) };
        self.log(logon.event());
        self.log(security::special_privileges(&session, &["SeAuditPrivilege"]));
    }

    /// The System log of a boot, written when the event log service is up.
    fn boot_system(
        &mut self,
        kernel_start: crate::FileTime,
        crashed: Option<&SimulatedBoot>,
        before: Unclean,
    ) {
        let (version, build) = self.setup.windows.build();
        let started = kernel::started(kernel_start, build.parse().expect("a number"), 1_000);
        // At a first boot and after a crash, the kernel's first record comes before those of the
        // service. Otherwise it comes after them, and after the shutdown events of the last boot.
        let early = self.boot == 1 || crashed.is_some();
        if early {
            self.write_stamped(kernel_start, started.clone(), Role::BootStart);
        }
        if let Some(crashed) = crashed {
            self.unexpected_shutdown(crashed);
        }
        if let [.., old, new] = self.names.as_slice()
            && *new == self.host.computer
            && self.renamed_at == self.boot
            && short(old) != short(new)
        {
            let event = event_log::renamed(&short(old), &short(new));
            self.log(event);
        }
        let service = self.clock();
        self.log(event_log::version(version, build));
        self.write(event_log::service_started(service), Role::BootStart);
        let (began, _) = self.boots.last().expect("a boot").started;
        let uptime = (self.now - began) / 10_000_000;
        self.log(event_log::uptime(uptime, "-60 W. Europe Standard Time"));
        for (time, event, role) in std::mem::take(&mut self.shutdown_events) {
            let boot = self.boot - 1;
            self.record(time, event, role, boot);
        }
        if !early {
            self.write_stamped(kernel_start, started, Role::BootStart);
        }
        self.kernel_boot(kernel_start, before != Unclean::No);
        for (time, event, role) in std::mem::take(&mut self.early_events) {
            self.write_stamped(time, event, role);
        }
        if before != Unclean::No {
            let event = if self.setup.windows >= Windows::Ten {
                kernel::rebooted_without_shutdown(0)
            } else {
                kernel::rebooted_without_shutdown_v2(0)
            };
            self.write_stamped(kernel_start.plus_ms(775), event, Role::CrashSign);
        }
        if self.setup.windows == Windows::Eleven {
            self.log(kernel::power_session(self.boot_counter, 1, 0, 1));
        }
    }

    /// The events of Kernel-Boot, since Windows 8.1: how the boot before ended, and how this one began.
    pub fn kernel_boot(&mut self, kernel_start: crate::FileTime, after_crash: bool) {
        let counter = self.setup.windows >= Windows::Ten;
        let good = !after_crash || self.random.chance(30);
        if self.setup.windows >= Windows::EightOne {
            let last = counter.then_some(self.boot_counter - 1);
            self.write_stamped(
                kernel_start.plus_ticks(312),
                kernel::last_boot(good, true, last),
                Role::Plain,
            );
            self.write_stamped(
                kernel_start.plus_ticks(377),
                kernel::boot_menu_policy(),
                Role::Plain,
            );
            let kind = if counter { kernel::boot_type(0) } else { kernel::boot_type_v0(0) };
            self.write_stamped(kernel_start.plus_ticks(401), kind, Role::Plain);
        }
    }

    /// Writes 6008. Windows saves the time now and then, and 6008 gives the last saved time of the
    /// boot that crashed. This may be long before its end.
    fn unexpected_shutdown(&mut self, crashed: &SimulatedBoot) {
        let (ended, _) = crashed.ended.expect("it crashed");
        let second = 10_000_000;
        let lasted = (ended - crashed.started.0) / second;
        // If the clock was set during the boot, the time in 6008 is of the clock that ran then.
        // Only a time close to the start of the boot is then certain to be of the first clock.
        let clock_unchanged =
            !self.steps.iter().any(|step| crashed.started.0 < step.at && step.at <= ended);
        let uptime = if clock_unchanged {
            lasted.saturating_sub(self.random.within(1..=4_000))
        } else {
            3.min(lasted)
        };
        let last_alive = crashed.started.1.plus_ms(uptime * 1_000);
        self.write(event_log::unexpected_shutdown(last_alive, 60, uptime), Role::CrashSign);
    }

    /// A user or the system requests a shutdown or restart, and it follows; or the host crashes.
    pub fn end_boot(&mut self, how: BootEnding) {
        if how == BootEnding::Crash {
            self.crash();
            return;
        }
        let (_, word, _) = how.action();
        let desktop =
            self.desktops.first().map(|desktop| self.sessions[desktop.session].account.clone());
        let user = desktop.unwrap_or_else(Account::system);
        let request = ShutdownRequest::from_start_menu(&self.host.computer, &user, word);
        let longer = self.request_shutdown(&request);
        self.later(600 + longer, move |simulator| simulator.end_desktops(how));
    }

    /// The users are logged off, and then the event log service stops.
    fn end_desktops(&mut self, how: BootEnding) {
        if !self.all_desktops_are_ready() {
            self.later(2_000, move |simulator| simulator.end_desktops(how));
            return;
        }
        // Some or all of what LSASS audits from now on is recorded after 1100.
        if self.random.chance(50) {
            self.buffer_audits();
        }
        while let Some(desktop) = self.desktops.first().map(|desktop| desktop.number) {
            self.log_off_for_shutdown(desktop);
        }
        let delay = self.random.within(400..=4_000);
        self.later(delay, move |simulator| simulator.shut_down(how));
    }

    fn shut_down(&mut self, how: BootEnding) {
        let (action, _, cause) = how.action();
        self.end_all();
        self.pass(20);
        self.write(event_log::service_shutdown(), Role::CleanEnd);
        self.pass(15);
        self.write(event_log::service_stopped(), Role::CleanEnd);
        self.host.service_runs = false;
        self.write_buffered_audits();
        self.shutdown_events.clear();
        self.log_late();
        if self.does(Kind::UnfinishedShutdown, 40) {
            let stopped = self.now;
            let hung = self.extra.within(1_000..=1_800_000);
            self.pass(hung);
            self.power_down(cause);
            let boot = self.boots.last_mut().expect("a boot");
            (boot.service_stopped, boot.unclean) = (Some(stopped), Unclean::Kernel);
            self.flush();
            return;
        }
        self.pass(400);
        let (begins, ends) = (self.clock(), self.clock_in(1_700));
        self.pass(1_700);
        self.shutdown_events.extend([
            (begins, kernel::shutdown_transition(action, 5), Role::EndAction),
            (ends, kernel::stopping(ends), Role::CleanEnd),
        ]);
        self.power_down(cause);
        self.flush();
    }

    /// The host crashes. Records that are not yet on the disk are lost, and their record ids are
    /// used again.
    fn crash(&mut self) {
        self.pass(50);
        self.end_all();
        self.power_down("crash");
        self.boots.last_mut().expect("a boot").unclean = Unclean::Service;
        let all = usize::MAX;
        let (security, system) = match self.random.within(0..=9) {
            0 => (all, 0),
            1 => (0, all),
            2 => (all, all),
            _ => (self.random.count(0..=14), self.random.count(0..=8)),
        };
        self.lose(SECURITY, security);
        self.lose(SYSTEM, system);
        let everything = security == all && system == all;
        for channel in [SESSION_MANAGER, USER_PROFILE, crate::catalogue::CONNECTION_MANAGER] {
            let most = if everything { all } else { self.random.count(0..=5) };
            self.lose(channel, most);
        }
        self.flush();
    }

    pub fn power_down(&mut self, cause: &'static str) {
        let end = (self.now, self.clock());
        let boot = self.boots.last_mut().expect("a boot");
        (boot.ended, boot.cause) = (Some(end), cause);
        self.up = false;
    }

    /// Passes the time between two boots. Now and then it holds attempts to boot without events.
    pub fn stay_off(&mut self) {
        let off = *self.random.pick(&[15, 30, 60, 3_600, 40_000, 400_000]);
        let off = off * 1_000 + self.random.within(0..=9_000);
        self.pass(off);
        if self.random.chance(10) {
            self.boot_counter += u32::try_from(self.random.within(1..=2)).expect("small");
        }
    }
}

/// The name without the domain, as 6011 gives it.
fn short(computer: &str) -> String {
    computer.split('.').next().unwrap_or(computer).to_uppercase()
}
