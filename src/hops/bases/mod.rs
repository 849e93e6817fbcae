//! The rules: each file names the source of a session by one kind of evidence, and says what it needs.

pub(super) mod address;
pub(super) mod connection;
pub(super) mod explicit;
pub(super) mod nla_pair;
pub(super) mod same_guid;
pub(super) mod same_user;
pub(super) mod ticket;
pub(super) mod workstation;

use super::clocks::Pair;
use super::computers::ComputerId;
use super::distances::CLOCKS_APART;
use super::facts::Fact;
use super::joined::Joined;
use super::names::user;
use super::statements::Statement;
use super::targets::Target;
use crate::model::hop::ClockBasis;
use crate::model::{Confidence, HopBasis, LogonId, Span, Timestamp};
use std::collections::HashMap;

/// What one rule says of one session: it came from this computer.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) basis: HopBasis,
    pub(super) source: ComputerId,
    pub(super) confidence: Confidence,
    /// What it says of the session there.
    pub(super) session: SessionClaim,
    /// By how much the session follows the record at the source: by the times as recorded, and, if the clocks
    /// of the two computers were compared, without the difference between them.
    pub(super) lag: Option<(Span, Option<Span>)>,
    /// The records.
    pub(super) evidence: Vec<RecordName>,
    /// It is based on a ticket that was issued some time before the logon.
    pub(super) is_cached: bool,
}

/// What a rule says of the session at the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionClaim {
    /// This one: its place among the sessions of the computer.
    This(usize),
    /// One with this Logon ID about this time, of which no session is known there: its logon is older than the log.
    Unlisted(LogonId, Timestamp),
    /// It is no session of a user: SYSTEM or a service.
    NoUser,
    /// The only one that the user had there, at most this sure.
    SameUser(Confidence),
    /// Nothing.
    Nothing,
}

/// A record: of which computer, in which channel, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RecordName {
    pub(super) computer: ComputerId,
    pub(super) channel: &'static str,
    pub(super) record_id: u64,
}

impl RecordName {
    /// The record of a fact, in the log of this computer.
    fn of<T>(computer: ComputerId, fact: &Fact<T>) -> RecordName {
        RecordName { computer, channel: fact.channel.name(), record_id: fact.record_id }
    }

    /// The logon itself.
    pub(super) fn of_start(target: &Target<'_>) -> Option<RecordName> {
        let start = target.session.start?.record;
        let (computer, channel) = (target.computer, start.channel.name());
        Some(RecordName { computer, channel, record_id: start.record_id })
    }
}

impl From<&Statement> for RecordName {
    fn from(one: &Statement) -> RecordName {
        let Statement { observer: computer, channel, record_id, .. } = *one;
        RecordName { computer, channel, record_id }
    }
}

/// Moments that two computers both recorded. They show how far the clocks of the two were apart.
pub(super) fn pairs(joined: &Joined<'_>) -> Vec<Pair> {
    let logons = Logons::of(joined);
    let mut pairs = connection::pairs(joined);
    pairs.extend(ticket::pairs(joined, &logons));
    pairs.extend(explicit::pairs(joined, &logons));
    pairs
}

/// When each user logged on at each computer.
struct Logons(HashMap<(ComputerId, String), Vec<Timestamp>>);

impl Logons {
    fn of(joined: &Joined<'_>) -> Logons {
        let mut logons: HashMap<_, Vec<Timestamp>> = HashMap::new();
        for target in &joined.targets {
            let key = (target.computer, user(&target.account().user));
            logons.entry(key).or_default().push(target.time);
        }
        logons.values_mut().for_each(|own| own.sort_unstable());
        Logons(logons)
    }

    /// The pair of a record at `source` and the logon of the user at `target` that is nearest to it.
    fn nearest(
        &self,
        (source, source_time, source_record): (ComputerId, Timestamp, u64),
        target: ComputerId,
        user: String,
        basis: ClockBasis,
    ) -> Option<Pair> {
        let all = self.0.get(&(target, user))?;
        let at = all.partition_point(|time| *time < source_time);
        let near = [at.checked_sub(1), Some(at)].into_iter().flatten();
        let near = near.filter_map(|at| all.get(at).copied());
        let distance = |time: &Timestamp| time.since(source_time).abs();
        let target_time =
            near.min_by_key(distance).filter(|time| distance(time) <= CLOCKS_APART)?;
        Some(Pair { source, target, source_time, target_time, source_record, basis })
    }
}
