//! Values that do not have the size of their types.
//!
//! The crate reads such a value by its type, and every value behind it from a wrong place: a SID with a
//! count of parts that is too large gives the user another name. So before the crate reads a record, the
//! type of such a value is changed to that of no value, and the others are read as they are.

use super::values::{Instance, SizeRule, sid_size};
use crate::evtx::format::value_type::{ARRAY, BINXML, SID, SIZE_T, STRING_ARRAY};
use std::ops::Range;

/// Template instances within each other; Windows has two.
const DEEPEST: usize = 4;
const SID_ARRAY: u8 = ARRAY | SID;

/// A value that does not have the size of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evtx) struct WrongSizedValue {
    /// The place of its type in the chunk.
    pub(in crate::evtx) type_at: usize,
    pub(in crate::evtx) kind: u8,
    pub(in crate::evtx) size: u16,
}

/// The values of wrong size in the record whose BinXML lies at `stream`. A record without a template has none.
///
/// # Errors
/// When the values reach past the end of the record, and why.
pub(in crate::evtx) fn wrong_sizes(
    chunk: &[u8],
    stream: Range<usize>,
) -> Result<Vec<WrongSizedValue>, &'static str> {
    let mut found = Vec::new();
    add(chunk, stream, DEEPEST, &mut found)?;
    Ok(found)
}

fn add(
    chunk: &[u8],
    stream: Range<usize>,
    depth: usize,
    found: &mut Vec<WrongSizedValue>,
) -> Result<(), &'static str> {
    let within = chunk.get(..stream.end).unwrap_or_default();
    let Some(Instance { table, .. }) = Instance::locate(within, stream.start, false) else {
        return Ok(());
    };
    let mut at = table.end;
    let entries = within.get(table.clone()).unwrap_or_default().as_chunks::<4>().0;
    for (entry_at, &[low, high, kind, _]) in table.step_by(4).zip(entries) {
        let size = u16::from_le_bytes([low, high]);
        let value = at..at + usize::from(size);
        at = value.end;
        let Some(bytes) = within.get(value.clone()) else {
            return Err("its values reach past its end");
        };
        if !fits(kind, bytes) {
            found.push(WrongSizedValue { type_at: entry_at + 2, kind, size });
        } else if kind == BINXML && depth > 0 {
            add(chunk, value, depth - 1, found)?;
        }
    }
    Ok(())
}

/// Does the crate read as many bytes of a value as it has?
fn fits(kind: u8, bytes: &[u8]) -> bool {
    let size = bytes.len();
    match kind {
        SID => sid_size(bytes) == Some(size),
        SIZE_T => size == 4 || size == 8,
        STRING_ARRAY => size.is_multiple_of(2),
        SID_ARRAY => are_sids(bytes),
        _ if kind & ARRAY != 0 => SizeRule::of(kind & !ARRAY).allows_array(size),
        _ => SizeRule::of(kind).allows(size),
    }
}

fn are_sids(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let Some(behind) = sid_size(bytes).and_then(|size| bytes.get(size..)) else { return false };
        bytes = behind;
    }
    true
}
