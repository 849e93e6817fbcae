//! A sparse extent of a VMDK: grains that are found by a directory of tables.
//!
//! Written from VMware's "Virtual Disk Format 5.0".

use crate::evidence::bytes::{has, le16, le32, le64};
use crate::evidence::images::recent_chunks::RecentChunks;
use crate::evidence::limits;
use crate::evidence::read_at::{
    ReadAt, damaged, read_array_at, read_by_blocks, read_exact_at, read_vec_at, unsupported,
};
use flate2::bufread::ZlibDecoder;
use std::io::{self, Read};
use std::sync::Arc;

/// First bytes of a sparse extent.
pub(super) const SIGNATURE: &[u8; 4] = b"KDMV";
const SECTOR: u64 = 512;
/// Stands in place of the grain directory's offset if a footer at the end of the file gives it.
const AT_END: u64 = u64::MAX;
/// Flags of the header.
const ZEROED_GRAINS: u32 = 1 << 2;
const COMPRESSED: u32 = 1 << 16;

/// A sparse extent.
pub(super) struct SparseExtent {
    source: Arc<dyn ReadAt>,
    /// Bytes of the extent.
    pub(super) size: u64,
    /// Bytes of a grain.
    grain: u64,
    /// Grains of one table.
    per_table: u64,
    /// Offset of the directory.
    directory: u64,
    zeroed_grains: bool,
    compressed: bool,
    /// Offset and length of the descriptor, if it is in this file.
    pub(super) descriptor: Option<(u64, u64)>,
    recent: RecentChunks,
}

impl SparseExtent {
    /// # Errors
    /// When the header or the footer is damaged, or of a version that is not read.
    pub(super) fn open(source: Arc<dyn ReadAt>) -> io::Result<SparseExtent> {
        let mut header: [u8; 512] = read_array_at(&*source, 0)?;
        if !has(&header, 0, SIGNATURE) {
            return Err(damaged("no sparse extent of a VMDK"));
        }
        let descriptor = descriptor_range(&header);
        if le64(&header, 56) == AT_END {
            header = read_footer(&*source)?;
        }
        let flags = le32(&header, 8);
        let compressed = flags & COMPRESSED != 0;
        let (version, algorithm) = (le32(&header, 4), le16(&header, 77));
        if !(1..=3).contains(&version) || (compressed && algorithm != 1) {
            return Err(unsupported(format!(
                "VMDK version {version} with compression {algorithm} is not read"
            )));
        }
        let (sectors, grain) = (le64(&header, 12), le64(&header, 20));
        let (per_table, directory) = (u64::from(le32(&header, 44)), le64(&header, 56));
        let is_sound = sectors <= limits::DISK_SIZE / SECTOR
            && (1..=limits::VMDK_GRAIN).contains(&grain)
            && (1..=limits::VMDK_TABLE).contains(&per_table)
            && directory <= source.size() / SECTOR;
        if !is_sound {
            return Err(damaged(format!(
                "{sectors} sectors in grains of {grain}, {per_table} for each table at sector \
                 {directory}, cannot be right"
            )));
        }
        Ok(SparseExtent {
            size: sectors * SECTOR,
            grain: grain * SECTOR,
            per_table,
            directory: directory * SECTOR,
            zeroed_grains: flags & ZEROED_GRAINS != 0,
            compressed,
            descriptor,
            recent: RecentChunks::new(8),
            source,
        })
    }

    /// Fills `buffer` from `offset`, which must be in range; `below` gives what this file does not
    /// have.
    pub(super) fn read(
        &self,
        offset: u64,
        buffer: &mut [u8],
        below: &dyn Fn(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        read_by_blocks(self.size, self.grain, offset, buffer, |grain, within, part| {
            match self.sector_of(grain)? {
                0 => below(grain * self.grain + within, part),
                1 if self.zeroed_grains => {
                    part.fill(0);
                    Ok(())
                }
                sector if self.compressed => {
                    let unpacked = self.recent.get(sector, || self.unpack(grain, sector))?;
                    let from = usize::try_from(within).ok();
                    let from = from.and_then(|at| unpacked.get(at..at + part.len()));
                    part.copy_from_slice(from.ok_or_else(|| {
                        damaged(format!("the grain at sector {sector} unpacks too short"))
                    })?);
                    Ok(())
                }
                sector => read_exact_at(&*self.source, sector * SECTOR + within, part),
            }
        })?;
        Ok(())
    }

    /// The sector where a grain lies; 0 if this file does not have it.
    fn sector_of(&self, grain: u64) -> io::Result<u64> {
        let entry = self.directory + 4 * (grain / self.per_table);
        let table = u64::from(le32(&read_array_at::<4>(&*self.source, entry)?, 0));
        if table == 0 {
            return Ok(0);
        }
        let entry = table * SECTOR + 4 * (grain % self.per_table);
        Ok(u64::from(le32(&read_array_at::<4>(&*self.source, entry)?, 0)))
    }

    fn unpack(&self, grain: u64, sector: u64) -> io::Result<Vec<u8>> {
        let marker: [u8; 12] = read_array_at(&*self.source, sector * SECTOR)?;
        let (first, length) = (le64(&marker, 0), u64::from(le32(&marker, 8)));
        if first != grain * (self.grain / SECTOR) {
            return Err(damaged(format!("the grain at sector {sector} is another one, {first}")));
        }
        // Deflate makes incompressible data a little longer than it was.
        let longest = self.grain + self.grain / 8 + 1024;
        let packed = read_vec_at(&*self.source, sector * SECTOR + 12, length, longest as usize)?;
        let mut unpacked = Vec::new();
        ZlibDecoder::new(packed.as_slice()).take(self.grain).read_to_end(&mut unpacked)?;
        Ok(unpacked)
    }
}

/// The header's copy at the end of the file, before the end-of-stream marker. A program that writes
/// an extent in one go knows only there where the directory lies.
fn read_footer(source: &dyn ReadAt) -> io::Result<[u8; 512]> {
    let offset = source.size().checked_sub(2 * SECTOR).ok_or(io::ErrorKind::UnexpectedEof)?;
    let footer = read_array_at(source, offset)?;
    if !has(&footer, 0, SIGNATURE) {
        return Err(damaged("its footer is missing: the file is cut short"));
    }
    Ok(footer)
}

/// Offset and length in bytes of the descriptor, which the header gives in sectors.
fn descriptor_range(header: &[u8]) -> Option<(u64, u64)> {
    let (offset, length) = (le64(header, 28), le64(header, 36));
    if offset == 0 || length == 0 {
        return None;
    }
    Some((offset.checked_mul(SECTOR)?, length.checked_mul(SECTOR)?))
}
