//! VHD (Virtual PC): fixed, dynamic, and differencing with its parent beside it.
//!
//! Written from Microsoft's "Virtual Hard Disk Image Format Specification" 1.0. Numbers are
//! big-endian.

use super::{Context, Disk, Source};
use crate::evidence::bytes::{
    array_at, be32, be64, by_blocks, damaged, has, part, read_exact_at, read_or_zero, unsupported,
};
use std::io;
use std::sync::Arc;

const COOKIE: &[u8; 8] = b"conectix";
const FOOTER: u64 = 512;
const SECTOR: u64 = 512;
/// In place of a block's sector: not in here.
const NOT_HERE: u32 = u32::MAX;

/// Whether `source`, which begins with `head`, is a VHD. A fixed one is told only by its end.
pub(super) fn is(source: &dyn Source, head: &[u8]) -> io::Result<bool> {
    Ok(has(head, 0, COOKIE) || footer(source)?.is_some())
}

/// The footer at the end of the file.
fn footer(source: &dyn Source) -> io::Result<Option<[u8; FOOTER as usize]>> {
    let Some(offset) = source.size().checked_sub(FOOTER) else { return Ok(None) };
    let footer = array_at(source, offset)?;
    Ok((has(&footer, 0, COOKIE) && sum_is_right(&footer, 64)).then_some(footer))
}

/// Whether the checksum at `at` of a structure is right: the complement of the sum of its bytes,
/// without the checksum's own.
fn sum_is_right(bytes: &[u8], at: usize) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_add((*byte).into()));
    let stored = part::<4>(bytes, at);
    u32::from_be_bytes(stored) == !sum(bytes).wrapping_sub(sum(&stored))
}

/// Opens the VHD in `source`.
pub(super) fn open(source: Arc<dyn Source>, context: &Context<'_>) -> io::Result<Disk> {
    let mut notes = Vec::new();
    let footer = match footer(&*source)? {
        Some(footer) => footer,
        None => {
            // Dynamic disks begin with a copy of it.
            notes.push("its footer is missing or damaged: the file may be cut short".to_owned());
            let copy: [u8; FOOTER as usize] = array_at(&*source, 0)?;
            if !sum_is_right(&copy, 64) {
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
            Disk::new("VHD", Fixed { source, size })?
        }
        3 => Disk::new("VHD", Dynamic::open(source, &footer, None)?)?,
        4 => Disk::new("VHD", Dynamic::open(source, &footer, Some(context))?)?,
        kind => return Err(unsupported(format!("VHD of type {kind} is not read"))),
    };
    Ok(Disk { notes, ..disk })
}

/// The disk's bytes, with the footer behind them.
struct Fixed {
    source: Arc<dyn Source>,
    size: u64,
}

impl Source for Fixed {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        by_blocks(self.size, self.size, offset, buffer, |_, within, piece| {
            read_exact_at(&*self.source, within, piece)
        })
    }
}

/// Blocks found by a table; each begins with a bitmap of its sectors.
struct Dynamic {
    source: Arc<dyn Source>,
    size: u64,
    block: u64,
    table: u64,
    parent: Option<Arc<dyn Source>>,
}

impl Dynamic {
    /// `child`: a differencing disk, whose parent is looked for there.
    fn open(
        source: Arc<dyn Source>,
        footer: &[u8],
        child: Option<&Context<'_>>,
    ) -> io::Result<Dynamic> {
        let header: [u8; 1024] = array_at(&*source, be64(footer, 16))?;
        if !has(&header, 0, b"cxsparse") || !sum_is_right(&header, 36) {
            return Err(damaged("the header of its block table is damaged"));
        }
        let size = be64(footer, 48);
        let (table, block) = (be64(&header, 16), u64::from(be32(&header, 32)));
        let blocks = u64::from(be32(&header, 28));
        // Blocks are whole sectors in number a power of two; 2 MiB is usual.
        let sound = block.is_power_of_two()
            && (SECTOR..=1 << 30).contains(&block)
            && blocks.checked_mul(block).is_some_and(|room| room >= size)
            && table.checked_add(4 * blocks).is_some_and(|end| end <= source.size());
        if !sound {
            return Err(damaged(format!(
                "{size} bytes in {blocks} blocks of {block}, table at {table}, cannot be right"
            )));
        }
        let parent = child.map(|context| parent(&header, context)).transpose()?;
        Ok(Dynamic { source, size, block, table, parent })
    }

    /// Where a block begins: its bitmap, then its data.
    fn block(&self, index: u64) -> io::Result<Option<(u64, u64)>> {
        let sector = be32(&array_at::<4>(&*self.source, self.table + 4 * index)?, 0);
        let bitmap = (self.block / SECTOR).div_ceil(8).next_multiple_of(SECTOR);
        let start = u64::from(sector) * SECTOR;
        Ok((sector != NOT_HERE).then_some((start, start + bitmap)))
    }
}

/// Opens the parent, which must be the very disk that the child was made from.
fn parent(header: &[u8], context: &Context<'_>) -> io::Result<Arc<dyn Source>> {
    let units = header.get(64..576).unwrap_or_default().chunks_exact(2);
    let units = units.map(|pair| u16::from_be_bytes(part(pair, 0))).take_while(|unit| *unit != 0);
    let path: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
    let (name, source) = context.part(&path, "parent")?;
    let id = footer(&*source)?.map(|footer| part::<16>(&footer, 68));
    if id != Some(part(header, 40)) {
        return Err(damaged(format!("{name:?} beside it is another disk than its parent")));
    }
    context.parent(&path)
}

impl Source for Dynamic {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        by_blocks(self.size, self.block, offset, buffer, |index, within, piece| {
            let block = self.block(index)?;
            let Some(parent) = &self.parent else {
                return match block {
                    Some((_, data)) => read_exact_at(&*self.source, data + within, piece),
                    None => {
                        piece.fill(0);
                        Ok(())
                    }
                };
            };
            let disk = index * self.block + within;
            let Some((bitmap, data)) = block else { return read_or_zero(&**parent, disk, piece) };
            // Sector by sector: a set bit means that this file has it.
            let length = piece.len() as u64;
            by_blocks(within + length, SECTOR, within, piece, |sector, at, piece| {
                let [bits] = array_at::<1>(&*self.source, bitmap + sector / 8)?;
                let offset = sector * SECTOR + at;
                if bits >> (7 - sector % 8) & 1 == 1 {
                    read_exact_at(&*self.source, data + offset, piece)
                } else {
                    read_or_zero(&**parent, index * self.block + offset, piece)
                }
            })?;
            Ok(())
        })
    }
}
