//! Snapshots made by hand: every block of the volume holds its own number.

use super::block_map::{BLOCK, BlockDescriptor, FORWARDER, OVERLAY};
use super::{Snapshot, snapshots};
use crate::evidence::ntfs::tests::Bytes;
use crate::evidence::read_at::ReadAt;
use crate::evidence::volume_fault::VolumeFault;
use crate::model::FindingCode;
use std::sync::Arc;

const SIZE: usize = BLOCK as usize;
const COUNT: usize = 64;
const SIGNATURE: [u8; 16] = *b"\x6b\x87\x08\x38\x76\xc1\x48\x4e\xb7\xae\x04\x04\x6e\x6c\xc7\x52";
/// Blocks of the structures of snapshot `n` begin at FIRST + 4 n: list, header, bitmaps.
const CATALOG: usize = 40;
const FIRST: usize = 41;

/// Original block, block moved to, block saved at, flags, sectors.
type Block = (u64, u64, u64, u32, u32);

fn header(kind: u32, following: usize) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend([0; 16]);
    bytes.extend(((following * SIZE) as u64).to_le_bytes());
    bytes.resize(128, 0);
    bytes
}

fn descriptor((original, moved, saved, flags, sectors): Block) -> Vec<u8> {
    let mut bytes = Vec::new();
    for block in [original, moved, saved] {
        bytes.extend((block * BLOCK).to_le_bytes());
    }
    bytes.extend(flags.to_le_bytes());
    bytes.extend(sectors.to_le_bytes());
    assert_eq!(bytes.len(), BlockDescriptor::LENGTH);
    bytes
}

struct SavedVolume(Vec<u8>);

/// The snapshots of a volume with these bytes, of which no other is at hand.
fn alone(bytes: Vec<u8>) -> (Vec<Snapshot>, Vec<VolumeFault>) {
    snapshots(Arc::new(Bytes(bytes)), &mut std::iter::empty())
}

impl SavedVolume {
    /// Snapshots, oldest first, each with its blocks; block 30 is unused when the newest was taken.
    fn new(snapshots: &[&[Block]]) -> SavedVolume {
        let blocks = (0..COUNT).flat_map(|number| vec![number as u8; SIZE]).collect();
        let mut made = SavedVolume(blocks);
        let mut start = header(1, 0);
        start[48..56].copy_from_slice(&((CATALOG * SIZE) as u64).to_le_bytes());
        made.0[0x1E00..0x1E80].copy_from_slice(&start);
        let mut entries = Vec::new();
        for (at, blocks) in snapshots.iter().enumerate() {
            let first = FIRST + 4 * at;
            let offset = |block: usize| ((block * SIZE) as u64).to_le_bytes();
            let identifier = [at as u8 + 1; 16];
            let mut place = [&3u64.to_le_bytes()[..], &offset(first), &identifier].concat();
            place.extend([offset(first + 1), [0; 8], offset(first + 2)].concat());
            place.resize(128, 0);
            entries.extend(place);
            let mut entry = [&2u64.to_le_bytes()[..], &offset(COUNT), &identifier].concat();
            for number in [at as u64 + 1, 0x40, 1000 + at as u64] {
                entry.extend(number.to_le_bytes());
            }
            entry.resize(128, 0);
            entries.extend(entry);
            let list: Vec<u8> = blocks.iter().flat_map(|block| descriptor(*block)).collect();
            made.put(first, 3, &list);
            made.put(first + 1, 4, &[&[0; 16], &[at as u8 + 0xA1; 16][..]].concat());
            made.put(first + 2, 6, &[0, 0, 0, 0x40]);
        }
        made.put(CATALOG, 2, &entries);
        made
    }

    fn put(&mut self, block: usize, kind: u32, content: &[u8]) {
        let mut bytes = [header(kind, 0), content.to_vec()].concat();
        bytes.resize(SIZE, 0);
        self.block(block).copy_from_slice(&bytes);
    }

    fn block(&mut self, number: usize) -> &mut [u8] {
        &mut self.0[number * SIZE..][..SIZE]
    }

    fn open(&self) -> (Vec<Snapshot>, Vec<VolumeFault>) {
        alone(self.0.clone())
    }

    /// What the first byte of each of these blocks is in a snapshot.
    fn shown(&self, snapshot: usize, blocks: &[u64]) -> Vec<u8> {
        let (snapshots, faults) = self.open();
        assert_eq!(faults, []);
        first_bytes(&snapshots[snapshot], blocks)
    }
}

#[test]
fn blocks_fall_through_to_newer_snapshots_and_the_volume() {
    let made = SavedVolume::new(&[
        &[(1, 0, 10, 0, 0), (2, 0, 11, 0, 0)],
        &[(2, 0, 12, 0, 0), (3, 0, 13, 0, 0)],
        &[(3, 0, 14, 0, 0), (4, 0, 15, 0, 0)],
    ]);
    assert_eq!(made.shown(0, &[1, 2, 3, 4, 5]), [10, 11, 13, 15, 5]);
    assert_eq!(made.shown(1, &[1, 2, 3, 4, 5]), [1, 12, 13, 15, 5]);
    assert_eq!(made.shown(2, &[1, 2, 3, 4, 5]), [1, 2, 14, 15, 5]);
}

#[test]
fn snapshots_are_named_and_dated() {
    let (snapshots, faults) = SavedVolume::new(&[&[], &[]]).open();
    assert_eq!((snapshots.len(), faults.len()), (2, 0));
    assert_eq!(snapshots[0].identifier, "{01010101-0101-0101-0101-010101010101}");
    let shadow_copy = snapshots[1].shadow_copy.as_deref();
    assert_eq!(shadow_copy, Some("{a2a2a2a2-a2a2-a2a2-a2a2-a2a2a2a2a2a2}"));
    assert_eq!(snapshots[1].created.filetime(), 1001);
    assert!(snapshots.iter().all(|snapshot| snapshot.complete));
    assert_eq!(snapshots[0].source.size(), (COUNT * SIZE) as u64);
}

#[test]
fn moved_blocks_are_looked_for_where_they_went() {
    let made = SavedVolume::new(&[
        &[(1, 2, 0, FORWARDER, 0), (5, 5, 0, FORWARDER, 0)],
        &[(2, 0, 10, 0, 0), (3, 4, 0, FORWARDER, 0)],
    ]);
    assert_eq!(made.shown(0, &[1, 2, 3, 5]), [10, 10, 4, 5]);
    // What is saved of the new place later belongs to the old one.
    let made = SavedVolume::new(&[&[(1, 2, 0, FORWARDER, 0), (2, 0, 10, 0, 0)]]);
    assert_eq!(made.shown(0, &[1, 2]), [10, 2]);
}

#[test]
fn overlays_are_of_their_own_snapshot_only() {
    let made = SavedVolume::new(&[
        &[],
        &[
            (1, 0, 10, 0, 0),
            (1, 0, 11, OVERLAY, 0b010),
            (1, 0, 12, OVERLAY, 0b100),
            (2, 0, 13, 4, 0),
        ],
    ]);
    let (snapshots, _) = made.open();
    let mut bytes = [0; 2048];
    snapshots[1].source.read_at(BLOCK, &mut bytes).unwrap();
    // The second overlay adds a sector to the place of the first.
    assert_eq!(bytes[..], [[10; 512], [11; 512], [11; 512], [10; 512]].concat());
    snapshots[1].source.read_at(BLOCK + 600, &mut bytes[..1000]).unwrap();
    assert_eq!(bytes[..1000], [vec![11; 936], vec![10; 64]].concat());
    assert_eq!(made.shown(0, &[1, 2]), [10, 2]);
}

#[test]
fn unused_blocks_of_the_newest_snapshot_are_zeros() {
    let made = SavedVolume::new(&[&[], &[]]);
    assert_eq!(made.shown(1, &[29, 30, 31]), [29, 0, 31]);
    assert_eq!(made.shown(0, &[29, 30, 31]), [29, 30, 31]);
    // Saved or moved to: then it was used.
    assert_eq!(SavedVolume::new(&[&[(30, 0, 10, 0, 0)]]).shown(0, &[30]), [10]);
    assert_eq!(SavedVolume::new(&[&[(1, 30, 0, FORWARDER, 0)]]).shown(0, &[1, 30]), [30, 30]);
    // There and back: the first move stands, and 30 was in use.
    let there_and_back = [(1, 30, 0, FORWARDER, 0), (30, 1, 0, FORWARDER, 0)];
    assert_eq!(SavedVolume::new(&[&there_and_back]).shown(0, &[1]), [30]);
}

#[test]
fn a_broken_chain_makes_it_and_all_older_ones_incomplete() {
    let sound = SavedVolume::new(&[&[], &[(1, 0, 10, 0, 0)], &[]]);
    let list = FIRST + 4;
    let goes_to = |target: u64| {
        let mut made = SavedVolume(sound.0.clone());
        made.block(list)[40..48].copy_from_slice(&target.to_le_bytes());
        made
    };
    for target in [list as u64 * BLOCK, BLOCK, 1 << 60] {
        let made = goes_to(target);
        let (snapshots, faults) = made.open();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let complete: Vec<bool> = snapshots.iter().map(|snapshot| snapshot.complete).collect();
        assert_eq!(complete, [false, false, true]);
        let mut byte = [0];
        snapshots[1].source.read_at(BLOCK, &mut byte).unwrap();
        assert_eq!(byte, [10]);
    }
}

#[test]
fn volumes_without_snapshots_have_none() {
    assert!(alone(vec![0; 100]).0.is_empty());
    assert!(alone(vec![0; 100_000]).1.is_empty());
    let mut made = SavedVolume::new(&[&[]]);
    made.0[0x1E00 + 48..][..8].fill(0);
    let (snapshots, faults) = made.open();
    assert!(snapshots.is_empty() && faults.is_empty());
}

#[test]
fn sizes_beyond_the_volume_are_cut() {
    let mut made = SavedVolume::new(&[&[]]);
    made.block(CATALOG)[128 + 128 + 8..][..8].fill(0x7F);
    let (snapshots, faults) = made.open();
    assert_eq!(snapshots[0].source.size(), (COUNT * SIZE) as u64);
    assert_eq!(faults.len(), 1);
}

#[test]
fn damage_anywhere_is_survived() {
    let whole = SavedVolume::new(&[
        &[(1, 2, 0, FORWARDER, 0), (3, 0, 9, 0, 0)],
        &[(2, 0, 10, 0, 0), (4, 0, 11, OVERLAY, 0xFF), (5, 0, 9, 0, 0)],
    ]);
    let mut random = 1u64;
    let mut below = |end: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % end
    };
    let mut found = 0;
    for _ in 0..1000 {
        let mut made = SavedVolume(whole.0.clone());
        for _ in 0..=below(10) {
            let block = [CATALOG, FIRST, FIRST + 1, FIRST + 2, FIRST + 4][below(5)];
            made.block(block)[below(512)] = [0, 0xFF, below(256) as u8][below(3)];
        }
        if below(5) == 0 {
            let length = below(whole.0.len());
            made.0.truncate(length);
        }
        for snapshot in made.open().0 {
            found += 1;
            assert!(snapshot.source.size() <= made.0.len() as u64);
            let _ = snapshot.source.read_at(below(200_000) as u64, &mut vec![0; 200_000]);
        }
    }
    assert!(found > 1000, "{found}");
}

/// The volume whose snapshots these are, without any store, and the volume that has the stores.
fn kept_apart(made: SavedVolume) -> (SavedVolume, SavedVolume) {
    let (mut volume, mut storage) = (SavedVolume(made.0.clone()), made);
    let header = &mut volume.0[0x1E00..0x1E80];
    header[64..80].fill(0x11);
    header[80..96].fill(0x22);
    for at in 0..SIZE / 128 - 1 {
        // Entries of stores come first, then those of snapshots.
        let whose = if at % 2 == 0 { &mut volume } else { &mut storage };
        whose.block(CATALOG)[128 + 128 * at..][..128].fill(0);
    }
    // All but the catalog lies on the other volume, and what was saved there are other bytes.
    for block in (FIRST..COUNT).chain([10, 11, 12]) {
        volume.block(block).fill(0xEE);
    }
    for block in 0..10 {
        storage.block(block)[0] = 0xDD;
    }
    (volume, storage)
}

fn first_bytes(snapshot: &Snapshot, blocks: &[u64]) -> Vec<u8> {
    let read = |block: &u64| {
        let mut byte = [0xEE];
        assert_eq!(snapshot.source.read_at(block * BLOCK, &mut byte).unwrap(), 1);
        byte[0]
    };
    blocks.iter().map(read).collect()
}

#[test]
fn shadow_copies_on_another_volume_are_read_where_it_is_at_hand() {
    let (volume, storage) = kept_apart(SavedVolume::new(&[
        &[(1, 0, 10, 0, 0), (2, 3, 0, FORWARDER, 0)],
        &[(3, 0, 11, 0, 0), (4, 0, 12, OVERLAY, 1)],
    ]));
    let none = SavedVolume(vec![0; 20 * SIZE]);
    let others = [none.0, storage.0.clone()].map(|bytes| Arc::new(Bytes(bytes)) as Arc<dyn ReadAt>);
    let (found, faults) = snapshots(Arc::new(Bytes(volume.0.clone())), &mut others.into_iter());
    assert_eq!((found.len(), faults), (2, vec![]));
    assert_eq!(found[1].shadow_copy.as_deref(), Some("{a2a2a2a2-a2a2-a2a2-a2a2-a2a2a2a2a2a2}"));
    assert_eq!(first_bytes(&found[0], &[1, 2, 3, 4, 5]), [10, 11, 11, 4, 5]);
    assert_eq!(first_bytes(&found[1], &[1, 2, 3, 4, 5, 30]), [1, 2, 11, 12, 5, 0]);
    assert!(found.iter().all(|snapshot| snapshot.complete));
    // The other volume has no snapshots of its own.
    let (found, faults) = alone(storage.0);
    assert_eq!((found.len(), faults), (0, vec![]));
}

#[test]
fn shadow_copies_on_a_volume_that_is_not_at_hand_are_named() {
    let (volume, _) = kept_apart(SavedVolume::new(&[&[], &[]]));
    let (found, faults) = alone(volume.0.clone());
    assert!(found.is_empty());
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].code, FindingCode::ShadowCopiesElsewhere);
    let reason = &faults[0].reason;
    assert!(reason.contains("{22222222-2222-2222-2222-222222222222}, which"), "{reason}");
    // Where the header does not say it, each is named.
    let mut unsaid = volume;
    unsaid.0[0x1E00 + 80..][..16].fill(0x11);
    let (found, faults) = alone(unsaid.0);
    assert_eq!((found.len(), faults.len()), (0, 2), "{faults:?}");
    assert!(faults.iter().all(|fault| fault.code == FindingCode::VolumeDamaged));
}

/// A snapshot is put together from its own store and all newer ones: without one of these it may show newer bytes.
#[test]
fn a_missing_store_makes_older_snapshots_incomplete() {
    let mut made = SavedVolume::new(&[&[(1, 0, 10, 0, 0)], &[(2, 0, 11, 0, 0)], &[]]);
    // The entry of the second store: entries of stores and of snapshots alternate.
    made.block(CATALOG)[128 + 128 * 2..][..128].fill(0);
    let (found, faults) = alone(made.0);
    assert_eq!(faults.len(), 1, "{faults:?}");
    let complete: Vec<bool> = found.iter().map(|snapshot| snapshot.complete).collect();
    assert_eq!(complete, [false, true]);
}

#[test]
fn a_store_on_the_volume_itself_is_read_whatever_the_header_says() {
    let mut made = SavedVolume::new(&[&[]]);
    made.0[0x1E00 + 64..][..16].fill(0x11);
    made.0[0x1E00 + 80..][..16].fill(0x22);
    let (found, faults) = alone(made.0.clone());
    assert_eq!((found.len(), faults), (1, vec![]));
    // Without a catalog there is no snapshot that could be elsewhere.
    made.0[0x1E00 + 48..][..8].fill(0);
    let (found, faults) = alone(made.0);
    assert_eq!((found.len(), faults), (0, vec![]));
}
