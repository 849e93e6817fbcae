//! VMDK: sparse, stream-optimised, flat and split disks, and children of a parent beside them.
//!
//! Written from VMware's "Virtual Disk Format 5.0".

use super::vmdk_descriptor::{self as text, Descriptor, Extent, ExtentKind};
use super::{Context, Disk, Kind, Source};
use crate::evidence::bytes::{
    array_at, by_blocks, damaged, has, le16, le32, le64, read_exact_at, read_or_zero, unsupported,
    vec_at,
};
use crate::evidence::cache::Recent;
use flate2::bufread::ZlibDecoder;
use std::io::{self, Read};
use std::sync::Arc;

/// First bytes of a sparse extent.
pub(super) const MAGIC: &[u8; 4] = b"KDMV";
const SECTOR: u64 = 512;
/// Largest grain read, in sectors: 16 MiB; writers use 64 KiB.
const MAX_GRAIN: u64 = 32_768;
/// In place of the grain directory's offset: it is given by a footer at the end of the file.
const AT_END: u64 = u64::MAX;
/// Flags of the header.
const ZEROED_GRAINS: u32 = 1 << 2;
const COMPRESSED: u32 = 1 << 16;

/// A disk of extents, over an optional parent.
struct Vmdk {
    /// Each with its end in the disk.
    extents: Vec<(u64, Data)>,
    parent: Option<Arc<dyn Source>>,
}

/// Where an extent's bytes are.
enum Data {
    Sparse(Sparse),
    Flat { source: Arc<dyn Source>, offset: u64 },
    Zero,
}

pub(super) fn open(source: Arc<dyn Source>, context: &Context<'_>) -> io::Result<Kind> {
    let mut magic = [0; 4];
    source.read_at(0, &mut magic)?;
    let mut parts = Vec::new();
    let (descriptor, extents) = if &magic == MAGIC {
        let sparse = Sparse::open(Arc::clone(&source))?;
        let descriptor = match sparse.descriptor {
            Some((offset, length)) => {
                text::parse(&vec_at(&*source, offset, length, text::MAX_LENGTH)?)?
            }
            None => Descriptor::default(),
        };
        // Some programs leave room for a descriptor that they then write elsewhere.
        if descriptor.extents.is_empty() {
            return Ok(Kind::Part("an extent of a VMDK that another file describes"));
        }
        // The one extent is this file, whatever it was called when that line was written.
        (descriptor, vec![(sparse.size, Data::Sparse(sparse))])
    } else {
        let descriptor = text::parse(&vec_at(&*source, 0, source.size(), text::MAX_LENGTH)?)?;
        let extents = extents(&descriptor, context, &mut parts)?;
        (descriptor, extents)
    };
    let parent = match &descriptor.parent {
        Some((id, path)) => Some(parent(id, path, context)?),
        None => None,
    };
    let disk = Disk::new("VMDK", Vmdk { extents, parent })?;
    Ok(Kind::Disk(Disk { parts, ..disk }))
}

fn extents(
    descriptor: &Descriptor,
    context: &Context<'_>,
    parts: &mut Vec<String>,
) -> io::Result<Vec<(u64, Data)>> {
    let mut extents = Vec::new();
    let mut end = 0_u64;
    for Extent { length, kind } in &descriptor.extents {
        let mut part = |file: &str| -> io::Result<(String, Arc<dyn Source>)> {
            let (name, source) = context.part(file, "extent")?;
            parts.push(name.clone());
            Ok((name, source))
        };
        let (name, data, there) = match kind {
            ExtentKind::Zero => (String::new(), Data::Zero, *length),
            ExtentKind::Flat { file, offset } => {
                let (name, source) = part(file)?;
                let there = source.size().saturating_sub(*offset);
                (name, Data::Flat { source, offset: *offset }, there)
            }
            ExtentKind::Sparse { file } => {
                let (name, source) = part(file)?;
                let sparse = Sparse::open(source)?;
                let there = sparse.size;
                (name, Data::Sparse(sparse), there)
            }
        };
        if there < *length {
            return Err(damaged(format!(
                "{name:?} beside it ends after {there} of {length} bytes"
            )));
        }
        end = end.checked_add(*length).ok_or_else(|| damaged("its extents are too large"))?;
        extents.push((end, data));
    }
    if extents.is_empty() {
        return Err(damaged("its descriptor names no extent"));
    }
    Ok(extents)
}

/// Opens the parent, which must be in the very state that the child was made from.
fn parent(id: &str, path: &str, context: &Context<'_>) -> io::Result<Arc<dyn Source>> {
    let (name, source) = context.part(path, "parent")?;
    let text = match Sparse::open(Arc::clone(&source)).ok().and_then(|sparse| sparse.descriptor) {
        Some((offset, length)) => vec_at(&*source, offset, length, text::MAX_LENGTH)?,
        None => vec_at(&*source, 0, source.size(), text::MAX_LENGTH)?,
    };
    let found = text::parse(&text)?.id;
    if !found.eq_ignore_ascii_case(id) {
        return Err(damaged(format!(
            "its parent {name:?} has been changed since (CID {found}, {id} expected)"
        )));
    }
    context.parent(path)
}

impl Source for Vmdk {
    fn size(&self) -> u64 {
        self.extents.last().map_or(0, |(end, _)| *end)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        let first = self.extents.partition_point(|(end, _)| *end <= offset);
        let mut start = first.checked_sub(1).and_then(|at| self.extents.get(at)).map_or(0, |e| e.0);
        for (end, data) in self.extents.iter().skip(first) {
            let at = offset + done as u64;
            let n = crate::evidence::bytes::up_to(buffer.len() - done, end - at);
            let Some(piece) = buffer.get_mut(done..done + n).filter(|p| !p.is_empty()) else {
                break;
            };
            match data {
                Data::Zero => piece.fill(0),
                Data::Flat { source, offset } => {
                    read_exact_at(&**source, offset + (at - start), piece)?;
                }
                Data::Sparse(sparse) => {
                    sparse.read(at - start, piece, &|within, piece| match &self.parent {
                        Some(parent) => read_or_zero(&**parent, start + within, piece),
                        None => {
                            piece.fill(0);
                            Ok(())
                        }
                    })?;
                }
            }
            done += n;
            start = *end;
        }
        Ok(done)
    }
}

/// A sparse extent: a directory of tables of grains.
struct Sparse {
    source: Arc<dyn Source>,
    size: u64,
    /// Bytes of a grain.
    grain: u64,
    /// Grains of one table.
    per_table: u64,
    /// Offset of the directory.
    directory: u64,
    zeroed_grains: bool,
    compressed: bool,
    /// Offset and length of the descriptor, if it is in here.
    descriptor: Option<(u64, u64)>,
    recent: Recent,
}

impl Sparse {
    fn open(source: Arc<dyn Source>) -> io::Result<Sparse> {
        let mut header: [u8; 512] = array_at(&*source, 0)?;
        if !has(&header, 0, MAGIC) {
            return Err(damaged("no sparse extent of a VMDK"));
        }
        let descriptor = (le64(&header, 28), le64(&header, 36));
        if le64(&header, 56) == AT_END {
            // Written in one go, so that the directory's place is known only at the end:
            // marker, footer (a copy of the header), end-of-stream marker.
            let footer = source.size().checked_sub(2 * SECTOR);
            header = array_at(&*source, footer.ok_or(io::ErrorKind::UnexpectedEof)?)?;
            if !has(&header, 0, MAGIC) {
                return Err(damaged("its footer is missing: the file is cut short"));
            }
        }
        let flags = le32(&header, 8);
        let compressed = flags & COMPRESSED != 0;
        let (version, algorithm) = (le32(&header, 4), le16(&header, 77));
        if !(1..=3).contains(&version) || (compressed && algorithm != 1) {
            return Err(unsupported(format!(
                "VMDK version {version} with compression {algorithm} is not read"
            )));
        }
        let sectors = le64(&header, 12);
        let grain = le64(&header, 20);
        let per_table = u64::from(le32(&header, 44));
        let directory = le64(&header, 56);
        let sound = sectors <= super::MAX_DISK / SECTOR
            && (1..=MAX_GRAIN).contains(&grain)
            && (1..=1 << 20).contains(&per_table)
            && directory <= source.size() / SECTOR;
        if !sound {
            return Err(damaged(format!(
                "{sectors} sectors in grains of {grain}, {per_table} for each table at sector \
                 {directory}, cannot be right"
            )));
        }
        let bytes = |(offset, length): (u64, u64)| {
            let known = offset > 0 && length > 0;
            known
                .then(|| Some((offset.checked_mul(SECTOR)?, length.checked_mul(SECTOR)?)))
                .flatten()
        };
        Ok(Sparse {
            size: sectors * SECTOR,
            grain: grain * SECTOR,
            per_table,
            directory: directory * SECTOR,
            zeroed_grains: flags & ZEROED_GRAINS != 0,
            compressed,
            descriptor: bytes(descriptor),
            recent: Recent::new(8),
            source,
        })
    }

    /// Fills `buffer` from `offset`, which must be in range; `below` gives what is not in here.
    fn read(
        &self,
        offset: u64,
        buffer: &mut [u8],
        below: &dyn Fn(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        by_blocks(self.size, self.grain, offset, buffer, |grain, within, piece| {
            match self.sector_of(grain)? {
                0 => below(grain * self.grain + within, piece),
                1 if self.zeroed_grains => {
                    piece.fill(0);
                    Ok(())
                }
                sector if self.compressed => {
                    let unpacked = self.recent.get(sector, || self.unpack(grain, sector))?;
                    let from = usize::try_from(within).ok();
                    let from = from.and_then(|at| unpacked.get(at..at + piece.len()));
                    piece.copy_from_slice(from.ok_or_else(|| {
                        damaged(format!("the grain at sector {sector} unpacks too short"))
                    })?);
                    Ok(())
                }
                sector => read_exact_at(&*self.source, sector * SECTOR + within, piece),
            }
        })?;
        Ok(())
    }

    /// Where a grain lies; 0: nowhere.
    fn sector_of(&self, grain: u64) -> io::Result<u64> {
        let entry = self.directory + 4 * (grain / self.per_table);
        let table = u64::from(le32(&array_at::<4>(&*self.source, entry)?, 0));
        if table == 0 {
            return Ok(0);
        }
        let entry = table * SECTOR + 4 * (grain % self.per_table);
        Ok(u64::from(le32(&array_at::<4>(&*self.source, entry)?, 0)))
    }

    fn unpack(&self, grain: u64, sector: u64) -> io::Result<Vec<u8>> {
        let marker: [u8; 12] = array_at(&*self.source, sector * SECTOR)?;
        let (first, length) = (le64(&marker, 0), u64::from(le32(&marker, 8)));
        if first != grain * (self.grain / SECTOR) {
            return Err(damaged(format!("the grain at sector {sector} is another one, {first}")));
        }
        // Deflate makes incompressible data a little longer than it was.
        let cap = self.grain + self.grain / 8 + 1024;
        let packed = vec_at(&*self.source, sector * SECTOR + 12, length, cap as usize)?;
        let mut unpacked = Vec::new();
        ZlibDecoder::new(packed.as_slice()).take(self.grain).read_to_end(&mut unpacked)?;
        Ok(unpacked)
    }
}
