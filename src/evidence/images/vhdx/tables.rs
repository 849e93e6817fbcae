//! The region table and the metadata of a VHDX: where everything lies, and the sizes of the disk.

use super::checksum::is_sound;
use super::parent::ParentLocator;
use crate::evidence::bytes::{array_or_zeros, has, le16, le32, le64};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_array_at, read_vec_at, unsupported};
use std::io;

/// Offsets of the two region tables in bytes.
const REGION_TABLES: [u64; 2] = [192 << 10, 256 << 10];
/// Bytes of a region table, and of the table of the metadata.
const TABLE: usize = 64 << 10;

/// GUIDs as they lie in the file.
const BAT: [u8; 16] = *b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
const METADATA: [u8; 16] = *b"\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
const FILE_PARAMETERS: [u8; 16] =
    *b"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
const DISK_SIZE: [u8; 16] = *b"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8";
const PARENT_LOCATOR: [u8; 16] =
    *b"\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c";
const SECTOR_SIZE: [u8; 16] = *b"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f";

/// Flag of a region: a reader that does not know the region cannot read the disk.
const REQUIRED: u32 = 1;
/// Flag of the file parameters: the disk has a parent.
const HAS_PARENT: u32 = 2;

/// A region of the file: offset and length in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// The regions that are read.
pub(super) struct Regions {
    pub(super) block_table: Region,
    pub(super) metadata: Region,
}

impl Regions {
    /// # Errors
    /// When both region tables are damaged.
    pub(super) fn read(source: &dyn ReadAt) -> io::Result<Regions> {
        let tables = REGION_TABLES.into_iter().map(|at| Regions::at(source, at));
        tables
            .reduce(|first, second| first.or(second))
            .unwrap_or_else(|| Err(damaged("it has no region table")))
    }

    fn at(source: &dyn ReadAt, at: u64) -> io::Result<Regions> {
        let mut table = read_vec_at(source, at, TABLE as u64, TABLE)?;
        if !is_sound(&mut table, b"regi") {
            return Err(damaged("the checksum of its region table is wrong"));
        }
        let (mut block_table, mut metadata) = (None, None);
        let entries = table.get(16..).unwrap_or_default().chunks_exact(32);
        for entry in entries.take((le32(&table, 8) as usize).min(limits::VHDX_ENTRIES)) {
            let region = Region { offset: le64(entry, 16), length: u64::from(le32(entry, 24)) };
            match array_or_zeros::<16>(entry, 0) {
                BAT => block_table = Some(region),
                METADATA => metadata = Some(region),
                _ if le32(entry, 28) & REQUIRED != 0 => {
                    return Err(unsupported("a region that must be understood is not known"));
                }
                _ => {}
            }
        }
        let (Some(block_table), Some(metadata)) = (block_table, metadata) else {
            return Err(damaged("its region table lacks block table or metadata"));
        };
        Ok(Regions { block_table, metadata })
    }
}

/// What the metadata say of the disk.
pub(super) struct Metadata {
    /// Bytes of the disk.
    pub(super) size: u64,
    /// Bytes of a block.
    pub(super) block: u64,
    /// Bytes of a sector.
    pub(super) sector: u64,
    pub(super) parent: Option<ParentLocator>,
}

impl Metadata {
    /// # Errors
    /// When an item is missing or damaged.
    pub(super) fn read(source: &dyn ReadAt, region: Region) -> io::Result<Metadata> {
        let items = read_vec_at(source, region.offset, TABLE as u64, TABLE)?;
        if !has(&items, 0, b"metadata") {
            return Err(damaged("its metadata is damaged"));
        }
        let (mut parameters, mut size, mut sector, mut locator) = (None, None, None, None);
        let entries = items.get(32..).unwrap_or_default().chunks_exact(32);
        for entry in entries.take(usize::from(le16(&items, 10)).min(limits::VHDX_ENTRIES)) {
            let at = region.offset.saturating_add(u64::from(le32(entry, 16)));
            match array_or_zeros::<16>(entry, 0) {
                FILE_PARAMETERS => parameters = Some(read_array_at::<8>(source, at)?),
                DISK_SIZE => size = Some(u64::from_le_bytes(read_array_at(source, at)?)),
                SECTOR_SIZE => sector = Some(u32::from_le_bytes(read_array_at(source, at)?)),
                PARENT_LOCATOR => {
                    locator = Some(ParentLocator::read(source, at, le32(entry, 20))?);
                }
                _ => {}
            }
        }
        let (Some(parameters), Some(size), Some(sector)) = (parameters, size, sector) else {
            return Err(damaged("its metadata lack block, disk or sector size"));
        };
        let is_child = le32(&parameters, 4) & HAS_PARENT != 0;
        let parent = match (is_child, locator) {
            (false, _) => None,
            (true, Some(locator)) => Some(locator),
            (true, None) => return Err(damaged("it does not say which disk its parent is")),
        };
        let block = u64::from(le32(&parameters, 0));
        Ok(Metadata { size, block, sector: u64::from(sector), parent })
    }
}
