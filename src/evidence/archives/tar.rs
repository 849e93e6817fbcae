//! Tar archives: those of POSIX and GNU, with long names, also where they are unpacked as they are
//! read. An OVA is one.
//!
//! Written from POSIX, "pax", section "ustar Interchange Format", and from the manual of GNU tar.

use super::entry_name::entry_display_path;
use super::source_reader::SourceReader;
use super::unpack::{Archive, ArchiveFormat, PackedEntry, Unpacker};
use crate::evidence::bytes::{are_zero, slice_at};
use crate::evidence::limits;
use crate::evidence::read_at::damaged;
use std::io::{self, Read, Seek, SeekFrom};

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat {
    endings: &["tar", "ova"],
    image_endings: &[],
    detect,
    is_worth_opening: |_, _| true,
    open,
};

/// Headers and data begin at multiples of it.
const BLOCK: usize = 512;

/// Whether this is the header of an entry: its checksum is right.
pub(super) fn detect(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|block| matches!(Header::parse(block), Ok(Some(_))))
}

fn open(unpacker: &mut Unpacker<'_>, archive: &Archive<'_>) {
    read_entries(unpacker, archive, &mut SourceReader::new(archive.source));
}

/// Reads an archive that `unpacked` gives piece by piece; its bytes are counted already.
pub(super) fn open_stream(
    unpacker: &mut Unpacker<'_>,
    archive: &Archive<'_>,
    mut unpacked: &mut dyn Read,
) {
    read_entries(unpacker, archive, &mut unpacked);
}

/// Where an archive is read from.
trait TarSource: Read {
    /// The offset of the next byte in the archive's file, where entries can be read in place.
    fn place(&self) -> Option<u64>;

    /// Goes on without reading; gives how many bytes there were.
    fn skip(&mut self, bytes: u64) -> io::Result<u64>;
}

impl TarSource for SourceReader {
    fn place(&self) -> Option<u64> {
        Some(self.position())
    }

    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        let there = self.size().saturating_sub(self.position());
        let skipped = bytes.min(there);
        self.seek(SeekFrom::Start(self.position().saturating_add(skipped)))?;
        Ok(skipped)
    }
}

impl TarSource for &mut dyn Read {
    fn place(&self) -> Option<u64> {
        None
    }

    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        io::copy(&mut Read::take(&mut *self, bytes), &mut io::sink())
    }
}

/// The header of an entry.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    name: String,
    size: u64,
    kind: u8,
}

impl Header {
    /// `None` for a block of zeros, which ends an archive.
    ///
    /// # Errors
    /// When its checksum is wrong.
    fn parse(block: &[u8; BLOCK]) -> Result<Option<Header>, &'static str> {
        if are_zero(block) {
            return Ok(None);
        }
        let field = |at, length| slice_at(block, at, length).unwrap_or_default();
        let stored = number(field(148, 8)).ok_or("a header is damaged")?;
        let spaces = field(148, 8).iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let sum = block.iter().map(|byte| u64::from(*byte)).sum::<u64>() - spaces + 8 * 32;
        if sum != stored {
            return Err("the checksum of a header does not match");
        }
        let mut name = text(field(0, 100));
        if field(257, 6) == b"ustar\0" && field(345, 1) != [0] {
            name = format!("{}/{name}", text(field(345, 155)));
        }
        let size = number(field(124, 12)).ok_or("the size of an entry is damaged")?;
        Ok(Some(Header { name, size, kind: field(156, 1).first().copied().unwrap_or(0) }))
    }
}

/// A number in octal digits, or in base 256 if it is large.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first @ 0x80.., rest)) = field.split_first() {
        let mut number = u64::from(first & 0x7f);
        for byte in rest {
            number = number.checked_mul(256)?.checked_add(u64::from(*byte))?;
        }
        return Some(number).filter(|number| *number < 1 << 62);
    }
    let digits = field.iter().skip_while(|byte| **byte == b' ');
    let digits = digits.take_while(|byte| !matches!(**byte, 0 | b' '));
    digits.copied().try_fold(0_u64, |number, digit| match digit {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// What further attributes say of the next entry.
#[derive(Default)]
struct Attributes {
    name: Option<String>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Attributes {
    /// Reads lines of the form `LENGTH KEY=VALUE`.
    fn add(&mut self, mut records: &[u8]) {
        while let Some(space) = records.iter().position(|byte| *byte == b' ') {
            let length = std::str::from_utf8(records.get(..space).unwrap_or_default());
            let length = length.ok().and_then(|length| length.parse::<usize>().ok());
            let Some(length) = length.filter(|length| *length > space + 1) else { return };
            let record = records.get(space + 1..length).and_then(|line| line.strip_suffix(b"\n"));
            let Some(record) = record else { return };
            let mut parts = record.splitn(2, |byte| *byte == b'=');
            let (key, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            match key {
                b"path" => self.name = Some(text(value)),
                b"size" => self.size = text(value).parse().ok(),
                _ if key.starts_with(b"GNU.sparse.") => self.is_sparse = true,
                _ => {}
            }
            records = records.get(length..).unwrap_or_default();
        }
    }
}

fn read_entries(unpacker: &mut Unpacker<'_>, archive: &Archive<'_>, source: &mut impl TarSource) {
    let mut attributes = Attributes::default();
    let ended = loop {
        let header = next_header(source).and_then(|header| match header {
            Some(header) => Ok(Some(header)),
            None => header_behind_the_end(source),
        });
        match header {
            Ok(Some(header)) => match read_entry(unpacker, archive, source, header, attributes) {
                Ok(next) => attributes = next,
                Err(error) => break Err(error),
            },
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if unpacker.is_refused() {
            return;
        }
    };
    if let Err(error) = ended
        && !unpacker.is_refused()
    {
        unpacker.archive_unreadable(archive, &format!("it is not whole: {error}"));
    }
}

/// The next header; `None` at the end of the archive.
fn next_header(source: &mut impl TarSource) -> io::Result<Option<Header>> {
    let mut block = [0; BLOCK];
    source.read_exact(&mut block).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("it ends without the mark of its end"),
        _ => error,
    })?;
    Header::parse(&block).map_err(damaged)
}

/// The header of the next entry after a block of zeros, where archives were joined. Otherwise the packed data
/// is read to its end, because its checksum may show that the zeros are damage.
///
/// # Errors
/// When other data lies behind a lone block of zeros: an archive ends with two.
fn header_behind_the_end(source: &mut impl TarSource) -> io::Result<Option<Header>> {
    let mut zeros = 1;
    loop {
        let mut block = Vec::new();
        Read::take(&mut *source, BLOCK as u64).read_to_end(&mut block)?;
        let header = match block.first_chunk() {
            None => return Ok(None),
            Some(block) => Header::parse(block),
        };
        match header {
            Ok(Some(header)) => return Ok(Some(header)),
            Err(_) if zeros == 1 => {
                return Err(damaged("a block of zeros stands where a header should"));
            }
            // What lies behind the end of an archive is undefined.
            Err(_) => {}
            Ok(None) => zeros += 1,
        }
        if source.place().is_some() && zeros > limits::TAR_PADDING {
            return Ok(None);
        }
        if header.is_err() {
            source.skip(u64::MAX)?;
            return Ok(None);
        }
    }
}

/// Reads an entry, or what attributes say of the next one.
fn read_entry(
    unpacker: &mut Unpacker<'_>,
    archive: &Archive<'_>,
    source: &mut impl TarSource,
    header: Header,
    attributes: Attributes,
) -> io::Result<Attributes> {
    let size =
        attributes.size.filter(|_| !matches!(header.kind, b'x' | b'L')).unwrap_or(header.size);
    let padding = size.next_multiple_of(BLOCK as u64) - size;
    let mut next = Attributes::default();
    let left = match header.kind {
        b'x' | b'L' | b'K' | b'g' if size > limits::TAR_ATTRIBUTES => {
            return Err(damaged(format!("attributes of {size} bytes cannot be right")));
        }
        b'x' | b'L' => {
            next = attributes;
            let mut bytes = Vec::new();
            Read::take(&mut *source, size).read_to_end(&mut bytes)?;
            match header.kind {
                b'x' => next.add(&bytes),
                _ => next.name = Some(text(&bytes)),
            }
            size.saturating_sub(bytes.len() as u64)
        }
        // The target of a link; attributes of all entries.
        b'K' | b'g' => {
            next = attributes;
            size
        }
        // Links, devices and folders, and what GNU tar writes of folders and volumes.
        b'1'..=b'6' | b'D' | b'N' | b'V' => size,
        // By POSIX, an entry of an unknown kind is read as a file.
        _ => {
            let name = attributes.name.unwrap_or(header.name);
            let path = format!("{}/{}", archive.path, entry_display_path(&name));
            if header.kind == b'S' || attributes.is_sparse {
                unpacker.entry_unreadable(&path, &name, "sparse files of GNU tar are not read");
                size
            } else {
                let stored_at = source.place().map(|place| (place, size));
                let mut data = Read::take(&mut *source, size);
                let entry =
                    PackedEntry { path, name, encrypted: false, stored_at, reader: &mut data };
                unpacker.add_entry(archive, entry);
                data.limit()
            }
        }
    };
    let skipped = source.skip(left.saturating_add(padding))?;
    // The padding behind the last entry may be missing.
    if skipped < left {
        return Err(damaged("it ends within an entry"));
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"00000001750\0"), Some(1000));
        assert_eq!(number(b" 1750 \0"), Some(1000));
        assert_eq!(number(&[0x80, 0, 0, 0, 2, 0, 0, 0, 0, 0]), Some(2 << 40));
        assert_eq!(number(&[0xff; 12]), None);
        assert_eq!(number(b"8"), None);
    }

    #[test]
    fn attributes_are_read_by_their_lengths() {
        let mut found = Attributes::default();
        found.add(b"16 path=a/b.evtx\n12 size=1234\n");
        assert_eq!(found.name, None, "a wrong length");
        let mut found = Attributes::default();
        found.add(b"17 path=a/b.evtx\n13 size=1234\n22 GNU.sparse.major=1\n");
        assert_eq!((found.name.as_deref(), found.size), (Some("a/b.evtx"), Some(1234)));
        assert!(found.is_sparse);
        for hostile in [&b"99999999999999999999 a=b"[..], b"0 a=b", b"1 a", b" ", b"-3 a=b"] {
            Attributes::default().add(hostile);
        }
    }
}
