//! The file `events.jsonl.gz` of a case: everything that was read of its evidence, so that the case can
//! stand for the logs. `docs/events-file.md` describes it for whoever reads it with other programs.
//!
//! It is a sequence of gzip members, and each can be read without the others. [`blocks`] makes and reads
//! a member; [`values`] has how a value is written, [`kinds`] the values of each event. [`write`] and
//! [`read`] put the members together.

mod blocks;
mod contents;
mod hop_kinds;
mod join;
mod kinds;
mod read;
mod selection;
mod shared_paths;
#[cfg(test)]
mod tests;
mod values;
mod write;

pub(crate) use contents::{parts_of_computers, why_none_can_be_used};
pub(crate) use join::join;
pub(crate) use read::read_cases;
pub(crate) use selection::{Selection, part_of};
pub(crate) use shared_paths::SharedPaths;
pub(crate) use write::UnfinishedMembers;

use crate::model::{ContainerSummary, Finding, LogSummary};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How much may be read of cases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MostRead {
    /// Events.
    pub(crate) events: u64,
    /// Records of hops; `None`: they are not wanted.
    pub(crate) hops: Option<u64>,
}

/// The number of the format. A reader refuses every other one.
const SCHEMA: u32 = 1;

/// The number of the format of a case with records of hops, which a program that does not know them refuses.
const SCHEMA_WITH_HOPS: u32 = 2;

/// The first line.
#[derive(serde::Serialize, serde::Deserialize)]
struct Header {
    /// The number of the format, [`SCHEMA`] or [`SCHEMA_WITH_HOPS`].
    winlast_events: u32,
    /// The version of the program that wrote it.
    version: String,
    /// How many logs, containers, findings and events follow.
    logs: u64,
    containers: u64,
    findings: u64,
    events: u64,
    /// How many records of hops follow, where hops were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hop_records: Option<u64>,
    /// What the values at the beginning of each event mean.
    head: Vec<String>,
    /// The same for records of hops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hop_head: Vec<String>,
    /// What the values behind them mean, for each kind of event.
    kinds: BTreeMap<String, Vec<String>>,
}

/// A further line that is no event. There are few of them, so that their sizes may differ. Logs come in the order of their numbers.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(clippy::large_enum_variant)]
enum Fact<'a> {
    Log(Cow<'a, LogSummary>),
    Container(Cow<'a, ContainerSummary>),
    Finding(Cow<'a, Finding>),
}
