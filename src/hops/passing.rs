//! # Passed on
//! A gateway of Remote Desktop or a tunnel opens the connection, but the session began at another computer. The row
//! names the computer whose connection it was, and says that it may only have passed it on. Signs of that:
//! - the account came to that computer over the network just before, because a gateway asks for credentials first;
//! - a service opened the connection of a desktop, or the client gives the name of another computer.
//!
//! Where a record names the session at the source, nothing was passed on.

use super::bases::{Claim, RecordName, SessionClaim, nla_pair, same_user};
use super::computers::ComputerId;
use super::distances::{AT_ONCE, KERBEROS_SKEW, NLA, PASSED_ON};
use super::joined::Joined;
use super::names::label;
use super::targets::Target;
use crate::model::Span;

/// That a source may only have passed a session on, and the logon of the account there, if that shows it.
pub(super) struct Passing {
    pub(super) logon: Option<RecordName>,
}

pub(super) fn find(
    joined: &Joined<'_>,
    target: &Target<'_>,
    source: ComputerId,
    claims: &[Claim],
) -> Option<Passing> {
    let names_session =
        |claim: &Claim| matches!(claim.session, SessionClaim::This(_) | SessionClaim::Unlisted(..));
    if target.account().is_machine() || claims.iter().any(names_session) {
        return None;
    }
    // The network level of Remote Desktop has no port; every other connection has one.
    let is_network_level = target.address.is_some() && target.session.port == 0;
    if !target.is_remote_desktop() && !is_network_level {
        return None;
    }
    if let Some(logon) = logon_before(joined, target, source) {
        return Some(Passing { logon: RecordName::of_start(logon) });
    }
    let is_of_service = claims.iter().any(|claim| claim.session == SessionClaim::NoUser);
    let is_of_another = is_of_service || gives_another_name(joined, target, source);
    is_of_another.then_some(Passing { logon: None })
}

/// The last logon of the account at the source over the network, just before, which began no desktop there.
fn logon_before<'j, 'h>(
    joined: &'j Joined<'h>,
    target: &Target<'_>,
    source: ComputerId,
) -> Option<&'j Target<'h>> {
    let key = (source, target.account().user.to_lowercase());
    let all = joined.logons.get(&key)?;
    let (time, is_compared) = joined.reading_at(source, target);
    // With a desktop at the source, the account may as well have gone on from there: only what is near speaks against that.
    let is_alone = same_user::open_sessions(joined, source, target).is_empty();
    let slack = if is_compared || !is_alone { Span(0) } else { KERBEROS_SKEW };
    let (from, to) = PASSED_ON.widened(slack).before(time);
    let start = all.partition_point(|(time, _)| *time < from);
    let near = all.iter().skip(start).take_while(|(time, _)| *time <= to);
    let logons = near.filter_map(|(_, at)| joined.targets.get(*at));
    logons
        .filter(|own| own.account().is(target.account()) && is_way_through(joined, own, all))
        .last()
}

/// Whether it is a logon over the network, from another computer, that does not stand before a desktop.
fn is_way_through(
    joined: &Joined<'_>,
    logon: &Target<'_>,
    all: &[(crate::model::Timestamp, usize)],
) -> bool {
    let after = all.partition_point(|(time, _)| *time < logon.time);
    let mut soon =
        all.iter().skip(after).take_while(|(time, _)| NLA.contains(time.since(logon.time)));
    let is_desktop = |at: usize| joined.targets.get(at).is_some_and(Target::is_remote_desktop);
    !logon.is_remote_desktop()
        && !joined.is_of_itself(logon)
        && !soon.any(|(_, at)| is_desktop(*at))
}

/// Whether the client of a desktop says that it is another computer than the source.
fn gives_another_name(joined: &Joined<'_>, target: &Target<'_>, source: ComputerId) -> bool {
    let begun = target
        .session
        .attachments
        .iter()
        .filter(|one| one.from.is_some_and(|from| from.since(target.time).abs() <= AT_ONCE));
    let network = nla_pair::network_logon(joined, target).map(Target::claimed_name);
    let first = begun.map(|one| one.client.as_str()).find(|name| !name.is_empty());
    let Some(name) = first.or(network).filter(|name| !label(name).is_empty()) else {
        return false;
    };
    !joined.has_name(source, name)
}
