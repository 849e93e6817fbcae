//! The rules: each file names the source of a session by one kind of evidence, and says what it needs.

pub(super) mod address;
pub(super) mod connection;
pub(super) mod explicit;
pub(super) mod nla_pair;
pub(super) mod same_guid;
pub(super) mod same_user;
pub(super) mod ticket;
pub(super) mod workstation;

use super::computers::ComputerId;
use super::statements::Statement;
use crate::model::{Confidence, HopBasis, LogonId, Span};

/// What one rule says of one session: it came from this computer.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) basis: HopBasis,
    pub(super) source: ComputerId,
    pub(super) confidence: Confidence,
    /// What it says of the session there.
    pub(super) session: SessionClaim,
    /// By how much the session follows the record at the source: as the clocks read, and without their
    /// difference.
    pub(super) lag: Option<(Span, Option<Span>)>,
    /// The records.
    pub(super) evidence: Vec<RecordName>,
    /// A ticket that was given out some time before.
    pub(super) is_cached: bool,
}

/// What a rule says of the session at the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionClaim {
    /// This one: its place among the sessions of the computer.
    This(usize),
    /// One with this Logon ID, of which no session is known there: its logon is not in the log.
    Unlisted(LogonId),
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

impl From<&Statement> for RecordName {
    fn from(one: &Statement) -> RecordName {
        let Statement { observer: computer, channel, record_id, .. } = *one;
        RecordName { computer, channel, record_id }
    }
}
