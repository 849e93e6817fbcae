//! The tables of a chunk: names and template definitions. Entries of the same bucket are linked.

use std::collections::HashMap;

use crate::value::Guid;

const STRING_BUCKETS: usize = 64;
const TEMPLATE_BUCKETS: usize = 32;

/// The offsets of the names and templates of a chunk, from the start of the chunk.
#[derive(Debug)]
pub(super) struct Tables {
    pub string_heads: [u32; STRING_BUCKETS],
    pub template_heads: [u32; TEMPLATE_BUCKETS],
    names: HashMap<&'static str, u32>,
    templates: HashMap<[u8; 16], u32>,
}

/// The first entries of all buckets. They are enough to remove a record that did not fit: its chunk
/// is complete then, and its maps are not used again.
pub(super) type Heads = ([u32; STRING_BUCKETS], [u32; TEMPLATE_BUCKETS]);

impl Tables {
    pub fn new() -> Self {
        Self {
            string_heads: [0; STRING_BUCKETS],
            template_heads: [0; TEMPLATE_BUCKETS],
            names: HashMap::new(),
            templates: HashMap::new(),
        }
    }

    pub fn heads(&self) -> Heads {
        (self.string_heads, self.template_heads)
    }

    pub fn restore(&mut self, heads: Heads) {
        (self.string_heads, self.template_heads) = heads;
    }

    pub fn name(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }

    /// Adds a name that is written at `offset`, and returns the entry that it links to.
    pub fn add_name(&mut self, name: &'static str, offset: u32) -> u32 {
        self.names.insert(name, offset);
        let head = &mut self.string_heads[usize::from(name_hash(name)) % STRING_BUCKETS];
        std::mem::replace(head, offset)
    }

    pub fn template(&self, guid: &Guid) -> Option<u32> {
        self.templates.get(&guid.0).copied()
    }

    /// Adds a definition that is written at `offset`, and returns the entry that it links to.
    pub fn add_template(&mut self, guid: &Guid, offset: u32) -> u32 {
        self.templates.insert(guid.0, offset);
        let words = guid.0.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let bucket = rolling_hash(words) as usize % TEMPLATE_BUCKETS;
        std::mem::replace(&mut self.template_heads[bucket], offset)
    }
}

/// The hash stored with a name: the lower half of the rolling hash over its UTF-16 units.
pub(super) fn name_hash(name: &str) -> u16 {
    let [low, high, ..] = rolling_hash(name.encode_utf16()).to_le_bytes();
    u16::from_le_bytes([low, high])
}

fn rolling_hash(units: impl Iterator<Item = u16>) -> u32 {
    units.fold(0, |hash: u32, unit| hash.wrapping_mul(65_599).wrapping_add(u32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hash_as_in_real_logs() {
        assert_eq!(["Event", "System", "Data"].map(name_hash), [0x0cba, 0x546f, 0x6f8a]);
    }
}
