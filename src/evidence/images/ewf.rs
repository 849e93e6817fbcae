//! E01 and S01: the Expert Witness format of `EnCase`, FTK Imager, SMART and Linen.
//!
//! Written from libyal's "Expert Witness Compression Format (EWF)" document. Every checksum that
//! the format has is verified: of sections and tables when the image is opened, of each chunk
//! when it is read.

use super::image::{Detect, Image, ImageFile, ImageFormat, Support, VirtualDisk};
use super::recent_chunks::RecentChunks;
use crate::evidence::bytes::{array_or_zeros, has, le16, le32, le64, shorter};
use crate::evidence::limits;
use crate::evidence::read_at::{
    ReadAt, damaged, read_array_at, read_by_blocks, read_exact_at, read_vec_at, unsupported,
};
use flate2::bufread::ZlibDecoder;
use simd_adler32::Adler32;
use std::io::{self, Read};
use std::sync::Arc;

pub(super) const FORMAT: ImageFormat = ImageFormat {
    name: "E01",
    endings: &["e01"],
    detect: Detect::Signature(&[(0, SIGNATURE)]),
    support: Support::Read(open),
};

/// First bytes of a segment.
const SIGNATURE: &[u8; 8] = b"EVF\x09\x0d\x0a\xff\0";
/// Length of a segment's header: magic, 1, number of the segment, 0.
const FILE_HEADER: u64 = 13;
/// Length of a section's descriptor: type, offset of the next, size, padding, checksum.
const DESCRIPTOR: u64 = 76;
/// Length of a table's header: count, padding, base, padding, checksum.
const TABLE_HEADER: u64 = 24;
/// Flag of a table entry: the chunk is compressed.
const COMPRESSED: u32 = 1 << 31;

/// One table of chunks.
struct ChunkTable {
    /// Number of its first chunk.
    first: u64,
    count: u64,
    segment: usize,
    /// Where its entries begin in the segment.
    entries: u64,
    /// Added to every entry.
    base: u64,
    /// Where the last chunk ends.
    end: u64,
}

/// A disk in chunks, which lie in several segments.
struct Ewf {
    segments: Vec<Arc<dyn ReadAt>>,
    tables: Vec<ChunkTable>,
    /// Bytes of a chunk.
    chunk: u64,
    size: u64,
    recent: RecentChunks,
}

/// A section of a segment.
struct Section {
    kind: [u8; 16],
    offset: u64,
    /// Offset behind its last byte.
    end: u64,
}

impl Section {
    fn is(&self, kind: &str) -> bool {
        let length = self.kind.iter().position(|byte| *byte == 0).unwrap_or(self.kind.len());
        self.kind.get(..length) == Some(kind.as_bytes())
    }

    fn body(&self) -> u64 {
        self.offset + DESCRIPTOR
    }
}

/// Opens the image if this file is its first segment.
fn open(file: &ImageFile<'_>) -> io::Result<Image> {
    let source = Arc::clone(&file.source);
    if segment_number(&*source)? != 1 {
        return Ok(Image::Part("a later segment of an E01 image"));
    }
    let mut parts = Vec::new();
    let mut segments = vec![source];
    let mut names = SegmentNames::after(file.name);
    while let Some(name) = names.as_mut().and_then(SegmentNames::next) {
        let segment = match file.siblings.open(&name) {
            Ok(segment) => segment,
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        };
        let number = segments.len() + 1;
        if !matches!(segment_number(&*segment), Ok(found) if usize::from(found) == number) {
            return Err(damaged(format!("{name:?} in its folder is not its segment {number}")));
        }
        segments.push(segment);
        parts.push(name);
    }
    let (ewf, notes) = Ewf::new(segments)?;
    let disk = VirtualDisk::new(FORMAT.name, ewf)?;
    Ok(Image::Disk(VirtualDisk { parts, notes, ..disk }))
}

fn segment_number(source: &dyn ReadAt) -> io::Result<u16> {
    let header: [u8; FILE_HEADER as usize] = read_array_at(source, 0)?;
    if !has(&header, 0, SIGNATURE) {
        return Err(damaged("no segment of an E01 image"));
    }
    Ok(le16(&header, 9))
}

impl Ewf {
    fn new(segments: Vec<Arc<dyn ReadAt>>) -> io::Result<(Ewf, Vec<String>)> {
        let mut notes = Vec::new();
        let mut tables = Vec::new();
        let mut volume = None;
        let mut chunks = 0;
        let mut complete = false;
        for (number, segment) in segments.iter().enumerate() {
            let sections = sections(&**segment, number, &mut notes)?;
            complete = sections.last().is_some_and(|last| last.is("done"));
            for (at, section) in sections.iter().enumerate() {
                if volume.is_none() && (section.is("volume") || section.is("disk")) {
                    volume = Some(VolumeSection::read(&**segment, section)?);
                }
                if section.is("table") {
                    let second = sections.get(at + 1).filter(|next| next.is("table2"));
                    let table = table(&**segment, number, section, &sections).or_else(|error| {
                        let second = second.ok_or(error)?;
                        table(&**segment, number, second, &sections)
                    })?;
                    chunks += table.count;
                    tables.push(ChunkTable { first: chunks - table.count, ..table });
                }
            }
        }
        let volume = volume.ok_or_else(|| damaged("it has no volume section"))?;
        let needed = volume.size.div_ceil(volume.chunk);
        if !complete || chunks < needed {
            notes.push(format!(
                "the image is not whole: {chunks} of {needed} chunks are in its {} segments; a \
                 segment is missing or the acquisition was broken off",
                segments.len()
            ));
        }
        let recent = RecentChunks::new(8);
        let (chunk, size) = (volume.chunk, volume.size);
        Ok((Ewf { segments, tables, chunk, size, recent }, notes))
    }

    /// Reads, verifies and unpacks one chunk.
    fn chunk(&self, number: u64) -> io::Result<Vec<u8>> {
        let after = self.tables.partition_point(|table| table.first <= number);
        let table = after.checked_sub(1).and_then(|at| self.tables.get(at));
        let Some(table) = table.filter(|table| number < table.first + table.count) else {
            return Err(damaged(format!("chunk {number} is in none of the segments")));
        };
        let Some(segment) = self.segments.get(table.segment) else {
            return Err(damaged("a segment is missing"));
        };
        let at = table.entries + 4 * (number - table.first);
        let (entry, end) = if number + 1 < table.first + table.count {
            let two: [u8; 8] = read_array_at(&**segment, at)?;
            (le32(&two, 0), table.base.saturating_add(u64::from(le32(&two, 4) & !COMPRESSED)))
        } else {
            (le32(&read_array_at::<4>(&**segment, at)?, 0), table.end)
        };
        let start = table.base.saturating_add(u64::from(entry & !COMPRESSED));
        // Deflate makes incompressible data a little longer than it was.
        let longest = self.chunk + self.chunk / 8 + 1024;
        let Some(length) = end.checked_sub(start).filter(|length| *length > 4) else {
            return Err(damaged(format!("chunk {number} has no length")));
        };
        let wanted = self.chunk.min(self.size - number * self.chunk);
        let bytes = read_vec_at(&**segment, start, length.min(longest), longest as usize)?;
        let unpacked = if entry & COMPRESSED != 0 {
            inflate(&bytes, self.chunk)?
        } else {
            verify(bytes, self.chunk)
        };
        match unpacked {
            Some(unpacked) if unpacked.len() as u64 >= wanted => Ok(unpacked),
            _ => Err(damaged(format!(
                "the checksum or length of chunk {number} (disk offset {}) is wrong",
                number * self.chunk
            ))),
        }
    }
}

/// The bytes of a compressed chunk; `None` when there are too many. The checksum is part of the zlib
/// stream.
fn inflate(bytes: &[u8], most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut unpacked = Vec::new();
    ZlibDecoder::new(bytes).take(most + 1).read_to_end(&mut unpacked)?;
    Ok((unpacked.len() as u64 <= most).then_some(unpacked))
}

/// The bytes of an uncompressed chunk without the checksum behind them; `None` when it is wrong.
fn verify(mut bytes: Vec<u8>, most: u64) -> Option<Vec<u8>> {
    let length = bytes.len().checked_sub(4)?.min(most as usize);
    let stored = le32(&bytes, length);
    bytes.truncate(length);
    (adler32(1, &bytes) == stored).then_some(bytes)
}

impl ReadAt for Ewf {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_by_blocks(self.size, self.chunk, offset, buffer, |number, within, part| {
            let chunk = self.recent.get(number, || self.chunk(number))?;
            let from = usize::try_from(within).ok().and_then(|at| chunk.get(at..at + part.len()));
            part.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }
}

/// What the volume section says of the disk.
struct VolumeSection {
    /// Bytes of a chunk.
    chunk: u64,
    /// Bytes of the disk.
    size: u64,
}

impl VolumeSection {
    fn read(segment: &dyn ReadAt, section: &Section) -> io::Result<VolumeSection> {
        let body: [u8; 24] = read_array_at(segment, section.body())?;
        // SMART writes a shorter section, with 32 bits for the number of sectors.
        let sectors = match section.end.saturating_sub(section.body()) {
            94 => u64::from(le32(&body, 16)),
            _ => le64(&body, 16),
        };
        let sector = u64::from(le32(&body, 12));
        let chunk = sector * u64::from(le32(&body, 8));
        match sectors.checked_mul(sector) {
            Some(size) if chunk > 0 && chunk <= limits::EWF_CHUNK && size < limits::DISK_SIZE => {
                Ok(VolumeSection { chunk, size })
            }
            _ => Err(damaged(format!(
                "chunks of {chunk} bytes and {sectors} sectors of {sector} cannot be right"
            ))),
        }
    }
}

/// The sections of a segment, in order. If their chain breaks off, a note says so, and the sections
/// before are used.
fn sections(
    segment: &dyn ReadAt,
    number: usize,
    notes: &mut Vec<String>,
) -> io::Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut offset = FILE_HEADER;
    loop {
        if sections.len() >= limits::EWF_SECTIONS {
            return Err(damaged(format!("above {} sections", limits::EWF_SECTIONS)));
        }
        let sound = read_array_at::<{ DESCRIPTOR as usize }>(segment, offset)
            .ok()
            .filter(|descriptor| adler32(1, descriptor.split_at(72).0) == le32(descriptor, 72));
        let Some(descriptor) = sound else {
            notes.push(format!("segment {} breaks off at offset {offset}", number + 1));
            return Ok(sections);
        };
        let kind = array_or_zeros::<16>(&descriptor, 0);
        let next = le64(&descriptor, 16);
        let end = if next > offset { next } else { offset + DESCRIPTOR };
        let section = Section { kind, offset, end };
        let last = section.is("done") || section.is("next");
        if !last && next < offset + DESCRIPTOR {
            return Err(damaged(format!("the section at {offset} leads back to {next}")));
        }
        sections.push(section);
        if last {
            return Ok(sections);
        }
        offset = next;
    }
}

/// Reads and verifies a table.
fn table(
    segment: &dyn ReadAt,
    number: usize,
    section: &Section,
    sections: &[Section],
) -> io::Result<ChunkTable> {
    let header: [u8; TABLE_HEADER as usize] = read_array_at(segment, section.body())?;
    let count = u64::from(le32(&header, 0));
    let base = le64(&header, 8);
    let entries = section.body() + TABLE_HEADER;
    let wrong = || damaged(format!("the checksum of the table at {} is wrong", section.offset));
    if adler32(1, header.split_at(20).0) != le32(&header, 20) {
        return Err(wrong());
    }
    let entries_end = entries + 4 * count;
    if count == 0 || entries_end > segment.size() {
        return Err(damaged(format!("the table at {} cannot be right", section.offset)));
    }
    let start = |at: u64| -> io::Result<u64> {
        let entry = le32(&read_array_at::<4>(segment, entries + 4 * at)?, 0);
        Ok(base.saturating_add(u64::from(entry & !COMPRESSED)))
    };
    // The chunks lie in a section "sectors". SMART puts them into the table itself, which then has
    // no checksum behind its entries.
    let (first, last) = (start(0)?, start(count - 1)?);
    let holds_last = |section: &&Section| section.offset < last && last < section.end;
    let Some(holder) = sections.iter().find(holds_last) else {
        return Err(unsupported(format!(
            "the last chunk of the table at {} lies outside of the segment",
            section.offset
        )));
    };
    let are_in_table = first >= entries_end && first < section.end;
    if !are_in_table
        && checksum(segment, entries, 4 * count)?
            != le32(&read_array_at::<4>(segment, entries_end)?, 0)
    {
        return Err(wrong());
    }
    Ok(ChunkTable { first: 0, count, segment: number, entries, base, end: holder.end })
}

/// Checksum of a range of a segment.
fn checksum(segment: &dyn ReadAt, mut offset: u64, mut length: u64) -> io::Result<u32> {
    let mut buffer = vec![0; 65_536];
    let mut sum = 1;
    while length > 0 {
        let n = shorter(buffer.len(), length);
        let Some(part) = buffer.get_mut(..n) else { break };
        read_exact_at(segment, offset, part)?;
        sum = adler32(sum, part);
        offset += n as u64;
        length -= n as u64;
    }
    Ok(sum)
}

/// Adler-32 (RFC 1950) of `bytes`, continued from `sum`, which is 1 at first.
fn adler32(sum: u32, bytes: &[u8]) -> u32 {
    let mut hasher = Adler32::from_checksum(sum);
    hasher.write(bytes);
    hasher.finish()
}

/// Names of the segments after the first: `.E02` to `.E99`, `.EAA` to `.EZZ`, `.FAA` and on.
struct SegmentNames {
    stem: String,
    letter: u8,
    number: u32,
}

impl SegmentNames {
    /// `None` when `first` is not named as a first segment is.
    fn after(first: &str) -> Option<SegmentNames> {
        let (stem, ending) = first.rsplit_once('.')?;
        let letter = *ending.as_bytes().first().filter(|byte| byte.is_ascii_alphabetic())?;
        ending.ends_with("01").then(|| SegmentNames { stem: stem.to_owned(), letter, number: 1 })
    }

    fn next(&mut self) -> Option<String> {
        self.number += 1;
        if self.number < 100 {
            return Some(format!("{}.{}{:02}", self.stem, char::from(self.letter), self.number));
        }
        let past = self.number - 100;
        let a = if self.letter.is_ascii_lowercase() { b'a' } else { b'A' };
        let digit = |n: u32| u8::try_from(n % 26).map_or(a, |n| a + n);
        let first = u32::from(self.letter - a) + past / 676;
        if first > 25 {
            return None;
        }
        let ending = [digit(first), digit(past / 26), digit(past)];
        Some(format!("{}.{}", self.stem, ending.map(char::from).iter().collect::<String>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_of_rfc_1950() {
        assert_eq!(adler32(1, b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(adler32(1, b"Wiki"), b"pedia"), 0x11e6_0398);
        let long = vec![0xff; 100_000];
        assert_eq!(adler32(1, &long), long.chunks(977).fold(1, adler32));
    }

    #[test]
    fn segments_have_names_in_order() {
        let mut names = SegmentNames::after("a.b.E01").unwrap();
        let all: Vec<String> = std::iter::from_fn(|| names.next()).collect();
        assert_eq!(all[0], "a.b.E02");
        assert_eq!(all[97], "a.b.E99");
        assert_eq!(all[98], "a.b.EAA");
        assert_eq!(all[98 + 675], "a.b.EZZ");
        assert_eq!(all[98 + 676], "a.b.FAA");
        assert_eq!(all.last().unwrap(), "a.b.ZZZ");
        assert_eq!(SegmentNames::after("x.s01").unwrap().next().unwrap(), "x.s02");
        assert!(SegmentNames::after("image").is_none());
        assert!(SegmentNames::after("image.bin").is_none());
    }
}
