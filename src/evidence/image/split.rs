//! Raw images in several files: `disk.001`, `disk.002`, … one after the other.

use super::{Context, Disk, Kind, Source};
use crate::evidence::bytes::{damaged, read_exact_at};
use std::io;
use std::sync::Arc;

/// The bytes of several sources, one after the other.
pub(super) struct Joined {
    /// Where each ends, in the whole.
    parts: Vec<(u64, Arc<dyn Source>)>,
}

impl Joined {
    /// # Errors
    /// When their sizes add up to more than there can be.
    pub(super) fn new(sources: Vec<Arc<dyn Source>>) -> io::Result<Joined> {
        let mut end = 0_u64;
        let mut parts = Vec::new();
        for source in sources {
            end = end.checked_add(source.size()).ok_or_else(|| damaged("parts are too large"))?;
            parts.push((end, source));
        }
        Ok(Joined { parts })
    }
}

impl Source for Joined {
    fn size(&self) -> u64 {
        self.parts.last().map_or(0, |(end, _)| *end)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        let first = self.parts.partition_point(|(end, _)| *end <= offset);
        for (end, source) in self.parts.iter().skip(first) {
            let at = offset + done as u64;
            let wanted = crate::evidence::bytes::up_to(buffer.len() - done, end - at);
            let Some(piece) = buffer.get_mut(done..done + wanted).filter(|p| !p.is_empty()) else {
                break;
            };
            read_exact_at(&**source, at + source.size() - end, piece)?;
            done += wanted;
        }
        Ok(done)
    }
}

/// The image whose first file is this one, by its name: the content of a raw image says nothing.
pub(super) fn open(source: Arc<dyn Source>, context: &Context<'_>) -> io::Result<Kind> {
    let Some((stem, number)) = context.name.rsplit_once('.') else { return Ok(Kind::Other) };
    let digits = number.len();
    if digits < 3 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Kind::Other);
    }
    let Ok(first) = number.parse::<u32>() else { return Ok(Kind::Other) };
    let name = |number: u32| format!("{stem}.{number:0digits$}");
    if first > 1 || (first == 1 && context.beside.open(&name(0)).is_ok()) {
        // A file whose name happens to end in a number stands for itself.
        let before = first.checked_sub(1).map(name).unwrap_or_default();
        return Ok(match context.beside.open(&before) {
            Ok(_) => Kind::Part("a later part of a split image"),
            Err(_) => Kind::Other,
        });
    }
    let mut sources = vec![source];
    let mut parts = Vec::new();
    for next in first + 1.. {
        match context.beside.open(&name(next)) {
            Ok(source) => sources.push(source),
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
        parts.push(name(next));
    }
    if parts.is_empty() {
        return Ok(Kind::Other);
    }
    let disk = Disk::new("split raw", Joined::new(sources)?)?;
    Ok(Kind::Disk(Disk { parts, ..disk }))
}
