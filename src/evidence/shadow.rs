//! Volume shadow copies: a volume as it was, from the blocks saved before they were overwritten.
//!
//! Each snapshot has a store with the blocks of 16 KiB that were changed while it was the newest
//! one. A block that its store does not hold is looked for in the store of the next newer snapshot,
//! and so on; what none of them holds has not changed and is read from the volume itself.
//!
//! Source: libyal, "Volume Shadow Snapshot (VSS) format".

mod blocks;
mod catalog;
#[cfg(test)]
mod tests;

use super::fault::Faults;
use super::ntfs::bytes::{fill, index};
use super::{Fault, Source};
use crate::model::Timestamp;
use blocks::{Blocks, Where};
use std::io;
use std::sync::Arc;

/// Volumes are saved in blocks of this many bytes.
const BLOCK: u64 = 16 << 10;
/// Parts of a block that an overlay names.
const SECTOR: u64 = 512;

/// A volume as it was when a snapshot was taken.
pub struct Snapshot {
    /// GUID of its store, as in the name of the file that holds it.
    pub identifier: String,
    /// GUID of the shadow copy, as `vssadmin list shadows` shows it, if it could be read.
    pub shadow_copy: Option<String>,
    /// When it was taken.
    pub created: Timestamp,
    /// Everything that describes it could be read. Otherwise blocks of it may show what was
    /// written later.
    pub complete: bool,
    /// The volume; to be opened as the volume itself is.
    pub source: Arc<dyn Source>,
}

/// What the catalog and the store say of one snapshot.
struct Store {
    identifier: String,
    shadow_copy: Option<String>,
    created: u64,
    size: u64,
    complete: bool,
    blocks: Blocks,
}

/// The snapshots of a volume, oldest first, and what of them could not be read. A volume that has
/// none has no faults either.
pub fn snapshots(volume: Arc<dyn Source>) -> (Vec<Snapshot>, Vec<Fault>) {
    let mut faults = Faults::default();
    let stores: Arc<[Store]> = catalog::stores(&*volume, &mut faults).into();
    let mut complete = true;
    let mut found: Vec<Snapshot> = Vec::new();
    for (at, store) in stores.iter().enumerate().rev() {
        // A snapshot is put together from its own store and all newer ones.
        complete &= store.complete;
        let source = View { volume: Arc::clone(&volume), stores: Arc::clone(&stores), at };
        found.push(Snapshot {
            identifier: store.identifier.clone(),
            shadow_copy: store.shadow_copy.clone(),
            created: Timestamp::from_filetime(store.created),
            complete,
            source: Arc::new(source),
        });
    }
    found.reverse();
    (found, faults.into_vec())
}

/// The volume through the store `at` and all newer ones.
struct View {
    volume: Arc<dyn Source>,
    stores: Arc<[Store]>,
    at: usize,
}

/// Where bytes of a snapshot are.
enum Place {
    Volume(u64),
    /// Not in use when the snapshot was taken, so nothing was saved.
    Unused,
}

impl View {
    /// Where the sector that begins at `offset` is, and what of it can be read in one piece.
    fn place(&self, offset: u64) -> (Place, u64) {
        let within = offset % BLOCK;
        let Some(own) = self.stores.get(self.at) else { return (Place::Volume(offset), SECTOR) };
        let overlay = own.blocks.overlay(offset - within);
        let length = if overlay.is_some() { SECTOR - within % SECTOR } else { BLOCK - within };
        if let Some(overlay) = overlay.filter(|overlay| overlay.covers(within)) {
            return (Place::Volume(overlay.offset.saturating_add(within)), length);
        }
        let mut block = offset - within;
        for store in self.stores.iter().skip(self.at) {
            match store.blocks.find(block) {
                Some(Where::Saved(place)) => {
                    return (Place::Volume(place.saturating_add(within)), length);
                }
                Some(Where::Moved(to)) => block = to,
                None => {}
            }
        }
        // Only the newest snapshot can tell; in an older one the block may have been used. And what
        // was moved was in use.
        let is_newest = self.at + 1 == self.stores.len();
        if is_newest && block == offset - within && own.blocks.is_unused(block) {
            return (Place::Unused, length);
        }
        (Place::Volume(block.saturating_add(within)), length)
    }
}

impl Source for View {
    fn size(&self) -> u64 {
        self.stores.get(self.at).map_or(0, |store| store.size)
    }

    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(index(self.size().saturating_sub(offset)));
        let (mut rest, _) = buffer.split_at_mut(count);
        let mut offset = offset;
        while !rest.is_empty() {
            let (place, length) = self.place(offset);
            let (part, after) = rest.split_at_mut(rest.len().min(index(length)));
            match place {
                Place::Volume(at) => fill(&*self.volume, at, part)?,
                Place::Unused => part.fill(0),
            }
            offset = offset.saturating_add(part.len() as u64);
            rest = after;
        }
        Ok(count)
    }
}
