//! The stores of a volume's snapshots, wherever they lie.

use super::block_chains::{BlockChains, StoreParts};
use super::block_map::BlockMap;
use super::catalog::{Catalog, CatalogSnapshot, HEADER, StoreId};
use crate::evidence::bytes::guid_text;
use crate::evidence::limits;
use crate::evidence::read_at::ReadAt;
use crate::evidence::volume_fault::{VolumeFault, VolumeFaults};
use crate::model::FindingCode;
use std::collections::HashMap;
use std::sync::Arc;

/// What the catalog and the store say of one snapshot.
pub(super) struct SnapshotStore {
    /// GUID of the store.
    pub(super) identifier: String,
    /// GUID of the shadow copy, if it could be read.
    pub(super) shadow_copy: Option<String>,
    /// When the snapshot was taken: a Windows FILETIME.
    pub(super) created: u64,
    /// Bytes of the volume.
    pub(super) size: u64,
    /// Whether all that describes the snapshot could be read.
    pub(super) complete: bool,
    pub(super) blocks: BlockMap,
    /// The volume on which the blocks were saved: mostly the volume itself.
    pub(super) storage: Arc<dyn ReadAt>,
}

/// The stores of the snapshots of a volume, oldest first. Those that do not lie on the volume itself are looked
/// for on the others, one after the other.
pub(super) fn stores(
    volume: &Arc<dyn ReadAt>,
    others: &mut dyn Iterator<Item = Arc<dyn ReadAt>>,
    faults: &mut VolumeFaults,
) -> Vec<SnapshotStore> {
    let volume_size = volume.size();
    let mut chains = BlockChains::of(Arc::clone(volume));
    let Catalog { snapshots, stores, kept_on } = Catalog::read(&mut chains, faults);
    let mut storages = Storages { found: vec![Storage { chains, stores }], others };
    let newest = snapshots.len().saturating_sub(1);
    let mut blocks_left = limits::SNAPSHOT_BLOCKS;
    let (mut found, mut elsewhere) = (Vec::<SnapshotStore>::new(), 0);
    for (at, (identifier, CatalogSnapshot { size: claimed, created, .. })) in
        snapshots.into_iter().enumerate()
    {
        let name = braced_guid(identifier);
        let Some((chains, parts)) = storages.with(identifier) else {
            elsewhere += 1;
            // Older snapshots are put together from this store too.
            if let Some(older) = found.last_mut() {
                older.complete = false;
            }
            if kept_on.is_none() {
                let reason = format!("snapshot {name}: no catalog at hand names its store");
                faults.note(HEADER, reason);
            }
            continue;
        };
        // Sizes beyond the volume were seen where the catalog was damaged.
        let size = claimed.min(volume_size);
        if size < claimed {
            let reason =
                format!("snapshot {name} claims {claimed} bytes, the volume has {volume_size}");
            faults.note(HEADER, reason);
        }
        let whose = match Arc::ptr_eq(&chains.volume, volume) {
            true => name.clone(),
            false => format!("{name}, kept on another volume"),
        };
        let (builder, mut complete) = chains.blocks(&parts, &whose, blocks_left, faults);
        blocks_left = blocks_left.saturating_sub(builder.len());
        // Which blocks were unused counts only for the newest snapshot.
        let unused = (at == newest).then(|| chains.unused(&parts, size, &whose, faults));
        complete &= unused.as_ref().is_none_or(|(_, whole)| *whole);
        found.push(SnapshotStore {
            shadow_copy: chains.shadow_copy(&parts).map(braced_guid),
            identifier: name,
            created,
            size,
            complete,
            blocks: builder.build(unused.map(|(bits, _)| bits).unwrap_or_default()),
            storage: Arc::clone(&chains.volume),
        });
    }
    if let Some(storage) = kept_on.filter(|_| elsewhere > 0) {
        faults.push(not_at_hand(elsewhere, storage));
    }
    found
}

/// The volumes on which stores were found so far, and those that were not looked at yet.
struct Storages<'a> {
    found: Vec<Storage>,
    others: &'a mut dyn Iterator<Item = Arc<dyn ReadAt>>,
}

/// A volume on which stores lie.
struct Storage {
    chains: BlockChains,
    stores: HashMap<StoreId, StoreParts>,
}

impl Storages<'_> {
    /// Takes the store with this GUID from the catalog of its volume.
    fn with(&mut self, identifier: StoreId) -> Option<(&mut BlockChains, StoreParts)> {
        let mut next = 0;
        loop {
            let known = self.found.get_mut(next..)?.iter_mut();
            let taken = known.enumerate().find_map(|(at, storage)| {
                storage.stores.remove(&identifier).map(|parts| (next + at, parts))
            });
            if let Some((at, parts)) = taken {
                return Some((&mut self.found.get_mut(at)?.chains, parts));
            }
            next = self.found.len();
            let mut chains = BlockChains::of(self.others.next()?);
            // The faults of that volume are reported when that volume itself is read.
            let stores = Catalog::read(&mut chains, &mut VolumeFaults::default()).stores;
            if !stores.is_empty() {
                self.found.push(Storage { chains, stores });
            }
        }
    }
}

/// Says that so many snapshots are kept on a volume that is not at hand.
fn not_at_hand(count: usize, storage: [u8; 16]) -> VolumeFault {
    let reason = format!(
        "its shadow copies are kept on another volume, {}, which is neither on this disk nor on another given disk, so \
         that {count} of them are not read: give the image of its disk too, as a file of its own",
        braced_guid(storage)
    );
    VolumeFault::new(HEADER, reason).with_code(FindingCode::ShadowCopiesElsewhere)
}

fn braced_guid(bytes: [u8; 16]) -> String {
    format!("{{{}}}", guid_text(bytes))
}
