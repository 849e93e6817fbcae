//! What misleads: credentials of others, strangers, gateways, tunnels, names that are made up, ports used again.

use super::computer::{Computer, Desktop};
use super::network_logons::{Method, Request};
use super::remote_desktop::{NetworkLevel, Seen};
use super::world::{Client, DOMAIN, MINUTE, User, World};
use crate::catalogue::{Account, Logon, Session};
use crate::value::Guid;

/// Names that tools give in NTLM.
const MADE_UP: [&str; 6] = ["-", "attacker", "NULL", "WORKSTATION", "KALI", "dq8xWm2TzLk0aPvR"];

impl World {
    /// A session with credentials for the network: runas /netonly, or a hash that was passed.
    pub fn other_credentials(
        &mut self,
        computer: usize,
        desktop: &Desktop,
        user: &User,
        at: u64,
    ) -> Session {
        let id = self.computers[computer].logon_id(at);
        let session = Session::new(desktop.session.account.clone(), id);
        let logon = Logon {
            logon_process: "seclogo".into(),
            process_id: 0x9dc,
            process_name: r"C:\Windows\System32\svchost.exe".into(),
            ip_address: "::1".into(),
            ip_port: "0".into(),
            outbound: (user.account.name.clone(), user.account.domain.clone()),
            ..Logon::new(desktop.session.clone(), session.clone(), 9)
        };
        self.record(computer, at, logon.event());
        self.end(computer, at + 40 * MINUTE, &session, 9);
        session
    }

    /// A computer outside of the domain, of which there are no logs.
    pub fn stranger(&mut self) -> Client {
        let inside = self.random.chance(50);
        let last = self.random.within(60..=99);
        let outside = if inside { format!("10.20.7.{last}") } else { format!("198.51.100.{last}") };
        let honest = self.random.chance(40);
        let name = if honest {
            format!("DESKTOP-{:05X}", self.random.within(0x1_0000..=0xf_ffff))
        } else {
            (*self.random.pick(&MADE_UP)).to_owned()
        };
        let (computer, balancer, session, runs_as) = (None, None, None, None);
        Client { computer, name, outside, honest, balancer, session, runs_as }
    }

    /// A stranger gets an address that a computer of the domain had before.
    pub fn stranger_at_former_address(&mut self, at: u64) -> Option<Client> {
        let is_free = |address: &String| {
            self.computers.iter().all(|computer| computer.address(at) != address)
        };
        let former = |computer: &Computer| {
            let ended = computer.leases.iter().filter(|(from, _)| *from <= at);
            ended.map(|(_, address)| address.clone()).rfind(is_free)
        };
        let all: Vec<String> = self.computers.iter().filter_map(former).collect();
        if all.is_empty() {
            return None;
        }
        let outside = self.random.pick(&all).clone();
        Some(Client { outside, ..self.stranger() })
    }

    /// A script logs one account on from two computers, at nearly the same moment. Sometimes the first gets nothing
    /// but a failure.
    pub fn twins(&mut self, request: &Request, second: (usize, Desktop)) {
        let (computer, desktop) = second;
        let at = request.at + self.random.within(0..=1_500);
        let client = self.client(computer, &desktop.session);
        let twin = Request { client, at, ..request.clone() };
        if self.random.chance(30) {
            self.explicit(request, "cifs", Guid::default(), None);
            let from = request.client.computer.unwrap_or(computer);
            self.failed_logon(request.target, from, &request.user.name, request.at + 3);
        } else {
            self.request(request);
        }
        self.request(&twin);
    }

    /// A stranger gives the name of a computer of the domain.
    pub fn spoofing_stranger(&mut self) -> Client {
        let index = self.random.count(0..=self.computers.len() - 1);
        let name = self.computers[index].name.clone();
        Client { name, honest: false, ..self.stranger() }
    }

    /// One client tries many targets within a minute or two.
    pub fn scan(&mut self, request: &Request) {
        let mut at = request.at;
        for target in 0..self.computers.len() {
            if request.client.computer == Some(target) {
                continue;
            }
            at += self.random.within(40..=6_000);
            self.request(&Request { target, at, method: Method::Ntlm, ..request.clone() });
        }
    }

    /// Remote desktop through a gateway: the target sees the gateway's address.
    pub fn through_gateway(&mut self, request: &Request, gateway: usize, level: NetworkLevel) {
        // The user authenticates at the gateway first.
        let to_gateway = Request {
            target: gateway,
            method: Method::Ntlm,
            explicit: false,
            scenario: "logon at a gateway",
            ..request.clone()
        };
        self.request(&to_gateway);
        // The credentials for the target are sometimes typed in after those for the gateway.
        let typing = self.random.chance(30);
        let later = if typing { self.random.within(4_000..=90_000) } else { 700 };
        let address =
            self.computers[gateway].address_towards(request.target, request.at).to_owned();
        let seen = Seen { address, port: "0".into(), via: Some(gateway) };
        let request = Request { at: request.at + later, ..request.clone() };
        self.remote_desktop(&request, level, &seen);
    }

    /// Remote desktop through a tunnel that the target itself opened: the target sees its own loopback address.
    pub fn through_tunnel(&mut self, request: &Request) {
        let port = self.random.within(49_700..=65_000).to_string();
        let seen = Seen { address: "127.0.0.1".into(), port, via: None };
        self.remote_desktop(request, NetworkLevel::Name, &seen);
    }

    /// Two sessions of a computer use one port for one target, a minute apart.
    pub fn port_used_again(&mut self, request: &Request, other: &Desktop) {
        let Some(own) = request.client.computer else { return };
        let port = Some(self.computers[own].port());
        let first = Request { port, method: Method::Ntlm, ..request.clone() };
        self.request(&first);
        let client = self.client(own, &other.session);
        let user = Account { domain: DOMAIN.into(), ..other.session.account.clone() };
        let administrator = self.user(&user.name).is_some_and(|user| user.administrator);
        let second = Request { client, user, administrator, at: request.at + MINUTE, ..first };
        self.request(&second);
    }

    /// A service ticket that was got hours ago is used again, mostly through WinRM, where only tickets tell of the client.
    pub fn ticket_used_again(&mut self, request: &Request, hours: u64) {
        let first = Request { method: Method::WinRm, ..request.clone() };
        self.request(&first);
        let again = request.at + hours * 60 * MINUTE - 5 * MINUTE;
        if again + MINUTE < self.length {
            self.request(&Request { at: again, scenario: "ticket used again", ..first });
        }
    }
}
