//! What was read of each log.

use super::words::words;
use super::{Flag, Text, Timestamp};
use std::collections::BTreeSet;
use std::fmt;

/// What the file header says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeaderState {
    /// The header could be read and its checksum holds.
    pub valid: bool,
    /// The dirty flag: the log was not closed.
    pub dirty: bool,
    /// Chunks that the header counts (modulo 65,536), 0 when it is not valid.
    pub chunks_counted: u16,
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
        /// The header counts another number of chunks than the file holds; stands behind `clean`
        /// or `dirty`.
        ChunkCountWrong = "chunk count wrong",
        /// The header could not be read, or its checksum does not match.
        Damaged = "damaged",
    }
}

impl HeaderState {
    /// One remark, or two.
    pub fn remarks(&self) -> impl Iterator<Item = HeaderRemark> {
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
        for (index, remark) in self.remarks().enumerate() {
            write!(f, "{}{remark}", if index > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

words! {
    /// The short answer to "was this log read?".
    Verdict {
        /// Every record was read.
        Complete = "complete",
        /// Readable parts were read, others could not be; see findings.csv.
        Partial = "partial",
        /// Nothing could be read.
        Unreadable = "unreadable",
    }
}

/// Until something cannot be read, a log is complete.
impl Default for Verdict {
    fn default() -> Verdict {
        Verdict::Complete
    }
}

/// Where on its computer a log was found; in the order of how directly it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogOrigin {
    /// On a volume as it is, or nothing is known.
    #[default]
    Live,
    /// In a shadow copy of a volume.
    ShadowCopy,
    /// Deleted; its clusters still hold it.
    Deleted,
}

/// One row of logs.csv.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogSummary {
    /// Path as given or found, inside its container.
    pub path: String,
    /// Where on its computer it was.
    pub origin: LogOrigin,
    /// The host that the folders of its collection name.
    pub collector_host: Option<String>,
    /// Bytes.
    pub size: u64,
    /// SHA-256 in lower-case hex, when asked for.
    pub sha256: Option<String>,
    /// Values of `System/Computer`.
    pub computers: BTreeSet<Text>,
    /// Values of `System/Channel`.
    pub channels: BTreeSet<String>,
    /// 64 KiB slots that hold a chunk.
    pub chunks: u64,
    /// Live records read.
    pub records_read: u64,
    /// Records carved from free space.
    pub records_recovered: u64,
    /// Records that could not be read.
    pub records_unreadable: u64,
    /// Lowest and highest EventRecordID read.
    pub record_ids: Option<(u64, u64)>,
    /// Earliest and latest TimeCreated read.
    pub times: Option<(Timestamp, Timestamp)>,
    /// Missing EventRecordIDs, as (first, last) of each hole, ascending. Only where the IDs form
    /// one row: empty when records are forwarded or of several channels.
    pub gaps: Vec<(u64, u64)>,
    /// Records that stand in an earlier log of this run too, or twice in this one.
    pub duplicates: u64,
    /// The records were taken from another log: header numbers differ from EventRecordIDs.
    pub exported: bool,
    /// The records were forwarded from other computers.
    pub forwarded: bool,
    /// File header.
    pub header: HeaderState,
    /// Chunks whose header or data checksum does not match.
    pub checksum_failures: u64,
    /// Whether all could be read.
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
