//! The template definitions met so far, and where they are in the current chunk.

use super::lender::Lent;
use super::plan::{Plan, Position};
use super::shape::Shape;
use crate::evidence::bytes::{array_at, u32_at};
use crate::evtx::format::{CHUNK_SIZE, DEFINITION_GUID, DEFINITION_HEADER, DEFINITION_SIZE};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::ops::Range;

/// Definitions that are remembered from chunk to chunk; Windows 11 has some thousand.
const MOST_DEFINITIONS: usize = 8192;
/// No two definitions begin within so many bytes, as each has a longer header.
const GRID: usize = 16;

/// A definition that was compiled, in whatever chunk.
struct CompiledDefinition {
    position: Position,
    shape: Shape,
    plan: Plan,
}

/// A definition at its place in a chunk.
#[derive(Clone)]
struct DefinitionInChunk {
    /// The reader's number of that chunk.
    chunk: u32,
    offset: u32,
    position: Position,
    /// Index of the compiled definition; `None`: the reader does not understand it.
    compiled: Option<u32>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Definitions {
    compiled: Vec<CompiledDefinition>,
    /// Indices by the definition's GUID.
    by_guid: HashMap<[u8; 16], Vec<usize>, RandomState>,
    /// By place in the chunk: one for each [`GRID`] bytes. An entry may be of an earlier chunk.
    in_chunk: Vec<DefinitionInChunk>,
    /// The reader's number of the current chunk.
    chunk: u32,
}

impl Definitions {
    pub(super) fn begin_chunk(&mut self) {
        self.chunk = self.chunk.wrapping_add(1);
        if self.chunk == 0 || self.in_chunk.is_empty() {
            // No chunk has the number 0.
            self.chunk = 1;
            let none = DefinitionInChunk {
                chunk: 0,
                offset: 0,
                position: Position::Event,
                compiled: None,
            };
            self.in_chunk = vec![none; CHUNK_SIZE / GRID];
        }
        if self.compiled.len() > MOST_DEFINITIONS {
            self.compiled.clear();
            self.by_guid.clear();
        }
    }

    /// The index of the plan of the definition at this offset; `None`: it is not understood.
    pub(super) fn find(
        &mut self,
        chunk: &[u8],
        definition: usize,
        position: Position,
    ) -> Option<usize> {
        let place = definition / GRID;
        let known = self.in_chunk.get(place)?;
        let is_same = known.offset as usize == definition && known.position == position;
        if is_same && known.chunk == self.chunk {
            return known.compiled.map(|index| index as usize);
        }
        let compiled = self.recognise(chunk, definition, position);
        if let Some(known) = self.in_chunk.get_mut(place) {
            let (offset, compiled) = (definition as u32, compiled.map(|index| index as u32));
            *known = DefinitionInChunk { chunk: self.chunk, offset, position, compiled };
        }
        compiled
    }

    /// Finds an equal definition of an earlier chunk, or compiles this one.
    fn recognise(&mut self, chunk: &[u8], at: usize, position: Position) -> Option<usize> {
        let guid = array_at(chunk, at.checked_add(DEFINITION_GUID)?)?;
        let size = u32_at(chunk, at + DEFINITION_SIZE)? as usize;
        let start = at + DEFINITION_HEADER;
        let body = Range { start, end: start.checked_add(size)? };
        if body.end > chunk.len() {
            return None;
        }
        let of_guid = self.by_guid.entry(guid).or_default();
        let known = of_guid.iter().copied().find(|&index| {
            self.compiled.get(index).is_some_and(|known| {
                known.position == position && known.shape.is_that_of(chunk, body.clone())
            })
        });
        if known.is_some() {
            return known;
        }
        let (plan, shape) = Plan::compile(chunk, body, position)?;
        of_guid.push(self.compiled.len());
        self.compiled.push(CompiledDefinition { position, shape, plan });
        self.compiled.len().checked_sub(1)
    }

    /// How many were compiled.
    pub(super) fn len(&self) -> usize {
        self.compiled.len()
    }

    /// All that were compiled, by their identifier.
    pub(super) fn by_id(&self) -> Lent {
        let mut lent = Lent::new();
        for (guid, indices) in &self.by_guid {
            let Some(id) = u32_at(guid, 0) else { continue };
            for &index in indices {
                let Some(compiled) = self.compiled.get(index) else { continue };
                let known = lent.entry((id, compiled.position));
                known.and_modify(|one| *one = None).or_insert(Some(index));
            }
        }
        lent
    }

    /// The plan of this index.
    pub(super) fn plan(&self, index: usize) -> Option<&Plan> {
        self.compiled.get(index).map(|compiled| &compiled.plan)
    }
}
