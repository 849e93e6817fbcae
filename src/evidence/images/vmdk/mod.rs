//! VMDK: sparse, stream-optimised, flat and split disks, and children with their parent in the same
//! folder.
//!
//! Written from VMware's "Virtual Disk Format 5.0".

mod descriptor;
mod sparse;

use super::image::{Detect, Image, ImageFile, ImageFormat, Support, VirtualDisk};
use crate::evidence::bytes::shorter;
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_exact_at, read_or_zeros, read_vec_at};
use descriptor::{Descriptor, Extent, ExtentKind, ParentReference};
use sparse::SparseExtent;
use std::io;
use std::sync::Arc;

pub(super) const FORMAT: ImageFormat = ImageFormat {
    name: "VMDK",
    endings: &["vmdk"],
    detect: Detect::Signature(&[(0, sparse::SIGNATURE), (0, descriptor::SIGNATURE)]),
    support: Support::Read(open),
};

/// A disk of extents, over an optional parent.
struct Vmdk {
    /// Each with its end in the disk.
    extents: Vec<(u64, ExtentData)>,
    parent: Option<Arc<dyn ReadAt>>,
}

/// Where the bytes of an extent are.
enum ExtentData {
    Sparse(SparseExtent),
    Flat { source: Arc<dyn ReadAt>, offset: u64 },
    Zero,
}

fn open(file: &ImageFile<'_>) -> io::Result<Image> {
    let source = Arc::clone(&file.source);
    let mut signature = [0; 4];
    source.read_at(0, &mut signature)?;
    let mut parts = Vec::new();
    let (descriptor, extents) = if &signature == sparse::SIGNATURE {
        let sparse = SparseExtent::open(Arc::clone(&source))?;
        let descriptor = match sparse.descriptor {
            Some(range) => read_descriptor(&*source, range)?,
            None => Descriptor::default(),
        };
        // Some programs leave space for a descriptor that they then write into another file.
        if descriptor.extents.is_empty() {
            return Ok(Image::Part("an extent of a VMDK that another file describes"));
        }
        // The one extent is this file, whatever it was called when that line was written.
        (descriptor, vec![(sparse.size, ExtentData::Sparse(sparse))])
    } else {
        let descriptor = read_descriptor(&*source, (0, source.size()))?;
        let extents = open_extents(&descriptor, file, &mut parts)?;
        (descriptor, extents)
    };
    let parent = match &descriptor.parent {
        Some(parent) => Some(open_parent(parent, file)?),
        None => None,
    };
    let disk = VirtualDisk::new(FORMAT.name, Vmdk { extents, parent })?;
    Ok(Image::Disk(VirtualDisk { parts, ..disk }))
}

/// The descriptor at this offset and of this length in bytes.
fn read_descriptor(source: &dyn ReadAt, (offset, length): (u64, u64)) -> io::Result<Descriptor> {
    descriptor::parse(&read_vec_at(source, offset, length, limits::VMDK_DESCRIPTOR)?)
}

/// Opens the extents of the disk, each with its end, and adds the names of their files to `parts`.
fn open_extents(
    descriptor: &Descriptor,
    file: &ImageFile<'_>,
    parts: &mut Vec<String>,
) -> io::Result<Vec<(u64, ExtentData)>> {
    let mut extents = Vec::new();
    let mut end = 0_u64;
    for Extent { length, kind } in &descriptor.extents {
        let mut open_part = |path: &str| -> io::Result<(String, Arc<dyn ReadAt>)> {
            let (name, source) = file.open_part(path, "extent")?;
            parts.push(name.clone());
            Ok((name, source))
        };
        let (name, data, there) = match kind {
            ExtentKind::Zero => (String::new(), ExtentData::Zero, *length),
            ExtentKind::Flat { file, offset } => {
                let (name, source) = open_part(file)?;
                let there = source.size().saturating_sub(*offset);
                (name, ExtentData::Flat { source, offset: *offset }, there)
            }
            ExtentKind::Sparse { file } => {
                let (name, source) = open_part(file)?;
                let sparse = SparseExtent::open(source)?;
                let there = sparse.size;
                (name, ExtentData::Sparse(sparse), there)
            }
        };
        if there < *length {
            return Err(damaged(format!(
                "{name:?} in its folder ends after {there} of {length} bytes"
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
fn open_parent(parent: &ParentReference, file: &ImageFile<'_>) -> io::Result<Arc<dyn ReadAt>> {
    let ParentReference { id, path } = parent;
    let (name, source) = file.open_part(path, "parent")?;
    let sparse = SparseExtent::open(Arc::clone(&source)).ok();
    let range = sparse.and_then(|sparse| sparse.descriptor).unwrap_or((0, source.size()));
    let found = read_descriptor(&*source, range)?.id;
    if !found.eq_ignore_ascii_case(id) {
        return Err(damaged(format!(
            "its parent {name:?} has been changed since (CID {found}, {id} expected)"
        )));
    }
    file.open_parent(path)
}

impl ReadAt for Vmdk {
    fn size(&self) -> u64 {
        self.extents.last().map_or(0, |(end, _)| *end)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        let first = self.extents.partition_point(|(end, _)| *end <= offset);
        let mut start = first.checked_sub(1).and_then(|at| self.extents.get(at)).map_or(0, |e| e.0);
        for (end, data) in self.extents.iter().skip(first) {
            let at = offset + done as u64;
            let n = shorter(buffer.len() - done, end - at);
            let Some(part) = buffer.get_mut(done..done + n).filter(|part| !part.is_empty()) else {
                break;
            };
            match data {
                ExtentData::Zero => part.fill(0),
                ExtentData::Flat { source, offset } => {
                    read_exact_at(&**source, offset + (at - start), part)?;
                }
                ExtentData::Sparse(sparse) => {
                    sparse.read(at - start, part, &|within, part| match &self.parent {
                        Some(parent) => read_or_zeros(&**parent, start + within, part),
                        None => {
                            part.fill(0);
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
