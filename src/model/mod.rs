//! Plain data that flows between the rooms: no I/O, no parsing, no decisions.
//!
//! Everything below is made by one room and read by the next; nothing here knows how it is
//! found, decided or written.

pub mod account;
pub mod boot;
pub mod channel;
pub mod event;
pub(crate) mod event_role;
pub mod finding;
pub mod ids;
pub mod log;
pub mod report;
#[cfg(test)]
pub(crate) mod sample;
pub mod session;
pub mod time;

pub use account::{Account, Text};
pub use boot::{Boot, BootEnd};
pub use channel::Channel;
pub use event::{Event, EventKind, RecordLocation};
pub use finding::{Finding, FindingCode, Severity};
pub use ids::{BootIndex, Citation, LogId, LogonId};
pub use log::{HeaderState, LogOrigin, LogSummary, Verdict};
pub use report::{Accounting, ContainerSummary, EventSet, Host, Report};
pub use session::{Confidence, EndCause, Milestone, Session, SessionClass};
pub use time::{Span, Timestamp};
