//! What makes two definitions the same, though they lie in different chunks.
//!
//! Names stand in a definition where its chunk uses them first, and elsewhere are only referred
//! to; sizes count them or not. All else is equal byte by byte.

use crate::evidence::bytes::{u16_at, u32_at};
use std::ops::Range;

/// A definition's header: offset of the next one, GUID, size of what follows.
pub(super) const HEADER: usize = 24;

/// The tokens of a definition, wherever it lies.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Fixed bytes and names, one behind the other.
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Fixed(Range<usize>),
    Name(Range<usize>),
    /// Four bytes, whatever they say.
    Size,
}

impl Shape {
    /// Bytes follow.
    pub(super) fn fixed(&mut self, bytes: &[u8]) {
        let added = self.add(bytes);
        match self.parts.last_mut() {
            Some(Part::Fixed(before)) => before.end = added.end,
            _ => self.parts.push(Part::Fixed(added)),
        }
    }

    /// A name follows.
    pub(super) fn name(&mut self, name: &[u8]) {
        let name = self.add(name);
        self.parts.push(Part::Name(name));
    }

    /// A size follows.
    pub(super) fn size(&mut self) {
        self.parts.push(Part::Size);
    }

    fn add(&mut self, bytes: &[u8]) -> Range<usize> {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        from..self.bytes.len()
    }

    /// Does the definition whose tokens lie at `body` have this shape?
    pub(super) fn is_that_of(&self, chunk: &[u8], body: Range<usize>) -> bool {
        self.ends_at(chunk, body.start).is_some_and(|end| end <= body.end)
    }

    /// Where the tokens of this shape that begin at `at` end.
    fn ends_at(&self, chunk: &[u8], mut at: usize) -> Option<usize> {
        for part in &self.parts {
            at = match part {
                Part::Fixed(range) => {
                    let bytes = self.bytes.get(range.clone())?;
                    chunk.get(at..)?.starts_with(bytes).then_some(at + bytes.len())?
                }
                Part::Name(range) => {
                    let (name, behind) = name(chunk, at)?;
                    (self.bytes.get(range.clone())? == name).then_some(behind)?
                }
                Part::Size => at + 4,
            };
        }
        Some(at)
    }
}

/// The name at `at`, and where what follows it begins.
pub(super) fn name(chunk: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let place = u32_at(chunk, at)? as usize;
    let from = place.checked_add(8)?;
    let size = 2 * usize::from(u16_at(chunk, place + 6)?);
    let name = chunk.get(from..from.checked_add(size + 2)?)?.get(..size)?;
    let behind = at + 4;
    Some((name, if place == behind { behind + 8 + size + 2 } else { behind }))
}
