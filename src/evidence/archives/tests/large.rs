//! Archives that claim or hold more entries than an archive of their size has.

use super::hostile::tarred;
use super::{codes, deflated, log, packed, paths, source, stored};
use crate::evidence::archives::unpack::{UnpackLimits, Unpacked, Unpacker};
use crate::evidence::archives::{FORMATS, tar, zip};
use crate::evidence::memory::Memory;
use crate::evidence::read_at::ReadAt;
use crate::evidence::read_at::tests::read_all;
use std::io;
use std::sync::Arc;

fn read(source: &Arc<dyn ReadAt>) -> Unpacked {
    let memory = Memory::new();
    let limits = UnpackLimits::within(&memory);
    Unpacker::new(FORMATS, None, &memory, limits).unpack(&zip::FORMAT, source, "a.zip")
}

/// A file of zeros with some bytes in it. That all of it is read is an error.
struct SparseFile {
    size: u64,
    parts: Vec<(u64, Vec<u8>)>,
}

impl ReadAt for SparseFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min((self.size - offset.min(self.size)) as usize);
        buffer[..count].fill(0);
        for (at, bytes) in &self.parts {
            for (index, byte) in (*at..).zip(bytes) {
                if let Some(to) = index.checked_sub(offset).filter(|to| *to < count as u64) {
                    buffer[to as usize] = *byte;
                }
            }
        }
        Ok(count)
    }
}

/// The end of the directory of an archive of so many entries and bytes, with that of ZIP64 before it.
fn end(entries: u64, size: u64, offset: u64) -> Vec<u8> {
    let long = |value: u64| value.to_le_bytes().to_vec();
    [
        b"PK\x06\x06".to_vec(),
        long(44),
        vec![45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [long(entries), long(entries), long(size), long(offset)].concat(),
        b"PK\x06\x07\0\0\0\0".to_vec(),
        long(offset + size),
        vec![1, 0, 0, 0],
        b"PK\x05\x06\0\0\0\0".to_vec(),
        vec![0xff; 12],
        vec![0, 0],
    ]
    .concat()
}

/// Of 2 TiB of holes, with a directory for 4,000,000,000 entries: neither memory for them is taken, nor are they
/// looked for.
#[test]
fn a_directory_that_no_archive_has_is_refused_at_once() {
    let (entries, archive) = (4_000_000_000, 2 << 40);
    let size = entries * 46;
    let offset = archive - size - 98;
    let claimed = |offset, directory: u64| SparseFile {
        size: archive,
        parts: vec![
            (0, b"PK\x03\x04".to_vec()),
            (directory, b"PK\x01\x02".to_vec()),
            (archive - 98, end(entries, size, offset)),
        ],
    };
    let refused = read(&(Arc::new(claimed(offset, offset)) as Arc<dyn ReadAt>));
    assert_eq!(codes(&refused), ["archive-unreadable"]);
    assert!(refused.findings[0].message.contains("its directory has 184000000000 bytes"));
    // The end of a directory that is nowhere.
    let mut nowhere = claimed(offset, offset);
    nowhere.parts.remove(1);
    nowhere.parts[1] = (archive - 22, b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2e\0\0\0\x04".to_vec());
    let refused = read(&(Arc::new(nowhere) as Arc<dyn ReadAt>));
    assert_eq!(codes(&refused), ["archive-unreadable"]);
    assert!(
        refused.findings[0].message.contains("not where it should be"),
        "{refused:?}",
        refused = refused.findings
    );
}

/// Entries without a name, of which a small archive could have as many as its memory lasts.
#[test]
fn a_small_archive_has_a_small_directory() {
    let entry = [&b"PK\x01\x02"[..], &[0; 42]].concat();
    for (entries, is_refused) in [(1000, false), (400_000, true)] {
        let directory = entry.repeat(entries);
        let size = directory.len() as u64;
        let archive = [&b"PK\x03\x04"[..], &directory, &end(entries as u64, size, 4)].concat();
        let unpacked = read(&source(archive));
        let said =
            unpacked.findings.iter().any(|f| f.message.contains("its directory has 18400000"));
        assert_eq!(said, is_refused, "{entries}");
    }
}

#[test]
fn an_archive_behind_other_data_is_read() {
    let (a, b) = (log(1, 5000), log(2, 70_000));
    let archive = packed(&[("a.evtx", &a, stored()), ("b.evtx", &b, deflated())]);
    for before in [0, 10, 100_000] {
        let whole = source([&vec![b'M'; before][..], &archive].concat());
        let unpacked = read(&whole);
        assert_eq!(
            (codes(&unpacked).len(), paths(&unpacked)),
            (0, vec!["a.zip/a.evtx".into(), "a.zip/b.evtx".into()])
        );
        assert_eq!(read_all(&*unpacked.entries[0].source).unwrap(), a);
        assert_eq!(read_all(&*unpacked.entries[1].source).unwrap(), b);
    }
}

/// The directory that is found is then that of the last entry, or of the second archive.
#[test]
fn the_directory_of_another_archive_in_the_file_is_said() {
    let (a, b) = (log(1, 5000), log(2, 70_000));
    let inner = packed(&[("b.evtx", &b, stored())]);
    let mut nested = packed(&[("a.evtx", &a, stored()), ("b.zip", &inner, stored())]);
    assert_eq!(codes(&read(&source(nested.clone()))), [""; 0]);
    let directory = nested.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    let directory =
        nested[..directory].windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    nested[directory + 1] = 0;
    let two = [packed(&[("a.evtx", &a, stored())]), inner].concat();
    for archive in [nested, two] {
        let unpacked = read(&source(archive));
        assert_eq!(paths(&unpacked), ["a.zip/b.evtx"]);
        assert_eq!(codes(&unpacked), ["archive-unreadable"]);
    }
}

/// An entry without content costs an archive half a KiB, and packed again a few bytes.
#[test]
fn of_entries_without_content_a_small_archive_has_as_many_as_a_folder() {
    let mut archive = tarred(&[("a.evtx", b'0', b"")]);
    archive.truncate(512);
    let mut archive = archive.repeat(80_000);
    archive.resize(archive.len() + 1024, 0);
    let memory = Memory::new();
    let limits = UnpackLimits::within(&memory);
    let size = archive.len() as u64;
    let unpacked = Unpacker::new(FORMATS, None, &memory, limits).unpack(
        &tar::FORMAT,
        &source(archive),
        "a.tar",
    );
    assert_eq!(
        (codes(&unpacked), unpacked.entries.len() as u64),
        (vec!["zip-bomb"], 65_536 + size / 4096)
    );
}
