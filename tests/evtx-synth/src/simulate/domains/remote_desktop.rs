//! Remote desktop, with and without a session that was there before.

use super::computer::{Desktop, Role};
use super::network_logons::{Method, Request};
use super::truth::TrueSource;
use super::world::World;
use crate::catalogue::connections::remote_desktop_client;
use crate::catalogue::security::{self, ExplicitCredentials};
use crate::catalogue::{Account, Logon, Session, terminal};
use crate::value::{Guid, Value};

const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";
const MSTSC: &str = r"C:\Windows\System32\mstsc.exe";

/// How the network logon before the desktop is recorded (NLA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkLevel {
    /// Older builds: the name of the client, and no address.
    Name,
    /// Newer builds: the address, port 0, and no name.
    Address,
    /// No record of it.
    None,
}

/// What the target sees of the client.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub address: String,
    pub port: String,
    /// The computer that opened the connection, if it is not the client.
    pub via: Option<usize>,
}

impl World {
    /// A client connects by remote desktop; `seen` is what the target sees of it.
    pub fn remote_desktop(&mut self, request: &Request, level: NetworkLevel, seen: &Seen) {
        self.open_client(request, seen);
        let source = self.desktop_source(request, seen);
        let at = request.at + self.random.within(150..=900);
        self.network_level(request, level, seen, &source, at);
        let event =
            terminal::client_authenticated(&request.user.name, &request.user.domain, &seen.address);
        self.record(request.target, at + 40, event);
        let logon_at = at + self.random.within(900..=3_900);
        self.tickets_of_logon(request, logon_at);
        let open = self.computers[request.target].desktops.iter().position(|desktop| {
            let same = desktop.session.account.name == request.user.name;
            same && desktop.from + 60_000 < logon_at && desktop.to > logon_at + 60_000
        });
        match open {
            Some(desktop) => self.reconnect(request, seen, &source, logon_at, desktop),
            None => self.new_desktop(request, seen, &source, logon_at),
        }
    }

    fn desktop_source(&self, request: &Request, seen: &Seen) -> TrueSource {
        match self.source(&request.client, request.outside) {
            TrueSource::Computer { name, session, collected, .. } => TrueSource::Computer {
                name,
                session,
                via: seen.via.map(|via| self.computers[via].name.clone()),
                collected,
            },
            // Someone outside comes through a gateway: the gateway is what the logs can name.
            stranger => match seen.via {
                Some(via) => TrueSource::Computer {
                    name: self.computers[via].name.clone(),
                    session: None,
                    via: Some(self.computers[via].name.clone()),
                    collected: self.computers[via].collected,
                },
                None => stranger,
            },
        }
    }

    /// What the client records: the program, the credentials, the connection.
    fn open_client(&mut self, request: &Request, seen: &Seen) {
        let Some(own) = request.client.computer else { return };
        let program = (self.computers[own].process(), MSTSC.to_owned());
        if self.computers[own].audits.remote_desktop_client {
            let server = self.computers[request.target].name.clone();
            let account = request.client.runs_as.clone().unwrap_or_else(Account::system);
            let event = remote_desktop_client(&account.sid, program.0, &server);
            self.record(own, request.at, event);
        }
        if request.explicit {
            self.explicit(request, "TERMSRV", Guid::default(), Some(&program));
        }
        match seen.via {
            None if !seen.address.starts_with("127.") => {
                self.connect(request, request.at + 20, &program, 3_389);
            }
            // The gateway opens the connection to the target.
            Some(via) => {
                let service = Request {
                    client: self.client(via, &Session::system()),
                    explicit: false,
                    ..request.clone()
                };
                let gateway = (1_480, SVCHOST.to_owned());
                self.connect(&service, request.at + 60, &gateway, 3_389);
            }
            None => {}
        }
    }

    fn network_level(
        &mut self,
        request: &Request,
        level: NetworkLevel,
        seen: &Seen,
        source: &TrueSource,
        at: u64,
    ) {
        let name = request.client.name.clone();
        let (workstation, address) = match level {
            NetworkLevel::Name => (name.as_str(), "-"),
            NetworkLevel::Address => ("-", seen.address.as_str()),
            NetworkLevel::None => return,
        };
        self.validate(&request.user.name, &name, at - 2);
        let id = self.computers[request.target].logon_id(at);
        let session = Session::new(request.user.clone(), id);
        let mut logon = Logon::network(session.clone(), workstation, address, 0);
        if level == NetworkLevel::Name {
            logon.ip_port = "-".into();
        }
        let cause = ("remote desktop, network level", source.clone(), request.at);
        self.begin(request.target, at, &logon, cause);
        self.end(request.target, at + 20_000, &session, 3);
    }

    /// The target itself asks a controller for the tickets of the user.
    fn tickets_of_logon(&mut self, request: &Request, at: u64) {
        let session = Session::new(request.user.clone(), 0);
        let target = self.client(request.target, &session);
        if self.can_use_kerberos(&target, request.target, at) {
            self.ticket(&target, &request.user, request.target, at.saturating_sub(20));
        }
    }

    /// 4648 and the 4624s of a logon or an unlock by remote desktop. Returns the sessions: the one of the desktop first.
    fn desktop_logon(
        &mut self,
        request: &Request,
        seen: &Seen,
        source: &TrueSource,
        at: u64,
        logon_type: u32,
    ) -> Vec<Session> {
        let machine = self.computers[request.target].machine();
        let credentials = ExplicitCredentials {
            ip_address: seen.address.clone(),
            ..ExplicitCredentials::local(machine.clone(), &request.user, SVCHOST)
        };
        let event = credentials.event().with("IpPort", Value::text(seen.port.clone()));
        self.record(request.target, at - 4, event);
        let id = self.computers[request.target].logon_id(at + 1);
        let session = Session::new(request.user.clone(), id);
        let mut logon = Logon::remote_desktop(machine, session.clone(), &seen.address);
        (logon.logon_type, logon.elevated) = (logon_type, false);
        logon.ip_port.clone_from(&seen.port);
        let mut sessions = vec![session];
        let cause = || (request.scenario, source.clone(), request.at);
        let split =
            request.administrator && self.computers[request.target].role == Role::Workstation;
        if split {
            let elevated = self.computers[request.target].logon_id(at);
            let [full, filtered] = logon.split(elevated);
            sessions.push(full.target.clone());
            self.begin(request.target, at, &full, cause());
            self.begin(request.target, at, &filtered, cause());
        } else {
            logon.elevated = request.administrator;
            self.begin(request.target, at, &logon, cause());
        }
        sessions
    }

    fn new_desktop(&mut self, request: &Request, seen: &Seen, source: &TrueSource, at: u64) {
        let number = u32::try_from(self.computers[request.target].desktops.len()).expect("few") + 2;
        let user = &request.user;
        self.record(request.target, at - 200, terminal::arbitration_begins(user, number));
        let sessions = self.desktop_logon(request, seen, source, at, 10);
        let event = terminal::logon_succeeded(user, number, &seen.address);
        self.record(request.target, at + 700, event);
        let event = terminal::shell_started(user, number, &seen.address);
        self.record(request.target, at + 1_200, event);
        let minutes = self.random.within(3..=90);
        let to = (at + minutes * 60_000).min(self.length + 1);
        self.record(request.target, to, security::user_logoff(&sessions[0]));
        for session in &sessions {
            self.end(request.target, to + 700, session, 10);
        }
        self.record(request.target, to + 800, terminal::logoff_succeeded(user, number));
        let desktop = Desktop { session: sessions[0].clone(), from: at, to };
        self.computers[request.target].desktops.push(desktop);
    }

    fn reconnect(
        &mut self,
        request: &Request,
        seen: &Seen,
        source: &TrueSource,
        at: u64,
        desktop: usize,
    ) {
        let open = self.computers[request.target].desktops[desktop].clone();
        let checks = self.desktop_logon(request, seen, source, at, 7);
        for check in &checks {
            self.end(request.target, at + 300, check, 7);
        }
        let event =
            security::reconnected(&open.session, "RDP-Tcp#5", &request.client.name, &seen.address);
        self.record(request.target, at + 150, event);
        let event = terminal::reconnected(&request.user, 2, &seen.address);
        self.record(request.target, at + 170, event);
    }

    /// Remote desktop without anything between client and target.
    pub fn plain_remote_desktop(&mut self, request: &Request, level: NetworkLevel) {
        let address = self.seen(&request.client, request.target, request.at);
        let seen = Seen { address, port: "0".into(), via: None };
        let request = Request { method: Method::Ntlm, ..request.clone() };
        self.remote_desktop(&request, level, &seen);
    }
}
