mod hostile;
mod large;
mod nested;

use super::EntryKind;
use super::unpack::{UnpackBounds, UnpackLimits, Unpacked, Unpacker};
use super::zip::AFF4_ENTRY;
use super::{FORMATS, unpack};
use crate::evidence::in_memory::InMemory;
use crate::evidence::limits;
use crate::evidence::memory::Memory;
use crate::evidence::read_at::ReadAt;
use crate::evidence::read_at::tests::read_all;
use ::zip::unstable::write::FileOptionsExt;
use ::zip::write::SimpleFileOptions;
use ::zip::{AesMode, CompressionMethod, ZipWriter};
use std::io::{Cursor, Write};
use std::sync::Arc;

/// Something like a log: its magics, and words that pack without long repetitions.
fn log(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = b"ElfFile\0".to_vec();
    while bytes.len() < length {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&[b"one", b"two", b"six", b"ten"][(state >> 60) as usize % 4][..]);
    }
    bytes
}

fn packed(entries: &[(&str, &[u8], SimpleFileOptions)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, options) in entries {
        writer.start_file(*name, *options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn source(bytes: Vec<u8>) -> Arc<dyn ReadAt> {
    Arc::new(InMemory::from(bytes))
}

fn read(archive: Vec<u8>, password: Option<&str>) -> Unpacked {
    let bounds = UnpackBounds::default();
    unpack(&FORMATS[0], &source(archive), "a.zip", password, &Memory::new(), bounds)
}

fn read_within(limits: UnpackLimits, archive: Vec<u8>) -> Unpacked {
    Unpacker::new(FORMATS, None, &Memory::new(), limits).unpack(
        &FORMATS[0],
        &source(archive),
        "a.zip",
    )
}

fn paths(unpacked: &Unpacked) -> Vec<String> {
    unpacked.entries.iter().map(|entry| entry.path.clone()).collect()
}

fn codes(unpacked: &Unpacked) -> Vec<&'static str> {
    unpacked.findings.iter().map(|finding| finding.code.word()).collect()
}

#[test]
fn logs_are_identified_by_content_and_read_whole() {
    let bytes = log(1, 300_000);
    let mut headless = vec![0; 4096];
    headless.extend_from_slice(b"ElfChnk\0 and so on");
    let unpacked = read(
        packed(&[
            ("Logs/Security.evtx", &bytes, deflated()),
            ("Logs/kept as it is.bin", &bytes, stored()),
            ("headless", &headless, deflated()),
            ("Logs/note.txt", b"nothing", deflated()),
            ("empty.evtx", b"", stored()),
        ]),
        None,
    );
    assert!(unpacked.findings.is_empty(), "{:?}", unpacked.findings);
    assert_eq!(
        paths(&unpacked),
        [
            "a.zip/Logs/Security.evtx",
            "a.zip/Logs/kept as it is.bin",
            "a.zip/empty.evtx",
            "a.zip/headless"
        ]
    );
    assert_eq!(unpacked.entries[2].kind, EntryKind::ClaimedLog);
    for entry in &unpacked.entries[..2] {
        assert_eq!(entry.kind, EntryKind::Log);
        assert_eq!(read_all(&*entry.source).unwrap(), bytes);
    }
    assert_eq!(read_all(&*unpacked.entries[3].source).unwrap(), headless);
}

#[test]
fn deflate64_is_read() {
    // Without matches of 258 bytes the two are the same but for the number of the method.
    let bytes = log(2, 100_000);
    let mut archive = packed(&[("a.evtx", &bytes, deflated())]);
    let directory = archive.windows(4).rposition(|magic| magic == b"PK\x01\x02").unwrap();
    archive[8] = 9;
    archive[directory + 10] = 9;
    let unpacked = read(archive, None);
    assert!(unpacked.findings.is_empty(), "{:?}", unpacked.findings);
    assert_eq!(read_all(&*unpacked.entries[0].source).unwrap(), bytes);
}

/// The stream is that of the program zstd, in an entry that says so.
#[test]
fn zstd_in_a_zip_archive_is_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let log = std::fs::read(folder.join("sample-evtx/dc01/Security.evtx")).unwrap();
    let stream = std::fs::read(folder.join("tests/archives/Security.evtx.zst")).unwrap();
    let mut archive = packed(&[("a.evtx", &stream, stored())]);
    let directory = archive.windows(4).rposition(|magic| magic == b"PK\x01\x02").unwrap();
    for (at, method, sum, size) in [(0, 8, 14, 22), (directory, 10, 16, 24)] {
        archive[at + method] = 93;
        archive[at + sum..][..4].copy_from_slice(&crc32fast::hash(&log).to_le_bytes());
        archive[at + size..][..4].copy_from_slice(&(log.len() as u32).to_le_bytes());
    }
    let unpacked = read(archive.clone(), None);
    assert!(unpacked.findings.is_empty(), "{:?}", unpacked.findings);
    assert_eq!(read_all(&*unpacked.entries[0].source).unwrap(), log);
    // With another checksum it is no longer what was packed.
    archive[directory + 16] ^= 1;
    assert_eq!(codes(&read(archive, None)), ["archive-unreadable"]);
}

#[test]
fn archives_in_archives_are_read_to_a_limit() {
    let bytes = log(3, 50_000);
    let mut archive = packed(&[("x.evtx", &bytes, deflated())]);
    for depth in 1..limits::ARCHIVE_DEPTH {
        let options = if depth % 2 == 0 { stored() } else { deflated() };
        archive = packed(&[("in.zip", &archive, options)]);
        let unpacked = read(archive.clone(), None);
        assert_eq!(paths(&unpacked), [format!("a.zip/{}x.evtx", "in.zip/".repeat(depth))]);
        assert_eq!(read_all(&*unpacked.entries[0].source).unwrap(), bytes);
    }
    let unpacked = read(packed(&[("in.zip", &archive, stored())]), None);
    assert_eq!(codes(&unpacked), ["archive-unreadable"]);
}

#[test]
fn passwords_open_both_kinds_of_encryption() {
    let bytes = log(4, 100_000);
    let archive = packed(&[
        ("aes.evtx", &bytes, deflated().with_aes_encryption(AesMode::Aes256, "secret")),
        ("old.evtx", &bytes, stored().with_deprecated_encryption(b"secret").unwrap()),
        ("open.evtx", &bytes, deflated()),
    ]);
    let unpacked = read(archive.clone(), Some("secret"));
    assert!(unpacked.findings.is_empty(), "{:?}", unpacked.findings);
    assert_eq!(unpacked.entries.len(), 3);
    for entry in &unpacked.entries {
        assert_eq!(read_all(&*entry.source).unwrap(), bytes);
    }
    let unpacked = read(archive.clone(), None);
    assert_eq!(paths(&unpacked), ["a.zip/open.evtx"]);
    assert_eq!(codes(&unpacked), ["zip-encrypted"]);
    assert_eq!(unpacked.findings[0].message, "a.zip: 2 entries are encrypted and need a password");
    let unpacked = read(archive, Some("wrong"));
    assert_eq!(paths(&unpacked), ["a.zip/open.evtx"]);
    assert!(codes(&unpacked).contains(&"zip-encrypted"), "{:?}", unpacked.findings);
}

#[test]
fn a_bomb_is_refused_by_its_total() {
    let mut zeros = b"ElfFile\0".to_vec();
    zeros.resize(20 << 20, 0);
    let archive = packed(&[("a.evtx", &zeros, deflated()), ("b.evtx", &zeros, deflated())]);
    // A new log of nearly nothing but zeros is no bomb, and takes no memory.
    let unpacked = read(archive.clone(), None);
    assert!(unpacked.findings.is_empty(), "{:?}", unpacked.findings);
    assert_eq!(unpacked.entries.len(), 2);

    let limits = || UnpackLimits { allowance: 24 << 20, ..UnpackLimits::within(&Memory::new()) };
    let unpacked = read_within(limits(), archive.clone());
    assert_eq!((paths(&unpacked).len(), codes(&unpacked)), (1, vec!["zip-bomb"]));

    let nested = read_within(limits(), packed(&[("in.zip", &archive, stored())]));
    assert_eq!((paths(&nested).len(), codes(&nested)), (1, vec!["zip-bomb"]));
}

#[test]
fn memory_is_bounded() {
    let bytes = log(5, 300_000);
    let archive = packed(&[("a.evtx", &bytes, deflated()), ("b.evtx", &bytes, deflated())]);
    let limits = UnpackLimits { memory: 400_000, ..UnpackLimits::within(&Memory::new()) };
    let unpacked = read_within(limits, archive);
    assert_eq!((paths(&unpacked).len(), codes(&unpacked)), (1, vec!["memory-limit"]));
    assert!(unpacked.findings[0].message.contains("b.evtx: not read"), "{:?}", unpacked.findings);
}

#[test]
fn of_a_damaged_entry_the_beginning_is_kept_and_reported() {
    let bytes = log(6, 300_000);
    let mut archive = packed(&[("a.evtx", &bytes, deflated())]);
    let middle = archive.len() / 2;
    archive[middle..middle + 40].fill(0xff);
    let unpacked = read(archive, None);
    assert_eq!(codes(&unpacked), ["archive-unreadable"]);
    let kept = read_all(&*unpacked.entries[0].source).unwrap();
    assert!(kept.len() > 10_000);
    assert_eq!(kept[..10_000], bytes[..10_000]);
    assert_eq!(codes(&read(b"PK\x03\x04 no more".to_vec(), None)), ["archive-unreadable"]);
}

#[test]
fn images_are_found() {
    let unpacked = read(
        packed(&[
            ("C.vhdx", b"vhdxfile and so on", deflated()),
            ("without a name", b"QFI\xfb and so on", stored()),
            ("disk.dd", b"anything", stored()),
        ]),
        None,
    );
    assert!(unpacked.entries.iter().all(|entry| entry.kind == EntryKind::Image));
    assert_eq!(unpacked.entries.len(), 3);
}

#[test]
fn an_aff4_image_is_reported() {
    let bytes = packed(&[
        ("container.description", b"aff4://x", stored()),
        (AFF4_ENTRY, b"@base", stored()),
    ]);
    assert_eq!(codes(&read(bytes, None)), ["image-unsupported"]);
}
