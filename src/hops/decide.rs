//! Combines what the rules say of each session.
//!
//! Rules that name different computers contradict each other: then no source is claimed, and all are listed.
//! Nothing is averaged.

use super::bases::ticket::Controllers;
use super::bases::{
    Claim, RecordName, address, connection, explicit, nla_pair, same_guid, ticket, workstation,
};
use super::computers::ComputerId;
use super::joined::Joined;
use super::owners::Owner;
use super::passing::{self, Passing};
use super::source_session::SourceSession;
use super::targets::Target;
use crate::model::{Confidence, Hop, HopBasis, HopFlag};
use std::collections::{BTreeMap, BTreeSet};

/// One row for each session that is asked about, by time.
pub(super) fn decide(joined: &Joined<'_>) -> Vec<Hop> {
    let mut explicit = explicit::find(joined);
    let controllers = Controllers::of(joined);
    let mut all: Vec<Verdict> = Vec::with_capacity(joined.targets.len());
    for (at, target) in joined.targets.iter().enumerate() {
        let mut owner = address::owner(joined, target);
        let claims = match is_without_source(joined, target) {
            true => Vec::new(),
            false => {
                owner = address::unless_named(joined, target, owner);
                let owner = &owner;
                let mut claims = connection::find(joined, target);
                claims.extend(explicit.remove(&at));
                claims.extend(address::find(joined, target, owner));
                claims.extend(ticket::find(joined, target, &controllers));
                claims.extend(nla_pair::find(joined, target, owner));
                // A name that a client gives proves nothing against a recorded connection.
                let is_proof = |claim: &Claim| {
                    claim.basis == HopBasis::Connection && claim.confidence == Confidence::High
                };
                if !claims.iter().any(is_proof) {
                    claims.extend(workstation::find(joined, target, owner));
                }
                claims
            }
        };
        all.push(Verdict::of(claims, owner));
    }
    add_same_guid(joined, &mut all);
    let rows = joined.targets.iter().zip(all).map(|(target, verdict)| row(joined, target, verdict));
    let mut rows: Vec<Hop> = rows.collect();
    rows.sort_by(|a, b| (a.time, &a.target_session).cmp(&(b.time, &b.target_session)));
    rows
}

/// Is no source looked for? That is so for an anonymous logon, and for a session that came from the computer itself
/// or through a tunnel there.
fn is_without_source(joined: &Joined<'_>, target: &Target<'_>) -> bool {
    target.is_anonymous() || joined.is_of_itself(target)
}

/// What the rules say of one session.
struct Verdict {
    /// The strongest first.
    claims: Vec<Claim>,
    sources: BTreeSet<ComputerId>,
    owner: Owner,
}

impl Verdict {
    fn of(mut claims: Vec<Claim>, owner: Owner) -> Verdict {
        claims.sort_by_key(|claim| claim.basis);
        let sources: BTreeSet<ComputerId> = claims.iter().map(|claim| claim.source).collect();
        let has = |basis| claims.iter().any(|claim| claim.basis == basis);
        let is_alone = claims.len() == 1;
        let has_proof = has(HopBasis::Explicit) || has(HopBasis::Connection);
        for claim in &mut claims {
            match claim.basis {
                // A second rule that names the same computer.
                HopBasis::Explicit if !is_alone => claim.confidence = Confidence::High,
                HopBasis::Ticket if has_proof => claim.confidence = Confidence::High,
                _ => {}
            }
        }
        Verdict { claims, sources, owner }
    }

    /// The one computer that all rules name.
    fn source(&self) -> Option<ComputerId> {
        let only = self.sources.first().copied();
        only.filter(|_| self.sources.len() == 1)
    }

    /// The confidence of the surest rule.
    fn confidence(&self) -> Option<Confidence> {
        self.claims.iter().map(|claim| claim.confidence).min()
    }
}

/// Adds what other logons with the same LogonGuid say.
fn add_same_guid(joined: &Joined<'_>, all: &mut [Verdict]) {
    let mut groups = same_guid::Groups::default();
    for (target, verdict) in joined.targets.iter().zip(&*all) {
        if let (Some(source), Some(confidence)) = (verdict.source(), verdict.confidence()) {
            groups.add(target, source, confidence);
        }
    }
    for (target, verdict) in joined.targets.iter().zip(all) {
        let claim = groups.find(joined, target).filter(|_| !target.is_anonymous());
        if let Some(claim) = claim {
            let mut claims = std::mem::take(&mut verdict.claims);
            claims.push(claim);
            *verdict = Verdict::of(claims, verdict.owner.clone());
        }
    }
}

fn row(joined: &Joined<'_>, target: &Target<'_>, verdict: Verdict) -> Hop {
    let source = verdict.source();
    let passing = source.and_then(|source| passing::find(joined, target, source, &verdict.claims));
    let session = source.map(|source| {
        let is_passed_on = passing.is_some();
        SourceSession::of(joined, target, source, &verdict.claims, is_passed_on)
    });
    let session = session.unwrap_or_default();
    let strongest = verdict.claims.iter().find_map(|claim| claim.lag).filter(|_| source.is_some());
    let mut basis: Vec<HopBasis> = verdict.claims.iter().map(|claim| claim.basis).collect();
    basis.extend(session.is_same_user.then_some(HopBasis::SameUser));
    basis.dedup();
    let of_pair = nla_pair::network_logon(joined, target).map_or("", Target::claimed_name);
    let own_name = target.claimed_name();
    let claimed = if own_name.is_empty() { of_pair } else { own_name };
    let mut candidates = session.candidates;
    if source.is_none() {
        candidates.extend(by_source(joined, &verdict.claims));
    }
    let text = |id: Option<ComputerId>| id.map_or("", |id| joined.computers.name_of(id));
    Hop {
        target_session: target.session.id(&target.host.computer).to_string().into(),
        target_computer: target.host.computer.clone(),
        time: target.time,
        account: target.session.account.clone(),
        logon_type: target.session.logon_type,
        source_computer: text(source).into(),
        source_session: session.id.as_str().into(),
        source_user: session.user.as_str().into(),
        source_address: target.session.client.ip.clone(),
        source_port: target.session.port,
        claimed_name: claimed.into(),
        host_confidence: source.and_then(|_| verdict.confidence()),
        session_confidence: session.confidence,
        lag: strongest.map(|(raw, _)| raw),
        lag_corrected: strongest.and_then(|(_, corrected)| corrected),
        group: None,
        hop_number: None,
        candidates,
        evidence: evidence(joined, target, &verdict.claims, passing.as_ref()),
        flags: flags(joined, target, &verdict, passing.is_some()),
        basis,
    }
}

/// `PC01 (connection; address)`: what speaks for each computer.
fn by_source(joined: &Joined<'_>, claims: &[Claim]) -> Vec<String> {
    let mut all: BTreeMap<ComputerId, Vec<&str>> = BTreeMap::new();
    for claim in claims {
        all.entry(claim.source).or_default().push(claim.basis.word());
    }
    let named = |(id, bases): (ComputerId, Vec<&str>)| {
        format!("{} ({})", joined.computers.name_of(id), bases.join(", "))
    };
    all.into_iter().map(named).collect()
}

/// The logon itself, then what the rules are based on, each record once.
fn evidence(
    joined: &Joined<'_>,
    target: &Target<'_>,
    claims: &[Claim],
    passing: Option<&Passing>,
) -> Vec<String> {
    let start = RecordName::of_start(target);
    let of_claims = claims.iter().flat_map(|claim| claim.evidence.clone());
    let of_passing = passing.and_then(|passing| passing.logon);
    let mut names: Vec<RecordName> = Vec::new();
    for name in start.into_iter().chain(of_claims).chain(of_passing) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let shown = |name: RecordName| {
        let computer = joined.computers.name_of(name.computer);
        format!("{computer} {}#{}", name.channel, name.record_id)
    };
    names.into_iter().map(shown).collect()
}

fn flags(
    joined: &Joined<'_>,
    target: &Target<'_>,
    verdict: &Verdict,
    is_passed_on: bool,
) -> Vec<HopFlag> {
    let source = verdict.source();
    let is_of_itself = joined.is_of_itself(target);
    let is_unowned = source.is_none() && target.has_address && !is_of_itself;
    let is_known = verdict.owner != Owner::Unknown;
    let is_of_unsure = is_unowned && verdict.owner == Owner::Unsure && verdict.sources.is_empty();
    let only_name = |claim: &Claim| {
        matches!(claim.basis, HopBasis::Workstation) || claim.confidence == Confidence::Low
    };
    let is_named = |claim: &Claim| match claim.basis {
        HopBasis::Workstation => true,
        HopBasis::NlaPair => claim.confidence == Confidence::Low,
        _ => false,
    };
    let by_name = verdict.claims.iter().all(only_name) && verdict.claims.iter().any(is_named);
    let has_log = |id| joined.computers.get(id).is_some_and(|own| own.has_log);
    let flags = [
        (HopFlag::FromOutside, is_unowned && !is_known && verdict.sources.is_empty()),
        (HopFlag::NoSourceLog, source.is_some_and(|id| !has_log(id))),
        (HopFlag::Contradicting, verdict.sources.len() > 1),
        (HopFlag::ReusedAddress, target.address.is_some_and(|own| joined.owners.is_reused(own))),
        (HopFlag::AddressUnsure, is_of_unsure),
        (HopFlag::PassedOn, is_passed_on),
        (HopFlag::Loopback, is_of_itself),
        (HopFlag::SpoofableName, by_name),
        (HopFlag::Machine, target.account().is_machine()),
        (HopFlag::TicketCached, verdict.claims.iter().any(|claim| claim.is_cached)),
    ];
    flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag).collect()
}
