//! One value of a record's data.

use super::typed::{Raw, Typed};
use crate::model::Timestamp;
use std::borrow::Cow;

/// A value as the record carries it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// Text: of a string or SID, or of any type that has been written as XML.
    Text(Cow<'a, str>),
    /// Another type, as stored.
    Typed(Typed<'a>),
}

impl Value<'_> {
    /// As text. A placeholder (`-`, `S-1-0-0`) is text too.
    pub(crate) fn text(&self) -> &str {
        match self {
            Value::Text(text) => text,
            Value::Typed(typed) => typed.text(),
        }
    }

    /// As a number: decimal, or hexadecimal after `0x`.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Value::Typed(Typed { raw: Raw::Unsigned(number) | Raw::Hex(number), .. }) => {
                Some(*number)
            }
            _ => number(self.text()),
        }
    }

    /// As a time in UTC.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        match self {
            Value::Typed(Typed { raw: Raw::FileTime(ticks), .. }) => {
                Some(Timestamp::from_filetime(*ticks))
            }
            _ => Timestamp::parse(self.text()),
        }
    }

    /// As a boolean: `true`, `false`, or a number.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.text() {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            text => number(text).map(|n| n != 0),
        }
    }

    /// As bytes, which XML writes in hexadecimal.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        if let Value::Typed(Typed { raw: Raw::Binary(bytes), .. }) = self {
            return Some(bytes.to_vec());
        }
        let (pairs, rest) = self.text().as_bytes().as_chunks::<2>();
        let pair = |pair: &[u8; 2]| {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high? * 16 + low?).ok()
        };
        if rest.is_empty() { pairs.iter().map(pair).collect() } else { None }
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
pub(crate) fn is_placeholder(text: &str) -> bool {
    matches!(text, "" | "-" | "S-1-0-0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value<'_> {
        Value::Text(text.into())
    }

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
            ("+5", None),
            ("0x-5", None),
            ("0x", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(value(text).number(), wanted, "{text:?}");
        }
    }

    #[test]
    fn booleans_and_bytes() {
        assert_eq!(value("true").boolean(), Some(true));
        assert_eq!(value("0").boolean(), Some(false));
        assert_eq!(value("%%1842").boolean(), None);
        assert_eq!(value("E407ff").bytes(), Some(vec![0xe4, 7, 0xff]));
        assert_eq!(value("E40").bytes(), None);
        assert_eq!(value("xx").bytes(), None);
    }
}
