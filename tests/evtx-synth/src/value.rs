//! Values that a record can hold, with the byte and text forms Windows gives them.

mod file_time;

use std::fmt::{self, Write as _};

pub use file_time::FileTime;

/// Fills the bytes of absent values, in which Windows leaves what was in memory.
const MEANINGLESS: u8 = 0x5a;

/// A globally unique identifier, in the byte order that Windows stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// Reads the usual text form, with or without braces.
    ///
    /// # Panics
    /// If the text is no GUID: the crate's GUIDs are written in its source.
    pub fn parse(text: &str) -> Self {
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        assert_eq!(digits.len(), 32, "not a GUID: {text}");
        let number = u128::from_str_radix(&digits, 16).expect("only hex digits are left");
        let mut bytes = number.to_be_bytes();
        // The first three groups are little-endian numbers.
        bytes[0..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        Self(bytes)
    }

    /// The GUID as Windows renders it in an event: braces, upper case.
    pub fn braced(&self) -> String {
        format!("{{{}}}", self.to_string().to_uppercase())
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let b = self.0;
        let group =
            |at: &[usize]| at.iter().fold(String::new(), |s, &i| s + &format!("{:02x}", b[i]));
        write!(
            f,
            "{}-{}-{}-{}-{}",
            group(&[3, 2, 1, 0]),
            group(&[5, 4]),
            group(&[7, 6]),
            group(&[8, 9]),
            group(&[10, 11, 12, 13, 14, 15])
        )
    }
}

/// A security identifier, such as `S-1-5-18`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

impl Sid {
    /// Reads `S-1-<authority>-<sub-authority>…`.
    ///
    /// # Panics
    /// If the text is no SID: the crate's SIDs are written in its source.
    pub fn parse(text: &str) -> Self {
        let rest = text.strip_prefix("S-1-").unwrap_or_else(|| panic!("not a SID: {text}"));
        let mut numbers = rest.split('-').map(|n| n.parse::<u64>().expect("a number in a SID"));
        let authority = numbers.next().expect("a SID has an authority");
        let sub_authorities = numbers.map(|n| u32::try_from(n).expect("a 32-bit number")).collect();
        Self { authority, sub_authorities }
    }

    fn bytes(&self) -> Vec<u8> {
        let count = u8::try_from(self.sub_authorities.len()).expect("few sub-authorities");
        let mut out = vec![1, count];
        out.extend(&self.authority.to_be_bytes()[2..]);
        for part in &self.sub_authorities {
            out.extend(part.to_le_bytes());
        }
        out
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S-1-{}", self.authority)?;
        self.sub_authorities.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

/// One typed value of an event. The names are those of the event manifest's types.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value. Windows sometimes gives it a size all the same, with bytes that mean nothing.
    Null(u16),
    /// Text, UTF-16.
    UnicodeString(String),
    /// Text, one byte a character, NUL-terminated.
    AnsiString(String),
    /// Unsigned, 8 bits.
    UInt8(u8),
    /// Unsigned, 16 bits.
    UInt16(u16),
    /// Signed, 32 bits.
    Int32(i32),
    /// Unsigned, 32 bits.
    UInt32(u32),
    /// Signed, 64 bits.
    Int64(i64),
    /// Unsigned, 64 bits.
    UInt64(u64),
    /// True or false, stored in 32 bits.
    Boolean(bool),
    /// Bytes.
    Binary(Vec<u8>),
    /// Identifier.
    Guid(Guid),
    /// A pointer-sized number, 64 bits; stored as [`Value::HexInt64`], as Windows does.
    Pointer(u64),
    /// A time, in 100 ns units since 1601 UTC.
    FileTime(FileTime),
    /// Security identifier.
    Sid(Sid),
    /// 32 bits, shown in hexadecimal.
    HexInt32(u32),
    /// 64 bits, shown in hexadecimal.
    HexInt64(u64),
    /// A list of texts (the insertion strings of legacy events).
    StringArray(Vec<String>),
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::UnicodeString(text.into())
    }

    /// The type a template definition declares for this value.
    pub(crate) fn declared_type(&self) -> u8 {
        match self {
            Self::Pointer(_) => 0x10,
            other => other.stored_type(),
        }
    }

    /// The type that a record holds next to the size of the value.
    pub(crate) fn stored_type(&self) -> u8 {
        match self {
            Self::Null(_) => 0x00,
            Self::UnicodeString(_) => 0x01,
            Self::AnsiString(_) => 0x02,
            Self::UInt8(_) => 0x04,
            Self::UInt16(_) => 0x06,
            Self::Int32(_) => 0x07,
            Self::UInt32(_) => 0x08,
            Self::Int64(_) => 0x09,
            Self::UInt64(_) => 0x0a,
            Self::Boolean(_) => 0x0d,
            Self::Binary(_) => 0x0e,
            Self::Guid(_) => 0x0f,
            Self::FileTime(_) => 0x11,
            Self::Sid(_) => 0x13,
            Self::HexInt32(_) => 0x14,
            Self::HexInt64(_) | Self::Pointer(_) => 0x15,
            Self::StringArray(_) => 0x81,
        }
    }

    /// The stored bytes. `terminated` ends a text with a NUL, as some builds of Windows do.
    pub(crate) fn bytes(&self, terminated: bool) -> Vec<u8> {
        match self {
            Self::Null(size) => vec![MEANINGLESS; usize::from(*size)],
            Self::UnicodeString(text) => utf16(text, terminated),
            Self::AnsiString(text) => text.bytes().chain([0]).collect(),
            Self::UInt8(n) => vec![*n],
            Self::UInt16(n) => n.to_le_bytes().to_vec(),
            Self::Int32(n) => n.to_le_bytes().to_vec(),
            Self::UInt32(n) | Self::HexInt32(n) => n.to_le_bytes().to_vec(),
            Self::Int64(n) => n.to_le_bytes().to_vec(),
            Self::UInt64(n) | Self::HexInt64(n) | Self::Pointer(n) => n.to_le_bytes().to_vec(),
            Self::Boolean(yes) => u32::from(*yes).to_le_bytes().to_vec(),
            Self::Binary(bytes) => bytes.clone(),
            Self::Guid(guid) => guid.0.to_vec(),
            Self::FileTime(time) => time.0.to_le_bytes().to_vec(),
            Self::Sid(sid) => sid.bytes(),
            Self::StringArray(texts) => texts.iter().flat_map(|text| utf16(text, true)).collect(),
        }
    }

    /// The text that Windows shows for the value: what a forwarded event holds.
    pub fn rendered(&self) -> String {
        match self {
            Self::Null(_) => String::new(),
            Self::UnicodeString(text) | Self::AnsiString(text) => text.clone(),
            Self::UInt8(n) => n.to_string(),
            Self::UInt16(n) => n.to_string(),
            Self::Int32(n) => n.to_string(),
            Self::UInt32(n) => n.to_string(),
            Self::Int64(n) => n.to_string(),
            Self::UInt64(n) => n.to_string(),
            Self::Boolean(yes) => yes.to_string(),
            Self::Binary(bytes) => bytes.iter().fold(String::new(), |mut out, byte| {
                let _ = write!(out, "{byte:02X}");
                out
            }),
            Self::Guid(guid) => guid.braced(),
            Self::FileTime(time) => time.nine_digits(),
            Self::Sid(sid) => sid.to_string(),
            Self::HexInt32(n) => format!("{n:#x}"),
            Self::HexInt64(n) | Self::Pointer(n) => format!("{n:#x}"),
            Self::StringArray(texts) => texts.join(" "),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<&Sid> for Value {
    fn from(sid: &Sid) -> Self {
        Self::Sid(sid.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::UnicodeString(text)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::UInt32(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Boolean(yes)
    }
}

impl From<FileTime> for Value {
    fn from(time: FileTime) -> Self {
        Self::FileTime(time)
    }
}

impl From<Guid> for Value {
    fn from(guid: Guid) -> Self {
        Self::Guid(guid)
    }
}

/// UTF-16, little-endian, with or without a closing NUL.
pub(crate) fn utf16(text: &str, terminated: bool) -> Vec<u8> {
    let end = terminated.then_some(0);
    text.encode_utf16().chain(end).flat_map(u16::to_le_bytes).collect()
}
