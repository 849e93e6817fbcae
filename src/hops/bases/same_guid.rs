//! # Same guid
//! Rule:    a logon without an address has the LogonGuid of another logon of the user at the same target that has a
//!          source: both used one ticket.
//! Sure:    as that one, medium at most; nothing of the session.
//! Seen:    277 groups, each of one source. Between computers a LogonGuid is never compared.

use super::super::computers::ComputerId;
use super::super::joined::Joined;
use super::super::names::user;
use super::super::targets::Target;
use super::{Claim, RecordName, SessionClaim};
use crate::model::{Confidence, HopBasis};
use std::collections::HashMap;

/// Logons of one user at one target with one LogonGuid.
type Key = (ComputerId, String, String);

/// For each key, where its logons that have an address came from.
#[derive(Default)]
pub(in super::super) struct Groups(HashMap<Key, Group>);

struct Group {
    source: ComputerId,
    confidence: Confidence,
    /// The first logon of the group.
    record: RecordName,
    /// The logons of the group came from different computers.
    disagrees: bool,
}

fn key(target: &Target<'_>) -> Option<Key> {
    Some((target.computer, target.guid.as_deref()?.to_owned(), user(&target.account().user)))
}

impl Groups {
    /// A logon with an address came from this computer.
    pub(in super::super) fn add(
        &mut self,
        target: &Target<'_>,
        source: ComputerId,
        confidence: Confidence,
    ) {
        let record = RecordName::of_start(target);
        let (Some(key), Some(record), Some(_)) = (key(target), record, target.address) else {
            return;
        };
        let new = Group { source, confidence, record, disagrees: false };
        let known = self.0.entry(key).or_insert(new);
        known.disagrees |= known.source != source;
        // The order of confidence is from high to none.
        known.confidence = known.confidence.min(confidence);
    }

    /// The claim of a session without an address.
    pub(in super::super) fn find(&self, joined: &Joined<'_>, target: &Target<'_>) -> Option<Claim> {
        if target.address.is_some() || joined.is_of_itself(target) {
            return None;
        }
        let group = self.0.get(&key(target)?).filter(|group| !group.disagrees)?;
        Some(Claim {
            basis: HopBasis::SameGuid,
            source: group.source,
            confidence: group.confidence.max(Confidence::Medium),
            session: SessionClaim::Nothing,
            lag: None,
            evidence: vec![group.record],
            is_cached: false,
        })
    }
}
