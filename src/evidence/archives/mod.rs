//! Archives: the logs and images in them, identified by their content, without writing anything to
//! disk.
//!
//! A format is one file or folder with its row [`ArchiveFormat`] and one line in [`FORMATS`].

mod bzip2;
mod codecs;
mod compressed;
mod decoder_memory;
mod entry_content;
mod entry_name;
mod inflate_ahead;
mod seven_zip;
mod source_reader;
mod split;
mod tar;
#[cfg(test)]
mod tests;
mod unpack;
mod zip;
mod zip_directory;
mod zip_encryption;
mod zip_local_header;

pub(super) use entry_content::EntryKind;
pub(super) use split::{JoinedArchive, is_part_of_split_zip};
pub(super) use unpack::{ArchiveEntry, ArchiveFormat, UnpackBounds, Unpacked};

use super::images::SiblingFiles;
use super::memory::Memory;
use super::read_at::ReadAt;
use super::unread::is_named;
use std::io;
use std::sync::Arc;
use unpack::{UnpackLimits, Unpacker};

/// Every archive format that is read.
const FORMATS: &[ArchiveFormat] = &[
    zip::FORMAT,
    seven_zip::FORMAT,
    compressed::GZIP,
    compressed::XZ,
    compressed::BZIP2,
    compressed::ZSTD,
    tar::FORMAT,
];

/// The format of the archive in `source`, a file of this name; `None` when it is no archive. Before a zip
/// archive other data may lie, so that its name and its end say what it is.
///
/// # Errors
/// When the medium fails.
pub(super) fn format_of(
    source: &dyn ReadAt,
    name: &str,
) -> io::Result<Option<&'static ArchiveFormat>> {
    let format = unpack::format_of(FORMATS, source)?;
    if format.is_none() && is_named(name, zip::FORMAT.endings) && split::has_directory(source)? {
        return Ok(Some(&zip::FORMAT));
    }
    Ok(format)
}

/// Whether a name claims that its file is an archive of a format that is read.
pub(super) fn is_named_archive(name: &str) -> bool {
    FORMATS.iter().any(|format| is_named(name, format.endings))
}

/// Puts together the archive that the file called `name` begins or, as a `.zip`, ends; `None` when it is
/// none of several files.
///
/// # Errors
/// When a part is missing, or the medium fails.
pub(super) fn join(
    source: &Arc<dyn ReadAt>,
    name: &str,
    siblings: &dyn SiblingFiles,
) -> io::Result<Option<JoinedArchive>> {
    split::join(FORMATS, source, name, siblings)
}

/// Whether the archive of this format in a file of this name is opened, although the user did not give
/// it itself.
pub(super) fn is_worth_opening(
    format: &ArchiveFormat,
    source: &Arc<dyn ReadAt>,
    name: &str,
) -> bool {
    let is_named_zip =
        is_named(name, zip::FORMAT.endings) || is_named(name, zip::FORMAT.image_endings);
    is_named_zip || (format.is_worth_opening)(source, name)
}

/// Finds the logs and images in the archive of this format in `source`, whose display path is
/// `path`, also in the archives inside of it, within `bounds`. `password` is tried on encrypted entries.
pub(super) fn unpack(
    format: &ArchiveFormat,
    source: &Arc<dyn ReadAt>,
    path: &str,
    password: Option<&str>,
    memory: &Memory,
    bounds: UnpackBounds,
) -> Unpacked {
    let limits = UnpackLimits { bounds, ..UnpackLimits::within(memory) };
    Unpacker::new(FORMATS, password, memory, limits).unpack(format, source, path)
}

/// The format of an archive whose file begins with these bytes; `None` when it is no archive.
pub(super) fn format_of_head(head: &[u8]) -> Option<&'static ArchiveFormat> {
    unpack::detect(FORMATS, head)
}
