//! The catalog of snapshots, and the chains of blocks that describe each.
//!
//! Source: libyal, "Volume Shadow Snapshot (VSS) format", sections "Volume header", "Catalog" and
//! "Store".

use super::blocks::{Builder, Descriptor};
use super::{BLOCK, Store};
use crate::evidence::fault::Faults;
use crate::evidence::ntfs::bytes::{fill, index, part, u32_at, u64_at};
use crate::evidence::{Fault, Source};
use std::collections::{HashMap, HashSet};

/// The header lies behind the boot code of the volume.
const HEADER: u64 = 0x1E00;
/// {3808876b-c176-4e48-b7ae-04046e6cc752}, at the start of every structure.
const SIGNATURE: [u8; 16] = [
    0x6B, 0x87, 0x08, 0x38, 0x76, 0xC1, 0x48, 0x4E, 0xB7, 0xAE, 0x04, 0x04, 0x6E, 0x6C, 0xC7, 0x52,
];
/// Bytes before the content of a block, and of a catalog entry.
const BLOCK_HEADER: usize = 128;
const ENTRY: usize = 128;

/// Record types of blocks.
const CATALOG: u32 = 2;
const DESCRIPTORS: u32 = 3;
const STORE_HEADER: u32 = 4;
const BITMAP: u32 = 6;
/// Types of catalog entries.
const SNAPSHOT: u64 = 2;
const STORE: u64 = 3;

/// Windows keeps up to 512 snapshots of a volume; two entries each.
const MOST_SNAPSHOTS: usize = 1024;
const MOST_CATALOG_BLOCKS: usize = 64;
/// Saved blocks of all snapshots together: 128 GiB, as many as a volume of a terabyte saves when
/// Windows is left to itself.
const MOST_BLOCKS: usize = 8 << 20;

/// A snapshot as the catalog has it.
#[derive(Default)]
struct Entry {
    size: u64,
    sequence: u64,
    created: u64,
    place: Option<Places>,
}

/// Where the parts of a store begin.
struct Places {
    descriptors: u64,
    header: u64,
    bitmap: u64,
    bitmap_before: u64,
}

/// The stores of a volume, oldest first.
pub(super) fn stores(volume: &dyn Source, faults: &mut Faults) -> Vec<Store> {
    let mut stores: Vec<Store> = Vec::new();
    let mut room = MOST_BLOCKS;
    let mut chains = Chains { volume, left: volume.size() / BLOCK + 1 };
    let entries = catalog(&mut chains, faults);
    let newest = entries.len().saturating_sub(1);
    for (at, (identifier, entry)) in entries.into_iter().enumerate() {
        let name = guid(&identifier);
        let Some(places) = entry.place else {
            faults.note(HEADER, format!("snapshot {name}: the catalog does not name its store"));
            continue;
        };
        // Sizes beyond the volume have been seen, where the catalog was damaged.
        let size = entry.size.min(volume.size());
        if size < entry.size {
            let reason =
                format!("snapshot {name} claims {} bytes, the volume has {size}", entry.size);
            faults.note(HEADER, reason);
        }
        let (builder, mut complete) = chains.blocks(&places, &name, room, faults);
        room = room.saturating_sub(builder.len());
        // What was unused is asked only of the newest snapshot.
        let unused = (at == newest).then(|| chains.unused(&places, size, &name, faults));
        complete &= unused.as_ref().is_none_or(|(_, whole)| *whole);
        let blocks = builder.build(unused.map(|(bits, _)| bits).unwrap_or_default());
        let shadow_copy = shadow_copy(volume, places.header);
        stores.push(Store {
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
fn catalog(chains: &mut Chains<'_>, faults: &mut Faults) -> Vec<([u8; 16], Entry)> {
    let mut header = [0; 128];
    if fill(chains.volume, HEADER, &mut header).is_err() || !header.starts_with(&SIGNATURE) {
        return Vec::new();
    }
    let first = u64_at(&header, 48).unwrap_or(0);
    if first == 0 {
        return Vec::new();
    }
    let mut entries: HashMap<[u8; 16], Entry> = HashMap::new();
    let mut blocks = 0;
    let result = chains.walk(first, CATALOG, |content| {
        blocks += 1;
        for bytes in content.chunks_exact(ENTRY) {
            let kind = u64_at(bytes, 0).unwrap_or(0);
            let identifier = part(bytes, 16, 16).and_then(|bytes| bytes.try_into().ok());
            let (Some(identifier), SNAPSHOT | STORE) = (identifier, kind) else { continue };
            if entries.len() >= MOST_SNAPSHOTS && !entries.contains_key(&identifier) {
                return Err("more snapshots than a volume can have");
            }
            let entry = entries.entry(identifier).or_default();
            let value = |at| u64_at(bytes, at).unwrap_or(0);
            if kind == SNAPSHOT {
                (entry.size, entry.sequence, entry.created) = (value(8), value(32), value(48));
            } else {
                entry.place = Some(Places {
                    descriptors: value(8),
                    header: value(32),
                    bitmap: value(48),
                    bitmap_before: value(72),
                });
            }
        }
        if blocks > MOST_CATALOG_BLOCKS { Err("it is too long") } else { Ok(()) }
    });
    if let Err(fault) = result {
        faults.note(fault.offset, format!("catalog of shadow copies: {}", fault.reason));
    }
    let mut entries: Vec<_> = entries.into_iter().filter(|(_, entry)| entry.size != 0).collect();
    // The catalog is in no order.
    entries.sort_by_key(|(identifier, entry)| (entry.created, entry.sequence, *identifier));
    if !entries.is_sorted_by_key(|(_, entry)| entry.sequence) {
        let reason = "catalog of shadow copies: by their numbers the snapshots have another order \
                      than by their times, so the clock was set back; they are read in order of time";
        faults.note(HEADER, reason);
    }
    entries
}

/// Reads chains of blocks; all together no more blocks than the volume has.
struct Chains<'a> {
    volume: &'a dyn Source,
    left: u64,
}

impl Chains<'_> {
    /// The blocks of a store; `false` when not all that describes them could be read.
    fn blocks(
        &mut self,
        places: &Places,
        name: &str,
        room: usize,
        faults: &mut Faults,
    ) -> (Builder, bool) {
        let mut builder = Builder::default();
        let result = self.walk(places.descriptors, DESCRIPTORS, |content| {
            let list = content.chunks_exact(Descriptor::LENGTH).filter_map(Descriptor::parse);
            list.for_each(|descriptor| builder.add(&descriptor));
            if builder.len() > room { Err("more blocks than are read") } else { Ok(()) }
        });
        (builder, whole(result, "block list", name, faults))
    }

    /// A bit for each block of the volume that was not in use: both bitmaps say so, if there are
    /// two. `false` when they could not be read in full.
    fn unused(
        &mut self,
        places: &Places,
        size: u64,
        name: &str,
        faults: &mut Faults,
    ) -> (Vec<u8>, bool) {
        let longest = index(size / BLOCK / 8 + BLOCK);
        let mut bitmap = |offset, what: &str| {
            let mut bits = Vec::new();
            let result = self.walk(offset, BITMAP, |content| {
                bits.extend_from_slice(content);
                if bits.len() > longest { Err("it is longer than its volume") } else { Ok(()) }
            });
            let whole = whole(result, what, name, faults);
            (bits, whole)
        };
        let (mut unused, mut complete) = bitmap(places.bitmap, "bitmap");
        if places.bitmap_before != 0 {
            let (before, whole) = bitmap(places.bitmap_before, "previous bitmap");
            complete &= whole;
            unused.truncate(before.len());
            unused.iter_mut().zip(&before).for_each(|(byte, before)| *byte &= before);
        }
        (unused, complete)
    }

    /// Shows the content of every block of a chain, each once.
    ///
    /// # Errors
    /// Where the chain breaks; what came before has been shown.
    fn walk(
        &mut self,
        first: u64,
        kind: u32,
        mut visit: impl FnMut(&[u8]) -> Result<(), &'static str>,
    ) -> Result<(), Fault> {
        let mut seen = HashSet::new();
        let mut block = vec![0; index(BLOCK)];
        let mut offset = first;
        while offset != 0 {
            let fault =
                |reason: &str| Err(Fault::new(offset, format!("{reason}; the rest is lost")));
            if !seen.insert(offset) {
                return fault("its blocks go round in a circle");
            }
            if self.left == 0 {
                return fault("the chains have more blocks than the volume");
            }
            self.left -= 1;
            if let Err(error) = fill(self.volume, offset, &mut block) {
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

/// Notes why a chain broke, if it did.
fn whole(result: Result<(), Fault>, what: &str, name: &str, faults: &mut Faults) -> bool {
    let Err(Fault { offset, reason }) = result else { return true };
    faults.note(offset, format!("snapshot {name}: {what}: {reason}"));
    false
}

/// GUID of the shadow copy, from the header of its store.
fn shadow_copy(volume: &dyn Source, offset: u64) -> Option<String> {
    let mut block = [0; BLOCK_HEADER + 64];
    fill(volume, offset, &mut block).ok()?;
    (block.starts_with(&SIGNATURE) && u32_at(&block, 20) == Some(STORE_HEADER)).then_some(())?;
    Some(guid(part(&block, BLOCK_HEADER + 16, 16)?.try_into().ok()?))
}

/// A GUID as Windows writes it.
fn guid(bytes: &[u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let first = u32::from_le_bytes([*a, *b, *c, *d]);
    let (second, third) = (u16::from_le_bytes([*e, *f]), u16::from_le_bytes([*g, *h]));
    let rest = rest.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!(
        "{{{first:08x}-{second:04x}-{third:04x}-{:04x}-{:012x}}}",
        rest >> 48,
        rest & 0xFFFF_FFFF_FFFF
    )
}
