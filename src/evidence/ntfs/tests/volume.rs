//! A volume made by hand: four logs and their folders, in clusters of 1 KiB.

use super::{Bytes, record, resident, runs};
use crate::evidence::ntfs::file_record::attribute_type;
use crate::evidence::ntfs::{NtfsFile, NtfsVolume, VolumeLogs};
use crate::evidence::read_at::ReadAt;
use crate::model::{FindingCode, Severity};
use std::sync::Arc;

/// Clusters, file records and index blocks all have 1 KiB; the numbers are clusters.
const CLUSTER: usize = 1024;
const MIRROR: usize = 2;
const MFT: usize = 4;
const RECORDS: usize = 32;
const INDEX: usize = 40;
const DATA: usize = 50;
const GONE: usize = 80;
const CLUSTERS: usize = 160;

const IN_USE: u16 = 1;
const FOLDER: u16 = 3;
const LOGS: u8 = 19;
const PLAIN: u8 = 20;
const SPREAD: u8 = 21;
const EXTENSION: u8 = 22;
const SECOND: u8 = 23;
const REMOVED: u8 = 24;

fn file_name(parent: u8, name: &str) -> Vec<u8> {
    let mut value = vec![0; 66];
    value[0] = parent;
    value[6] = 1;
    value[64] = name.encode_utf16().count() as u8;
    value[65] = 1;
    value.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
    value
}

fn named(parent: u8, name: &str) -> Vec<u8> {
    resident(attribute_type::FILE_NAME, 0, "", &file_name(parent, name))
}

/// A node of an index with the names of files, from the bytes before its entries on.
fn node(parent: u8, names: &[(u8, &str)], before: u32) -> Vec<u8> {
    let mut entries = Vec::new();
    for (file, name) in names {
        let key = file_name(parent, name);
        let mut entry = vec![*file, 0, 0, 0, 0, 0, 1, 0];
        let length = (16 + key.len()).next_multiple_of(8);
        entry.extend((length as u16).to_le_bytes());
        entry.extend((key.len() as u16).to_le_bytes());
        entry.extend([0; 4]);
        entry.extend(key);
        entry.resize(length, 0);
        entries.extend(entry);
    }
    entries.extend([0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0]);
    let end = before + entries.len() as u32;
    let mut node = Vec::new();
    for size in [before, end, end, 0] {
        node.extend(size.to_le_bytes());
    }
    node.resize(before as usize, 0);
    [node, entries].concat()
}

fn index_root(parent: u8, names: &[(u8, &str)]) -> Vec<u8> {
    let header = [0x30, 0, 0, 0, 1, 0, 0, 0, 0, 4, 0, 0, 1, 0, 0, 0];
    resident(
        attribute_type::INDEX_ROOT,
        1,
        "$I30",
        &[&header[..], &node(parent, names, 16)].concat(),
    )
}

fn index_block(parent: u8, names: &[(u8, &str)]) -> Vec<u8> {
    let mut block = b"INDX\x28\0\x03\0".to_vec();
    block.resize(24, 0);
    block.extend(node(parent, names, 40));
    block.resize(CLUSTER, 0);
    block
}

fn folder(number: u8, parent: u8, name: &str, names: &[(u8, &str)]) -> Vec<u8> {
    record(FOLDER, &[named(parent, name), index_root(number, names)])
}

fn data(list: &[u8], clusters: (u64, u64), sizes: (u64, u64)) -> Vec<u8> {
    runs(attribute_type::DATA, 2, "", list, clusters, sizes)
}

/// Bytes of a volume with four logs: one plain, one spread over two records, one whose name is in
/// an index block of its own, and one removed.
struct TestVolume(Vec<u8>);

impl TestVolume {
    fn new() -> TestVolume {
        let mut made = TestVolume(vec![0; CLUSTERS * CLUSTER]);
        made.put_system_files();
        made.put_folders();
        made.put_logs();
        made.put_removed_log();
        made
    }

    fn put_system_files(&mut self) {
        let boot = self.cluster(0);
        boot[3..11].copy_from_slice(b"NTFS    ");
        (boot[12], boot[13], boot[48], boot[56]) = (2, 2, MFT as u8, MIRROR as u8);
        boot[64] = 1;
        let boot = boot[..512].to_vec();
        let end = self.0.len();
        self.0[end - 512..].copy_from_slice(&boot);

        let size = (RECORDS * CLUSTER) as u64;
        let mft = record(
            IN_USE,
            &[data(&[0x11, RECORDS as u8, MFT as u8, 0], (0, RECORDS as u64 - 1), (size, size))],
        );
        self.cluster(MIRROR).copy_from_slice(&mft);
        self.put(0, mft);
        // Of the removed file's clusters three are in use again.
        let mut bitmap = [0; CLUSTERS / 8];
        bitmap[GONE / 8] = 0b111;
        self.put(6, record(IN_USE, &[resident(attribute_type::DATA, 1, "", &bitmap)]));
    }

    fn put_folders(&mut self) {
        self.put(5, folder(5, 5, ".", &[(16, "WINDOWS")]));
        self.put(16, folder(16, 5, "WINDOWS", &[(17, "System32")]));
        self.put(17, folder(17, 16, "System32", &[(18, "winevt")]));
        self.put(18, folder(18, 17, "winevt", &[(LOGS, "Logs")]));
        let logs = [
            named(18, "Logs"),
            index_root(LOGS, &[(PLAIN, "Plain.evtx")]),
            runs(
                attribute_type::INDEX_ALLOCATION,
                2,
                "$I30",
                &[0x11, 3, INDEX as u8, 0],
                (0, 2),
                (3072, 3072),
            ),
            resident(attribute_type::BITMAP, 3, "$I30", &[0b011]),
        ];
        self.put(LOGS, record(FOLDER, &logs));
        self.cluster(INDEX).copy_from_slice(&index_block(LOGS, &[(SPREAD, "Spread.evtx")]));
        self.cluster(INDEX + 1).copy_from_slice(&index_block(LOGS, &[(SECOND, "Second.EVTX")]));
        // Not in use by its bitmap: what it says is not true any more.
        self.cluster(INDEX + 2).copy_from_slice(&index_block(LOGS, &[(PLAIN, "Stale.evtx")]));
    }

    fn put_logs(&mut self) {
        self.put(PLAIN, self.file("Plain.evtx", &[data(&[0x11, 2, 50, 0], (0, 1), (1500, 1200))]));
        // Clusters 52 and 53 by its own record, 54 by the extension.
        let mut list = Vec::new();
        for (number, first) in [(SPREAD, 0), (EXTENSION, 2)] {
            list.extend([0x80, 0, 0, 0, 32, 0, 0, 26, first, 0, 0, 0, 0, 0, 0, 0]);
            list.extend([number, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        }
        let list = resident(attribute_type::ATTRIBUTE_LIST, 4, "", &list);
        let first = data(&[0x11, 2, 52, 0], (0, 1), (3000, 3000));
        self.put(SPREAD, self.file("Spread.evtx", &[list, first]));
        let mut extension = record(IN_USE, &[data(&[0x11, 1, 54, 0], (2, 2), (0, 0))]);
        (extension[32], extension[38]) = (SPREAD, 1);
        self.put(EXTENSION, extension);
        self.put(
            SECOND,
            self.file("Second.EVTX", &[resident(attribute_type::DATA, 2, "", b"second")]),
        );
        for cluster in DATA..GONE {
            self.cluster(cluster).fill(cluster as u8);
        }
    }

    fn put_removed_log(&mut self) {
        let removed = [
            named(LOGS, "Removed.evtx"),
            data(&[0x11, 70, GONE as u8, 0], (0, 69), (70_000, 70_000)),
        ];
        self.put(REMOVED, record(0, &removed));
        // The header of the removed file is overwritten, its chunk is there.
        self.cluster(GONE + 4)[..8].copy_from_slice(b"ElfChnk\0");
    }

    fn cluster(&mut self, number: usize) -> &mut [u8] {
        &mut self.0[number * CLUSTER..][..CLUSTER]
    }

    fn record(&mut self, number: u8) -> &mut [u8] {
        self.cluster(MFT + usize::from(number))
    }

    fn put(&mut self, number: u8, record: Vec<u8>) {
        self.record(number).copy_from_slice(&record);
    }

    fn file(&self, name: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
        record(IN_USE, &[&[named(LOGS, name)], attributes].concat())
    }

    fn open(&self) -> NtfsVolume {
        NtfsVolume::open(Arc::new(Bytes(self.0.clone()))).unwrap()
    }

    fn logs(&self) -> VolumeLogs {
        self.open().logs()
    }
}

fn file<'a>(found: &'a VolumeLogs, name: &str) -> &'a NtfsFile {
    let path = format!("WINDOWS/System32/winevt/Logs/{name}");
    found.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{found:?}"))
}

fn read(source: &dyn ReadAt) -> Vec<u8> {
    let mut bytes = vec![0; source.size() as usize];
    assert_eq!(source.read_at(0, &mut bytes).unwrap(), bytes.len());
    bytes
}

fn reasons(found: &VolumeLogs) -> Vec<&str> {
    found.faults.iter().map(|fault| fault.reason.as_str()).collect()
}

#[test]
fn a_sound_volume_is_read() {
    let made = TestVolume::new();
    let found = made.logs();
    assert_eq!((found.files.len(), &found.faults[..]), (3, &[][..]));
    let plain = [vec![50; 1024], vec![51; 176], vec![0; 300]].concat();
    assert_eq!(read(&*file(&found, "Plain.evtx").source), plain);
    let spread = [vec![52; 1024], vec![53; 1024], vec![54; 952]].concat();
    assert_eq!(read(&*file(&found, "Spread.evtx").source), spread);
    assert_eq!(read(&*file(&found, "Second.EVTX").source), b"second");
}

#[test]
fn a_scan_finds_what_was_removed() {
    let found = TestVolume::new().open().scan_mft();
    assert_eq!((found.files.len(), &found.faults[..]), (4, &[][..]));
    let removed = file(&found, "Removed.evtx");
    assert!(removed.deleted && removed.reused_clusters == 3);
    assert_eq!(removed.source.size(), 70_000);
    // Without its chunk there is nothing left of it.
    let mut made = TestVolume::new();
    made.cluster(GONE + 4).fill(0);
    assert_eq!(made.open().scan_mft().files.len(), 3);
}

#[test]
fn folders_that_go_round_or_are_gone_are_orphans() {
    for parent in [17, 99, PLAIN] {
        let mut made = TestVolume::new();
        made.put(17, folder(17, parent, "System32", &[]));
        made.put(16, folder(16, 17, "WINDOWS", &[]));
        let found = made.open().scan_mft();
        assert_eq!(found.files.len(), 4);
        assert!(found.files.iter().all(|file| file.path.starts_with("$Orphan/")), "{found:?}");
    }
}

#[test]
fn a_bad_index_block_costs_its_own_names() {
    let mut made = TestVolume::new();
    made.cluster(INDEX)[511] ^= 1;
    let found = made.logs();
    assert_eq!(found.files.len(), 2);
    assert_eq!(found.faults[0].offset, (INDEX * CLUSTER) as u64);
    assert_eq!(
        reasons(&found),
        [
            "index block 0 of folder 19: a torn write: the fix-up values do not match; its names are lost"
        ]
    );
    // The scan does not need it.
    assert_eq!(made.open().scan_mft().files.len(), 4);
}

#[test]
fn a_missing_extension_costs_its_part() {
    // No record; another file's; another part than its list says.
    let damages: [(usize, u8); 3] = [(0, 0), (32, PLAIN), (38, 9)];
    for (at, value) in damages {
        let mut made = TestVolume::new();
        made.record(EXTENSION)[at] = value;
        let found = made.logs();
        let spread = file(&found, "Spread.evtx");
        assert!(!found.faults.is_empty());
        assert_eq!(read(&*spread.source), [vec![52; 1024], vec![53; 1024]].concat());
    }
    // The list names it, but the part before it is gone: what is there is read at its place.
    let mut made = TestVolume::new();
    let spread = made.record(SPREAD).to_vec();
    let at = spread.windows(4).rposition(|bytes| bytes == [0x11, 2, 52, 0]).unwrap();
    made.record(SPREAD)[at + 1] = 1;
    let found = made.logs();
    let source = &file(&found, "Spread.evtx").source;
    assert_eq!(source.size(), 3000);
    let mut bytes = [0; 952];
    assert!(source.read_at(1024, &mut bytes).is_err());
    assert_eq!(source.read_at(2048, &mut bytes).unwrap(), 952);
    assert_eq!(bytes, [54; 952]);
    assert!(reasons(&found).iter().any(|reason| reason.ends_with("a part of its data is missing")));
}

#[test]
fn parts_that_overlap_are_left_out() {
    let mut made = TestVolume::new();
    let mut extension = record(IN_USE, &[data(&[0x11, 2, 54, 0], (1, 2), (0, 0))]);
    (extension[32], extension[38]) = (SPREAD, 1);
    made.put(EXTENSION, extension);
    let found = made.logs();
    assert_eq!(file(&found, "Spread.evtx").source.size(), 2048);
    assert!(reasons(&found).iter().any(|reason| reason.contains("overlap")));
}

#[test]
fn sizes_are_no_larger_than_the_clusters() {
    for size in [2049, u64::MAX] {
        let mut made = TestVolume::new();
        made.put(PLAIN, made.file("Plain.evtx", &[data(&[0x11, 2, 50, 0], (0, 1), (size, size))]));
        let found = made.logs();
        assert_eq!(file(&found, "Plain.evtx").source.size(), 2048);
        assert!(reasons(&found)[0].contains("claims"));
    }
    // 2^48 clusters that do not exist are no more than the volume.
    let mut made = TestVolume::new();
    let sparse = [0x07, 0, 0, 0, 0, 0, 0, 1, 0];
    let huge = data(&sparse, (0, (1 << 48) - 1), (1 << 58, 1 << 58));
    made.put(PLAIN, made.file("Plain.evtx", &[huge]));
    let found = made.logs();
    assert_eq!(file(&found, "Plain.evtx").source.size(), (CLUSTERS * CLUSTER) as u64);
}

#[test]
fn what_cannot_be_read_is_reported() {
    let with_flags = |flags: u16| {
        let mut attribute = data(&[0x11, 2, 50, 0], (0, 1), (1500, 1500));
        attribute[12..14].copy_from_slice(&flags.to_le_bytes());
        vec![attribute]
    };
    let elsewhere = |tag: u32| {
        let value = [&tag.to_le_bytes()[..], &[0; 4]].concat();
        let tag = resident(attribute_type::REPARSE_POINT, 5, "", &value);
        vec![data(&[0x01, 2, 0], (0, 1), (1500, 1500)), tag]
    };
    let cases = [
        (with_flags(0x4000), "encrypted (EFS)", FindingCode::LogEncrypted),
        (with_flags(2), "compression method 2", FindingCode::LogUnreadable),
        (elsewhere(0x8000_0017), "Compact OS (WOF)", FindingCode::LogWofCompressed),
        (elsewhere(0x8000_0013), "deduplicated", FindingCode::LogDeduplicated),
        (elsewhere(0x9000_601a), "lies elsewhere", FindingCode::LogElsewhere),
        (vec![], "it has no data", FindingCode::LogUnreadable),
    ];
    for (attributes, reason, code) in cases {
        let mut made = TestVolume::new();
        made.put(PLAIN, made.file("Plain.evtx", &attributes));
        let found = made.logs();
        assert_eq!(found.files.len(), 2);
        let said = reasons(&found).concat();
        assert!(said.contains("Plain.evtx: ") && said.contains(reason), "{said}");
        assert!(!said.contains("damaged"), "{said}");
        assert_eq!(found.faults[0].code, code);
        assert_eq!(code.severity(), Severity::Error);
    }
}

#[test]
fn a_torn_file_record_is_named_by_its_log() {
    let mut made = TestVolume::new();
    made.record(PLAIN)[510] ^= 1;
    let found = made.logs();
    assert_eq!((found.files.len(), found.faults.len()), (2, 1));
    assert_eq!(found.faults[0].code, FindingCode::LogUnreadable);
    let said = &found.faults[0].reason;
    assert!(said.contains("Logs/Plain.evtx: file record 20: a torn write"), "{said}");
}

#[test]
fn data_that_is_partly_elsewhere_is_reported() {
    let half = data(&[0x11, 1, 50, 0x01, 1, 0], (0, 1), (1500, 1500));
    let cloud = resident(attribute_type::REPARSE_POINT, 5, "", &[0x1A, 0x60, 0, 0x90, 0, 0, 0, 0]);
    let mut made = TestVolume::new();
    made.put(PLAIN, made.file("Plain.evtx", &[half.clone(), cloud]));
    let found = made.logs();
    let zeros = [vec![50; 1024], vec![0; 476]].concat();
    assert_eq!(read(&*file(&found, "Plain.evtx").source), zeros);
    assert!(reasons(&found)[0].contains("lies elsewhere, in a cloud or on other storage"));
    assert!(reasons(&found)[0].contains("reparse tag 0x9000601a"));
    assert_eq!(found.faults[0].code, FindingCode::LogElsewhere);
    // A sparse file without a reparse point is just that.
    made.put(PLAIN, made.file("Plain.evtx", &[half]));
    assert_eq!(made.logs().faults, []);
}

#[test]
fn copies_stand_in_for_the_boot_sector_and_the_first_record() {
    let mut made = TestVolume::new();
    made.cluster(0).fill(0);
    made.record(0).fill(0);
    let volume = made.open();
    assert_eq!((volume.faults().len(), volume.logs().files.len()), (3, 3));
    made.cluster(MIRROR).fill(0);
    let gone = NtfsVolume::open(Arc::new(Bytes(made.0.clone()))).err().unwrap();
    assert_eq!(gone.code, FindingCode::VolumeUnreadable);
    made.0.truncate(100_000);
    assert!(NtfsVolume::open(Arc::new(Bytes(made.0))).is_err());
}

#[test]
fn damage_anywhere_is_survived() {
    let whole = TestVolume::new();
    let mut random = 1u64;
    let mut below = |end: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % end
    };
    let mut opened = 0;
    for round in 0..3000 {
        let mut bytes = whole.0.clone();
        for _ in 0..=below(20) {
            // The boot sector, file records, index blocks.
            let cluster = [0, MFT + below(25), INDEX + below(3)][below(3)];
            bytes[cluster * CLUSTER + below(512)] = [0, 0xFF, below(256) as u8][below(3)];
        }
        if round % 5 == 0 {
            bytes.truncate(below(whole.0.len()));
        }
        let Ok(volume) = NtfsVolume::open(Arc::new(Bytes(bytes))) else { continue };
        opened += 1;
        for found in [volume.logs(), volume.scan_mft()] {
            for file in &found.files {
                assert!(file.source.size() <= whole.0.len() as u64);
                let _ = file.source.read_at(below(3000) as u64, &mut [0; 5000]);
            }
        }
    }
    assert!(opened > 1000, "{opened}");
}
