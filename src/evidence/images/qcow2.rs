//! QCOW2 (QEMU), versions 2 and 3: compressed with zlib or zstd, extended L2 entries, backing
//! file and external data file in the same folder.
//!
//! Written from QEMU's document `interop/qcow2`. Numbers are big-endian.

use super::image::{Detect, Image, ImageFile, ImageFormat, Support, VirtualDisk};
use super::recent_chunks::RecentChunks;
use crate::evidence::bytes::{array_or_zeros, be32, be64, shorter};
use crate::evidence::limits;
use crate::evidence::read_at::{
    ReadAt, damaged, read_array_at, read_by_blocks, read_or_zeros, read_vec_at, unsupported,
};
use flate2::bufread::DeflateDecoder;
use ruzstd::decoding::StreamingDecoder;
use std::io::{self, Read};
use std::sync::Arc;

pub(super) const FORMAT: ImageFormat = ImageFormat {
    name: "QCOW2",
    endings: &["qcow2"],
    detect: Detect::Signature(&[(0, b"QFI\xfb")]),
    support: Support::Read(open),
};

/// Incompatible features of the header.
const CORRUPT: u64 = 1 << 1;
const DATA_FILE: u64 = 1 << 2;
const COMPRESSION: u64 = 1 << 3;
const EXTENDED: u64 = 1 << 4;
const KNOWN: u64 = 0x1f;
/// Types of header extensions.
const BACKING_FORMAT: u32 = 0xe279_2aca;
const DATA_FILE_NAME: u32 = 0x4441_5441;
/// Bits of an entry of either table that are the offset of a cluster.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
/// Flags of an L2 entry.
const COPIED: u64 = 1 << 63;
const PACKED: u64 = 1 << 62;
const ZERO: u64 = 1;
/// Parts of a cluster that an extended L2 entry describes one by one.
const SUBCLUSTERS: u64 = 32;

/// A disk in clusters, which are found by two levels of tables.
struct Qcow2 {
    source: Arc<dyn ReadAt>,
    /// The external data file that holds the clusters, if there is one.
    data: Option<Arc<dyn ReadAt>>,
    backing: Option<Arc<dyn ReadAt>>,
    /// Bytes of the disk.
    size: u64,
    cluster_bits: u32,
    /// Offset of the L1 table.
    l1: u64,
    l1_entries: u64,
    compression: Compression,
    extended: bool,
    /// Version 3 has a flag for clusters of zeros.
    has_zero_flag: bool,
    recent: RecentChunks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    Deflate,
    Zstd,
}

/// Where a part of the disk is.
enum ClusterPlace {
    /// At this offset of the file, or of the external data file.
    Here(u64),
    Compressed {
        offset: u64,
        length: u64,
    },
    Zero,
    /// In the backing file.
    Below,
}

/// The first fields of the file.
struct Qcow2Header {
    bytes: [u8; 112],
    version: u32,
    features: u64,
    /// Bytes of the header.
    length: u64,
    cluster_bits: u32,
    compression: Compression,
}

fn open(file: &ImageFile<'_>) -> io::Result<Image> {
    let header = Qcow2Header::read(&*file.source)?;
    let names = FileNames::read(&*file.source, &header)?;
    let mut parts = Vec::new();
    let data = match (header.features & DATA_FILE != 0, &names.data) {
        (false, _) => None,
        (true, Some(path)) => {
            let (name, source) = file.open_part(path, "data file")?;
            parts.push(name);
            Some(source)
        }
        (true, None) => return Err(damaged("it does not name its data file")),
    };
    let backing = match &names.backing {
        None => None,
        // A raw disk is not identified by its content, which its user controls.
        Some(path) if names.backing_is_raw => Some(file.open_part(path, "backing file")?.1),
        Some(path) => Some(file.open_parent(path)?),
    };
    let mut disk = VirtualDisk::new(FORMAT.name, Qcow2::new(file, &header, data, backing)?)?;
    disk.parts = parts;
    if header.features & CORRUPT != 0 {
        disk.notes.push("the image is marked as corrupt by the program that used it".into());
    }
    Ok(Image::Disk(disk))
}

impl Qcow2Header {
    fn read(source: &dyn ReadAt) -> io::Result<Qcow2Header> {
        let mut bytes = [0; 112];
        source.read_at(0, &mut bytes)?;
        let version = be32(&bytes, 4);
        if !(2..=3).contains(&version) {
            return Err(unsupported(format!("QCOW of version {version} is not read")));
        }
        if be32(&bytes, 32) != 0 {
            return Err(unsupported("the QCOW2 image is encrypted"));
        }
        let (features, length) =
            if version == 3 { (be64(&bytes, 72), be32(&bytes, 100)) } else { (0, 72) };
        if features & !KNOWN != 0 {
            return Err(unsupported(format!(
                "QCOW2 features {:#x} are not known",
                features & !KNOWN
            )));
        }
        let cluster_bits = be32(&bytes, 20);
        if !(9..=21).contains(&cluster_bits) {
            return Err(damaged(format!("clusters of 2^{cluster_bits} bytes cannot be right")));
        }
        let says_compression = features & COMPRESSION != 0 && length > 104;
        let compression = if says_compression { array_or_zeros::<1>(&bytes, 104) } else { [0] };
        let compression = match compression {
            [0] => Compression::Deflate,
            [1] => Compression::Zstd,
            [kind] => return Err(unsupported(format!("QCOW2 compression {kind} is not read"))),
        };
        let length = u64::from(length);
        Ok(Qcow2Header { bytes, version, features, length, cluster_bits, compression })
    }
}

/// The names of other files in the header and its extensions.
#[derive(Default)]
struct FileNames {
    backing: Option<String>,
    backing_is_raw: bool,
    data: Option<String>,
}

impl FileNames {
    fn read(source: &dyn ReadAt, header: &Qcow2Header) -> io::Result<FileNames> {
        let mut names = FileNames::default();
        let text = |offset: u64, length: u32| -> io::Result<String> {
            let bytes = read_vec_at(source, offset, u64::from(length), limits::QCOW2_NAME)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let (backing, backing_length) = (be64(&header.bytes, 8), be32(&header.bytes, 16));
        if backing != 0 && backing_length != 0 {
            names.backing = Some(text(backing, backing_length)?);
        }
        // All extensions lie in the first cluster.
        let end = (1 << header.cluster_bits).min(source.size());
        let mut at = header.length;
        while at + 8 <= end {
            let head: [u8; 8] = read_array_at(source, at)?;
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
    /// # Errors
    /// When the tables are too short for the disk or do not lie in the file.
    fn new(
        file: &ImageFile<'_>,
        header: &Qcow2Header,
        data: Option<Arc<dyn ReadAt>>,
        backing: Option<Arc<dyn ReadAt>>,
    ) -> io::Result<Qcow2> {
        let Qcow2Header { bytes, cluster_bits, .. } = header;
        let qcow2 = Qcow2 {
            source: Arc::clone(&file.source),
            data,
            backing,
            size: be64(bytes, 24),
            cluster_bits: *cluster_bits,
            l1: be64(bytes, 40),
            l1_entries: u64::from(be32(bytes, 36)),
            compression: header.compression,
            extended: header.features & EXTENDED != 0,
            has_zero_flag: header.version == 3,
            recent: RecentChunks::new(8),
        };
        let described = qcow2.l1_entries.saturating_mul(qcow2.clusters_per_table() << cluster_bits);
        let l1_end = qcow2.l1.checked_add(8 * qcow2.l1_entries);
        let l1_is_there = l1_end.is_some_and(|end| end <= qcow2.source.size());
        if described < qcow2.size || !l1_is_there {
            return Err(damaged(format!(
                "{} bytes in {} tables of 2^{cluster_bits} byte clusters cannot be right",
                qcow2.size, qcow2.l1_entries
            )));
        }
        Ok(qcow2)
    }

    fn clusters_per_table(&self) -> u64 {
        (1 << self.cluster_bits) / if self.extended { 16 } else { 8 }
    }

    /// Where the cluster is, or its part around the offset `within`, and where that part ends within
    /// the cluster.
    fn place(&self, cluster: u64, within: u64) -> io::Result<(ClusterPlace, u64)> {
        let size = 1_u64 << self.cluster_bits;
        let table = cluster / self.clusters_per_table();
        if table >= self.l1_entries {
            return Ok((ClusterPlace::Below, size));
        }
        let table = u64::from_be_bytes(read_array_at(&*self.source, self.l1 + 8 * table)?) & OFFSET;
        if table == 0 {
            return Ok((ClusterPlace::Below, size));
        }
        let width = if self.extended { 16 } else { 8 };
        let at = table + width * (cluster % self.clusters_per_table());
        let entry = u64::from_be_bytes(read_array_at(&*self.source, at)?);
        if entry & PACKED != 0 {
            // The lower bits are the offset; those above count the further sectors of 512 bytes.
            let bits = 62 - (self.cluster_bits - 8);
            let offset = entry & ((1 << bits) - 1);
            let sectors = (entry & (PACKED - 1)) >> bits;
            let end = (offset / 512 + sectors + 1) * 512;
            return Ok((ClusterPlace::Compressed { offset, length: end - offset }, size));
        }
        let offset = entry & OFFSET;
        // Offset 0 is a valid place only in an external data file.
        let is_here = offset != 0 || (self.data.is_some() && entry & COPIED != 0);
        if self.extended {
            let bits = u64::from_be_bytes(read_array_at(&*self.source, at + 8)?);
            let part = size / SUBCLUSTERS;
            let number = within / part;
            let end = (number + 1) * part;
            return match (bits >> number & 1, bits >> (32 + number) & 1) {
                (1, 0) if is_here => Ok((ClusterPlace::Here(offset), end)),
                (0, 1) => Ok((ClusterPlace::Zero, end)),
                (0, 0) => Ok((ClusterPlace::Below, end)),
                _ => Err(damaged(format!("the entry of cluster {cluster} contradicts itself"))),
            };
        }
        let place = match (self.has_zero_flag && entry & ZERO != 0, is_here) {
            (true, _) => ClusterPlace::Zero,
            (false, true) => ClusterPlace::Here(offset),
            (false, false) => ClusterPlace::Below,
        };
        Ok((place, size))
    }

    fn unpack(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let cluster = 1_usize << self.cluster_bits;
        // The file may end before the last sector does.
        let length = length.min(self.source.size().saturating_sub(offset));
        let packed = read_vec_at(&*self.source, offset, length, 2 * cluster + 1024)?;
        let mut unpacked = vec![0; cluster];
        match self.compression {
            Compression::Deflate => {
                DeflateDecoder::new(packed.as_slice()).read_exact(&mut unpacked)?;
            }
            Compression::Zstd => StreamingDecoder::new_with_max_window_size(
                packed.as_slice(),
                limits::QCOW2_ZSTD_WINDOW,
            )
            .map_err(io::Error::other)?
            .read_exact(&mut unpacked)?,
        }
        Ok(unpacked)
    }
}

impl ReadAt for Qcow2 {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let size = 1 << self.cluster_bits;
        read_by_blocks(self.size, size, offset, buffer, |cluster, within, part| {
            let mut done = 0;
            while done < part.len() {
                let within = within + done as u64;
                let (place, end) = self.place(cluster, within)?;
                let n = shorter(part.len() - done, end - within);
                let Some(part) = part.get_mut(done..done + n) else { break };
                match place {
                    ClusterPlace::Zero => part.fill(0),
                    ClusterPlace::Here(offset) => {
                        let data = self.data.as_ref().unwrap_or(&self.source);
                        if offset >= data.size() {
                            let message = format!("cluster {cluster} lies beyond the file's end");
                            return Err(damaged(message));
                        }
                        // The last cluster may be cut short; what is missing of it is zero.
                        read_or_zeros(&**data, offset + within, part)?;
                    }
                    ClusterPlace::Below => match &self.backing {
                        Some(backing) => read_or_zeros(&**backing, cluster * size + within, part)?,
                        None => part.fill(0),
                    },
                    ClusterPlace::Compressed { offset, length } => {
                        let unpacked = self.recent.get(offset, || self.unpack(offset, length))?;
                        let at = within as usize;
                        let from = unpacked.get(at..at + part.len());
                        part.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
                    }
                }
                done += n;
            }
            Ok(())
        })
    }
}
