//! What makes two definitions the same, though they lie in different chunks.
//!
//! A name is in a definition where its chunk uses it first; elsewhere the definition only
//! refers to it. Sizes count the names that stand there. All else is equal byte by byte.

use crate::evidence::bytes::{u16_at, u32_at};
use crate::evtx::format::{NAME_LENGTH, NAME_TEXT};
use std::ops::Range;

/// The tokens of a definition, wherever it lies.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Fixed bytes and names, one after the other.
    bytes: Vec<u8>,
    parts: Vec<ShapePart>,
}

#[derive(Debug)]
enum ShapePart {
    Fixed(Range<usize>),
    Name(Range<usize>),
    /// Four bytes, whatever they say.
    Size,
}

impl Shape {
    /// Adds bytes that are the same everywhere.
    pub(super) fn fixed(&mut self, bytes: &[u8]) {
        let added = self.add(bytes);
        match self.parts.last_mut() {
            Some(ShapePart::Fixed(before)) => before.end = added.end,
            _ => self.parts.push(ShapePart::Fixed(added)),
        }
    }

    /// Adds a name.
    pub(super) fn name(&mut self, name: &[u8]) {
        let name = self.add(name);
        self.parts.push(ShapePart::Name(name));
    }

    /// Adds a size.
    pub(super) fn size(&mut self) {
        self.parts.push(ShapePart::Size);
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
                ShapePart::Fixed(range) => {
                    let bytes = self.bytes.get(range.clone())?;
                    chunk.get(at..)?.starts_with(bytes).then_some(at + bytes.len())?
                }
                ShapePart::Name(range) => {
                    let (name, behind) = name(chunk, at)?;
                    (self.bytes.get(range.clone())? == name).then_some(behind)?
                }
                ShapePart::Size => at + 4,
            };
        }
        Some(at)
    }
}

/// The name at `at`, and where what follows it begins.
pub(super) fn name(chunk: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let place = u32_at(chunk, at)? as usize;
    let from = place.checked_add(NAME_TEXT)?;
    let size = 2 * usize::from(u16_at(chunk, place + NAME_LENGTH)?);
    let name = chunk.get(from..from.checked_add(size + 2)?)?.get(..size)?;
    let behind = at + 4;
    Some((name, if place == behind { behind + NAME_TEXT + size + 2 } else { behind }))
}
