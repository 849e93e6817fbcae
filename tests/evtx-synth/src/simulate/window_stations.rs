//! Window stations: the font driver and window manager of each Terminal Services session.

use super::kinds::Kind;
use super::setup::Windows;
use super::simulator::{Role, SessionRecord, Simulator};
use crate::catalogue::security::{ExplicitCredentials, WINDOW_MANAGER_PRIVILEGES};
use crate::catalogue::{Account, Logon, security};
use crate::value::Sid;

const WINLOGON: &str = r"C:\Windows\System32\winlogon.exe";
const WININIT: &str = r"C:\Windows\System32\wininit.exe";

/// The sessions of the font driver and the window manager of one desktop.
#[derive(Clone, Debug)]
pub(super) struct WindowStation {
    /// Number of the Terminal Services session.
    pub number: u32,
    /// The window manager, its filtered half first, then the font driver.
    sessions: Vec<usize>,
}

impl Simulator {
    /// Opens a window station with the next number, and returns that number.
    pub fn new_window_station(&mut self) -> u32 {
        let number = self.next_window_station;
        self.next_window_station += 1;
        self.open_window_station(number);
        number
    }

    /// Opens a window station. Since Windows 8 the window manager has an account of its own, and
    /// since Windows 10 the font driver has one as well.
    pub fn open_window_station(&mut self, number: u32) {
        let mut sessions = Vec::new();
        if number > 1
            && self.setup.windows >= Windows::Ten
            && self.does(Kind::LogonIdsFallAtDesktops, 70)
        {
            sessions = self.font_driver_audited_last(number);
            sessions.reverse();
            self.window_stations.push(WindowStation { number, sessions });
            return;
        }
        if self.setup.windows >= Windows::Ten {
            sessions.push(self.font_driver(number));
        }
        if self.setup.windows >= Windows::EightOne {
            sessions.extend(self.window_manager(number));
        }
        sessions.reverse();
        self.window_stations.push(WindowStation { number, sessions });
    }

    /// The font driver host logs on.
    pub fn font_driver(&mut self, number: u32) -> usize {
        let process = if number == 0 { WININIT } else { WINLOGON };
        let account = Account::font_driver(number);
        let session = self.begin(&account, 2, "window-manager");
        self.write_font_driver(number, session, process);
        session
    }

    /// The Logon ID of the font driver is allocated first. The window manager is audited, and the
    /// font driver a quarter of a second after it: the Logon IDs in the log fall.
    fn font_driver_audited_last(&mut self, number: u32) -> Vec<usize> {
        let first = self.begin(&Account::font_driver(number), 2, "window-manager");
        let account = Account::window_manager(number);
        let elevated = self.begin_after(0x40..=0xe00, &account, 2, "window-manager");
        let filtered = self.begin_after(0x40..=0x180, &account, 2, "window-manager");
        self.link_halves(elevated, filtered);
        self.write_window_manager(&account, number, [elevated, filtered]);
        self.pass(250);
        self.write_font_driver(number, first, WINLOGON);
        vec![first, elevated, filtered]
    }

    fn write_font_driver(&mut self, number: u32, session: usize, process: &str) {
        let account = Account::font_driver(number);
        self.write_explicit_credentials(&account, process);
        let mut logon = Logon::window_manager(self.machine(), self.catalogue_session(session));
        logon.process_name = process.into();
        logon.process_id = u64::from(self.winlogon_of(number));
        self.write_logon(session, logon);
    }

    /// The window manager logs on: two linked sessions.
    fn window_manager(&mut self, number: u32) -> [usize; 2] {
        let mut account = Account::window_manager(number);
        if self.setup.windows == Windows::EightOne {
            account.sid = Sid::parse(&format!("S-1-5-90-{number}"));
        }
        let halves = self.begin_pair(&account, 2, "window-manager");
        self.write_window_manager(&account, number, halves);
        halves
    }

    fn write_window_manager(
        &mut self,
        account: &Account,
        number: u32,
        [elevated, filtered]: [usize; 2],
    ) {
        self.write_explicit_credentials(account, WINLOGON);
        let mut logon = Logon::window_manager(self.machine(), self.catalogue_session(filtered));
        logon.process_id = u64::from(self.winlogon_of(number));
        let halves = logon.split(self.sessions[elevated].logon_id);
        for (session, half) in [elevated, filtered].into_iter().zip(halves) {
            self.write_logon(session, half);
        }
        for session in [elevated, filtered] {
            let event = security::special_privileges(
                &self.catalogue_session(session),
                WINDOW_MANAGER_PRIVILEGES,
            );
            self.write(event, Role::Session(session, SessionRecord::Other));
        }
    }

    /// The process ID of the logon process of a Terminal Services session. Winlogon's notices and
    /// the logons by it name the same one.
    pub fn winlogon_of(&self, number: u32) -> u32 {
        500 + 4 * ((37 * number + 11 * self.boot) % 2_000)
    }

    /// 4648 before a logon.
    pub fn write_explicit_credentials(&mut self, account: &Account, process: &str) {
        let mut credentials = ExplicitCredentials::local(self.machine(), account, process);
        credentials.early_layout = self.setup.windows == Windows::Seven;
        self.log(credentials.event());
    }

    /// Closes a window station. If `audited`, the ends of its sessions are recorded.
    pub fn close_window_station(&mut self, number: u32, audited: bool) {
        let Some(at) =
            self.window_stations.iter().position(|window_station| window_station.number == number)
        else {
            return;
        };
        let window_station = self.window_stations.remove(at);
        if !audited {
            // No record says that the sessions ended, and LSASS keeps them.
            return;
        }
        for session in window_station.sessions {
            if self.is_open(session) {
                self.terminate(session, 2);
                self.pass(0);
            }
        }
    }
}
