//! # Ticket
//! Rule:    a logon by Kerberos without an address, and every ticket of the user for the target in the ten hours
//!          before went to one address that one computer had then (4769).
//! Sure:    medium where the log of every domain controller that is known of has all records of those hours, up to
//!          the logon; else low.
//! Seen:    24 of 24; the median lag is 0 s, the longest 52 s: later logons use the ticket again.
//! Note:    LogonGuid of a 4769 is never that of the 4624 at the target: 0 of 61.

use super::super::clocks::Pair;
use super::super::computers::ComputerId;
use super::super::distances::{KERBEROS_SKEW, ONE_SECOND, TICKET_FRESH, TICKET_LIFE, before};
use super::super::facts::{Fact, between};
use super::super::joined::Joined;
use super::super::names::{address, can_be_owned, is_loopback, label, user};
use super::super::owners::Owner;
use super::super::targets::{Protocol, Target};
use super::{Claim, Logons, RecordName, SessionClaim};
use crate::model::hop::{ClockBasis, Ticket};
use crate::model::{Account, Confidence, HopBasis, Timestamp};
use std::collections::BTreeSet;

/// The port of Kerberos.
const KERBEROS_PORT: u16 = 88;

/// The domain controllers of the evidence.
pub(in super::super) struct Controllers {
    ids: Vec<ComputerId>,
    /// A computer connected to a domain controller whose log was not read.
    is_one_missing: bool,
}

impl Controllers {
    pub(in super::super) fn of(joined: &Joined<'_>) -> Controllers {
        let all = joined.computers.iter();
        let ids: Vec<ComputerId> =
            all.filter(|(_, own)| own.facts.is_of_domain_controller()).map(|(id, _)| id).collect();
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
        let is_one_missing = addresses.into_iter().any(is_elsewhere);
        Controllers { ids, is_one_missing }
    }
}

/// A ticket that the session may have used, and the domain controller that issued it.
type Given<'j> = (ComputerId, &'j Fact<Box<Ticket>>);

/// The claim of a session, if it has one.
pub(in super::super) fn find(
    joined: &Joined<'_>,
    target: &Target<'_>,
    controllers: &Controllers,
) -> Option<Claim> {
    if target.address.is_some() || target.protocol != Protocol::Kerberos {
        return None;
    }
    let (mut given, mut is_covered) = (Vec::new(), !controllers.is_one_missing);
    for &controller in &controllers.ids {
        let (from, to) = life(joined, controller, target);
        let (logon, _) = joined.reading_at(controller, target);
        let computer = joined.computers.get(controller);
        is_covered &= computer.is_some_and(|own| own.security_covers(from, logon));
        let tickets = joined.facts(controller).map_or(&[][..], |own| &own.tickets);
        let own = between(tickets, from, to).iter();
        let own = own.filter(|one| is_for(one, target) && is_of_domain(joined, controller, target));
        given.extend(own.map(|one| (controller, one)));
    }
    let source = only_source(joined, &given)?;
    if source == target.computer {
        return None;
    }
    let (controller, last) = given.iter().max_by_key(|(id, one)| (one.time, *id)).copied()?;
    let lag = joined.lag(controller, last.time, target);
    let (confidence, session) = match is_covered {
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

fn is_for(fact: &Fact<Box<Ticket>>, target: &Target<'_>) -> bool {
    let service = &fact.says.service;
    let is_to_computer = service.ends_with('$') && target.host.has_label(&label(service));
    is_to_computer
        && user(&fact.says.account.user) == user(&target.account().user)
        && may_be_of_realm(&fact.says.account, target.account())
}

/// May both accounts be of one domain? The ticket has the name of the realm; the logon has that, or the NetBIOS name of
/// the domain, which may be any other name.
fn may_be_of_realm(ticket: &Account, logon: &Account) -> bool {
    let realm = ticket.user.split_once('@').map_or(&*ticket.domain, |(_, realm)| realm);
    let has_realm = realm.contains('.') && logon.domain.contains('.');
    !has_realm || realm.eq_ignore_ascii_case(&logon.domain)
}

/// A domain controller issues the tickets for the computers of its own domain. That is asked only if several computers
/// have the name that a ticket gives, because a computer may have another suffix than its domain.
fn is_of_domain(joined: &Joined<'_>, controller: ComputerId, target: &Target<'_>) -> bool {
    let suffix = |id| joined.computers.name_of(id).split_once('.').map(|(_, suffix)| suffix);
    let both = suffix(controller).zip(suffix(target.computer));
    !joined.computers.shares_label(target.computer)
        || both.is_none_or(|(one, other)| one.eq_ignore_ascii_case(other))
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
