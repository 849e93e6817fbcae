//! VHDX (Hyper-V): fixed, dynamic, and differencing with its parent in the same folder; changes that
//! are still in its log are replayed in memory.
//!
//! Written from Microsoft's open specification [MS-VHDX].

mod checksum;
mod header;
mod log;
mod parent;
mod tables;

use super::image::{Detect, Image, ImageFile, ImageFormat, Support, VirtualDisk};
use crate::evidence::limits;
use crate::evidence::read_at::{
    ReadAt, damaged, read_array_at, read_by_blocks, read_exact_at, read_or_zeros,
};
use header::HeaderInForce;
use std::io;
use std::sync::Arc;
use tables::{Metadata, Region, Regions};

pub(super) const FORMAT: ImageFormat = ImageFormat {
    name: "VHDX",
    endings: &["vhdx"],
    detect: Detect::Signature(&[(0, b"vhdxfile")]),
    support: Support::Read(open),
};

const MIB: u64 = 1 << 20;
/// States of a block.
const NOT_PRESENT: u64 = 0;
const PRESENT: u64 = 6;
const PARTLY_PRESENT: u64 = 7;

/// A disk in blocks that are found by the block allocation table.
struct Vhdx {
    source: Arc<dyn ReadAt>,
    /// Bytes of the disk.
    size: u64,
    /// Bytes of a block.
    block: u64,
    /// Offset of the block allocation table.
    table: u64,
    /// Entries for blocks after which the table has one for a bitmap of their sectors.
    ratio: u64,
    /// Bytes of a sector.
    sector: u64,
    parent: Option<Arc<dyn ReadAt>>,
}

fn open(file: &ImageFile<'_>) -> io::Result<Image> {
    let mut source = Arc::clone(&file.source);
    let mut notes = Vec::new();
    if let Some(location) = HeaderInForce::read(&*source)?.log {
        match log::replay(Arc::clone(&source), location) {
            Ok(replayed) => source = Arc::new(replayed),
            Err(error) => notes.push(format!(
                "its log holds changes that are not yet in the disk, but cannot be replayed \
                 ({error}): the disk is read as it was before them, and may contradict itself"
            )),
        }
    }
    let regions = Regions::read(&*source)?;
    let metadata = Metadata::read(&*source, regions.metadata)?;
    let parent = match &metadata.parent {
        Some(locator) => Some(parent::open(locator, file)?),
        None => None,
    };
    let vhdx = Vhdx::new(source, regions.block_table, &metadata, parent)?;
    let disk = VirtualDisk::new(FORMAT.name, vhdx)?;
    Ok(Image::Disk(VirtualDisk { notes, ..disk }))
}

impl Vhdx {
    /// # Errors
    /// When the sizes of the disk or of its block table cannot be right.
    fn new(
        source: Arc<dyn ReadAt>,
        table: Region,
        metadata: &Metadata,
        parent: Option<Arc<dyn ReadAt>>,
    ) -> io::Result<Vhdx> {
        let Metadata { size, block, sector, .. } = *metadata;
        let is_sound = matches!(sector, 512 | 4096)
            && block.is_power_of_two()
            && (MIB..=256 * MIB).contains(&block)
            && size <= limits::VHDX_DISK;
        if !is_sound {
            return Err(damaged(format!(
                "{size} bytes in blocks of {block} and sectors of {sector} cannot be right"
            )));
        }
        let ratio = (sector << 23) / block;
        let blocks = size.div_ceil(block);
        let entries = match parent {
            Some(_) => blocks.div_ceil(ratio) * (ratio + 1),
            None => blocks + blocks.saturating_sub(1) / ratio,
        };
        if 8 * entries > table.length || table.offset.checked_add(table.length).is_none() {
            return Err(damaged(format!("its block table is too short for {size} bytes")));
        }
        Ok(Vhdx { source, size, block, table: table.offset, ratio, sector, parent })
    }

    /// An entry of the block table: the state of the block, and the offset of its data.
    fn entry(&self, number: u64) -> io::Result<(u64, u64)> {
        let entry = u64::from_le_bytes(read_array_at(&*self.source, self.table + 8 * number)?);
        Ok((entry & 7, entry & !(MIB - 1)))
    }

    /// The offset of the bits that say which sectors of block `index` this file has.
    fn bitmap(&self, index: u64) -> io::Result<u64> {
        let chunk = index / self.ratio;
        match self.entry(chunk * (self.ratio + 1) + self.ratio)? {
            (PRESENT, start) => {
                let bits = index % self.ratio * (self.block / self.sector);
                Ok(start.saturating_add(bits / 8))
            }
            _ => Err(damaged(format!(
                "the bitmap of block {index} cannot be read: its sectors may be of the parent"
            ))),
        }
    }

    fn read_parent(&self, offset: u64, part: &mut [u8]) -> io::Result<()> {
        match &self.parent {
            Some(parent) => read_or_zeros(&**parent, offset, part),
            None => {
                part.fill(0);
                Ok(())
            }
        }
    }

    /// Reads from a block of which some sectors are the parent's.
    fn read_mixed(
        &self,
        index: u64,
        start: u64,
        within: u64,
        part: &mut [u8],
    ) -> io::Result<usize> {
        let bitmap = self.bitmap(index)?;
        let end = within + part.len() as u64;
        read_by_blocks(end, self.sector, within, part, |sector, at, part| {
            let [bits] = read_array_at::<1>(&*self.source, bitmap.saturating_add(sector / 8))?;
            let offset = sector * self.sector + at;
            // The lowest bit is the first sector.
            if bits >> (sector % 8) & 1 == 1 {
                read_exact_at(&*self.source, start.saturating_add(offset), part)
            } else {
                self.read_parent(index * self.block + offset, part)
            }
        })
    }
}

impl ReadAt for Vhdx {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_by_blocks(self.size, self.block, offset, buffer, |index, within, part| {
            match self.entry(index + index / self.ratio)? {
                (NOT_PRESENT, _) => self.read_parent(index * self.block + within, part),
                // Undefined, zero, unmapped.
                (1..=3, _) => {
                    part.fill(0);
                    Ok(())
                }
                (PRESENT, start) => {
                    read_exact_at(&*self.source, start.saturating_add(within), part)
                }
                (PARTLY_PRESENT, start) if self.parent.is_some() => {
                    self.read_mixed(index, start, within, part).map(drop)
                }
                (state, _) => {
                    Err(damaged(format!("block {index} is in the unknown state {state}")))
                }
            }
        })
    }
}
