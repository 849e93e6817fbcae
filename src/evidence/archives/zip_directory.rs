//! The directory of a zip archive, read within limits before the zip crate sees it: the crate takes memory for
//! as many entries as an archive claims, and searches all of a file for a directory that is not where it
//! should be.

use super::source_reader::SourceReader;
use super::split::{DirectoryEnd, directory_end, moved_entries};
use crate::evidence::bytes::has;
use crate::evidence::in_memory::InMemory;
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_vec_at, unsupported};
use std::cell::Cell;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;
use std::sync::Arc;
use zip::ZipArchive;
use zip::result::ZipError;

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
