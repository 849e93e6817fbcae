use super::*;
use crate::evidence::in_memory::InMemory;
use crate::model::Severity;
use std::path::Path;

/// Opens files (path, content) that are containers, as if all or none were given by name: which of
/// them are, their logs and their findings.
fn found(files: &[(&str, Vec<u8>)], is_given: bool) -> (Vec<bool>, Vec<LogFile>, Vec<Finding>) {
    let (mut taken, mut logs, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for (path, bytes) in files {
        let source: Arc<dyn ReadAt> = Arc::new(InMemory::from(bytes.clone()));
        let container = ContainerFile::detect(Path::new(path), path, &source, is_given).unwrap();
        taken.push(container.is_some());
        let Some(container) = container else { continue };
        let (settings, memory) = (SearchSettings::default(), Memory::new());
        let read = read_container(&container, &source, &ReadCounter::default(), &settings, &memory);
        logs.extend(read.logs);
        findings.extend(read.findings);
    }
    (taken, logs, findings)
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.word()).collect()
}

/// A disk with a partition of this type of boot sector at sector 64.
fn disk(boot: &[u8]) -> Vec<u8> {
    disk_with(7, &[&[0; 3], boot].concat())
}

/// A disk with a partition of this type at sector 64, whose volume begins with these bytes.
fn disk_with(kind: u8, start: &[u8]) -> Vec<u8> {
    let mut disk = vec![0; 128 * 512];
    disk[446 + 4] = kind;
    disk[446 + 8] = 64;
    disk[446 + 12] = 64;
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk[64 * 512..][..start.len()].copy_from_slice(start);
    disk
}

#[test]
fn bitlocker_is_reported_with_its_offset() {
    let (taken, logs, findings) = found(&[("x.dd", disk(b"-FVE-FS-"))], false);
    assert!(taken[0] && logs.is_empty());
    assert_eq!(codes(&findings), ["bitlocker-volume"]);
    assert!(findings[0].message.contains("x.dd/volume1: the volume at offset 32768"));
}

#[test]
fn a_damaged_volume_is_reported() {
    let (taken, logs, findings) = found(&[("x.dd", disk(b"NTFS    "))], false);
    assert!(taken[0] && logs.is_empty());
    assert_eq!(codes(&findings)[..1], ["volume-unreadable"]);
    assert!(findings.iter().all(crate::model::Finding::is_loss));
}

#[test]
fn other_files_are_no_containers() {
    let (taken, _, findings) = found(&[("x.bin", vec![1; 5000]), ("empty", Vec::new())], true);
    assert_eq!((taken, codes(&findings)), (vec![false; 2], vec![]));
}

/// Each on a disk of its own, with the name of the file system and how much it matters there.
#[test]
fn volumes_that_are_not_read_are_named() {
    let fat = |name: &[u8], at: usize| {
        let mut sector = vec![0; 512];
        (sector[0], sector[510], sector[511]) = (0xeb, 0x55, 0xaa);
        sector[at..at + name.len()].copy_from_slice(name);
        sector
    };
    let at = |offset: usize, magic: &[u8]| [&vec![0; offset][..], magic].concat();
    let mut ext = at(1080, &[0x53, 0xef, 1, 0]);
    ext.resize(2048, 0);
    for (start, name, severity) in [
        (at(3, b"ReFS\0\0\0\0"), "a ReFS volume", Severity::Error),
        (at(3, b"EXFAT   "), "an exFAT volume", Severity::Error),
        (fat(b"FAT32   ", 82), "a FAT volume", Severity::Error),
        (fat(b"FAT16   ", 54), "a FAT volume", Severity::Error),
        (ext, "an ext volume of Linux", Severity::Info),
        (at(0, b"XFSB"), "an XFS volume", Severity::Info),
        (at(512, b"LABELONE"), "a physical volume of LVM", Severity::Info),
        (at(4096, &[0xfc, 0x4e, 0x2b, 0xa9]), "a part of a RAID of Linux (md)", Severity::Info),
        (at(0, b"LUKS\xba\xbe"), "a LUKS volume", Severity::Error),
        (at(0, b"SPACEDB "), "a part of a pool of Storage Spaces", Severity::Error),
        (at(0, b"PRIVHEAD"), "a part of a dynamic disk (LDM)", Severity::Error),
        (at(100, b"random"), "a volume of Windows by its type", Severity::Error),
    ] {
        let (taken, logs, findings) = found(&[("x.dd", disk_with(7, &start))], true);
        assert!(taken[0] && logs.is_empty(), "{name}");
        let said = findings.iter().find(|f| f.code == FindingCode::EvidenceNotRead).unwrap();
        assert!(said.message.contains(&format!("x.dd/volume1: {name}")), "{}", said.message);
        assert!(said.message.contains("at offset 32768 of the disk is not read: "));
        assert_eq!(said.severity, severity, "{name}");
        // Nothing of Windows can be read of such a disk.
        assert!(codes(&findings).contains(&"image-unreadable"), "{name}");
    }
    // By its type alone: the content of a part of a dynamic disk is that of any volume.
    let (_, _, findings) = found(&[("x.dd", disk_with(0x42, b"anything"))], true);
    assert!(findings[0].message.contains("a part of a dynamic disk (LDM)"));
    // Of one that begins with a volume, the volume is read and the rest named.
    let (_, _, findings) = found(&[("x.dd", disk_with(0x42, b"\0\0\0NTFS    "))], true);
    let said = findings.iter().find(|f| f.code == FindingCode::EvidenceNotRead).unwrap();
    assert!(
        said.message
            .contains("(LDM) at offset 32768 of the disk: only the volume at its beginning")
    );
    assert!(codes(&findings).contains(&"volume-unreadable"), "{findings:?}");
    // What was never used holds nothing.
    assert_eq!(found(&[("x.dd", disk_with(7, &[]))], true).0, [false]);
}

#[test]
fn the_boot_partition_beside_windows_is_only_good_to_know() {
    let mut both = disk(b"NTFS    ");
    // A second entry, with its volume at sector 32.
    let entry = 446 + 16;
    (both[entry + 4], both[entry + 8], both[entry + 12]) = (0xef, 32, 16);
    both[32 * 512 + 3..][..8].copy_from_slice(b"EXFAT   ");
    let (_, _, findings) = found(&[("x.dd", both)], false);
    let said = findings.iter().find(|f| f.code == FindingCode::EvidenceNotRead).unwrap();
    assert_eq!(said.severity, Severity::Info);
    assert!(!codes(&findings).contains(&"image-unreadable"));
}

#[test]
fn an_ntfs_volume_is_known_by_the_copy_of_its_boot_sector() {
    let mut wiped = disk_with(7, b"");
    let last = 127 * 512;
    wiped[last + 3..][..8].copy_from_slice(b"NTFS    ");
    wiped[last + 40] = 63;
    let (taken, _, findings) = found(&[("x.dd", wiped)], false);
    assert_eq!((taken[0], codes(&findings)[0]), (true, "volume-unreadable"));
}

/// A disk is known by its content, whatever it is called and whatever packs it.
#[test]
fn disks_in_archives_are_read() {
    use std::io::Write;
    let disk = disk(b"-FVE-FS-");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&disk).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("no name", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&disk).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    for (name, inner, bytes) in [("x.gz", "x", gzip), ("x.zip", "no name", zip)] {
        let (taken, _, findings) = found(&[(name, bytes)], false);
        assert_eq!((taken[0], codes(&findings)), (true, vec!["bitlocker-volume"]), "{name}");
        let place = format!("{name}/{inner}/volume1: ");
        assert!(findings[0].message.starts_with(&place), "{}", findings[0].message);
    }
    let (taken, _, _) = found(&[("notes.gz", b"\x1f\x8b\x08".to_vec())], false);
    assert!(taken[0], "a damaged one is opened, and said");
}

#[test]
fn a_later_segment_alone_is_reported() {
    let mut segment = b"EVF\x09\x0d\x0a\xff\0\x01\x02\0\0\0".to_vec();
    segment.resize(200, 0);
    let (_, _, findings) = found(&[("nowhere/x.E02", segment)], false);
    assert_eq!(codes(&findings), ["image-unreadable"]);
}

#[test]
fn documents_below_a_folder_are_not_unpacked() {
    let document = ("a.docx", b"PK\x03\x04 and so on".to_vec());
    assert_eq!(found(std::slice::from_ref(&document), false).0, [false]);
    let (taken, _, findings) = found(&[document], true);
    assert_eq!((taken[0], codes(&findings)), (true, vec!["archive-unreadable"]));
}

#[test]
fn variants_that_are_not_read_are_named() {
    let (_, _, findings) = found(&[("a.vmdk", b"COWD and so on".to_vec())], false);
    assert_eq!(codes(&findings), ["image-unsupported"]);
}

/// Two letters end many names: only a disk that begins as one is put together.
#[test]
fn parts_named_by_letters_are_disks_only_by_their_content() {
    let folder = std::env::temp_dir().join(format!("winlast-letters-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let whole = disk(b"-FVE-FS-");
    for (name, bytes) in [
        ("x.dd.aa", &whole[..40_000]),
        ("x.dd.ab", &whole[40_000..]),
        ("menu.aa", b"Afar"),
        ("menu.ab", b"Abkhazian"),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let path = |name: &str| folder.join(name).display().to_string();
    let (first, menu) = (path("x.dd.aa"), path("menu.aa"));
    let files = [(first.as_str(), whole[..40_000].to_vec()), (menu.as_str(), b"Afar".to_vec())];
    let (taken, _, findings) = found(&files, false);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((taken, codes(&findings)), (vec![true, false], vec!["bitlocker-volume"]));
}
