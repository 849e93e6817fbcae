//! Which session on the source computer, by what the rules say of it.

use super::bases::{Claim, SessionClaim, same_user};
use super::computers::ComputerId;
use super::joined::Joined;
use super::targets::Target;
use crate::model::session::SessionId;
use crate::model::{Confidence, Host, SessionKey, Timestamp};
use std::collections::BTreeSet;

/// What is said of the session at the source.
#[derive(Default)]
pub(super) struct SourceSession {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) confidence: Option<Confidence>,
    pub(super) candidates: Vec<String>,
    pub(super) is_same_user: bool,
}

impl SourceSession {
    pub(super) fn of(
        joined: &Joined<'_>,
        target: &Target<'_>,
        source: ComputerId,
        claims: &[Claim],
        is_passed_on: bool,
    ) -> SourceSession {
        let host = joined.computers.get(source).and_then(|own| own.host);
        let Some(host) = host else { return SourceSession::default() };
        // The session is never more certain than its computer.
        let computer = claims.iter().map(|claim| claim.confidence).min();
        let named = claims.iter().filter_map(|claim| match claim.session {
            SessionClaim::This(at) => name(host, at),
            SessionClaim::Unlisted(logon_id, time) => {
                let key = SessionKey::LogonId(logon_id);
                let id = SessionId::new(&host.computer, epoch_at(host, time), key);
                Some((id.to_string(), String::new()))
            }
            _ => None,
        });
        let mut named: BTreeSet<(String, String)> = named.collect();
        if named.len() > 1 {
            let candidates = named.into_iter().map(|(id, _)| id).collect();
            return SourceSession { candidates, ..SourceSession::default() };
        }
        if let Some((id, user)) = named.pop_first() {
            return SourceSession { id, user, confidence: computer, ..SourceSession::default() };
        }
        // The process that opened the connection belongs to no user.
        let is_no_user = claims.iter().any(|claim| claim.session == SessionClaim::NoUser);
        let limits = claims.iter().filter_map(|claim| match claim.session {
            SessionClaim::SameUser(limit) => Some(limit),
            _ => None,
        });
        let limit = limits.min().filter(|_| !is_no_user && !target.account().is_machine());
        let limit = limit.zip(computer).map(|(limit, computer)| limit.max(computer));
        let limit = limit.map(|limit| if is_passed_on { Confidence::Low } else { limit });
        limit.map_or_else(SourceSession::default, |limit| {
            SourceSession::of_same_user(
                host,
                &same_user::open_sessions(joined, source, target),
                limit,
            )
        })
    }

    /// The only one of these sessions of one user; of several none is chosen.
    fn of_same_user(host: &Host, open: &[usize], limit: Confidence) -> SourceSession {
        let (is_same_user, blank) = (true, SourceSession::default());
        match open {
            [] => blank,
            [at] => {
                let (id, user) = name(host, *at).unwrap_or_default();
                SourceSession { id, user, confidence: Some(limit), is_same_user, ..blank }
            }
            all => {
                let candidates = all.iter().filter_map(|at| Some(name(host, *at)?.0)).collect();
                let confidence = Some(Confidence::Low);
                SourceSession { candidates, confidence, is_same_user, ..blank }
            }
        }
    }
}

/// The name and the account of a session.
fn name(host: &Host, at: usize) -> Option<(String, String)> {
    let session = host.sessions.get(at)?;
    Some((session.id(&host.computer).to_string(), session.account.to_string()))
}

/// The boot epoch in which the clock read this time: the last one that had begun.
fn epoch_at(host: &Host, time: Timestamp) -> u32 {
    let begun = |boot: &&crate::model::Boot| boot.start.is_some_and(|start| start <= time);
    let last = host.boots.iter().rev().find(begun).or(host.boots.first());
    last.map_or(0, |boot| boot.epoch)
}
