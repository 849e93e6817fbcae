//! Raw images in several files: `disk.001`, `disk.002`, … or `disk.aa`, `disk.ab`, … one after the other.

use super::image::{Detect, Image, ImageFile, ImageFormat, Support, VirtualDisk};
use super::sibling_files::SiblingFiles;
use crate::evidence::bytes::shorter;
use crate::evidence::partitions::may_be_disk;
use crate::evidence::read_at::{ReadAt, damaged, read_exact_at};
use std::io;
use std::sync::Arc;

/// Raw images are identified by their name: the content of a raw image says little.
pub(super) const FORMAT: ImageFormat = ImageFormat {
    name: "split raw",
    endings: &["raw", "dd", "img"],
    detect: Detect::File(is_part),
    support: Support::Read(open),
};

/// The name of a part of a file that was cut.
pub(in crate::evidence) struct PartName<'a> {
    stem: &'a str,
    ending: PartEnding<'a>,
}

#[derive(Clone, Copy)]
enum PartEnding<'a> {
    /// `001`: the number and its digits.
    Number(u32, usize),
    /// `aa`, as `split` names its parts.
    Letters(&'a str),
}

/// The name of a file, or the path of an entry, as that of a part; `None` when it is named otherwise.
pub(in crate::evidence) fn part_name(name: &str) -> Option<PartName<'_>> {
    let name = name.rsplit(['/', '\\']).next()?;
    let (stem, ending) = name.rsplit_once('.')?;
    let digits = ending.len();
    let are_letters = ending.bytes().all(|byte| byte.is_ascii_lowercase())
        || ending.bytes().all(|byte| byte.is_ascii_uppercase());
    let ending = if digits >= 3 && ending.bytes().all(|byte| byte.is_ascii_digit()) {
        PartEnding::Number(ending.parse().ok()?, digits)
    } else if (2..=3).contains(&digits) && are_letters {
        PartEnding::Letters(ending)
    } else {
        return None;
    };
    Some(PartName { stem, ending })
}

impl PartName<'_> {
    /// Whether a file of this name can be the first part.
    pub(in crate::evidence) fn is_first(&self) -> bool {
        match self.ending {
            PartEnding::Number(number, _) => number <= 1,
            PartEnding::Letters(letters) => letters.bytes().all(|letter| letter == self.first()),
        }
    }

    /// The name of the part before this one; `None` of the first.
    pub(in crate::evidence) fn before(&self) -> Option<String> {
        self.neighbour(-1)
    }

    /// The name of the part behind this one; `None` of the last that there can be.
    fn next(&self) -> Option<String> {
        self.neighbour(1)
    }

    fn neighbour(&self, step: i32) -> Option<String> {
        let PartName { stem, ending } = self;
        match ending {
            PartEnding::Number(number, digits) => {
                let number = number.checked_add_signed(step)?;
                Some(format!("{stem}.{number:0digits$}"))
            }
            PartEnding::Letters(letters) => {
                let first = self.first();
                // Digits of base 26.
                let value = letters.bytes().fold(0, |sum, b| sum * 26 + i32::from(b - first));
                let mut value = u32::try_from(value + step).ok()?;
                let mut bytes = vec![first; letters.len()];
                for letter in bytes.iter_mut().rev() {
                    *letter = first + u8::try_from(value % 26).ok()?;
                    value /= 26;
                }
                let ending = String::from_utf8(bytes).ok().filter(|_| value == 0)?;
                Some(format!("{stem}.{ending}"))
            }
        }
    }

    /// The letter that counts as zero.
    fn first(&self) -> u8 {
        match self.ending {
            PartEnding::Letters(letters) if letters.starts_with(|c: char| c.is_uppercase()) => b'A',
            _ => b'a',
        }
    }
}

/// Whether this may be a part of a raw image. Two letters end many names (`aa` and `ab` are languages), so
/// that the first part must begin as a disk does.
fn is_part(file: &ImageFile<'_>) -> io::Result<bool> {
    let Some(name) = part_name(file.name) else { return Ok(false) };
    match name.ending {
        PartEnding::Number(..) => Ok(true),
        PartEnding::Letters(_) => Ok(name.is_first() && may_be_disk(&file.head)),
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
    let Some(name) = part_name(name) else { return Ok(Image::NotAnImage) };
    let is_numbered = matches!(name.ending, PartEnding::Number(..));
    let before = name.before().filter(|_| is_numbered);
    if before.is_some_and(|before| siblings.open(&before).is_ok()) {
        return Ok(Image::Part("a later part of a split image"));
    }
    // A file whose name happens to end in a number is no part.
    if !name.is_first() {
        return Ok(Image::NotAnImage);
    }
    let mut sources = vec![Arc::clone(source)];
    let mut parts = Vec::new();
    let mut next = name.next();
    while let Some(part) = next {
        match siblings.open(&part) {
            Ok(source) => sources.push(source),
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
        next = part_name(&part).and_then(|part| part.next());
        parts.push(part);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_as_they_are_named() {
        for (name, first, before, next) in [
            ("disk.001", true, Some("disk.000"), Some("disk.002")),
            ("disk.000", true, None, Some("disk.001")),
            ("a.b.999", false, Some("a.b.998"), Some("a.b.1000")),
            ("in/disk.dd.aa", true, None, Some("disk.dd.ab")),
            ("disk.az", false, Some("disk.ay"), Some("disk.ba")),
            ("disk.zz", false, Some("disk.zy"), None),
            ("disk.AAB", false, Some("disk.AAA"), Some("disk.AAC")),
            ("disk.aaz", false, Some("disk.aay"), Some("disk.aba")),
        ] {
            let part = part_name(name).unwrap();
            let (before, next) = (before.map(str::to_owned), next.map(str::to_owned));
            assert_eq!(
                (part.is_first(), part.before(), part.next()),
                (first, before, next),
                "{name}"
            );
        }
        for name in ["disk", "disk.01", "disk.aA", "disk.a", "disk.a1", "disk.img2", "disk.abcd"] {
            assert!(part_name(name).is_none(), "{name}");
        }
    }
}
