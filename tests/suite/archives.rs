//! Archives as other tools make them (`tests/archives/make.sh`), held against the logs that are in them.

use super::common::{project, scratch};
use std::io::Write;
use std::path::{Path, PathBuf};
use winlast::Analysis;
use winlast::model::{FindingCode, Report};

/// The SHA-256 of a sample, from the run over the loose file.
fn sha256(sample: &str) -> String {
    let report = Analysis::of([project("sample-evtx").join(sample)]).hash(true).run().unwrap();
    report.logs[0].sha256.clone().unwrap()
}

fn read(path: PathBuf, password: Option<&str>) -> Option<Report> {
    let mut analysis = Analysis::of([path]).hash(true);
    if let Some(password) = password {
        analysis = analysis.zip_password(password);
    }
    analysis.run().ok()
}

/// The logs of a report: the paths behind that of the archive, and the hashes.
fn logs(report: &Report, archive: &Path) -> Vec<(String, String)> {
    let before = format!("{}/", archive.display());
    let log = |log: &winlast::model::LogSummary| {
        let path = log.path.strip_prefix(&before).unwrap().to_owned();
        (path, log.sha256.clone().unwrap())
    };
    report.logs.iter().map(log).collect()
}

#[test]
fn every_archive_reads_as_the_logs_in_it() {
    let (security, cleared) = (sha256("dc01/Security.evtx"), sha256("cleared/Security.evtx"));
    let two = vec![
        ("Logs/Cleared.evtx".to_owned(), cleared),
        ("Logs/Security.evtx".to_owned(), security.clone()),
    ];
    let one = |path: &str| vec![(path.to_owned(), security.clone())];
    let long = format!("{}/{}/Security.evtx", "a".repeat(90), "b".repeat(90));
    for (archive, expected) in [
        ("lzma2.7z", &two),
        ("lzma.7z", &two),
        ("ppmd.7z", &two),
        ("bzip2.7z", &two),
        ("deflate.7z", &two),
        ("deflate64.7z", &two),
        ("copy-delta.7z", &two),
        ("bcj.7z", &two),
        ("bcj2.7z", &two),
        ("not-solid.7z", &two),
        ("encrypted.7z", &two),
        ("encrypted-names.7z", &two),
        ("split.7z.001", &two),
        ("BZip2.zip", &two),
        ("LZMA.zip", &two),
        ("PPMd.zip", &two),
        ("xz.zip", &two),
        ("Deflate64.zip", &two),
        ("encrypted.zip", &two),
        ("encrypted-BZip2-AES256.zip", &two),
        ("encrypted-LZMA-AES192.zip", &two),
        ("encrypted-PPMd-AES128.zip", &two),
        ("encrypted-xz-AES256.zip", &two),
        ("encrypted-BZip2-ZipCrypto.zip", &two),
        ("encrypted-LZMA-ZipCrypto.zip", &two),
        ("a zip of another name.bin", &two),
        ("split.zip", &one("Security.evtx")),
        ("zip64.zip", &one("Security.evtx")),
        ("gnu.tar.gz", &one(&format!("./{long}"))),
        ("pax.tar.bz2", &one(&format!("./{long}"))),
        ("ustar.tar.xz", &two),
        ("v7.tar.zst", &two),
        ("Security.evtx.gz", &one("Security.evtx")),
        ("Security.evtx.bz2", &one("Security.evtx")),
        ("Security.evtx.xz", &one("Security.evtx")),
        ("Security.evtx.zst", &one("Security.evtx")),
    ] {
        let path = project("tests/archives").join(archive);
        let report = read(path.clone(), Some("infected")).unwrap_or_else(|| panic!("{archive}"));
        let found: Vec<(String, String)> = logs(&report, &path)
            .into_iter()
            .map(|(path, hash)| (path.trim_start_matches("./").to_owned(), hash))
            .collect();
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(path, hash)| (path.trim_start_matches("./").to_owned(), hash.clone()))
            .collect();
        assert_eq!(found, expected, "{archive}");
        assert!(!report.is_incomplete(), "{archive}: {:?}", report.findings);
    }
}

#[test]
fn without_the_right_password_it_is_said() {
    for archive in [
        "encrypted.7z",
        "encrypted-names.7z",
        "encrypted.zip",
        "encrypted-LZMA-AES192.zip",
        "encrypted-LZMA-ZipCrypto.zip",
    ] {
        for password in [None, Some("wrong")] {
            let folder = scratch("locked");
            let name = folder.join(archive);
            std::fs::copy(project("tests/archives").join(archive), &name).unwrap();
            std::fs::copy(project("sample-evtx/dc01/Security.evtx"), folder.join("a.evtx"))
                .unwrap();
            let report = read(folder, password).unwrap();
            assert_eq!(report.logs.len(), 1, "{archive}");
            let locked = report.findings.iter().find(|f| f.code == FindingCode::ZipEncrypted);
            assert!(locked.is_some() && report.is_incomplete(), "{archive} {password:?}");
        }
    }
}

/// A folder of archives, as it lies in a case: each is opened, and no part is read by itself or named.
#[test]
fn archives_in_a_folder_are_found() {
    let folder = scratch("archives");
    for name in [
        "lzma2.7z",
        "split.7z.001",
        "split.7z.002",
        "split.z01",
        "split.zip",
        "gnu.tar.gz",
        "Security.evtx.zst",
        "a zip of another name.bin",
    ] {
        std::fs::copy(project("tests/archives").join(name), folder.join(name)).unwrap();
    }
    // A document is a zip archive too, and holds no log.
    let document = folder.join("a.docx");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(document).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("word/document.xml", options).unwrap();
    std::io::Write::write_all(&mut writer, b"<w/>").unwrap();
    writer.finish().unwrap();
    let report = read(folder.clone(), None).unwrap();
    let found = logs(&report, &folder);
    assert_eq!(found.len(), 9, "{found:#?}");
    assert_eq!(report.containers.len(), 6, "{:#?}", report.containers);
    let losses: Vec<_> = report.findings.iter().filter(|finding| finding.is_loss()).collect();
    assert!(losses.is_empty(), "{losses:#?}");
    // Without its last part, or without another one, it is said.
    for missing in ["split.zip", "split.z01"] {
        std::fs::copy(project("tests/archives/split.zip"), folder.join("split.zip")).unwrap();
        std::fs::remove_file(folder.join(missing)).unwrap();
        let report = read(folder.clone(), None).unwrap();
        let said = report.findings.iter().filter(|finding| finding.is_loss());
        let said: Vec<&str> = said.map(|finding| finding.message.as_str()).collect();
        assert!(said.len() == 1 && said[0].contains("split.z"), "{missing}: {said:?}");
        if missing == "split.zip" {
            assert!(said[0].contains("a part of a split zip is not read"), "{said:?}");
        }
    }
}

/// A zip or 7z archive that was cut, in another archive: put together, or said.
#[test]
fn cut_archives_in_an_archive_are_put_together() {
    let folder = scratch("cut-in-archive");
    let pack = |names: &[&str]| {
        let path = folder.join("outer.zip");
        let mut writer = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        for name in names {
            writer.start_file(format!("case/{name}"), options).unwrap();
            let bytes = std::fs::read(project("tests/archives").join(name)).unwrap();
            std::io::Write::write_all(&mut writer, &bytes).unwrap();
        }
        writer.start_file("case/notes.zip", options).unwrap();
        writer.finish().unwrap();
        path
    };
    let path = pack(&["split.z01", "split.zip", "split.7z.001", "split.7z.002"]);
    let report = read(path.clone(), None).unwrap();
    let (security, cleared) = (sha256("dc01/Security.evtx"), sha256("cleared/Security.evtx"));
    let expected = [
        ("case/split.7z.001/Logs/Cleared.evtx", &cleared),
        ("case/split.7z.001/Logs/Security.evtx", &security),
        ("case/split.zip/Security.evtx", &security),
    ];
    let expected = expected.map(|(path, hash)| (path.to_owned(), hash.clone()));
    assert_eq!(logs(&report, &path), expected);
    let losses = |report: &Report| -> Vec<String> {
        let losses = report.findings.iter().filter(|finding| finding.is_loss());
        losses.map(|loss| loss.message.rsplit_once("case/").unwrap().1.to_owned()).collect()
    };
    assert_eq!(
        losses(&report),
        [
            "notes.zip: the archive cannot be read: its name is that of an archive, but its content is not"
        ]
    );
    for (there, said) in [
        ("split.z01", "split.z01: a part of a split zip is not read"),
        ("split.zip", "split.zip: the archive cannot be read: its part \"split.z01\" is needed"),
    ] {
        let report = read(pack(&["Security.evtx.gz", there]), None).unwrap();
        let losses = losses(&report);
        assert_eq!(report.logs.len(), 1, "{there}");
        assert!(
            losses.len() == 2 && losses.iter().any(|loss| loss.starts_with(said)),
            "{losses:?}"
        );
    }
}

/// Tar archives behind each other, as `cat` joins them, and one whose second entry is overwritten with zeros.
#[test]
fn a_tar_archive_is_read_behind_zeros() {
    let folder = scratch("tar-and-zeros");
    let mut tar = Vec::new();
    let packed = std::fs::File::open(project("tests/archives/gnu.tar.gz")).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut tar).unwrap();
    let path = folder.join("a.tar");
    std::fs::write(&path, [tar.clone(), tar.clone()].concat()).unwrap();
    let report = read(path.clone(), None).unwrap();
    assert_eq!((report.logs.len(), report.is_incomplete()), (2, false), "{:?}", report.findings);
    let header = tar.chunks(512).rposition(|block| block[257..].starts_with(b"ustar")).unwrap();
    tar[header * 512..][..512].fill(0);
    std::fs::write(&path, [&tar[..], &tar[..]].concat()).unwrap();
    std::fs::copy(project("sample-evtx/dc01/Security.evtx"), folder.join("b.evtx")).unwrap();
    let report = read(folder, None).unwrap();
    let said = "a.tar: the archive cannot be read: it is not whole: a block of zeros stands where a header should";
    let losses = report.findings.iter().filter(|finding| finding.is_loss());
    assert!(
        losses.map(|loss| &loss.message).any(|loss| loss.ends_with(said)),
        "{:?}",
        report.findings
    );
}

/// An entry of a zip archive whose attributes say that it is no file, and one of a tar archive of a kind that
/// nobody knows.
#[test]
fn entries_that_claim_to_be_no_files_are_looked_at() {
    let folder = scratch("no-files");
    let zip = folder.join("a.zip");
    let mut bytes = std::fs::read(project("tests/archives/LZMA.zip")).unwrap();
    let entries = bytes.windows(4).enumerate().filter(|(_, magic)| magic == b"PK\x01\x02");
    let attributes: Vec<usize> = entries.map(|(at, _)| at + 41).collect();
    attributes.into_iter().for_each(|at| bytes[at] = 0xff);
    std::fs::write(&zip, bytes).unwrap();
    assert_eq!(read(zip, None).unwrap().logs.len(), 2);
    let tar = folder.join("a.tar");
    let mut bytes = Vec::new();
    let packed = std::fs::File::open(project("tests/archives/gnu.tar.gz")).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut bytes).unwrap();
    let header = bytes.chunks(512).rposition(|block| block[257..].starts_with(b"ustar")).unwrap();
    let header = &mut bytes[header * 512..][..512];
    header[156] = b'Z';
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    std::fs::write(&tar, bytes).unwrap();
    assert_eq!(read(tar, None).unwrap().logs.len(), 1);
}

/// The directory of a zip archive calls a log otherwise than its own header does. Where its first bytes are damaged
/// too, nothing else says that it is one.
#[test]
fn an_entry_that_its_own_header_calls_a_log_is_one() {
    let folder = scratch("called-otherwise");
    let zip = folder.join("a.zip");
    let mut bytes = std::fs::read(project("tests/archives/BZip2.zip")).unwrap();
    let name = b"Logs/Security.evtx";
    let in_directory = bytes.windows(name.len()).rposition(|window| window == name).unwrap();
    bytes[in_directory + name.len() - 1] = b'?';
    let packed = bytes.windows(name.len()).position(|window| window == name).unwrap() + name.len();
    // Behind the head of the first block of bzip2: what it unpacks to begins otherwise.
    bytes[packed + 20..packed + 40].fill(0xff);
    std::fs::write(&zip, bytes).unwrap();
    let report = read(zip, None).unwrap();
    let losses: Vec<&String> = report
        .findings
        .iter()
        .filter(|finding| finding.is_loss())
        .map(|finding| &finding.message)
        .collect();
    assert!(losses.iter().any(|loss| loss.contains("Logs/Security.evtx")), "{losses:?}");
}

/// Several threads inflate the entries of a zip archive. What they find, also of damaged entries and in which order,
/// is what one thread finds.
#[test]
fn as_many_threads_as_one_likes_read_the_same_of_a_zip() {
    let folder = scratch("zip-threads");
    let path = folder.join("logs.zip");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let log = std::fs::read(project("sample-evtx/dc01/Security.evtx")).unwrap();
    for number in 0..30 {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(format!("{number:02}/Security.evtx"), options).unwrap();
        writer.write_all(&log).unwrap();
    }
    writer.finish().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let is_header = |(_, magic): &(usize, &[u8])| magic == b"PK\x03\x04";
    let entries: Vec<usize> =
        bytes.windows(4).enumerate().filter(is_header).map(|(at, _)| at).collect();
    for (number, at) in entries.into_iter().enumerate() {
        // Of every third entry the beginning is damaged, of every third one a place far behind it.
        let damaged = at + [200, 5_000, 0][number % 3];
        if damaged > at {
            bytes[damaged..damaged + 8].fill(0x55);
        }
    }
    std::fs::write(&path, bytes).unwrap();
    let on = |threads| Analysis::of([&path]).hash(true).threads(threads).run().unwrap();
    let told = |report: &Report| {
        let findings: Vec<String> =
            report.findings.iter().map(|finding| finding.message.clone()).collect();
        (logs(report, &path), findings)
    };
    let (read, findings) = told(&on(1));
    assert!(read.iter().filter(|(_, hash)| *hash == read[2].1).count() >= 10, "{read:?}");
    assert!(findings.iter().any(|finding| finding.contains("from its archive")), "{findings:?}");
    for threads in [2, 3, 8] {
        assert_eq!(told(&on(threads)), (read.clone(), findings.clone()), "{threads} threads");
    }
}
