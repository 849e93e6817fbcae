//! Logons over the network: SMB, RPC and WinRM with Kerberos, and NTLM.

use super::computer::Audits;
use super::truth::TrueSource;
use super::world::{Client, REALM, Ticket, World};
use crate::catalogue::connections::{Connection, StartedProgram};
use crate::catalogue::kerberos;
use crate::catalogue::security::ExplicitCredentials;
use crate::catalogue::{Account, Logon, Session};
use crate::value::{Guid, Value};

const SYSTEM: (u32, &str) = (4, "System");
const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";
const EXPLORER: (u32, &str) = (3_900, r"C:\Windows\explorer.exe");
const POWERSHELL: &str = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe";
/// The process id of the service host of RPC.
const RPC_PROCESS: u32 = 992;
/// Programs that reach other computers.
const PROGRAMS: [&str; 4] = [
    POWERSHELL,
    r"C:\Windows\System32\schtasks.exe",
    r"C:\Windows\System32\sc.exe",
    r"C:\Windows\System32\wbem\WMIC.exe",
];

/// How a client reaches a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Smb,
    Rpc,
    WinRm,
    Ntlm,
}

/// A logon over the network that a client asks for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub client: Client,
    pub target: usize,
    /// The account that is logged on.
    pub user: Account,
    pub administrator: bool,
    pub method: Method,
    /// The user gave the credentials of that account.
    pub explicit: bool,
    pub at: u64,
    pub scenario: &'static str,
    /// Why the truth names no source, if the client is outside.
    pub outside: &'static str,
    /// The port, if it is not the next one.
    pub port: Option<u16>,
}

impl World {
    /// Carries out a request, with the records of all computers that it touches.
    pub fn request(&mut self, request: &Request) {
        let kerberos = self.can_use_kerberos(&request.client, request.target, request.at);
        match request.method {
            Method::Smb if kerberos => self.smb(request),
            Method::Rpc if kerberos => self.rpc(request),
            Method::WinRm if kerberos => self.winrm(request),
            Method::Ntlm => self.ntlm(request),
            // Kerberos refuses clocks that are far apart; Windows then takes NTLM.
            _ => self.ntlm(&Request { scenario: "NTLM, clocks apart", ..request.clone() }),
        }
    }

    /// SMB: the connection is opened by the kernel.
    fn smb(&mut self, request: &Request) {
        let system = (SYSTEM.0, SYSTEM.1.to_owned());
        let ticket = self.ticket(&request.client, &request.user, request.target, request.at);
        if request.explicit {
            self.explicit(request, "cifs", ticket.at_controller, None);
        }
        let port = self.connect(request, request.at, &system, 445);
        let count = *self.random.pick(&[1, 1, 1, 2, 2, 3, 4, 6, 9]);
        self.arrive_by_kerberos(request, ticket, Some(port), count, request.at);
    }

    /// RPC: the endpoint mapper, then the port that it names.
    fn rpc(&mut self, request: &Request) {
        let program = self.program(request);
        let ticket = self.ticket(&request.client, &request.user, request.target, request.at);
        if request.explicit {
            self.explicit(request, "RPCSS", ticket.at_controller, Some(&program));
        }
        let mapper = (RPC_PROCESS, SVCHOST.to_owned());
        let port = self.connect(request, request.at, &mapper, 135);
        self.arrive_by_kerberos(request, ticket, Some(port), 1, request.at);
        let at = request.at + self.random.within(15..=300);
        let high = u16::try_from(self.random.within(49_664..=49_680)).expect("a port");
        let port = self.connect(request, at, &program, high);
        let count = self.random.count(1..=5);
        self.arrive_by_kerberos(request, ticket, Some(port), count, at);
    }

    /// WinRM: the target does not record the address.
    fn winrm(&mut self, request: &Request) {
        let program = self.program(request);
        let ticket = self.ticket(&request.client, &request.user, request.target, request.at);
        if request.explicit {
            self.explicit(request, "HTTP", ticket.at_controller, Some(&program));
        }
        self.connect(request, request.at, &program, 5_985);
        let count = self.random.count(1..=4);
        self.arrive_by_kerberos(request, ticket, None, count, request.at);
    }

    /// NTLM, over SMB.
    fn ntlm(&mut self, request: &Request) {
        let at = request.at;
        if request.explicit {
            self.explicit(request, "cifs", Guid::default(), None);
        }
        let system = (SYSTEM.0, SYSTEM.1.to_owned());
        let port = self.connect(request, at, &system, 445);
        let target = &self.computers[request.target];
        let is_local = request.user.domain == target.name;
        let name = request.client.name.clone();
        if is_local {
            if target.audits.validations {
                let event = kerberos::credential_validation(&request.user.name, &name);
                self.record(request.target, at + 4, event);
            }
        } else {
            self.validate(&request.user.name, &name, at + 4);
        }
        let count = *self.random.pick(&[1, 1, 1, 2, 3]);
        let address = self.seen(&request.client, request.target, at);
        for number in 0..count {
            let lag = 6 + number * self.random.within(5..=900);
            let id = self.computers[request.target].logon_id(at + lag);
            let session = Session::new(request.user.clone(), id);
            let logon = Logon {
                key_length: *self.random.pick(&[0, 128]),
                elevated: request.administrator,
                ..Logon::network(session.clone(), &name, &address, port)
            };
            self.arrive(request, at + lag, &logon);
        }
    }

    /// 4624s by Kerberos: as many as `count`, a moment after each other.
    fn arrive_by_kerberos(
        &mut self,
        request: &Request,
        ticket: Ticket,
        port: Option<u16>,
        count: usize,
        acted: u64,
    ) {
        let seen = self.seen(&request.client, request.target, acted);
        let (address, port) = match port {
            Some(port) => (seen, port.to_string()),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let mut at = acted + self.random.within(2..=40);
        for _ in 0..count {
            let id = self.computers[request.target].logon_id(at);
            let account = Account { domain: REALM.into(), ..request.user.clone() };
            let mut logon = kerberos_logon(Session::new(account, id), ticket.at_target);
            (logon.ip_address, logon.ip_port) = (address.clone(), port.clone());
            logon.elevated = request.administrator;
            self.arrive(request, at, &logon);
            // Mostly at once; some come later over the same connection.
            at += if self.random.chance(85) {
                self.random.within(1..=60)
            } else {
                self.random.within(500..=9_000)
            };
        }
    }

    /// The 4624 on the target, and the end of the session.
    fn arrive(&mut self, request: &Request, at: u64, logon: &Logon) {
        let source = self.source(&request.client, request.outside);
        self.begin(request.target, at, logon, (request.scenario, source, request.at));
        let lasts = *self.random.pick(&[15, 400, 11_000, 11_000, 35_000, 600_000]);
        let end = at + lasts + self.random.within(0..=900);
        self.end(request.target, end, &logon.target, 3);
    }

    /// A program that the session of the client starts, or has started.
    fn program(&mut self, request: &Request) -> (u32, String) {
        let path = (*self.random.pick(&PROGRAMS)).to_owned();
        let Some(own) = request.client.computer else { return (0, path) };
        let id = self.computers[own].process();
        let Audits { processes, sysmon, .. } = self.computers[own].audits;
        let at = request.at.saturating_sub(self.random.within(200..=90_000));
        let (Some(logon_id), Some(account)) = (request.client.session, &request.client.runs_as)
        else {
            return (id, path);
        };
        let started = StartedProgram {
            session: Session::new(account.clone(), logon_id),
            process_id: id,
            path: path.clone(),
            parent: (EXPLORER.0, EXPLORER.1.to_owned()),
        };
        if processes {
            self.record(own, at, started.audited());
        }
        if sysmon {
            let guids = [self.guid(), self.guid()];
            let time = self.computers[own].shows(self.start, at);
            self.record(own, at, started.seen_by_sysmon(time, guids));
        }
        (id, path)
    }

    /// The connection, as both ends record it. Returns the port that the target sees.
    pub fn connect(
        &mut self,
        request: &Request,
        at: u64,
        process: &(u32, String),
        to_port: u16,
    ) -> u16 {
        let client = &request.client;
        let port = request.port.unwrap_or_else(|| self.port_at(client));
        let seen_port = self.seen_port(client, request.target, port);
        let seen = self.seen(client, request.target, at);
        let destination = (self.computers[request.target].address(at).to_owned(), to_port);
        let user = match &client.runs_as {
            Some(account) if process.0 != SYSTEM.0 && process.0 != RPC_PROCESS => {
                account.qualified()
            }
            _ => r"NT AUTHORITY\SYSTEM".to_owned(),
        };
        if let Some(own) = client.computer {
            let address = client.balancer.clone().unwrap_or(destination.0.clone());
            let connection = Connection {
                outbound: true,
                process: process.clone(),
                user,
                source: (self.computers[own].address_towards(request.target, at).to_owned(), port),
                destination: (address, to_port),
            };
            if self.computers[own].audits.connections {
                self.record(own, at, connection.permitted());
            }
            if self.computers[own].audits.sysmon {
                let guid = self.guid();
                let time = self.computers[own].shows(self.start, at);
                // Sysmon writes connections a second or more later.
                let late = at + self.random.within(800..=2_400);
                self.record(own, late, connection.seen_by_sysmon(time, guid));
            }
        }
        if self.computers[request.target].audits.connections {
            let connection = Connection {
                outbound: false,
                process: if to_port == 445 {
                    (SYSTEM.0, SYSTEM.1.to_owned())
                } else {
                    (RPC_PROCESS, SVCHOST.to_owned())
                },
                user: String::new(),
                source: (seen, seen_port),
                destination,
            };
            self.record(request.target, at + 1, connection.permitted());
        }
        seen_port
    }

    /// 4648 at the client.
    pub fn explicit(
        &mut self,
        request: &Request,
        service: &str,
        ticket: Guid,
        program: Option<&(u32, String)>,
    ) {
        let (Some(own), Some(logon_id), Some(account)) =
            (request.client.computer, request.client.session, request.client.runs_as.clone())
        else {
            return;
        };
        if !self.computers[own].audits.explicit_credentials {
            return;
        }
        let target = &self.computers[request.target];
        let by_kernel = program.is_none();
        let server = if by_kernel && self.random.chance(40) {
            target.full_name.clone()
        } else {
            target.name.clone()
        };
        let credentials = ExplicitCredentials {
            subject: Session::new(account, logon_id),
            user_name: request.user.name.clone(),
            domain: request.user.domain.clone(),
            server: server.clone(),
            process_name: program.map_or(String::new(), |(_, path)| path.clone()),
            // The client of SMB names the address and the port of the server.
            ip_address: if by_kernel { target.address(request.at).to_owned() } else { "-".into() },
            early_layout: false,
        };
        let event = credentials
            .event()
            .with("TargetInfo", Value::text(format!("{service}/{server}")))
            .with("TargetLogonGuid", Value::Guid(ticket))
            .with("IpPort", Value::text(if by_kernel { "445" } else { "-" }))
            .with("ProcessId", Value::Pointer(program.map_or(4, |(id, _)| u64::from(*id))));
        self.record(own, request.at.saturating_sub(2), event);
    }
}

/// A 4624 of type 3 by Kerberos, asked for by nobody on the computer itself.
pub(super) fn kerberos_logon(session: Session, guid: Guid) -> Logon {
    Logon {
        logon_process: "Kerberos".into(),
        package: "Kerberos".into(),
        lm_package: "-".into(),
        key_length: 0,
        logon_guid: guid,
        ..Logon::network(session, "-", "-", 0)
    }
}

/// The truth of a session that no other computer caused.
pub(super) fn nobody(reason: &'static str) -> TrueSource {
    TrueSource::None(reason)
}
