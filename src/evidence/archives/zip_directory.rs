//! The directory of a zip archive, read within limits before the zip crate sees it: the crate takes memory for
//! as many entries as an archive claims, and searches all of a file for a directory that is not where it
//! should be.
//!
//! Source: PKWARE, "ZIP File Format Specification", section 4.3.

use super::source_reader::SourceReader;
use crate::evidence::bytes::{has, le16, le32, le64, put, slice_at, u16_at, u32_at, u64_at};
use crate::evidence::in_memory::InMemory;
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_vec_at, unsupported};
use std::cell::Cell;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;
use std::sync::Arc;
use zip::ZipArchive;
use zip::result::ZipError;

/// Bytes of the end of the directory, without its comment.
const END: usize = 22;
/// Bytes of the end of a directory of ZIP64, and of what says where it is.
const END64: usize = 56;
const LOCATOR: usize = 20;
/// What is in place of a number that ZIP64 gives elsewhere.
const ELSEWHERE: u32 = u32::MAX;
/// The kind of the attributes with these numbers.
const ZIP64: u16 = 1;
/// Bytes of an entry of the directory, without its name, its attributes and its comment.
const ENTRY: usize = 46;

/// What a zip archive is read by.
pub(super) type ZipReader = BufReader<DirectoryThenFile>;

/// The archive in `source`, with its directory.
///
/// # Errors
/// When its directory is damaged or larger than an archive of its size may have, or the medium fails.
pub(super) fn open(source: &Arc<dyn ReadAt>) -> Result<ZipArchive<ZipReader>, ZipError> {
    let directory = match alone(source) {
        Ok(directory) => directory,
        Err(error) if error.kind() == io::ErrorKind::Unsupported => return Err(error.into()),
        // The crate finds what lies at another place.
        Err(_) if source.size() <= limits::ZIP_SEARCHED => None,
        Err(error) => return Err(error.into()),
    };
    let is_known = Rc::new(Cell::new(false));
    let reader = DirectoryThenFile {
        directory: SourceReader::new(directory.as_ref().unwrap_or(source)),
        file: SourceReader::new(source),
        is_known: Rc::clone(&is_known),
    };
    let archive = ZipArchive::new(BufReader::with_capacity(1 << 16, reader))?;
    is_known.set(true);
    Ok(archive)
}

/// The directory as an archive by itself, with the offsets that its entries have in `source`; `None` when
/// there is none.
///
/// # Errors
/// When it is not where it should be, or larger than an archive of this size may have.
fn alone(source: &Arc<dyn ReadAt>) -> io::Result<Option<Arc<dyn ReadAt>>> {
    let Some(mut end) = DirectoryEnd::find(&**source)? else { return Ok(None) };
    let ends_at = end.behind_directory(&**source)?;
    let DirectoryEnd { entries, size, offset, .. } = end;
    let most = (source.size() / limits::ZIP_DIRECTORY_SHARE)
        .saturating_add(limits::ZIP_DIRECTORY_OF_SMALL)
        .min(limits::ZIP_DIRECTORY as u64);
    if size > most {
        return Err(unsupported(format!(
            "its directory has {size} bytes, and of an archive of this size {most} are read; unpack it and \
             give the files"
        )));
    }
    // Other data may lie before the archive, so that its offsets count from another place than its file.
    let is_directory = |at: &u64| {
        let mut magic = [0; 4];
        entries == 0 || source.read_at(*at, &mut magic).is_ok() && has(&magic, 0, b"PK\x01\x02")
    };
    let places = [ends_at.checked_sub(size).filter(|at| *at >= offset), Some(offset)];
    let at = places.into_iter().flatten().find(is_directory);
    let at = at.ok_or_else(|| damaged("its directory is not where it should be"))?;
    let mut directory = read_vec_at(&**source, at, size, limits::ZIP_DIRECTORY)?;
    if at > offset {
        directory = moved_entries(&directory, |_| Ok(at - offset))?;
    }
    let size = directory.len() as u64;
    directory.extend(directory_end(entries, size, 0));
    Ok(Some(Arc::new(InMemory::from(directory))))
}

/// Reads the directory until it is known, and then the file.
pub(super) struct DirectoryThenFile {
    directory: SourceReader,
    file: SourceReader,
    is_known: Rc<Cell<bool>>,
}

impl DirectoryThenFile {
    fn now(&mut self) -> &mut SourceReader {
        if self.is_known.get() { &mut self.file } else { &mut self.directory }
    }
}

impl Read for DirectoryThenFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.now().read(buffer)
    }
}

impl Seek for DirectoryThenFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.now().seek(to)
    }
}

/// The end of the directory of a zip archive.
pub(super) struct DirectoryEnd {
    /// Where it lies in its part.
    at: u64,
    /// The number of its own part, from 0.
    pub(super) disk: u32,
    pub(super) entries: u64,
    /// Bytes of the directory, and where it begins in its part.
    pub(super) size: u64,
    pub(super) offset: u64,
    /// The number of the part with the directory.
    pub(super) directory_disk: u32,
    /// The part with the end of ZIP64, and where in it that lies.
    pub(super) end64: Option<(u32, u64)>,
}

impl DirectoryEnd {
    pub(super) fn find(source: &dyn ReadAt) -> io::Result<Option<DirectoryEnd>> {
        // The comment behind it has at most 65,535 bytes.
        let start = source.size().saturating_sub((LOCATOR + END + 0xffff) as u64);
        let length = source.size() - start;
        let tail = read_vec_at(source, start, length, LOCATOR + END + 0xffff)?;
        let found = tail.windows(END).rposition(|window| has(window, 0, b"PK\x05\x06"));
        let Some(within) = found else { return Ok(None) };
        let end = tail.get(within..).unwrap_or_default();
        let before = within.checked_sub(LOCATOR).and_then(|at| slice_at(&tail, at, LOCATOR));
        let locator = before.filter(|bytes| has(bytes, 0, b"PK\x06\x07"));
        let disk = match (le16(end, 4), locator) {
            (u16::MAX, Some(locator)) => le32(locator, 16).saturating_sub(1),
            (u16::MAX, None) => return Ok(None),
            (disk, _) => disk.into(),
        };
        Ok(Some(DirectoryEnd {
            at: start + within as u64,
            disk,
            entries: le16(end, 10).into(),
            directory_disk: le16(end, 6).into(),
            size: le32(end, 12).into(),
            offset: le32(end, 16).into(),
            end64: locator.map(|locator| (le32(locator, 4), le64(locator, 8))),
        }))
    }

    /// Where the directory of an archive in one file ends, whose numbers are then those of ZIP64 if it has them.
    ///
    /// # Errors
    /// When the end of ZIP64 is damaged, or the medium fails.
    pub(super) fn behind_directory(&mut self, source: &dyn ReadAt) -> io::Result<u64> {
        let Some((_, offset)) = self.end64 else { return Ok(self.at) };
        // Where other data lies before the archive, it is further on.
        let before = self.at.saturating_sub((LOCATOR + END64) as u64);
        for at in [offset, before] {
            if self.read_end64(source, at).is_ok() {
                return Ok(at);
            }
        }
        Err(bad_directory())
    }

    /// The numbers that the end of ZIP64 gives, which lies at `at` of all parts.
    ///
    /// # Errors
    /// When it is damaged, or the medium fails.
    pub(super) fn read_end64(&mut self, whole: &dyn ReadAt, at: u64) -> io::Result<()> {
        let end = read_vec_at(whole, at, END64 as u64, END64)?;
        if end.len() < END64 || !has(&end, 0, b"PK\x06\x06") {
            return Err(damaged("the end of its directory is damaged"));
        }
        self.directory_disk = le32(&end, 20);
        (self.entries, self.size, self.offset) = (le64(&end, 32), le64(&end, 40), le64(&end, 48));
        Ok(())
    }
}

/// The directory with offsets that count from the beginning of the first part.
pub(super) fn moved_entries(
    directory: &[u8],
    start: impl Fn(u32) -> io::Result<u64>,
) -> io::Result<Vec<u8>> {
    let mut moved = Vec::with_capacity(directory.len());
    let mut rest = directory;
    while has(rest, 0, b"PK\x01\x02") {
        let field = |offset: usize| u16_at(rest, offset).map_or(0, usize::from);
        let (name, extra, comment) = (field(28), field(30), field(32));
        let length = ENTRY + name + extra + comment;
        let (entry, after) = rest.split_at_checked(length).ok_or_else(bad_directory)?;
        let attributes = slice_at(entry, ENTRY + name, extra).ok_or_else(bad_directory)?;
        let numbers = Numbers64::read(entry, attributes).ok_or_else(bad_directory)?;
        let offset = start(numbers.disk)?.saturating_add(numbers.offset);
        let attributes = numbers.attributes(attributes, offset);
        let mut fixed = entry.get(..ENTRY).unwrap_or_default().to_vec();
        let length = u16::try_from(attributes.len()).map_err(|_| bad_directory())?;
        put(&mut fixed, 30, &length.to_le_bytes());
        put(&mut fixed, 34, &[0; 2]);
        put(&mut fixed, 42, &u32::try_from(offset).unwrap_or(ELSEWHERE).to_le_bytes());
        moved.extend(fixed);
        moved.extend(slice_at(entry, ENTRY, name).unwrap_or_default());
        moved.extend(attributes);
        moved.extend(slice_at(entry, ENTRY + name + extra, comment).unwrap_or_default());
        rest = after;
    }
    Ok(moved)
}

/// The end of a directory of `size` bytes that lies at `at` of an archive in one file.
pub(super) fn directory_end(entries: u64, size: u64, at: u64) -> Vec<u8> {
    let mut end = Vec::new();
    let is_large = at >= ELSEWHERE.into() || size >= ELSEWHERE.into() || entries >= 0xffff;
    if is_large {
        end.extend(b"PK\x06\x06");
        end.extend((END64 as u64 - 12).to_le_bytes());
        end.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        [entries, entries, size, at].iter().for_each(|value| end.extend(value.to_le_bytes()));
        end.extend(b"PK\x06\x07\0\0\0\0");
        end.extend(at.saturating_add(size).to_le_bytes());
        end.extend(1_u32.to_le_bytes());
    }
    let short = |value: u64| u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes();
    let long = |value: u64| u32::try_from(value).unwrap_or(ELSEWHERE).to_le_bytes();
    end.extend(b"PK\x05\x06\0\0\0\0");
    [short(entries), short(entries)].iter().for_each(|value| end.extend(value));
    [long(size), long(at)].iter().for_each(|value| end.extend(value));
    end.extend([0, 0]);
    end
}

fn bad_directory() -> io::Error {
    damaged("its directory is damaged")
}

/// The numbers of an entry that ZIP64 may give in its attributes.
struct Numbers64 {
    /// The sizes that stand there.
    sizes: Vec<u64>,
    offset: u64,
    /// The part with the entry.
    disk: u32,
}

impl Numbers64 {
    fn read(entry: &[u8], attributes: &[u8]) -> Option<Numbers64> {
        let own = attributes_of(attributes).find(|(kind, _)| *kind == ZIP64);
        let own = own.map_or(&[][..], |(_, bytes)| bytes.get(4..).unwrap_or_default());
        let mut at = 0;
        let mut next = || {
            at += 8;
            u64_at(own, at - 8)
        };
        let mut sizes = Vec::new();
        for size in [le32(entry, 24), le32(entry, 20)] {
            if size == ELSEWHERE {
                sizes.push(next()?);
            }
        }
        let offset = match le32(entry, 42) {
            ELSEWHERE => next()?,
            offset => offset.into(),
        };
        let disk = match le16(entry, 34) {
            u16::MAX => u32_at(own, at)?,
            disk => disk.into(),
        };
        Some(Numbers64 { sizes, offset, disk })
    }

    /// The attributes of the entry when it lies at `offset` of an archive in one file.
    fn attributes(&self, attributes: &[u8], offset: u64) -> Vec<u8> {
        let mut values = self.sizes.clone();
        values.extend((offset >= ELSEWHERE.into()).then_some(offset));
        let mut moved = Vec::new();
        if !values.is_empty() {
            moved.extend(ZIP64.to_le_bytes());
            moved.extend((values.len() as u16 * 8).to_le_bytes());
            values.iter().for_each(|value| moved.extend(value.to_le_bytes()));
        }
        let others = attributes_of(attributes).filter(|(kind, _)| *kind != ZIP64);
        others.for_each(|(_, bytes)| moved.extend(bytes));
        moved
    }
}

/// The attributes of an entry, each with its kind and its bytes.
fn attributes_of(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(bytes, 0)?, u16_at(bytes, 2)?);
        let (own, rest) = bytes.split_at_checked(4 + usize::from(length))?;
        bytes = rest;
        Some((kind, own))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry of a part that begins behind 5 GiB, by the tables of the specification: its offset now
    /// is in attributes of ZIP64, before those that it had.
    #[test]
    fn entries_behind_4_gib_get_the_numbers_of_zip64() {
        let mut entry = b"PK\x01\x02".to_vec();
        entry.resize(ENTRY, 0);
        (entry[20], entry[24], entry[28], entry[30], entry[34], entry[42]) = (7, 9, 1, 4, 3, 5);
        entry.extend(b"n\x99\x99\0\0");
        let moved = moved_entries(&entry, |disk| {
            assert_eq!(disk, 3);
            Ok(5 << 30)
        });
        let mut expected = entry[..ENTRY].to_vec();
        (expected[30], expected[34]) = (16, 0);
        expected[42..46].fill(0xff);
        expected.extend(b"n\x01\0\x08\0\x05\0\0\x40\x01\0\0\0\x99\x99\0\0");
        assert_eq!(moved.unwrap(), expected);
        let end = directory_end(1, 66, 6 << 30);
        assert_eq!(end.len(), END64 + LOCATOR + END);
        assert_eq!((le64(&end, 40), le64(&end, 48)), (66, 6 << 30));
        assert_eq!((le64(&end, END64 + 8), le32(&end, END64 + 16)), ((6 << 30) + 66, 1));
        assert_eq!(end[end.len() - 6..], [0xff, 0xff, 0xff, 0xff, 0, 0]);
        // What claims more than it has is damaged.
        entry[45] = 0xff;
        (entry[42], entry[43], entry[44]) = (0xff, 0xff, 0xff);
        assert!(moved_entries(&entry, |_| Ok(0)).is_err());
        assert!(moved_entries(&entry[..ENTRY + 2], |_| Ok(0)).is_err());
    }
}
