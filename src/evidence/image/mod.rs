//! Disk images: containers of a virtual disk, told by their content.
//!
//! Tables of an image are read where they are needed and never loaded whole, so that no number
//! in an image sizes memory. Further files (segments, extents, parents) are opened only in the
//! image's own folder, whatever path the image names.

mod beside;
mod ewf;
mod qcow2;
mod split;
mod vdi;
mod vhd;
mod vhdx;
mod vhdx_log;
mod vhdx_parent;
mod vmdk;
mod vmdk_descriptor;

pub use beside::Beside;
pub(super) use beside::Folder;

use super::Source;
use super::bytes::{damaged, has, unsupported};
use super::counted::Counter;
use super::file::FileSource;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// No disk is larger: what says so is damaged. 2^53 bytes, far above any format's own limit but
/// small enough that offsets never overflow.
const MAX_DISK: u64 = 1 << 53;
/// Parents of parents: a longer chain is a circle.
const MAX_CHAIN: usize = 64;

/// The disk inside of an image.
pub struct Disk {
    /// Format of the image in words: `VMDK`, `VHDX`.
    pub format: &'static str,
    /// The disk's bytes.
    pub source: Arc<dyn Source>,
    /// Names of the other files that it is made of, as opened, in the image's folder. A parent
    /// is not among them: it is an image of its own.
    pub parts: Vec<String>,
    /// What an examiner must know: the image can be read but is not whole.
    pub notes: Vec<String>,
}

impl Disk {
    /// # Errors
    /// When its size cannot be right.
    fn new(format: &'static str, source: impl Source + 'static) -> io::Result<Disk> {
        if source.size() > MAX_DISK {
            return Err(damaged(format!("a disk of {} bytes cannot be right", source.size())));
        }
        Ok(Disk { format, source: Arc::new(source), parts: Vec::new(), notes: Vec::new() })
    }
}

/// What a file is, as far as images go.
pub enum Kind {
    /// An image.
    Disk(Disk),
    /// A piece of an image that another file begins; why, in words.
    Part(&'static str),
    /// No image container. It may still be a raw image, which only its partitions can tell.
    Other,
}

/// Opens the image in `source`, whose file is called `name`; other files that it is made of are
/// opened through `beside`.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] for formats and variants that are not read; otherwise the image
/// is damaged, a file that it needs is missing, or the medium fails.
pub fn open(source: Arc<dyn Source>, name: &str, beside: &dyn Beside) -> io::Result<Kind> {
    open_at(source, name, beside, 0)
}

/// Opens the image in the file at `path`; see [`open`].
///
/// # Errors
/// As [`open`], and when the file cannot be opened.
pub fn open_file(path: &Path) -> io::Result<Kind> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    open(Arc::new(FileSource::open(path.to_owned())?), &name, &Folder::of(path, Counter::default()))
}

/// `depth`: how many images led to this one as their parent.
fn open_at(
    source: Arc<dyn Source>,
    name: &str,
    beside: &dyn Beside,
    depth: usize,
) -> io::Result<Kind> {
    if depth > MAX_CHAIN {
        return Err(damaged(format!("its chain of parents is a circle or above {MAX_CHAIN}")));
    }
    let mut head = [0; 512];
    source.read_at(0, &mut head)?;
    let next = Context { name, beside, depth };
    if has(&head, 0, ewf::MAGIC) {
        return ewf::open(source, &next);
    }
    if has(&head, 0, vmdk::MAGIC) || has(&head, 0, vmdk_descriptor::MAGIC) {
        return vmdk::open(source, &next);
    }
    if has(&head, 0, vhdx::MAGIC) {
        return vhdx::open(source, &next).map(Kind::Disk);
    }
    if has(&head, 0, qcow2::MAGIC) {
        return qcow2::open(source, &next).map(Kind::Disk);
    }
    if has(&head, vdi::MAGIC_AT, vdi::MAGIC) {
        return vdi::open(source).map(Kind::Disk);
    }
    if let Some(format) = not_read(&head) {
        return Err(unsupported(format!(
            "{format} images are not read; convert it, or export raw"
        )));
    }
    // Only after all that: a disk may end with anything.
    if vhd::is(&*source, &head)? {
        return vhd::open(source, &next).map(Kind::Disk);
    }
    split::open(source, &next)
}

/// Whether `head`, the first bytes of a file, is that of an image, read or not.
pub(super) fn is_container(head: &[u8]) -> bool {
    let magics: [&[u8]; 5] =
        [ewf::MAGIC, vmdk::MAGIC, vmdk_descriptor::MAGIC, vhdx::MAGIC, qcow2::MAGIC];
    magics.iter().any(|magic| has(head, 0, magic))
        || has(head, vdi::MAGIC_AT, vdi::MAGIC)
        || not_read(head).is_some()
}

/// Formats that are recognised to be named.
fn not_read(head: &[u8]) -> Option<&'static str> {
    [
        (0, &b"EVF2\r\n\x81\0"[..], "Ex01 (EWF2)"),
        (0, b"LEF2\r\n\x81\0", "Lx01 (EWF2 logical evidence)"),
        (0, b"LVF\x09\x0d\x0a\xff\0", "L01 (logical evidence)"),
        (0, b"AFF10\r\n\0", "AFF (version 1)"),
        (0, b"COWD", "VMDK (COWD, ESX snapshot)"),
        (0, b"\xbe\xba\xfe\xca\0\0\0\0", "VMDK (SESparse, ESX snapshot)"),
    ]
    .iter()
    .find(|(at, magic, _)| has(head, *at, magic))
    .map(|(_, _, format)| *format)
}

/// What the opening of an image has to know beside its bytes.
struct Context<'a> {
    name: &'a str,
    beside: &'a dyn Beside,
    depth: usize,
}

impl Context<'_> {
    /// Opens a parent named in an image by any path: its last part is looked for beside the child.
    ///
    /// # Errors
    /// When it is missing or is no image.
    fn parent(&self, path: &str) -> io::Result<Arc<dyn Source>> {
        let (name, source) = self.part(path, "parent")?;
        let within = |error: io::Error| {
            io::Error::new(error.kind(), format!("its parent {name:?}: {error}"))
        };
        match open_at(Arc::clone(&source), &name, self.beside, self.depth + 1).map_err(within)? {
            Kind::Disk(disk) => Ok(disk.source),
            Kind::Part(why) => Err(damaged(format!("its parent {name:?} is {why}"))),
            Kind::Other => Ok(source),
        }
    }

    /// Opens another file that this image is made of, in words `what`: its name, and its bytes.
    ///
    /// # Errors
    /// When it is missing.
    fn part(&self, path: &str, what: &str) -> io::Result<(String, Arc<dyn Source>)> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        match self.beside.open(name) {
            Ok(source) => Ok((name.to_owned(), source)),
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!("its {what} {name:?} is needed beside it: {error}"),
            )),
        }
    }
}

#[cfg(test)]
mod tests;
