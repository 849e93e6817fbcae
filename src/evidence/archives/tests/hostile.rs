//! Archives that are damaged, made to cost memory or time, or nested.

use super::{codes, deflated, log, packed, paths, source};
use crate::evidence::archives::unpack::{UnpackLimits, Unpacked, Unpacker, format_of};
use crate::evidence::archives::{FORMATS, seven_zip, tar};
use crate::evidence::memory::Memory;
use crate::evidence::read_at::tests::read_all;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Path;

/// An archive that another tool has made; see `tests/archives/make.sh`.
pub(super) fn made(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives");
    std::fs::read(folder.join(name)).unwrap()
}

fn read_as(name: &str, bytes: Vec<u8>, limits: UnpackLimits) -> Unpacked {
    let source = source(bytes);
    let format = format_of(FORMATS, &*source).unwrap().unwrap();
    let memory = Memory::new();
    Unpacker::new(FORMATS, Some("infected"), &memory, limits).unpack(format, &source, name)
}

fn read(name: &str, bytes: Vec<u8>) -> Unpacked {
    read_as(name, bytes, UnpackLimits::within(&Memory::new()))
}

pub(super) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tar archive with these files; the checksums are those of POSIX.
pub(super) fn tarred(files: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, kind, content) in files {
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = *kind;
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        bytes.extend(header);
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

#[test]
fn archives_of_every_kind_lie_in_each_other() {
    let bytes = log(7, 50_000);
    let seven = made("lzma2.7z");
    let inner = tarred(&[("x/a.evtx", b'0', &bytes), ("b.7z", b'0', &seven)]);
    let outer = packed(&[("c.tar.gz", &gzipped(&inner), deflated())]);
    let unpacked = read("d.zip", outer);
    assert_eq!(codes(&unpacked), [""; 0]);
    assert_eq!(
        paths(&unpacked),
        [
            "d.zip/c.tar.gz/x/a.evtx",
            "d.zip/c.tar.gz/b.7z/Logs/Cleared.evtx",
            "d.zip/c.tar.gz/b.7z/Logs/Security.evtx",
        ]
    );
    assert_eq!(read_all(&*unpacked.entries[0].source).unwrap(), bytes);
}

#[test]
fn what_macos_keeps_beside_files_is_no_log() {
    let bytes = log(8, 5000);
    let shadow = [0, 5, 0x16, 7, 0, 2, 0, 0];
    let archive = tarred(&[
        ("a.evtx", b'0', &bytes),
        ("._a.evtx", b'0', &shadow),
        ("__MACOSX/._a.evtx", b'0', &shadow),
    ]);
    let unpacked = read("a.tar", archive);
    assert_eq!((paths(&unpacked).len(), codes(&unpacked).len()), (1, 0));
}

#[test]
fn an_entry_of_a_format_that_is_not_read_is_named() {
    let archive = tarred(&[
        ("in.rar", b'0', b"Rar!\x1a\x07\x01\0"),
        ("Windows/Installer/a.msp", b'0', b"MSCF\0\0\0\0"),
        ("notes.txt", b'0', b"notes"),
    ]);
    let unpacked = read("a.tar", archive);
    let said = unpacked.findings.iter().map(|f| (f.message.split(": ").next(), f.severity.word()));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [(Some("a.tar/in.rar"), "error"), (Some("a.tar/Windows/Installer/a.msp"), "info")]
    );
}

/// What is only passed over counts as well: a stream has to be unpacked to come to what follows.
#[test]
fn bombs_are_refused_whatever_packs_them() {
    let limits = || UnpackLimits { allowance: 24 << 20, ..UnpackLimits::within(&Memory::new()) };
    let zeros = vec![0; 48 << 20];
    let last = log(9, 5000);
    let skipped = tarred(&[("zeros", b'0', &zeros), ("a.evtx", b'0', &last)]);
    for (name, bytes) in [
        ("a.tar.gz", gzipped(&skipped)),
        ("a.evtx.gz", gzipped(&[&b"ElfFile\0"[..], &zeros].concat())),
        ("zeros.7z", made("zeros.7z")),
        ("a.zip", packed(&[("zeros.7z", &made("zeros.7z"), deflated())])),
        ("a.gz", gzipped(&gzipped(&[&b"ElfFile\0"[..], &zeros].concat()))),
    ] {
        let unpacked = read_as(name, bytes.clone(), limits());
        assert_eq!((codes(&unpacked), paths(&unpacked).len()), (vec!["zip-bomb"], 0), "{name}");
        // Within the limits, it is a log of zeros, or not a log.
        assert!(!codes(&read(name, bytes)).contains(&"zip-bomb"), "{name}");
    }
}

/// Fifield's kind of bomb (USENIX WOOT 2019): all entries of the directory have the same bytes.
#[test]
fn of_entries_that_lie_over_each_other_one_is_read() {
    let bytes = log(3, 50_000);
    let sound = packed(&[("0000.evtx", &bytes, deflated()), ("last.evtx", &bytes, deflated())]);
    let directory = sound.windows(4).position(|magic| magic == b"PK\x01\x02").unwrap();
    let (entry, rest) = sound[directory..].split_at(46 + "0000.evtx".len());
    let mut bomb = sound[..directory].to_vec();
    for number in 0..1500 {
        let mut entry = entry.to_vec();
        entry[46..50].copy_from_slice(format!("{number:04}").as_bytes());
        bomb.extend(entry);
    }
    let end = bomb.len() + rest.len() - 22;
    bomb.extend(rest);
    bomb[end + 8..end + 12].copy_from_slice(&[0xdd, 5, 0xdd, 5]);
    let size = (end - directory) as u32;
    bomb[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
    let unpacked = read("bomb.zip", bomb);
    assert_eq!(paths(&unpacked), ["bomb.zip/0000.evtx", "bomb.zip/last.evtx"]);
    assert_eq!(codes(&unpacked), ["zip-bomb"]);
    assert!(unpacked.findings[0].message.contains("1499 entries"), "{:?}", unpacked.findings);
    assert_eq!(read_all(&*unpacked.entries[1].source).unwrap(), bytes);
}

#[test]
fn a_tar_archive_that_is_cut_is_reported() {
    let bytes = log(10, 30_000);
    let whole = tarred(&[("a.evtx", b'0', &bytes), ("b.evtx", b'0', &bytes)]);
    for length in [whole.len() - 1024, whole.len() - 1024 - 600, 30_000 + 1024, 700] {
        for (name, archive) in
            [("a.tar", whole[..length].to_vec()), ("a.tgz", gzipped(&whole[..length]))]
        {
            let unpacked = read(name, archive);
            assert!(codes(&unpacked).contains(&"archive-unreadable"), "{name} {length}");
        }
    }
    // A header that is damaged costs what follows, and says so.
    let mut damaged = whole.clone();
    damaged[30_720 + 100] ^= 1;
    assert!(!tar::detect(&damaged[30_720..]));
    assert_eq!(codes(&read("a.tar", damaged)), ["archive-unreadable"]);
    // A file with holes is named.
    let sparse = tarred(&[("a.evtx", b'S', &bytes)]);
    assert_eq!(codes(&read("a.tar", sparse)), ["archive-unreadable"]);
    // A long name cannot be as long as it likes.
    let long = tarred(&[("././@LongLink", b'L', &vec![b'a'; 2 << 20]), ("a.evtx", b'0', &bytes)]);
    assert_eq!(codes(&read("a.tar", long)), ["archive-unreadable"]);
}

/// A 7z archive with one file, which one coder unpacks to `size` bytes, by the description of the format that
/// comes with 7-Zip.
pub(super) fn seven_zip(coder: &[u8], stream: &[u8], size: u64, name: &str) -> Vec<u8> {
    let number = |number: u64| [&[0xff][..], &number.to_le_bytes()].concat();
    let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let header = [
        &[1, 4, 6, 0, 1, 9][..],
        &number(stream.len() as u64),
        &[0, 7, 11, 1, 0, 1],
        coder,
        &[12],
        &number(size),
        &[0, 8, 0, 0, 5, 1, 17, name.len() as u8 + 1, 0],
        &name,
        &[0, 0],
    ]
    .concat();
    let mut start = vec![0; 32];
    start[..6].copy_from_slice(b"7z\xbc\xaf\x27\x1c");
    start[12..20].copy_from_slice(&(stream.len() as u64).to_le_bytes());
    start[20..28].copy_from_slice(&(header.len() as u64).to_le_bytes());
    start[28..32].copy_from_slice(&crc32fast::hash(&header).to_le_bytes());
    let sum = crc32fast::hash(&start[12..]);
    start[8..12].copy_from_slice(&sum.to_le_bytes());
    [&start, stream, &header].concat()
}

#[test]
fn a_dictionary_takes_no_more_than_its_limit() {
    // LZMA2 with a dictionary of 4 GiB − 1, for a file of 1 TiB.
    let archive = seven_zip(&[0x21, 0x21, 1, 40], &[0], 1 << 40, "a.evtx");
    let unpacked = read("a.7z", archive);
    assert_eq!(codes(&unpacked), ["archive-unreadable"]);
    assert!(unpacked.findings[0].message.contains("a.evtx"), "{:?}", unpacked.findings);
    assert!(unpacked.findings[0].message.contains("MiB of memory"), "{:?}", unpacked.findings);
    assert!((seven_zip::FORMAT.detect)(b"7z\xbc\xaf\x27\x1c"));
}

#[test]
fn damage_anywhere_is_survived_and_said() {
    let names = [
        "lzma2.7z",
        "lzma.7z",
        "ppmd.7z",
        "bzip2.7z",
        "deflate.7z",
        "copy-delta.7z",
        "bcj.7z",
        "bcj2.7z",
        "encrypted-names.7z",
        "BZip2.zip",
        "LZMA.zip",
        "PPMd.zip",
        "xz.zip",
        "Deflate64.zip",
        "gnu.tar.gz",
        "pax.tar.bz2",
        "ustar.tar.xz",
        "v7.tar.zst",
        "Security.evtx.zst",
        "Security.evtx.xz",
    ];
    let rounds = std::env::var("MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(600);
    let whole: Vec<Vec<u8>> = names.map(made).to_vec();
    let mut random = 1_u64;
    let mut below = |end: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % end
    };
    let (mut said, mut opened) = (0, 0);
    for round in 0..rounds {
        let at = round % names.len();
        let mut bytes = whole[at].clone();
        for _ in 0..=below(4) {
            let place = below(bytes.len());
            bytes[place] = [0, 0xff, below(256) as u8, bytes[place] ^ 1][below(4)];
        }
        if below(5) == 0 {
            bytes.truncate(below(whole[at].len()).max(1));
        }
        if names[at].ends_with(".7z") && bytes.len() > 32 {
            // Checksums that fit let the damage through to what reads the list of files.
            mend(&mut bytes);
        }
        let source = source(bytes);
        let Some(format) = format_of(FORMATS, &*source).unwrap() else { continue };
        let limits = UnpackLimits { allowance: 8 << 20, ..UnpackLimits::within(&Memory::new()) };
        let memory = Memory::new();
        let unpacked =
            Unpacker::new(FORMATS, Some("infected"), &memory, limits).unpack(format, &source, "x");
        opened += 1;
        said += usize::from(!unpacked.findings.is_empty());
        for entry in &unpacked.entries {
            let _ = read_all(&*entry.source);
        }
    }
    assert!(opened > rounds / 2 && said > opened / 2, "{opened} opened, {said} said something");
}

/// Makes the checksums of the headers of a 7z archive fit.
fn mend(bytes: &mut [u8]) {
    let number = |bytes: &[u8], at: usize| {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
    };
    let (offset, size) = (number(bytes, 12).saturating_add(32), number(bytes, 20));
    if let Some(header) = bytes.get(offset..offset.saturating_add(size)) {
        let sum = crc32fast::hash(header);
        bytes[28..32].copy_from_slice(&sum.to_le_bytes());
    }
    let sum = crc32fast::hash(&bytes[12..32]);
    bytes[8..12].copy_from_slice(&sum.to_le_bytes());
}
