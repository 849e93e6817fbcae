//! Archives: the logs and images in them, identified by their content, without writing anything to
//! disk.
//!
//! A format is one file or folder with its row [`ArchiveFormat`] and one line in [`FORMATS`].

mod entry_name;
#[cfg(test)]
mod tests;
mod unpack;
mod zip;

pub(super) use unpack::{ArchiveEntry, ArchiveFormat, EntryKind};

use super::memory::Memory;
use super::read_at::ReadAt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use unpack::{HEAD, UnpackLimits, Unpacked, Unpacker, detect};

/// Every archive format that is read.
const FORMATS: &[ArchiveFormat] = &[zip::FORMAT];

/// The format of the archive in `source`; `None` when it is no archive.
///
/// # Errors
/// When the medium fails.
pub(super) fn format_of(source: &dyn ReadAt) -> io::Result<Option<&'static ArchiveFormat>> {
    let mut head = [0; HEAD];
    let length = source.read_at(0, &mut head)?;
    Ok(detect(FORMATS, head.get(..length).unwrap_or_default()))
}

/// Whether a file of this name is looked into as an archive, even if the user did not give it
/// itself.
pub(super) fn is_named_archive(name: &str) -> bool {
    let ending = Path::new(name).extension();
    let mut endings =
        FORMATS.iter().flat_map(|format| format.endings.iter().chain(format.image_endings));
    ending.is_some_and(|own| endings.any(|ending| own.eq_ignore_ascii_case(ending)))
}

/// Finds the logs and images in the archive of this format in `source`, whose display path is
/// `path`, also in the archives inside of it. `password` is tried on encrypted entries.
pub(super) fn unpack(
    format: &ArchiveFormat,
    source: &Arc<dyn ReadAt>,
    path: &str,
    password: Option<&str>,
    memory: &Memory,
) -> Unpacked {
    Unpacker::new(FORMATS, password, memory, UnpackLimits::default()).unpack(format, source, path)
}
