//! VDI (VirtualBox): dynamic and fixed.
//!
//! Written from the header that VirtualBox's developers describe in their forum ("All about VDIs").
//! Numbers are little-endian.

use super::{Disk, Source};
use crate::evidence::bytes::{
    array_at, by_blocks, damaged, le32, le64, read_exact_at, unsupported,
};
use std::io;
use std::sync::Arc;

/// At 64, behind a text for people.
pub(super) const MAGIC: &[u8; 4] = b"\x7f\x10\xda\xbe";
pub(super) const MAGIC_AT: usize = 64;
/// Entries of the map from here on have no data: nothing written, or zeros.
const NO_DATA: u32 = 0xffff_fffe;

/// Blocks found by a map.
struct Vdi {
    source: Arc<dyn Source>,
    size: u64,
    block: u64,
    map: u64,
    data: u64,
}

/// Opens the VDI in `source`.
pub(super) fn open(source: Arc<dyn Source>) -> io::Result<Disk> {
    let header: [u8; 512] = array_at(&*source, 0)?;
    if le32(&header, 68) >> 16 != 1 {
        return Err(unsupported("VDI of another version than 1 is not read"));
    }
    match le32(&header, 76) {
        1 | 2 => {}
        3 | 4 => {
            return Err(unsupported(
                "VDI with a parent (snapshots) are not read; merge them, or export raw",
            ));
        }
        kind => return Err(damaged(format!("its type {kind} is not known"))),
    }
    let (map, data) = (u64::from(le32(&header, 340)), u64::from(le32(&header, 344)));
    let (size, block) = (le64(&header, 368), u64::from(le32(&header, 376)));
    let blocks = u64::from(le32(&header, 384));
    // Bytes before each block that no program uses.
    let extra = le32(&header, 380);
    let sound = extra == 0
        && block.is_power_of_two()
        && (4096..=1 << 30).contains(&block)
        && blocks.saturating_mul(block) >= size
        && map + 4 * blocks <= source.size();
    if !sound {
        return Err(damaged(format!(
            "{size} bytes in {blocks} blocks of {block}, map at {map}, cannot be right"
        )));
    }
    Disk::new("VDI", Vdi { source, size, block, map, data })
}

impl Source for Vdi {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        by_blocks(self.size, self.block, offset, buffer, |index, within, piece| {
            let entry = le32(&array_at::<4>(&*self.source, self.map + 4 * index)?, 0);
            if entry >= NO_DATA {
                piece.fill(0);
                return Ok(());
            }
            read_exact_at(&*self.source, self.data + u64::from(entry) * self.block + within, piece)
        })
    }
}
