//! # Workstation
//! Rule:    the client of a logon by NTLM gives the name of a computer with logs, and no other computer is known to
//!          have its address. Where another one had it, both are named, and none is chosen; a connection in
//!          the log of the source proves more than any name.
//! Sure:    low, for nobody checks the name; medium where a domain controller saw the same name for the user in
//!          that second (4776) and the log of the computer shows that it connected to the target.
//! Seen:    11 of 11 honest clients. Tools give made-up names.

use super::super::computers::ComputerId;
use super::super::distances::{CONNECTION, EXPLICIT, KERBEROS_SKEW, NTLM_CHECK};
use super::super::facts::between;
use super::super::joined::Joined;
use super::super::names;
use super::super::names::{label, server, user};
use super::super::owners::Owner;
use super::super::targets::{Protocol, Target};
use super::{Claim, RecordName, SessionClaim, address};
use crate::model::{Confidence, HopBasis, Span};

/// The claim of a session whose address had this owner.
pub(in super::super) fn find(
    joined: &Joined<'_>,
    target: &Target<'_>,
    owner: &Owner,
) -> Option<Claim> {
    let name = target.claimed_name();
    if target.protocol != Protocol::Ntlm || name.is_empty() {
        return None;
    }
    let source = joined.computers.named(name)?;
    let computer = joined.computers.get(source)?;
    // The name and the owner of the address contradict each other; nothing shows which of them is wrong.
    let is_of_another = matches!(owner, Owner::One(own) if own.computer != source);
    let is_candidate = computer.has_log || is_of_another && joined.owners.has_address(source);
    if source == target.computer
        || !is_candidate
        || address::contradicts(joined, target, source, owner)
    {
        return None;
    }
    let check = check(joined, target, name).filter(|_| is_active(joined, target, source));
    // If nothing is known of the address, it may be that of any computer, and the client can give any name.
    if check.is_none() && target.address.is_some() && *owner == Owner::Unknown {
        return None;
    }
    let confidence = if check.is_some() { Confidence::Medium } else { Confidence::Low };
    Some(Claim {
        basis: HopBasis::Workstation,
        source,
        confidence,
        session: SessionClaim::Nothing,
        lag: None,
        evidence: check.into_iter().collect(),
        is_cached: false,
    })
}

/// The 4776 of a domain controller with the same name and user, in the same second.
fn check(joined: &Joined<'_>, target: &Target<'_>, name: &str) -> Option<RecordName> {
    let account = user(&target.account().user);
    let (name, mut found) = (label(name), Vec::new());
    for (controller, computer) in joined.computers.iter() {
        if controller == target.computer || !computer.facts.is_of_domain_controller() {
            continue;
        }
        let (time, _) = joined.reading_at(controller, target);
        let (from, to) = NTLM_CHECK.before(time);
        let fits = between(&computer.facts.checks, from, to)
            .iter()
            .filter(|one| user(&one.says.user) == account && label(&one.says.workstation) == name);
        found.extend(fits.map(|one| RecordName::of(controller, one)));
    }
    found.into_iter().min()
}

/// Does the log of the source show, about this time, a connection to the target or credentials used for it?
fn is_active(joined: &Joined<'_>, target: &Target<'_>, source: ComputerId) -> bool {
    let Some(facts) = joined.facts(source) else { return false };
    let (time, is_compared) = joined.reading_at(source, target);
    let slack = if is_compared { Span(0) } else { KERBEROS_SKEW };
    let is_to_target = |text: &str| {
        names::address(text).is_some_and(|own| joined.may_be_of(target.computer, own, target.time))
    };
    let (from, to) = CONNECTION.widened(slack).before(time);
    let mut connections = between(&facts.connections, from, to).iter();
    let (from, to) = EXPLICIT.widened(slack).before(time);
    let mut credentials = between(&facts.credentials, from, to).iter();
    let is_for_target = |name: &str| joined.computers.named(server(name)) == Some(target.computer);
    connections.any(|one| is_to_target(&one.says.destination))
        || credentials.any(|one| is_for_target(&one.says.target_server))
}
