//! Raw images in several files: `disk.001`, `disk.002`, … one after the other.

use super::image::{Detect, Image, ImageFile, ImageFormat, Support, VirtualDisk};
use super::sibling_files::SiblingFiles;
use crate::evidence::bytes::shorter;
use crate::evidence::read_at::{ReadAt, damaged, read_exact_at};
use std::io;
use std::sync::Arc;

/// Raw images are identified by their name alone: the content of a raw image says nothing.
pub(super) const FORMAT: ImageFormat = ImageFormat {
    name: "split raw",
    endings: &["raw", "dd", "img"],
    detect: Detect::File(|file| Ok(PartName::parse(file.name).is_some())),
    support: Support::Read(open),
};

/// The name of a part: `disk.001`.
struct PartName<'a> {
    stem: &'a str,
    number: u32,
    digits: usize,
}

impl PartName<'_> {
    fn parse(name: &str) -> Option<PartName<'_>> {
        let (stem, number) = name.rsplit_once('.')?;
        let digits = number.len();
        let is_number = digits >= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|_| is_number)?;
        Some(PartName { stem, number, digits })
    }

    /// The name of another part of the same image.
    fn of(&self, number: u32) -> String {
        let PartName { stem, digits, .. } = self;
        format!("{stem}.{number:0digits$}")
    }
}

fn open(file: &ImageFile<'_>) -> io::Result<Image> {
    open_parts(&file.source, file.name, file.siblings)
}

/// Puts the parts together if the file called `name` is the first of several.
///
/// # Errors
/// When the medium fails.
pub(in crate::evidence) fn open_parts(
    source: &Arc<dyn ReadAt>,
    name: &str,
    siblings: &dyn SiblingFiles,
) -> io::Result<Image> {
    let Some(name) = PartName::parse(name) else { return Ok(Image::NotAnImage) };
    let first = name.number;
    if first > 1 || (first == 1 && siblings.open(&name.of(0)).is_ok()) {
        // A file whose name happens to end in a number is no part.
        let before = first.checked_sub(1).map(|number| name.of(number)).unwrap_or_default();
        return Ok(match siblings.open(&before) {
            Ok(_) => Image::Part("a later part of a split image"),
            Err(_) => Image::NotAnImage,
        });
    }
    let mut sources = vec![Arc::clone(source)];
    let mut parts = Vec::new();
    for number in first + 1.. {
        match siblings.open(&name.of(number)) {
            Ok(source) => sources.push(source),
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
        parts.push(name.of(number));
    }
    if parts.is_empty() {
        return Ok(Image::NotAnImage);
    }
    let disk = VirtualDisk::new(FORMAT.name, JoinedParts::new(sources)?)?;
    Ok(Image::Disk(VirtualDisk { parts, ..disk }))
}

/// The bytes of several sources, one after the other.
pub(in crate::evidence) struct JoinedParts {
    /// Each with its end, counted from the beginning of the first.
    parts: Vec<(u64, Arc<dyn ReadAt>)>,
}

impl JoinedParts {
    /// # Errors
    /// When their sizes add up to more than there can be.
    pub(in crate::evidence) fn new(sources: Vec<Arc<dyn ReadAt>>) -> io::Result<JoinedParts> {
        let mut end = 0_u64;
        let mut parts = Vec::new();
        for source in sources {
            end = end.checked_add(source.size()).ok_or_else(|| damaged("parts are too large"))?;
            parts.push((end, source));
        }
        Ok(JoinedParts { parts })
    }
}

impl ReadAt for JoinedParts {
    fn size(&self) -> u64 {
        self.parts.last().map_or(0, |(end, _)| *end)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        let first = self.parts.partition_point(|(end, _)| *end <= offset);
        for (end, source) in self.parts.iter().skip(first) {
            let at = offset + done as u64;
            let wanted = shorter(buffer.len() - done, end - at);
            let Some(part) = buffer.get_mut(done..done + wanted).filter(|part| !part.is_empty())
            else {
                break;
            };
            read_exact_at(&**source, at + source.size() - end, part)?;
            done += wanted;
        }
        Ok(done)
    }
}
