//! # Same user
//! Rule:    the account had exactly one session open at the source, other than one of the network.
//! Sure:    medium at most; with several, all are listed and none is chosen.
//! Seen:    one session in 48 of 92 logons, two or more in 17, none in 27.

use super::super::computers::ComputerId;
use super::super::distances::{ONE_SECOND, before};
use super::super::joined::Joined;
use super::super::targets::Target;
use super::SessionClaim;
use crate::model::session::Basis;
use crate::model::{Host, LogonId, Session, Timestamp};

/// The sessions of the target's account that were open at the source, each by its place there.
pub(in super::super) fn open_sessions(
    joined: &Joined<'_>,
    source: ComputerId,
    target: &Target<'_>,
) -> Vec<usize> {
    let host = joined.computers.get(source).and_then(|own| own.host);
    let Some(host) = host else { return Vec::new() };
    let (time, _) = joined.reading_at(source, target);
    let is_open = |at: &usize| {
        host.sessions.get(*at).is_some_and(|session| {
            session.account.is(target.account()) && covers(host, session, time)
        })
    };
    let all = joined.sessions.of_user(source, target.account());
    let open: Vec<usize> = all.iter().copied().filter(is_open).collect();
    // Both halves of a linked logon are one person; the desktop runs in the half without full rights.
    let is_other_half = |at: &usize| {
        let own = host.sessions.get(*at);
        let half = own.filter(|own| own.is_elevated_half());
        half.is_some_and(|half| {
            open.iter()
                .filter_map(|other| host.sessions.get(*other))
                .any(|other| other.logon_id == half.linked && other.boot_epoch == half.boot_epoch)
        })
    };
    open.iter().copied().filter(|at| !is_other_half(at)).collect()
}

/// Did the session exist, or may it have existed, when the clock of its computer showed this time?
fn covers(host: &Host, session: &Session, time: Timestamp) -> bool {
    let boot = host.boots.iter().find(|boot| boot.epoch == session.boot_epoch);
    let start = session.start.map(|start| start.time).or(boot.and_then(|boot| boot.start));
    let known = session.end.time.filter(|_| session.end.basis != Some(Basis::Bounded));
    let end = session.end.not_after.or(known);
    start.is_none_or(|start| start <= time.plus(ONE_SECOND))
        && end.is_none_or(|end| before(time, ONE_SECOND) <= end)
}

/// What a record with this Logon ID and time says of the session.
pub(in super::super) fn named_session(
    joined: &Joined<'_>,
    computer: ComputerId,
    logon_id: LogonId,
    time: Timestamp,
) -> SessionClaim {
    let found = session_of(joined, computer, logon_id, time);
    found.map_or(SessionClaim::Unlisted(logon_id, time), SessionClaim::This)
}

/// The session with this Logon ID in which something happened at this time.
fn session_of(
    joined: &Joined<'_>,
    computer: ComputerId,
    logon_id: LogonId,
    time: Timestamp,
) -> Option<usize> {
    let host = joined.computers.get(computer)?.host?;
    let all = joined.sessions.with_logon_id(computer, logon_id).iter().copied();
    let there = all.filter(|at| host.sessions.get(*at).is_some_and(|own| covers(host, own, time)));
    // A later boot may have given the Logon ID again. Then the latest session that had begun counts.
    there.max_by_key(|at| {
        (host.sessions.get(*at).and_then(|own| own.start).map(|start| start.time), *at)
    })
}
