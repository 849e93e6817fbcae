//! The header of a VHDX, of which the file has two.

use super::checksum::is_sound;
use crate::evidence::bytes::{array_or_zeros, le16, le32, le64};
use crate::evidence::read_at::{ReadAt, damaged, read_array_at, unsupported};
use std::io;

/// Offsets of the two headers in bytes.
const HEADERS: [u64; 2] = [64 << 10, 128 << 10];

/// The header in force: the sound one that was written last.
pub(super) struct HeaderInForce {
    sequence: u64,
    /// It changes with the content of the disk: a child names the state of its parent by it.
    pub(super) data_write_id: [u8; 16],
    /// The log, if there is one to be replayed.
    pub(super) log: Option<LogLocation>,
}

/// Where the log lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogLocation {
    /// Identifies the entries that belong to the log.
    pub(super) id: [u8; 16],
    /// Offset in bytes.
    pub(super) offset: u64,
    /// Length in bytes.
    pub(super) length: u64,
}

impl HeaderInForce {
    /// # Errors
    /// When both headers are damaged or cannot be read.
    pub(super) fn read(source: &dyn ReadAt) -> io::Result<HeaderInForce> {
        let headers = HEADERS.into_iter().filter_map(|at| HeaderInForce::at(source, at).ok());
        headers
            .max_by_key(|header| header.sequence)
            .ok_or_else(|| damaged("both of its headers are damaged"))
    }

    fn at(source: &dyn ReadAt, at: u64) -> io::Result<HeaderInForce> {
        let mut header: [u8; 4096] = read_array_at(source, at)?;
        if !is_sound(&mut header, b"head") {
            return Err(damaged("the header's checksum is wrong"));
        }
        if (le16(&header, 64), le16(&header, 66)) != (0, 1) {
            return Err(unsupported("a later version of VHDX"));
        }
        let log = LogLocation {
            id: array_or_zeros(&header, 48),
            offset: le64(&header, 72),
            length: u64::from(le32(&header, 68)),
        };
        Ok(HeaderInForce {
            sequence: le64(&header, 8),
            data_write_id: array_or_zeros(&header, 32),
            log: Some(log).filter(|log| log.id != [0; 16]),
        })
    }
}
