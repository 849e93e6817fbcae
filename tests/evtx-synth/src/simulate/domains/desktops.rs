//! Boots, and the sessions of users at the console.

use super::computer::{Desktop, Role};
use super::network_logons::kerberos_logon;
use super::world::{REALM, User, World};
use crate::catalogue::security::{self, ExplicitCredentials};
use crate::catalogue::{Account, Logon, Session, audit, event_log, kernel, terminal};

const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";

impl World {
    /// The records of a boot that begins at the true time `at`.
    pub fn boot(&mut self, computer: usize, at: u64) {
        let start = self.computers[computer].shows(self.start, at);
        let machine = self.computers[computer].machine();
        let nobody = Session::new(Account::new(Account::system().sid, "-", "-"), 0x3e7);
        let early = [
            kernel::started(start, 19_045, 5_487),
            kernel::last_boot(true, true, Some(40)),
            kernel::boot_menu_policy(),
            kernel::boot_type(0),
        ];
        for event in early {
            self.record(computer, at, event);
        }
        let service = [
            event_log::version("10.00.", "19045"),
            event_log::service_started(start.plus_ms(9_000)),
            event_log::uptime(9, "-60 W. Europe Standard Time"),
        ];
        for event in service {
            self.record(computer, at + 9_000, event);
        }
        let security = [
            audit::process_created(&nobody, 0x5c, "Registry", ""),
            audit::boot_configuration(&nobody),
            audit::process_created(&nobody, 0x200, r"C:\Windows\System32\smss.exe", ""),
            audit::windows_starting(),
            Logon::system_start().event(),
            audit::per_user_audit_policy(0x6a10),
        ];
        for (number, event) in (0..).zip(security) {
            self.record(computer, at + 2_000 + 20 * number, event);
        }
        let services = [
            Session::new(Account::network_service(), 0x3e4),
            Session::new(Account::local_service(), 0x3e5),
            Session::system(),
        ];
        for (number, session) in (0..).zip(services) {
            let time = at + 3_000 + 290 * number;
            self.record(computer, time, Logon::service(machine.clone(), session.clone()).event());
            let event = security::special_privileges(&session, &["SeAuditPrivilege"]);
            self.record(computer, time, event);
        }
    }

    /// A user works at the console from `from` to `to`. An administrator gets a split token.
    pub fn work_at_console(&mut self, computer: usize, user: &User, from: u64, to: u64) {
        let machine = self.computers[computer].machine();
        let credentials = ExplicitCredentials::local(machine.clone(), &user.account, SVCHOST);
        self.record(computer, from.saturating_sub(3), credentials.event());
        let id = self.computers[computer].logon_id(from + 1);
        let session = Session::new(user.account.clone(), id);
        let logon = Logon { elevated: false, ..Logon::console(machine, session.clone()) };
        let mut sessions = vec![session.clone()];
        if user.administrator && self.computers[computer].role == Role::Workstation {
            let elevated = self.computers[computer].logon_id(from);
            let [full, filtered] = logon.split(elevated);
            sessions.push(full.target.clone());
            for half in [full, filtered] {
                self.record(computer, from, half.event());
            }
        } else {
            self.record(computer, from, logon.event());
        }
        self.record(computer, from + 700, terminal::logon_succeeded(&user.account, 1, "LOCAL"));
        self.record(computer, from + 1_300, terminal::shell_started(&user.account, 1, "LOCAL"));
        self.record(computer, to, security::user_logoff(&session));
        for ended in &sessions {
            self.end(computer, to + 900, ended, 2);
        }
        self.record(computer, to + 1_000, terminal::logoff_succeeded(&user.account, 1));
        self.computers[computer].desktops.push(Desktop { session, from, to });
    }

    /// What a logon at the console causes at a controller: tickets, and the logon that reads the policies.
    pub fn read_policies(&mut self, computer: usize, session: &Session, at: u64) {
        let client = self.client(computer, session);
        let controller = self.controller();
        if computer == controller || !self.can_use_kerberos(&client, controller, at) {
            return;
        }
        self.ticket(&client, &session.account, computer, at.saturating_sub(30));
        let ticket = self.ticket(&client, &session.account, controller, at + 2_000);
        let address = self.seen(&client, controller, at);
        let port = self.port_at(&client);
        let seen_port = self.seen_port(&client, controller, port);
        for number in 0..self.random.within(1..=3) {
            let at = at + 2_010 + number * 40;
            let id = self.computers[controller].logon_id(at);
            let account = Account { domain: REALM.into(), ..session.account.clone() };
            let mut logon = kerberos_logon(Session::new(account, id), ticket.at_target);
            (logon.ip_address, logon.ip_port) = (address.clone(), seen_port.to_string());
            logon.elevated = false;
            let source = self.source(&client, "");
            self.begin(controller, at, &logon, ("policies at logon", source, at - 10));
            self.end(controller, at + 12_000, &logon.target, 3);
        }
    }

    /// A service that runs as an account of the domain: a session of type 5.
    pub fn start_service(&mut self, computer: usize, account: &Account, at: u64) {
        let id = self.computers[computer].logon_id(at);
        let session = Session::new(account.clone(), id);
        let machine = self.computers[computer].machine();
        self.record(computer, at, Logon::service(machine, session.clone()).event());
        let to = self.length + 1;
        self.computers[computer].desktops.push(Desktop { session, from: at, to });
    }
}
