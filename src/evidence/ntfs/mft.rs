//! `$MFT`, the table of all files: records by number, and attributes that spread over several.
//!
//! Source: libyal, "New Technologies File System (NTFS)", sections "The Master File Table",
//! "The attribute list attribute" and "Attribute chains".

use super::attribute_stream::AttributeStream;
use super::boot_sector::BootSector;
use super::file_record::{Attribute, AttributeBody, FileRecord, FileReference, attribute_type};
use super::run_list::{ClusterRun, RunPlace, decode};
use crate::evidence::bytes::{to_index, u16_at, u32_at, u64_at};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, read_volume_at};
use crate::evidence::volume_fault::{VolumeFault, VolumeFaults};
use crate::model::FindingCode;
use std::sync::Arc;

/// Binary logarithm of the clusters in a unit where a compressed attribute does not say it.
const USUAL_UNIT: u16 = 4;
/// Flags of an attribute; LZNT1 is the value of those for compression.
const COMPRESSED: u16 = 0x00FF;
const LZNT1: u16 = 0x0001;
const ENCRYPTED: u16 = 0x4000;

/// The file table of a volume.
pub(super) struct Mft {
    pub(super) volume: Arc<dyn ReadAt>,
    pub(super) boot: BootSector,
    stream: AttributeStream,
}

impl Mft {
    /// Finds the table by its own first record, or by the copy of it.
    ///
    /// # Errors
    /// When neither can be read.
    pub(super) fn open(
        volume: Arc<dyn ReadAt>,
        boot: BootSector,
        faults: &mut VolumeFaults,
    ) -> Result<Mft, VolumeFault> {
        let at = |cluster: u64| {
            let offset = cluster.saturating_mul(boot.cluster);
            let mut bytes = vec![0; boot.record];
            read_volume_at(&*volume, offset, &mut bytes)
                .map_err(|error| error.to_string())
                .and_then(|()| FileRecord::parse(bytes, 0, offset))
                .map_err(|reason| {
                    VolumeFault::new(offset, format!("first record of $MFT: {reason}"))
                })
        };
        let own = at(boot.mft).or_else(|fault| {
            let copy = at(boot.mirror).map_err(|_| fault.clone())?;
            faults.push(fault);
            faults.note(copy.offset, "the copy in $MFTMirr was used for it");
            Ok(copy)
        })?;

        let nothing = AttributeStream::resident(Arc::clone(&volume), &[]);
        let mut mft = Mft { volume, boot, stream: nothing };
        // The part that the first record itself describes holds the records that describe more.
        for _ in 0..limits::NTFS_MFT_ROUNDS {
            let mut found = VolumeFaults::default();
            let stream = mft.stream(&own, attribute_type::DATA, "", &mut found).ok().flatten();
            let stream =
                stream.filter(|stream| clusters_known(stream) > clusters_known(&mft.stream));
            let Some(stream) = stream else {
                faults.extend(found);
                break;
            };
            mft.stream = stream;
        }
        if clusters_known(&mft.stream) == 0 {
            return Err(VolumeFault::new(own.offset, "$MFT does not say where it lies"));
        }
        Ok(mft)
    }

    /// Number of records.
    pub(super) fn len(&self) -> u64 {
        self.stream.size() / self.boot.record as u64
    }

    /// Bytes of the table from record `number` on, as many whole records as fit.
    pub(super) fn read(&self, number: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.stream.read_at(number.saturating_mul(self.boot.record as u64), buffer)?;
        Ok(read - read % self.boot.record)
    }

    /// Where a record lies in the volume, in bytes; 0 if that is not known.
    pub(super) fn offset(&self, number: u64) -> u64 {
        let offset = number.saturating_mul(self.boot.record as u64);
        self.stream.position(offset).unwrap_or(0)
    }

    /// The record of this number.
    ///
    /// # Errors
    /// When there is no such record or it is damaged.
    pub(super) fn record(&self, number: u64) -> Result<FileRecord, VolumeFault> {
        let offset = self.offset(number);
        let mut bytes = vec![0; self.boot.record];
        let reason = match self.read(number, &mut bytes) {
            Ok(read) if read == bytes.len() => match FileRecord::parse(bytes, number, offset) {
                Ok(record) => return Ok(record),
                Err(reason) => reason,
            },
            Ok(_) => "it lies beyond the end of $MFT".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(VolumeFault::new(offset, format!("file record {number}: {reason}")))
    }

    /// The record that a reference means, unless it has been given to another file since.
    ///
    /// # Errors
    /// When it cannot be read or is another file's.
    pub(super) fn follow(&self, reference: FileReference) -> Result<FileRecord, VolumeFault> {
        let record = self.record(reference.number)?;
        if !record.in_use() || record.sequence != reference.sequence {
            let reason = format!("file record {} is another file's by now", reference.number);
            return Err(VolumeFault::new(record.offset, reason));
        }
        Ok(record)
    }

    /// Passes every attribute of the type `kind` of a file, in its own record and in its extensions.
    pub(super) fn each(
        &self,
        base: &FileRecord,
        kind: u32,
        faults: &mut VolumeFaults,
        mut visit: impl FnMut(&FileRecord, &Attribute<'_>),
    ) {
        let (attributes, damage) = base.attributes();
        if let Some(reason) = damage {
            faults.note(base.offset, format!("file record {}: {reason}", base.number));
        }
        let list =
            attributes.iter().find(|attribute| attribute.kind == attribute_type::ATTRIBUTE_LIST);
        for attribute in attributes.iter().filter(|attribute| attribute.kind == kind) {
            visit(base, attribute);
        }
        let Some(list) = list else { return };
        let bytes = match self.list(base, list) {
            Ok(bytes) => bytes,
            Err(reason) => {
                let reason = format!("attribute list of file record {}: {reason}", base.number);
                return faults.note(base.offset, reason);
            }
        };
        let mut extensions: Vec<u64> = Vec::new();
        for reference in listed(&bytes, kind) {
            if reference.number != base.number && !extensions.contains(&reference.number) {
                extensions.push(reference.number);
                if let Err(fault) = self.extension(base, reference, kind, &mut visit) {
                    faults.push(fault);
                }
            }
        }
    }

    /// The bytes of an attribute list.
    fn list(&self, base: &FileRecord, list: &Attribute<'_>) -> Result<Vec<u8>, String> {
        if let AttributeBody::Resident(bytes) = list.body {
            return Ok(bytes.to_vec());
        }
        let mut faults = VolumeFaults::default();
        let mut parts = AttributeParts::default();
        parts.add(base, list, &mut faults);
        let stream = parts.stream(self, base, &mut faults).map_err(|fault| fault.reason)?;
        if stream.size() > limits::NTFS_ATTRIBUTE_LIST {
            return Err(format!("{} bytes are too many", stream.size()));
        }
        let mut bytes = vec![0; to_index(stream.size())];
        read_volume_at(&stream, 0, &mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// Passes the attributes of the type `kind` in one extension of a file.
    fn extension(
        &self,
        base: &FileRecord,
        reference: FileReference,
        kind: u32,
        visit: &mut impl FnMut(&FileRecord, &Attribute<'_>),
    ) -> Result<(), VolumeFault> {
        let record = self.record(reference.number)?;
        let own = FileReference { number: base.number, sequence: base.sequence };
        // The sequence of a deleted file's own record has been counted up.
        let fits = record.base == own || (!base.in_use() && record.base.number == own.number);
        if !fits || record.sequence != reference.sequence && base.in_use() {
            let reason = format!(
                "file record {} does not extend record {} as its list says",
                record.number, base.number
            );
            return Err(VolumeFault::new(record.offset, reason));
        }
        let (attributes, damage) = record.attributes();
        for attribute in attributes.iter().filter(|attribute| attribute.kind == kind) {
            visit(&record, attribute);
        }
        match damage {
            Some(reason) => {
                let reason = format!("file record {}: {reason}", record.number);
                Err(VolumeFault::new(record.offset, reason))
            }
            None => Ok(()),
        }
    }

    /// The bytes of the attribute of this type and name of a file; `None` if there is no such
    /// attribute. Parts that cannot be found are noted, and reading them is an error later.
    ///
    /// # Errors
    /// When it cannot be read at all: it is encrypted, or compressed in another way.
    pub(super) fn stream(
        &self,
        base: &FileRecord,
        kind: u32,
        name: &str,
        faults: &mut VolumeFaults,
    ) -> Result<Option<AttributeStream>, VolumeFault> {
        let mut parts = AttributeParts::default();
        let mut inner = VolumeFaults::default();
        let mut resident = None;
        self.each(base, kind, faults, |record, attribute| {
            if !attribute.is(kind, name) {
                return;
            }
            match attribute.body {
                AttributeBody::Resident(bytes) => {
                    resident = Some(AttributeStream::resident(Arc::clone(&self.volume), bytes));
                }
                AttributeBody::Clusters { .. } => parts.add(record, attribute, &mut inner),
            }
        });
        faults.extend(inner);
        if parts.parts.is_empty() {
            return Ok(resident);
        }
        let of_record = format!("file record {}", base.number);
        parts.stream(self, base, faults).map(Some).map_err(|fault| fault.of_file(&of_record))
    }
}

/// Number of clusters of a stream whose place is known.
fn clusters_known(stream: &AttributeStream) -> u64 {
    let known = stream.runs().iter().filter(|run| run.place != RunPlace::Lost);
    known.fold(0, |sum, run| sum.saturating_add(run.count))
}

/// The records that an attribute list names for attributes of the type `kind`.
fn listed(mut list: &[u8], kind: u32) -> impl Iterator<Item = FileReference> {
    std::iter::from_fn(move || {
        loop {
            let entry = u32_at(list, 0)?;
            let reference = FileReference::at(list, 16)?;
            let length = usize::from(u16_at(list, 4)?);
            u64_at(list, 8)?;
            list = list.get(length..).filter(|_| length >= 24)?;
            if entry == kind {
                return Some(reference);
            }
        }
    })
}

/// The parts of one attribute, as they are found.
#[derive(Default)]
struct AttributeParts {
    /// First cluster of each part within the attribute, and the runs of the part.
    parts: Vec<(u64, Vec<ClusterRun>)>,
    /// Number of all runs.
    runs: usize,
    /// Size and valid length in bytes, which only the first part gives.
    sizes: Option<(u64, u64)>,
    flags: u16,
    /// Binary logarithm of the clusters in a compression unit, which only the first part gives.
    unit: u16,
}

impl AttributeParts {
    fn add(&mut self, record: &FileRecord, attribute: &Attribute<'_>, faults: &mut VolumeFaults) {
        let AttributeBody::Clusters { first, last, runs: list, unit, size, valid } = attribute.body
        else {
            return;
        };
        let (runs, damage) = decode(list, first);
        let end = runs.last().map_or(first, ClusterRun::end);
        let reason = match damage {
            Some(reason) => Some(reason),
            // An attribute without clusters ends before it begins.
            None if end != last.wrapping_add(1) => Some("it ends elsewhere than it says"),
            None => None,
        };
        if let Some(reason) = reason {
            let reason = format!("run list in file record {}: {reason}", record.number);
            faults.note(record.offset, reason);
        }
        self.runs = self.runs.saturating_add(runs.len());
        if self.runs > limits::NTFS_RUNS {
            let limit = limits::NTFS_RUNS;
            let reason = format!("file record {}: more than {limit} runs", record.number);
            return faults.note(record.offset, reason);
        }
        if first == 0 {
            self.sizes = Some((size, valid));
            self.unit = unit;
        }
        self.flags |= attribute.flags;
        self.parts.push((first, runs));
    }

    /// Joins the parts in order.
    ///
    /// # Errors
    /// When the attribute cannot be read at all.
    fn stream(
        self,
        mft: &Mft,
        base: &FileRecord,
        faults: &mut VolumeFaults,
    ) -> Result<AttributeStream, VolumeFault> {
        let cluster = mft.boot.cluster;
        if self.flags & ENCRYPTED != 0 {
            let reason = "it is encrypted (EFS): decrypt it with a key of its user or of a recovery \
                          agent";
            return Err(VolumeFault::new(base.offset, reason).with_code(FindingCode::LogEncrypted));
        }
        let unit = self
            .clusters_per_unit(cluster)
            .map_err(|reason| VolumeFault::new(base.offset, reason))?;
        let mut note = |reason: &str| {
            faults.note(base.offset, format!("file record {}: {reason}", base.number));
        };
        let mut parts = self.parts;
        parts.sort_by_key(|(first, _)| *first);
        let mut runs: Vec<ClusterRun> = Vec::with_capacity(self.runs.min(limits::NTFS_RUNS));
        let mut end = 0;
        for (first, part) in parts {
            if first < end {
                note("two parts of its data overlap; the second is left out");
                continue;
            }
            if first > end {
                note("a part of its data is missing");
                runs.push(ClusterRun { first: end, count: first - end, place: RunPlace::Lost });
            }
            end = part.last().map_or(first, ClusterRun::end);
            runs.extend(part);
        }
        let allocated = end.saturating_mul(cluster);
        let (claimed, valid) = self.sizes.unwrap_or_else(|| {
            note("the part that gives its size is missing");
            (allocated, allocated)
        });
        // Only a sparse file can be larger than its volume, and no log is one.
        let size = claimed.min(allocated).min(mft.volume.size());
        if size < claimed {
            note(&format!("it claims {claimed} bytes where there are {size}"));
        }
        let volume = Arc::clone(&mft.volume);
        Ok(AttributeStream::in_clusters(volume, cluster, runs, (size, valid), unit))
    }

    /// Clusters in a compression unit; `None` if the attribute is not compressed. `cluster`: bytes of
    /// a cluster.
    ///
    /// # Errors
    /// When the attribute is compressed in a way that is not known.
    fn clusters_per_unit(&self, cluster: u64) -> Result<Option<u64>, String> {
        let logarithm = match self.flags & COMPRESSED {
            0 => return Ok(None),
            LZNT1 if self.unit == 0 => USUAL_UNIT,
            LZNT1 => self.unit,
            other => return Err(format!("compression method {other} is not known")),
        };
        let unit = 1u64
            .checked_shl(logarithm.into())
            .filter(|unit| unit.saturating_mul(cluster) <= limits::NTFS_COMPRESSION_UNIT);
        unit.map(Some).ok_or_else(|| "compression units of impossible size".to_owned())
    }
}
