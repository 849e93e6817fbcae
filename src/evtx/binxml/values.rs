//! The values of a template instance: a table of sizes and types, and the values behind it.

use super::shape::HEADER;
use crate::evidence::bytes::{u16_at, u32_at, u64_at};
use crate::evtx::decode::{Value, YEAR_10000};
use std::ops::Range;

const NULL: u8 = 0x00;
pub(super) const STRING: u8 = 0x01;
const ANSI: u8 = 0x02;
const FLOAT: u8 = 0x0b;
const DOUBLE: u8 = 0x0c;
const POINTER: u8 = 0x10;
const FILETIME: u8 = 0x11;
const SYSTEMTIME: u8 = 0x12;
const SID: u8 = 0x13;
/// HexInt64.
const HIGHEST_SCALAR: u8 = 0x15;
/// A fragment of its own: tokens.
pub(super) const BINXML: u8 = 0x21;
/// Strings, each with a NUL behind it.
pub(super) const STRINGS: u8 = 0x81;
/// More than any record of Windows has.
const MOST: usize = 1024;

/// What a value of some type must be.
#[derive(Clone, Copy)]
struct Rule {
    /// Bits of its size in which it must not differ from `size`.
    checked: u16,
    size: u16,
    /// The type is read here, and its size is all that there is to check.
    is_simple: bool,
}

impl Rule {
    const ANY: Rule = Rule { checked: 0, size: 0, is_simple: true };
    /// In UTF-16 units.
    const EVEN: Rule = Rule { checked: 1, size: 0, is_simple: true };
    const LOOK: Rule = Rule { checked: 0, size: 0, is_simple: false };

    const fn exactly(size: u16) -> Rule {
        Rule { checked: u16::MAX, size, is_simple: true }
    }

    const fn of(kind: u8) -> Rule {
        match kind {
            // Nothing, binary data.
            NULL | 0x0e => Rule::ANY,
            STRING => Rule::EVEN,
            0x03 | 0x04 => Rule::exactly(1),
            0x05 | 0x06 => Rule::exactly(2),
            0x07 | 0x08 | FLOAT | 0x0d | 0x14 => Rule::exactly(4),
            0x09 | 0x0a | DOUBLE | FILETIME | 0x15 => Rule::exactly(8),
            // A GUID.
            0x0f | SYSTEMTIME => Rule::exactly(16),
            _ => Rule::LOOK,
        }
    }
}

/// By type.
static RULES: [Rule; 256] = {
    let mut rules = [Rule::LOOK; 256];
    let mut kind = 0;
    while kind < 256 {
        // An index out of range would not compile.
        #[expect(clippy::indexing_slicing)]
        {
            rules[kind] = Rule::of(kind as u8);
        }
        kind += 1;
    }
    rules
};

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item<'c> {
    pub(super) kind: u8,
    pub(super) bytes: &'c [u8],
}

impl<'c> Item<'c> {
    /// Nothing was given. A fragment without bytes counts as such.
    pub(super) fn is_null(&self) -> bool {
        self.kind == NULL || self.kind == BINXML && self.bytes.is_empty()
    }

    /// A number without sign; `None` for other types.
    pub(super) fn unsigned(self) -> Option<u64> {
        match (self.kind, self.bytes.len()) {
            (0x04, _) => self.bytes.first().map(|&byte| byte.into()),
            (0x06, _) => u16_at(self.bytes, 0).map(u64::from),
            (0x08 | 0x14, _) | (POINTER, 4) => u32_at(self.bytes, 0).map(u64::from),
            (0x0a | 0x15 | POINTER, _) => u64_at(self.bytes, 0),
            _ => None,
        }
    }

    /// `None`: it is nothing, or XML writes it in a way of its own.
    pub(super) fn value(self) -> Option<Value<'c>> {
        let bytes = self.bytes;
        Some(match self.kind {
            STRING => Value::Utf16(bytes),
            ANSI => Value::Ansi(bytes),
            0x03 => Value::Signed(i8::from_le_bytes(bytes.try_into().ok()?).into()),
            0x04 | 0x06 | 0x08 | 0x0a => Value::Unsigned(self.unsigned()?),
            0x05 => Value::Signed(i16::from_le_bytes(bytes.try_into().ok()?).into()),
            0x07 => Value::Signed(i32::from_le_bytes(bytes.try_into().ok()?).into()),
            0x09 => Value::Signed(i64::from_le_bytes(bytes.try_into().ok()?)),
            0x0d => Value::Bool(i32::from_le_bytes(bytes.try_into().ok()?)),
            0x0e => Value::Binary(bytes),
            0x0f => Value::Guid(bytes.try_into().ok()?),
            POINTER | 0x14 | 0x15 => Value::Hex(self.unsigned()?),
            FILETIME => Value::FileTime(u64_at(bytes, 0).filter(|&ticks| ticks < YEAR_10000)?),
            SYSTEMTIME => {
                let fields: [[u8; 2]; 8] = bytes.as_chunks().0.try_into().ok()?;
                let fields = fields.map(u16::from_le_bytes);
                Value::SystemTime(Some(fields).filter(|fields| fields[0] < 10_000)?)
            }
            SID => Value::Sid(bytes),
            _ => return None,
        })
    }
}

/// The values of a template instance in one chunk, by their place in it.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Type, offset in the chunk, size.
    spans: Vec<(u8, u32, u16)>,
    /// Those of types whose sizes do not say all.
    special: Vec<u16>,
}

impl Values {
    /// Reads `[fragment header] template instance [end]` in `stream`, checks that every value is
    /// as large as its type says and lies within, and gives the definition's offset.
    pub(super) fn read(&mut self, chunk: &[u8], stream: Range<usize>) -> Option<usize> {
        self.spans.clear();
        self.special.clear();
        let within = chunk.get(..stream.end)?;
        let mut at = stream.start;
        if within.get(at) == Some(&0x0f) {
            if within.get(at..at + 4)? != [0x0f, 1, 1, 0] {
                return None;
            }
            at += 4;
        }
        // The token, a byte of unknown meaning, and a number that nobody needs.
        if within.get(at) != Some(&0x0c) {
            return None;
        }
        let definition = u32_at(within, at + 6)? as usize;
        at += 10;
        if definition == at {
            let size = u32_at(within, at + HEADER - 4)? as usize;
            at = at.checked_add(HEADER)?.checked_add(size)?;
        }
        let count = Some(u32_at(within, at)? as usize).filter(|&count| count <= MOST)?;
        // The table: two bytes of size, a byte of type, a byte of nothing.
        let table = within.get(at + 4..at + 4 + 4 * count)?;
        at += 4 + 4 * count;
        let mut wrong = 0;
        self.spans.resize(count, (NULL, 0, 0));
        let spans = self.spans.iter_mut().zip(table.as_chunks::<4>().0);
        for (slot, (span, &[low, high, kind, _])) in (0..).zip(spans) {
            let size = u16::from_le_bytes([low, high]);
            let rule = RULES.get(usize::from(kind)).copied().unwrap_or(Rule::LOOK);
            wrong |= (size ^ rule.size) & rule.checked;
            *span = (kind, at as u32, size);
            at += usize::from(size);
            if !rule.is_simple {
                self.special.push(slot);
            }
        }
        let special_fit =
            || self.special.iter().all(|&slot| self.get(within, slot).is_some_and(fits));
        if wrong != 0 || !special_fit() {
            return None;
        }
        // Nothing more, or the end token.
        (at == within.len() || within.get(at) == Some(&0)).then_some(definition)
    }

    /// The value of a substitution, if the record has one.
    pub(super) fn get<'c>(&self, chunk: &'c [u8], slot: u16) -> Option<Item<'c>> {
        let &(kind, from, size) = self.spans.get(usize::from(slot))?;
        let bytes = chunk.get(from as usize..from as usize + usize::from(size))?;
        Some(Item { kind, bytes })
    }

    /// Where in the chunk a value lies.
    pub(super) fn range(&self, slot: u16) -> Option<Range<usize>> {
        let &(_, from, size) = self.spans.get(usize::from(slot))?;
        Some(from as usize..from as usize + usize::from(size))
    }

    /// Is the `payload` the only fragment, and does every array stand where one may?
    pub(super) fn special_are(&self, payload: Option<u16>, repeated: &[u16]) -> bool {
        self.special.iter().all(|&slot| match self.spans.get(usize::from(slot)) {
            Some((STRINGS, ..)) => repeated.contains(&slot),
            Some((BINXML, _, 1..)) => payload == Some(slot),
            _ => true,
        })
    }

    /// Is any value one that XML writes in a way of its own: a number with a fraction, a time
    /// past the year 9999?
    pub(super) fn any_is_odd(&self, chunk: &[u8]) -> bool {
        (0..).zip(&self.spans).any(|(slot, (kind, ..))| {
            matches!(*kind, FLOAT | DOUBLE | FILETIME | SYSTEMTIME)
                && self.get(chunk, slot).and_then(Item::value).is_none()
        })
    }
}

/// Is this a type that a substitution can be declared to have? That of its values may be another.
pub(super) fn is_type(kind: u8) -> bool {
    matches!(kind, NULL..=HIGHEST_SCALAR | BINXML | 0x81..=0x95)
}

/// Where the size does not say all; `false` for types that are not read here.
fn fits(item: Item<'_>) -> bool {
    let size = item.bytes.len();
    match item.kind {
        // Beyond ASCII it takes a code page.
        ANSI => item.bytes.is_ascii(),
        // Of 32 or 64 bits.
        POINTER => size == 4 || size == 8,
        SID => item.bytes.get(1).is_some_and(|&parts| size == 8 + 4 * usize::from(parts)),
        STRINGS => size.is_multiple_of(2) && item.bytes.ends_with(&[0, 0]),
        BINXML => true,
        _ => false,
    }
}

/// The items of an array of strings.
pub(super) fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (units, _) = bytes.as_chunks::<2>();
    let items = units.strip_suffix(&[[0, 0]]).unwrap_or(units).split(|unit| *unit == [0, 0]);
    items.map(|item| item.as_flattened())
}
