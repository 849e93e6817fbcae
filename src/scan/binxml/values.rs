//! The values of a template instance: a table of sizes and types, and the values behind it.

use super::super::bytes::{u16_at, u32_at, u64_at};
use super::plan::HEADER;
use crate::decode::{Raw, YEAR_10000};
use std::fmt::Write;
use std::ops::Range;

pub(super) const NULL: u8 = 0x00;
pub(super) const STRING: u8 = 0x01;
const ANSI: u8 = 0x02;
const BINARY: u8 = 0x0e;
const SID: u8 = 0x13;
/// HexInt64.
const HIGHEST_SCALAR: u8 = 0x15;
/// A fragment of its own: tokens.
pub(super) const BINXML: u8 = 0x21;
/// Strings, each with a NUL behind it.
pub(super) const STRINGS: u8 = 0x81;
/// Literal text of a definition: no type of the format.
pub(super) const UTF8: u8 = 0xff;
/// More than any record of Windows has.
const MOST: usize = 1024;

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item<'c> {
    pub(super) kind: u8,
    pub(super) bytes: &'c [u8],
}

impl Item<'_> {
    /// Nothing was given. A fragment without bytes counts as such.
    pub(super) fn is_null(&self) -> bool {
        self.kind == NULL || self.kind == BINXML && self.bytes.is_empty()
    }
}

/// The values of a template instance in one chunk, by their place in it.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Type, offset in the chunk, size.
    spans: Vec<(u8, u32, u16)>,
    /// Those that are fragments or arrays.
    special: Vec<(u16, u8)>,
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
        for &[low, high, kind, _] in table.as_chunks::<4>().0 {
            let size = u16::from_le_bytes([low, high]);
            let end = at + usize::from(size);
            if !fits(kind, within.get(at..end)?) {
                return None;
            }
            if kind > HIGHEST_SCALAR && size > 0 {
                self.special.push((self.spans.len() as u16, kind));
            }
            self.spans.push((kind, at as u32, size));
            at = end;
        }
        // Nothing more, or the end token.
        matches!(within.get(at), None | Some(0)).then_some(definition)
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
        self.special.iter().all(|&(slot, kind)| match kind {
            STRINGS => repeated.contains(&slot),
            _ => payload == Some(slot),
        })
    }
}

/// Is this a type whose values we can tell?
pub(super) fn is_known(kind: u8) -> bool {
    matches!(kind, NULL..=HIGHEST_SCALAR | BINXML | STRINGS)
}

fn fits(kind: u8, value: &[u8]) -> bool {
    let size = value.len();
    match kind {
        NULL | BINARY | BINXML => true,
        STRING => size.is_multiple_of(2),
        // Beyond ASCII it takes a code page.
        ANSI => value.is_ascii(),
        0x03 | 0x04 => size == 1,
        0x05 | 0x06 => size == 2,
        0x07 | 0x08 | 0x0b | 0x0d | 0x14 => size == 4,
        0x09 | 0x0a | 0x0c | 0x11 | 0x15 => size == 8,
        0x0f | 0x12 => size == 16,
        // A pointer, of 32 or 64 bits.
        0x10 => size == 4 || size == 8,
        SID => value.get(1).is_some_and(|&parts| size == 8 + 4 * usize::from(parts)),
        STRINGS => size.is_multiple_of(2) && value.ends_with(&[0, 0]),
        _ => false,
    }
}

/// Does the type have text rather than a typed value?
pub(super) fn is_text(kind: u8) -> bool {
    matches!(kind, NULL | STRING | ANSI | SID | UTF8)
}

/// Appends the text of a string or SID; `false` for other types.
pub(super) fn add_text(item: Item<'_>, text: &mut String) -> bool {
    match item.kind {
        STRING => utf16(item.bytes, text),
        ANSI => {
            text.extend(item.bytes.iter().filter(|&&byte| byte != 0).map(|&byte| allowed(byte)));
        }
        SID => sid(item.bytes, text),
        UTF8 => text.push_str(str::from_utf8(item.bytes).unwrap_or_default()),
        _ => {}
    }
    is_text(item.kind)
}

/// The items of an array of strings.
pub(super) fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (units, _) = bytes.as_chunks::<2>();
    let items = units.strip_suffix(&[[0, 0]]).unwrap_or(units).split(|unit| *unit == [0, 0]);
    items.map(|item| item.as_flattened())
}

/// The typed value; `None` for strings, and for what XML writes in a way of its own.
pub(super) fn typed(item: Item<'_>) -> Option<Raw<'_>> {
    let bytes = item.bytes;
    Some(match item.kind {
        0x03 => Raw::Signed(i8::from_le_bytes(bytes.try_into().ok()?).into()),
        0x04 => Raw::Unsigned((*bytes.first()?).into()),
        0x05 => Raw::Signed(i16::from_le_bytes(bytes.try_into().ok()?).into()),
        0x06 => Raw::Unsigned(u16_at(bytes, 0)?.into()),
        0x07 => Raw::Signed(i32::from_le_bytes(bytes.try_into().ok()?).into()),
        0x08 => Raw::Unsigned(u32_at(bytes, 0)?.into()),
        0x09 => Raw::Signed(i64::from_le_bytes(bytes.try_into().ok()?)),
        0x0a => Raw::Unsigned(u64_at(bytes, 0)?),
        0x0d => Raw::Bool(i32::from_le_bytes(bytes.try_into().ok()?)),
        BINARY => Raw::Binary(bytes),
        0x0f => Raw::Guid(bytes.try_into().ok()?),
        0x10 | 0x14 | 0x15 => match bytes.len() {
            4 => Raw::Hex(u32_at(bytes, 0)?.into()),
            _ => Raw::Hex(u64_at(bytes, 0)?),
        },
        0x11 => Raw::FileTime(u64_at(bytes, 0).filter(|&ticks| ticks < YEAR_10000)?),
        0x12 => {
            let (units, _) = bytes.as_chunks::<2>();
            let fields: [[u8; 2]; 8] = units.try_into().ok()?;
            let fields = fields.map(u16::from_le_bytes);
            Raw::SystemTime(Some(fields).filter(|fields| fields[0] < 10_000)?)
        }
        _ => return None,
    })
}

/// Appends UTF-16 up to a NUL, with `_` for what XML does not allow, as Windows does.
pub(super) fn utf16(bytes: &[u8], text: &mut String) {
    let (units, _) = bytes.as_chunks::<2>();
    let end = units.iter().position(|unit| *unit == [0, 0]).unwrap_or(units.len());
    let units = units.get(..end).unwrap_or_default();
    let plain = units.iter().all(|unit| {
        let printable = (0x20..0x80).contains(&unit[0]);
        unit[1] == 0 && (printable || matches!(unit[0], b'\t' | b'\n' | b'\r'))
    });
    if plain {
        // By blocks, which is faster than by characters.
        for units in units.chunks(64) {
            let mut block = [b' '; 64];
            block.iter_mut().zip(units).for_each(|(byte, unit)| *byte = unit[0]);
            let ascii = block.get(..units.len()).and_then(|bytes| str::from_utf8(bytes).ok());
            text.push_str(ascii.unwrap_or_default());
        }
    } else {
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
        text.extend(char::decode_utf16(units).map(|unit| match unit {
            Ok('\u{fffe}' | '\u{ffff}') | Err(_) => '_',
            Ok(character) => {
                u8::try_from(character).map_or(character, |byte| {
                    if byte.is_ascii() { allowed(byte) } else { character }
                })
            }
        }));
    }
}

fn allowed(byte: u8) -> char {
    if byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') { '_' } else { char::from(byte) }
}

/// `S-1-5-21-…`: revision, number of parts, six bytes of authority, most significant first, and
/// the parts.
fn sid(bytes: &[u8], text: &mut String) {
    let [revision, _, a, b, c, d, e, f, parts @ ..] = bytes else { return };
    let authority = u64::from_be_bytes([0, 0, *a, *b, *c, *d, *e, *f]);
    text.push_str("S-");
    // Writing to a String cannot fail.
    let _ = write!(text, "{revision}-{authority}");
    for part in parts.as_chunks::<4>().0 {
        let _ = write!(text, "-{}", u32::from_le_bytes(*part));
    }
}
