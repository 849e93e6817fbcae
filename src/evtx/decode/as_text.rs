//! The text that XML has for a value that EVTX stores in binary form.

use crate::model::Timestamp;
use std::fmt::{self, Write};

/// The FILETIME of 10000-01-01, whose year does not fit into the four digits of the text.
pub(crate) const YEAR_10000: u64 = 2_650_467_744_000_000_000;

/// Writes UTF-16LE up to a NUL, with `_` for what XML does not allow, as Windows does.
pub(crate) fn utf16(bytes: &[u8], out: &mut impl Write) -> fmt::Result {
    let (units, _) = bytes.as_chunks::<2>();
    let mut rest = units;
    // ASCII by blocks, which is faster than by characters.
    while !rest.is_empty() {
        let mut block = [0; 64];
        let part = rest.get(..rest.len().min(block.len())).unwrap_or_default();
        let Some(text) = ascii(part, &mut block) else { break };
        out.write_str(text)?;
        if text.len() < part.len() {
            return Ok(());
        }
        rest = rest.get(part.len()..).unwrap_or_default();
    }
    let units = rest.iter().map(|&unit| u16::from_le_bytes(unit)).take_while(|&unit| unit != 0);
    char::decode_utf16(units).try_for_each(|unit| {
        out.write_char(match unit {
            Ok('\u{fffe}' | '\u{ffff}') | Err(_) => '_',
            Ok(character) => match u8::try_from(character) {
                Ok(byte) if byte.is_ascii() => allowed(byte),
                _ => character,
            },
        })
    })
}

/// UTF-16LE as text, if it is plain ASCII and fits into `room`.
pub(super) fn short<'r>(bytes: &[u8], room: &'r mut [u8]) -> Option<&'r str> {
    ascii(bytes.as_chunks::<2>().0, room)
}

/// The units up to a NUL; `None` where one is no ASCII that stands for itself in XML, or where
/// they are more than `room` has.
fn ascii<'r>(units: &[[u8; 2]], room: &'r mut [u8]) -> Option<&'r str> {
    let end = units.iter().position(|unit| *unit == [0, 0]).unwrap_or(units.len());
    let room = room.get_mut(..end)?;
    let mut plain = true;
    for (byte, &[low, high]) in room.iter_mut().zip(units) {
        plain &= high == 0 && ((0x20..0x80).contains(&low) || matches!(low, b'\t' | b'\n' | b'\r'));
        *byte = low;
    }
    if plain { str::from_utf8(room).ok() } else { None }
}

/// Writes ASCII without its NULs, with `_` for what XML does not allow.
pub(super) fn ansi(bytes: &[u8], out: &mut impl Write) -> fmt::Result {
    bytes.iter().filter(|&&byte| byte != 0).try_for_each(|&byte| out.write_char(allowed(byte)))
}

fn allowed(byte: u8) -> char {
    if byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') { '_' } else { char::from(byte) }
}

/// `S-1-5-21-…`: revision, number of parts, six bytes of authority, most significant first, and
/// the parts.
pub(super) fn sid(bytes: &[u8], out: &mut impl Write) -> fmt::Result {
    let [revision, _, a, b, c, d, e, f, parts @ ..] = bytes else { return Ok(()) };
    let authority = u64::from_be_bytes([0, 0, *a, *b, *c, *d, *e, *f]);
    write!(out, "S-{revision}-{authority}")?;
    let parts = parts.as_chunks::<4>().0;
    parts.iter().try_for_each(|part| write!(out, "-{}", u32::from_le_bytes(*part)))
}

/// SYSTEMTIME: year, month, day of the week, day, hour, minute, second, millisecond; `None` where
/// one is out of its range.
pub(super) fn system_time(fields: [u16; 8]) -> Option<Timestamp> {
    let [year, month, _, day, hour, minute, second, millisecond] = fields.map(u32::from);
    let ticks = (millisecond < 1000).then_some(millisecond * 10_000)?;
    Timestamp::from_civil((year.into(), month, day), (hour, minute, second), ticks)
}

/// `{54849625-5478-4994-a5ba-3e3b0328c30d}`: the first three parts are little-endian numbers.
pub(super) fn guid(bytes: [u8; 16], out: &mut impl Write) -> fmt::Result {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    out.write_char('{')?;
    for (place, from) in ORDER.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            out.write_char('-')?;
        }
        write!(out, "{:02x}", bytes.get(from).copied().unwrap_or_default())?;
    }
    out.write_char('}')
}
