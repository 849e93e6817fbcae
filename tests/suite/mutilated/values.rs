//! The values of a record, by their places in the chunk. Source of the layout: the EVTX
//! specification of libyal, paragraph on template instances.

use super::log_file::{u16_at, u32_at};
use std::ops::Range;

pub(super) const STRING: u8 = 0x01;
pub(super) const UINT16: u8 = 0x06;
pub(super) const UINT64: u8 = 0x0a;
pub(super) const BINARY: u8 = 0x0e;
pub(super) const FILE_TIME: u8 = 0x11;
const BINXML: u8 = 0x21;

/// One value of a template instance.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) kind: u8,
    /// Where its bytes stand in the chunk.
    pub(super) at: Range<usize>,
}

/// The values of the template instance that a stream of BinXML consists of; `None`: it consists of
/// something else.
pub(super) fn read(chunk: &[u8], stream: Range<usize>) -> Option<Vec<Value>> {
    let mut at = stream.start;
    if chunk.get(at) == Some(&0x0f) {
        at += 4;
    }
    if at + 10 > stream.end || chunk[at] != 0x0c {
        return None;
    }
    let definition = u32_at(chunk, at + 6);
    at += 10;
    if definition == at {
        at += 24 + u32_at(chunk, at + 20);
    }
    if at + 4 > stream.end {
        return None;
    }
    let count = u32_at(chunk, at);
    let table = at + 4;
    at = table.checked_add(count.checked_mul(4)?)?;
    let mut values = Vec::new();
    for number in 0..count {
        let entry = table + 4 * number;
        if entry + 4 > stream.end {
            return None;
        }
        let value = Value { kind: chunk[entry + 2], at: at..at + u16_at(chunk, entry) as usize };
        at = value.at.end;
        values.push(value);
    }
    (at <= stream.end).then_some(values)
}

/// All values of a record, those of its data included.
pub(super) fn all(chunk: &[u8], stream: Range<usize>) -> Vec<Value> {
    let mut values = read(chunk, stream).unwrap_or_default();
    let inner: Vec<Range<usize>> = values
        .iter()
        .filter(|value| value.kind == BINXML && !value.at.is_empty())
        .map(|value| value.at.clone())
        .collect();
    values.extend(inner.into_iter().flat_map(|stream| all(chunk, stream)));
    values
}
