use super::mbr::PROTECTIVE;
use super::*;
use crate::evidence::in_memory::InMemory;

const KIB: usize = 1024;

struct TestDisk(Vec<u8>);

impl TestDisk {
    fn new(size: usize) -> TestDisk {
        TestDisk(vec![0; size])
    }

    fn put(mut self, at: usize, bytes: &[u8]) -> TestDisk {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn ntfs(self, at: usize) -> TestDisk {
        self.put(at + 3, b"NTFS    ").put(at + 510, &[0x55, 0xaa])
    }

    /// An MBR at `at` with entries (type, start, sectors).
    fn mbr(mut self, at: usize, entries: &[(u8, u32, u32)]) -> TestDisk {
        for (number, (kind, start, sectors)) in entries.iter().enumerate() {
            let entry = at + 446 + 16 * number;
            self = self
                .put(entry + 4, &[*kind])
                .put(entry + 8, &start.to_le_bytes())
                .put(entry + 12, &sectors.to_le_bytes());
        }
        self.put(at + 510, &[0x55, 0xaa])
    }

    /// A GPT header in sector `at` with its entries (first, last) in sector `table`.
    fn gpt(
        self,
        sector: usize,
        at: usize,
        table: usize,
        width: usize,
        parts: &[(u64, u64)],
    ) -> TestDisk {
        let mut entries = vec![0; 8 * width];
        for (number, (first, last)) in parts.iter().enumerate() {
            let entry = &mut entries[number * width..];
            entry[..16].fill(7);
            entry[32..40].copy_from_slice(&first.to_le_bytes());
            entry[40..48].copy_from_slice(&last.to_le_bytes());
        }
        let mut header = [0; 92];
        header[..8].copy_from_slice(b"EFI PART");
        header[12..16].copy_from_slice(&92_u32.to_le_bytes());
        header[24..32].copy_from_slice(&(at as u64).to_le_bytes());
        header[72..80].copy_from_slice(&(table as u64).to_le_bytes());
        header[80..84].copy_from_slice(&8_u32.to_le_bytes());
        header[84..88].copy_from_slice(&(width as u32).to_le_bytes());
        header[88..92].copy_from_slice(&crc32fast::hash(&entries).to_le_bytes());
        let sum = crc32fast::hash(&header);
        header[16..20].copy_from_slice(&sum.to_le_bytes());
        self.mbr(0, &[(PROTECTIVE, 1, u32::MAX)])
            .put(at * sector, &header)
            .put(table * sector, &entries)
    }

    fn volumes(&self) -> DiskVolumes {
        volumes(&InMemory::from(self.0.clone())).unwrap()
    }

    fn found(&self) -> Vec<(u64, u64, VolumeKind)> {
        self.volumes().volumes.iter().map(|v| (v.offset, v.size, v.kind)).collect()
    }
}

use VolumeKind::{BitLocker, Ntfs, Other};

#[test]
fn a_bare_volume_is_the_whole_disk() {
    assert_eq!(TestDisk::new(64 * KIB).ntfs(0).found(), [(0, 65_536, Ntfs)]);
    let locked = TestDisk::new(64 * KIB).put(3, b"-FVE-FS-");
    assert_eq!(locked.found(), [(0, 65_536, BitLocker)]);
    assert_eq!(TestDisk::new(64 * KIB).found(), []);
    assert_eq!(TestDisk::new(100).found(), []);
}

#[test]
fn logical_drives_are_found() {
    let disk = TestDisk::new(256 * KIB)
        .mbr(0, &[(6, 2, 4), (5, 100, 400)])
        .mbr(100 * 512, &[(7, 2, 10), (5, 50, 60)])
        .mbr(150 * 512, &[(7, 3, 20)])
        .ntfs(102 * 512)
        .put(153 * 512 + 3, b"-FVE-FS-");
    let expected = [(1024, 2048, Other), (102 * 512, 5120, Ntfs), (153 * 512, 10_240, BitLocker)];
    assert_eq!(disk.found(), expected);
    // A circle of tables ends.
    let circle =
        disk.mbr(150 * 512, &[(7, 3, 20), (5, 0, 1)]).mbr(150 * 512, &[(7, 3, 20), (5, 50, 1)]);
    assert_eq!(circle.found(), expected);
    let long = circle.mbr(150 * 512, &[(7, 3, 20), (5, 60, 1)]).mbr(160 * 512, &[(5, 50, 1)]);
    assert_eq!(long.volumes().notes.len(), 1);
}

#[test]
fn an_mbr_may_count_sectors_of_4096_bytes() {
    let disk = TestDisk::new(256 * KIB).mbr(0, &[(7, 2, 4)]).ntfs(8192);
    assert_eq!(disk.found(), [(8192, 16_384, Ntfs)]);
}

#[test]
fn a_gpt_is_read_with_either_sector_size_and_wide_entries() {
    for sector in [512, 4096] {
        for width in [128, 256] {
            let disk = TestDisk::new(64 * sector)
                .gpt(sector, 1, 2, width, &[(10, 19), (20, 29)])
                .ntfs(20 * sector);
            let bytes = 10 * sector as u64;
            assert_eq!(disk.found(), [(bytes, bytes, Other), (2 * bytes, bytes, Ntfs)]);
        }
    }
}

#[test]
fn the_backup_of_a_gpt_is_read_and_reported() {
    let disk =
        TestDisk::new(64 * 512).gpt(512, 1, 2, 128, &[(10, 19)]).gpt(512, 63, 50, 128, &[(10, 19)]);
    let damaged = disk.put(600, b"damage");
    assert_eq!(damaged.found(), [(5120, 5120, Other)]);
    assert_eq!(
        damaged.volumes().notes,
        ["the partition table (GPT) is damaged; its backup was read"]
    );
    let wiped = damaged.put(0, &[0; 512]);
    assert_eq!(wiped.found(), [(5120, 5120, Other)]);
    let both = wiped.mbr(0, &[(PROTECTIVE, 1, 9)]).put(63 * 512, b"XXX");
    assert_eq!(both.found(), []);
    assert_eq!(both.volumes().notes.len(), 1);
}

#[test]
fn a_volume_is_cut_at_the_end_of_the_disk() {
    let disk = TestDisk::new(64 * 512).mbr(0, &[(7, 60, 100), (7, 100, 5)]);
    assert_eq!(disk.found(), [(60 * 512, 4 * 512, Other)]);
    assert_eq!(disk.volumes().notes.len(), 2);
}
