//! Writes Windows event logs (`.evtx`) from scratch.
//!
//! The crate makes the test material of `winlast`: it holds a writer of the file format, a catalogue
//! of the events of logons, boots and clocks, the sample logs, and a simulator of whole hosts. It
//! shares no code and no constant with the reader that it tests, so that a misunderstanding of the
//! format shows as a difference.
//!
//! ```
//! use evtx_synth::catalogue::{Account, Session, security};
//! use evtx_synth::{FileTime, Host, LogOptions, Sid};
//!
//! let mut host = Host::new("PC1");
//! let alice = Account::new(Sid::parse("S-1-5-21-1-2-3-1001"), "alice", "PC1");
//! let logoff = security::user_logoff(&Session::new(alice, 0x29b379));
//! let record = host.log(FileTime::parse("2026-03-02T16:01:02.3456789Z"), logoff);
//! assert_eq!(record, 1);
//! let bytes = host.evtx("Security", &LogOptions::default());
//! assert!(bytes.starts_with(b"ElfFile\0"));
//! ```

pub mod catalogue;
pub mod clips;
mod event;
mod host;
pub mod samples;
pub mod simulate;
mod value;
pub mod writer;

pub use event::{Event, Field, Payload, Process, Provider, Record};
pub use host::Host;
pub use value::{FileTime, Guid, Sid, Value};
pub use writer::{Build, Form, HeaderForm, LogFile, LogOptions, LogWriter};
