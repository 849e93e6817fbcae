//! `last(1)` for Windows event logs: who was on which computer, from when to when, how each
//! session ended and how sure that is.
//!
//! [`triage`] takes evidence and returns a [`model::Report`]; [`output`] writes it. The modules
//! and the way of one record through them are described in `docs/ARCHITECTURE.md`.

mod analysis;
pub mod error;
pub mod evidence;
mod evtx;
pub mod model;
pub mod output;
pub mod progress;
pub mod select;
mod timeline;

pub use analysis::{Options, Pool, read, triage};
