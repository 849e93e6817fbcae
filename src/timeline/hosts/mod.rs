//! Which records belong to which computer?
//!
//! Input: the events of all logs. Output: the records of each computer, each record once.
//!
//! The words in this module: a *fragment* is what one log holds of one computer. A *stream* is the
//! records of one channel in a fragment; equal streams of several fragments count once. A *group*
//! is a set of fragments that are known to be of one computer.
//!
//! Example: `a/Security.evtx` has the records 1 to 100 of WS01, and `b/Archive.evtx` has the
//! records 101 to 200 of WS01, which continue at the same time: one computer. `c/Security.evtx` has
//! other records 1 to 100 of a WS01: another computer.

pub(crate) mod deduplicate;
mod fragments;
pub(crate) mod grouping;
mod joining;
pub(crate) mod provenance;
pub(crate) mod relation;
mod sets;
mod streams;
#[cfg(test)]
mod tests;
