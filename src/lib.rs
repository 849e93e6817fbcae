//! `last(1)` for Windows event logs: who was on which computer, from when to when, how each
//! session ended and how sure that is.
//!
//! [`triage`] takes evidence and returns a [`model::Report`]; [`output`] writes it. The rooms
//! and the way of one record through them are described in `docs/ARCHITECTURE.md`.

pub mod app;
mod decode;
pub mod error;
pub mod evidence;
pub mod model;
pub mod output;
pub mod progress;
mod scan;
mod timeline;
mod triage;

pub use triage::{Options, Pool, read, triage};
