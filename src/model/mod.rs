//! Plain data that flows between the rooms: no I/O, no parsing, no decisions.
//!
//! Everything below is made by one room and read by the next; nothing here knows how it is
//! found, decided or written.

pub mod account;
pub mod boot;
pub mod channel;
pub mod event;
pub mod finding;
pub mod ids;
pub mod log;
pub mod report;
pub mod session;
pub mod time;

pub use account::{Account, Text};
pub use boot::{Boot, BootEnd};
pub use channel::Channel;
pub use event::{Event, Place, What};
pub use finding::{Finding, FindingCode, Severity};
pub use ids::{Citation, LogId, LogonId};
pub use log::{HeaderState, LogSummary, Origin, Verdict};
pub use report::{Accounting, ContainerSummary, History, Reading, Report};
pub use session::{Confidence, EndCause, Milestone, Session, SessionClass};
pub use time::{Span, Timestamp};
