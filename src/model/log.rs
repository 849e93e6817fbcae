//! What was read of each log.

use super::{Text, Timestamp};
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

/// `clean`, `dirty`, `dirty; chunk count wrong`, `damaged`
impl fmt::Display for HeaderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.valid, self.dirty, self.chunk_count_wrong) {
            (false, ..) => "damaged",
            (true, false, false) => "clean",
            (true, true, false) => "dirty",
            (true, false, true) => "clean; chunk count wrong",
            (true, true, true) => "dirty; chunk count wrong",
        })
    }
}

/// The short answer to "was this log read?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verdict {
    /// Every record was read.
    #[default]
    Complete,
    /// Readable parts were read, others could not be; see findings.csv.
    Partial,
    /// Nothing could be read.
    Unreadable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Complete => "complete",
            Verdict::Partial => "partial",
            Verdict::Unreadable => "unreadable",
        })
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
