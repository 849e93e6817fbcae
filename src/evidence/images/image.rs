//! What all image formats share: the row of a format in the registry, and what its reader needs and
//! gives.

use super::sibling_files::SiblingFiles;
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged};
use std::io;
use std::sync::Arc;

/// The disk inside of an image.
#[non_exhaustive]
pub struct VirtualDisk {
    /// Name of the image's format: `VMDK`, `VHDX`.
    pub format: &'static str,
    /// The bytes of the disk, over its parents if it has any.
    pub source: Arc<dyn ReadAt>,
    /// Names of the other files that the image consists of, in the image's folder. A parent is not
    /// among them: it is an image by itself.
    pub parts: Vec<String>,
    /// What an examiner must know: the image can be read but is not whole.
    pub notes: Vec<String>,
}

impl VirtualDisk {
    /// # Errors
    /// When its size cannot be right.
    pub(super) fn new(
        format: &'static str,
        source: impl ReadAt + 'static,
    ) -> io::Result<VirtualDisk> {
        if source.size() > limits::DISK_SIZE {
            return Err(damaged(format!("a disk of {} bytes cannot be right", source.size())));
        }
        Ok(VirtualDisk { format, source: Arc::new(source), parts: Vec::new(), notes: Vec::new() })
    }
}

/// What a file is identified as.
pub enum Image {
    /// An image, and the disk inside of it.
    Disk(VirtualDisk),
    /// A part of an image that another file begins; which part, in words.
    Part(&'static str),
    /// No image container. It may still be a raw image, which only its partitions show.
    NotAnImage,
}

/// An image format: its row in the registry.
pub(super) struct ImageFormat {
    /// Name in messages and in [`VirtualDisk::format`].
    pub(super) name: &'static str,
    /// Endings of the names of its images, without the dot and in small letters.
    pub(super) endings: &'static [&'static str],
    pub(super) detect: Detect,
    pub(super) support: Support,
}

/// How an image format is identified.
pub(super) enum Detect {
    /// By one of these signatures in the first [`HEAD`] bytes: offset and bytes.
    Signature(&'static [(usize, &'static [u8])]),
    /// By the end of the file or by its name. It is asked after all signatures, because a disk may
    /// end with anything.
    File(fn(&ImageFile<'_>) -> io::Result<bool>),
}

/// Whether images of a format are read.
pub(super) enum Support {
    Read(fn(&ImageFile<'_>) -> io::Result<Image>),
    /// The format is detected only to report that it is unsupported.
    Unsupported,
}

/// Bytes at the beginning of a file that hold all signatures.
pub(super) const HEAD: usize = 512;

/// A file that may be an image.
pub(super) struct ImageFile<'a> {
    pub(super) source: Arc<dyn ReadAt>,
    /// Its first bytes; zeros where the file is shorter.
    pub(super) head: [u8; HEAD],
    /// Name of the file.
    pub(super) name: &'a str,
    pub(super) siblings: &'a dyn SiblingFiles,
    /// Opens a parent as any image is opened.
    pub(super) open_image: OpenImage,
    /// How many images led to this one as their parent.
    pub(super) depth: usize,
}

/// Opens a file that may be an image: its bytes, its name, the files in its folder, and how many
/// images led to it as their parent.
pub(super) type OpenImage =
    fn(Arc<dyn ReadAt>, &str, &dyn SiblingFiles, usize) -> io::Result<Image>;

impl ImageFile<'_> {
    /// Opens the parent that an image names by any path: its last part is looked for in the folder
    /// of the child.
    ///
    /// # Errors
    /// When it is missing or is no image.
    pub(super) fn open_parent(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        let (name, source) = self.open_part(path, "parent")?;
        let opened = (self.open_image)(Arc::clone(&source), &name, self.siblings, self.depth + 1);
        let opened = opened
            .map_err(|error| io::Error::new(error.kind(), format!("its parent {name:?}: {error}")));
        match opened? {
            Image::Disk(disk) => Ok(disk.source),
            Image::Part(what) => Err(damaged(format!("its parent {name:?} is {what}"))),
            Image::NotAnImage => Ok(source),
        }
    }

    /// Opens another file that this image consists of, named by any path: its name and its bytes.
    /// `role` says in words what the file is for.
    ///
    /// # Errors
    /// When it is missing.
    pub(super) fn open_part(
        &self,
        path: &str,
        role: &str,
    ) -> io::Result<(String, Arc<dyn ReadAt>)> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        match self.siblings.open(name) {
            Ok(source) => Ok((name.to_owned(), source)),
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!("its {role} {name:?} is needed in its folder: {error}"),
            )),
        }
    }
}
