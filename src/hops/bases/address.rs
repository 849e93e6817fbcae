//! # Address
//! Rule:    the address of the logon belonged to one computer just then, as its own log, its machine account or
//!          its tickets say.
//! Sure:    high between two statements, medium before the first one or behind the last one.
//! Seen:    140 of 140, compared with the connections that the named computer itself recorded.

use super::super::computers::ComputerId;
use super::super::joined::Joined;
use super::super::names::label;
use super::super::owners::{Owner, Ownership};
use super::super::targets::Target;
use super::{Claim, RecordName, SessionClaim, same_user};
use crate::model::{Confidence, HopBasis};

/// Which computer had the address of a session when the session began.
pub(in super::super) fn owner(joined: &Joined<'_>, target: &Target<'_>) -> Owner {
    let except = target.record_id().map(|record| (target.computer, record));
    let known = target.address.map(|own| joined.owners.owner(own, target.time, except));
    known.unwrap_or(Owner::Unknown)
}

/// The owner, unless the account names another computer: a machine account says itself where it comes from. An
/// owner is less certain by one step if the client calls itself by another name. It is not certain either if the
/// account had no session there, and had one at another computer.
pub(in super::super) fn unless_named(
    joined: &Joined<'_>,
    target: &Target<'_>,
    owner: Owner,
) -> Owner {
    let Owner::One(own) = owner else { return owner };
    let account = &target.account().user;
    let machine = target.account().is_machine().then(|| joined.computers.named(account));
    if machine.flatten().is_some_and(|machine| machine != own.computer) {
        return Owner::Unsure;
    }
    let claimed = label(target.claimed_name());
    let is_named_so = claimed.is_empty() || joined.has_name(own.computer, target.claimed_name());
    let confidence = match own.confidence {
        _ if claimed.is_empty() && sits_elsewhere(joined, target, own.computer) => Confidence::Low,
        Confidence::Medium if claimed.is_empty() && is_absent(joined, target, own.computer) => {
            Confidence::Low
        }
        _ if is_named_so => own.confidence,
        Confidence::High => Confidence::Medium,
        Confidence::Medium => Confidence::Low,
        _ => return Owner::Unsure,
    };
    Owner::One(Ownership { confidence, ..own })
}

/// Whether the account had no session at the owner of the address, by the log of that computer, but one at a computer
/// of which no address is known: that one may stand behind the same address.
fn sits_elsewhere(joined: &Joined<'_>, target: &Target<'_>, owner: ComputerId) -> bool {
    let is_open = |computer| !same_user::open_sessions(joined, computer, target).is_empty();
    let others = joined.without_address.get(&target.account().user.to_lowercase());
    let mut others = others.into_iter().flatten().filter(|other| **other != target.computer);
    others.any(|other| is_open(*other)) && is_absent(joined, target, owner)
}

/// Whether the log of a computer has the time, and no session of the user there. Where it is not sure either that the
/// computer had the address, somebody else may have had it.
fn is_absent(joined: &Joined<'_>, target: &Target<'_>, computer: ComputerId) -> bool {
    !target.account().is_machine()
        && same_user::open_sessions(joined, computer, target).is_empty()
        && joined.shows_time(computer, target)
}

/// Does the address of the session speak against this source, which another rule names? If one computer is known to
/// have had the address, the answer is no: then [`find`] makes a claim of its own, which is compared with the other.
pub(super) fn contradicts(
    joined: &Joined<'_>,
    target: &Target<'_>,
    source: ComputerId,
    owner: &Owner,
) -> bool {
    let Some(address) = target.address else { return false };
    match owner {
        Owner::One(_) => false,
        Owner::Unsure => !joined.owners.had(source, address),
        Owner::Unknown => joined.owners.knows_address_of(source, address, target.time),
    }
}

/// The claim that follows from the owner of the address.
pub(in super::super) fn find(
    joined: &Joined<'_>,
    target: &Target<'_>,
    owner: &Owner,
) -> Option<Claim> {
    let Owner::One(own) = owner else { return None };
    let Ownership { computer, confidence, by } = own;
    // A Remote Desktop client may give any name. If nothing else shows a computer of that name, it is no claim.
    let is_known =
        own.is_checked() || joined.computers.get(*computer).is_some_and(|own| own.has_log);
    if *computer == target.computer || !is_known {
        return None;
    }
    let session = match confidence {
        Confidence::High => SessionClaim::SameUser(Confidence::Medium),
        _ => SessionClaim::SameUser(Confidence::Low),
    };
    Some(Claim {
        basis: HopBasis::Address,
        source: *computer,
        confidence: *confidence,
        session,
        lag: None,
        evidence: by.iter().map(RecordName::from).collect(),
        is_cached: false,
    })
}
