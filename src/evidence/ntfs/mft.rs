//! `$MFT`, the table of all files: records by number, and attributes that spread over several.
//!
//! Source: libyal, "New Technologies File System (NTFS)", sections "The Master File Table",
//! "The attribute list attribute" and "Attribute chains".

use super::boot::Boot;
use super::bytes::{fill, index, u16_at, u64_at};
use super::record::{Attribute, Body, Record, Reference, kind};
use super::runs::{Place, Run, decode};
use super::stream::Stream;
use crate::evidence::fault::Faults;
use crate::evidence::{Fault, Source};
use std::sync::Arc;

/// Windows makes attribute lists of up to 256 KiB.
const LONGEST_LIST: u64 = 256 << 10;
/// Runs of one attribute; a list of 256 KiB could name millions.
const MOST_RUNS: usize = 1 << 18;
/// Each round reads the table by what the one before found of it.
const MOST_ROUNDS: usize = 1000;
/// Compression units have 16 clusters of at most 4 KiB.
const LARGEST_UNIT: u64 = 1 << 20;
/// The unit where an attribute is compressed and does not say: 2^4 clusters.
const USUAL_UNIT: u16 = 4;

const COMPRESSED: u16 = 0x00FF;
const LZNT1: u16 = 0x0001;
const ENCRYPTED: u16 = 0x4000;

/// The file table of a volume.
pub(super) struct Mft {
    pub(super) volume: Arc<dyn Source>,
    pub(super) boot: Boot,
    stream: Stream,
}

impl Mft {
    /// Finds the table by its own first record, or by the copy of it.
    ///
    /// # Errors
    /// When neither can be read.
    pub(super) fn open(
        volume: Arc<dyn Source>,
        boot: Boot,
        faults: &mut Faults,
    ) -> Result<Mft, Fault> {
        let at = |cluster: u64| {
            let offset = cluster.saturating_mul(boot.cluster);
            let mut bytes = vec![0; boot.record];
            fill(&*volume, offset, &mut bytes)
                .map_err(|error| error.to_string())
                .and_then(|()| Record::parse(bytes, 0, offset))
                .map_err(|reason| Fault::new(offset, format!("first record of $MFT: {reason}")))
        };
        let own = at(boot.mft).or_else(|fault| {
            let copy = at(boot.mirror).map_err(|_| fault.clone())?;
            faults.push(fault);
            faults.note(copy.offset, "the copy in $MFTMirr was used for it");
            Ok(copy)
        })?;

        let nothing = Stream::resident(Arc::clone(&volume), &[]);
        let mut mft = Mft { volume, boot, stream: nothing };
        // The part that the first record itself describes holds the records that describe more.
        for _ in 0..MOST_ROUNDS {
            let mut found = Faults::default();
            let stream = mft.stream(&own, kind::DATA, "", &mut found).ok().flatten();
            let stream = stream.filter(|stream| known(stream) > known(&mft.stream));
            let Some(stream) = stream else {
                faults.extend(found);
                break;
            };
            mft.stream = stream;
        }
        if known(&mft.stream) == 0 {
            return Err(Fault::new(own.offset, "$MFT does not say where it lies"));
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

    /// Where a record lies in the volume.
    pub(super) fn offset(&self, number: u64) -> u64 {
        let offset = number.saturating_mul(self.boot.record as u64);
        self.stream.position(offset).unwrap_or(0)
    }

    /// # Errors
    /// When there is no such record or it is damaged.
    pub(super) fn record(&self, number: u64) -> Result<Record, Fault> {
        let offset = self.offset(number);
        let mut bytes = vec![0; self.boot.record];
        let reason = match self.read(number, &mut bytes) {
            Ok(read) if read == bytes.len() => match Record::parse(bytes, number, offset) {
                Ok(record) => return Ok(record),
                Err(reason) => reason,
            },
            Ok(_) => "it lies beyond the end of $MFT".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(Fault::new(offset, format!("file record {number}: {reason}")))
    }

    /// The record that a reference means, unless it has been given to another file since.
    ///
    /// # Errors
    /// When it cannot be read or is another file's.
    pub(super) fn follow(&self, reference: Reference) -> Result<Record, Fault> {
        let record = self.record(reference.number)?;
        if !record.in_use() || record.sequence != reference.sequence {
            let reason = format!("file record {} is another file's by now", reference.number);
            return Err(Fault::new(record.offset, reason));
        }
        Ok(record)
    }

    /// Shows every attribute of `kind` of a file, in its own record and in its extensions.
    pub(super) fn each(
        &self,
        base: &Record,
        kind: u32,
        faults: &mut Faults,
        mut visit: impl FnMut(&Record, &Attribute<'_>),
    ) {
        let (attributes, damage) = base.attributes();
        if let Some(reason) = damage {
            faults.note(base.offset, format!("file record {}: {reason}", base.number));
        }
        let list = attributes.iter().find(|attribute| attribute.kind == kind::ATTRIBUTE_LIST);
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

    fn list(&self, base: &Record, list: &Attribute<'_>) -> Result<Vec<u8>, String> {
        if let Body::Resident(bytes) = list.body {
            return Ok(bytes.to_vec());
        }
        let mut faults = Faults::default();
        let mut pieces = Pieces::default();
        pieces.add(base, list, &mut faults);
        let stream = pieces.stream(self, base, &mut faults)?;
        if stream.size() > LONGEST_LIST {
            return Err(format!("{} bytes are too many", stream.size()));
        }
        let mut bytes = vec![0; index(stream.size())];
        fill(&stream, 0, &mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn extension(
        &self,
        base: &Record,
        reference: Reference,
        kind: u32,
        visit: &mut impl FnMut(&Record, &Attribute<'_>),
    ) -> Result<(), Fault> {
        let record = self.record(reference.number)?;
        let own = Reference { number: base.number, sequence: base.sequence };
        // The sequence of a deleted file's own record has been counted up.
        let fits = record.base == own || (!base.in_use() && record.base.number == own.number);
        if !fits || record.sequence != reference.sequence && base.in_use() {
            let reason = format!(
                "file record {} does not extend record {} as its list says",
                record.number, base.number
            );
            return Err(Fault::new(record.offset, reason));
        }
        let (attributes, damage) = record.attributes();
        for attribute in attributes.iter().filter(|attribute| attribute.kind == kind) {
            visit(&record, attribute);
        }
        match damage {
            Some(reason) => {
                let reason = format!("file record {}: {reason}", record.number);
                Err(Fault::new(record.offset, reason))
            }
            None => Ok(()),
        }
    }

    /// The bytes of an attribute of a file, or none if there is no such attribute.
    ///
    /// Parts that cannot be found are noted, and reading them is an error later.
    ///
    /// # Errors
    /// When there is one that cannot be read at all: encrypted, or compressed in another way.
    pub(super) fn stream(
        &self,
        base: &Record,
        kind: u32,
        name: &str,
        faults: &mut Faults,
    ) -> Result<Option<Stream>, Fault> {
        let mut pieces = Pieces::default();
        let mut inner = Faults::default();
        let mut resident = None;
        self.each(base, kind, faults, |record, attribute| {
            if !attribute.is(kind, name) {
                return;
            }
            match attribute.body {
                Body::Resident(bytes) => {
                    resident = Some(Stream::resident(Arc::clone(&self.volume), bytes));
                }
                Body::Clusters { .. } => pieces.add(record, attribute, &mut inner),
            }
        });
        faults.extend(inner);
        if pieces.parts.is_empty() {
            return Ok(resident);
        }
        pieces.stream(self, base, faults).map(Some).map_err(|reason| {
            Fault::new(base.offset, format!("file record {}: {reason}", base.number))
        })
    }
}

/// Clusters of a stream whose place is known.
fn known(stream: &Stream) -> u64 {
    let known = stream.runs().iter().filter(|run| run.place != Place::Lost);
    known.fold(0, |sum, run| sum.saturating_add(run.count))
}

/// The records that an attribute list names for attributes of this kind.
fn listed(mut list: &[u8], kind: u32) -> impl Iterator<Item = Reference> {
    std::iter::from_fn(move || {
        loop {
            let entry = super::bytes::u32_at(list, 0)?;
            let reference = Reference::at(list, 16)?;
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
struct Pieces {
    parts: Vec<(u64, Vec<Run>)>,
    runs: usize,
    sizes: Option<(u64, u64)>,
    flags: u16,
    unit: u16,
}

impl Pieces {
    fn add(&mut self, record: &Record, attribute: &Attribute<'_>, faults: &mut Faults) {
        let Body::Clusters { first, last, runs: list, unit, size, valid } = attribute.body else {
            return;
        };
        let (runs, damage) = decode(list, first);
        let end = runs.last().map_or(first, Run::end);
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
        if self.runs > MOST_RUNS {
            let reason = format!("file record {}: more than {MOST_RUNS} runs", record.number);
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
    fn stream(self, mft: &Mft, base: &Record, faults: &mut Faults) -> Result<Stream, String> {
        let unit = self.unit()?;
        let mut note = |reason: &str| {
            faults.note(base.offset, format!("file record {}: {reason}", base.number));
        };
        let cluster = mft.boot.cluster;
        let unit = match unit {
            Some(shift) => 1u64
                .checked_shl(shift.into())
                .filter(|unit| unit.saturating_mul(cluster) <= LARGEST_UNIT)
                .map(Some)
                .ok_or("compression units of impossible size")?,
            None => None,
        };
        let mut parts = self.parts;
        parts.sort_by_key(|(first, _)| *first);
        let mut runs: Vec<Run> = Vec::with_capacity(self.runs.min(MOST_RUNS));
        let mut end = 0;
        for (first, part) in parts {
            if first < end {
                note("two parts of its data overlap; the second is left out");
                continue;
            }
            if first > end {
                note("a part of its data is missing");
                runs.push(Run { first: end, count: first - end, place: Place::Lost });
            }
            end = part.last().map_or(first, Run::end);
            runs.extend(part);
        }
        let room = end.saturating_mul(cluster);
        let (said, valid) = self.sizes.unwrap_or_else(|| {
            note("the part that tells its size is missing");
            (room, room)
        });
        // Only a sparse file can be larger than its volume, and no log is one.
        let size = said.min(room).min(mft.volume.size());
        if size < said {
            note(&format!("it claims {said} bytes where there are {size}"));
        }
        let volume = Arc::clone(&mft.volume);
        Ok(Stream::in_clusters(volume, cluster, runs, (size, valid), unit))
    }

    /// Binary logarithm of the compression unit, if the attribute is compressed.
    fn unit(&self) -> Result<Option<u16>, String> {
        if self.flags & ENCRYPTED != 0 {
            return Err("it is encrypted (EFS) and cannot be read".to_owned());
        }
        match self.flags & COMPRESSED {
            0 => Ok(None),
            LZNT1 => Ok(Some(if self.unit == 0 { USUAL_UNIT } else { self.unit })),
            other => Err(format!("compression method {other} is not known")),
        }
    }
}
