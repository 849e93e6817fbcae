//! Disk images: containers of a virtual disk, identified by their content.
//!
//! Tables of an image are read where they are needed and never loaded whole, so that no number in an
//! image sizes memory. Further files (segments, extents, parents) are opened only in the image's own
//! folder, whatever path the image names.
//!
//! A format is one file or folder with its row, an `ImageFormat`, and one line in `FORMATS`.

mod ewf;
mod image;
mod qcow2;
mod recent_chunks;
mod sibling_files;
mod split_raw;
#[cfg(test)]
mod tests;
mod unsupported;
mod vdi;
mod vhd;
mod vhdx;
mod vmdk;

pub use image::{Image, VirtualDisk};
pub(super) use sibling_files::{ImageFolder, SiblingFiles};
pub(super) use split_raw::{JoinedParts, open_parts, part_name};

use super::bytes::has;
use super::limits;
use super::local_file::LocalFile;
use super::read_at::{ReadAt, damaged, unsupported as unsupported_error};
use super::read_counter::ReadCounter;
use image::{Detect, HEAD, ImageFile, ImageFormat, Support};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Every image format that is known, also those that are only reported.
const FORMATS: &[ImageFormat] = &[
    ewf::FORMAT,
    vmdk::FORMAT,
    vhdx::FORMAT,
    qcow2::FORMAT,
    vdi::FORMAT,
    unsupported::VMDK_COWD,
    unsupported::VMDK_SESPARSE,
    vhd::FORMAT,
    split_raw::FORMAT,
];

/// Opens the image in the file at `path`. The other files that it consists of, and its parent, are
/// looked for in the same folder.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] for formats and variants that are not read; otherwise the image
/// is damaged, a file that it needs is missing, the file cannot be opened, or the medium fails.
pub fn open_file(path: &Path) -> io::Result<Image> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = ImageFolder::of(path, ReadCounter::default());
    open(Arc::new(LocalFile::open(path.to_owned())?), &name, &folder)
}

/// Opens the image in `source`, whose file is called `name`; other files that it consists of are
/// opened through `siblings`.
///
/// # Errors
/// As [`open_file`].
pub(super) fn open(
    source: Arc<dyn ReadAt>,
    name: &str,
    siblings: &dyn SiblingFiles,
) -> io::Result<Image> {
    open_at_depth(source, name, siblings, 0)
}

/// Whether `head`, the first bytes of a file, is that of an image, be it read or only reported.
pub(super) fn is_image_head(head: &[u8]) -> bool {
    FORMATS.iter().any(|format| format.detect.is_signature_of(head))
}

/// Whether a file of this name is taken for an image. Some are identified by their end or by their
/// partitions, which are not at hand while an archive is unpacked.
pub(super) fn is_named_image(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let mut endings = FORMATS.iter().flat_map(|format| format.endings);
    ending.is_some_and(|own| endings.any(|ending| own.eq_ignore_ascii_case(ending)))
}

/// `depth`: how many images led to this one as their parent.
fn open_at_depth(
    source: Arc<dyn ReadAt>,
    name: &str,
    siblings: &dyn SiblingFiles,
    depth: usize,
) -> io::Result<Image> {
    if depth > limits::PARENT_CHAIN {
        return Err(damaged(format!(
            "its chain of parents is a circle or above {}",
            limits::PARENT_CHAIN
        )));
    }
    let mut head = [0; HEAD];
    source.read_at(0, &mut head)?;
    let file = ImageFile { source, head, name, siblings, open_image: open_at_depth, depth };
    let Some(format) = detect(&file)? else { return Ok(Image::NotAnImage) };
    match format.support {
        Support::Read(open) => open(&file),
        Support::Unsupported => Err(unsupported_error(format!(
            "{} images are not read; convert it, or export raw",
            format.name
        ))),
    }
}

/// The format of a file: by its signature, otherwise by its end or its name.
fn detect(file: &ImageFile<'_>) -> io::Result<Option<&'static ImageFormat>> {
    if let Some(format) = FORMATS.iter().find(|format| format.detect.is_signature_of(&file.head)) {
        return Ok(Some(format));
    }
    for format in FORMATS {
        if let Detect::File(detect) = format.detect
            && detect(file)?
        {
            return Ok(Some(format));
        }
    }
    Ok(None)
}

impl Detect {
    fn is_signature_of(&self, head: &[u8]) -> bool {
        match self {
            Detect::Signature(signatures) => {
                signatures.iter().any(|(at, signature)| has(head, *at, signature))
            }
            Detect::File(_) => false,
        }
    }
}
