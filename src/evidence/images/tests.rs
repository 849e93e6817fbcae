//! Images made by hand: what no tool at hand makes, and what no sound tool makes.

use super::*;
use crate::evidence::in_memory::InMemory;
use crate::evidence::read_at::tests::read_all;
use std::collections::HashMap;

/// A folder in memory.
#[derive(Default)]
struct FilesInMemory(HashMap<String, Vec<u8>>);

impl FilesInMemory {
    fn with(mut self, name: &str, bytes: Vec<u8>) -> FilesInMemory {
        self.0.insert(name.to_owned(), bytes);
        self
    }

    fn open(&self, name: &str) -> io::Result<Image> {
        open(SiblingFiles::open(self, name)?, name, self)
    }

    fn disk(&self, name: &str) -> VirtualDisk {
        match self.open(name) {
            Ok(Image::Disk(disk)) => disk,
            Ok(Image::Part(why)) => panic!("{why}"),
            Ok(Image::NotAnImage) => panic!("no image"),
            Err(error) => panic!("{error}"),
        }
    }

    fn error(&self, name: &str) -> (io::ErrorKind, String) {
        let error = self.open(name).err().unwrap();
        (error.kind(), error.to_string())
    }
}

impl SiblingFiles for FilesInMemory {
    fn open(&self, name: &str) -> io::Result<Arc<dyn ReadAt>> {
        let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(InMemory::from(bytes.clone())))
    }
}

fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    bytes[at..at + part.len()].copy_from_slice(part);
}

/// Sets the checksum at `at`: the complement of the sum of all bytes.
fn seal(bytes: &mut [u8], at: usize) {
    put(bytes, at, &[0; 4]);
    let sum: u32 = bytes.iter().map(|byte| u32::from(*byte)).sum();
    put(bytes, at, &(!sum).to_be_bytes());
}

fn vhd_footer(kind: u32, size: u64, id: u8) -> Vec<u8> {
    let mut footer = vec![0; 512];
    put(&mut footer, 0, b"conectix");
    put(&mut footer, 16, &512_u64.to_be_bytes());
    put(&mut footer, 48, &size.to_be_bytes());
    put(&mut footer, 60, &kind.to_be_bytes());
    put(&mut footer, 68, &[id; 16]);
    seal(&mut footer, 64);
    footer
}

/// A differencing disk of two blocks of 4096 bytes: of the first, sectors 1 and 6 are its own.
fn vhd_child(parent: u8, path: &str) -> Vec<u8> {
    let mut header = vec![0; 1024];
    put(&mut header, 0, b"cxsparse");
    put(&mut header, 16, &1536_u64.to_be_bytes());
    put(&mut header, 28, &2_u32.to_be_bytes());
    put(&mut header, 32, &4096_u32.to_be_bytes());
    put(&mut header, 40, &[parent; 16]);
    for (at, unit) in path.encode_utf16().enumerate() {
        put(&mut header, 64 + 2 * at, &unit.to_be_bytes());
    }
    seal(&mut header, 36);
    let footer = vhd_footer(4, 8192, 9);
    let mut table = vec![0xff; 512];
    put(&mut table, 0, &4_u32.to_be_bytes());
    let mut bitmap = vec![0; 512];
    bitmap[0] = 0b0100_0010;
    [footer.clone(), header, table, bitmap, vec![0xcc; 4096], footer].concat()
}

fn vhd_base(id: u8) -> Vec<u8> {
    let disk: Vec<u8> = (0..8192_u32).map(|at| (at / 512) as u8).collect();
    [disk, vhd_footer(2, 8192, id)].concat()
}

#[test]
fn a_differencing_vhd_is_read_over_its_parent() {
    // The path leads elsewhere; only its last part counts.
    let child = vhd_child(3, "C:\\elsewhere\\base.vhd");
    let files =
        FilesInMemory::default().with("base.vhd", vhd_base(3)).with("child.vhd", child.clone());
    let bytes = read_all(&*files.disk("child.vhd").source).unwrap();
    for (sector, bytes) in bytes.chunks(512).enumerate() {
        let expected = if matches!(sector, 1 | 6) { 0xcc } else { sector as u8 };
        assert!(bytes.iter().all(|byte| *byte == expected), "{sector}");
    }
    let other =
        FilesInMemory::default().with("base.vhd", vhd_base(4)).with("child.vhd", child.clone());
    assert!(other.error("child.vhd").1.contains("another disk than its parent"));
    let alone = FilesInMemory::default().with("child.vhd", child);
    assert_eq!(alone.error("child.vhd").0, io::ErrorKind::NotFound);
}

#[test]
fn a_vhd_without_its_footer_is_read_by_the_copy_and_reported() {
    let mut dynamic = vhd_child(0, "");
    let copy = vhd_footer(3, 8192, 9);
    put(&mut dynamic, 0, &copy);
    dynamic.truncate(dynamic.len() - 512);
    let disk = FilesInMemory::default().with("a.vhd", dynamic).disk("a.vhd");
    assert_eq!(disk.notes.len(), 1);
    let bytes = read_all(&*disk.source).unwrap();
    assert_eq!((bytes[0], bytes[4095], bytes[4096]), (0xcc, 0xcc, 0));
    let short = [vec![1; 4096], vhd_footer(2, 8192, 1)].concat();
    assert_eq!(FilesInMemory::default().with("a.vhd", short).disk("a.vhd").notes.len(), 1);
}

/// A QCOW2 without a cluster of its own over `backing`.
fn qcow2(backing: &str, size: u64) -> Vec<u8> {
    let mut bytes = vec![0; 131_072];
    put(&mut bytes, 0, b"QFI\xfb");
    put(&mut bytes, 4, &2_u32.to_be_bytes());
    put(&mut bytes, 8, &1024_u64.to_be_bytes());
    put(&mut bytes, 16, &(backing.len() as u32).to_be_bytes());
    put(&mut bytes, 20, &16_u32.to_be_bytes());
    put(&mut bytes, 24, &size.to_be_bytes());
    put(&mut bytes, 36, &1_u32.to_be_bytes());
    put(&mut bytes, 40, &65_536_u64.to_be_bytes());
    put(&mut bytes, 1024, backing.as_bytes());
    bytes
}

#[test]
fn a_circle_of_parents_is_refused_and_no_path_is_followed() {
    let circle = FilesInMemory::default()
        .with("a", qcow2("/x/b", 1 << 20))
        .with("b", qcow2("../y/a", 1 << 20));
    assert!(circle.error("a").1.contains("circle"));
    let own = FilesInMemory::default().with("a", qcow2("a", 1 << 20));
    assert!(own.error("a").1.contains("circle"));
    let away = FilesInMemory::default().with("a", qcow2("/etc/passwd", 1 << 20));
    assert_eq!(away.error("a").0, io::ErrorKind::NotFound);
    // A parent that is no container is a raw disk; behind its end is nothing.
    let raw =
        FilesInMemory::default().with("a", qcow2("disk", 200_000)).with("disk", vec![7; 100_000]);
    let bytes = read_all(&*raw.disk("a").source).unwrap();
    assert_eq!((bytes.len(), bytes[99_999], bytes[100_000]), (200_000, 7, 0));
}

#[test]
fn sizes_that_cannot_be_right_are_refused() {
    let huge = FilesInMemory::default().with("a", qcow2("", u64::MAX));
    assert_eq!(huge.error("a").0, io::ErrorKind::InvalidData);
    let vmdk = b"# Disk DescriptorFile\nRW 9007199254740992 ZERO\n".to_vec();
    assert_eq!(FilesInMemory::default().with("a", vmdk).error("a").0, io::ErrorKind::InvalidData);
    let sums = "RW 17592186044416 ZERO\n".repeat(3);
    let vmdk = format!("# Disk DescriptorFile\n{sums}").into_bytes();
    assert_eq!(FilesInMemory::default().with("a", vmdk).error("a").0, io::ErrorKind::InvalidData);
}

#[test]
fn a_flat_extent_that_ends_early_is_reported_at_once() {
    let text = b"# Disk DescriptorFile\nRW 8 FLAT \"a-flat.vmdk\" 0\n".to_vec();
    let files = |length| {
        FilesInMemory::default().with("a.vmdk", text.clone()).with("a-flat.vmdk", vec![1; length])
    };
    let disk = files(4096).disk("a.vmdk");
    assert_eq!(disk.parts, ["a-flat.vmdk"]);
    assert_eq!(read_all(&*disk.source).unwrap(), [1; 4096]);
    assert!(files(4000).error("a.vmdk").1.contains("ends after 4000 of 4096 bytes"));
}

#[test]
fn unsupported_formats_are_named() {
    for (magic, format) in [(&b"COWD"[..], "COWD"), (b"\xbe\xba\xfe\xca\0\0\0\0", "SESparse")] {
        let (kind, message) = FilesInMemory::default().with("a", magic.to_vec()).error("a");
        assert_eq!(kind, io::ErrorKind::Unsupported);
        assert!(message.contains(format), "{message}");
    }
    let zip = b"PK\x03\x04".to_vec();
    assert!(matches!(FilesInMemory::default().with("a", zip).open("a"), Ok(Image::NotAnImage)));
}

#[test]
fn parts_of_split_images_belong_to_the_first() {
    let files = FilesInMemory::default()
        .with("a.001", vec![1; 10])
        .with("a.002", vec![2; 20])
        .with("a.003", vec![3; 5])
        .with("b.002", vec![9; 5])
        .with("c.001", vec![9; 5]);
    let disk = files.disk("a.001");
    assert_eq!(disk.parts, ["a.002", "a.003"]);
    let bytes = read_all(&*disk.source).unwrap();
    assert_eq!(bytes, [vec![1; 10], vec![2; 20], vec![3; 5]].concat());
    assert!(matches!(files.open("a.002"), Ok(Image::Part(_))));
    assert!(matches!(files.open("b.002"), Ok(Image::NotAnImage)));
    assert!(matches!(files.open("c.001"), Ok(Image::NotAnImage)));
}
