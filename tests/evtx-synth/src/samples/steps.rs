//! Sequences of events that every history has: boot, logon, logoff, shutdown.
//!
//! The order of the events and the times between them are those of real logs.

use super::builder::SampleBuilder;
use crate::catalogue::security::{
    ADMINISTRATOR_PRIVILEGES, ExplicitCredentials, WINDOW_MANAGER_PRIVILEGES,
};
use crate::catalogue::winlogon::ShutdownRequest;
use crate::catalogue::{
    Account, Logon, Session, audit, event_log, kernel, security, terminal, winlogon,
};
use crate::value::FileTime;

const WINLOGON: &str = r"C:\Windows\System32\winlogon.exe";
const WININIT: &str = r"C:\Windows\System32\wininit.exe";
const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";

/// The processes that the kernel audits before LSASS runs.
const EARLY_PROCESSES: [(u64, &str, &str); 10] = [
    (0x17c, "smss.exe", ""),
    (0x198, "autochk.exe", "smss.exe"),
    (0x1d4, "smss.exe", "smss.exe"),
    (0x1e0, "csrss.exe", "smss.exe"),
    (0x224, "smss.exe", "smss.exe"),
    (0x22c, "csrss.exe", "smss.exe"),
    (0x238, "wininit.exe", "smss.exe"),
    (0x258, "winlogon.exe", "smss.exe"),
    (0x27c, "services.exe", "wininit.exe"),
    (0x284, "lsass.exe", "wininit.exe"),
];

/// The sessions of the window manager and font driver in one Terminal Services session.
pub(super) struct WindowStation {
    font_driver: Session,
    window_manager: [Session; 2],
}

/// What the System log records of a boot.
pub(super) struct SystemBoot {
    /// The boot counter of the boot before.
    pub last_boot_id: u32,
    /// The build number of Windows.
    pub build: &'static str,
    /// After a crash: when the boot before was last alive, and its uptime then in seconds.
    pub crashed: Option<(FileTime, u64)>,
    /// True for the first boot of a log.
    pub first: bool,
}

impl SampleBuilder {
    /// The Security log of a boot, from the kernel's first audit to the logon screen.
    ///
    /// `first_luid` is the first locally unique identifier that LSASS draws.
    pub fn boot_security(
        &mut self,
        kernel: FileTime,
        first_luid: u64,
        after_crash: bool,
    ) -> WindowStation {
        self.begins_boot(kernel);
        self.host.service_runs = false;
        if after_crash {
            // It is the first record of the boot, but it has the time at which the service started.
            self.log(kernel.plus_ms(5_374), event_log::audit_events_dropped(0));
        }
        let nobody = Session::new(Account::new(Account::system().sid, "-", "-"), 0x3e7);
        let audits = kernel.plus_ms(2_999);
        self.log(audits, audit::process_created(&nobody, 0x5c, "Registry", ""));
        self.log(audits, audit::token_assigned(&nobody, 0x5c, "Registry"));
        self.log(audits.plus_ticks(16), audit::boot_configuration(&nobody));
        for (number, (id, name, parent)) in (0..).zip(EARLY_PROCESSES) {
            let path = |name: &str| {
                if name.is_empty() { String::new() } else { format!(r"C:\Windows\System32\{name}") }
            };
            let event = audit::process_created(&nobody, id, &path(name), &path(parent));
            self.log(audits.plus_ms(40 + 131 * number), event);
        }
        let lsass = audits.plus_ms(1_453);
        self.log(lsass, audit::windows_starting());
        self.logon(lsass.plus_ms(13), &Logon::system_start());
        self.log(lsass.plus_ms(57), audit::per_user_audit_policy(first_luid));
        self.system_service(lsass.plus_ms(67));
        let font_driver = Session::new(Account::font_driver(0), first_luid + 0x1b);
        self.virtual_logon(lsass.plus_ms(86), &font_driver, WININIT);
        let window_station = self.window_station(lsass.plus_ms(110), 1, first_luid + 0x3f);
        self.own_service(lsass.plus_ms(226), &Session::new(Account::network_service(), 0x3e4));
        self.own_service(lsass.plus_ms(516), &Session::new(Account::local_service(), 0x3e5));
        self.system_service(lsass.plus_ms(1_004));
        self.host.service_runs = true;
        window_station
    }

    /// The System log of a boot.
    pub fn boot_system(&mut self, kernel: FileTime, boot: &SystemBoot) {
        let service = kernel.plus_ms(9_047);
        let revision = 5_487;
        let build = boot.build.parse().expect("a build number");
        let started = (kernel, kernel::started(kernel, build, revision));
        // At a first boot and after a crash, the kernel's first record comes before those of the
        // service. Otherwise it comes after them, and after the shutdown events of the last boot.
        let early = boot.first || boot.crashed.is_some();
        if early {
            self.log(started.0, started.1.clone());
        }
        if let Some((alive, uptime)) = boot.crashed {
            self.log(service, event_log::unexpected_shutdown(alive, 60, uptime));
        }
        self.log(service, event_log::version("10.00.", boot.build));
        self.log(service, event_log::service_started(service));
        self.log(service, event_log::uptime(9, "-60 W. Europe Standard Time"));
        for (time, event) in std::mem::take(&mut self.shutdown_events) {
            self.log(time, event);
        }
        if !early {
            self.log(started.0, started.1);
        }
        let good = boot.crashed.is_none();
        self.log(kernel.plus_ticks(312), kernel::last_boot(good, true, Some(boot.last_boot_id)));
        self.log(kernel.plus_ticks(377), kernel::boot_menu_policy());
        self.log(kernel.plus_ticks(401), kernel::boot_type(0));
        if !good {
            self.log(kernel.plus_ms(775), kernel::rebooted_without_shutdown(0));
        }
    }

    /// The logons for a new desktop session: the font driver, then the window manager with a split
    /// token.
    pub fn window_station(&mut self, time: FileTime, number: u32, luid: u64) -> WindowStation {
        let font_driver = Session::new(Account::font_driver(number), luid);
        self.virtual_logon(time, &font_driver, WINLOGON);
        let account = Account::window_manager(number);
        let [elevated, filtered] =
            [luid + 0x1c4, luid + 0x1e6].map(|id| Session::new(account.clone(), id));
        let time = time.plus_ms(158);
        let credentials = ExplicitCredentials::local(self.machine.clone(), &account, WINLOGON);
        self.log(time, credentials.event());
        let logon = Logon::window_manager(self.machine.clone(), filtered.clone());
        for half in logon.split(elevated.logon_id) {
            self.logon(time, &half);
        }
        for half in [&elevated, &filtered] {
            self.log(time, security::special_privileges(half, WINDOW_MANAGER_PRIVILEGES));
        }
        WindowStation { font_driver, window_manager: [elevated, filtered] }
    }

    /// The logoffs of the window manager, its filtered half first, and of the font driver.
    pub fn close_window_station(&mut self, time: FileTime, window_station: &WindowStation) {
        let [elevated, filtered] = &window_station.window_manager;
        self.terminated(time, filtered, 2);
        self.terminated(time.plus_ticks(1_730), elevated, 2);
        self.terminated(time.plus_ms(3), &window_station.font_driver, 2);
    }

    /// A logon of a virtual account: the window manager or the font driver.
    fn virtual_logon(&mut self, time: FileTime, session: &Session, process: &str) {
        let credentials =
            ExplicitCredentials::local(self.machine.clone(), &session.account, process);
        self.log(time, credentials.event());
        let mut logon = Logon::window_manager(self.machine.clone(), session.clone());
        logon.process_name = process.into();
        self.logon(time, &logon);
    }

    /// A service that runs as SYSTEM. Each start of such a service writes these events.
    fn system_service(&mut self, time: FileTime) {
        self.own_service(time, &Session::system());
    }

    /// A service that runs with one of Windows' own accounts.
    fn own_service(&mut self, time: FileTime, session: &Session) {
        self.logon(time, &Logon::service(self.machine.clone(), session.clone()));
        let privileges =
            ["SeAssignPrimaryTokenPrivilege", "SeAuditPrivilege", "SeImpersonatePrivilege"];
        self.log(time, security::special_privileges(session, &privileges));
    }

    /// A service that runs with the account of a user.
    pub fn service(&mut self, time: FileTime, session: &Session) {
        self.logon(time, &Logon::service(self.machine.clone(), session.clone()));
    }

    /// A logon at the console or by remote desktop: 4648, then one session, or two if the token is
    /// split. Returns the session of the desktop.
    pub fn desktop_logon(
        &mut self,
        time: FileTime,
        logon: Logon,
        elevated_id: Option<u64>,
    ) -> Session {
        let mut credentials =
            ExplicitCredentials::local(self.machine.clone(), &logon.target.account, SVCHOST);
        credentials.ip_address.clone_from(&logon.ip_address);
        self.log(time.minus_ms(1), credentials.event());
        let desktop = logon.target.clone();
        match elevated_id {
            None => self.logon(time, &logon),
            Some(id) => {
                let halves = logon.split(id);
                halves.iter().for_each(|half| self.logon(time, half));
                let elevated = &halves[0].target;
                self.log(time, security::special_privileges(elevated, ADMINISTRATOR_PRIVILEGES));
            }
        }
        desktop
    }

    /// What other logs record of the logon at a desktop.
    pub fn desktop_logon_events(
        &mut self,
        time: FileTime,
        account: &Account,
        session_id: u32,
        address: &str,
    ) {
        self.log(time.plus_ms(15), winlogon::logon_notice(session_id, account));
        self.log(time.plus_ms(16), terminal::arbitration_begins(account, session_id));
        self.log(time.plus_ms(19), terminal::arbitration_ends(account, session_id));
        self.log(time.plus_ms(251), terminal::logon_succeeded(account, session_id, address));
        self.log(time.plus_ms(880), terminal::shell_started(account, session_id, address));
    }

    /// What other logs record of the logoff from a desktop.
    pub fn desktop_logoff_events(&mut self, time: FileTime, account: &Account, session_id: u32) {
        self.log(time.plus_ms(31), terminal::logoff_succeeded(account, session_id));
        self.log(time.plus_ms(128), winlogon::logoff_notice(session_id, account));
    }

    /// A network session that ends by itself after `milliseconds`.
    pub fn network_session(
        &mut self,
        time: FileTime,
        session: &Session,
        client: (&str, &str),
        milliseconds: u64,
    ) {
        self.logon(time, &Logon::network(session.clone(), client.0, client.1, 49_722));
        self.terminated(time.plus_ms(milliseconds), session, 3);
    }

    /// A user requests a shutdown.
    pub fn shutdown_requested(&mut self, time: FileTime, by: &Account, action: &str) {
        let request = ShutdownRequest::from_start_menu(&self.host.computer, by, action);
        self.log(time, request.event());
    }

    /// The event log service stops.
    pub fn event_log_stops(&mut self, time: FileTime) {
        self.log(time, event_log::service_shutdown());
        self.log(time.plus_ms(22), event_log::service_stopped());
        self.host.service_runs = false;
    }
}
