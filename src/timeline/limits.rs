//! How much work one record or one boot may cause. Hostile logs crowd thousands of records into one
//! moment; real logs never reach these limits.

/// Boots whose sessions are built at once. Their events are freed before the next ones are built.
pub(crate) const BOOTS_PER_BATCH: usize = 4096;
/// Different records under one record ID that a record is compared with. Real logs have two.
pub(crate) const CONFLICTING_RECORDS: usize = 64;
/// Boots of one channel that are weighed as a match of one boot of the other, for each rule.
pub(crate) const MATCHES_PER_RULE: usize = 64;
/// Boots within whose clock a segment may lie.
pub(crate) const CLOCKS_AROUND: usize = 5;
/// Starts of LSASS before one start of the event log service.
pub(crate) const STARTS_BEFORE_SERVICE: usize = 256;
/// Segments of Security that are looked at to find the one before a boot of System.
pub(crate) const SEGMENTS_AHEAD: usize = 16;
/// Logons and logoffs of Security that are looked at to find that of one record of another channel.
pub(crate) const LOGONS_NEARBY: usize = 64;
/// Records of other channels that are looked at to find those that confirm one logon or logoff.
pub(crate) const PARTNERS_NEARBY: usize = 256;
/// Intervals between clock changes that are looked at one by one.
pub(crate) const INTERVALS_AHEAD: usize = 64;
/// Records of Kernel-General 1 that are compared with one 4616.
pub(crate) const CLOCK_CHANGES_AT_ONCE: usize = 64;
/// Clock changes that one record may have passed.
pub(crate) const CLOCK_CHANGES_AHEAD: usize = 16;
/// Citations of a session that are looked at to see whether a record is cited already.
pub(crate) const CITATIONS_BACK: usize = 16;
/// Sessions of the name of an account that are looked at to find the one that followed an attempt.
pub(crate) const SESSIONS_AFTER_ATTEMPT: usize = 256;
/// Open desktops of one account that are looked at to find the one that a re-validation is of.
pub(crate) const OPEN_DESKTOPS: usize = 6;
/// Changes of a desktop that are looked at to find its disconnection at a takeover.
pub(crate) const CHANGES_OF_A_TAKEOVER: usize = 16;

/// Pairs of logs that share a name and may share record IDs, of as many as are compared at once. Of two thousand
/// logs each may meet each other one. Where there are more, all of them stay apart: so many that meet are of
/// many installations of one image, or made to cost time.
pub(super) const MET_STREAMS: usize = 1 << 21;
