//! Window stations: the font driver and window manager of each Terminal Services session
//! (event-semantics 3.6).

use super::setup::Windows;
use super::world::{Part, Role, World};
use crate::catalogue::security::{ExplicitCredentials, WINDOW_MANAGER_PRIVILEGES};
use crate::catalogue::{Account, Logon, security};
use crate::value::Sid;

const WINLOGON: &str = r"C:\Windows\System32\winlogon.exe";
const WININIT: &str = r"C:\Windows\System32\wininit.exe";

/// The sessions that serve one desktop.
#[derive(Clone, Debug)]
pub(super) struct Station {
    pub number: u32,
    /// Window manager, filtered half first; then the font driver.
    lives: Vec<usize>,
}

impl World {
    /// Opens a window station of a new number.
    pub fn new_station(&mut self) -> u32 {
        let number = self.next_station;
        self.next_station += 1;
        self.open_station(number);
        number
    }

    /// Opens a window station: since Windows 8 the window manager has an account of its own,
    /// since 10 also the font driver.
    pub fn open_station(&mut self, number: u32) {
        let mut lives = Vec::new();
        if self.setup.windows >= Windows::Ten {
            lives.push(self.font_driver(number));
        }
        if self.setup.windows >= Windows::EightOne {
            lives.extend(self.window_manager(number));
        }
        lives.reverse();
        self.stations.push(Station { number, lives });
    }

    /// The font driver host logs on.
    pub fn font_driver(&mut self, number: u32) -> usize {
        let process = if number == 0 { WININIT } else { WINLOGON };
        let account = Account::font_driver(number);
        let life = self.begin(&account, 2, "window-manager");
        self.announce(&account, process);
        let mut logon = Logon::window_manager(self.machine(), self.session(life));
        logon.process_name = process.into();
        self.write_logon(life, logon);
        life
    }

    /// The window manager logs on: a linked pair.
    fn window_manager(&mut self, number: u32) -> [usize; 2] {
        let mut account = Account::window_manager(number);
        if self.setup.windows == Windows::EightOne {
            account.sid = Sid::parse(&format!("S-1-5-90-{number}"));
        }
        let [elevated, filtered] = self.begin_pair(&account, 2, "window-manager");
        self.announce(&account, WINLOGON);
        let logon = Logon::window_manager(self.machine(), self.session(filtered));
        let halves = logon.split(self.lives[elevated].logon_id);
        for (life, half) in [elevated, filtered].into_iter().zip(halves) {
            self.write_logon(life, half);
        }
        for life in [elevated, filtered] {
            let event =
                security::special_privileges(&self.session(life), WINDOW_MANAGER_PRIVILEGES);
            self.write(event, Role::Of(life, Part::Other));
        }
        [elevated, filtered]
    }

    /// 4648 before a logon.
    pub fn announce(&mut self, account: &Account, process: &str) {
        let mut credentials = ExplicitCredentials::local(self.machine(), account, process);
        credentials.early_layout = self.setup.windows == Windows::Seven;
        self.log(credentials.event());
    }

    /// A window station goes: in a third of the cases its sessions' ends are audited.
    pub fn close_station(&mut self, number: u32, audited: bool) {
        let Some(at) = self.stations.iter().position(|station| station.number == number) else {
            return;
        };
        let station = self.stations.remove(at);
        if !audited {
            // They linger on: nothing says that they ended, and LSASS keeps them.
            return;
        }
        for life in station.lives {
            if self.lasts(life) {
                self.terminate(life, 2);
                self.pass(0);
            }
        }
    }
}
