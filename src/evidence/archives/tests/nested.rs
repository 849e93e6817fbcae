//! Archives that unpack to much more than they have, each kind in each other kind.

use super::super::FORMATS;
use super::super::unpack::{UnpackLimits, Unpacked, Unpacker, format_of};
use super::hostile::{gzipped, made, seven_zip, tarred};
use super::{codes, deflated, packed, source};
use crate::evidence::memory::Memory;

/// Bytes that may be unpacked of an archive, whatever its size.
const ALLOWANCE: u64 = 2 << 20;

/// Archives of a log of 40 MiB of zeros and more.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let log = [&b"ElfFile\0"[..], &vec![0; 48 << 20]].concat();
    vec![
        ("a.zip", packed(&[("a.evtx", &log, deflated())])),
        ("a.tgz", gzipped(&tarred(&[("a.evtx", b'0', &log)]))),
        ("a.evtx.gz", gzipped(&log)),
        ("a.7z", made("zeros.7z")),
        ("a.evtx.xz", made("bombs/zeros.xz")),
        ("a.evtx.bz2", made("bombs/zeros.bz2")),
        ("a.evtx.zst", made("bombs/zeros.zst")),
    ]
}

/// An archive with one file in it, and its name.
type Pack = fn(&str, &[u8]) -> (String, Vec<u8>);

const PACKERS: [Pack; 6] = [
    |name, bytes| (format!("{name}.zip"), packed(&[(name, bytes, deflated())])),
    |name, bytes| (format!("{name}.gz"), gzipped(bytes)),
    |name, bytes| (format!("{name}.tar"), tarred(&[(name, b'0', bytes)])),
    |name, bytes| (format!("{name}.7z"), seven_zip(&[1, 0], bytes, bytes.len() as u64, name)),
    |name, bytes| (format!("{name}.xz"), stored_xz(bytes)),
    |name, bytes| (format!("{name}.zst"), stored_zstd(bytes)),
];

/// An xz stream with a block of LZMA2 that packs nothing, by "The .xz File Format", sections 2 to 4.
fn stored_xz(bytes: &[u8]) -> Vec<u8> {
    let with_sum = |bytes: &[u8]| [bytes, &crc32fast::hash(bytes).to_le_bytes()].concat();
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let number = |mut number: usize| {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    // A dictionary of 1 MiB; a reset of the dictionary stands before the first piece.
    let mut block = with_sum(&[2, 0, 0x21, 1, 16, 0, 0, 0]);
    for (index, piece) in bytes.chunks(1 << 16).enumerate() {
        block.push(if index == 0 { 1 } else { 2 });
        block.extend((piece.len() as u16).wrapping_sub(1).to_be_bytes());
        block.extend(piece);
    }
    block.push(0);
    let index = padded([vec![0, 1], number(block.len()), number(bytes.len())].concat());
    let index = with_sum(&index);
    let backward = [&(index.len() as u32 / 4 - 1).to_le_bytes()[..], &[0, 0]].concat();
    let (start, sum) = (with_sum(&[0, 0]), crc32fast::hash(&backward).to_le_bytes());
    [&b"\xfd7zXZ\0"[..], &start, &padded(block), &index, &sum, &backward, b"YZ"].concat()
}

/// A zstd frame of raw blocks with a window of 1 MiB, by RFC 8878, section 3.1.1.
fn stored_zstd(bytes: &[u8]) -> Vec<u8> {
    let mut frame = b"\x28\xb5\x2f\xfd\0\x50".to_vec();
    let mut pieces = bytes.chunks(1 << 17).peekable();
    while let Some(piece) = pieces.next() {
        let header = (piece.len() as u32) << 3 | u32::from(pieces.peek().is_none());
        frame.extend(&header.to_le_bytes()[..3]);
        frame.extend(piece);
    }
    frame
}

fn read(name: &str, bytes: Vec<u8>) -> (Unpacked, u64) {
    let source = source(bytes);
    let memory = Memory::new();
    let limits = UnpackLimits { allowance: ALLOWANCE, ratio: 1, ..UnpackLimits::within(&memory) };
    let format = format_of(FORMATS, &*source).unwrap().unwrap();
    let most = source.size() + ALLOWANCE;
    (Unpacker::new(FORMATS, None, &memory, limits).unpack(format, &source, name), most)
}

/// However they lie in each other, all levels together unpack no more than the outermost one may, and that
/// was refused is said once.
#[test]
fn a_bomb_in_any_archive_is_refused_as_soon_as_it_has_unpacked_its_share() {
    let mut tried = 0;
    for (name, bomb) in bombs() {
        let mut levels = vec![(name.to_owned(), bomb)];
        for pack in PACKERS {
            levels.push(pack(name, &levels[0].1));
        }
        for pack in PACKERS {
            for level in 1..=PACKERS.len() {
                levels.push(pack(&levels[level].0, &levels[level].1));
            }
        }
        for (name, bytes) in levels {
            let (unpacked, most) = read(&name, bytes);
            assert_eq!((codes(&unpacked), unpacked.entries.len()), (vec!["zip-bomb"], 0), "{name}");
            let message = &unpacked.findings[0].message;
            let counted = message.split(' ').find_map(|word| word.parse::<u64>().ok()).unwrap();
            // What a decoder gives at a time is counted when it is there.
            assert!((most..most + (1 << 20)).contains(&counted), "{message}");
            tried += 1;
        }
    }
    assert_eq!(tried, 7 * (1 + 6 + 36));
}

/// Nothing of what is nested is lost where it is no bomb.
#[test]
fn what_lies_in_archives_of_any_kind_is_read() {
    let log = super::log(5, 100_000);
    for inner in PACKERS {
        for outer in PACKERS {
            let (name, bytes) = inner("a.evtx", &log);
            let (name, bytes) = outer(&name, &bytes);
            let (unpacked, _) = read(&name, bytes);
            assert_eq!((codes(&unpacked).len(), unpacked.entries.len()), (0, 1), "{name}");
            let read = crate::evidence::read_at::tests::read_all(&*unpacked.entries[0].source);
            assert_eq!(read.unwrap(), log, "{name}");
        }
    }
}
