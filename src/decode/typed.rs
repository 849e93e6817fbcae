//! Values as EVTX stores them, and the text that XML has for each.

use crate::model::Timestamp;
use std::cell::OnceCell;
use std::fmt::{self, Write};

/// The FILETIME of 10000-01-01: the text's four digits of a year do not hold it.
pub(crate) const YEAR_10000: u64 = 2_650_467_744_000_000_000;

/// A value in the type that it is stored in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Raw<'a> {
    Unsigned(u64),
    Signed(i64),
    /// HexInt32, HexInt64, and pointers.
    Hex(u64),
    /// Four bytes, of which Windows writes 0 and 1, and in some places other numbers.
    Bool(i32),
    /// Before [`YEAR_10000`].
    FileTime(u64),
    /// Year (below 10000), month, day of the week, day, hour, minute, second, millisecond.
    SystemTime([u16; 8]),
    Guid([u8; 16]),
    Binary(&'a [u8]),
}

/// [`Raw`], with its text made when somebody asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Typed<'a> {
    pub(crate) raw: Raw<'a>,
    text: OnceCell<Box<str>>,
}

impl PartialEq for Typed<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<'a> Typed<'a> {
    pub(crate) fn new(raw: Raw<'a>) -> Typed<'a> {
        Typed { raw, text: OnceCell::new() }
    }

    pub(crate) fn text(&self) -> &str {
        self.text.get_or_init(|| self.raw.to_string().into())
    }
}

/// As Windows writes it in XML.
impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Raw::Unsigned(number) => write!(f, "{number}"),
            Raw::Signed(number) => write!(f, "{number}"),
            Raw::Hex(number) => write!(f, "{number:#x}"),
            Raw::Bool(0) => f.write_str("false"),
            Raw::Bool(1) => f.write_str("true"),
            Raw::Bool(number) => write!(f, "{number}"),
            Raw::FileTime(ticks) => write!(f, "{}", Timestamp::from_filetime(ticks)),
            Raw::SystemTime(fields) => write!(f, "{}", system_time(fields).unwrap_or_default()),
            Raw::Guid(bytes) => guid(bytes, f),
            Raw::Binary(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
        }
    }
}

/// `None` where a field is out of its range.
fn system_time(fields: [u16; 8]) -> Option<Timestamp> {
    let [year, month, _, day, hour, minute, second, millisecond] = fields.map(u32::from);
    let ticks = (millisecond < 1000).then_some(millisecond * 10_000)?;
    Timestamp::from_civil((year.into(), month, day), (hour, minute, second), ticks)
}

/// `{54849625-5478-4994-a5ba-3e3b0328c30d}`: the first three parts are little-endian numbers.
fn guid(bytes: [u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    f.write_char('{')?;
    for (place, from) in ORDER.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            f.write_char('-')?;
        }
        write!(f, "{:02x}", bytes.get(from).copied().unwrap_or_default())?;
    }
    f.write_char('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_that_of_windows() {
        let guid = [0x25, 0x96, 0x84, 0x54, 0x78, 0x54, 0x94, 0x49, 0xa5, 0xba, 1, 2, 3, 4, 5, 6];
        for (raw, text) in [
            (Raw::Unsigned(u64::MAX), "18446744073709551615"),
            (Raw::Signed(-5), "-5"),
            (Raw::Hex(0), "0x0"),
            (Raw::Hex(0x3e7), "0x3e7"),
            (Raw::Bool(0), "false"),
            (Raw::Bool(1), "true"),
            (Raw::Bool(-2), "-2"),
            (Raw::FileTime(0), "1601-01-01T00:00:00.0000000Z"),
            (Raw::FileTime(YEAR_10000 - 1), "9999-12-31T23:59:59.9999999Z"),
            (Raw::SystemTime([2019, 3, 5, 1, 12, 34, 56, 789]), "2019-03-01T12:34:56.7890000Z"),
            (Raw::SystemTime([2019, 2, 5, 29, 0, 0, 0, 0]), "1601-01-01T00:00:00.0000000Z"),
            (Raw::SystemTime([0; 8]), "1601-01-01T00:00:00.0000000Z"),
            (Raw::Guid(guid), "{54849625-5478-4994-a5ba-010203040506}"),
            (Raw::Binary(&[0xe4, 7]), "E407"),
        ] {
            assert_eq!(Typed::new(raw).text(), text);
        }
    }
}
