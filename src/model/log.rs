//! What was read of each log.

use super::append::{self, AppendText};
use super::words::words;
use super::{Accounting, Flag, Text, Timestamp};
use std::collections::BTreeSet;
use std::fmt;

/// The state of a log's file header. It prints as logs.csv has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct HeaderState {
    /// The header could be read, and its checksum is right.
    pub valid: bool,
    /// The dirty flag is set: Windows had not closed the log.
    pub dirty: bool,
    /// The number of chunks that the header counts (modulo 65,536); 0 when it is not valid.
    pub chunks_counted: u16,
    /// The number that the next record would have in its header; 0 when the header is not valid.
    pub next_record: u64,
    /// The header counts another number of chunks than the file holds.
    pub chunk_count_wrong: bool,
}

words! {
    /// What the `header` column of logs.csv says of a file header.
    HeaderRemark {
        /// The log was closed.
        Clean = "clean",
        /// The log was not closed.
        Dirty = "dirty",
        /// The header counts another number of chunks than the file holds; follows `clean`
        /// or `dirty`.
        ChunkCountWrong = "chunk count wrong",
        /// The header could not be read, or its checksum does not match.
        Damaged = "damaged",
    }
}

impl HeaderState {
    /// Whether the header counts this many chunks. It has 16 bits for their number, and a log of 4 GiB has more
    /// chunks than these can count.
    ///
    /// ```
    /// let mut header = winlast::model::HeaderState::default();
    /// header.chunks_counted = 7;
    /// assert!(header.counts(7) && header.counts(65_543));
    /// assert!(!header.counts(65_536) && !header.counts(8));
    /// ```
    pub fn counts(&self, chunks: u64) -> bool {
        u64::from(self.chunks_counted) == chunks & u64::from(u16::MAX)
    }

    /// One remark, or two.
    pub fn remarks(&self) -> impl Iterator<Item = HeaderRemark> + Clone + use<> {
        let closed = match (self.valid, self.dirty) {
            (false, _) => HeaderRemark::Damaged,
            (true, false) => HeaderRemark::Clean,
            (true, true) => HeaderRemark::Dirty,
        };
        let is_miscounted = self.valid && self.chunk_count_wrong;
        std::iter::once(closed).chain(is_miscounted.then_some(HeaderRemark::ChunkCountWrong))
    }
}

/// Its remarks: `clean`, `dirty; chunk count wrong`
impl fmt::Display for HeaderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for HeaderState {
    fn append_to(&self, out: &mut Vec<u8>) {
        append::list(self.remarks()).append_to(out);
    }
}

words! {
    /// How much of a log could be read.
    Verdict {
        /// Every record was read.
        Complete = "complete",
        /// Everything in the file was read, but the file is not the whole log that Windows wrote: records are
        /// missing, or a checksum does not match; see findings.csv.
        Damaged = "damaged",
        /// Some parts could not be read; see findings.csv.
        Partial = "partial",
        /// Nothing could be read.
        Unreadable = "unreadable",
    }
}

impl Verdict {
    /// The verdict on a log: whether it has a finding that [is a loss](super::Finding::is_loss), how many
    /// records were read, and whether there are places that could not be read.
    pub(crate) const fn of(has_loss: bool, records_read: u64, has_unread: bool) -> Verdict {
        match (has_loss, records_read, has_unread) {
            (false, ..) => Verdict::Complete,
            (true, 0, _) => Verdict::Unreadable,
            (true, _, false) => Verdict::Damaged,
            (true, _, true) => Verdict::Partial,
        }
    }
}

/// Until something cannot be read, a log is complete.
impl Default for Verdict {
    fn default() -> Verdict {
        Verdict::Complete
    }
}

/// Where on its computer a log was found, the most direct source first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub enum LogOrigin {
    /// Among the files of a volume, or nothing is known of where it was.
    #[default]
    Live,
    /// In a shadow copy of a volume.
    ShadowCopy,
    /// Among the deleted files of a volume, whose clusters still hold it.
    Deleted,
}

/// What was read of one log: one row of logs.csv.
///
/// ```
/// use winlast::model::Verdict;
///
/// // The first record of this log is the 1102 that cleared it: its ids go on.
/// let report = winlast::Analysis::of(["sample-evtx/cleared"]).run()?;
/// let log = &report.logs[0];
/// assert_eq!(log.record_ids, Some((48_211, 48_217)));
/// assert_eq!((log.records_read, log.verdict), (7, Verdict::Complete));
///
/// // Windows never closed this one: its header counts one chunk, and it holds four.
/// let report = winlast::Analysis::of(["sample-evtx/dirty"]).run()?;
/// let header = report.logs[0].header;
/// assert!(header.dirty && header.chunk_count_wrong);
/// assert_eq!((header.chunks_counted, report.logs[0].chunks), (1, 4));
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct LogSummary {
    /// The path as it was given or found; that of a log in a container begins with the container's.
    pub path: String,
    /// Where on its computer it was found.
    pub origin: LogOrigin,
    /// The host that the folders or file names of its collection name.
    pub collector_host: Option<String>,
    /// Which case it was read from, where several cases have different logs of one path: the beginning of the
    /// SHA-256 of what that case holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_mark: Option<String>,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 in lower-case hexadecimal digits, where [`Analysis::hash`](crate::Analysis::hash)
    /// asked for it.
    pub sha256: Option<String>,
    /// The values of `System/Computer` in its records.
    pub computers: BTreeSet<Text>,
    /// The values of `System/Channel` in its records.
    pub channels: BTreeSet<String>,
    /// The number of 64 KiB slots that hold a chunk.
    pub chunks: u64,
    /// The number of live records read.
    pub records_read: u64,
    /// The number of those of a form that Windows seldom writes. The `evtx` crate decoded them; the
    /// result is the same, but it takes longer.
    pub records_by_crate: u64,
    /// How many logon and logoff events were read. Those of SYSTEM that are not among the events,
    /// because their neighbours say as much, are counted as `well_known` already.
    pub accounting: Accounting,
    /// The number of records that were recovered: carved from free space, from within other records, or
    /// from damaged chunks.
    pub records_recovered: u64,
    /// The number of records that could not be read.
    pub records_unreadable: u64,
    /// The lowest and the highest `EventRecordID` read.
    pub record_ids: Option<(u64, u64)>,
    /// The earliest and the latest `TimeCreated` read.
    pub times: Option<(Timestamp, Timestamp)>,
    /// The gaps in the `EventRecordID`s, as first and last missing ID of each, ascending. Empty when
    /// records are forwarded or of several channels, since their IDs do not form one sequence.
    pub gaps: Vec<(u64, u64)>,
    /// The number of records that stand in an earlier log of this run too, or twice in this one.
    pub duplicates: u64,
    /// The records were taken from another log: the numbers in their headers are not their
    /// `EventRecordID`s.
    pub exported: bool,
    /// The records were forwarded from other computers (Windows Event Forwarding).
    pub forwarded: bool,
    /// The state of the file header.
    pub header: HeaderState,
    /// The number of chunks whose header or data checksum is wrong.
    pub checksum_failures: u64,
    /// How much of it could be read.
    pub verdict: Verdict,
}

impl LogSummary {
    /// Remarks, in the order of the `flags` column.
    pub fn flags(&self) -> impl Iterator<Item = Flag> + Clone {
        let origin = match self.origin {
            LogOrigin::Live => None,
            LogOrigin::ShadowCopy => Some(Flag::ShadowCopy),
            LogOrigin::Deleted => Some(Flag::Deleted),
        };
        let exported = self.exported.then_some(Flag::Exported);
        let forwarded = self.forwarded.then_some(Flag::Forwarded);
        [exported, forwarded, origin].into_iter().flatten()
    }
}
