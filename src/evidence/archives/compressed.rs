//! Single files that are packed: gzip, xz, bzip2, zstd, of a log, a disk or a tar archive.

use super::codecs::{self, Decoded};
use super::decoder_memory::DecoderMemory;
use super::entry_content::may_hold_logs;
use super::source_reader::SourceReader;
use super::tar;
use super::unpack::{Archive, ArchiveFormat, HEAD, PackedEntry, Unpacker};
use crate::evidence::bytes::has;
use std::io::Read;

pub(super) const GZIP: ArchiveFormat = ArchiveFormat {
    endings: &["gz", "tgz"],
    image_endings: &[],
    detect: |head| has(head, 0, b"\x1f\x8b\x08"),
    is_worth_opening: |source, name| {
        is_worth_opening(codecs::gzip(SourceReader::new(source)), name)
    },
    open: |unpacker, archive| open(unpacker, archive, codecs::gzip(reader(archive))),
};
pub(super) const XZ: ArchiveFormat = ArchiveFormat {
    endings: &["xz", "txz"],
    image_endings: &[],
    detect: |head| has(head, 0, b"\xfd7zXZ\0"),
    is_worth_opening: |source, name| {
        is_worth_opening(codecs::xz(SourceReader::new(source), &for_beginning()), name)
    },
    open: |unpacker, archive| {
        open(unpacker, archive, codecs::xz(reader(archive), unpacker.decoder_memory()));
    },
};
pub(super) const BZIP2: ArchiveFormat = ArchiveFormat {
    endings: &["bz2", "tbz2", "tbz"],
    image_endings: &[],
    detect: |head| {
        let (block, end) = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90");
        has(head, 0, b"BZh") && (has(head, 4, block) || has(head, 4, end))
    },
    is_worth_opening: |source, name| {
        is_worth_opening(codecs::bzip2(SourceReader::new(source)), name)
    },
    open: |unpacker, archive| open(unpacker, archive, codecs::bzip2(reader(archive))),
};
pub(super) const ZSTD: ArchiveFormat = ArchiveFormat {
    endings: &["zst", "tzst"],
    image_endings: &[],
    detect: |head| has(head, 0, b"\x28\xb5\x2f\xfd"),
    is_worth_opening: |source, name| {
        is_worth_opening(codecs::zstd(SourceReader::new(source), &for_beginning()), name)
    },
    open: |unpacker, archive| {
        open(unpacker, archive, codecs::zstd(reader(archive), unpacker.decoder_memory()));
    },
};

fn reader(archive: &Archive<'_>) -> SourceReader {
    SourceReader::new(archive.source)
}

/// Memory to unpack the first bytes of a file.
fn for_beginning() -> DecoderMemory {
    DecoderMemory::of_archive(0, u64::MAX)
}

/// Whether the packed file may hold logs. A damaged one may.
fn is_worth_opening(unpacked: Decoded<'_>, name: &str) -> bool {
    let mut head = Vec::new();
    let read = unpacked.take(HEAD as u64).read_to_end(&mut head);
    read.is_err() || tar::detect(&head) || may_hold_logs(&head, &inner_name(name))
}

fn open(unpacker: &mut Unpacker<'_>, archive: &Archive<'_>, unpacked: Decoded<'_>) {
    let mut unpacked = unpacker.counted(unpacked);
    let mut head = Vec::new();
    if let Err(error) = Read::take(&mut unpacked, HEAD as u64).read_to_end(&mut head) {
        return unpacker.archive_unreadable(archive, &error.to_string());
    }
    let mut whole = head.chain(unpacked);
    // Read as it is unpacked: a tar archive need not fit into memory.
    if tar::detect(whole.get_ref().0) {
        return tar::open_stream(unpacker, archive, &mut whole);
    }
    let name = inner_name(archive.path);
    let path = format!("{}/{name}", archive.path);
    let entry = PackedEntry { path, name, encrypted: false, stored_at: None, reader: &mut whole };
    unpacker.add_entry(archive, entry);
}

/// The name of the packed file: `Security.evtx.gz` holds `Security.evtx`.
fn inner_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((stem, ending)) if ending.to_ascii_lowercase().starts_with('t') => {
            format!("{stem}.tar")
        }
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_file_is_named_without_its_ending() {
        for (path, name) in [
            ("in/Security.evtx.gz", "Security.evtx"),
            ("a/b.tgz", "b.tar"),
            ("a/b.tar.zst", "b.tar"),
            ("a/b", "b"),
            (".gz", ".gz"),
        ] {
            assert_eq!(inner_name(path), name);
        }
    }
}
