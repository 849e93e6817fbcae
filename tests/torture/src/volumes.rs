//! NTFS volumes and shadow copies in memory, with loops and wrong numbers in their structures.

use crate::files::{Memory, unpacked};
use crate::{Case, Dice, Expected, Target};
use std::sync::{Arc, OnceLock};
use winlast::evidence::ReadAt;
use winlast::evidence::ntfs::NtfsVolume;
use winlast::evidence::shadow_copies::snapshots;

/// File records, attributes and indexes.
pub(crate) const NTFS: Target = Target { name: "ntfs", make: make_ntfs, check: check_ntfs };
/// Catalogs, stores and block lists.
pub(crate) const SHADOW_COPIES: Target =
    Target { name: "shadow-copies", make: make_shadow_copies, check: check_shadow_copies };

/// Bytes of a file that are read of each found one: enough to go through its runs.
const READ_OF_A_FILE: u64 = 8 << 20;

struct Volume {
    bytes: Vec<u8>,
    /// Where structures begin.
    structures: Vec<usize>,
}

impl Volume {
    fn new(packed: &[u8], is_structure: fn(&[u8]) -> bool) -> Volume {
        let bytes = unpacked(packed);
        let at = (0..bytes.len()).step_by(512);
        let structures = at.filter(|at| is_structure(&bytes[*at..*at + 512])).collect();
        Volume { bytes, structures }
    }
}

/// First bytes of the block that all structures of shadow copies begin with.
const SHADOW_COPY: &[u8] = b"\x6b\x87\x08\x38\x76\xc1\x48\x4e\xb7\xae\x04\x04\x6e\x6c\xc7\x52";

fn make_ntfs(dice: &mut Dice<'_>) -> Case {
    static SEED: OnceLock<Volume> = OnceLock::new();
    let volume = SEED.get_or_init(|| {
        Volume::new(include_bytes!("../seeds/volume.raw.gz"), |sector| {
            sector.starts_with(b"FILE") || sector.starts_with(b"INDX")
        })
    });
    make(dice, volume, 1024)
}

fn make_shadow_copies(dice: &mut Dice<'_>) -> Case {
    static SEED: OnceLock<Volume> = OnceLock::new();
    let volume = SEED.get_or_init(|| {
        Volume::new(include_bytes!("../seeds/shadow.raw.gz"), |sector| {
            sector.starts_with(SHADOW_COPY)
        })
    });
    make(dice, volume, 2048)
}

fn make(dice: &mut Dice<'_>, volume: &Volume, length: usize) -> Case {
    let mut bytes = volume.bytes.clone();
    for _ in 0..=dice.below(8) {
        let at = match dice.below(8) {
            0 => dice.below(512),
            1 => dice.below(bytes.len()),
            _ => dice.of_these(&volume.structures) + dice.below(length),
        };
        match dice.below(5) {
            // A number that points to another structure, or to its own.
            0 => {
                let number = dice.below(80) as u8;
                bytes[at.min(volume.bytes.len() - 1)] = number;
            }
            // One structure in the place of another.
            1 => {
                let (from, to) =
                    (*dice.of_these(&volume.structures), *dice.of_these(&volume.structures));
                let end = bytes.len().min(from + length);
                if to + length <= bytes.len() {
                    bytes.copy_within(from..end, to);
                }
            }
            2 => dice.damage(&mut bytes, at),
            _ => dice.put_odd_number(&mut bytes, at),
        }
    }
    Case { name: "volume.raw".into(), bytes, expected: Expected::Anything }
}

fn check_ntfs(case: &Case) -> Result<(), String> {
    let source: Arc<dyn ReadAt> = Arc::new(Memory::from(case.bytes.clone()));
    read_volume(&source);
    Ok(())
}

/// Reads all logs of a volume. That nothing panics and that it ends is all that is asked for.
fn read_volume(source: &Arc<dyn ReadAt>) {
    let Ok(volume) = NtfsVolume::open(Arc::clone(source)) else { return };
    let found = [volume.logs(), volume.scan_mft()];
    let mut buffer = vec![0; 1 << 16];
    for file in found.iter().flat_map(|logs| &logs.files) {
        let mut at = 0;
        while at < file.source.size().min(READ_OF_A_FILE) {
            let _ = file.source.read_at(at, &mut buffer);
            at += buffer.len() as u64;
        }
    }
}

/// Reads all snapshots with their stores on the volume itself, and once more with the stores on another one.
fn check_shadow_copies(case: &Case) -> Result<(), String> {
    let source: Arc<dyn ReadAt> = Arc::new(Memory::from(case.bytes.clone()));
    let without: Arc<dyn ReadAt> = Arc::new(Memory::from(without_stores(case.bytes.clone())));
    let (here, _) = snapshots(Arc::clone(&source), &mut std::iter::empty());
    let (elsewhere, _) = snapshots(without, &mut std::iter::once(source));
    for snapshot in here.iter().chain(&elsewhere) {
        read_volume(&snapshot.source);
    }
    Ok(())
}

/// The volume without the entries of stores in its catalog: it names its snapshots only.
fn without_stores(mut bytes: Vec<u8>) -> Vec<u8> {
    let is_catalog = |block: &&mut [u8]| block.starts_with(SHADOW_COPY) && block[20] == 2;
    for block in bytes.chunks_exact_mut(16 << 10).filter(is_catalog) {
        let entries = block[128..].chunks_exact_mut(128);
        entries.filter(|entry| entry[0] == 3).for_each(|entry| entry.fill(0));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snapshots_are_found_here_and_elsewhere() {
        let bytes = unpacked(include_bytes!("../seeds/shadow.raw.gz"));
        let whole: Arc<dyn ReadAt> = Arc::new(Memory::from(bytes.clone()));
        let without: Arc<dyn ReadAt> = Arc::new(Memory::from(without_stores(bytes)));
        let (here, _) = snapshots(Arc::clone(&whole), &mut std::iter::empty());
        let (elsewhere, _) = snapshots(Arc::clone(&without), &mut std::iter::once(whole));
        let (nowhere, faults) = snapshots(without, &mut std::iter::empty());
        assert!(!here.is_empty() && nowhere.is_empty() && !faults.is_empty());
        assert_eq!(here.len(), elsewhere.len());
    }
}
