//! # Explicit
//! Rule:    another computer used explicit credentials of the user for the target just then (4648), and no
//!          further computer did. Several are taken in their order.
//! Sure:    the computer: high if there is a second rule, else medium. The session: the 4648 names it.
//! Seen:    of 27 in logs of several computers, 5 name another computer, all of them rightly.
//! Note:    `TargetServerName` is `localhost` in the 4648 that Remote Desktop writes at the *target*.

use super::super::clocks::Pair;
use super::super::computers::ComputerId;
use super::super::distances::{EXPLICIT, KERBEROS_SKEW};
use super::super::facts::Fact;
use super::super::joined::Joined;
use super::super::names::{self, can_be_owned, label, server, user};
use super::super::owners::Owner;
use super::super::targets::Target;
use super::{Claim, Logons, RecordName, SessionClaim, address, same_user};
use crate::model::event::ExplicitCredentials;
use crate::model::hop::ClockBasis;
use crate::model::window::Window;
use crate::model::{Confidence, HopBasis, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// What credentials were used for: the target and the user.
type Purpose = (ComputerId, String);
type UsedCredentials = Fact<Arc<ExplicitCredentials>>;
/// Credentials that were used at each source, by time.
type BySource<'j> = BTreeMap<ComputerId, Vec<&'j UsedCredentials>>;

/// The claims of all sessions, by their place among the targets.
pub(in super::super) fn find(joined: &Joined<'_>) -> HashMap<usize, Claim> {
    let mut purposes: BTreeMap<Purpose, BySource<'_>> = BTreeMap::new();
    for (source, computer) in joined.computers.iter() {
        for fact in &computer.facts.credentials {
            if let Some(target) = target_of(joined, fact).filter(|own| *own != source) {
                let purpose = (target, user(&fact.says.account.user));
                purposes.entry(purpose).or_default().entry(source).or_default().push(fact);
            }
        }
    }
    let mut sessions: BTreeMap<Purpose, Vec<(Timestamp, usize)>> = BTreeMap::new();
    for (at, target) in joined.targets.iter().enumerate() {
        let purpose = (target.computer, user(&target.account().user));
        if purposes.contains_key(&purpose) {
            sessions.entry(purpose).or_default().push((target.time, at));
        }
    }
    let mut claims = HashMap::new();
    for (purpose, mut wanted) in sessions {
        wanted.sort_unstable();
        let all = purposes.remove(&purpose).unwrap_or_default();
        pair(joined, &wanted, &all, &mut claims);
    }
    claims
}

/// The computer that the credentials were for.
fn target_of(joined: &Joined<'_>, fact: &UsedCredentials) -> Option<ComputerId> {
    let name = server(&fact.says.target_server);
    match names::address(name).filter(|own| can_be_owned(*own)) {
        Some(address) => match joined.owners.owner(address, fact.time, None) {
            Owner::One(own) => Some(own.computer),
            Owner::Unknown | Owner::Unsure => None,
        },
        None => joined.computers.named(name),
    }
}

/// Pairs the sessions with the credentials in the order of time; each is used once.
fn pair(
    joined: &Joined<'_>,
    wanted: &[(Timestamp, usize)],
    all: &BySource<'_>,
    claims: &mut HashMap<usize, Claim>,
) {
    // For each source, the index of the first credentials that no session has taken yet.
    let mut next: BTreeMap<ComputerId, usize> = BTreeMap::new();
    for (_, at) in wanted {
        let Some(target) = joined.targets.get(*at) else { continue };
        let is_alone = wanted.len() == 1;
        let owner = address::owner(joined, target);
        let mut fitting = all
            .iter()
            .map(|(source, own)| (*source, own, fitting(joined, target, *source, own, is_alone)))
            .filter(|(.., places)| !places.is_empty())
            .filter(|(source, ..)| {
                !address::contradicts(joined, target, *source, &owner)
                    && !gives_another_name(joined, target, *source)
            });
        let (Some((source, own, places)), None) = (fitting.next(), fitting.next()) else {
            continue;
        };
        let first = places.start.max(next.get(&source).copied().unwrap_or(0));
        if let Some(fact) = own.get(first).filter(|_| first < places.end) {
            next.insert(source, first + 1);
            claims.insert(*at, claim(joined, target, source, fact));
        }
    }
}

/// Whether the client of NTLM says that it is another computer: Windows, which records the credentials, gives its own
/// name.
fn gives_another_name(joined: &Joined<'_>, target: &Target<'_>, source: ComputerId) -> bool {
    let claimed = target.claimed_name();
    !label(claimed).is_empty() && !joined.has_name(source, claimed)
}

/// The credentials of one source that the clocks allow, as a range of the list. Where the clocks were not compared, a
/// wider window counts if there is nothing else that could be meant.
fn fitting(
    joined: &Joined<'_>,
    target: &Target<'_>,
    source: ComputerId,
    own: &[&UsedCredentials],
    is_alone: bool,
) -> Range<usize> {
    let (time, is_compared) = joined.reading_at(source, target);
    let within = |window: Window| {
        let (from, to) = window.before(time);
        let start = own.partition_point(|one| one.time < from);
        start..own.partition_point(|one| one.time <= to).max(start)
    };
    let close = within(EXPLICIT);
    let is_only = is_alone && own.len() == 1;
    // An address that is none of the source speaks against it.
    let is_elsewhere = |own| !joined.owners.had(source, own);
    if !close.is_empty() || is_compared || !is_only || target.address.is_some_and(is_elsewhere) {
        return close;
    }
    within(EXPLICIT.widened(KERBEROS_SKEW))
}

fn claim(
    joined: &Joined<'_>,
    target: &Target<'_>,
    source: ComputerId,
    fact: &UsedCredentials,
) -> Claim {
    let logon_id = fact.says.subject_logon_id;
    let session = match logon_id.is_well_known() {
        true => SessionClaim::NoUser,
        false => same_user::named_session(joined, source, logon_id, fact.time),
    };
    Claim {
        basis: HopBasis::Explicit,
        source,
        confidence: Confidence::Medium,
        session,
        lag: Some(joined.lag(source, fact.time, target)),
        evidence: vec![RecordName::of(source, fact)],
        is_cached: false,
    }
}

/// Each use of credentials for another computer, with the logon of the user there that is nearest to it.
pub(super) fn pairs(joined: &Joined<'_>, logons: &Logons) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (source, computer) in joined.computers.iter() {
        for fact in &computer.facts.credentials {
            let target = target_of(joined, fact).filter(|own| *own != source);
            let Some(target) = target else { continue };
            let used = (source, fact.time, fact.record_id);
            let user = user(&fact.says.account.user);
            pairs.extend(logons.nearest(used, target, user, ClockBasis::Explicit));
        }
    }
    pairs
}
