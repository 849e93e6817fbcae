//! Volume shadow copies: a volume as it was, from the blocks saved before they were overwritten.
//!
//! Each snapshot has a store with the blocks of 16 KiB that were changed while it was the newest
//! one. A block that its store does not hold is looked for in the store of the next newer snapshot,
//! and so on; what none of them holds has not changed and is read from the volume itself. The stores
//! may lie on another volume than the one that they are of.
//!
//! Source: libyal, "Volume Shadow Snapshot (VSS) format".

mod block_chains;
mod block_map;
mod catalog;
mod snapshot;
mod stores;
#[cfg(test)]
mod tests;

pub use snapshot::{Snapshot, snapshots};
