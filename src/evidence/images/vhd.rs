//! VHD (Virtual PC): fixed, dynamic, and differencing with its parent in the same folder.
//!
//! Written from Microsoft's "Virtual Hard Disk Image Format Specification" 1.0. Numbers are
//! big-endian.

use super::image::{Detect, Image, ImageFile, ImageFormat, Support, VirtualDisk};
use crate::evidence::bytes::{array_or_zeros, be32, be64, has, utf16_units_text};
use crate::evidence::limits;
use crate::evidence::read_at::{
    ReadAt, damaged, read_array_at, read_by_blocks, read_exact_at, read_or_zeros, unsupported,
};
use std::io;
use std::sync::Arc;

pub(super) const FORMAT: ImageFormat = ImageFormat {
    name: "VHD",
    endings: &["vhd"],
    // A fixed disk is identified only by its end.
    detect: Detect::File(|file| Ok(has(&file.head, 0, COOKIE) || footer(&*file.source)?.is_some())),
    support: Support::Read(open),
};

/// First bytes of the footer and of its copy.
const COOKIE: &[u8; 8] = b"conectix";
/// Bytes of the footer.
const FOOTER: u64 = 512;
const SECTOR: u64 = 512;
/// Stands in place of a block's sector if the file does not have the block.
const NOT_HERE: u32 = u32::MAX;

/// The footer at the end of the file; `None` when there is none, or its checksum is wrong.
fn footer(source: &dyn ReadAt) -> io::Result<Option<[u8; FOOTER as usize]>> {
    let Some(offset) = source.size().checked_sub(FOOTER) else { return Ok(None) };
    let footer = read_array_at(source, offset)?;
    Ok((has(&footer, 0, COOKIE) && has_right_checksum(&footer, 64)).then_some(footer))
}

/// Whether the checksum at `at` of a structure is right: the complement of the sum of all bytes but
/// those of the checksum itself.
fn has_right_checksum(bytes: &[u8], at: usize) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_add((*byte).into()));
    let stored = array_or_zeros::<4>(bytes, at);
    u32::from_be_bytes(stored) == !sum(bytes).wrapping_sub(sum(&stored))
}

fn open(file: &ImageFile<'_>) -> io::Result<Image> {
    let source = Arc::clone(&file.source);
    let mut notes = Vec::new();
    let footer = match footer(&*source)? {
        Some(footer) => footer,
        None => {
            // A dynamic disk begins with a copy of it.
            notes.push("its footer is missing or damaged: the file may be cut short".to_owned());
            let copy: [u8; FOOTER as usize] = read_array_at(&*source, 0)?;
            if !has_right_checksum(&copy, 64) {
                return Err(damaged("the checksums of its footer and of the copy are wrong"));
            }
            copy
        }
    };
    let size = be64(&footer, 48);
    let disk = match be32(&footer, 60) {
        2 => {
            let there = source.size().saturating_sub(FOOTER);
            if there < size {
                notes.push(format!("the image is not whole: {there} of {size} bytes are there"));
            }
            VirtualDisk::new(FORMAT.name, FixedVhd { source, size })?
        }
        3 => VirtualDisk::new(FORMAT.name, DynamicVhd::open(source, &footer, None)?)?,
        4 => VirtualDisk::new(FORMAT.name, DynamicVhd::open(source, &footer, Some(file))?)?,
        kind => return Err(unsupported(format!("VHD of type {kind} is not read"))),
    };
    Ok(Image::Disk(VirtualDisk { notes, ..disk }))
}

/// A fixed disk: its bytes as they are, with the footer behind them.
struct FixedVhd {
    source: Arc<dyn ReadAt>,
    size: u64,
}

impl ReadAt for FixedVhd {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_by_blocks(self.size, self.size, offset, buffer, |_, within, part| {
            read_exact_at(&*self.source, within, part)
        })
    }
}

/// A dynamic or differencing disk, in blocks that are found by a table. Each block begins with a
/// bitmap of its sectors.
struct DynamicVhd {
    source: Arc<dyn ReadAt>,
    size: u64,
    /// Bytes of a block.
    block: u64,
    /// Offset of the block table.
    table: u64,
    parent: Option<Arc<dyn ReadAt>>,
}

impl DynamicVhd {
    /// `differencing`: the file of a differencing disk, by which its parent is found.
    fn open(
        source: Arc<dyn ReadAt>,
        footer: &[u8],
        differencing: Option<&ImageFile<'_>>,
    ) -> io::Result<DynamicVhd> {
        let header: [u8; 1024] = read_array_at(&*source, be64(footer, 16))?;
        if !has(&header, 0, b"cxsparse") || !has_right_checksum(&header, 36) {
            return Err(damaged("the header of its block table is damaged"));
        }
        let size = be64(footer, 48);
        let (table, block) = (be64(&header, 16), u64::from(be32(&header, 32)));
        let blocks = u64::from(be32(&header, 28));
        // A block is a power of two of sectors; 2 MiB is usual.
        let is_sound = block.is_power_of_two()
            && (SECTOR..=limits::IMAGE_BLOCK).contains(&block)
            && blocks.checked_mul(block).is_some_and(|room| room >= size)
            && table.checked_add(4 * blocks).is_some_and(|end| end <= source.size());
        if !is_sound {
            return Err(damaged(format!(
                "{size} bytes in {blocks} blocks of {block}, table at {table}, cannot be right"
            )));
        }
        let parent = differencing.map(|file| open_parent(&header, file)).transpose()?;
        Ok(DynamicVhd { source, size, block, table, parent })
    }

    /// Where a block lies: the offsets of its bitmap and of its data.
    fn block(&self, index: u64) -> io::Result<Option<(u64, u64)>> {
        let sector = be32(&read_array_at::<4>(&*self.source, self.table + 4 * index)?, 0);
        let bitmap = (self.block / SECTOR).div_ceil(8).next_multiple_of(SECTOR);
        let start = u64::from(sector) * SECTOR;
        Ok((sector != NOT_HERE).then_some((start, start + bitmap)))
    }
}

/// Opens the parent, which must be the very disk that the child was made from.
fn open_parent(header: &[u8], file: &ImageFile<'_>) -> io::Result<Arc<dyn ReadAt>> {
    let units = header.get(64..576).unwrap_or_default().chunks_exact(2);
    let units = units.map(|pair| u16::from_be_bytes(array_or_zeros(pair, 0)));
    let path = utf16_units_text(units.take_while(|unit| *unit != 0));
    let (name, source) = file.open_part(&path, "parent")?;
    let id = footer(&*source)?.map(|footer| array_or_zeros::<16>(&footer, 68));
    if id != Some(array_or_zeros(header, 40)) {
        return Err(damaged(format!("{name:?} in its folder is another disk than its parent")));
    }
    file.open_parent(&path)
}

impl ReadAt for DynamicVhd {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_by_blocks(self.size, self.block, offset, buffer, |index, within, part| {
            let block = self.block(index)?;
            let Some(parent) = &self.parent else {
                return match block {
                    Some((_, data)) => read_exact_at(&*self.source, data + within, part),
                    None => {
                        part.fill(0);
                        Ok(())
                    }
                };
            };
            let disk = index * self.block + within;
            let Some((bitmap, data)) = block else {
                return read_or_zeros(&**parent, disk, part);
            };
            // A set bit means that this file has the sector, and not the parent.
            let length = part.len() as u64;
            read_by_blocks(within + length, SECTOR, within, part, |sector, at, part| {
                let [bits] = read_array_at::<1>(&*self.source, bitmap + sector / 8)?;
                let offset = sector * SECTOR + at;
                if bits >> (7 - sector % 8) & 1 == 1 {
                    read_exact_at(&*self.source, data + offset, part)
                } else {
                    read_or_zeros(&**parent, index * self.block + offset, part)
                }
            })?;
            Ok(())
        })
    }
}
