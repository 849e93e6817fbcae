//! Everything that is known before the rules are applied.

use super::clocks::{Clocks, Pair};
use super::computers::{ComputerId, Computers};
use super::distances::{before, less};
use super::facts::Facts;
use super::names::{address, can_be_owned, label, may_be_one};
use super::owners::{Owner, Owners};
use super::sessions::SessionPlaces;
use super::statements::statements;
use super::targets::{Protocol, Target, targets};
use crate::model::{Finding, HopRecord, Host, Span, Timestamp};
use std::collections::HashMap;
use std::net::IpAddr;

/// Where a connection came from, and in the log of which computer it is, with its place in the list there.
pub(super) type ConnectionIndex = HashMap<(IpAddr, u16), Vec<(ComputerId, usize)>>;

/// Everything that is known before the rules are applied.
pub(super) struct Joined<'h> {
    pub(super) computers: Computers<'h>,
    pub(super) targets: Vec<Target<'h>>,
    pub(super) owners: Owners,
    pub(super) clocks: Clocks,
    pub(super) connections: ConnectionIndex,
    pub(super) sessions: SessionPlaces,
    /// By the name of an account in small letters: the computers of which no address is known, and where it has a
    /// session from which somebody can go on.
    pub(super) without_address: HashMap<String, Vec<ComputerId>>,
    /// The logons of each user at each computer that came from elsewhere, by time: each with its place among the
    /// targets.
    pub(super) logons: HashMap<(ComputerId, String), Vec<(Timestamp, usize)>>,
    /// The logons over the network by NTLM with a name, of each computer by time: each with its place among
    /// the targets.
    pub(super) named_logons: HashMap<ComputerId, Vec<(Timestamp, usize)>>,
}

impl<'h> Joined<'h> {
    pub(super) fn new(hosts: &'h [Host], records: Vec<HopRecord>) -> (Joined<'h>, Vec<Finding>) {
        let (mut computers, findings) = Computers::new(hosts, records);
        let owners = Owners::new(statements(&mut computers));
        let targets = targets(&computers);
        let connections = index(&computers);
        let clocks = Clocks::default();
        let sessions = SessionPlaces::of(&computers);
        let named_logons = named_logons(&targets);
        let without_address = sessions.computers_of_users(|own| !owners.has_address(own));
        let logons = logons_by_user(&targets);
        let joined = Joined {
            computers,
            targets,
            owners,
            clocks,
            connections,
            sessions,
            without_address,
            named_logons,
            logons,
        };
        (joined, findings)
    }

    /// Compares the clocks by these pairs. Before, nothing is known of them.
    pub(super) fn compare_clocks(&mut self, pairs: &[Pair]) {
        self.clocks = Clocks::new(&self.computers, pairs);
    }

    pub(super) fn facts(&self, computer: ComputerId) -> Option<&Facts> {
        self.computers.get(computer).map(|own| &own.facts)
    }

    /// May the computer have had this address at that time? If several computers had it, it must be one of them; if
    /// no owner is known, no other computer may ever have had it.
    pub(super) fn may_be_of(&self, computer: ComputerId, address: IpAddr, time: Timestamp) -> bool {
        match self.owners.owner(address, time, None) {
            Owner::One(own) => own.computer == computer,
            Owner::Unsure => self.owners.had(computer, address),
            Owner::Unknown => !self.owners.others_had(computer, address),
        }
    }

    /// Whether a session came from its own computer.
    pub(super) fn is_of_itself(&self, target: &Target<'_>) -> bool {
        let is_own = |address: IpAddr| {
            let except = target.record_id().map(|record| (target.computer, record));
            match self.owners.owner(address, target.time, except) {
                // The name that a Remote Desktop client gave itself elsewhere does not show that.
                Owner::One(own) => own.computer == target.computer && own.is_checked(),
                _ => false,
            }
        };
        // It is the account of this computer itself, and Kerberos cannot be relayed by others.
        let account = target.account();
        let is_own_account = account.is_machine()
            && target.protocol == Protocol::Kerberos
            && target.host.has_label(&label(&account.user));
        target.is_loopback || is_own_account || target.address.is_some_and(is_own)
    }

    /// What the clock of a computer read when the session began, and whether it was compared with that of the
    /// target; where it was not, both are taken to be equal.
    pub(super) fn reading_at(
        &self,
        computer: ComputerId,
        target: &Target<'_>,
    ) -> (Timestamp, bool) {
        let offset = self.clocks.offset(computer, target.computer, target.time);
        (before(target.time, offset.unwrap_or(Span(0))), offset.is_some())
    }

    /// Whether a computer may have this name, which may lack the domain.
    pub(super) fn has_name(&self, computer: ComputerId, name: &str) -> bool {
        let own = self.computers.get(computer);
        own.is_some_and(|own| own.names.iter().any(|own| may_be_one(own, name)))
    }

    /// Whether the log of a computer has records before and after the moment when a session began.
    pub(super) fn shows_time(&self, computer: ComputerId, target: &Target<'_>) -> bool {
        let (time, _) = self.reading_at(computer, target);
        let own = self.computers.get(computer);
        let log = own.and_then(|own| own.security_log().or(own.facts.security_times));
        log.is_some_and(|(first, last)| first <= time && time <= last)
    }

    /// The lag of a session behind a record at a source, as the clocks showed and, where that is known,
    /// without their difference.
    pub(super) fn lag(
        &self,
        source: ComputerId,
        time: Timestamp,
        target: &Target<'_>,
    ) -> (Span, Option<Span>) {
        let raw = target.time.since(time);
        let offset = self.clocks.offset(source, target.computer, target.time);
        (raw, offset.map(|offset| less(raw, offset)))
    }
}

fn named_logons(targets: &[Target<'_>]) -> HashMap<ComputerId, Vec<(Timestamp, usize)>> {
    let mut logons: HashMap<ComputerId, Vec<(Timestamp, usize)>> = HashMap::new();
    for (at, target) in targets.iter().enumerate() {
        if target.protocol == Protocol::Ntlm && !target.claimed_name().is_empty() {
            logons.entry(target.computer).or_default().push((target.time, at));
        }
    }
    logons.values_mut().for_each(|own| own.sort_unstable());
    logons
}

fn logons_by_user(
    targets: &[Target<'_>],
) -> HashMap<(ComputerId, String), Vec<(Timestamp, usize)>> {
    let mut logons: HashMap<_, Vec<(Timestamp, usize)>> = HashMap::new();
    for (at, target) in targets.iter().enumerate() {
        let user = target.account().user.to_lowercase();
        logons.entry((target.computer, user)).or_default().push((target.time, at));
    }
    logons.values_mut().for_each(|own| own.sort_unstable());
    logons
}

fn index(computers: &Computers<'_>) -> ConnectionIndex {
    let mut index = ConnectionIndex::new();
    for (id, computer) in computers.iter() {
        for (at, fact) in computer.facts.connections.iter().enumerate() {
            let source = address(&fact.says.source).filter(|own| can_be_owned(*own));
            if let Some(source) = source {
                index.entry((source, fact.says.source_port)).or_default().push((id, at));
            }
        }
    }
    index
}
