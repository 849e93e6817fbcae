//! The catalog of a volume: the snapshots of this volume, and the stores that lie on it.
//!
//! Source: libyal, "Volume Shadow Snapshot (VSS) format", sections "Volume header" and "Catalog". Where the
//! shadow copies of a volume are kept on another one, the entries of the snapshots are on the volume itself and
//! those of their stores on the other (libvshadow, issue 13, a report on Windows 7).

use super::block_chains::{BlockChains, SIGNATURE, StoreParts};
use crate::evidence::bytes::{array_at, u64_at};
use crate::evidence::limits;
use crate::evidence::read_at::read_volume_at;
use crate::evidence::volume_fault::VolumeFaults;
use std::collections::HashMap;

/// The header lies behind the boot code of the volume.
pub(super) const HEADER: u64 = 0x1E00;
/// Bytes of a catalog entry.
const ENTRY: usize = 128;
/// Record type of the blocks of a catalog.
const CATALOG: u32 = 2;
/// Types of catalog entries.
const SNAPSHOT: u64 = 2;
const STORE: u64 = 3;

/// GUID of a store, by which the snapshot and the store are joined.
pub(super) type StoreId = [u8; 16];

/// What the catalog of a volume names.
#[derive(Default)]
pub(super) struct Catalog {
    /// The snapshots of this volume, oldest first.
    pub(super) snapshots: Vec<(StoreId, CatalogSnapshot)>,
    /// The stores that lie on this volume: of its own snapshots, and of those of other volumes.
    pub(super) stores: HashMap<StoreId, StoreParts>,
    /// GUID of the volume on which the shadow copies of this one are kept, if it is another one.
    pub(super) kept_on: Option<[u8; 16]>,
}

/// A snapshot of the volume.
#[derive(Default)]
pub(super) struct CatalogSnapshot {
    /// Bytes of the volume.
    pub(super) size: u64,
    sequence: u64,
    /// When it was taken: a Windows FILETIME.
    pub(super) created: u64,
}

impl Catalog {
    /// Reads the catalog of the volume of `chains`; it is empty if the volume has none.
    pub(super) fn read(chains: &mut BlockChains, faults: &mut VolumeFaults) -> Catalog {
        let mut catalog = Catalog::default();
        let mut header = [0; 128];
        if read_volume_at(&*chains.volume, HEADER, &mut header).is_err()
            || !header.starts_with(&SIGNATURE)
        {
            return catalog;
        }
        catalog.kept_on = kept_on(&header);
        let first = u64_at(&header, 48).unwrap_or(0);
        if first == 0 {
            return catalog;
        }
        let mut snapshots = HashMap::new();
        let mut blocks = 0;
        let result = chains.walk(first, CATALOG, |content| {
            blocks += 1;
            for bytes in content.chunks_exact(ENTRY) {
                catalog.add_entry(bytes, &mut snapshots)?;
            }
            if blocks > limits::SNAPSHOT_CATALOG_BLOCKS { Err("it is too long") } else { Ok(()) }
        });
        if let Err(fault) = result {
            faults.note(fault.offset, format!("catalog of shadow copies: {}", fault.reason));
        }
        catalog.snapshots = in_order(snapshots, faults);
        catalog
    }

    /// Adds what an entry says of a snapshot or of a store.
    fn add_entry(
        &mut self,
        bytes: &[u8],
        snapshots: &mut HashMap<StoreId, CatalogSnapshot>,
    ) -> Result<(), &'static str> {
        let value = |at| u64_at(bytes, at).unwrap_or(0);
        let Some(identifier) = array_at(bytes, 16) else { return Ok(()) };
        match value(0) {
            SNAPSHOT if value(8) != 0 => {
                let (size, sequence, created) = (value(8), value(32), value(48));
                snapshots.insert(identifier, CatalogSnapshot { size, sequence, created });
            }
            STORE => {
                let parts = StoreParts {
                    descriptors: value(8),
                    header: value(32),
                    bitmap: value(48),
                    previous_bitmap: value(72),
                };
                self.stores.insert(identifier, parts);
            }
            _ => {}
        }
        match snapshots.len().max(self.stores.len()) > limits::SNAPSHOTS {
            true => Err("more snapshots than a volume can have"),
            false => Ok(()),
        }
    }
}

/// Snapshots, oldest first: the catalog has no order.
fn in_order(
    snapshots: HashMap<StoreId, CatalogSnapshot>,
    faults: &mut VolumeFaults,
) -> Vec<(StoreId, CatalogSnapshot)> {
    let mut snapshots: Vec<_> = snapshots.into_iter().collect();
    snapshots.sort_by_key(|(identifier, entry)| (entry.created, entry.sequence, *identifier));
    if !snapshots.is_sorted_by_key(|(_, entry)| entry.sequence) {
        let reason = "catalog of shadow copies: by their numbers the snapshots have another order \
                      than by their times, so the clock was set back; they are read in order of time";
        faults.note(HEADER, reason);
    }
    snapshots
}

/// GUID of the volume on which this header says that the shadow copies are kept, if it is another one.
fn kept_on(header: &[u8]) -> Option<[u8; 16]> {
    let (own, storage) = (array_at::<16>(header, 64)?, array_at::<16>(header, 80)?);
    (storage != own && own != [0; 16] && storage != [0; 16]).then_some(storage)
}
