//! The boots of one computer: those of Security and System aligned, and the records of each.

pub(crate) mod alignment;
pub(crate) mod best_chain;
pub(crate) mod clock_index;
pub(crate) mod epochs;
pub(crate) mod other_channels;
pub(crate) mod partition;
pub(crate) mod service_restarts;
pub(crate) mod ties;
