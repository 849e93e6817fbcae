//! Readers of other projects read what the writer wrote, and give the same values.
//!
//! The readers are the `evtx` crate and, where it is installed, `evtxexport` of libevtx.

mod clips;
mod domains;
mod event_order;
mod leaves;
mod reading;
mod samples;
mod simulated;
mod states;
mod values;
