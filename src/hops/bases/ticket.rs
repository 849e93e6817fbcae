//! # Ticket
//! Rule:    a logon by Kerberos without an address, and every ticket of the user for the target in the ten hours
//!          before went to one address that one computer had then (4769).
//! Sure:    medium where the Security log of each domain controller of the target's domain has all records from those
//!          hours up to the logon, the domain of the user is that of the ticket, and nothing shows that another domain
//!          controller is missing; else low.
//! Seen:    24 of 24; the median lag is 0 s, the longest 52 s: later logons use the ticket again.
//! Note:    LogonGuid of a 4769 is never that of the 4624 at the target: 0 of 61.

use super::super::clocks::Pair;
use super::super::computers::ComputerId;
use super::super::distances::{KERBEROS_SKEW, ONE_SECOND, TICKET_FRESH, TICKET_LIFE, before};
use super::super::domains::Domains;
use super::super::facts::Fact;
use super::super::joined::Joined;
use super::super::names::{address, can_be_owned, is_loopback, label, user};
use super::super::owners::Owner;
use super::super::targets::{Protocol, Target};
use super::{Claim, Logons, RecordName, SessionClaim};
use crate::model::hop::{ClockBasis, Ticket};
use crate::model::{Confidence, HopBasis, Timestamp};
use std::collections::{BTreeSet, HashMap};

/// The port of Kerberos.
const KERBEROS_PORT: u16 = 88;

/// The domain controllers of the evidence, and the tickets that they issued.
pub(in super::super) struct Controllers<'j> {
    ids: Vec<ComputerId>,
    /// The tickets for each computer, by the first label of its name, and each user.
    tickets: HashMap<(String, String), Vec<Given<'j>>>,
    domains: Domains,
    /// A computer connected to a domain controller whose log was not read.
    is_one_missing: bool,
    /// The DNS domains of computers in which somebody logged on with a ticket that no log has.
    without_ticket: BTreeSet<String>,
}

/// A ticket that the session may have used, and the domain controller that issued it.
type Given<'j> = (ComputerId, &'j Fact<Box<Ticket>>);

impl<'j> Controllers<'j> {
    pub(in super::super) fn of(joined: &'j Joined<'_>) -> Controllers<'j> {
        let mut ids = Vec::new();
        let mut tickets: HashMap<(String, String), Vec<Given<'j>>> = HashMap::new();
        let all = joined.computers.iter();
        for (id, computer) in all.filter(|(_, own)| own.facts.is_of_domain_controller()) {
            ids.push(id);
            for fact in computer.facts.tickets.iter().filter(|one| one.says.service.ends_with('$'))
            {
                let key = (label(&fact.says.service), user(&fact.says.account.user));
                tickets.entry(key).or_default().push((id, fact));
            }
        }
        let (is_one_missing, domains) = (is_one_missing(joined, &ids), Domains::of(joined));
        let without_ticket = BTreeSet::new();
        let mut all = Controllers { ids, tickets, domains, is_one_missing, without_ticket };
        let without = joined.targets.iter().filter(|target| all.has_no_ticket(joined, target));
        all.without_ticket = without.map(|target| dns_domain(joined, target.computer)).collect();
        all
    }

    /// The controllers that issue tickets for a computer: those of its own domain. If none of them is known, it may
    /// be any, and nothing says that all are there.
    fn for_computer(&self, joined: &Joined<'_>, computer: ComputerId) -> (Vec<ComputerId>, bool) {
        let own = dns_domain(joined, computer);
        let is_of_it = |id: &ComputerId| {
            let other = dns_domain(joined, *id);
            own.is_empty() || other.is_empty() || own == other
        };
        let fitting: Vec<ComputerId> = self.ids.iter().copied().filter(is_of_it).collect();
        if fitting.is_empty() { (self.ids.clone(), false) } else { (fitting, true) }
    }

    /// The tickets that a session may have used, and whether the user of each is certainly of its domain.
    fn given(
        &self,
        joined: &Joined<'_>,
        target: &Target<'_>,
        controllers: &[ComputerId],
    ) -> Vec<(Given<'j>, bool)> {
        let labels: BTreeSet<String> = target.host.names().map(label).collect();
        let account = user(&target.account().user);
        let mut found = Vec::new();
        for label in labels {
            let all = self.tickets.get(&(label, account.clone())).into_iter().flatten();
            for given in all.filter(|(id, _)| controllers.contains(id)) {
                let (from, to) = life(joined, given.0, target);
                let is_then = from <= given.1.time && given.1.time <= to;
                let ticket = &given.1.says.account;
                let realm = ticket.user.split_once('@').map_or("", |(_, realm)| realm);
                let domain = if ticket.domain.is_empty() { realm } else { &*ticket.domain };
                match self.domains.are_one(domain, &target.account().domain) {
                    Some(false) => {}
                    is_one if is_then => found.push((*given, is_one.is_some())),
                    _ => {}
                }
            }
        }
        found
    }

    /// Whether the logs of all these controllers have every ticket that a session can have used.
    fn are_whole(
        &self,
        joined: &Joined<'_>,
        target: &Target<'_>,
        controllers: &[ComputerId],
    ) -> bool {
        let is_whole = |id: &ComputerId| {
            let (from, to) = life(joined, *id, target);
            // Within the same clock, nothing after the logon matters.
            let to = before(to, ONE_SECOND);
            joined.computers.get(*id).is_some_and(|own| own.has_whole_security_log(from, to))
        };
        controllers.iter().all(is_whole)
    }

    /// Did somebody log on with a ticket that none of the logs has, although they are whole? Then a controller that
    /// is not known issued it.
    fn has_no_ticket(&self, joined: &Joined<'_>, target: &Target<'_>) -> bool {
        let is_asked = target.protocol == Protocol::Kerberos
            && target.session.logon_type == Some(3)
            && !self.ids.contains(&target.computer)
            && !self.ids.is_empty();
        if !is_asked || joined.is_of_itself(target) {
            return false;
        }
        let (controllers, are_its) = self.for_computer(joined, target.computer);
        are_its
            && self.given(joined, target, &controllers).is_empty()
            && self.are_whole(joined, target, &controllers)
    }
}

/// Whether a computer connected to a domain controller whose log was not read.
fn is_one_missing(joined: &Joined<'_>, ids: &[ComputerId]) -> bool {
    let mut addresses = BTreeSet::new();
    for (_, computer) in joined.computers.iter() {
        let to_port = computer.facts.connections.iter();
        let to_port = to_port.filter(|one| one.says.destination_port == KERBEROS_PORT);
        addresses.extend(to_port.filter_map(|one| address(&one.says.destination)));
    }
    let is_of_one = |own| ids.iter().any(|id| joined.owners.had(*id, own));
    // If no address of some domain controller is known, an unknown address may be its address.
    let are_known = ids.iter().all(|id| joined.owners.has_address(*id));
    let is_elsewhere = |own| {
        !is_of_one(own)
            && (are_known || joined.owners.statements().contains_key(&own))
            && can_be_owned(own)
    };
    addresses.into_iter().any(is_elsewhere)
}

/// The DNS domain of a computer in small letters; empty if no name of it has one.
fn dns_domain(joined: &Joined<'_>, computer: ComputerId) -> String {
    let names = joined.computers.get(computer).into_iter().flat_map(|own| &own.names);
    let mut domains = names.filter_map(|name| Some(name.split_once('.')?.1));
    domains.next().unwrap_or_default().to_lowercase()
}

/// The claim of a session, if it has one.
pub(in super::super) fn find(
    joined: &Joined<'_>,
    target: &Target<'_>,
    controllers: &Controllers<'_>,
) -> Option<Claim> {
    if target.address.is_some() || target.protocol != Protocol::Kerberos {
        return None;
    }
    let (its, are_its) = controllers.for_computer(joined, target.computer);
    let found = controllers.given(joined, target, &its);
    let are_of_user = found.iter().all(|(_, is_certain)| *is_certain);
    let given: Vec<Given<'_>> = found.into_iter().map(|(given, _)| given).collect();
    let source = only_source(joined, &given)?;
    if source == target.computer {
        return None;
    }
    let (controller, last) = given.iter().max_by_key(|(id, one)| (one.time, *id)).copied()?;
    let lag = joined.lag(controller, last.time, target);
    let is_known = are_its
        && are_of_user
        && !controllers.is_one_missing
        && !controllers.without_ticket.contains(&dns_domain(joined, target.computer))
        && controllers.are_whole(joined, target, &its);
    let (confidence, session) = match is_known {
        true => (Confidence::Medium, SessionClaim::SameUser(Confidence::Medium)),
        false => (Confidence::Low, SessionClaim::Nothing),
    };
    Some(Claim {
        basis: HopBasis::Ticket,
        source,
        confidence,
        session,
        lag: Some(lag),
        evidence: vec![RecordName::of(controller, last)],
        is_cached: lag.1.unwrap_or(lag.0) > TICKET_FRESH,
    })
}

/// The times at which a ticket that is used by a session can have been given out, by the clock of a
/// controller.
fn life(
    joined: &Joined<'_>,
    controller: ComputerId,
    target: &Target<'_>,
) -> (Timestamp, Timestamp) {
    let (time, is_compared) = joined.reading_at(controller, target);
    let is_one_clock = is_compared || controller == target.computer;
    let slack = if is_one_clock { ONE_SECOND } else { KERBEROS_SKEW };
    (before(before(time, slack), TICKET_LIFE), time.plus(slack))
}

/// The one computer that all tickets went to.
fn only_source(joined: &Joined<'_>, given: &[Given<'_>]) -> Option<ComputerId> {
    let mut sources = BTreeSet::new();
    let mut clients = BTreeSet::new();
    for (controller, fact) in given {
        let client = address(&fact.says.client)?;
        if is_loopback(client) {
            sources.insert(*controller);
            continue;
        }
        clients.insert(client);
        let except = Some((*controller, fact.record_id));
        match joined.owners.owner(client, fact.time, except) {
            Owner::One(own) if own.confidence <= Confidence::Medium => sources.insert(own.computer),
            _ => return None,
        };
    }
    let only = sources.iter().next().copied();
    only.filter(|_| sources.len() == 1 && clients.len() <= 1)
}

/// Each ticket for a computer, with the logon of the user there that is nearest to it: its first use.
pub(super) fn pairs(joined: &Joined<'_>, logons: &Logons) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (controller, computer) in joined.computers.iter() {
        for fact in computer.facts.tickets.iter().filter(|one| one.says.service.ends_with('$')) {
            let target = joined.computers.named(&fact.says.service);
            let Some(target) = target.filter(|own| *own != controller) else { continue };
            let source = (controller, fact.time, fact.record_id);
            let user = user(&fact.says.account.user);
            pairs.extend(logons.nearest(source, target, user, ClockBasis::Ticket));
        }
    }
    pairs
}
