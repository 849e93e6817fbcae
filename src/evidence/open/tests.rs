use super::*;
use crate::evidence::in_memory::InMemory;
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
    let mut disk = vec![0; 128 * 512];
    disk[446 + 4] = 7;
    disk[446 + 8] = 64;
    disk[446 + 12] = 64;
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk[64 * 512 + 3..][..boot.len()].copy_from_slice(boot);
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
fn other_disks_and_files_are_no_containers() {
    let (taken, _, findings) = found(
        &[("x.dd", disk(b"MSDOS5.0")), ("x.bin", vec![1; 5000]), ("empty", Vec::new())],
        true,
    );
    assert_eq!((taken, codes(&findings)), (vec![false; 3], vec![]));
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
fn formats_that_are_not_read_are_named() {
    let (_, _, findings) = found(&[("a.Ex01", b"EVF2\r\n\x81\0 and so on".to_vec())], false);
    assert_eq!(codes(&findings), ["image-unsupported"]);
}
