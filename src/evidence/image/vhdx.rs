//! VHDX (Hyper-V): fixed, dynamic, and differencing with its parent beside it; changes still in its
//! log are replayed in memory.
//!
//! Written from Microsoft's open specification [MS-VHDX].

use super::vhdx_log::{crc32c, replay};
use super::vhdx_parent::{self, Locator};
use super::{Context, Disk, Source};
use crate::evidence::bytes::{
    array_at, by_blocks, damaged, has, le16, le32, le64, part, read_exact_at, read_or_zero,
    unsupported, vec_at,
};
use std::io;
use std::sync::Arc;

/// First bytes of the file.
pub(super) const MAGIC: &[u8; 8] = b"vhdxfile";
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const HEADERS: [u64; 2] = [64 * KIB, 128 * KIB];
const REGION_TABLES: [u64; 2] = [192 * KIB, 256 * KIB];
/// Entries of a region or metadata table, by the specification.
const MAX_ENTRIES: usize = 2047;

/// GUIDs as they lie in the file.
const BAT: [u8; 16] = *b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
const METADATA: [u8; 16] = *b"\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
const FILE_PARAMETERS: [u8; 16] =
    *b"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
const DISK_SIZE: [u8; 16] = *b"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8";
const PARENT: [u8; 16] = *b"\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c";
const SECTOR_SIZE: [u8; 16] = *b"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f";

/// States of a block.
const NOT_PRESENT: u64 = 0;
const PRESENT: u64 = 6;
const PARTLY_PRESENT: u64 = 7;

/// Blocks found by the block allocation table.
struct Vhdx {
    source: Arc<dyn Source>,
    size: u64,
    block: u64,
    table: u64,
    /// After so many entries for blocks the table has one for a bitmap of their sectors.
    ratio: u64,
    sector: u64,
    parent: Option<Arc<dyn Source>>,
}

/// The header in force: the sound one that was written last.
struct Header {
    sequence: u64,
    /// Changes with the disk's content: what a child calls its parent by.
    written: [u8; 16],
    log_id: [u8; 16],
    log: (u64, u64),
}

/// Opens the VHDX in `source`.
pub(super) fn open(source: Arc<dyn Source>, context: &Context<'_>) -> io::Result<Disk> {
    let header = header_in_force(&*source)?;
    let mut notes = Vec::new();
    let mut source = source;
    if header.log_id != [0; 16] {
        match replay(Arc::clone(&source), header.log_id, header.log) {
            Ok(replayed) => source = Arc::new(replayed),
            Err(error) => notes.push(format!(
                "its log holds changes that are not yet in the disk, but cannot be replayed \
                 ({error}): the disk is read as it was before them, and may contradict itself"
            )),
        }
    }
    let tables = REGION_TABLES.into_iter().map(|at| regions(&*source, at));
    let (table, metadata) = tables
        .reduce(|first, second| first.or(second))
        .unwrap_or_else(|| Err(damaged("it has no region table")))?;
    let disk = Disk::new("VHDX", Vhdx::open(source, table, metadata, context)?)?;
    Ok(Disk { notes, ..disk })
}

fn header_in_force(source: &dyn Source) -> io::Result<Header> {
    let headers = HEADERS.into_iter().filter_map(|at| header(source, at).ok());
    headers
        .max_by_key(|header| header.sequence)
        .ok_or_else(|| damaged("both of its headers are damaged"))
}

/// What a child of the VHDX in `source` calls it by.
pub(super) fn written(source: &dyn Source) -> io::Result<[u8; 16]> {
    Ok(header_in_force(source)?.written)
}

fn header(source: &dyn Source, at: u64) -> io::Result<Header> {
    let mut header: [u8; 4096] = array_at(source, at)?;
    if !checked(&mut header, b"head") {
        return Err(damaged("the header's checksum is wrong"));
    }
    if (le16(&header, 64), le16(&header, 66)) != (0, 1) {
        return Err(unsupported("a later version of VHDX"));
    }
    Ok(Header {
        sequence: le64(&header, 8),
        written: part(&header, 32),
        log_id: part(&header, 48),
        log: (le64(&header, 72), u64::from(le32(&header, 68))),
    })
}

/// Whether a structure has its signature and checksum, which counts as zero in itself.
pub(super) fn checked(bytes: &mut [u8], signature: &[u8; 4]) -> bool {
    let stored = le32(bytes, 4);
    if let Some(own) = bytes.get_mut(4..8) {
        own.fill(0);
    }
    has(bytes, 0, signature) && crc32c(bytes) == stored
}

/// Offset and length of a region.
type Region = (u64, u64);

/// The regions of the block allocation table and of the metadata.
fn regions(source: &dyn Source, at: u64) -> io::Result<(Region, Region)> {
    let mut table = vec_at(source, at, 64 * KIB, 64 * KIB as usize)?;
    if !checked(&mut table, b"regi") {
        return Err(damaged("the checksum of its region table is wrong"));
    }
    let (mut bat, mut metadata) = (None, None);
    let entries = table.get(16..).unwrap_or_default().chunks_exact(32);
    for entry in entries.take((le32(&table, 8) as usize).min(MAX_ENTRIES)) {
        let region = (le64(entry, 16), u64::from(le32(entry, 24)));
        match part::<16>(entry, 0) {
            BAT => bat = Some(region),
            METADATA => metadata = Some(region),
            _ if le32(entry, 28) & 1 == 1 => {
                return Err(unsupported("a region that must be understood is not known"));
            }
            _ => {}
        }
    }
    bat.zip(metadata).ok_or_else(|| damaged("its region table lacks block table or metadata"))
}

impl Vhdx {
    fn open(
        source: Arc<dyn Source>,
        table: Region,
        metadata: Region,
        context: &Context<'_>,
    ) -> io::Result<Vhdx> {
        let items = vec_at(&*source, metadata.0, 64 * KIB, 64 * KIB as usize)?;
        if !has(&items, 0, b"metadata") {
            return Err(damaged("its metadata are damaged"));
        }
        let (mut parameters, mut size, mut sector, mut locator) = (None, None, None, None);
        let entries = items.get(32..).unwrap_or_default().chunks_exact(32);
        for entry in entries.take(usize::from(le16(&items, 10)).min(MAX_ENTRIES)) {
            let at = metadata.0.saturating_add(u64::from(le32(entry, 16)));
            match part::<16>(entry, 0) {
                FILE_PARAMETERS => parameters = Some(array_at::<8>(&*source, at)?),
                DISK_SIZE => size = Some(u64::from_le_bytes(array_at(&*source, at)?)),
                SECTOR_SIZE => sector = Some(u32::from_le_bytes(array_at(&*source, at)?)),
                PARENT => locator = Some(Locator::read(&*source, at, le32(entry, 20))?),
                _ => {}
            }
        }
        let (Some(parameters), Some(size), Some(sector)) = (parameters, size, sector) else {
            return Err(damaged("its metadata lack block, disk or sector size"));
        };
        let is_child = le32(&parameters, 4) & 2 != 0;
        let parent = match (is_child, locator) {
            (false, _) => None,
            (true, Some(locator)) => Some(vhdx_parent::open(&locator, context)?),
            (true, None) => return Err(damaged("it does not say which disk its parent is")),
        };
        let block = u64::from(le32(&parameters, 0));
        let sector = u64::from(sector);
        let sound = matches!(sector, 512 | 4096)
            && block.is_power_of_two()
            && (MIB..=256 * MIB).contains(&block)
            && size <= 64 << 40;
        if !sound {
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
        if 8 * entries > table.1 || table.0.checked_add(table.1).is_none() {
            return Err(damaged(format!("its block table is too short for {size} bytes")));
        }
        Ok(Vhdx { source, size, block, table: table.0, ratio, sector, parent })
    }

    /// An entry of the block table: state, and where its data begin.
    fn entry(&self, number: u64) -> io::Result<(u64, u64)> {
        let entry = u64::from_le_bytes(array_at(&*self.source, self.table + 8 * number)?);
        Ok((entry & 7, entry & !(MIB - 1)))
    }

    /// Where the bits begin that say which sectors of block `index` this file has.
    fn bitmap(&self, index: u64) -> io::Result<u64> {
        let chunk = index / self.ratio;
        match self.entry(chunk * (self.ratio + 1) + self.ratio)? {
            (PRESENT, start) => {
                let bits = index % self.ratio * (self.block / self.sector);
                Ok(start.saturating_add(bits / 8))
            }
            _ => Err(damaged(format!("which sectors of block {index} are its own is not known"))),
        }
    }

    fn read_parent(&self, offset: u64, piece: &mut [u8]) -> io::Result<()> {
        match &self.parent {
            Some(parent) => read_or_zero(&**parent, offset, piece),
            None => {
                piece.fill(0);
                Ok(())
            }
        }
    }

    /// A block of which some sectors are the parent's.
    fn read_mixed(
        &self,
        index: u64,
        start: u64,
        within: u64,
        piece: &mut [u8],
    ) -> io::Result<usize> {
        let bitmap = self.bitmap(index)?;
        let end = within + piece.len() as u64;
        by_blocks(end, self.sector, within, piece, |sector, at, piece| {
            let [bits] = array_at::<1>(&*self.source, bitmap.saturating_add(sector / 8))?;
            let offset = sector * self.sector + at;
            // The lowest bit is the first sector.
            if bits >> (sector % 8) & 1 == 1 {
                read_exact_at(&*self.source, start.saturating_add(offset), piece)
            } else {
                self.read_parent(index * self.block + offset, piece)
            }
        })
    }
}

impl Source for Vhdx {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        by_blocks(self.size, self.block, offset, buffer, |index, within, piece| {
            match self.entry(index + index / self.ratio)? {
                (NOT_PRESENT, _) => self.read_parent(index * self.block + within, piece),
                // Undefined, zero, unmapped.
                (1..=3, _) => {
                    piece.fill(0);
                    Ok(())
                }
                (PRESENT, start) => {
                    read_exact_at(&*self.source, start.saturating_add(within), piece)
                }
                (PARTLY_PRESENT, start) if self.parent.is_some() => {
                    self.read_mixed(index, start, within, piece).map(drop)
                }
                (state, _) => {
                    Err(damaged(format!("block {index} is in the unknown state {state}")))
                }
            }
        })
    }
}
