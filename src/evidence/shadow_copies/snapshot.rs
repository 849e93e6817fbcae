//! A snapshot put together from its store, all newer stores, and the volume.

use super::block_map::{BLOCK, SECTOR, SavedBlock};
use super::stores::{self, SnapshotStore};
use crate::evidence::bytes::to_index;
use crate::evidence::read_at::{ReadAt, read_volume_at};
use crate::evidence::volume_fault::{VolumeFault, VolumeFaults};
use crate::model::Timestamp;
use std::io;
use std::sync::Arc;

/// A volume as it was when a snapshot was taken.
#[non_exhaustive]
pub struct Snapshot {
    /// GUID of its store in braces, as in the name of the file that holds the store.
    pub identifier: String,
    /// GUID of the shadow copy in braces, as `vssadmin list shadows` shows it, if it could be read.
    pub shadow_copy: Option<String>,
    /// When the snapshot was taken.
    pub created: Timestamp,
    /// Everything that describes the snapshot could be read. Otherwise blocks of it may show what
    /// was written later.
    pub complete: bool,
    /// The bytes of the volume as it was; to be opened as the volume itself is.
    pub source: Arc<dyn ReadAt>,
}

/// The snapshots of a volume, oldest first, and what of them could not be read. A volume without
/// snapshots has no faults either.
///
/// What was overwritten may be kept on another volume. It is looked for on `others`, of which no more are
/// asked for than are needed.
pub fn snapshots(
    volume: Arc<dyn ReadAt>,
    others: &mut dyn Iterator<Item = Arc<dyn ReadAt>>,
) -> (Vec<Snapshot>, Vec<VolumeFault>) {
    let mut faults = VolumeFaults::default();
    let stores: Arc<[SnapshotStore]> = stores::stores(&volume, others, &mut faults).into();
    let mut complete = true;
    let mut found: Vec<Snapshot> = Vec::new();
    for (at, store) in stores.iter().enumerate().rev() {
        // A snapshot is put together from its own store and all newer ones.
        complete &= store.complete;
        let source = SnapshotView { volume: Arc::clone(&volume), stores: Arc::clone(&stores), at };
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

/// The volume as it was when the snapshot with the store `at` was taken.
struct SnapshotView {
    volume: Arc<dyn ReadAt>,
    stores: Arc<[SnapshotStore]>,
    at: usize,
}

/// Where bytes of a snapshot are.
enum BlockPlace<'a> {
    /// At this offset of the volume.
    Volume(u64),
    /// At this offset of the volume that holds the store.
    Storage(&'a SnapshotStore, u64),
    /// Nowhere: they were not in use when the snapshot was taken, so nothing was saved.
    Unused,
}

impl SnapshotView {
    /// Where the bytes from `offset` on are, and how many of them follow each other there.
    fn place(&self, offset: u64) -> (BlockPlace<'_>, u64) {
        let within = offset % BLOCK;
        let Some(own) = self.stores.get(self.at) else {
            return (BlockPlace::Volume(offset), SECTOR);
        };
        let overlay = own.blocks.overlay(offset - within);
        let length = if overlay.is_some() { SECTOR - within % SECTOR } else { BLOCK - within };
        if let Some(overlay) = overlay.filter(|overlay| overlay.covers(within)) {
            return (BlockPlace::Storage(own, overlay.offset.saturating_add(within)), length);
        }
        let mut block = offset - within;
        for store in self.stores.iter().skip(self.at) {
            match store.blocks.find(block) {
                Some(SavedBlock::Saved(place)) => {
                    return (BlockPlace::Storage(store, place.saturating_add(within)), length);
                }
                Some(SavedBlock::Moved(to)) => block = to,
                None => {}
            }
        }
        // Only the bitmap of the newest snapshot counts: for an older one the block may have been in
        // use. And a block that was moved was in use.
        let is_newest = self.at + 1 == self.stores.len();
        if is_newest && block == offset - within && own.blocks.is_unused(block) {
            return (BlockPlace::Unused, length);
        }
        (BlockPlace::Volume(block.saturating_add(within)), length)
    }
}

impl ReadAt for SnapshotView {
    fn size(&self) -> u64 {
        self.stores.get(self.at).map_or(0, |store| store.size)
    }

    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(to_index(self.size().saturating_sub(offset)));
        let (mut rest, _) = buffer.split_at_mut(count);
        let mut offset = offset;
        while !rest.is_empty() {
            let (place, length) = self.place(offset);
            let (part, after) = rest.split_at_mut(rest.len().min(to_index(length)));
            match place {
                BlockPlace::Volume(at) => read_volume_at(&*self.volume, at, part)?,
                BlockPlace::Storage(store, at) => read_volume_at(&*store.storage, at, part)?,
                BlockPlace::Unused => part.fill(0),
            }
            offset = offset.saturating_add(part.len() as u64);
            rest = after;
        }
        Ok(count)
    }
}
