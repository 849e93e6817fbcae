//! Disks as other tools make them (`tests/disks/make.sh`), held against the logs that lie on them and in the
//! archives and images on them.

use super::common::{project, scratch, volume_with_a_log};
use std::collections::BTreeSet;
use std::io::Read;
use winlast::Analysis;
use winlast::model::{FindingCode, LogOrigin, Report};

/// The SHA-256 of a sample, from the run over the loose file.
fn sha256(sample: &str) -> String {
    let report = Analysis::of([project("sample-evtx").join(sample)]).hash(true).run().unwrap();
    report.logs[0].sha256.clone().unwrap()
}

/// The names of the samples by their hash.
fn sample(hash: &str) -> &'static str {
    let known = [
        ("security", "dc01/Security.evtx"),
        ("cleared", "cleared/Security.evtx"),
        ("system", "ws01/System.evtx"),
    ];
    known.into_iter().find(|(_, path)| sha256(path) == hash).map_or("unknown", |(name, _)| name)
}

fn read(disk: &str, scan_mft: bool) -> Report {
    let path = project("tests/disks").join(disk);
    Analysis::of([path]).hash(true).scan_mft(scan_mft).threads(2).run().unwrap()
}

/// The logs: paths below the volume of the disk, and which samples they are.
fn logs(report: &Report, volume: &str) -> Vec<(String, &'static str)> {
    let volume = format!("{}/", project("tests/disks").join(volume).display());
    let log = |log: &winlast::model::LogSummary| {
        let path = log.path.strip_prefix(&volume).unwrap_or_else(|| panic!("{}", log.path));
        (path.to_owned(), sample(log.sha256.as_ref().unwrap()))
    };
    report.logs.iter().map(log).collect()
}

fn messages(report: &Report, code: FindingCode) -> Vec<&str> {
    let found = report.findings.iter().filter(|finding| finding.code == code);
    found.map(|finding| finding.message.as_str()).collect()
}

const LOGS: &str = "Windows/System32/winevt/Logs";

#[test]
fn archives_and_images_on_a_drive_are_read() {
    let report = read("drive.vmdk.xz", false);
    let long = format!("{}/{}/Security.evtx", "a".repeat(90), "b".repeat(90));
    let expected = [
        ("HOST1/lzma2.7z/Logs/Cleared.evtx", "cleared"),
        ("HOST1/lzma2.7z/Logs/Security.evtx", "security"),
        ("HOST2/logs.zip/Logs/Cleared.evtx", "cleared"),
        ("HOST2/logs.zip/Logs/Security.evtx", "security"),
        (&format!("HOST2/logs.tar.gz/{long}"), "security"),
        ("HOST3/split.zip/Security.evtx", "security"),
        ("HOST3/a.7z.001/Logs/Cleared.evtx", "cleared"),
        ("HOST3/a.7z.001/Logs/Security.evtx", "security"),
        (&format!("HOST4/image.dd.aa/volume1/{LOGS}/Security.evtx"), "security"),
        (&format!("HOST4/image.dd.aa/volume1/Windows.old/{LOGS}/Security.evtx"), "cleared"),
        (&format!("HOST4/image.dd.aa/volume1/Windows.old.000/{LOGS}/Security.evtx"), "cleared"),
        (&format!("HOST5/segments.E01/volume1/{LOGS}/Security.evtx"), "security"),
        (&format!("HOST5/segments.E01/volume1/Windows.old/{LOGS}/Security.evtx"), "cleared"),
        (&format!("HOST5/segments.E01/volume1/Windows.old.000/{LOGS}/Security.evtx"), "cleared"),
        ("HOST6/Security", "cleared"),
    ];
    let expected: BTreeSet<(String, &str)> =
        expected.into_iter().map(|(path, sample)| (path.to_owned(), sample)).collect();
    let found = logs(&report, "drive.vmdk.xz/drive.vmdk/volume1");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn what_is_opened_on_a_drive_is_listed_and_the_rest_named() {
    let report = read("drive.vmdk.xz", false);
    // What is not read is named, and no part is named by itself.
    let losses: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.is_loss())
        .map(|finding| finding.message.rsplit("HOST6/").next().unwrap())
        .collect();
    assert_eq!(
        losses,
        [
            "a.rar: a RAR archive is not read: unpack it and give the files",
            "torn.zip: the archive cannot be read: its name is that of an archive, but its content is not",
        ]
    );
    // The drive, and what was opened on it, each with the bytes of all its files.
    let opened: Vec<(&str, u64)> = report
        .containers
        .iter()
        .map(|used| (used.path.rsplit('/').next().unwrap(), used.size))
        .collect();
    let names: Vec<&str> = opened.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "drive.vmdk.xz",
            "lzma2.7z",
            "logs.tar.gz",
            "logs.zip",
            "a.7z.001",
            "split.zip",
            "image.dd.aa",
            "segments.E01",
        ]
    );
    assert_eq!(opened[6].1, 3 << 20, "three parts of a disk of 3 MiB");
}

/// The same logs and findings, in the same order, whoever reads what first.
#[test]
fn the_number_of_threads_changes_nothing() {
    let path = project("tests/disks/drive.vmdk.xz");
    let read = |threads| Analysis::of([&path]).threads(threads).run().unwrap();
    let (one, four) = (read(1), read(4));
    assert_eq!(one.logs, four.logs);
    assert_eq!(one.findings, four.findings);
}

#[test]
fn parts_inside_of_an_archive_are_put_together() {
    let report = read("parts.zip", false);
    let former = |image: &str, folder: &str, sample| {
        (format!("{image}/volume1/{folder}{LOGS}/Security.evtx"), sample)
    };
    let mut expected = Vec::new();
    for image in ["raw.001", "segments.E01"] {
        expected.push(former(image, "", "security"));
        expected.push(former(image, "Windows.old.000/", "cleared"));
        expected.push(former(image, "Windows.old/", "cleared"));
    }
    expected.push(("split.7z.001/Logs/Cleared.evtx".to_owned(), "cleared"));
    expected.push(("split.7z.001/Logs/Security.evtx".to_owned(), "security"));
    expected.sort();
    let mut found = logs(&report, "parts.zip/in");
    found.sort();
    assert_eq!(found, expected);
    assert!(!report.is_incomplete(), "{:#?}", report.findings);
}

#[test]
fn a_moved_security_log_is_found_in_an_appliance() {
    let report = read("host.ova", false);
    let expected = [
        ("EventLogs/Security.evtx".to_owned(), "security"),
        (format!("{LOGS}/System.evtx"), "system"),
    ];
    assert_eq!(logs(&report, "host.ova/host-disk1.vmdk/volume1"), expected);
    assert!(!report.is_incomplete(), "{:#?}", report.findings);
}

#[test]
fn a_missing_security_log_is_said_and_logs_are_known_by_content() {
    let volume = "without.raw.xz/without.raw/volume1";
    let system = (format!("{LOGS}/System.evtx"), "system");
    let carved = ("found.000/FILE0000.CHK".to_owned(), "cleared");
    let report = read("without.raw.xz", false);
    assert_eq!(logs(&report, volume), [system.clone(), carved.clone()]);
    let said = messages(&report, FindingCode::SecurityLogMissing);
    assert!(said.len() == 1 && said[0].contains("--scan-mft searches by content"), "{said:?}");
    assert!(report.is_incomplete());
    // Below the folders of a system only the scan looks at the content of every file.
    let report = read("without.raw.xz", true);
    let copy = ("Users/alice/Security.bak".to_owned(), "security");
    assert_eq!(logs(&report, volume), [copy, system, carved]);
    let said = messages(&report, FindingCode::SecurityLogMissing);
    assert!(said.len() == 1 && said[0].ends_with("by name and by content"), "{said:?}");
    assert!(report.logs.iter().all(|log| log.origin == LogOrigin::Live));
}

/// Sets a flag of the data of `Security.evtx`: it is encrypted.
fn encrypt_security(disk: &mut [u8]) {
    const DATA: u32 = 0x80;
    const ENCRYPTED: u8 = 0x40;
    let name: Vec<u8> = "Security.evtx".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let number = |record: &[u8], at: usize| {
        record
            .get(at..at + 4)
            .map_or(u32::MAX, |bytes| u32::from_le_bytes(bytes.try_into().unwrap()))
    };
    // The record of the folder has the name too, but no data.
    let data_of = |record: &[u8]| {
        let mut at = usize::from(record[20]);
        while ![DATA, u32::MAX].contains(&number(record, at)) {
            at += number(record, at + 4) as usize;
        }
        (number(record, at) == DATA).then_some(at)
    };
    let own = |record: &[u8]| {
        record.starts_with(b"FILE") && record.windows(name.len()).any(|text| text == name)
    };
    let (record, at) = disk
        .chunks_exact_mut(1024)
        .filter(|record| own(record))
        .find_map(|record| data_of(record).map(|at| (record, at)))
        .unwrap();
    record[at + 13] |= ENCRYPTED;
}

#[test]
fn a_security_log_that_cannot_be_read_is_not_called_missing() {
    let mut disk = Vec::new();
    let packed = std::fs::File::open(project("tests/disks/both.raw.gz")).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut disk).unwrap();
    encrypt_security(&mut disk);
    let path = scratch("encrypted-log").join("disk.raw");
    std::fs::write(&path, &disk).unwrap();
    for scan_mft in [false, true] {
        let report = Analysis::of([&path]).scan_mft(scan_mft).threads(1).run().unwrap();
        assert_eq!(report.logs.len(), 1, "System.evtx alone");
        let said = messages(&report, FindingCode::LogEncrypted);
        assert!(said[0].contains(&format!("{LOGS}/Security.evtx: ")), "{said:?}");
        assert_eq!(messages(&report, FindingCode::SecurityLogMissing), [""; 0]);
        assert!(report.is_incomplete());
    }
}

#[test]
fn a_volume_without_a_boot_sector_is_read_by_the_copy() {
    let mut volume = volume_with_a_log();
    volume[..512].fill(0);
    let path = scratch("wiped-boot-sector").join("volume.raw");
    std::fs::write(&path, &volume).unwrap();
    let report = Analysis::of([&path]).threads(1).run().unwrap();
    assert!(report.logs[0].path.ends_with(&format!("volume.raw/{LOGS}/Security.evtx")));
    let said = messages(&report, FindingCode::VolumeDamaged);
    assert!(said.len() == 1 && said[0].contains("boot sector: "), "{said:?}");
    assert!(report.is_incomplete());
}

/// Reads the volume with one log after a change of the file record of that log, and of a record that is not in
/// use. The change gets the whole volume and where both records begin. Gives the paths of the logs below the
/// volume, and the messages of the damage.
fn changed(test: &str, change: impl Fn(&mut [u8], usize, usize)) -> (Vec<String>, Vec<String>) {
    const LOG: usize = 0x15000;
    const UNUSED: usize = 0xd000;
    let mut volume = volume_with_a_log();
    change(&mut volume, LOG, UNUSED);
    let path = scratch(test).join("volume.raw");
    std::fs::write(&path, &volume).unwrap();
    let report = Analysis::of([&path]).scan_mft(true).threads(1).run().unwrap();
    let below = format!("{}/", path.display());
    let paths = report.logs.iter().map(|log| log.path.strip_prefix(&below).unwrap().to_owned());
    let damage = messages(&report, FindingCode::VolumeDamaged);
    (paths.collect(), damage.into_iter().map(str::to_owned).collect())
}

/// Changes a character of the name in the file record of `Security.evtx`.
fn rename(volume: &mut [u8], record: usize, character: usize, to: u8) {
    let name: Vec<u8> = "Security.evtx".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = volume[record..].windows(name.len()).position(|part| part == name).unwrap();
    volume[record + at + 2 * character] = to;
}

/// The folder leads to the log by its right name, the scan finds its file record under the changed one.
#[test]
fn a_log_whose_file_record_was_renamed_is_listed_once() {
    for (character, to, name) in [(2, b'k', "Sekurity.evtx"), (12, b'y', "Security.evty")] {
        let (logs, damage) =
            changed("renamed", |volume, log, _| rename(volume, log, character, to));
        assert_eq!(logs, [format!("{LOGS}/Security.evtx")]);
        let [said] = &damage[..] else { panic!("{damage:?}") };
        let calls = format!("Security.evtx: its own file record 68 calls it {name}");
        assert!(said.contains(&calls), "{said}");
    }
}

/// Files to which no folder leads, deleted or not, keep their place next to one of the same name.
#[test]
fn what_only_the_scan_finds_is_listed_beside_a_log_of_the_same_name() {
    let copy = |volume: &mut [u8], log: usize, unused: usize| {
        volume.copy_within(log..log + 1024, unused);
    };
    let (logs, damage) = changed("same-name", copy);
    let own = format!("{LOGS}/Security.evtx");
    assert_eq!(logs, [own.clone(), format!("{own} (file record 36)")]);
    assert_eq!(damage, [""; 0]);
    let (logs, _) = changed("same-name-deleted", |volume, log, unused| {
        for record in [unused, unused + 1024] {
            copy(volume, log, record);
            // No longer in use.
            volume[record + 22] = 0;
        }
    });
    let deleted = format!("{own} (deleted)");
    assert_eq!(logs, [own, deleted.clone(), format!("{deleted} (file record 37)")]);
}

/// The scan looks at the content of a file whose name says nothing. If the clusters of the file lie behind the end of
/// the volume, its content is not known: that is said, and the exit code is not 0.
#[test]
fn a_file_whose_beginning_cannot_be_read_is_a_finding() {
    const LOG: usize = 0x15000;
    const UNUSED: usize = 0xd000;
    let mut volume = volume_with_a_log();
    volume.copy_within(LOG..LOG + 1024, UNUSED);
    rename(&mut volume, UNUSED, 12, b'y');
    // The run of its data: 0x31 clusters from cluster 0x200 on.
    let run = [0x21, 0x31, 0x00, 0x02, 0x00];
    let at = volume[UNUSED..].windows(run.len()).position(|part| part == run).unwrap();
    volume[UNUSED + at + 3] = 0x04;
    let path = scratch("unreadable-beginning").join("volume.raw");
    std::fs::write(&path, &volume).unwrap();
    let report = Analysis::of([&path]).scan_mft(true).threads(1).run().unwrap();
    assert_eq!(report.logs.len(), 1);
    let said = messages(&report, FindingCode::SourceUnreadable);
    let [said] = &said[..] else { panic!("{said:?}") };
    assert!(
        said.contains(&format!("{LOGS}/Security.evty: its beginning cannot be read: ")),
        "{said}"
    );
    assert!(said.ends_with("That is so for 1 file(s) of this volume"), "{said}");
    assert!(report.is_incomplete());
}
