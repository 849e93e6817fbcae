//! Readers that are not ours read what the writer wrote, and see the same values.
//!
//! The readers are the `evtx` crate and, where it is installed, `evtxexport` of libevtx.

mod lawful;
mod leaves;
mod reading;
mod samples;
mod simulated;
mod states;
mod values;
