//! Archives in several files: `a.z01`, `a.z02`, …, `a.zip`, and any archive cut into `.001`, `.002`, ….
//!
//! Source: PKWARE, "ZIP File Format Specification", section 8, "Splitting and Spanning ZIP files".

use super::unpack::{ArchiveFormat, format_of};
use super::zip;
use crate::evidence::bytes::{has, le16, le32, put, u16_at, u32_at};
use crate::evidence::images::{Image, JoinedParts, SiblingFiles, open_parts};
use crate::evidence::in_memory::InMemory;
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_vec_at, unsupported};
use crate::evidence::slice::Slice;
use crate::evidence::unread::is_named;
use std::io;
use std::sync::Arc;

/// Bytes of the end of the directory, without its comment.
const END: usize = 22;
/// Bytes of an entry of the directory, without its name, its attributes and its comment.
const ENTRY: usize = 46;

/// An archive whose files are put together.
pub(in crate::evidence) struct JoinedArchive {
    pub(in crate::evidence) source: Arc<dyn ReadAt>,
    /// Names of its other files.
    pub(in crate::evidence) parts: Vec<String>,
    pub(in crate::evidence) format: &'static ArchiveFormat,
}

/// See [`super::join`]; `formats`: every format of archives.
///
/// # Errors
/// When a part is missing, or the medium fails.
pub(super) fn join(
    formats: &'static [ArchiveFormat],
    source: &Arc<dyn ReadAt>,
    name: &str,
    siblings: &dyn SiblingFiles,
) -> io::Result<Option<JoinedArchive>> {
    if is_named(name, &["zip"])
        && let Some(stem) = name.get(..name.len().saturating_sub(4))
        && let Some(end) = DirectoryEnd::find(&**source)?
        && end.disk > 0
    {
        return join_zip(source, stem, &end, siblings).map(Some);
    }
    // Only the beginning says what the parts are, and most of what is cut like that is a disk.
    if format_of(formats, &**source)?.is_none() {
        return Ok(None);
    }
    let Image::Disk(disk) = open_parts(source, name, siblings)? else { return Ok(None) };
    let format = format_of(formats, &*disk.source)?;
    Ok(format.map(|format| JoinedArchive { source: disk.source, parts: disk.parts, format }))
}

/// Whether a file ends as a zip archive in one file does.
pub(super) fn has_directory(source: &dyn ReadAt) -> io::Result<bool> {
    Ok(DirectoryEnd::find(source)?.is_some_and(|end| end.disk == 0))
}

/// Whether this is a part of a split zip whose last part lies beside it.
pub(in crate::evidence) fn is_part_of_split_zip(name: &str, siblings: &dyn SiblingFiles) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let is_part = ending.len() >= 3
        && ending.starts_with(['z', 'Z'])
        && ending.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    is_part && siblings.open(&format!("{stem}.zip")).is_ok()
}

/// The end of the directory of a zip archive.
struct DirectoryEnd {
    /// Where it begins, in bytes.
    at: u64,
    /// The number of its own part, from 0.
    disk: u32,
    /// Bytes of the directory, and where it begins in its part.
    size: u64,
    offset: u64,
    /// The number of the part with the directory.
    directory_disk: u32,
}

impl DirectoryEnd {
    fn find(source: &dyn ReadAt) -> io::Result<Option<DirectoryEnd>> {
        // The comment behind it has at most 65,535 bytes.
        let start = source.size().saturating_sub(END as u64 + 0xffff);
        let length = source.size() - start;
        let tail = read_vec_at(source, start, length, END + 0xffff)?;
        let found = tail
            .windows(END)
            .rposition(|window| has(window, 0, b"PK\x05\x06") && !has(window, 4, &[0xff, 0xff]));
        let Some(within) = found else { return Ok(None) };
        let end = tail.get(within..).unwrap_or_default();
        Ok(Some(DirectoryEnd {
            at: start + within as u64,
            disk: le16(end, 4).into(),
            directory_disk: le16(end, 6).into(),
            size: le32(end, 12).into(),
            offset: le32(end, 16).into(),
        }))
    }
}

/// Puts the parts of a split zip together, and makes a directory whose offsets count from the beginning of
/// the first.
fn join_zip(
    source: &Arc<dyn ReadAt>,
    stem: &str,
    end: &DirectoryEnd,
    siblings: &dyn SiblingFiles,
) -> io::Result<JoinedArchive> {
    if end.disk > limits::ZIP_PARTS {
        return Err(unsupported(format!("a zip in {} parts is not read", end.disk)));
    }
    let (mut sources, mut parts, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    let mut size = 0_u64;
    for number in 1..=end.disk {
        let name = format!("{stem}.z{number:02}");
        let part = siblings.open(&name).map_err(|error| {
            let message = format!("its part {name:?} is needed in its folder: {error}");
            io::Error::new(error.kind(), message)
        })?;
        starts.push(size);
        size = size.saturating_add(part.size());
        sources.push(part);
        parts.push(name);
    }
    starts.push(size);
    sources.push(Arc::clone(source));
    let whole: Arc<dyn ReadAt> = Arc::new(JoinedParts::new(sources)?);
    let start = |disk: u32| {
        let start = usize::try_from(disk).ok().and_then(|disk| starts.get(disk));
        start.copied().ok_or_else(|| damaged("its directory names a part that is not there"))
    };
    let directory_at = start(end.directory_disk)?.saturating_add(end.offset);
    let mut directory = read_vec_at(&*whole, directory_at, end.size, limits::ZIP_DIRECTORY)?;
    move_entries(&mut directory, start)?;
    // The end of the directory, as that of an archive in one file.
    let mut last = read_vec_at(&**source, end.at, END as u64, END)?;
    let offset = u32::try_from(directory_at)
        .map_err(|_| unsupported("a split zip of more than 4 GiB is not read; unpack it"))?;
    put(&mut last, 4, &[0; 4]);
    let count = last.get(10..12).unwrap_or_default().to_vec();
    put(&mut last, 8, &count);
    put(&mut last, 16, &offset.to_le_bytes());
    put(&mut last, 20, &[0; 2]);
    directory.extend(last);
    let before: Arc<dyn ReadAt> = Arc::new(Slice::new(whole, 0, directory_at));
    let source = JoinedParts::new(vec![before, Arc::new(InMemory::from(directory))])?;
    Ok(JoinedArchive { source: Arc::new(source), parts, format: &zip::FORMAT })
}

/// Makes the offset of each entry count from the beginning of the first part.
fn move_entries(directory: &mut [u8], start: impl Fn(u32) -> io::Result<u64>) -> io::Result<()> {
    let mut at = 0;
    while has(directory, at, b"PK\x01\x02") {
        let field = |offset: usize| u16_at(directory, at + offset).map_or(0, usize::from);
        let length = ENTRY + field(28) + field(30) + field(32);
        let disk = u32::from(le16(directory.get(at..).unwrap_or_default(), 34));
        let offset = u32_at(directory, at + 42).unwrap_or(u32::MAX);
        let moved = start(disk)?.saturating_add(offset.into());
        let moved = u32::try_from(moved).ok().filter(|_| offset != u32::MAX);
        let moved = moved
            .ok_or_else(|| unsupported("a split zip of more than 4 GiB is not read; unpack it"))?;
        put(directory, at + 34, &[0; 2]);
        put(directory, at + 42, &moved.to_le_bytes());
        at += length;
    }
    Ok(())
}
