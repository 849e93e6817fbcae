//! Records as they are in their logs, for whoever wants to see what a statement is based on.

use super::Citation;
use std::collections::BTreeMap;

/// A record as it is in its log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotedRecord {
    /// Where it begins in the file of its log, in bytes.
    pub offset: u64,
    /// All its bytes, with its header and its end.
    pub bytes: Vec<u8>,
    /// What it says, as XML with one element a line; or why that cannot be given.
    pub xml: Result<String, String>,
}

/// The records that were asked for, or why a record cannot be given.
pub type Quotes = BTreeMap<Citation, Result<QuotedRecord, String>>;
