//! # NLA pair
//! Rule:    Remote Desktop first logs the user on over the network (type 3, NTLM); this logon has the name of the
//!          client. A moment later it logs the user on at the desktop (type 10 or 7); this logon has the address.
//! Sure:    high where the address belonged to the computer of that name; medium where that is not certain; low
//!          where nothing else says whose the address is, for nobody checks the name. An address that is known to be
//!          none of that computer speaks against it.
//! Seen:    5 of 11 logons and reconnects, 0.9 to 4 s apart. Newer builds give no name.

use super::super::distances::NLA;
use super::super::joined::Joined;
use super::super::owners::Owner;
use super::super::targets::Target;
use super::{Claim, RecordName, SessionClaim, address};
use crate::model::{Confidence, HopBasis};

/// The logon over the network that came right before a desktop, and that has the name of its client.
pub(in super::super) fn network_logon<'j, 'h>(
    joined: &'j Joined<'h>,
    target: &Target<'_>,
) -> Option<&'j Target<'h>> {
    if !target.is_remote_desktop() {
        return None;
    }
    let all = joined.named_logons.get(&target.computer)?;
    let earlier = all.get(..all.partition_point(|(time, _)| *time <= target.time))?;
    let mut near =
        earlier.iter().rev().take_while(|(time, _)| NLA.contains(target.time.since(*time)));
    near.find_map(|(_, at)| {
        joined.targets.get(*at).filter(|other| other.account().is(target.account()))
    })
}

/// The claim of a desktop whose address had this owner.
pub(in super::super) fn find(
    joined: &Joined<'_>,
    target: &Target<'_>,
    owner: &Owner,
) -> Option<Claim> {
    target.address?;
    let network = network_logon(joined, target)?;
    let source = joined.computers.named(network.claimed_name())?;
    let has_log = joined.computers.get(source).is_some_and(|own| own.has_log);
    let is_owner = matches!(owner, Owner::One(own) if own.computer == source && own.is_checked());
    let is_unsure = matches!(owner, Owner::One(own) if own.confidence > Confidence::Medium);
    if source == target.computer
        || !(has_log || is_owner)
        || address::contradicts(joined, target, source, owner)
    {
        return None;
    }
    let logon = RecordName::of_start(network)?;
    Some(Claim {
        basis: HopBasis::NlaPair,
        source,
        confidence: match (is_owner, is_unsure) {
            (true, false) => Confidence::High,
            (true, true) => Confidence::Medium,
            // Nothing but the name says that it is this computer.
            (false, _) => Confidence::Low,
        },
        session: SessionClaim::SameUser(Confidence::Medium),
        lag: None,
        evidence: vec![logon],
        is_cached: false,
    })
}
