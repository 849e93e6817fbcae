//! Logon sessions from Windows event logs: who was logged on to which computer, from when to when, how each
//! session ended and how certain that is. `last(1)` for Windows, offline.
//!
//! ```
//! let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
//! for (host, session) in report.sessions() {
//!     println!("{host} {} {}", session.account, session.end);
//! }
//! # let lines: Vec<String> =
//! #     report.sessions().map(|(host, s)| format!("{host} {} {}", s.account, s.end)).collect();
//! # assert!(lines.iter().any(|line| line
//! #     == r"DC01.contoso.local CONTOSO\dadmin 2015-09-09T03:08:41.0590714Z (terminated, high)"));
//! # Ok::<(), winlast::Error>(())
//! ```
//!
//! One of the lines that it prints:
//!
//! ```text
//! DC01.contoso.local CONTOSO\dadmin 2015-09-09T03:08:41.0590714Z (terminated, high)
//! ```
//!
//! # The words
//!
//! - A **log** is one EVTX file. A **record** is one entry of it, with an `EventRecordID` that
//!   rises by one from record to record; an *event* is what a record says. A [`Citation`] names a
//!   record: `Security#230200`.
//! - A **[boot epoch](model::Boot)** is the period of a computer between two starts of Windows. The
//!   boot epochs of a computer are numbered from 1; 0 is the time before the first known boot.
//! - A **[Logon ID](LogonId)** is the number that Windows gives a session. After the next start, Windows
//!   gives the same numbers again, so a Logon ID identifies a session only together with its boot epoch.
//! - A **[session](Session)** begins with a logon (4624). Its computer, its boot epoch and its Logon ID
//!   identify it, and join all records that Windows wrote about it.
//! - The **[basis](model::session::Basis)** of a time says what it is based on: a record that was
//!   *logged*, the *inherited* end of a linked session, a time *inferred* from other records, or
//!   only the earliest and the latest possible time (*bounded*).
//! - The **[confidence](model::Confidence)** says how certain an end is, from `high` (logged) to
//!   `none` (not known).
//! - A **[finding](Finding)** is something that an examiner must know besides: a log was cleared, records
//!   are missing, a chunk is damaged. Damaged evidence is a finding; an [`Error`] means that there is no
//!   result.
//!
//! `docs/glossary.md` in the repository explains these and other words, with the events that they
//! refer to.
//!
//! # The parts
//!
//! - [`Analysis`] reads evidence and returns a [`Report`], which holds everything that was found.
//! - [`select::Filter`] removes sessions from a report.
//! - [`presence::HostAt`] says who was logged on at a given moment.
//! - [`output`] writes a report as tables, as a page, or as a case folder.
//! - [`model`] has the types of a report.
//! - [`progress::Progress`] lets a caller follow a long run, and a [`Pool`] lets several analyses share
//!   threads and memory.
//!
//! This writes the sessions of one user as CSV:
//!
//! ```
//! use winlast::output::{Format, OutputOptions, Table, write_table};
//! use winlast::select::Filter;
//!
//! let mut report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
//! let filter = Filter { users: vec![r"CONTOSO\dadmin".parse()?], ..Filter::default() };
//! filter.apply(&mut report);
//!
//! let mut csv = Vec::new();
//! write_table(&report, Table::Sessions, Format::CSV, OutputOptions::default(), &mut csv)?;
//! let csv = String::from_utf8(csv)?;
//! let mut rows = csv.lines().skip(1);
//! assert!(rows.next().is_some_and(|row| row.starts_with("DC01.contoso.local/0/0x29b379,")));
//! assert_eq!(rows.next(), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The features
//!
//! `cli` is on by default and builds the program. A crate that only needs the library says
//! `default-features = false`, and then builds none of the crates that only a command line needs.
//! `sqlite`, which is on by default, and `parquet` have one output format each.

mod analysis;
pub mod error;
mod events_file;
pub mod evidence;
mod evtx;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hops;
pub mod model;
pub mod output;
pub mod presence;
pub mod progress;
pub mod select;
mod time_zone;
mod timeline;

pub use analysis::{Analysis, JoinedParts, Partition, Pool};
pub use error::Error;
pub use model::{Citation, Finding, Host, LogonId, Report, Session};
pub use time_zone::Zone;
