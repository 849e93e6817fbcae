//! The bytes of an attribute, read at any position through its run list.
//!
//! Source: libyal, "New Technologies File System (NTFS)", sections "Non-resident MFT attribute",
//! "Data runs" and "Compression".

use super::lznt1;
use super::run_list::{ClusterRun, RunPlace};
use crate::evidence::bytes::to_index;
use crate::evidence::read_at::{ReadAt, read_volume_at};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Decompressed units that are kept of one file: a 64 KiB chunk of a log lies in two units, and its
/// neighbours may be read at the same time.
const UNITS_KEPT: usize = 4;

/// The bytes of one attribute.
pub(super) struct AttributeStream {
    volume: Arc<dyn ReadAt>,
    /// Bytes of a cluster.
    cluster: u64,
    /// Bytes of the attribute.
    size: u64,
    /// Valid data length: bytes that were ever written. Those beyond read as zeros, whatever their
    /// clusters hold.
    valid: u64,
    data: StreamData,
}

/// Where the bytes of a stream are.
enum StreamData {
    /// Inside the file record.
    Resident(Vec<u8>),
    /// In clusters, from cluster 0 of the attribute without a gap.
    Plain(Vec<ClusterRun>),
    /// In clusters, compressed in units of this number of clusters.
    Compressed(Vec<ClusterRun>, u64, Units),
}

/// Decompressed units by number, the last one used at the end.
type Units = Mutex<Vec<(u64, Arc<[u8]>)>>;

impl AttributeStream {
    /// An attribute whose bytes are in its file record.
    pub(super) fn resident(volume: Arc<dyn ReadAt>, bytes: &[u8]) -> AttributeStream {
        let size = bytes.len() as u64;
        AttributeStream {
            volume,
            cluster: 1,
            size,
            valid: size,
            data: StreamData::Resident(bytes.to_vec()),
        }
    }

    /// An attribute in clusters. `runs` must follow each other without a gap from 0 and hold `size`
    /// bytes; a compressed attribute has `unit` clusters in a unit.
    pub(super) fn in_clusters(
        volume: Arc<dyn ReadAt>,
        cluster: u64,
        runs: Vec<ClusterRun>,
        (size, valid): (u64, u64),
        unit: Option<u64>,
    ) -> AttributeStream {
        let data = match unit {
            None => StreamData::Plain(runs),
            Some(unit) => StreamData::Compressed(runs, unit, Mutex::default()),
        };
        AttributeStream { volume, cluster, size, valid, data }
    }

    /// The runs, or none of a resident attribute.
    pub(super) fn runs(&self) -> &[ClusterRun] {
        match &self.data {
            StreamData::Resident(_) => &[],
            StreamData::Plain(runs) | StreamData::Compressed(runs, ..) => runs,
        }
    }

    /// Whether the attribute is compressed.
    pub(super) fn is_compressed(&self) -> bool {
        matches!(self.data, StreamData::Compressed(..))
    }

    /// Offset in the volume of this byte, if it lies anywhere.
    pub(super) fn position(&self, offset: u64) -> Option<u64> {
        let cluster = offset / self.cluster;
        let run = run_at(self.runs(), cluster)?;
        match run.place {
            RunPlace::Cluster(first) => first
                .checked_add(cluster - run.first)?
                .checked_mul(self.cluster)?
                .checked_add(offset % self.cluster),
            RunPlace::Sparse | RunPlace::Lost => None,
        }
    }

    /// Fills `buffer` from the clusters, run by run.
    fn read_runs(
        &self,
        runs: &[ClusterRun],
        mut offset: u64,
        mut buffer: &mut [u8],
    ) -> io::Result<()> {
        while !buffer.is_empty() {
            let run = run_at(runs, offset / self.cluster).ok_or_else(|| lost(offset))?;
            let rest = run.end().saturating_mul(self.cluster).saturating_sub(offset);
            let count = buffer.len().min(to_index(rest));
            let (part, after) = buffer.split_at_mut(count);
            match (run.place, self.position(offset)) {
                (RunPlace::Sparse, _) => part.fill(0),
                (RunPlace::Cluster(_), Some(position)) => {
                    read_volume_at(&*self.volume, position, part)?
                }
                _ => return Err(lost(offset)),
            }
            offset = offset.saturating_add(count as u64);
            buffer = after;
        }
        Ok(())
    }

    /// Fills `buffer` from the compression units.
    fn read_units(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        let StreamData::Compressed(runs, clusters, units) = &self.data else {
            return Err(lost(offset));
        };
        let length = clusters.saturating_mul(self.cluster).max(1);
        while !buffer.is_empty() {
            let unit = self.unit(runs, *clusters, offset / length, units)?;
            let bytes = unit.get(to_index(offset % length)..).unwrap_or(&[]);
            let count = buffer.len().min(bytes.len());
            let (part, after) = buffer.split_at_mut(count);
            part.copy_from_slice(bytes.get(..count).ok_or_else(|| lost(offset))?);
            offset = offset.saturating_add(count as u64);
            buffer = after;
        }
        Ok(())
    }

    /// A decompressed unit, from `kept` if it is there.
    fn unit(
        &self,
        runs: &[ClusterRun],
        clusters: u64,
        number: u64,
        kept: &Units,
    ) -> io::Result<Arc<[u8]>> {
        {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = kept.iter().position(|(other, _)| *other == number) {
                let unit = kept.remove(at);
                let bytes = Arc::clone(&unit.1);
                kept.push(unit);
                return Ok(bytes);
            }
        }
        let bytes: Arc<[u8]> = self.decompress(runs, clusters, number)?.into();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= UNITS_KEPT {
            kept.remove(0);
        }
        kept.push((number, Arc::clone(&bytes)));
        Ok(bytes)
    }

    /// Decompresses a unit. A unit with all its clusters is stored as it is, a unit with none is
    /// zeros, and a unit whose last clusters are sparse is compressed.
    fn decompress(&self, runs: &[ClusterRun], clusters: u64, number: u64) -> io::Result<Vec<u8>> {
        let first = number.saturating_mul(clusters);
        let offset = first.saturating_mul(self.cluster);
        let mut stored = 0;
        while stored < clusters {
            match run_at(runs, first + stored) {
                Some(ClusterRun { place: RunPlace::Lost, .. }) => return Err(lost(offset)),
                Some(run @ ClusterRun { place: RunPlace::Cluster(_), .. }) => {
                    stored = clusters.min(run.end() - first);
                }
                _ => break,
            }
        }
        let mut unit = vec![0; to_index(clusters.saturating_mul(self.cluster))];
        if stored == 0 {
            return Ok(unit);
        }
        if stored == clusters {
            self.read_runs(runs, offset, &mut unit)?;
            return Ok(unit);
        }
        let mut packed = vec![0; to_index(stored.saturating_mul(self.cluster))];
        self.read_runs(runs, offset, &mut packed)?;
        lznt1::decompress(&packed, &mut unit).map_err(|reason| {
            let reason =
                format!("compressed data damaged at byte {offset:#x} of the file: {reason}");
            io::Error::new(io::ErrorKind::InvalidData, reason)
        })?;
        Ok(unit)
    }
}

impl ReadAt for AttributeStream {
    fn size(&self) -> u64 {
        self.size
    }

    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(to_index(self.size.saturating_sub(offset)));
        let written = count.min(to_index(self.valid.saturating_sub(offset)));
        let (data, beyond) = buffer.split_at_mut(written);
        match &self.data {
            StreamData::Resident(_) if data.is_empty() => {}
            StreamData::Resident(bytes) => {
                let from = bytes.get(to_index(offset)..).and_then(|bytes| bytes.get(..written));
                data.copy_from_slice(from.ok_or_else(|| lost(offset))?);
            }
            StreamData::Plain(runs) => self.read_runs(runs, offset, data)?,
            StreamData::Compressed(..) => self.read_units(offset, data)?,
        }
        beyond.iter_mut().take(count - written).for_each(|byte| *byte = 0);
        Ok(count)
    }
}

/// The run that holds this cluster of the attribute.
fn run_at(runs: &[ClusterRun], cluster: u64) -> Option<&ClusterRun> {
    let after = runs.partition_point(|run| run.first <= cluster);
    runs.get(after.checked_sub(1)?).filter(|run| cluster < run.end())
}

fn lost(offset: u64) -> io::Error {
    let reason = format!("where byte {offset:#x} of the file lies is not known");
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::ntfs::tests::Bytes;

    fn volume() -> Arc<dyn ReadAt> {
        // 16 clusters of 512 bytes, each filled with its number.
        Arc::new(Bytes((0..16u8).flat_map(|number| [number; 512]).collect()))
    }

    fn run(first: u64, count: u64, place: RunPlace) -> ClusterRun {
        ClusterRun { first, count, place }
    }

    fn read(stream: &AttributeStream, offset: u64, count: usize) -> Vec<u8> {
        let mut buffer = vec![0xAA; count];
        let read = stream.read_at(offset, &mut buffer).unwrap();
        buffer.truncate(read);
        buffer
    }

    #[test]
    fn runs_are_read_across_their_borders() {
        let runs = vec![
            run(0, 2, RunPlace::Cluster(9)),
            run(2, 1, RunPlace::Sparse),
            run(3, 1, RunPlace::Cluster(4)),
        ];
        let stream = AttributeStream::in_clusters(volume(), 512, runs, (1700, 1700), None);
        let expected = [[9; 512], [10; 512], [0; 512], [4; 512]].concat();
        assert_eq!(read(&stream, 0, 4096), expected[..1700]);
        assert_eq!(read(&stream, 1000, 600), expected[1000..1600]);
        assert_eq!(read(&stream, 1699, 9), [4]);
        assert!(read(&stream, 1700, 9).is_empty());
        assert_eq!(stream.position(1536 + 7), Some(4 * 512 + 7));
        assert_eq!(stream.position(1024), None);
    }

    #[test]
    fn bytes_beyond_the_valid_length_are_zeros() {
        let runs = vec![run(0, 2, RunPlace::Cluster(7))];
        let stream = AttributeStream::in_clusters(volume(), 512, runs, (1000, 600), None);
        let expected = [vec![7; 512], vec![8; 88], vec![0; 400]].concat();
        assert_eq!(read(&stream, 0, 2000), expected);
        assert_eq!(read(&stream, 700, 10), [0; 10]);
    }

    #[test]
    fn what_is_lost_or_outside_is_an_error() {
        let runs = vec![run(0, 1, RunPlace::Lost), run(1, 1, RunPlace::Cluster(99))];
        let stream = AttributeStream::in_clusters(volume(), 512, runs, (1024, 1024), None);
        assert!(stream.read_at(0, &mut [0; 4]).is_err());
        assert!(stream.read_at(600, &mut [0; 4]).is_err());
    }

    #[test]
    fn units_are_stored_sparse_or_compressed() {
        let mut bytes = vec![0; 16 * 512];
        // A chunk of four bytes: a literal, and 1 back for 2047.
        bytes[..6].copy_from_slice(&[3, 0xB0, 0b10, b'z', 0xFC, 0x07]);
        bytes[512 * 8..512 * 12].fill(5);
        let volume: Arc<dyn ReadAt> = Arc::new(Bytes(bytes));
        // Units of four clusters: compressed in one, stored, sparse.
        let runs = vec![
            run(0, 1, RunPlace::Cluster(0)),
            run(1, 3, RunPlace::Sparse),
            run(4, 4, RunPlace::Cluster(8)),
            run(8, 4, RunPlace::Sparse),
        ];
        let stream = AttributeStream::in_clusters(volume, 512, runs, (6000, 5900), Some(4));
        let expected = [&[b'z'; 2048][..], &[5; 2048], &[0; 1904]].concat();
        assert_eq!(read(&stream, 0, 6000), expected);
        assert_eq!(read(&stream, 2000, 100), expected[2000..2100]);
        assert!(stream.is_compressed());
    }
}
