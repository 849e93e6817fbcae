//! Archives in several files: `a.z01`, `a.z02`, …, `a.zip`, and any archive cut into `.001`, `.002`, ….
//!
//! Source: PKWARE, "ZIP File Format Specification", section 8, "Splitting and Spanning ZIP files".

use super::entry_content::zip_part;
use super::unpack::{ArchiveFormat, format_of};
use super::zip;
use super::zip_directory::{DirectoryEnd, directory_end, moved_entries};
use crate::evidence::images::{Image, JoinedParts, SiblingFiles, open_parts};
use crate::evidence::in_memory::InMemory;
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_vec_at, unsupported};
use crate::evidence::slice::Slice;
use crate::evidence::unread::is_named;
use std::io;
use std::sync::Arc;

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
        return join_zip(source, stem, end, siblings).map(Some);
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

/// Whether this is a part of a split zip whose last part lies in the same folder.
pub(in crate::evidence) fn is_part_of_split_zip(name: &str, siblings: &dyn SiblingFiles) -> bool {
    zip_part(name).is_some_and(|part| siblings.open(&format!("{}.zip", part.stem)).is_ok())
}

/// Puts the parts of a split zip together, and makes a directory whose offsets count from the beginning of
/// the first.
fn join_zip(
    source: &Arc<dyn ReadAt>,
    stem: &str,
    mut end: DirectoryEnd,
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
    if let Some((disk, offset)) = end.end64 {
        end.read_end64(&*whole, start(disk)?.saturating_add(offset))?;
    }
    let directory_at = start(end.directory_disk)?.saturating_add(end.offset);
    let directory = read_vec_at(&*whole, directory_at, end.size, limits::ZIP_DIRECTORY)?;
    let mut directory = moved_entries(&directory, start)?;
    let size = directory.len() as u64;
    directory.extend(directory_end(end.entries, size, directory_at));
    let before: Arc<dyn ReadAt> = Arc::new(Slice::new(whole, 0, directory_at));
    let source = JoinedParts::new(vec![before, Arc::new(InMemory::from(directory))])?;
    Ok(JoinedArchive { source: Arc::new(source), parts, format: &zip::FORMAT })
}
