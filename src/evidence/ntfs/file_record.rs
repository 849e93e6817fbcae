//! File records: the rows of `$MFT`, and the attributes in them.
//!
//! Source: libyal, "New Technologies File System (NTFS)", sections "MFT entry", "The fix-up values"
//! and "MFT attribute".

use crate::evidence::bytes::{slice_at, u16_at, u32_at, u64_at, utf16_text};

/// Attribute types that are read.
pub(super) mod attribute_type {
    pub(in crate::evidence::ntfs) const ATTRIBUTE_LIST: u32 = 0x20;
    pub(in crate::evidence::ntfs) const FILE_NAME: u32 = 0x30;
    pub(in crate::evidence::ntfs) const DATA: u32 = 0x80;
    pub(in crate::evidence::ntfs) const INDEX_ROOT: u32 = 0x90;
    pub(in crate::evidence::ntfs) const INDEX_ALLOCATION: u32 = 0xA0;
    pub(in crate::evidence::ntfs) const BITMAP: u32 = 0xB0;
    pub(in crate::evidence::ntfs) const REPARSE_POINT: u32 = 0xC0;
}

const IN_USE: u16 = 1;
const FOLDER: u16 = 2;
/// The last two bytes of every so many bytes are kept in the header, whatever the sector size.
const STRIDE: usize = 512;

/// The number of a file record, and how often the record had been used when the reference was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::evidence) struct FileReference {
    pub(super) number: u64,
    pub(super) sequence: u16,
}

impl FileReference {
    /// The reference at this position; `None` when the bytes end before.
    pub(super) fn at(bytes: &[u8], at: usize) -> Option<FileReference> {
        let value = u64_at(bytes, at)?;
        Some(FileReference { number: value & 0xFFFF_FFFF_FFFF, sequence: (value >> 48) as u16 })
    }
}

/// A file record whose fix-ups are undone.
pub(super) struct FileRecord {
    pub(super) number: u64,
    /// Where it lies in the volume in bytes, for faults.
    pub(super) offset: u64,
    /// Counts the files that have used this record.
    pub(super) sequence: u16,
    /// The record that this one extends; number and sequence 0 when it stands for itself.
    pub(super) base: FileReference,
    flags: u16,
    bytes: Vec<u8>,
}

impl FileRecord {
    /// Undoes the fix-ups of a record and reads its header.
    ///
    /// # Errors
    /// What is wrong with the record.
    pub(super) fn parse(
        mut bytes: Vec<u8>,
        number: u64,
        offset: u64,
    ) -> Result<FileRecord, String> {
        unfix(&mut bytes, b"FILE")?;
        let header = "the header is cut off";
        Ok(FileRecord {
            number,
            offset,
            sequence: u16_at(&bytes, 16).ok_or(header)?,
            base: FileReference::at(&bytes, 32).ok_or(header)?,
            flags: u16_at(&bytes, 22).ok_or(header)?,
            bytes,
        })
    }

    /// Whether the file exists; otherwise it was deleted.
    pub(super) fn in_use(&self) -> bool {
        self.flags & IN_USE != 0
    }

    /// Whether the file is a folder.
    pub(super) fn is_folder(&self) -> bool {
        self.flags & FOLDER != 0
    }

    /// Whether it holds attributes of the file of another record.
    pub(super) fn is_extension(&self) -> bool {
        self.base.number != 0 || self.base.sequence != 0
    }

    /// The attributes in order up to the first damaged one, and what is wrong with that.
    pub(super) fn attributes(&self) -> (Vec<Attribute<'_>>, Option<&'static str>) {
        let mut found = Vec::new();
        // Behind the used part lie remains of attributes that were moved away.
        let used = u32_at(&self.bytes, 24).map_or(0, |used| used as usize);
        let bytes = self.bytes.get(..used).unwrap_or(&self.bytes);
        let mut at = usize::from(u16_at(bytes, 20).unwrap_or(u16::MAX));
        loop {
            let Some(kind) = u32_at(bytes, at) else {
                return (found, Some("the attributes have no end"));
            };
            if kind == u32::MAX {
                return (found, None);
            }
            let Some((attribute, length)) = Attribute::parse(bytes, at, kind) else {
                return (found, Some("a damaged attribute"));
            };
            found.push(attribute);
            at += length;
        }
    }
}

/// An attribute, or the part of it that is in one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) kind: u32,
    /// It differs for attributes of the same type and name in one record.
    pub(super) id: u16,
    /// Flags: compressed, encrypted, sparse.
    pub(super) flags: u16,
    /// UTF-16, empty for the main stream.
    name: &'a [u8],
    pub(super) body: AttributeBody<'a>,
}

/// Where the bytes of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttributeBody<'a> {
    /// In the record itself.
    Resident(&'a [u8]),
    Clusters {
        /// First cluster of this part, counted within the attribute.
        first: u64,
        /// Last cluster of this part.
        last: u64,
        /// The run list of this part.
        runs: &'a [u8],
        /// Binary logarithm of the clusters in a compression unit.
        unit: u16,
        /// Bytes of the whole attribute, which only the first part gives.
        size: u64,
        /// Bytes of it that were ever written, which only the first part gives.
        valid: u64,
    },
}

impl<'a> Attribute<'a> {
    fn parse(record: &'a [u8], at: usize, kind: u32) -> Option<(Attribute<'a>, usize)> {
        let left = record.len().checked_sub(at)?;
        let mut length = u32_at(record, at + 4)? as usize;
        if length > left {
            // Remains of other data have been seen in the upper half.
            length &= 0xFFFF;
        }
        let bytes = slice_at(record, at, length).filter(|bytes| bytes.len() >= 24)?;
        let name_length = usize::from(*bytes.get(9)?) * 2;
        let name = match name_length {
            0 => &[],
            _ => slice_at(bytes, usize::from(u16_at(bytes, 10)?), name_length)?,
        };
        let body = if *bytes.get(8)? == 0 {
            let (start, count) = (usize::from(u16_at(bytes, 20)?), u32_at(bytes, 16)? as usize);
            AttributeBody::Resident(slice_at(bytes, start, count)?)
        } else {
            AttributeBody::Clusters {
                first: u64_at(bytes, 16)?,
                last: u64_at(bytes, 24)?,
                runs: bytes.get(usize::from(u16_at(bytes, 32)?)..)?,
                unit: u16_at(bytes, 34)?,
                size: u64_at(bytes, 48)?,
                valid: u64_at(bytes, 56)?,
            }
        };
        let (id, flags) = (u16_at(bytes, 14)?, u16_at(bytes, 12)?);
        Some((Attribute { kind, id, flags, name, body }, length))
    }

    pub(super) fn is(&self, kind: u32, name: &str) -> bool {
        self.kind == kind && utf16_text(self.name) == name
    }
}

/// Checks the signature and puts back the two bytes at the end of every 512 that were replaced when
/// the record was written, so that a torn write shows.
///
/// # Errors
/// What is wrong: such bytes must not be used.
pub(super) fn unfix(bytes: &mut [u8], signature: &[u8; 4]) -> Result<(), String> {
    let found = bytes.get(..4).unwrap_or_default();
    if found != signature {
        return Err(format!("the signature {} is missing", signature.escape_ascii()));
    }
    let start = usize::from(u16_at(bytes, 4).unwrap_or(0));
    let count = usize::from(u16_at(bytes, 6).unwrap_or(0));
    let Some(array) = slice_at(bytes, start, count * 2).map(<[u8]>::to_vec) else {
        return Err("the fix-up values are cut off".to_owned());
    };
    let mut values = array.chunks_exact(2);
    let mark = values.next().unwrap_or_default();
    for block in bytes.chunks_exact_mut(STRIDE) {
        let value = values.next().ok_or("fix-up values are missing")?;
        let end = block.split_at_mut(STRIDE - 2).1;
        if end != mark {
            return Err("a torn write: the fix-up values do not match".to_owned());
        }
        end.copy_from_slice(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::ntfs::tests::{record, resident, runs};

    #[test]
    fn fix_ups_are_undone() {
        let mut bytes = record(1, &[]);
        bytes[48] = 7; // the mark
        bytes[510] = 7;
        bytes[1022] = 7;
        bytes[50..54].copy_from_slice(&[1, 2, 3, 4]);
        unfix(&mut bytes, b"FILE").unwrap();
        assert_eq!((&bytes[510..512], &bytes[1022..]), (&[1, 2][..], &[3, 4][..]));
    }

    #[test]
    fn torn_and_damaged_records_are_refused() {
        let good = record(1, &[]);
        assert!(FileRecord::parse(good.clone(), 0, 0).is_ok());
        for (at, value) in [(0, b'B'), (510, 9), (1022, 9), (6, 2), (6, 0), (5, 0xFF)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert!(FileRecord::parse(bad, 0, 0).is_err(), "{value} at {at}");
        }
    }

    #[test]
    fn attributes_are_read() {
        let attributes = [
            resident(attribute_type::FILE_NAME, 3, "", b"abc"),
            runs(attribute_type::DATA, 4, "ab", &[0x11, 2, 9, 0], (0, 1), (1000, 900)),
        ];
        let record = FileRecord::parse(record(3, &attributes), 9, 0).unwrap();
        assert!(record.in_use() && record.is_folder() && !record.is_extension());
        let (found, fault) = record.attributes();
        assert_eq!((found.len(), fault), (2, None));
        assert!(
            found[0].is(attribute_type::FILE_NAME, "") && found[1].is(attribute_type::DATA, "ab")
        );
        assert_eq!(found[0].body, AttributeBody::Resident(b"abc"));
        let AttributeBody::Clusters { first, last, runs, size, valid, .. } = found[1].body else {
            panic!("resident")
        };
        assert_eq!((first, last, size, valid), (0, 1, 1000, 900));
        assert_eq!(runs[..4], [0x11, 2, 9, 0]);
    }

    #[test]
    fn a_damaged_attribute_costs_those_behind_it() {
        let attributes =
            [resident(0x10, 0, "", b"abc"), resident(attribute_type::DATA, 1, "", b"de")];
        let second = 56 + attributes[0].len();
        for (at, value) in [(4, 8), (5, 0xFF), (16, 0xFF), (20, 0xFF), (9, 0xFF)] {
            let mut bytes = record(1, &attributes);
            bytes[second + at] = value;
            let record = FileRecord::parse(bytes, 0, 0).unwrap();
            let (found, fault) = record.attributes();
            assert_eq!((found.len(), fault.is_some()), (1, true), "{value} at {at}");
        }
    }
}
