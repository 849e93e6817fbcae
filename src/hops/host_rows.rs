//! The rows of hosts.csv: each computer with each address for the time in which it was said to have it.

use super::computers::{Computer, ComputerId};
use super::joined::Joined;
use super::owners::{is_gateway, is_nat};
use super::statements::Statement;
use crate::model::hop::{AddressBasis, ClockOffset, HostFlag};
use crate::model::{HostAddress, Timestamp};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// By name, then by address and time. A computer with a log and without an address has one row.
pub(super) fn rows(joined: &Joined<'_>) -> Vec<HostAddress> {
    let clocks = joined.clocks.against_reference();
    let mut rows = Vec::new();
    let mut with_address = BTreeSet::new();
    for (address, all) in joined.owners.statements() {
        let flags = flags(joined, *address, all);
        for run in all.chunk_by(|a, b| a.owner == b.owner) {
            let Some(owner) = run.first().map(|one| one.owner) else { continue };
            let Some(computer) = joined.computers.get(owner) else { continue };
            with_address.insert(owner);
            rows.push(HostAddress {
                address: address.to_string(),
                family: family(*address),
                seen: times(run),
                basis: bases(run),
                statements: run.len() as u64,
                conflict_with: others(joined, *address, owner),
                flags: flags.clone(),
                ..blank(computer, clocks.get(&owner).copied())
            });
        }
    }
    for (id, computer) in joined.computers.iter() {
        if computer.has_log && !with_address.contains(&id) {
            rows.push(blank(computer, clocks.get(&id).copied()));
        }
    }
    rows.sort_by(|a, b| {
        let key = |row: &HostAddress| (row.host.to_lowercase(), row.address.parse::<IpAddr>().ok());
        key(a).cmp(&key(b)).then_with(|| a.seen.cmp(&b.seen))
    });
    rows
}

/// A computer without an address.
fn blank(computer: &Computer<'_>, clock: Option<ClockOffset>) -> HostAddress {
    let log = computer.security_log();
    HostAddress {
        host: computer.name.clone(),
        names: computer.names.clone(),
        address: String::new(),
        family: "",
        seen: None,
        basis: Vec::new(),
        statements: 0,
        conflict_with: Vec::new(),
        has_security_log: log.is_some(),
        log,
        clock,
        flags: Vec::new(),
    }
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ipv4" } else { "ipv6" }
}

fn times(run: &[Statement]) -> Option<(Timestamp, Timestamp)> {
    Some((run.first()?.time, run.last()?.time))
}

fn bases(run: &[Statement]) -> Vec<AddressBasis> {
    run.iter().map(|one| one.basis).collect::<BTreeSet<_>>().into_iter().collect()
}

fn others(joined: &Joined<'_>, address: IpAddr, owner: ComputerId) -> Vec<String> {
    let others = joined.owners.of(address).filter(|other| *other != owner);
    let mut names: Vec<String> =
        others.map(|other| joined.computers.name_of(other).to_owned()).collect();
    names.sort();
    names
}

fn flags(joined: &Joined<'_>, address: IpAddr, all: &[Statement]) -> Vec<HostFlag> {
    let flags = [
        (HostFlag::NatSuspect, is_nat(all)),
        (HostFlag::GatewaySuspect, is_gateway(all)),
        (HostFlag::Reused, joined.owners.is_reused(address)),
    ];
    flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag).collect()
}
