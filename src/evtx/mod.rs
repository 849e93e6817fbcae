//! EVTX chunks to events, in parallel.
//!
//! A log is a [`file_header`] and chunks. A [`chunk`] stands alone: its records refer to nothing
//! outside of it. [`record_walk`] finds its records, and the fast reader in [`template`] reads those
//! that Windows writes; [`fallback`] has the `evtx` crate read all others as XML ([`xml`]).
//! [`decode`] makes typed events of the records that mean something to sessions. [`read`] does all
//! this in parallel: the logs of a source are cut into jobs of a few chunks, and what the jobs found
//! is put together in the order of the log, so that the result does not depend on the number of
//! threads. The numbers of the format stand in [`format`](self::format).

mod chunk;
mod decode;
mod fallback;
mod file_header;
mod format;
mod quote;
mod read;
mod record_walk;
mod template;
mod xml;

pub(crate) use quote::quote;
pub(crate) use read::{ReadPool, ReadSettings, read_sources};
#[cfg(feature = "fuzzing")]
pub(crate) use read::{RecordReaders, read_log};
