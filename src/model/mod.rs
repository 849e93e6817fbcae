//! The data of an analysis, as plain types: no reading, no decoding, no decisions.
//!
//! One module makes these values and the next one reads them; nothing here knows how they are
//! found, decided or written. A [`Report`] is the whole result. Its [`Host`]s hold the [`Boot`]s and
//! [`Session`]s of one computer each; a [`Citation`] in them names the record that a statement
//! is based on, and [`Report::logs`] has the log of that record.
//!
//! Types that a report hands out may gain fields, so they cannot be built outside of this crate.

pub mod account;
mod account_names;
pub(crate) mod append;
pub mod attempt;
pub mod boot;
pub(crate) mod case_files;
pub mod channel;
mod characters;
pub mod coverage;
pub mod event;
pub(crate) mod event_role;
pub mod finding;
pub mod flag;
pub mod hop;
pub mod ids;
pub mod inferred;
pub mod log;
pub mod power;
pub mod quote;
pub mod rare_list;
pub mod report;
#[cfg(test)]
pub(crate) mod sample;
pub mod session;
mod status;
pub mod time;
mod uid;
pub(crate) mod window;
mod words;

pub use account::{Account, Text};
pub use account_names::AccountNames;
pub(crate) use account_names::SidsOfNames;
pub use attempt::{Attempt, AttemptDetail, AttemptKind};
pub use boot::{Boot, BootEnd, BootIncident};
pub use channel::Channel;
pub(crate) use characters::{acts, hex, safe_json};
pub use coverage::{BootClock, ChannelCoverage, CoverageGap};
pub use event::{Event, EventKind, RecordLocation};
pub use finding::{Finding, FindingCode, Severity};
pub use flag::Flag;
pub use hop::{Hop, HopBasis, HopFlag, HopRecord, HopRecordKind, Hops, HostAddress};
pub use ids::{BootIndex, Citation, LogId, LogonId};
pub use inferred::InferredBy;
pub use log::{HeaderRemark, HeaderState, LogOrigin, LogSummary, Verdict};
pub use power::{PowerInterval, PowerKind};
pub use quote::{QuotedRecord, Quotes};
pub use rare_list::RareList;
pub use report::{Accounting, ContainerSummary, EventSet, Host, Report, StoredEvents, Tally};
pub use session::{
    Basis, Confidence, End, EndCause, Milestone, MilestoneKind, Moment, Session, SessionClass,
    SessionKey,
};
pub use time::{Span, Timestamp};
pub use uid::Uid;
pub(crate) use uid::UidOf;
