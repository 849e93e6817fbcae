//! Which blocks a store holds, and where.
//!
//! Source: libyal, "Volume Shadow Snapshot (VSS) format", sections "Successive block descriptors"
//! and "Store bitmap".

use super::{BLOCK, SECTOR};
use crate::evidence::ntfs::bytes::{index, u32_at, u64_at};
use std::collections::HashMap;

/// The block was moved inside the volume; a newer store may hold it under its new place.
pub(super) const FORWARDER: u32 = 1;
/// Only some sectors of the block were saved.
pub(super) const OVERLAY: u32 = 2;
const NOT_USED: u32 = 4;

/// Blocks of a store that can be looked up.
#[derive(Default)]
pub(super) struct Blocks {
    /// Block number, and place or new place, in order of the number.
    found: Vec<(u32, Where)>,
    /// Sectors saved by block number.
    overlays: HashMap<u32, Overlay>,
    /// Places that blocks were moved to: the volume holds their bytes.
    moved_to: Vec<u32>,
    /// A bit for each block that was not in use.
    unused: Vec<u8>,
}

/// Where a block is, in bytes from the start of the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// Its bytes were saved here.
    Saved(u64),
    /// Its bytes went here in the volume, and a newer store may hold them.
    Moved(u64),
}

/// Sectors of a block that were saved apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overlay {
    /// Where, in bytes from the start of the volume; each sector at its place in the block.
    pub(super) offset: u64,
    /// A bit for each sector, lowest first.
    sectors: u32,
}

impl Overlay {
    pub(super) fn covers(&self, within: u64) -> bool {
        self.sectors >> (within / SECTOR % 32) & 1 == 1
    }
}

/// A block descriptor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descriptor {
    original: u64,
    relative: u64,
    offset: u64,
    flags: u32,
    sectors: u32,
}

impl Descriptor {
    /// Length in bytes.
    pub(super) const LENGTH: usize = 32;

    /// Reads one; none where the list is filled up with zeros.
    pub(super) fn parse(bytes: &[u8]) -> Option<Descriptor> {
        let descriptor = Descriptor {
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

/// Puts descriptors together in the order of the list.
#[derive(Default)]
pub(super) struct Builder {
    found: HashMap<u32, Where>,
    overlays: HashMap<u32, Overlay>,
    /// New place of moved blocks, and the block that is there.
    moved: HashMap<u32, u32>,
}

impl Builder {
    /// Number of blocks kept.
    pub(super) fn len(&self) -> usize {
        self.found.len() + self.overlays.len() + self.moved.len()
    }

    pub(super) fn add(&mut self, descriptor: &Descriptor) {
        let Descriptor { original, relative, offset, flags, sectors } = *descriptor;
        let (Some(mut block), is_moved) = (number(original), flags & FORWARDER != 0) else {
            return;
        };
        // A block that was moved to where it is says nothing.
        if flags & NOT_USED != 0 || is_moved && number(relative) == Some(block) {
            return;
        }
        if flags & OVERLAY != 0 {
            // Later overlays of a block add sectors to the place of the first.
            let overlay = self.overlays.entry(block).or_insert(Overlay { offset, sectors: 0 });
            overlay.sectors |= sectors;
        } else {
            if let Some(first) = self.moved.remove(&block) {
                block = first;
                if is_moved && number(relative) == Some(first) {
                    return;
                }
            }
            let place = if is_moved { Where::Moved(relative) } else { Where::Saved(offset) };
            self.found.insert(block, place);
        }
        if let Some(to) = number(relative).filter(|_| is_moved) {
            self.moved.insert(to, block);
        }
    }

    /// `unused` has a bit for each block, as the bitmaps of the store say.
    pub(super) fn build(self, unused: Vec<u8>) -> Blocks {
        let mut found: Vec<_> = self.found.into_iter().collect();
        found.sort_unstable_by_key(|(block, _)| *block);
        let mut moved_to: Vec<_> = self.moved.into_keys().collect();
        moved_to.sort_unstable();
        Blocks { found, overlays: self.overlays, moved_to, unused }
    }
}

impl Blocks {
    pub(super) fn find(&self, offset: u64) -> Option<Where> {
        let block = number(offset)?;
        let at = self.found.binary_search_by_key(&block, |(block, _)| *block).ok()?;
        self.found.get(at).map(|(_, place)| *place)
    }

    pub(super) fn overlay(&self, offset: u64) -> Option<&Overlay> {
        self.overlays.get(&number(offset)?)
    }

    /// The block was not in use when the snapshot was taken, and nothing has been moved to it.
    pub(super) fn is_unused(&self, offset: u64) -> bool {
        let Some(block) = number(offset) else { return false };
        let byte = self.unused.get(index(u64::from(block) / 8)).copied().unwrap_or(0);
        byte >> (block % 8) & 1 == 1 && self.moved_to.binary_search(&block).is_err()
    }
}

/// Number of the block at an offset; none beyond 64 TiB, more than any volume with shadow copies.
fn number(offset: u64) -> Option<u32> {
    u32::try_from(offset / BLOCK).ok()
}
