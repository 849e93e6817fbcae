//! Which blocks a store holds, and where they are.
//!
//! Source: libyal, "Volume Shadow Snapshot (VSS) format", sections "Successive block descriptors"
//! and "Store bitmap".

use crate::evidence::bytes::{to_index, u32_at, u64_at};
use std::collections::HashMap;

/// Bytes of the blocks in which a volume is saved.
pub(super) const BLOCK: u64 = 16 << 10;
/// Bytes of the parts of a block that an overlay names.
pub(super) const SECTOR: u64 = 512;

/// Flags of a block descriptor. The block was moved inside the volume; a newer store may hold it under
/// its new place.
pub(super) const FORWARDER: u32 = 1;
/// Only some sectors of the block were saved.
pub(super) const OVERLAY: u32 = 2;
/// The descriptor says nothing.
const NOT_USED: u32 = 4;

/// The blocks of a store, to be looked up by their offset.
#[derive(Default)]
pub(super) struct BlockMap {
    /// Number of each block and where it is, in order of the number.
    found: Vec<(u32, SavedBlock)>,
    /// Sectors that were saved apart, by block number.
    overlays: HashMap<u32, Overlay>,
    /// Numbers of the blocks that others were moved to: the volume holds their bytes.
    moved_to: Vec<u32>,
    /// A bit for each block that was not in use.
    unused: Vec<u8>,
}

/// Where a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SavedBlock {
    /// Its bytes were saved here, in bytes from the start of the volume that holds the store.
    Saved(u64),
    /// Its bytes were moved here in their own volume, and a newer store may hold them.
    Moved(u64),
}

/// Sectors of a block that were saved apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overlay {
    /// Where they are saved, in bytes from the start of the volume that holds the store; each sector at its
    /// place in the block.
    pub(super) offset: u64,
    /// A bit for each sector, lowest first.
    sectors: u32,
}

impl Overlay {
    /// Whether the sector at this offset within the block was saved.
    pub(super) fn covers(&self, within: u64) -> bool {
        self.sectors >> (within / SECTOR % 32) & 1 == 1
    }
}

/// A block descriptor.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockDescriptor {
    original: u64,
    relative: u64,
    offset: u64,
    flags: u32,
    sectors: u32,
}

impl BlockDescriptor {
    /// Length in bytes.
    pub(super) const LENGTH: usize = 32;

    /// Reads one; `None` where the list is filled up with zeros.
    pub(super) fn parse(bytes: &[u8]) -> Option<BlockDescriptor> {
        let descriptor = BlockDescriptor {
            original: u64_at(bytes, 0)?,
            relative: u64_at(bytes, 8)?,
            offset: u64_at(bytes, 16)?,
            flags: u32_at(bytes, 24)?,
            sectors: u32_at(bytes, 28)?,
        };
        // Block 0 of a volume is saved somewhere else than at 0.
        bytes.iter().any(|&byte| byte != 0).then_some(descriptor)
    }
}

/// Builds a [`BlockMap`] from the descriptors in the order of their list.
#[derive(Default)]
pub(super) struct BlockMapBuilder {
    found: HashMap<u32, SavedBlock>,
    overlays: HashMap<u32, Overlay>,
    /// Number of the new place of each moved block, and number of the block that is there.
    moved: HashMap<u32, u32>,
}

impl BlockMapBuilder {
    /// Number of blocks that are kept.
    pub(super) fn len(&self) -> usize {
        self.found.len() + self.overlays.len() + self.moved.len()
    }

    /// Adds the next descriptor of the list.
    pub(super) fn add(&mut self, descriptor: &BlockDescriptor) {
        let BlockDescriptor { original, relative, offset, flags, sectors } = *descriptor;
        let (Some(mut block), is_moved) = (number(original), flags & FORWARDER != 0) else {
            return;
        };
        // A block that was moved to its own place was not moved.
        if flags & NOT_USED != 0 || is_moved && number(relative) == Some(block) {
            return;
        }
        if flags & OVERLAY != 0 {
            // Later overlays of a block add sectors at the place of the first.
            let overlay = self.overlays.entry(block).or_insert(Overlay { offset, sectors: 0 });
            overlay.sectors |= sectors;
        } else {
            if let Some(first) = self.moved.remove(&block) {
                block = first;
                if is_moved && number(relative) == Some(first) {
                    return;
                }
            }
            let place =
                if is_moved { SavedBlock::Moved(relative) } else { SavedBlock::Saved(offset) };
            self.found.insert(block, place);
        }
        if let Some(to) = number(relative).filter(|_| is_moved) {
            self.moved.insert(to, block);
        }
    }

    /// The map of all blocks added; `unused` has a bit for each block that was not in use.
    pub(super) fn build(self, unused: Vec<u8>) -> BlockMap {
        let mut found: Vec<_> = self.found.into_iter().collect();
        found.sort_unstable_by_key(|(block, _)| *block);
        let mut moved_to: Vec<_> = self.moved.into_keys().collect();
        moved_to.sort_unstable();
        BlockMap { found, overlays: self.overlays, moved_to, unused }
    }
}

impl BlockMap {
    /// Where the block at this offset of the volume is, if the store says it.
    pub(super) fn find(&self, offset: u64) -> Option<SavedBlock> {
        let block = number(offset)?;
        let at = self.found.binary_search_by_key(&block, |(block, _)| *block).ok()?;
        self.found.get(at).map(|(_, place)| *place)
    }

    /// The sectors of the block at this offset that were saved apart, if any.
    pub(super) fn overlay(&self, offset: u64) -> Option<&Overlay> {
        self.overlays.get(&number(offset)?)
    }

    /// Whether the block at this offset was not in use when the snapshot was taken, and nothing has been
    /// moved to it.
    pub(super) fn is_unused(&self, offset: u64) -> bool {
        let Some(block) = number(offset) else { return false };
        let byte = self.unused.get(to_index(u64::from(block) / 8)).copied().unwrap_or(0);
        byte >> (block % 8) & 1 == 1 && self.moved_to.binary_search(&block).is_err()
    }
}

/// Number of the block at an offset; `None` beyond 64 TiB, more than any volume with shadow copies.
fn number(offset: u64) -> Option<u32> {
    u32::try_from(offset / BLOCK).ok()
}
