use super::*;
use crate::evidence::bytes::tests::all;
use std::io::{Cursor, Write};
use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;
use zip::{AesMode, ZipWriter};

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

fn source(bytes: Vec<u8>) -> Arc<dyn Source> {
    Arc::new(Held::from(bytes))
}

fn read<'a>(archive: Vec<u8>, password: Option<&'a str>) -> Unzip<'a> {
    let mut unzip = Unzip::new(password, Memory::new());
    unzip.archive(&source(archive), "a.zip");
    unzip
}

fn paths(unzip: &Unzip<'_>) -> Vec<String> {
    unzip.entries.iter().map(|entry| entry.path.clone()).collect()
}

fn codes(unzip: &Unzip<'_>) -> Vec<&'static str> {
    unzip.findings.iter().map(|finding| finding.code.word()).collect()
}

#[test]
fn logs_are_told_by_content_and_read_whole() {
    let bytes = log(1, 300_000);
    let mut headless = vec![0; 4096];
    headless.extend_from_slice(b"ElfChnk\0 and so on");
    let unzip = read(
        packed(&[
            ("Logs/Security.evtx", &bytes, deflated()),
            ("Logs/kept as it is.bin", &bytes, stored()),
            ("headless", &headless, deflated()),
            ("Logs/note.txt", b"nothing", deflated()),
            ("empty.evtx", b"", stored()),
        ]),
        None,
    );
    assert!(unzip.findings.is_empty(), "{:?}", unzip.findings);
    assert_eq!(
        paths(&unzip),
        [
            "a.zip/Logs/Security.evtx",
            "a.zip/Logs/kept as it is.bin",
            "a.zip/headless",
            "a.zip/empty.evtx"
        ]
    );
    assert_eq!(unzip.entries[3].kind, EntryKind::ClaimedLog);
    for entry in &unzip.entries[..2] {
        assert_eq!(entry.kind, EntryKind::Log);
        assert_eq!(all(&*entry.source).unwrap(), bytes);
    }
    assert_eq!(all(&*unzip.entries[2].source).unwrap(), headless);
}

#[test]
fn deflate64_is_read() {
    // Without matches of 258 bytes the two are the same but for the number of the method.
    let bytes = log(2, 100_000);
    let mut archive = packed(&[("a.evtx", &bytes, deflated())]);
    let directory = archive.windows(4).rposition(|magic| magic == b"PK\x01\x02").unwrap();
    archive[8] = 9;
    archive[directory + 10] = 9;
    let unzip = read(archive, None);
    assert!(unzip.findings.is_empty(), "{:?}", unzip.findings);
    assert_eq!(all(&*unzip.entries[0].source).unwrap(), bytes);
}

#[test]
fn archives_in_archives_are_read_to_a_limit() {
    let bytes = log(3, 50_000);
    let mut archive = packed(&[("x.evtx", &bytes, deflated())]);
    for depth in 1..MAX_DEPTH {
        let options = if depth % 2 == 0 { stored() } else { deflated() };
        archive = packed(&[("in.zip", &archive, options)]);
        let unzip = read(archive.clone(), None);
        assert_eq!(paths(&unzip), [format!("a.zip/{}x.evtx", "in.zip/".repeat(depth))]);
        assert_eq!(all(&*unzip.entries[0].source).unwrap(), bytes);
    }
    let unzip = read(packed(&[("in.zip", &archive, stored())]), None);
    assert_eq!(codes(&unzip), ["archive-unreadable"]);
}

#[test]
fn passwords_open_both_kinds_of_encryption() {
    let bytes = log(4, 100_000);
    let archive = packed(&[
        ("aes.evtx", &bytes, deflated().with_aes_encryption(AesMode::Aes256, "secret")),
        ("old.evtx", &bytes, stored().with_deprecated_encryption(b"secret").unwrap()),
        ("open.evtx", &bytes, deflated()),
    ]);
    let unzip = read(archive.clone(), Some("secret"));
    assert!(unzip.findings.is_empty(), "{:?}", unzip.findings);
    assert_eq!(unzip.entries.len(), 3);
    for entry in &unzip.entries {
        assert_eq!(all(&*entry.source).unwrap(), bytes);
    }
    let unzip = read(archive.clone(), None);
    assert_eq!(paths(&unzip), ["a.zip/open.evtx"]);
    assert_eq!(codes(&unzip), ["zip-encrypted"]);
    assert_eq!(unzip.findings[0].message, "a.zip: 2 entries are encrypted and need a password");
    let unzip = read(archive, Some("wrong"));
    assert_eq!(paths(&unzip), ["a.zip/open.evtx"]);
    assert!(codes(&unzip).contains(&"zip-encrypted"), "{:?}", unzip.findings);
}

#[test]
fn a_bomb_is_refused_by_its_total() {
    let mut zeros = b"ElfFile\0".to_vec();
    zeros.resize(20 << 20, 0);
    let archive = packed(&[("a.evtx", &zeros, deflated()), ("b.evtx", &zeros, deflated())]);
    // A new log of nearly nothing but zeros is no bomb, and takes no memory.
    let unzip = read(archive.clone(), None);
    assert!(unzip.findings.is_empty(), "{:?}", unzip.findings);
    assert_eq!(unzip.entries.len(), 2);

    let mut unzip = Unzip::new(None, Memory::new());
    unzip.limits.allowance = 24 << 20;
    unzip.archive(&source(archive.clone()), "a.zip");
    assert_eq!((paths(&unzip).len(), codes(&unzip)), (1, vec!["zip-bomb"]));

    let mut nested = Unzip::new(None, Memory::new());
    nested.limits.allowance = 24 << 20;
    nested.archive(&source(packed(&[("in.zip", &archive, stored())])), "a.zip");
    assert_eq!((paths(&nested).len(), codes(&nested)), (1, vec!["zip-bomb"]));
}

#[test]
fn memory_is_bounded() {
    let bytes = log(5, 300_000);
    let archive = packed(&[("a.evtx", &bytes, deflated()), ("b.evtx", &bytes, deflated())]);
    let mut unzip = Unzip::new(None, Memory::new());
    unzip.limits.memory = 400_000;
    unzip.archive(&source(archive), "a.zip");
    assert_eq!((paths(&unzip).len(), codes(&unzip)), (1, vec!["archive-unreadable"]));
}

#[test]
fn of_a_damaged_entry_the_beginning_is_kept_and_said() {
    let bytes = log(6, 300_000);
    let mut archive = packed(&[("a.evtx", &bytes, deflated())]);
    let middle = archive.len() / 2;
    archive[middle..middle + 40].fill(0xff);
    let unzip = read(archive, None);
    assert_eq!(codes(&unzip), ["archive-unreadable"]);
    let kept = all(&*unzip.entries[0].source).unwrap();
    assert!(kept.len() > 10_000);
    assert_eq!(kept[..10_000], bytes[..10_000]);
    assert_eq!(codes(&read(b"PK\x03\x04 no more".to_vec(), None)), ["archive-unreadable"]);
}

#[test]
fn images_are_handed_on() {
    let unzip = read(
        packed(&[
            ("C.vhdx", b"vhdxfile and so on", deflated()),
            ("without a name", b"QFI\xfb and so on", stored()),
            ("disk.dd", b"anything", stored()),
        ]),
        None,
    );
    assert!(unzip.entries.iter().all(|entry| entry.kind == EntryKind::Image));
    assert_eq!(unzip.entries.len(), 3);
}

#[test]
fn an_aff4_image_is_named() {
    let bytes =
        packed(&[("container.description", b"aff4://x", stored()), (AFF4, b"@base", stored())]);
    assert_eq!(codes(&read(bytes, None)), ["image-unsupported"]);
}
