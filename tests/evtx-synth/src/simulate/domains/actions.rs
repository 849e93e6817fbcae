//! What takes place in a domain, in the order of time.

use super::computer::{Desktop, Role};
use super::network_logons::{Method, Request};
use super::plan::local_account;
use super::remote_desktop::NetworkLevel;
use super::world::{Client, HOUR, MINUTE, User, World};
use crate::catalogue::kernel::ClockChange;
use crate::catalogue::{Account, Session, audit};

/// Something that takes place at a moment.
#[derive(Clone, Copy, Debug)]
enum Action {
    Boot(usize),
    ReadPolicies(usize, usize),
    ComputerLogon(usize),
    Noise,
    Hop(Hop),
    ClockStep(usize),
}

/// A way to another computer.
#[derive(Clone, Copy, Debug)]
enum Hop {
    Smb,
    Rpc,
    WinRm,
    WinRmWithCredentials,
    SmbWithCredentials,
    Ntlm,
    NtlmWithCredentials,
    LocalAccount,
    RemoteDesktop,
    OtherCredentials,
    FromOutside,
    RemoteDesktopFromOutside,
    Spoofed,
    Scan,
    Gateway,
    Tunnel,
    Balancer,
    PortUsedAgain,
    TicketUsedAgain,
    FormerAddress,
    Twins,
}

/// How often each takes place, in parts of their sum.
const HOPS: &[(Hop, u64)] = &[
    (Hop::Smb, 18),
    (Hop::Rpc, 12),
    (Hop::WinRm, 12),
    (Hop::WinRmWithCredentials, 6),
    (Hop::SmbWithCredentials, 5),
    (Hop::Ntlm, 8),
    (Hop::NtlmWithCredentials, 5),
    (Hop::LocalAccount, 4),
    (Hop::RemoteDesktop, 16),
    (Hop::OtherCredentials, 7),
    (Hop::FromOutside, 7),
    (Hop::RemoteDesktopFromOutside, 4),
    (Hop::Spoofed, 3),
    (Hop::Scan, 2),
    (Hop::Gateway, 4),
    (Hop::Tunnel, 3),
    (Hop::Balancer, 3),
    (Hop::PortUsedAgain, 3),
    (Hop::TicketUsedAgain, 4),
    (Hop::FormerAddress, 8),
    (Hop::Twins, 4),
];

impl World {
    /// Lets everything take place.
    pub fn run(&mut self) {
        let mut plan = self.boots_and_desktops();
        plan.extend(self.noise());
        for _ in 0..self.random.within(10..=34) {
            let at = self.random.within(12 * MINUTE..=self.length - 2 * MINUTE);
            let sum: u64 = HOPS.iter().map(|(_, parts)| parts).sum();
            let mut left = self.random.within(0..=sum - 1);
            for (hop, parts) in HOPS {
                if left < *parts {
                    // Hours must be left for the second use of a ticket.
                    let early = self.random.within(12 * MINUTE..=20 * MINUTE);
                    let at = if matches!(hop, Hop::TicketUsedAgain) { early } else { at };
                    plan.push((at, Action::Hop(*hop)));
                    break;
                }
                left -= parts;
            }
        }
        plan.sort_by_key(|(at, _)| *at);
        for (at, action) in plan {
            self.take(at, action);
        }
    }

    fn boots_and_desktops(&mut self) -> Vec<(u64, Action)> {
        let mut plan = Vec::new();
        for computer in 0..self.computers.len() {
            let at = self.random.within(0..=60_000);
            plan.push((at, Action::Boot(computer)));
            plan.push((at + 40_000, Action::ComputerLogon(computer)));
            if let Some((when, _)) = self.computers[computer].clock.step {
                plan.push((when, Action::ClockStep(computer)));
            }
            let role = self.computers[computer].role;
            if role == Role::Workstation {
                let owner = self.users[computer % 5].clone();
                self.days_work(computer, &owner, &mut plan);
                if self.random.chance(25) {
                    let guest = self.users[(computer + 1) % 5].clone();
                    self.days_work(computer, &guest, &mut plan);
                }
            } else {
                if self.random.chance(50) {
                    let administrator = self.users[5].clone();
                    self.days_work(computer, &administrator, &mut plan);
                }
                if role == Role::Server && self.random.chance(60) {
                    let account = self.users[6].account.clone();
                    self.start_service(computer, &account, at + 30_000);
                }
            }
        }
        plan
    }

    fn days_work(&mut self, computer: usize, user: &User, plan: &mut Vec<(u64, Action)>) {
        let from = self.random.within(3 * MINUTE..=10 * MINUTE);
        let to = self.random.within(self.length * 2 / 3..=self.length + MINUTE);
        self.work_at_console(computer, user, from, to);
        let desktop = self.computers[computer].desktops.len() - 1;
        plan.push((from, Action::ReadPolicies(computer, desktop)));
    }

    fn noise(&mut self) -> Vec<(u64, Action)> {
        let mut plan = Vec::new();
        for computer in 0..self.computers.len() {
            let mut at = self.random.within(5 * MINUTE..=40 * MINUTE);
            while at < self.length {
                plan.push((at, Action::ComputerLogon(computer)));
                at += self.random.within(20 * MINUTE..=100 * MINUTE);
            }
            for (from, _) in self.computers[computer].leases.clone() {
                if from > 0 && self.random.chance(75) {
                    let soon = from + self.random.within(2_000..=50_000);
                    plan.push((soon, Action::ComputerLogon(computer)));
                }
            }
        }
        let pieces = self.length / HOUR * 3;
        for _ in 0..pieces.min(20) {
            plan.push((self.random.within(3 * MINUTE..=self.length - MINUTE), Action::Noise));
        }
        plan
    }

    fn take(&mut self, at: u64, action: Action) {
        match action {
            Action::Boot(computer) => self.boot(computer, at),
            Action::ReadPolicies(computer, desktop) => {
                let session = self.computers[computer].desktops[desktop].session.clone();
                self.read_policies(computer, &session, at);
            }
            Action::ComputerLogon(computer) => self.computer_logon(computer, at),
            Action::Noise => self.make_noise(at),
            Action::Hop(hop) => self.hop(hop, at),
            Action::ClockStep(computer) => self.step_clock(computer, at),
        }
    }

    fn make_noise(&mut self, at: u64) {
        let last = self.computers.len() - 1;
        let (one, other) = (self.random.count(0..=last), self.random.count(0..=last));
        match self.random.within(0..=4) {
            0 | 1 => {
                let controllers = self.controllers();
                let controller = *self.random.pick(&controllers);
                self.own_logon(controller, at);
            }
            2 if one != other => self.anonymous(one, other, at),
            3 => {
                let user = self.users[self.random.count(0..=4)].account.clone();
                self.local_request(one, &user, at);
            }
            _ if one != other => self.failed_logon(one, other, "anna", at),
            _ => {}
        }
    }

    fn step_clock(&mut self, computer: usize, at: u64) {
        let before = self.computers[computer].shows(self.start, at - 1);
        let after = self.computers[computer].shows(self.start, at);
        let service = Session::new(Account::local_service(), 0x3e5);
        let process = r"C:\Windows\System32\svchost.exe";
        self.record(computer, at, audit::clock_changed(&service, before, after, process));
        let change = ClockChange {
            version: 2,
            old: before,
            new: after,
            reason: 1,
            process_name: r"\Device\HarddiskVolume2\Windows\System32\svchost.exe".into(),
            process_id: 1_132,
        };
        self.record(computer, at, change.event());
    }

    /// A computer with a session at work at that time, and another computer.
    fn ends_of_hop(&mut self, at: u64) -> Option<(usize, Desktop, usize)> {
        let busy = |desktop: &&Desktop| desktop.from + 30_000 < at && at + 30_000 < desktop.to;
        let all: Vec<(usize, Desktop)> = self
            .computers
            .iter()
            .enumerate()
            .flat_map(|(index, computer)| {
                computer.desktops.iter().filter(busy).map(move |desktop| (index, desktop.clone()))
            })
            .collect();
        if all.is_empty() {
            return None;
        }
        let (computer, desktop) = self.random.pick(&all).clone();
        let others: Vec<usize> = (0..self.computers.len())
            .filter(|&other| other != computer && self.reaches(computer, other))
            .collect();
        if others.is_empty() {
            return None;
        }
        Some((computer, desktop, *self.random.pick(&others)))
    }

    /// Nobody outside can reach what stands behind a router that translates addresses.
    fn reaches(&self, from: usize, to: usize) -> bool {
        let router = self.computers[to].behind;
        router.is_none() || router == self.computers[from].behind
    }

    /// The account that is logged on elsewhere: the user's own, or another whose credentials are given.
    fn other_user(&mut self) -> User {
        let index = self.random.count(0..=5);
        self.users[index].clone()
    }

    fn hop(&mut self, hop: Hop, at: u64) {
        let Some((computer, desktop, target)) = self.ends_of_hop(at) else { return };
        let user = self.user(&desktop.session.account.name).cloned();
        let Some(user) = user else { return };
        let request = Request {
            client: self.client(computer, &desktop.session),
            target,
            user: user.account.clone(),
            administrator: user.administrator,
            method: Method::Smb,
            explicit: false,
            at,
            scenario: "",
            outside: "from outside",
            port: None,
        };
        match hop {
            Hop::FromOutside
            | Hop::RemoteDesktopFromOutside
            | Hop::Spoofed
            | Hop::Scan
            | Hop::Gateway
            | Hop::Tunnel
            | Hop::FormerAddress
            | Hop::Balancer => self.misleading_hop(hop, request),
            Hop::OtherCredentials => self.hop_with_other_credentials(request, computer, &desktop),
            Hop::Twins => self.hop_of_twins(request, computer),
            Hop::PortUsedAgain => self.hop_over_a_used_port(request, computer, &desktop),
            Hop::TicketUsedAgain => {
                let hours = (self.length / HOUR).clamp(1, 9);
                let request = Request { scenario: "WinRM, Kerberos", ..request };
                self.ticket_used_again(&request, hours);
            }
            _ => self.plain_hop(hop, request),
        }
    }

    /// One account from two computers, if a second one has a session at work.
    fn hop_of_twins(&mut self, request: Request, computer: usize) {
        let Some(second) = self.ends_of_hop(request.at) else { return };
        let other = self.other_user();
        let methods = [Method::WinRm, Method::Smb, Method::Ntlm, Method::Rpc];
        let request = Request {
            user: other.account,
            administrator: other.administrator,
            explicit: true,
            method: *self.random.pick(&methods),
            scenario: "one account from two computers",
            ..request
        };
        if second.0 != computer && second.0 != request.target {
            self.twins(&request, (second.0, second.1));
        }
    }

    fn hop_over_a_used_port(&mut self, request: Request, computer: usize, desktop: &Desktop) {
        let others = &self.computers[computer].desktops;
        let other = others.iter().find(|other| {
            other.session.logon_id != desktop.session.logon_id
                && other.from < request.at
                && other.to > request.at + 2 * MINUTE
        });
        let other = other.unwrap_or(desktop).clone();
        self.port_used_again(&Request { scenario: "port used again", ..request }, &other);
    }

    fn plain_hop(&mut self, hop: Hop, request: Request) {
        let own = |method, scenario| Request { method, scenario, ..request.clone() };
        let other = self.other_user();
        let with_credentials = |method, scenario| Request {
            method,
            scenario,
            explicit: true,
            user: other.account.clone(),
            administrator: other.administrator,
            ..request.clone()
        };
        let request = match hop {
            Hop::Smb => own(Method::Smb, "SMB, Kerberos"),
            Hop::Rpc => own(Method::Rpc, "RPC, Kerberos"),
            Hop::WinRm => own(Method::WinRm, "WinRM, Kerberos"),
            Hop::Ntlm => own(Method::Ntlm, "SMB, NTLM"),
            Hop::WinRmWithCredentials => with_credentials(Method::WinRm, "WinRM with credentials"),
            Hop::SmbWithCredentials => with_credentials(Method::Smb, "SMB with credentials"),
            Hop::NtlmWithCredentials => with_credentials(Method::Ntlm, "NTLM with credentials"),
            Hop::LocalAccount => {
                let name = self.computers[request.target].name.clone();
                let user = local_account(&name);
                Request {
                    user,
                    administrator: true,
                    ..with_credentials(Method::Ntlm, "NTLM, local account")
                }
            }
            _ => {
                let explicit = self.random.chance(60);
                let user = if explicit { other.clone() } else { self.own_user(&request) };
                let request = Request {
                    explicit,
                    user: user.account,
                    administrator: user.administrator,
                    scenario: "remote desktop",
                    ..request
                };
                let level = self.level();
                self.plain_remote_desktop(&request, level);
                return;
            }
        };
        self.request(&request);
    }

    fn own_user(&self, request: &Request) -> User {
        User { account: request.user.clone(), administrator: request.administrator }
    }

    fn level(&mut self) -> NetworkLevel {
        *self.random.pick(&[
            NetworkLevel::Name,
            NetworkLevel::Address,
            NetworkLevel::Address,
            NetworkLevel::None,
        ])
    }

    fn hop_with_other_credentials(&mut self, request: Request, own: usize, desktop: &Desktop) {
        let other = self.other_user();
        let before = request.at.saturating_sub(self.random.within(3_000..=900_000));
        let before = before.max(desktop.from + 1_000);
        let session = self.other_credentials(own, desktop, &other, before);
        let hash = self.random.chance(50);
        let (method, scenario) = if hash {
            (Method::Ntlm, "hash passed")
        } else {
            (*self.random.pick(&[Method::Smb, Method::WinRm]), "runas /netonly")
        };
        let client = Client { session: Some(session.logon_id), ..request.client.clone() };
        self.request(&Request {
            client,
            user: other.account,
            administrator: other.administrator,
            method,
            scenario,
            ..request
        });
    }

    fn misleading_hop(&mut self, hop: Hop, request: Request) {
        let other = self.other_user();
        let (user, administrator) = (other.account.clone(), other.administrator);
        // No route leads from outside to what stands behind a router.
        let servers = self.all(|computer| computer.behind.is_none());
        let target = *self.random.pick(&servers);
        let stranger = self.stranger();
        let outside = Request { client: stranger, user, administrator, target, ..request.clone() };
        match hop {
            Hop::FromOutside => {
                let method =
                    *self.random.pick(&[Method::Ntlm, Method::Ntlm, Method::Smb, Method::WinRm]);
                self.request(&Request { method, scenario: "from outside", ..outside });
            }
            Hop::RemoteDesktopFromOutside => {
                let level = self.level();
                let request = Request { scenario: "remote desktop from outside", ..outside };
                self.plain_remote_desktop(&request, level);
            }
            Hop::FormerAddress => {
                let Some(client) = self.stranger_at_former_address(request.at) else { return };
                let method = *self.random.pick(&[Method::Ntlm, Method::Smb]);
                let scenario = "from outside, former address";
                self.request(&Request { client, method, scenario, ..outside });
            }
            Hop::Spoofed => {
                let client = self.spoofing_stranger();
                let scenario = "name of another computer";
                self.request(&Request { client, method: Method::Ntlm, scenario, ..outside });
            }
            Hop::Scan if self.random.chance(50) => {
                self.scan(&Request { scenario: "scan from outside", ..outside });
            }
            Hop::Scan => self.scan(&Request { scenario: "scan", ..request }),
            Hop::Tunnel => {
                let inside = self.random.chance(50);
                let base = if inside { request } else { outside };
                self.through_tunnel(&Request { scenario: "tunnel to loopback", ..base });
            }
            Hop::Balancer => {
                let client =
                    Client { balancer: Some("10.20.5.250".into()), ..request.client.clone() };
                let scenario = "load balancer";
                self.request(&Request { client, method: Method::Ntlm, scenario, ..request });
            }
            _ => self.hop_through_gateway(request, outside),
        }
    }

    fn hop_through_gateway(&mut self, request: Request, outside: Request) {
        let gateways = self.all(|computer| computer.role == Role::Server);
        let Some(&gateway) = gateways.first() else { return };
        let base = if self.random.chance(70) { request } else { outside };
        if base.client.computer == Some(gateway) || base.target == gateway {
            return;
        }
        let level = self.level();
        let request = Request { scenario: "remote desktop gateway", ..base };
        self.through_gateway(&request, gateway, level);
    }
}
