//! # Connection
//! Rule:    the log of one other computer has the TCP connection of the logon: the address and the port of the
//!          4624 are those of a connection that it opened to the target just before (5156, Sysmon 3).
//! Sure:    the computer: high; medium where the clocks were not compared and the connection is only within the
//!          wider window that is allowed for that. The session: if the process of the connection has one (4688,
//!          Sysmon 1) and does not serve all users.
//! Seen:    92 of 92 logons whose address belongs to a computer with such records; 14 of 613 connections
//!          carry two to six logons.

use super::super::clocks::Pair;
use super::super::computers::ComputerId;
use super::super::distances::{CONNECTION, KERBEROS_SKEW, less};
use super::super::facts::Fact;
use super::super::joined::Joined;
use super::super::names::address;
use super::super::targets::{Protocol, Target};
use super::same_user;
use super::{Claim, RecordName, SessionClaim};
use crate::model::hop::{ClockBasis, Connection};
use crate::model::window::Window;
use crate::model::{Confidence, HopBasis, Span};
use std::collections::BTreeMap;

/// Programs that make connections for every user of the computer.
const SHARED_PROGRAMS: [&str; 3] = ["system", "svchost.exe", "lsass.exe"];

type Candidate<'j> = (ComputerId, &'j Fact<Box<Connection>>);

/// A claim for each computer whose log has the connection.
pub(in super::super) fn find(joined: &Joined<'_>, target: &Target<'_>) -> Vec<Claim> {
    let mut by_source: BTreeMap<ComputerId, Vec<&Fact<Box<Connection>>>> = BTreeMap::new();
    for (source, fact) in candidates(joined, target) {
        by_source.entry(source).or_default().push(fact);
    }
    let nearest = by_source.into_iter().filter_map(|(source, facts)| {
        let (fact, confidence) = nearest(joined, target, source, &facts)?;
        Some(claim(joined, target, source, fact, confidence))
    });
    nearest.collect()
}

/// The connections to the target from the address and the port of the logon, whenever they were.
fn candidates<'j>(joined: &'j Joined<'_>, target: &Target<'_>) -> Vec<Candidate<'j>> {
    let key = target.address.filter(|_| target.session.port > 0);
    let places = key.and_then(|own| joined.connections.get(&(own, target.session.port)));
    let found = places.into_iter().flatten().filter_map(|(source, at)| {
        let fact = joined.facts(*source)?.connections.get(*at)?;
        let destination = address(&fact.says.destination)?;
        let is_to_target = joined.may_be_of(target.computer, destination, target.time);
        (*source != target.computer && is_to_target).then_some((*source, fact))
    });
    found.collect()
}

/// The nearest connection of one source that the clocks allow, and how sure it is.
fn nearest<'j>(
    joined: &Joined<'_>,
    target: &Target<'_>,
    source: ComputerId,
    facts: &[&'j Fact<Box<Connection>>],
) -> Option<(&'j Fact<Box<Connection>>, Confidence)> {
    let offset = joined.clocks.offset(source, target.computer, target.time);
    let lag = |fact: &Fact<Box<Connection>>| {
        less(target.time.since(fact.time), offset.unwrap_or(Span(0)))
    };
    let nearest_of = |facts: &[&'j Fact<Box<Connection>>], window: Window| {
        let fitting = facts.iter().filter(|fact| window.contains(lag(fact)));
        fitting.min_by_key(|fact| (lag(fact).abs(), fact.record_id)).copied()
    };
    if let Some(fact) = nearest_of(facts, CONNECTION) {
        return Some((fact, Confidence::High));
    }
    // Where the clocks were not compared, the addresses of both must be known to be theirs alone.
    let is_known = |fact: &&&'j Fact<Box<Connection>>| {
        let ends = (address(&fact.says.destination), target.address);
        let is_its = |computer, own| {
            joined.owners.had(computer, own) && !joined.owners.others_had(computer, own)
        };
        matches!(ends, (Some(to), Some(from)) if is_its(target.computer, to) && is_its(source, from))
    };
    let facts: Vec<_> = facts.iter().filter(is_known).copied().collect();
    let found = match (offset, target.protocol) {
        (Some(_), _) => None,
        (None, Protocol::Kerberos) => nearest_of(&facts, CONNECTION.widened(KERBEROS_SKEW)),
        // Only if there is no other connection that could be meant.
        (None, _) => match &*facts {
            [only] => Some(*only),
            _ => None,
        },
    };
    found.map(|fact| (fact, Confidence::Medium))
}

fn claim(
    joined: &Joined<'_>,
    target: &Target<'_>,
    source: ComputerId,
    fact: &Fact<Box<Connection>>,
    confidence: Confidence,
) -> Claim {
    let mut evidence = vec![RecordName::of(source, fact)];
    let session = session(joined, target, source, fact, &mut evidence);
    Claim {
        basis: HopBasis::Connection,
        source,
        confidence,
        session,
        lag: Some(joined.lag(source, fact.time, target)),
        evidence,
        is_cached: false,
    }
}

/// The session of the process that opened the connection.
fn session(
    joined: &Joined<'_>,
    target: &Target<'_>,
    source: ComputerId,
    fact: &Fact<Box<Connection>>,
    evidence: &mut Vec<RecordName>,
) -> SessionClaim {
    let same_user = SessionClaim::SameUser(Confidence::Medium);
    let program = fact.says.program.rsplit(['\\', '/']).next().unwrap_or_default().to_lowercase();
    if SHARED_PROGRAMS.contains(&&*program) || fact.says.process_id <= 4 {
        // The client of Remote Desktop has a process of its own: a service passes connections on.
        return if target.is_remote_desktop() { SessionClaim::NoUser } else { same_user };
    }
    let process = joined.facts(source).and_then(|own| own.process(fact.says.process_id, fact.time));
    let Some(process) = process else { return same_user };
    if process.says.logon_id.is_well_known() {
        return SessionClaim::NoUser;
    }
    evidence.push(RecordName::of(source, process));
    same_user::named_session(joined, source, process.says.logon_id, process.time)
}

/// Every connection that may be that of a logon. The two times show how far the clocks of both computers were apart.
pub(in super::super) fn pairs(joined: &Joined<'_>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for target in &joined.targets {
        let found = candidates(joined, target).into_iter().map(|(source, fact)| Pair {
            source,
            target: target.computer,
            source_time: fact.time,
            target_time: target.time,
            source_record: fact.record_id,
            basis: ClockBasis::Connection,
        });
        pairs.extend(found);
    }
    pairs
}
