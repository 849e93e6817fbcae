//! The domain as a whole: its computers, accounts, tickets, and the sessions that have begun.

use std::collections::BTreeMap;

use super::super::random::Random;
use super::computer::{Computer, Role};
use super::truth::{TrueHop, TrueSource};
use crate::catalogue::kerberos::{self, ServiceTicket};
use crate::catalogue::security::{self, ADMINISTRATOR_PRIVILEGES};
use crate::catalogue::{Account, Logon, Session};
use crate::event::Event;
use crate::value::{FileTime, Guid, Sid};

pub(super) const MINUTE: u64 = 60_000;
pub(super) const HOUR: u64 = 60 * MINUTE;
/// How long a ticket is used again.
const TICKET_LIFE: u64 = 10 * HOUR;
/// Kerberos refuses clocks that are farther apart.
const KERBEROS_SKEW_MS: u64 = 300_000;

/// A user.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub account: Account,
    pub administrator: bool,
}

/// Who asks for a logon elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// The computer in the domain; none for one outside.
    pub computer: Option<usize>,
    /// The name that it gives in NTLM.
    pub name: String,
    /// Its address if it is outside.
    pub outside: String,
    /// A computer outside gives its own name.
    pub honest: bool,
    /// The address of a load balancer that stands between it and the target.
    pub balancer: Option<String>,
    /// The Logon ID of the session that asks.
    pub session: Option<u64>,
    /// The account of that session.
    pub runs_as: Option<Account>,
}

/// What a service ticket gives to the logons that use it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    got: u64,
    /// `LogonGuid` of the 4769, and of the 4624 on the target: they differ.
    pub at_controller: Guid,
    pub at_target: Guid,
}

/// The whole domain.
pub(super) struct World {
    pub random: Random,
    /// The date and time of the true time 0.
    pub start: FileTime,
    pub length: u64,
    pub computers: Vec<Computer>,
    pub users: Vec<User>,
    /// The addresses of routers that translate addresses.
    pub routers: Vec<String>,
    /// The sessions that have begun, without the ids of their records.
    pub begun: Vec<TrueHop>,
    pub features: Vec<&'static str>,
    tickets: BTreeMap<String, Ticket>,
    guids: u64,
}

pub(super) const DOMAIN: &str = "CONTOSO";
pub(super) const REALM: &str = "CONTOSO.LOCAL";
pub(super) const DOMAIN_SID: &str = "S-1-5-21-1402774823-3310045551-877421006";

impl World {
    pub fn new(random: Random, start: FileTime, length: u64) -> Self {
        Self {
            random,
            start,
            length,
            computers: Vec::new(),
            users: Vec::new(),
            routers: Vec::new(),
            begun: Vec::new(),
            features: Vec::new(),
            tickets: BTreeMap::new(),
            guids: 0,
        }
    }

    /// A GUID that no other thing has.
    pub fn guid(&mut self) -> Guid {
        self.guids += 1;
        let mut bytes = [0; 16];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let mixed = self.random.within(0..=255) ^ (self.guids >> (at % 8));
            *byte = u8::try_from(mixed & 0xff).expect("masked");
        }
        Guid(bytes)
    }

    /// The controllers.
    pub fn controllers(&self) -> Vec<usize> {
        self.all(|computer| computer.role == Role::Controller)
    }

    pub fn all(&self, is: impl Fn(&Computer) -> bool) -> Vec<usize> {
        (0..self.computers.len()).filter(|&at| is(&self.computers[at])).collect()
    }

    /// The controller that a client asks: mostly the first of its site.
    pub fn controller(&mut self) -> usize {
        let all = self.controllers();
        if all.len() > 1 && self.random.chance(35) { all[1] } else { all[0] }
    }

    /// The address of a client as `target` sees it.
    pub fn seen(&self, client: &Client, target: usize, at: u64) -> String {
        if let Some(balancer) = &client.balancer {
            return balancer.clone();
        }
        let Some(own) = client.computer else { return client.outside.clone() };
        let computer = &self.computers[own];
        match computer.behind {
            Some(router) if self.computers[target].behind != Some(router) => {
                self.routers[router].clone()
            }
            _ => computer.address_towards(target, at).to_owned(),
        }
    }

    /// The port that `target` sees for the port of the client: a router gives another one.
    pub fn seen_port(&mut self, client: &Client, target: usize, port: u16) -> u16 {
        let router = client.computer.and_then(|own| self.computers[own].behind);
        let translated = router.is_some() && self.computers[target].behind != router;
        if translated || client.balancer.is_some() {
            u16::try_from(self.random.within(20_000..=60_000)).expect("a port")
        } else {
            port
        }
    }

    /// A session of a computer asks.
    pub fn client(&self, computer: usize, session: &Session) -> Client {
        Client {
            computer: Some(computer),
            name: self.computers[computer].name.clone(),
            outside: String::new(),
            honest: true,
            balancer: None,
            session: Some(session.logon_id),
            runs_as: Some(session.account.clone()),
        }
    }

    /// Whether the clocks of these are close enough for Kerberos.
    pub fn can_use_kerberos(&self, client: &Client, target: usize, at: u64) -> bool {
        let ahead = |computer: usize| self.computers[computer].clock_offset(at);
        let own = client.computer.map_or(0, ahead);
        let controllers = self.controllers();
        let others = controllers.iter().copied().chain([target]);
        others.into_iter().all(|other| ahead(other).abs_diff(own) <= KERBEROS_SKEW_MS)
    }

    /// A ticket for a service of `target`, from the cache of the client or from a controller.
    pub fn ticket(&mut self, client: &Client, user: &Account, target: usize, at: u64) -> Ticket {
        let own = client.computer.map_or(client.outside.clone(), |own| own.to_string());
        let session = client.session.unwrap_or(0);
        let cache = format!("{own} {session:x} {}", user.name);
        let key = format!("{cache} {target}");
        if let Some(ticket) = self.tickets.get(&key).filter(|ticket| at < ticket.got + TICKET_LIFE)
        {
            return *ticket;
        }
        let controller = self.controller();
        // A controller asks itself over loopback.
        let address = if client.computer == Some(controller) {
            "::1".to_owned()
        } else {
            format!("::ffff:{}", self.seen(client, controller, at))
        };
        let first = self.tickets.get(&cache).is_none_or(|ticket| at >= ticket.got + TICKET_LIFE);
        let before = at.saturating_sub(self.random.within(8..=60));
        if first {
            let granting = Ticket { got: at, at_controller: self.guid(), at_target: self.guid() };
            self.tickets.insert(cache, granting);
            let port = self.port_at(client);
            let account = Account::new(user.sid.clone(), user.name.clone(), DOMAIN);
            if self.computers[controller].audits.tickets {
                let event = kerberos::authentication_ticket(&account, (&address, port));
                self.computers[controller].record(before.saturating_sub(6), event, None);
            }
        }
        let ticket = Ticket { got: at, at_controller: self.guid(), at_target: self.guid() };
        self.tickets.insert(key, ticket);
        let port = self.port_at(client);
        let service = self.computers[target].account.clone();
        if self.computers[controller].audits.tickets {
            let event = ServiceTicket {
                user: format!("{}@{REALM}", user.name),
                domain: REALM.into(),
                service: service.name,
                service_sid: service.sid,
                client: (address, port),
                logon_guid: ticket.at_controller,
            };
            self.computers[controller].record(before, event.event(), None);
        }
        ticket
    }

    /// A port of the client for a connection of which only a controller tells.
    pub fn port_at(&mut self, client: &Client) -> u16 {
        match client.computer {
            Some(own) => self.computers[own].port(),
            None => u16::try_from(self.random.within(50_000..=60_000)).expect("a port"),
        }
    }

    /// A controller checks a password for NTLM.
    pub fn validate(&mut self, user: &str, workstation: &str, at: u64) {
        let controller = self.controller();
        if self.computers[controller].audits.validations {
            let event = kerberos::credential_validation(user, workstation);
            self.computers[controller].record(at, event, None);
        }
    }

    /// Where a session came from, if a client caused it.
    pub fn source(&self, client: &Client, outside: &'static str) -> TrueSource {
        match client.computer {
            None if client.honest => TrueSource::Stranger(client.name.clone()),
            None => TrueSource::None(outside),
            Some(own) => TrueSource::Computer {
                name: self.computers[own].name.clone(),
                session: client.session,
                via: None,
                collected: self.computers[own].collected,
            },
        }
    }

    /// A logon on `target`, by the 4624 that `logon` describes. `acted` is the true time of the act of its source.
    pub fn begin(
        &mut self,
        target: usize,
        at: u64,
        logon: &Logon,
        cause: (&'static str, TrueSource, u64),
    ) -> usize {
        let (scenario, source, acted) = cause;
        let from = match &source {
            TrueSource::Computer { name, .. } => self.all(|computer| computer.name == *name),
            TrueSource::Stranger(_) | TrueSource::None(_) => Vec::new(),
        };
        let own = self.computers[target].clock_offset(at);
        let offset_ms =
            from.first().map_or(0, |&from| own - self.computers[from].clock_offset(acted));
        let computer = &mut self.computers[target];
        let privileged = logon.elevated && logon.logon_type != 9;
        if privileged {
            let session = &logon.target;
            let event = security::special_privileges(session, ADMINISTRATOR_PRIVILEGES);
            computer.record(at, event, None);
        }
        let index = self.begun.len();
        computer.record(at, logon.event(), Some(index));
        let hop = TrueHop {
            target: computer.full_name.clone(),
            logon_id: logon.target.logon_id,
            record: 0,
            logon_type: logon.logon_type,
            scenario,
            user: logon.target.account.name.clone(),
            source,
            lag_ms: at.saturating_sub(acted),
            offset_ms,
        };
        self.begun.push(hop);
        index
    }

    /// The end of a session.
    pub fn end(&mut self, target: usize, at: u64, session: &Session, logon_type: u32) {
        let short = Account { domain: DOMAIN.into(), ..session.account.clone() };
        let event = security::logoff(&Session::new(short, session.logon_id), logon_type);
        self.computers[target].record(at, event, None);
    }

    pub fn record(&mut self, computer: usize, at: u64, event: Event) {
        self.computers[computer].record(at, event, None);
    }

    /// A user by their account name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.account.name == name)
    }

    /// The account with this relative identifier.
    pub fn domain_account(rid: u64, name: &str) -> Account {
        Account::new(Sid::parse(&format!("{DOMAIN_SID}-{rid}")), name, DOMAIN)
    }
}
