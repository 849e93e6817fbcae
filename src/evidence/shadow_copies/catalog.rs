//! The catalog of snapshots, and the chains of blocks that describe each.
//!
//! Source: libyal, "Volume Shadow Snapshot (VSS) format", sections "Volume header", "Catalog" and
//! "Store".

use super::block_map::{BLOCK, BlockDescriptor, BlockMap, BlockMapBuilder};
use crate::evidence::bytes::{array_at, guid_text, to_index, u32_at, u64_at};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, read_volume_at};
use crate::evidence::volume_fault::{VolumeFault, VolumeFaults};
use crate::model::FindingCode;
use std::collections::{HashMap, HashSet};

/// The header lies behind the boot code of the volume.
const HEADER: u64 = 0x1E00;
/// At the start of every structure: {3808876b-c176-4e48-b7ae-04046e6cc752}.
const SIGNATURE: [u8; 16] = [
    0x6B, 0x87, 0x08, 0x38, 0x76, 0xC1, 0x48, 0x4E, 0xB7, 0xAE, 0x04, 0x04, 0x6E, 0x6C, 0xC7, 0x52,
];
/// Bytes in front of the content of a block.
const BLOCK_HEADER: usize = 128;
/// Bytes of a catalog entry.
const ENTRY: usize = 128;

/// Record types of blocks.
const CATALOG: u32 = 2;
const DESCRIPTORS: u32 = 3;
const STORE_HEADER: u32 = 4;
const BITMAP: u32 = 6;
/// Types of catalog entries.
const SNAPSHOT: u64 = 2;
const STORE: u64 = 3;

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
}

/// A snapshot as the catalog has it.
#[derive(Default)]
struct CatalogEntry {
    size: u64,
    sequence: u64,
    created: u64,
    parts: Option<StoreParts>,
}

/// Where the parts of a store begin, in bytes from the start of the volume.
struct StoreParts {
    descriptors: u64,
    header: u64,
    bitmap: u64,
    previous_bitmap: u64,
}

/// The stores of a volume, oldest first.
pub(super) fn stores(volume: &dyn ReadAt, faults: &mut VolumeFaults) -> Vec<SnapshotStore> {
    let mut stores: Vec<SnapshotStore> = Vec::new();
    let mut blocks_left = limits::SNAPSHOT_BLOCKS;
    let mut chains = BlockChains { volume, blocks_left: volume.size() / BLOCK + 1 };
    let entries = catalog(&mut chains, faults);
    let newest = entries.len().saturating_sub(1);
    for (at, (identifier, entry)) in entries.into_iter().enumerate() {
        let name = braced_guid(identifier);
        let Some(parts) = entry.parts else {
            faults.note(HEADER, format!("snapshot {name}: the catalog does not name its store"));
            continue;
        };
        // Sizes beyond the volume were seen where the catalog was damaged.
        let size = entry.size.min(volume.size());
        if size < entry.size {
            let reason =
                format!("snapshot {name} claims {} bytes, the volume has {size}", entry.size);
            faults.note(HEADER, reason);
        }
        let (builder, mut complete) = chains.blocks(&parts, &name, blocks_left, faults);
        blocks_left = blocks_left.saturating_sub(builder.len());
        // Which blocks were unused counts only for the newest snapshot.
        let unused = (at == newest).then(|| chains.unused(&parts, size, &name, faults));
        complete &= unused.as_ref().is_none_or(|(_, whole)| *whole);
        let blocks = builder.build(unused.map(|(bits, _)| bits).unwrap_or_default());
        let shadow_copy = shadow_copy(volume, parts.header);
        stores.push(SnapshotStore {
            identifier: name,
            shadow_copy,
            created: entry.created,
            size,
            complete,
            blocks,
        });
    }
    stores
}

/// The snapshots in the catalog, oldest first.
fn catalog(
    chains: &mut BlockChains<'_>,
    faults: &mut VolumeFaults,
) -> Vec<([u8; 16], CatalogEntry)> {
    let mut header = [0; 128];
    if read_volume_at(chains.volume, HEADER, &mut header).is_err()
        || !header.starts_with(&SIGNATURE)
    {
        return Vec::new();
    }
    if let Some(fault) = kept_elsewhere(&header) {
        faults.push(fault);
        // Every offset counts in that volume.
        return Vec::new();
    }
    let first = u64_at(&header, 48).unwrap_or(0);
    if first == 0 {
        return Vec::new();
    }
    let mut entries: HashMap<[u8; 16], CatalogEntry> = HashMap::new();
    let mut blocks = 0;
    let result = chains.walk(first, CATALOG, |content| {
        blocks += 1;
        for bytes in content.chunks_exact(ENTRY) {
            let kind = u64_at(bytes, 0).unwrap_or(0);
            let identifier = array_at::<16>(bytes, 16);
            let (Some(identifier), SNAPSHOT | STORE) = (identifier, kind) else { continue };
            if entries.len() >= limits::SNAPSHOTS && !entries.contains_key(&identifier) {
                return Err("more snapshots than a volume can have");
            }
            let entry = entries.entry(identifier).or_default();
            let value = |at| u64_at(bytes, at).unwrap_or(0);
            if kind == SNAPSHOT {
                (entry.size, entry.sequence, entry.created) = (value(8), value(32), value(48));
            } else {
                entry.parts = Some(StoreParts {
                    descriptors: value(8),
                    header: value(32),
                    bitmap: value(48),
                    previous_bitmap: value(72),
                });
            }
        }
        if blocks > limits::SNAPSHOT_CATALOG_BLOCKS { Err("it is too long") } else { Ok(()) }
    });
    if let Err(fault) = result {
        faults.note(fault.offset, format!("catalog of shadow copies: {}", fault.reason));
    }
    let mut entries: Vec<_> = entries.into_iter().filter(|(_, entry)| entry.size != 0).collect();
    // The catalog has no order.
    entries.sort_by_key(|(identifier, entry)| (entry.created, entry.sequence, *identifier));
    if !entries.is_sorted_by_key(|(_, entry)| entry.sequence) {
        let reason = "catalog of shadow copies: by their numbers the snapshots have another order \
                      than by their times, so the clock was set back; they are read in order of time";
        faults.note(HEADER, reason);
    }
    entries
}

/// Says so if the volume with this header keeps its shadow copies on another one.
fn kept_elsewhere(header: &[u8]) -> Option<VolumeFault> {
    let (own, storage) = (array_at::<16>(header, 64)?, array_at::<16>(header, 80)?);
    if storage == own || own == [0; 16] || storage == [0; 16] {
        return None;
    }
    let reason = format!(
        "its shadow copies are kept on another volume, {}, and are not read: mount them on Windows and \
         give their files",
        braced_guid(storage)
    );
    Some(VolumeFault::new(HEADER, reason).with_code(FindingCode::ShadowCopiesElsewhere))
}

/// Reads chains of blocks: all chains together no more blocks than the volume has.
struct BlockChains<'a> {
    volume: &'a dyn ReadAt,
    blocks_left: u64,
}

impl BlockChains<'_> {
    /// The blocks of a store, at most `limit`; `false` when not all of their descriptors could be
    /// read.
    fn blocks(
        &mut self,
        parts: &StoreParts,
        name: &str,
        limit: usize,
        faults: &mut VolumeFaults,
    ) -> (BlockMapBuilder, bool) {
        let mut builder = BlockMapBuilder::default();
        let result = self.walk(parts.descriptors, DESCRIPTORS, |content| {
            let list =
                content.chunks_exact(BlockDescriptor::LENGTH).filter_map(BlockDescriptor::parse);
            list.for_each(|descriptor| builder.add(&descriptor));
            if builder.len() > limit { Err("more blocks than are read") } else { Ok(()) }
        });
        (builder, is_whole(result, "block list", name, faults))
    }

    /// A bit for each block of the volume that was not in use; both bitmaps must say so if there are
    /// two. `false` when they could not be read in full.
    fn unused(
        &mut self,
        parts: &StoreParts,
        size: u64,
        name: &str,
        faults: &mut VolumeFaults,
    ) -> (Vec<u8>, bool) {
        let longest = to_index(size / BLOCK / 8 + BLOCK);
        let mut bitmap = |offset, what: &str| {
            let mut bits = Vec::new();
            let result = self.walk(offset, BITMAP, |content| {
                bits.extend_from_slice(content);
                if bits.len() > longest { Err("it is longer than its volume") } else { Ok(()) }
            });
            let whole = is_whole(result, what, name, faults);
            (bits, whole)
        };
        let (mut unused, mut complete) = bitmap(parts.bitmap, "bitmap");
        if parts.previous_bitmap != 0 {
            let (before, whole) = bitmap(parts.previous_bitmap, "previous bitmap");
            complete &= whole;
            unused.truncate(before.len());
            unused.iter_mut().zip(&before).for_each(|(byte, before)| *byte &= before);
        }
        (unused, complete)
    }

    /// Passes the content of every block of a chain, each once.
    ///
    /// # Errors
    /// Where the chain breaks; the blocks before have been passed.
    fn walk(
        &mut self,
        first: u64,
        kind: u32,
        mut visit: impl FnMut(&[u8]) -> Result<(), &'static str>,
    ) -> Result<(), VolumeFault> {
        let mut seen = HashSet::new();
        let mut block = vec![0; to_index(BLOCK)];
        let mut offset = first;
        while offset != 0 {
            let fault =
                |reason: &str| Err(VolumeFault::new(offset, format!("{reason}; the rest is lost")));
            if !seen.insert(offset) {
                return fault("its blocks go round in a circle");
            }
            if self.blocks_left == 0 {
                return fault("the chains have more blocks than the volume");
            }
            self.blocks_left -= 1;
            if let Err(error) = read_volume_at(self.volume, offset, &mut block) {
                return fault(&error.to_string());
            }
            if !block.starts_with(&SIGNATURE) || u32_at(&block, 20) != Some(kind) {
                return fault("a block that is none of it");
            }
            if let Err(reason) = visit(block.get(BLOCK_HEADER..).unwrap_or_default()) {
                return fault(reason);
            }
            offset = u64_at(&block, 40).unwrap_or(0);
        }
        Ok(())
    }
}

/// Whether a chain could be read as a whole; otherwise it is noted why not.
fn is_whole(
    result: Result<(), VolumeFault>,
    what: &str,
    name: &str,
    faults: &mut VolumeFaults,
) -> bool {
    let Err(VolumeFault { offset, reason, .. }) = result else { return true };
    faults.note(offset, format!("snapshot {name}: {what}: {reason}"));
    false
}

/// GUID of the shadow copy, from the header of its store.
fn shadow_copy(volume: &dyn ReadAt, offset: u64) -> Option<String> {
    let mut block = [0; BLOCK_HEADER + 64];
    read_volume_at(volume, offset, &mut block).ok()?;
    (block.starts_with(&SIGNATURE) && u32_at(&block, 20) == Some(STORE_HEADER)).then_some(())?;
    Some(braced_guid(array_at(&block, BLOCK_HEADER + 16)?))
}

fn braced_guid(bytes: [u8; 16]) -> String {
    format!("{{{}}}", guid_text(bytes))
}
