//! VDI (VirtualBox): dynamic and fixed.
//!
//! Written from the header that VirtualBox's developers describe in their forum ("All about VDIs").
//! Numbers are little-endian.

use super::image::{Detect, Image, ImageFile, ImageFormat, Support, VirtualDisk};
use crate::evidence::bytes::{le32, le64};
use crate::evidence::limits;
use crate::evidence::read_at::{
    ReadAt, damaged, read_array_at, read_by_blocks, read_exact_at, unsupported,
};
use std::io;
use std::sync::Arc;

pub(super) const FORMAT: ImageFormat = ImageFormat {
    name: "VDI",
    endings: &["vdi"],
    // The text before it is for people.
    detect: Detect::Signature(&[(64, b"\x7f\x10\xda\xbe")]),
    support: Support::Read(open),
};

/// Entries of the block map from here on have no data: nothing was written, or only zeros.
const NO_DATA: u32 = 0xffff_fffe;

/// A disk in blocks that are found by a map.
struct Vdi {
    source: Arc<dyn ReadAt>,
    size: u64,
    /// Bytes of a block.
    block: u64,
    /// Offset of the block map.
    map: u64,
    /// Offset of the first block.
    data: u64,
}

fn open(file: &ImageFile<'_>) -> io::Result<Image> {
    let source = Arc::clone(&file.source);
    let header: [u8; 512] = read_array_at(&*source, 0)?;
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
    // Bytes in front of each block: no program uses them.
    let extra = le32(&header, 380);
    let is_sound = extra == 0
        && block.is_power_of_two()
        && (4096..=limits::IMAGE_BLOCK).contains(&block)
        && blocks.saturating_mul(block) >= size
        && map + 4 * blocks <= source.size();
    if !is_sound {
        return Err(damaged(format!(
            "{size} bytes in {blocks} blocks of {block}, map at {map}, cannot be right"
        )));
    }
    let disk = VirtualDisk::new(FORMAT.name, Vdi { source, size, block, map, data })?;
    Ok(Image::Disk(disk))
}

impl ReadAt for Vdi {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_by_blocks(self.size, self.block, offset, buffer, |index, within, part| {
            let entry = le32(&read_array_at::<4>(&*self.source, self.map + 4 * index)?, 0);
            if entry >= NO_DATA {
                part.fill(0);
                return Ok(());
            }
            read_exact_at(&*self.source, self.data + u64::from(entry) * self.block + within, part)
        })
    }
}
