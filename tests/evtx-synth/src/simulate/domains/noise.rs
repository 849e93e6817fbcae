//! What every domain records without anybody at work: computers, the anonymous account, local requests.

use super::network_logons::{kerberos_logon, nobody};
use super::world::{REALM, World};
use crate::catalogue::connections::Connection;
use crate::catalogue::{Account, FailedLogon, Logon, Session};

impl World {
    /// A computer reads its policies at a controller.
    pub fn computer_logon(&mut self, computer: usize, at: u64) {
        let controller = self.controller();
        let system = Session::new(self.computers[computer].account.clone(), 0x3e7);
        let client = self.client(computer, &system);
        if computer == controller || !self.can_use_kerberos(&client, controller, at) {
            return;
        }
        let own = system.account.clone();
        let ticket = self.ticket(&client, &own, controller, at);
        let port = self.computers[computer].port();
        let seen_port = self.seen_port(&client, controller, port);
        let address = self.seen(&client, controller, at);
        let destination = (self.computers[controller].address(at).to_owned(), 445);
        if self.computers[computer].audits.connections {
            let connection = Connection {
                outbound: true,
                process: (4, "System".into()),
                user: r"NT AUTHORITY\SYSTEM".into(),
                source: (self.computers[computer].address_towards(controller, at).to_owned(), port),
                destination,
            };
            self.record(computer, at, connection.permitted());
        }
        for number in 0..self.random.within(1..=2) {
            let time = at + 6 + 30 * number;
            let id = self.computers[controller].logon_id(time);
            let account = Account { domain: REALM.into(), ..own.clone() };
            let mut logon = kerberos_logon(Session::new(account, id), ticket.at_target);
            (logon.ip_address, logon.ip_port) = (address.clone(), seen_port.to_string());
            logon.elevated = true;
            let source = self.source(&client, "");
            self.begin(controller, time, &logon, ("computer account", source, at));
            self.end(controller, time + 11_000, &logon.target, 3);
        }
    }

    /// A computer logs on to itself: over loopback, its link-local address, its own, or without an address.
    pub fn own_logon(&mut self, computer: usize, at: u64) {
        let own = self.computers[computer].address(at).to_owned();
        let (address, scenario) = match self.random.within(0..=3) {
            0 => ("::1".to_owned(), "itself, loopback"),
            1 => ("fe80::9582:39e0:356b:ef4e".to_owned(), "itself, link-local"),
            2 => (own, "itself, own address"),
            _ => ("-".to_owned(), "itself, no address"),
        };
        let port = if address == "-" {
            "-".to_owned()
        } else {
            self.computers[computer].port().to_string()
        };
        let id = self.computers[computer].logon_id(at);
        let account = Account {
            domain: REALM.into(),
            sid: Account::system().sid,
            ..self.computers[computer].account.clone()
        };
        let guid = self.guid();
        let mut logon = kerberos_logon(Session::new(account, id), guid);
        (logon.ip_address, logon.ip_port, logon.elevated) = (address, port, true);
        self.begin(computer, at, &logon, (scenario, nobody("itself"), at));
        self.end(computer, at + 1_200, &logon.target, 3);
    }

    /// The anonymous account, with the name and the address of the client.
    pub fn anonymous(&mut self, from: usize, target: usize, at: u64) {
        let id = self.computers[target].logon_id(at);
        let name = self.computers[from].name.clone();
        let client = self.client(from, &Session::system());
        let address = self.seen(&client, target, at);
        let port = self.computers[from].port();
        let port = self.seen_port(&client, target, port);
        let session = Session::new(Account::anonymous(), id);
        let logon = Logon {
            lm_package: "NTLM V1".into(),
            ..Logon::network(session.clone(), &name, &address, port)
        };
        self.begin(target, at, &logon, ("anonymous", nobody("anonymous"), at));
        self.end(target, at + 15_000, &session, 3);
    }

    /// A service of the computer asks for the groups of a user: type 3 with a local asker.
    pub fn local_request(&mut self, computer: usize, user: &Account, at: u64) {
        let id = self.computers[computer].logon_id(at);
        let name = self.computers[computer].name.clone();
        let session = Session::new(user.clone(), id);
        let mut logon = kerberos_logon(session.clone(), self.guid());
        logon.subject = self.computers[computer].machine();
        logon.logon_process = "Authz   ".into();
        logon.workstation = name;
        (logon.process_id, logon.process_name) = (0x3a8, r"C:\Windows\System32\svchost.exe".into());
        (logon.ip_address, logon.ip_port) = ("-".into(), "-".into());
        self.begin(computer, at, &logon, ("local request", nobody("local request"), at));
        self.end(computer, at + 40, &session, 3);
    }

    /// Somebody mistypes a password.
    pub fn failed_logon(&mut self, target: usize, from: usize, user: &str, at: u64) {
        let name = self.computers[from].name.clone();
        let failed = FailedLogon {
            workstation: name,
            ip_address: self.computers[from].address(at).to_owned(),
            ..FailedLogon::wrong_password(user)
        };
        self.record(target, at, failed.event());
    }
}
