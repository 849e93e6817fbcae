//! QCOW2 (QEMU), versions 2 and 3: compressed with zlib or zstd, extended L2 entries, backing
//! file and external data file beside it.
//!
//! Written from QEMU's document `interop/qcow2`. Numbers are big-endian.

use super::{Context, Disk, Source};
use crate::evidence::bytes::{
    array_at, be32, be64, by_blocks, damaged, part, read_or_zero, unsupported, vec_at,
};
use crate::evidence::cache::Recent;
use flate2::bufread::DeflateDecoder;
use ruzstd::decoding::StreamingDecoder;
use std::io::{self, Read};
use std::sync::Arc;

/// First bytes of the file.
pub(super) const MAGIC: &[u8; 4] = b"QFI\xfb";
/// Incompatible features of the header.
const CORRUPT: u64 = 1 << 1;
const DATA_FILE: u64 = 1 << 2;
const COMPRESSION: u64 = 1 << 3;
const EXTENDED: u64 = 1 << 4;
const KNOWN: u64 = 0x1f;
/// Kinds of header extensions.
const BACKING_FORMAT: u32 = 0xe279_2aca;
const DATA_FILE_NAME: u32 = 0x4441_5441;
/// Where a cluster lies, in an entry of either table.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
/// Flags of an L2 entry.
const COPIED: u64 = 1 << 63;
const PACKED: u64 = 1 << 62;
const ZERO: u64 = 1;
/// Largest window of zstd: clusters are of 2 MiB at most.
const MAX_WINDOW: u64 = 8 << 20;
/// An extended entry divides its cluster so.
const SUBCLUSTERS: u64 = 32;

struct Qcow2 {
    source: Arc<dyn Source>,
    /// Where clusters lie if not in the file itself.
    data: Option<Arc<dyn Source>>,
    backing: Option<Arc<dyn Source>>,
    size: u64,
    cluster_bits: u32,
    l1: u64,
    l1_entries: u64,
    zstd: bool,
    extended: bool,
    /// Version 3 has a flag for clusters of zeros.
    zero_flag: bool,
    recent: Recent,
}

/// Where a piece of the disk is.
enum Place {
    Here(u64),
    Packed { offset: u64, length: u64 },
    Zero,
    Below,
}

pub(super) fn open(source: Arc<dyn Source>, context: &Context<'_>) -> io::Result<Disk> {
    let header: [u8; 112] = {
        let mut header = [0; 112];
        source.read_at(0, &mut header)?;
        header
    };
    let version = be32(&header, 4);
    if !(2..=3).contains(&version) {
        return Err(unsupported(format!("QCOW of version {version} is not read")));
    }
    if be32(&header, 32) != 0 {
        return Err(unsupported("the QCOW2 image is encrypted"));
    }
    let (features, length) =
        if version == 3 { (be64(&header, 72), be32(&header, 100)) } else { (0, 72) };
    if features & !KNOWN != 0 {
        return Err(unsupported(format!("QCOW2 features {:#x} are not known", features & !KNOWN)));
    }
    let cluster_bits = be32(&header, 20);
    if !(9..=21).contains(&cluster_bits) {
        return Err(damaged(format!("clusters of 2^{cluster_bits} bytes cannot be right")));
    }
    let kind =
        if features & COMPRESSION != 0 && length > 104 { part::<1>(&header, 104) } else { [0] };
    let zstd = match kind {
        [0] => false,
        [1] => true,
        [kind] => return Err(unsupported(format!("QCOW2 compression {kind} is not read"))),
    };
    let names = Names::read(&*source, &header, u64::from(length), 1 << cluster_bits)?;
    let mut parts = Vec::new();
    let data = match (features & DATA_FILE != 0, &names.data) {
        (false, _) => None,
        (true, Some(path)) => {
            let (name, source) = context.part(path, "data file")?;
            parts.push(name);
            Some(source)
        }
        (true, None) => return Err(damaged("it does not name its data file")),
    };
    let backing = match &names.backing {
        None => None,
        // Not told by content: that of a raw disk is under its user's control.
        Some(path) if names.backing_is_raw => Some(context.part(path, "backing file")?.1),
        Some(path) => Some(context.parent(path)?),
    };
    let qcow2 = Qcow2 {
        data,
        backing,
        size: be64(&header, 24),
        cluster_bits,
        l1: be64(&header, 40),
        l1_entries: u64::from(be32(&header, 36)),
        zstd,
        extended: features & EXTENDED != 0,
        zero_flag: version == 3,
        recent: Recent::new(8),
        source,
    };
    let room = qcow2.l1_entries.saturating_mul(qcow2.clusters_per_table() << cluster_bits);
    let l1_end = qcow2.l1.checked_add(8 * qcow2.l1_entries);
    let sound = room >= qcow2.size && l1_end.is_some_and(|end| end <= qcow2.source.size());
    if !sound {
        return Err(damaged(format!(
            "{} bytes in {} tables of 2^{cluster_bits} byte clusters cannot be right",
            qcow2.size, qcow2.l1_entries
        )));
    }
    let mut disk = Disk::new("QCOW2", qcow2)?;
    disk.parts = parts;
    if features & CORRUPT != 0 {
        disk.notes.push("the image is marked as corrupt by the program that used it".into());
    }
    Ok(disk)
}

/// The names of other files in the header.
#[derive(Default)]
struct Names {
    backing: Option<String>,
    backing_is_raw: bool,
    data: Option<String>,
}

impl Names {
    fn read(source: &dyn Source, header: &[u8], length: u64, cluster: u64) -> io::Result<Names> {
        let mut names = Names::default();
        let text = |offset: u64, length: u32| -> io::Result<String> {
            let bytes = vec_at(source, offset, u64::from(length), 4096)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        if be64(header, 8) != 0 && be32(header, 16) != 0 {
            names.backing = Some(text(be64(header, 8), be32(header, 16))?);
        }
        // All extensions lie in the first cluster.
        let mut at = length;
        while at + 8 <= cluster.min(source.size()) {
            let head: [u8; 8] = array_at(source, at)?;
            let (kind, length) = (be32(&head, 0), be32(&head, 4));
            match kind {
                0 => break,
                BACKING_FORMAT => names.backing_is_raw = text(at + 8, length)? == "raw",
                DATA_FILE_NAME => names.data = Some(text(at + 8, length)?),
                _ => {}
            }
            at += 8 + u64::from(length).next_multiple_of(8);
        }
        Ok(names)
    }
}

impl Qcow2 {
    fn clusters_per_table(&self) -> u64 {
        (1 << self.cluster_bits) / if self.extended { 16 } else { 8 }
    }

    /// Where the cluster is, or its part around the offset `within`; and where that part ends.
    fn place(&self, cluster: u64, within: u64) -> io::Result<(Place, u64)> {
        let size = 1_u64 << self.cluster_bits;
        let table = cluster / self.clusters_per_table();
        if table >= self.l1_entries {
            return Ok((Place::Below, size));
        }
        let table = u64::from_be_bytes(array_at(&*self.source, self.l1 + 8 * table)?) & OFFSET;
        if table == 0 {
            return Ok((Place::Below, size));
        }
        let width = if self.extended { 16 } else { 8 };
        let at = table + width * (cluster % self.clusters_per_table());
        let entry = u64::from_be_bytes(array_at(&*self.source, at)?);
        if entry & PACKED != 0 {
            // The lower bits are the offset, those above count sectors of 512 bytes beyond its own.
            let bits = 62 - (self.cluster_bits - 8);
            let offset = entry & ((1 << bits) - 1);
            let sectors = (entry & (PACKED - 1)) >> bits;
            let end = (offset / 512 + sectors + 1) * 512;
            return Ok((Place::Packed { offset, length: end - offset }, size));
        }
        let offset = entry & OFFSET;
        // Offset 0 is a place only in an external data file.
        let here = offset != 0 || (self.data.is_some() && entry & COPIED != 0);
        if self.extended {
            let bits = u64::from_be_bytes(array_at(&*self.source, at + 8)?);
            let part = size / SUBCLUSTERS;
            let number = within / part;
            let end = (number + 1) * part;
            return match (bits >> number & 1, bits >> (32 + number) & 1) {
                (1, 0) if here => Ok((Place::Here(offset), end)),
                (0, 1) => Ok((Place::Zero, end)),
                (0, 0) => Ok((Place::Below, end)),
                _ => Err(damaged(format!("the entry of cluster {cluster} contradicts itself"))),
            };
        }
        let place = match (self.zero_flag && entry & ZERO != 0, here) {
            (true, _) => Place::Zero,
            (false, true) => Place::Here(offset),
            (false, false) => Place::Below,
        };
        Ok((place, size))
    }

    fn unpack(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let cluster = 1_usize << self.cluster_bits;
        // The last sector may lie beyond the end of the file, which is then cut there.
        let length = length.min(self.source.size().saturating_sub(offset));
        let packed = vec_at(&*self.source, offset, length, 2 * cluster + 1024)?;
        let mut unpacked = vec![0; cluster];
        if self.zstd {
            let decoder = StreamingDecoder::new_with_max_window_size(packed.as_slice(), MAX_WINDOW);
            decoder.map_err(io::Error::other)?.read_exact(&mut unpacked)?;
        } else {
            DeflateDecoder::new(packed.as_slice()).read_exact(&mut unpacked)?;
        }
        Ok(unpacked)
    }
}

impl Source for Qcow2 {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let size = 1 << self.cluster_bits;
        by_blocks(self.size, size, offset, buffer, |cluster, within, piece| {
            let mut done = 0;
            while done < piece.len() {
                let within = within + done as u64;
                let (place, end) = self.place(cluster, within)?;
                let n = crate::evidence::bytes::up_to(piece.len() - done, end - within);
                let Some(piece) = piece.get_mut(done..done + n) else { break };
                match place {
                    Place::Zero => piece.fill(0),
                    Place::Here(offset) => {
                        let data = self.data.as_ref().unwrap_or(&self.source);
                        if offset >= data.size() {
                            let message = format!("cluster {cluster} lies beyond the file's end");
                            return Err(damaged(message));
                        }
                        // The last cluster may be cut short; the rest of it is zero.
                        read_or_zero(&**data, offset + within, piece)?;
                    }
                    Place::Below => match &self.backing {
                        Some(backing) => read_or_zero(&**backing, cluster * size + within, piece)?,
                        None => piece.fill(0),
                    },
                    Place::Packed { offset, length } => {
                        let unpacked = self.recent.get(offset, || self.unpack(offset, length))?;
                        let at = within as usize;
                        let from = unpacked.get(at..at + piece.len());
                        piece.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
                    }
                }
                done += n;
            }
            Ok(())
        })
    }
}
