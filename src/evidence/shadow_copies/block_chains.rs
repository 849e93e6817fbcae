//! Chains of blocks, in which the structures of shadow copies are stored.
//!
//! Source: libyal, "Volume Shadow Snapshot (VSS) format", section "Store".

use super::block_map::{BLOCK, BlockDescriptor, BlockMapBuilder};
use crate::evidence::bytes::{array_at, to_index, u32_at, u64_at};
use crate::evidence::read_at::{ReadAt, read_volume_at};
use crate::evidence::volume_fault::{VolumeFault, VolumeFaults};
use std::collections::HashSet;
use std::sync::Arc;

/// At the start of every structure: {3808876b-c176-4e48-b7ae-04046e6cc752}.
pub(super) const SIGNATURE: [u8; 16] = [
    0x6B, 0x87, 0x08, 0x38, 0x76, 0xC1, 0x48, 0x4E, 0xB7, 0xAE, 0x04, 0x04, 0x6E, 0x6C, 0xC7, 0x52,
];
/// Bytes in front of the content of a block.
const BLOCK_HEADER: usize = 128;

/// Record types of blocks.
const DESCRIPTORS: u32 = 3;
const STORE_HEADER: u32 = 4;
const BITMAP: u32 = 6;

/// Where the parts of a store begin, in bytes from the start of the volume that holds the store.
pub(super) struct StoreParts {
    pub(super) descriptors: u64,
    pub(super) header: u64,
    pub(super) bitmap: u64,
    pub(super) previous_bitmap: u64,
}

/// Reads the chains of a volume: all chains together no more blocks than the volume has.
pub(super) struct BlockChains {
    pub(super) volume: Arc<dyn ReadAt>,
    blocks_left: u64,
}

impl BlockChains {
    /// Of this volume, of which no chain has been read yet.
    pub(super) fn of(volume: Arc<dyn ReadAt>) -> BlockChains {
        let blocks_left = volume.size() / BLOCK + 1;
        BlockChains { volume, blocks_left }
    }

    /// The blocks of a store, at most `limit`; `false` when not all of their descriptors could be
    /// read.
    pub(super) fn blocks(
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
    pub(super) fn unused(
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
    pub(super) fn walk(
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
            if let Err(error) = read_volume_at(&*self.volume, offset, &mut block) {
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

    /// GUID of the shadow copy, from the header of its store.
    pub(super) fn shadow_copy(&self, parts: &StoreParts) -> Option<[u8; 16]> {
        let mut block = [0; BLOCK_HEADER + 64];
        read_volume_at(&*self.volume, parts.header, &mut block).ok()?;
        let is_header = block.starts_with(&SIGNATURE) && u32_at(&block, 20) == Some(STORE_HEADER);
        array_at(&block, BLOCK_HEADER + 16).filter(|_| is_header)
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
