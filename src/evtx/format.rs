//! The constants of the EVTX format.
//!
//! `docs/evtx-format.md` describes the structures and says where each fact comes from:
//! \[MS-EVEN6\] for BinXML, the libevtx project's description for file, chunk and record.
//! All numbers are little-endian, all sizes and offsets are in bytes.

use crate::evidence::identify;
// A log is found in evidence by these.
pub(super) use crate::evidence::identify::{CHUNK_SIGNATURE, FILE_SIGNATURE};

// File header.

/// The part of the file header that is used.
pub(super) const FILE_HEADER_USED: usize = 128;
/// The file header's CRC32 covers its bytes up to here.
pub(super) const FILE_HEADER_CHECKSUMMED: usize = 120;
/// Slot of the chunk with the oldest record: 64 bits, stale in a log that was not closed.
pub(super) const FILE_FIRST_CHUNK: usize = 8;
/// Slot of the chunk with the newest record: 64 bits, stale in a log that was not closed.
pub(super) const FILE_LAST_CHUNK: usize = 16;
/// Number of the next record: 64 bits, stale in a log that was not closed.
pub(super) const FILE_NEXT_RECORD: usize = 24;
/// Number of chunks: 16 bits, stale in a log that was not closed.
pub(super) const FILE_CHUNK_COUNT: usize = 42;
/// Flags of the file: 32 bits.
pub(super) const FILE_FLAGS: usize = 120;
/// CRC32 of the file header.
pub(super) const FILE_CHECKSUM: usize = 124;
/// Flag of the file header: the log was not closed.
pub(super) const FLAG_DIRTY: u32 = 1;
/// Flag of file and chunk headers: no checksums were written.
pub(super) const FLAG_NO_CHECKSUMS: u32 = 4;

// Chunk.

/// Every chunk takes a slot of this size in the file, whether it is full or not.
pub(super) const CHUNK_SIZE: usize = identify::CHUNK_SIZE as usize;
/// The first live record, counted from 1 in every new file: 64 bits. A log that was cleared or archived
/// begins a new file, in which the numbers in the headers of the records go on.
pub(super) const CHUNK_FIRST_IN_FILE: usize = 8;
/// The last live record, counted in the same way: 64 bits.
pub(super) const CHUNK_LAST_IN_FILE: usize = 16;
/// Header number of the first live record: 64 bits.
pub(super) const CHUNK_FIRST_NUMBER: usize = 24;
/// Header number of the last live record: 64 bits.
pub(super) const CHUNK_LAST_RECORD: usize = 32;
/// Offset behind the last live record, where free space begins: 32 bits. Stale after a power cut.
pub(super) const CHUNK_FREE_SPACE: usize = 48;
/// CRC32 of the live records.
pub(super) const CHUNK_RECORDS_CHECKSUM: usize = 52;
/// Flags of the chunk: 32 bits.
pub(super) const CHUNK_FLAGS: usize = 120;
/// CRC32 of the chunk's header and of both tables, without the bytes from the flags on.
pub(super) const CHUNK_HEADER_CHECKSUM: usize = 124;
/// The table of 64 names, which only speeds writing up: names are found without it. The table of
/// 32 templates follows.
pub(super) const CHUNK_NAME_TABLE: std::ops::Range<usize> = 128..384;
/// The first record begins behind both tables.
pub(super) const CHUNK_FIRST_RECORD: usize = 512;

// Record.

/// The first bytes of a record.
pub(super) const RECORD_SIGNATURE: &[u8] = b"**\0\0";
/// Size of the record, with header and end: 32 bits.
pub(super) const RECORD_SIZE: usize = 4;
/// Number of the record: 64 bits. It is the EventRecordID only where the computer wrote the log
/// itself: exported and forwarded records are numbered anew.
pub(super) const RECORD_NUMBER: usize = 8;
/// FILETIME of the record, which is not always the event's own time.
pub(super) const RECORD_TIME: usize = 16;
/// The BinXML begins behind the record's header.
pub(super) const RECORD_HEADER: usize = 24;
/// A record ends with its size once more.
pub(super) const RECORD_END: usize = 4;
/// Header and end, with nothing between them.
pub(super) const SMALLEST_RECORD: usize = RECORD_HEADER + RECORD_END;

// BinXML.

/// Tokens, without the flag [`MORE`](token::MORE).
pub(super) mod token {
    /// The stream or fragment ends.
    pub(in crate::evtx) const END: u8 = 0x00;
    /// An element begins: its dependency, size and name follow.
    pub(in crate::evtx) const OPEN_ELEMENT: u8 = 0x01;
    /// The start of an element ends; its content follows.
    pub(in crate::evtx) const CLOSE_START: u8 = 0x02;
    /// An element ends that has no content.
    pub(in crate::evtx) const CLOSE_EMPTY: u8 = 0x03;
    /// An element ends.
    pub(in crate::evtx) const END_ELEMENT: u8 = 0x04;
    /// A value that is spelled out: its type and bytes follow.
    pub(in crate::evtx) const VALUE: u8 = 0x05;
    /// An attribute: its name and a value or substitution follow.
    pub(in crate::evtx) const ATTRIBUTE: u8 = 0x06;
    /// A template instance.
    pub(in crate::evtx) const TEMPLATE_INSTANCE: u8 = 0x0c;
    /// A value of the record is here: its number and type follow.
    pub(in crate::evtx) const SUBSTITUTION: u8 = 0x0d;
    /// The same; the element is left out where the value is null.
    pub(in crate::evtx) const OPTIONAL_SUBSTITUTION: u8 = 0x0e;
    /// A fragment begins.
    pub(in crate::evtx) const FRAGMENT: u8 = 0x0f;
    /// Flag: an element has attributes, or another attribute or value follows.
    pub(in crate::evtx) const MORE: u8 = 0x40;
}

/// The header of a fragment: its token, version 1.1, no flags.
pub(super) const FRAGMENT_HEADER: [u8; 4] = [token::FRAGMENT, 1, 1, 0];
/// In place of a substitution's number: the element depends on none.
pub(super) const NO_DEPENDENCY: u16 = 0xffff;

/// A template instance: its token, a byte of unknown meaning, an identifier (32 bits), and here
/// the offset of the definition (32 bits).
pub(super) const INSTANCE_DEFINITION: usize = 6;
/// The identifier of an instance: the first bytes of the definition's GUID.
pub(super) const INSTANCE_ID: usize = 2;
/// Behind it the definition stands, if this is its first use, then the values.
pub(super) const INSTANCE_HEADER: usize = 10;
/// A definition: the offset of the next one (32 bits), and here its GUID.
pub(super) const DEFINITION_GUID: usize = 4;
/// Size of what follows the definition's header: 32 bits.
pub(super) const DEFINITION_SIZE: usize = 20;
/// The tokens begin behind the definition's header.
pub(super) const DEFINITION_HEADER: usize = 24;
/// A name: a link to the next one (32 bits), a hash (16 bits), and here the number of its
/// characters (16 bits).
pub(super) const NAME_LENGTH: usize = 6;
/// The name's characters in UTF-16, and a NUL.
pub(super) const NAME_TEXT: usize = 8;

/// Types of values.
pub(super) mod value_type {
    /// Nothing, whatever its size.
    pub(in crate::evtx) const NULL: u8 = 0x00;
    /// UTF-16.
    pub(in crate::evtx) const STRING: u8 = 0x01;
    /// Text in a code page.
    pub(in crate::evtx) const ANSI_STRING: u8 = 0x02;
    pub(in crate::evtx) const INT8: u8 = 0x03;
    pub(in crate::evtx) const UINT8: u8 = 0x04;
    pub(in crate::evtx) const INT16: u8 = 0x05;
    pub(in crate::evtx) const UINT16: u8 = 0x06;
    pub(in crate::evtx) const INT32: u8 = 0x07;
    pub(in crate::evtx) const UINT32: u8 = 0x08;
    pub(in crate::evtx) const INT64: u8 = 0x09;
    pub(in crate::evtx) const UINT64: u8 = 0x0a;
    pub(in crate::evtx) const FLOAT: u8 = 0x0b;
    pub(in crate::evtx) const DOUBLE: u8 = 0x0c;
    /// 32 bits.
    pub(in crate::evtx) const BOOL: u8 = 0x0d;
    pub(in crate::evtx) const BINARY: u8 = 0x0e;
    pub(in crate::evtx) const GUID: u8 = 0x0f;
    /// SizeT: a pointer of 32 or 64 bits.
    pub(in crate::evtx) const SIZE_T: u8 = 0x10;
    pub(in crate::evtx) const FILETIME: u8 = 0x11;
    pub(in crate::evtx) const SYSTEMTIME: u8 = 0x12;
    pub(in crate::evtx) const SID: u8 = 0x13;
    pub(in crate::evtx) const HEX_INT32: u8 = 0x14;
    pub(in crate::evtx) const HEX_INT64: u8 = 0x15;
    /// A fragment of its own: tokens.
    pub(in crate::evtx) const BINXML: u8 = 0x21;
    /// Flag: an array of the type.
    pub(in crate::evtx) const ARRAY: u8 = 0x80;
    /// An array of strings, each with a NUL behind it.
    pub(in crate::evtx) const STRING_ARRAY: u8 = ARRAY | STRING;
}
