//! One value of a record's data.

use super::as_text;
use crate::model::Timestamp;
use std::borrow::Cow;
use std::fmt;

/// A value as the record carries it: text that has been written as XML, or the type that EVTX
/// stores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// Text; empty where nothing is given.
    Text(&'a str),
    /// UTF-16LE, up to a NUL.
    Utf16(&'a [u8]),
    /// ASCII.
    Ansi(&'a [u8]),
    /// A SID.
    Sid(&'a [u8]),
    Unsigned(u64),
    Signed(i64),
    /// HexInt32, HexInt64, and pointers.
    Hex(u64),
    /// Four bytes, of which Windows writes 0 and 1, and in some places other numbers.
    Bool(i32),
    /// Before [`YEAR_10000`](super::YEAR_10000).
    FileTime(u64),
    /// SYSTEMTIME, of a year below 10000.
    SystemTime([u16; 8]),
    Guid([u8; 16]),
    Binary(&'a [u8]),
}

impl<'a> Value<'a> {
    /// As Windows writes it in XML. A placeholder (`-`, `S-1-0-0`) is text too.
    pub(crate) fn text(self) -> Cow<'a, str> {
        match self {
            Value::Text(text) => text.into(),
            other => other.to_string().into(),
        }
    }

    /// As a number: decimal, or hexadecimal after `0x`.
    pub(crate) fn number(self) -> Option<u64> {
        match self {
            Value::Unsigned(number) | Value::Hex(number) => Some(number),
            _ => self.read(number),
        }
    }

    /// As a number that may be below 0.
    pub(crate) fn signed(self) -> Option<i64> {
        match self {
            Value::Signed(number) => Some(number),
            Value::Unsigned(number) => number.try_into().ok(),
            _ => self.read(|text| text.trim().parse().ok()),
        }
    }

    /// As a time in UTC.
    pub(crate) fn time(self) -> Option<Timestamp> {
        match self {
            Value::FileTime(ticks) => Some(Timestamp::from_filetime(ticks)),
            _ => self.read(Timestamp::parse),
        }
    }

    /// As a boolean: `true`, `false`, or a number.
    pub(crate) fn boolean(self) -> Option<bool> {
        self.read(|text| match text {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            text => number(text).map(|n| n != 0),
        })
    }

    /// As bytes, which XML writes in hexadecimal.
    pub(crate) fn bytes(self) -> Option<Cow<'a, [u8]>> {
        if let Value::Binary(bytes) = self {
            return Some(bytes.into());
        }
        let text = self.text();
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let pair = |pair: &[u8; 2]| {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high? * 16 + low?).ok()
        };
        if rest.is_empty() { pairs.iter().map(pair).collect() } else { None }
    }

    /// Reads its text, without memory of its own where that is short.
    pub(super) fn read<T>(self, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let mut short = [0; 40];
        match self {
            Value::Utf16(units) => match as_text::short(units, &mut short) {
                Some(text) => read(text),
                None => read(&self.text()),
            },
            _ => read(&self.text()),
        }
    }
}

/// As Windows writes it in XML.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Value::Text(text) => f.write_str(text),
            Value::Utf16(units) => as_text::utf16(units, f),
            Value::Ansi(bytes) => as_text::ansi(bytes, f),
            Value::Sid(bytes) => as_text::sid(bytes, f),
            Value::Unsigned(number) => write!(f, "{number}"),
            Value::Signed(number) => write!(f, "{number}"),
            Value::Hex(number) => write!(f, "{number:#x}"),
            Value::Bool(0) => f.write_str("false"),
            Value::Bool(1) => f.write_str("true"),
            Value::Bool(number) => write!(f, "{number}"),
            Value::FileTime(ticks) => write!(f, "{}", Timestamp::from_filetime(ticks)),
            Value::SystemTime(fields) => {
                write!(f, "{}", as_text::system_time(fields).unwrap_or_default())
            }
            Value::Guid(bytes) => as_text::guid(bytes, f),
            Value::Binary(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
        }
    }
}

/// `1104`, `0x3e7`, `0x00000000000003E7`; nothing else.
pub(crate) fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // `from_str_radix` would also take a sign.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// What events write where they have nothing to say.
pub(super) fn is_placeholder(text: &str) -> bool {
    matches!(text, "" | "-" | "S-1-0-0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evtx::decode::YEAR_10000;

    #[test]
    fn numbers() {
        for (text, wanted) in [
            ("1104", Some(1104)),
            ("0x3e7", Some(0x3e7)),
            ("0x00000000000003E7", Some(0x3e7)),
            (" 5 ", Some(5)),
            ("18446744073709551615", Some(u64::MAX)),
            ("0xffffffffffffffff", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("0000000000000000000000000000000000000000000000000007", Some(7)),
            ("+5", None),
            ("0x-5", None),
            ("0x", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(Value::Text(text).number(), wanted, "{text:?}");
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(Value::Utf16(&units).number(), wanted, "{text:?}");
        }
    }

    #[test]
    fn booleans_and_bytes() {
        assert_eq!(Value::Text("true").boolean(), Some(true));
        assert_eq!(Value::Text("0").boolean(), Some(false));
        assert_eq!(Value::Text("%%1842").boolean(), None);
        assert_eq!(Value::Text("E407ff").bytes().as_deref(), Some(&[0xe4, 7, 0xff][..]));
        assert_eq!(Value::Text("E40").bytes(), None);
        assert_eq!(Value::Text("xx").bytes(), None);
    }

    #[test]
    fn text_is_that_of_windows() {
        let guid = [0x25, 0x96, 0x84, 0x54, 0x78, 0x54, 0x94, 0x49, 0xa5, 0xba, 1, 2, 3, 4, 5, 6];
        let sid = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        for (value, text) in [
            (Value::Utf16(b"a\0\xe9\0\x01\0\0\0b\0"), "aé_"),
            (Value::Utf16(b"\x3d\xd8\x00\xde\x3d\xd8x\0"), "\u{1f600}_x"),
            (Value::Ansi(b"a\0\x01b"), "a_b"),
            (Value::Sid(&sid), "S-1-5-32-544"),
            (Value::Unsigned(u64::MAX), "18446744073709551615"),
            (Value::Signed(-5), "-5"),
            (Value::Hex(0), "0x0"),
            (Value::Hex(0x3e7), "0x3e7"),
            (Value::Bool(0), "false"),
            (Value::Bool(1), "true"),
            (Value::Bool(-2), "-2"),
            (Value::FileTime(0), "1601-01-01T00:00:00.0000000Z"),
            (Value::FileTime(YEAR_10000 - 1), "9999-12-31T23:59:59.9999999Z"),
            (Value::SystemTime([2019, 3, 5, 1, 12, 34, 56, 789]), "2019-03-01T12:34:56.7890000Z"),
            (Value::SystemTime([2019, 2, 5, 29, 0, 0, 0, 0]), "1601-01-01T00:00:00.0000000Z"),
            (Value::SystemTime([0; 8]), "1601-01-01T00:00:00.0000000Z"),
            (Value::Guid(guid), "{54849625-5478-4994-a5ba-010203040506}"),
            (Value::Binary(&[0xe4, 7]), "E407"),
        ] {
            assert_eq!(value.text(), text);
        }
    }
}
