//! Limits on the work that one record or one boot may cause. Hostile logs have thousands of records
//! at one moment; real logs never reach these limits.

/// The number of boots whose sessions are built at once. Their events are freed before the next
/// ones are built.
pub(crate) const BOOTS_PER_BATCH: usize = 4096;
/// The number of different records with one record ID with which a record is compared. Real logs
/// have two.
pub(crate) const CONFLICTING_RECORDS: usize = 64;
/// For each rule, the number of boots of one channel that are compared with one boot of the other.
pub(crate) const MATCHES_PER_RULE: usize = 64;
/// The number of segments of one boot in one channel with which a gap in the other channel is
/// compared.
pub(crate) const SEGMENTS_AROUND_GAP: usize = 64;
/// The number of intervals between clock changes that are looked at to find those that showed the
/// times of a segment.
pub(crate) const INTERVALS_AROUND: usize = 64;
/// The number of boots whose clock may have shown the times of a segment.
pub(crate) const CLOCKS_AROUND: usize = 5;
/// The number of starts of LSASS that are looked at before one start of the event log service.
pub(crate) const STARTS_BEFORE_SERVICE: usize = 256;
/// The number of segments of Security that are looked at to find the one before a boot of System.
pub(crate) const SEGMENTS_AHEAD: usize = 16;
/// The number of logons and logoffs of Security that are looked at to find that of one record of
/// another channel.
pub(crate) const LOGONS_NEARBY: usize = 64;
/// The number of records of other channels that are looked at to find those that confirm one logon
/// or logoff.
pub(crate) const CONFIRMING_RECORDS_NEARBY: usize = 256;
/// The number of intervals between clock changes that are looked at one by one.
pub(crate) const INTERVALS_AHEAD: usize = 64;
/// The number of nodes of the index of clock times that are looked at to find the interval of one time. A clock that is
/// set far back and far ahead in turn makes every node cover times that no interval showed.
pub(crate) const CLOCK_NODES: u32 = 4096;
/// The number of Kernel-General 1 records that are compared with one 4616.
pub(crate) const CLOCK_CHANGES_AT_ONCE: usize = 64;
/// The number of clock changes that may lie between two neighbouring records.
pub(crate) const CLOCK_CHANGES_AHEAD: usize = 16;
/// The number of citations of a session that are looked at to see whether a record is cited
/// already.
pub(crate) const CITATIONS_BACK: usize = 16;
/// The number of sessions of one account name and one address that are looked at to find the one that
/// followed an attempt.
pub(crate) const SESSIONS_AFTER_ATTEMPT: usize = 256;
/// The number of open desktops of one account that are looked at to find the one of a
/// re-validation.
pub(crate) const OPEN_DESKTOPS: usize = 6;
/// The number of changes of a desktop that are looked at to find its disconnection at a takeover.
pub(crate) const CHANGES_OF_A_TAKEOVER: usize = 16;

/// The number of pairs of logs with one name that are compared at once: it is enough for two
/// thousand logs that all overlap. If there are more, none of them is joined. So many overlapping
/// logs are those of many installations of one image, or were made to cost time.
pub(super) const COMPARED_PAIRS: usize = 1 << 21;
